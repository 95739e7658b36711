#!/usr/bin/env python3
"""Compares what Terraform and iac say of bad input.

    diagnostics.py IAC [--verbose] [--all] [--only REGEX] [FILE...]

Each of diagnostics/*.txt holds many small configurations:

    %% NAME: COMMAND [; COMMAND...]
    %differs REASON           differs on purpose; counted as skipped
    text of main.tf
    %file other.tf            further files
    text

COMMAND is what follows the program's name, with words VARIABLE=VALUE before it for the environment. Each configuration
gets fresh folders. `validate` and `plan` run with -json, every eighth (with --all, each) as text, too. Of JSON, every member of every
diagnostic must agree; of text, the words, and the lines where none had to be wrapped; and the exit status. Prints the
differences; the last line is the summary. Skipped, visibly, where no terraform is installed.
"""
import concurrent.futures
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WRAP_FROM = 70  # a line this long may have been broken: the names of the programs differ in length


def load_normalise():
    path = str(HERE.parent / "cli" / "normalise")
    loader = importlib.machinery.SourceFileLoader("normalise", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("normalise", loader))
    arguments, sys.argv = sys.argv, [path]
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    sys.argv = arguments
    return module.normalise


normalise = load_normalise()


class Case:
    def __init__(self, group, head):
        self.name, self.commands = (part.strip() for part in head.split(":", 1))
        self.group, self.reason, self.files = group, None, {"main.tf": []}

    def steps(self, text):
        """Commands, those with JSON of their own so, and with text also as they are."""
        for command in self.commands.split(";"):
            words = shlex.split(command)
            env = {}
            while words and re.match(r"[A-Z_a-z0-9]+=", words[0]):
                name, value = words.pop(0).split("=", 1)
                env[name] = value
            has_json = words[0] in ("validate", "plan")
            if text or not has_json:
                yield env, words
            if has_json:
                yield env, [words[0], "-json", *words[1:]]


def read_cases(paths):
    cases = []
    for path in paths:
        for line in path.read_text().splitlines(keepends=True):
            if line.startswith("%% "):
                cases.append(Case(path.stem, line[3:]))
                target = cases[-1].files["main.tf"]
            elif line.startswith("%differs "):
                cases[-1].reason = line[9:].strip()
            elif line.startswith("%file "):
                target = cases[-1].files.setdefault(line[6:].strip(), [])
            elif line.startswith("%none"):
                del cases[-1].files["main.tf"]
            elif cases:
                target.append(line)
    return cases


def content(lines):
    """Escapes that a file of cases cannot hold as they are; %nonl at the end: no newline at the end of the file."""
    text = "".join(lines).replace("%{CR}", "\r").replace("%{TAB}", "\t").replace("%{NUL}", "\0")
    text = text.removesuffix("%nonl\n")
    data = text.encode()
    return data.replace(b"%{BOM}", b"\xef\xbb\xbf").replace(b"%{FF}", b"\xff")


def run_case(program, case, folder, text=True):
    folder.mkdir(parents=True)
    for name, lines in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(lines))
    results = []
    for env, words in case.steps(text):
        full = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        full.update(env, HOME=str(folder))
        done = subprocess.run([*program, *words], cwd=folder, env=full, stdin=subprocess.DEVNULL, capture_output=True,
                              check=False, timeout=300)
        streams = [normalise(stream.decode(errors="replace"), str(folder)) for stream in (done.stdout, done.stderr)]
        streams = [re.sub(r"(?:\b|(?<=\\n))Terraform\b|(?<![./\w-])terraform(?=[ `])", "iac", stream) for stream in streams]
        results.append((words, done.returncode, *streams))
    return results


def diagnostics(text):
    """Of a document of validate, or of the lines of plan."""
    try:
        document = json.loads(text)
        if "diagnostics" in document:
            return document["diagnostics"], document
    except ValueError:
        pass
    found = []
    for line in text.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            return None, None
        if "diagnostic" in message:
            found.append(message["diagnostic"])
    return found, None


def key(diag):
    return json.dumps([diag.get("range"), diag.get("summary"), diag], sort_keys=True)


def same_place(one, other):
    return one["summary"] == other["summary"] or \
        one.get("range", {}).get("start") == other.get("range", {}).get("start")


def describe(diag):
    where = diag.get("range")
    lines = [f'{diag["severity"]}: {diag["summary"]}', f'  detail: {diag["detail"]!r}']
    if where:
        start, end = where["start"], where["end"]
        lines.append(f'  at {where["filename"]}:{start["line"]},{start["column"]}({start["byte"]})-'
                     f'{end["line"]},{end["column"]}({end["byte"]})')
    for name, value in sorted((diag.get("snippet") or {}).items()):
        lines.append(f"  {name}: {value!r}")
    lines += [f"  {name}: {value!r}" for name, value in sorted(diag.items())
              if name not in ("severity", "summary", "detail", "range", "snippet")]
    return "\n".join(lines)


