"""What the comparisons of random_scenarios.py and scenarios.py have in common: calling a program, and taking out of what
it says that which differs from run to run."""
import difflib
import json
import os
import re
import subprocess

from echoes import hide_echoes

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PROGRESS = re.compile(r"^(?P<address>\S.*?)(?P<deposed> \(deposed object [0-9a-f]{8}\))?(?: \(local-exec\))?: "
                      r"(?P<what>Refreshing state|Reading|Read complete|Creating|Creation complete|Destroying|"
                      r"Destruction complete|Modifying|Modifications complete|Still \w+|Importing|Import complete|"
                      r"Preparing import|Provisioning with|Executing:|(?<=\(local-exec\): ))(?:\b|(?=\W|$))")
DEPOSED = re.compile(r"(deposed object|deposed-key:?) ?[0-9a-f]{8}\b")
VARYING = {"terraform_version", "timestamp", "@timestamp", "elapsed_seconds", "lineage", "serial"}
UNORDERED = {"relevant_attributes", "child_modules"}  # lists in the order of a map that has none


def execute(program, arguments, folder, settings=None, answer=""):
    """(status, stdout, stderr). settings: further variables of the environment; answer: what is typed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    environment.update(HOME=folder, CHECKPOINT_DISABLE="1", LC_ALL="C.UTF-8")
    if program == "terraform":
        environment["TF_CLI_CONFIG_FILE"] = os.environ.get("COMPAT_TERRAFORM_CONFIG", "/dev/null")
    environment.update(settings or {})
    done = subprocess.run([program] + arguments, cwd=folder, env=environment, input=answer.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)
    return [done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")]


class Identifiers:
    """Names an identifier after the object that was made with it, and how often it was made."""

    def __init__(self):
        self.names, self.made = {}, {}

    def learn(self, text):
        for line in text.splitlines():
            match = PROGRESS.match(line)
            if match and match["what"] == "Creation complete":
                for found in UUID.findall(line):
                    count = self.made[match["address"]] = self.made.get(match["address"], 0) + 1
                    self.names[found] = f"<id {count} of {match['address']}>"

    def replace(self, text):
        return UUID.sub(lambda m: self.names.setdefault(m[0], f"<other id {len(self.names)}>"), text)


def unwrap(text):
    """Paragraphs that name the program are broken elsewhere: they become one line."""
    lines, paragraph = [], []

    def flush():
        if len(paragraph) > 1 and any(re.search(r"\biac\b", line) for line in paragraph):
            lines.append(" ".join(line.strip() for line in paragraph))
        else:
            lines.extend(paragraph)
        paragraph.clear()
    for line in text.split("\n"):
        if line.strip() == "" or line.startswith("  ") or PROGRESS.match(line):
            flush()
            lines.append(line)
        else:
            paragraph.append(line)
    flush()
    return "\n".join(lines)


def clean_text(text, identifiers, folder):
    """(text, sorted progress lines): progress lines are taken out of the text."""
    text = DEPOSED.sub(r"\1 <KEY>", identifiers.replace(text.replace(folder, "<DIR>")))
    text = re.sub(r"(complete after) (\d+m)?\d+s", r"\1 <T>", text)
    # The object is named where Terraform names its block only, and what it was that is destroyed at the end too.
    text = re.sub(r"(?m)^  with .*,\n(?=  on |\n)", "", text)
    text = re.sub(r" \(deposed object <KEY>\)(?=: Destruction complete)", "", text)
    rest, progress = [], []
    for line in text.split("\n"):
        (progress if PROGRESS.match(line) else rest).append(line)
    return unwrap("\n".join(rest)), sorted(progress)


def split_errors(text):
    """Errors of independent objects come in any order."""
    parts = re.split(r"(?m)^(?=(?:Error|Warning): )", text)
    return [part.strip("\n") for part in sorted(parts)]


def clean_json(value, identifiers, dropped=frozenset()):
    """The value without what varies, and without the members named in dropped."""
    if isinstance(value, dict):
        value = {k: sorted(v, key=json.dumps) if k in UNORDERED else v for k, v in value.items()}
        return {identifiers.replace(k): "<KEY>" if k in ("deposed", "deposed_key") else
                clean_json(v, identifiers, dropped)
                for k, v in value.items() if k not in VARYING and k not in dropped}
    if isinstance(value, list):
        return [clean_json(v, identifiers, dropped) for v in value]
    return identifiers.replace(value) if isinstance(value, str) else value


def json_differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(a.keys() | b.keys()):
            if k not in a:
                yield f"{path}.{k}: only iac has {json.dumps(b[k])[:300]}"
            elif k not in b:
                yield f"{path}.{k}: only Terraform has {json.dumps(a[k])[:300]}"
            else:
                yield from json_differences(a[k], b[k], f"{path}.{k}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from json_differences(x, y, f"{path}[{i}]")
    elif a != b or type(a) is not type(b):
        yield f"{path}: {json.dumps(a)[:400]} in Terraform, {json.dumps(b)[:400]} in iac"


def text_differences(name, a, b):
    if a != b:
        a = hide_echoes(a, b)
    if a == b:
        return
    for line in difflib.unified_diff(a.split("\n"), b.split("\n"), f"terraform {name}", f"iac {name}", "", "", 4, ""):
        yield line


def parse(text):
    return json.loads(text, parse_float=str, parse_int=str)
