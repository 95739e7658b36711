#!/usr/bin/env python3
"""Compares what `terraform fmt` and `iac fmt` make of the same files, byte for byte.

    fmt.py IAC [--verbose] [--count N] [--seed N] [FILE...]

The inputs are the cases of fmt/*.txt (separated by lines that say %%; a line "#: REASON" before one says that it differs
on purpose), the configurations of tests/cli and examples with blanks, newlines and comments changed at random, and N
generated configurations. Both programs format a folder of them; then both format their own results again. Ends with
"N passed, N failed, N skipped". Skipped, visibly, where no terraform is installed.
"""
import argparse
import difflib
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE.parent / "bench"))
import varied  # noqa: E402 (from the folder just named)

ROOT = HERE.parent.parent
SEPARATOR = "\n%%\n"

# ---- inputs ----

TOKEN = re.compile(r"""
    (?P<heredoc><<-?(?P<mark>[A-Za-z_]\w*)\n(?:[^\n]*\n)*?[ \t]*(?P=mark)[ \t]*(?=\n))
  | (?P<comment>\#[^\n]*\n|//[^\n]*\n|/\*.*?\*/)
  | (?P<string>"(?:\\.|\$\$\{|%%\{|[^"\\\n])*")
  | (?P<newline>\n)
  | (?P<blank>[ \t]+)
  | (?P<word>[A-Za-z_][\w-]*|\d+(?:\.\d+)?)
  | (?P<mark2>\.\.\.|::|=>|==|!=|<=|>=|&&|\|\||.)
""", re.X | re.S)

COMMENTS = ["# plain", "#", "// slashes", "#no blank", "# trailing blanks   ", "# ünïcödé ✓", "## = {"]


def mutate(text, rng):
    """The same tokens with other blanks, comments and empty lines among them; mostly still valid."""
    out = []
    glue = rng.random() < 0.3
    for match in TOKEN.finditer(text):
        kind, piece = match.lastgroup, match.group()
        if match.group("heredoc"):
            kind = "heredoc"
        if kind == "blank":
            if not (glue and rng.random() < 0.5):
                out.append(rng.choice([" ", " ", "  ", "\t", "      "]))
            elif out and re.search(r"\w$", out[-1]):
                out.append(" ")
            continue
        if kind == "newline":
            roll = rng.random()
            if roll < 0.04:
                piece = " " * rng.randrange(3) + rng.choice(COMMENTS) + "\n"
            elif roll < 0.08:
                piece = "\n" + "\t" * rng.randrange(3) + rng.choice(COMMENTS) + "\n"
            elif roll < 0.12:
                piece = "\n" * rng.randrange(2, 4)
            elif roll < 0.2:
                piece = " " * rng.randrange(4) + "\n"
            out.append(piece)
            if rng.random() < 0.3:
                out.append(" " * rng.randrange(6))
            continue
        if kind == "mark2" and rng.random() < 0.2:
            piece = rng.choice(["", " ", "  "]) + piece + rng.choice(["", " ", "   "])
        if kind in ("mark2", "word") and rng.random() < 0.01:
            piece = rng.choice(["/* c */", " /**/ ", "/* a\n b */"]) + piece
        out.append(piece)
    return "".join(out)


