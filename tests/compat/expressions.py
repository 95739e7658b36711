#!/usr/bin/env python3
"""Compares expressions between Terraform and iac.

    expressions.py EVAL_EXPR [--verbose] [FILE...]

Every expression (or type => value) of expressions/*.txt (separated by lines that say %%; a line "#: REASON" before one says that it differs
on purpose) becomes an output of one configuration: those that fail are found with a plan,
the others are applied and shown. EVAL_EXPR (tests/compat/eval_expr.c) evaluates the same. Prints the pass rates, and
the differences with --verbose. Skipped, visibly, where no terraform is installed.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent / "expressions"
SEPARATOR = "\n%%\n"
ARROW = "\n=>\n"


RESOURCES = """
resource "terraform_data" "u" {
  input = "x"
}
resource "terraform_data" "many" {
  count = 2
  input = "x"
}
"""


def read_cases(paths):
    """(group, expression, why it may differ or None) of each."""
    cases = []
    for path in paths:
        for text in path.read_text().removesuffix("\n").split(SEPARATOR):
            reason = None
            if text.startswith("#: "):
                reason, text = text.split("\n", 1)
            cases.append((path.stem, text, reason))
    return cases


def run_iac(program, cases, *flags):
    text = SEPARATOR.join(text + ("\n" if "<<" in text else "") for _, text, _ in cases) + "\n"
    result = subprocess.run([program, *flags, HERE / "definitions.hcl"], input=text, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"eval_expr: {result.stdout}{result.stderr}")
    return [split_iac(part) for part in result.stdout.removesuffix("%%\n").split("\n%%\n")]


def split_iac(text):
    """(errors, value): errors as "summary: detail", the text underlined and the values shown; or the printed value."""
    text = text.removesuffix("\n")
    if not text.startswith("Error: "):
        return None, text
    errors = re.split(r"^Error: ", text, flags=re.M)[1:]
    return [without_places(error) for error in errors], None


def without_places(text):
    """The line and column within a message differ: each expression has a file of its own on our side."""
    return re.sub(r"main\.tf:\d+,\d+-(\d+,)?\d+", "main.tf", text.strip())


class Terraform:
    def __init__(self, folder, cases, unknowns):
        self.folder, self.cases, self.unknowns = folder, cases, unknowns
        self.env = dict(os.environ, TF_IN_AUTOMATION="1", CHECKPOINT_DISABLE="1")

    def run(self, *args):
        return subprocess.run(["terraform", *args], cwd=self.folder, env=self.env, capture_output=True, text=True,
                              check=False)

    def write(self, indices):
        definitions = (HERE / "definitions.hcl").read_text()
        lines = ["locals {", *definitions.splitlines(), "}"]
        if self.unknowns:
            lines += RESOURCES.splitlines()
        self.owner = {}
        for i in indices:
            text = self.cases[i][1]
            block = [f'output "o{i:04}" {{', f"value = {text}", "}"]
            if ARROW in text:
                kind, value = text.split(ARROW)
                block = [f'variable "o{i:04}" {{', f"type = {kind}", f"default = {value}", "}",
                         f'output "o{i:04}" {{', f"value = var.o{i:04}", "}"]
            first = len(lines) + 1
            lines += "\n".join(block).split("\n")
            for line in range(first, len(lines) + 1):
                self.owner[line] = i
        (self.folder / "main.tf").write_text("\n".join(lines) + "\n")

    def errors(self):
        """By case: what plan says of it."""
        found = {}
        for line in self.run("plan", "-json", "-lock=false").stdout.splitlines():
            message = json.loads(line)
            diag = message.get("diagnostic")
            if not diag or diag["severity"] != "error":
                continue
            case = self.owner.get(diag.get("range", {}).get("start", {}).get("line"))
            text = f'{diag["summary"]}: {diag["detail"]}\n  at {self.subject(diag)}\n'
            for value in diag.get("snippet", {}).get("values", []):
                text += f'  {value["traversal"]} {value["statement"]}\n'
            found.setdefault(case, []).append(without_places(text))
        return found

    def subject(self, diag):
        if "range" not in diag:
            return ""
        text = (self.folder / "main.tf").read_bytes()
        return text[diag["range"]["start"]["byte"]:diag["range"]["end"]["byte"]].decode()

    def planned(self):
        """Values of the plan, with what is unknown as a string."""
        self.run("plan", "-out=plan", "-lock=false")
        plan = json.loads(self.run("show", "-json", "plan").stdout)
        return {int(name[1:]): json.dumps(overlay(change.get("after"), change["after_unknown"]), sort_keys=True)
                for name, change in plan["output_changes"].items()}

    def values(self):
        applied = self.run("apply", "-auto-approve", "-no-color", "-lock=false")
        if applied.returncode != 0:
            sys.exit(f"terraform apply: {applied.stderr}")
        shown, name = {}, None
        for line in self.run("output", "-no-color").stdout.split("\n"):
            start = re.match(r"o(\d{4}) = (.*)", line)
            if start:
                name = int(start[1])
                shown[name] = [start[2]]
            elif name is not None:
                shown[name].append(line)
        return {i: "\n".join(lines).removesuffix("\n") for i, lines in shown.items()}

    def evaluate(self):
        left, failed = list(range(len(self.cases))), {}
        while True:
            self.write(left)
            found = self.errors()
            if not found:
                break
            stray = found.pop(None, None)  # a bare `local` is complained of a second time, without a place
            if not found:
                sys.exit(f"terraform: {stray}")
            failed.update(found)
            left = [i for i in left if i not in found]
        return failed, self.planned() if self.unknowns else self.values()


def overlay(after, unknown):
    if unknown is True:
        return "(known after apply)"
    if isinstance(unknown, dict):
        after = after or {}
        return {key: overlay(after.get(key), unknown.get(key)) for key in after.keys() | unknown.keys()}
    if isinstance(unknown, list):
        return [overlay(a, u) for a, u in zip(after, unknown)]
    return after


def compare(cases, ours, failed, values, verbose):
    passed, total, differences = {}, {}, []
    for i, (group, text, reason) in enumerate(cases):
        errors, value = ours[i]
        if i in failed:
            same = errors is not None and errors == failed[i]
            expected = "\n".join(failed[i])
        else:
            expected = values.get(i, "tostring(null)")  # outputs that are null are not shown
            same = value == expected or (i not in values and value is not None and "null" in value)
        same = same or reason is not None
        total[group] = total.get(group, 0) + 1
        passed[group] = passed.get(group, 0) + same
        if not same:
            got = value if errors is None else "\n".join(errors)
            differences.append(f"--- {group}: {text}\nterraform: {expected}\niac:       {got}")
    for group in total:
        print(f"{group:14} {passed[group]:4} of {total[group]:4}")
    print(f'{"all":14} {sum(passed.values()):4} of {sum(total.values()):4}')
    if verbose:
        print("\n".join(differences))
    return not differences


def main():
    arguments = [a for a in sys.argv[1:] if a != "--verbose"]
    if not arguments:
        sys.exit(__doc__)
    if not shutil.which("terraform"):
        print("SKIPPED: no terraform is installed")
        return 0
    paths = [pathlib.Path(p) for p in arguments[1:]] or sorted(HERE.glob("*.txt"))
    same = True
    for unknowns in (False, True):
        cases = read_cases([p for p in paths if (p.stem == "unknowns") == unknowns])
        if cases:
            same &= run(arguments[0], cases, unknowns)
    return 0 if same else 1


def run(program, cases, unknowns):
    ours = run_iac(program, cases, *(["-json"] if unknowns else []))
    if len(ours) != len(cases):
        sys.exit(f"eval_expr answered {len(ours)} of {len(cases)} expressions")
    if unknowns:
        ours = [(errors, errors is None and json.dumps(json.loads(value), sort_keys=True)) for errors, value in ours]
    with tempfile.TemporaryDirectory() as folder:
        failed, values = Terraform(pathlib.Path(folder), cases, unknowns).evaluate()
    return compare(cases, ours, failed, values, "--verbose" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