def compare_json(theirs, ours):
    want, whole_want = diagnostics(theirs)
    got, whole_got = diagnostics(ours)
    if want is None or got is None:
        return [] if theirs == ours else [f"no JSON: {theirs!r} {ours!r}"]
    counts = [{name: value for name, value in (whole or {}).items() if name != "diagnostics"}
              for whole in (whole_want, whole_got)]
    differences = [] if counts[0] == counts[1] else [f"document: {counts[0]} {counts[1]}"]
    missing = [diag for diag in want if diag not in got]
    extra = [diag for diag in got if diag not in want]
    for diag in extra:
        other = next((other for other in missing if same_place(diag, other)), None)
        if other:
            missing.remove(other)
            theirs_lines, our_lines = describe(other).splitlines(), describe(diag).splitlines()
            changed = [line for line in theirs_lines if line not in our_lines]
            differences.append("\n".join([our_lines[0], *(f"--- {line.strip()}" for line in changed),
                                          *(f"+++ {line.strip()}" for line in our_lines if line not in theirs_lines)]))
        else:
            differences.append("+++ " + describe(diag).replace("\n", "\n    "))
    for diag in missing:
        differences.append("--- " + describe(diag).replace("\n", "\n    "))
    if not differences and want != got and sorted(map(key, want)) != sorted(map(key, got)):
        differences.append("repeated diagnostics differ")
    return differences


def blocks(text):
    """The diagnostics of a text in an order of their own: Terraform's depends on how its graph was walked."""
    return sorted(re.split(r"(?m)^\n(?=(?:Error|Warning): )", text))


def compare_text(theirs, ours):
    # Wrong variables end ours before planning begins.
    planning = re.compile(r"\s*Planning failed\. \w+ encountered an error while generating this plan\.\s*")
    want, got = (blocks(planning.sub("", text)) for text in (theirs, ours))
    if [block.split() for block in want] != [block.split() for block in got]:
        return ["words differ:\n" + "\n".join(f"--- {theirs.strip()}\n+++ {ours.strip()}".splitlines())]
    for one, other in zip(want, got):
        if one != other and max(map(len, (one + other).splitlines())) < WRAP_FROM:
            return [f"lines differ:\n--- {one!r}\n+++ {other!r}"]
    return []


def compare(theirs, ours):
    differences = []
    for (words, status, out, err), (_, our_status, our_out, our_err) in zip(theirs, ours):
        found = []
        if words[0] == "init" and status == 0:
            continue  # ours looks at more, and says less when all is well
        if status != our_status:
            found.append(f"exit status: {status} {our_status}")
        if words[0] == "init":
            out = our_out = ""
        if "-json" in words:
            found += compare_json(out, our_out)
        else:
            found += compare_text(out, our_out)
        found += compare_text(err, our_err)
        differences += [f"{shlex.join(words)}: {text}" for text in found]
    return differences


def judge(case, iac, work, text):
    folder = work / case.group / case.name
    theirs = run_case([str(HERE / "terraform-as-iac")], case, folder / "terraform", text)
    ours = run_case([iac], case, folder / "iac", text)
    shutil.rmtree(folder)
    return compare(theirs, ours)


def main(arguments):
    verbose, text, only, paths = False, False, None, []
    iac = str(pathlib.Path(arguments.pop(0)).resolve())
    while arguments:
        word = arguments.pop(0)
        if word == "--verbose":
            verbose = True
        elif word == "--all":
            text = True
        elif word == "--only":
            only = re.compile(arguments.pop(0))
        else:
            paths.append(pathlib.Path(word))
    if not shutil.which("terraform"):
        print("diagnostics: no terraform is installed\n0 passed, 0 failed, 1 skipped")
        return 0
    os.environ.setdefault("IAC_PLUGIN_PATH", str(pathlib.Path(iac).parent / "providers"))
    cases = read_cases(paths or sorted((HERE / "diagnostics").glob("*.txt")))
    names = [(case.group, case.name) for case in cases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        sys.exit(f"diagnostics: two cases {name[0]}/{name[1]}")
    cases = [case for case in cases if not only or only.search(f"{case.group}/{case.name}")]
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as temporary, \
            concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        work = pathlib.Path(temporary).resolve()
        if "COMPAT_TERRAFORM_CONFIG" not in os.environ:
            (work / "terraformrc").write_text("disable_checkpoint = true\n")
            os.environ["COMPAT_TERRAFORM_CONFIG"] = str(work / "terraformrc")
        texts = [text or i % 8 == 0 for i in range(len(cases))]
        for case, differences in zip(cases, pool.map(lambda case, text: judge(case, iac, work, text), cases, texts)):
            if case.reason:
                skipped += 1
                if not differences:
                    print(f"{case.group}/{case.name}: agrees although it is said to differ: {case.reason}")
                elif verbose:
                    print(f"{case.group}/{case.name}: differs: {case.reason}")
            elif not differences:
                passed += 1
            else:
                failed += 1
                print(f"{case.group}/{case.name}:")
                for text in differences:
                    print("    " + text.replace("\n", "\n    "))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