def odd(text, rng):
    """Other line ends, a byte order mark, tabs, characters of several columns or none, no newline at the end."""
    if rng.random() < 0.5:
        text = text.replace("\n", "\r\n")
    if rng.random() < 0.3:
        text = "\ufeff" + text
    if rng.random() < 0.5:
        text = re.sub(r"(?m)^ +", lambda match: "\t" * (len(match.group()) // 2), text)
    if rng.random() < 0.5:
        for plain, other in (("name", "námé"), ("Name", "Na\u0301me"), ("x", "東"), ("service", "👩‍👩‍👧service")):
            text = text.replace(f'"{plain}', f'"{other}').replace(f"# {plain}", f"# {other}")
    return text.rstrip() if rng.random() < 0.3 else text


class Generator:
    """Random configurations that use every form of the language, laid out at random."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, p):
        return self.rng.random() < p

    def sp(self):
        return self.rng.choice(["", "", " ", " ", " ", "  ", "\t"])

    def gap(self):
        return self.rng.choice([" ", " ", " ", "  ", "\t ", " /* c */ " if self.chance(0.1) else " "])

    def name(self):
        return self.pick("a", "bb", "name", "some_long_name", "x-y", "été", "in", "for", "if", "type", "null_thing",
                         "items", "k8s", "日本")

    def newline(self):
        roll = self.rng.random()
        if roll < 0.1:
            return self.sp() + self.rng.choice(COMMENTS) + "\n"
        if roll < 0.15:
            return "\n" * self.rng.randrange(2, 4)
        if roll < 0.2:
            return self.sp() + "\n" + self.sp() + self.rng.choice(COMMENTS) + "\n"
        return self.sp() + "\n" + self.rng.choice(["", "", "  ", "    ", "\t"])

    def break_(self):
        """Between brackets."""
        return self.newline() if self.chance(0.25) else self.sp()

    def traversal(self):
        text = self.name().replace("in", "i").replace("for", "f").replace("if", "f")
        for _ in range(self.rng.randrange(4)):
            text += self.pick(".a", ".name", f"[{self.sp()}0{self.sp()}]", '["k"]', ".0", "[*]", ".*", "[count.index]",
                              " . b", "[ a.b ]")
        return re.sub(r"(\.0|\.\*|\[\*\])(\.0)", r"\1.b", text)

    def string(self, depth):
        parts = []
        for _ in range(self.rng.randrange(4)):
            parts.append(self.pick("text", "a b", " ", "\\n", "\\\"", "$${x}", "é", "%", "$", "=") if self.chance(0.5)
                         else self.pick("${", "${~", "${ ", "%{ if a }x%{ else }y%{ endif }${") + self.sp() +
                         self.expression(depth - 1, inline=True) + self.sp() + self.pick("}", "}", "~}"))
        return '"' + "".join(parts) + '"'

    def heredoc(self, depth):
        mark = self.pick("EOT", "EOF", "E_1")
        lines = []
        for _ in range(self.rng.randrange(4)):
            lines.append(self.pick("  text", "x = {", "}", "", "\ttab ${a.b}", "  ${ f(  1,2 ) } y", "%{ for x in y ~}",
                                   "%{endfor}", "$${no}", " ünï"))
        while sum("%{ for" in l for l in lines) > sum("endfor" in l for l in lines):
            lines.append("%{ endfor }")
        lines = self.balance(lines)
        return f"<<{self.pick('', '-')}{mark}\n" + "".join(l + "\n" for l in lines) + self.pick("", "  ") + mark

    @staticmethod
    def balance(lines):
        open_, kept = 0, []
        for line in lines:
            open_ += ("%{ for" in line) - ("endfor" in line)
            if open_ < 0:
                open_ = 0
                continue
            kept.append(line)
        return kept + ["%{ endfor }"] * open_

    def items(self, depth, inline):
        lay = self.sp if inline else self.break_
        n = self.rng.randrange(4)
        text = ""
        for i in range(n):
            text += lay() + self.expression(depth - 1, inline) + self.sp()
            if i < n - 1 or self.chance(0.3):
                text += ","
        return text + lay()

    def object(self, depth, inline):
        n = self.rng.randrange(4)
        text = "{"
        for i in range(n):
            key = self.pick(self.name(), self.name(), '"quoted"', "(var.k)", "1", '"a-${b}"')
            key = "n" if key in ("for", "in", "if") else key
            text += (self.sp() if inline else (self.newline() if i or self.chance(0.8) else self.sp()))
            text += key + self.sp() + self.pick("=", "=", "=", ":") + self.sp() + self.expression(depth - 1, inline)
            if inline and i < n - 1 or self.chance(0.2):
                text += self.sp() + ","
            elif i < n - 1 and not inline:
                text += self.sp() + "\n"
        return text + (self.sp() if inline else self.pick("\n", self.newline() if n else "")) + "}"

    def for_(self, depth, inline):
        lay = self.sp if inline else self.break_
        names = self.pick("v", "k, v", "k ,v")
        source = self.pick("var.list", "[1,2]", "{ a = 1 }", "toset( x )", "[ for y in z:y ]")
        condition = self.pick("", "", f" if {self.expression(depth - 1, inline)}")
        if self.chance(0.5):
            return f"[{lay()}for {names} in {source}{self.sp()}:{lay()}{self.expression(depth - 1, inline)}{condition}{lay()}]"
        return (f"{{{lay()}for {names} in {source}{self.sp()}:{lay()}v{self.sp()}=>{lay()}"
                f"{self.expression(depth - 1, inline)}{self.pick('', '', '...', ' ...')}{condition}{lay()}}}")

    def expression(self, depth, inline=False):
        if depth <= 0 or self.chance(0.25):
            return self.pick("1", "2.50", "1e3", "true", "null", '"s"', '""', "-1", "!x", "- 1", "! a.b", self.traversal(),
                             self.traversal())
        lay = self.sp if inline else self.break_
        sub = lambda: self.expression(depth - 1, inline)
        kind = self.rng.randrange(12)
        if kind == 0:
            return self.string(depth)
        if kind == 1:
            return "[" + self.items(depth, inline) + "]"
        if kind == 2:
            return self.object(depth, inline)
        if kind == 3:
            return self.for_(depth, inline)
        if kind == 4:
            return (self.pick("f", "max", "provider::a::f", "provider :: a :: f", "jsonencode") + self.pick("", "", " ") +
                    "(" + self.pick(self.items(depth, inline), sub() + self.sp() + "...") + ")")
        if kind == 5:
            return "(" + lay() + sub() + lay() + ")"
        if kind == 6:
            return sub() + self.sp() + "?" + self.sp() + sub() + self.gap() + ":" + self.sp() + sub()
        if kind in (7, 8):
            op = self.pick("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||")
            return sub() + self.gap() + op + self.gap() + sub()
        if kind == 9 and not inline:
            return self.pick('"${', '"${ ', '"${\n') + self.expression(depth - 1, self.chance(0.7)) + self.pick('}"', ' }"', '\n}"')
        if kind == 10 and not inline and self.chance(0.5):
            return "f(" + self.heredoc(depth) + "\n" + ")"
        return self.pick("-", "!", "") + self.traversal()

    def attribute(self, depth, indent):
        name = self.name()
        value = self.heredoc(depth) if self.chance(0.1) else self.expression(depth)
        end = "\n" if value.endswith(("EOT", "EOF", "E_1")) else self.pick("\n", "\n", "\n", self.sp() + self.rng.choice(COMMENTS) + "\n")
        return indent + name + self.sp() + "=" + self.gap() + value + end

    def body(self, depth, indent):
        seen, text = set(), ""
        for _ in range(self.rng.randrange(6)):
            roll = self.rng.random()
            pad = self.pick(indent, indent, "", indent + "  ", "\t")
            if roll < 0.7:
                line = self.attribute(3, pad)
                key = line.split("=")[0].strip()
                if key in seen:
                    continue
                seen.add(key)
                text += line
            elif roll < 0.85 and depth > 0:
                text += self.block(depth - 1, pad)
            else:
                text += self.pick("\n", pad + self.rng.choice(COMMENTS) + "\n", pad + "/* block\n   comment */\n", "\n\n")
        return text

    def block(self, depth, indent):
        header = self.pick("resource", "variable", "locals", "module", "dynamic", "x")
        for _ in range(self.rng.randrange(3)):
            header += self.gap() + self.pick('"a"', '"b-c"', "bare", '"é"', '"a\\tb"', '""')
        head = indent + header + self.gap() + "{"
        roll = self.rng.random()
        if roll < 0.1:
            return head + self.sp() + "}\n"
        if roll < 0.25:
            return head + self.sp() + "a" + self.sp() + "=" + self.sp() + self.expression(1, True) + self.sp() + "}\n"
        return head + self.pick("\n", "\n", " # c\n") + self.body(depth, indent + "  ") + self.pick(indent, "") + "}\n"

    def file(self):
        text = "".join(self.pick(self.block(2, ""), self.block(2, ""), self.attribute(3, ""), "\n", "# c\n")
                       for _ in range(self.rng.randrange(1, 5)))
        if self.chance(0.1):
            text = text.rstrip("\n")
        if self.chance(0.1):
            text = text.replace("\n", "\r\n")
        return text


def inputs(arguments):
    """(name, text, why it may differ or None) of each."""
    rng = random.Random(arguments.seed)
    found = []
    for path in [pathlib.Path(p) for p in arguments.files] or sorted((HERE / "fmt").glob("*.txt")):
        for i, text in enumerate(path.read_bytes().decode().removesuffix("\n").split(SEPARATOR)):
            reason = None
            if text.startswith("#: "):
                reason, text = text.split("\n", 1)
            found.append((f"{path.stem}-{i}", text + "\n", reason))
    if arguments.files:
        return found
    real = sorted(p for folder in ("tests/cli", "examples", "tests/compat/cases")
                  for p in (ROOT / folder).rglob("*.tf"))
    for i, path in enumerate(real):
        text = path.read_text()
        found.append((f"real-{i}", text, None))
        for j in range(3):
            found.append((f"real-{i}-{j}", mutate(text, rng), None))
    for i in range(max(20, arguments.count // 20)):
        text = varied.text(rng.randrange(500, 8000), rng.randrange(1 << 30))
        found.append((f"varied-{i}", text, None))
        text = mutate(text, rng)
        found.append((f"varied-{i}-m", text, None))
        found.append((f"varied-{i}-o", odd(text, rng), None))
    for name, text, reason in list(found):
        if reason is None and not name.startswith("real"):
            found.append((name + "-m", mutate(text, rng), None))
    found += [(f"made-{i}", Generator(rng).file(), None) for i in range(arguments.count)]
    return found


# ---- running ----

def fmt(command, folder, names):
    """Formats the files in place; those that end the program halfway are found by halving."""
    env = dict(os.environ, CHECKPOINT_DISABLE="1")
    result = subprocess.run([*command, "fmt", "-no-color", "-list=false", *names], cwd=folder, env=env,
                            capture_output=True, text=True, check=False)
    crashed = result.returncode not in (0, 2) or "panic:" in result.stderr or "Sanitizer" in result.stderr
    if not crashed:
        return {}
    if len(names) == 1:
        return {names[0]: result.stderr}
    half = len(names) // 2
    return fmt(command, folder, names[:half]) | fmt(command, folder, names[half:])


def format_all(command, folder, cases):
    folder.mkdir()
    names = [f"{name}.tf" for name, _, _ in cases]
    for (_, text, _), name in zip(cases, names):
        (folder / name).write_bytes(text.encode())
    crashes = fmt(command, folder, names)
    return {name: None if name in crashes else (folder / name).read_bytes() for name in names}, crashes


def show(label, name, source, expected, got):
    print(f"--- {label}: {name}")
    for line in difflib.unified_diff(expected.decode(errors="replace").splitlines(),
                                     got.decode(errors="replace").splitlines(), "terraform", "iac", n=1, lineterm=""):
        print(f"    {line}")
    if len(source) < 600:
        print(f"    from: {source!r}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("iac")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not shutil.which("terraform"):
        print("fmt: no terraform is installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    cases = inputs(arguments)
    passed = failed = changed = steady = 0
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "rc").write_text("disable_checkpoint = true\n")
        os.environ["TF_CLI_CONFIG_FILE"] = os.environ.get("COMPAT_TERRAFORM_CONFIG") or str(work / "rc")
        theirs, their_crashes = format_all(["terraform"], work / "terraform", cases)
        ours, crashes = format_all([os.path.abspath(arguments.iac)], work / "iac", cases)
        again, _ = format_all([os.path.abspath(arguments.iac)], work / "again",
                              [(name[:-3], (ours[name] or b"").decode(), None) for name in ours])
    for name, text, reason in cases:
        file = name + ".tf"
        if file in crashes or (file not in their_crashes and theirs[file] != ours[file] and not reason):
            failed += 1
            if arguments.verbose:
                if file in crashes:
                    print(f"--- crash: {name}\n{crashes[file]}\nfrom: {text!r}")
                else:
                    show("differs", name, text, theirs[file], ours[file])
            continue
        passed += 1
        changed += ours[file] != text.encode()
        steady += again[file] == ours[file]
        if arguments.verbose and again[file] != ours[file]:
            show("not steady", name, text, ours[file], again[file])
    print(f"fmt: {changed} inputs were changed, {steady} of {passed} results stay as they are when formatted again; "
          f"terraform itself failed on {len(their_crashes)}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
