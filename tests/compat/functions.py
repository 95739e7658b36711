#!/usr/bin/env python3
"""Asks Terraform again for every case of functions.tsv and tells where it answers otherwise.

    functions.py [FILE]

A case is a function's name, its arguments as a JSON array, and the result as JSON or "! " and the error.
tests/unit/test_func_cases.c holds iac to the same file. Skipped, visibly, where no terraform is installed.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def console(expression, folder):
    """What terraform console prints for the expression, errors in one line."""
    run = subprocess.run(["terraform", "console"], input=expression + "\n", capture_output=True, text=True, cwd=folder,
                         env=dict(os.environ, TF_CLI_CONFIG_FILE=os.path.join(folder, "cli.rc"), CHECKPOINT_DISABLE="1"))
    if run.returncode == 0:
        return run.stdout.strip()
    text = re.sub(r"\x1b\[[0-9;]*m", "", run.stderr)
    lines = [line.strip("│╷╵ ") for line in text.split("\n")]
    return " ".join(line for line in lines
                    if line and not line.startswith("on <console-input>") and "source code not available" not in line)


def expected_of(name, answer):
    """The answer in the file's form."""
    if answer.startswith("Error: "):
        answer = answer.replace("Error: Invalid function argument Invalid value for ", "! ")
        return answer.replace(f'Error: Error in function call Call to function "{name}" failed: ', "! ")
    try:
        return json.loads(re.sub(r"\\x([0-9a-f]{2})", r"\\u00\1", answer)) if answer.startswith('"') else answer
    except ValueError:
        return answer


def literal(text):
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "functions.tsv"
    if not shutil.which("terraform"):
        print("SKIPPED: no terraform")
        return 0
    cases = [line.split("\t", 2) for line in path.read_text().split("\n") if line.count("\t") >= 2]
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "cli.rc").touch()
        for name, args, expected in cases:
            answer = expected_of(name, console(f"jsonencode({name}(jsondecode({literal(args)})...))", folder))
            if re.sub(r"\s+", "", answer) != re.sub(r"\s+", "", expected):
                different += 1
                print(f"{name}({args})\n  file:      {expected}\n  terraform: {answer}")
    print(f"{len(cases)} cases, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
