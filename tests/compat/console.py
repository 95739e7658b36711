#!/usr/bin/env python3
"""Compares what `terraform console` and `iac console` print.

    console.py IAC [--verbose] [--count N] [--all]

Each line of console/expressions.txt, and N of the single-line expressions of expressions/*.txt and calls of
functions.tsv (--all: each of them), is piped to both, in a folder with a configuration (console/, and the local values of
expressions/definitions.hcl) and a state that both read. Standard output and status must be the same; of errors the text
without the source line, which Terraform does not show. Then sessions of several lines. Ends with "N passed, N failed, N
skipped". Skipped, visibly, where no terraform is installed.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WORKERS = 4

# Where iac answers otherwise on purpose.
EXPECTED = {
    "local": "Terraform reports an undeclared local value without a name, too",
    "var": "Terraform reports an undeclared variable without a name, too",
    "data.terraform_data.one": "Terraform names the managed resource in a configuration, but not here",
    "each.value": "Terraform speaks of a for_each that is gone",
    "provider::nope::f()": "here a provider needs no required_providers",
    "provider::nope::fn()": "here a provider needs no required_providers",
    "local[0]": "Terraform reports an undeclared local value without a name, too",
    "plantimestamp(1)": "Terraform's console does not know this function",
    "terraform_data.many[7]": "Terraform does not say why of instances of resources",
}

SESSIONS = ["1\n2\n", "1\nexit\n2\n", "", "\n", "1\n\n", "nope\n1\n", "1\nnope", "  exit  ", "[\n1\n]\n", "1", "local.text\r\n"]


def single_lines():
    found = []
    for path in sorted((HERE / "expressions").glob("*.txt")):
        if path.stem == "unknowns":
            continue
        for text in path.read_text().removesuffix("\n").split("\n%%\n"):
            if "\n" not in text and not text.startswith("#:"):
                found.append(text)
    for line in (HERE / "functions.tsv").read_text().splitlines():
        if line.count("\t") >= 2:
            name, arguments, _ = line.split("\t", 2)
            text = json.dumps(arguments, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
            found.append(f"{name}(jsondecode({text})...)")
    return found


def prepare(work, iac):
    """A folder with a configuration and its state, in Terraform's form and in iac's store."""
    folder = work / "folder"
    shutil.copytree(HERE / "console", folder)
    (folder / "expressions.txt").unlink()
    definitions = (HERE / "expressions" / "definitions.hcl").read_text()
    (folder / "definitions.tf").write_text("locals {\n" + definitions + "}\n")
    for command in (["terraform", "init"],
                    ["terraform", "apply", "-auto-approve", "-var=unset=x", "-target=terraform_data.one",
                     "-target=terraform_data.many", "-target=terraform_data.each", "-target=module.repeated",
                     "-target=module.single"],
                    [iac, "init"]):
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)}: {result.stdout}{result.stderr}")
    return folder


def console(program, folder, text):
    result = subprocess.run([program, "console", "-no-color"], cwd=folder, input=text.encode(), capture_output=True,
                            check=False)
    errors = result.stderr.decode().replace("terraform console", "iac console")
    lines = [line for line in errors.split("\n")
             if not re.match(r"\s*(\d+:|│|├|\(source code not available\)|on <console-input>|on  line 0:)", line)]
    return result.returncode, result.stdout, " ".join(" ".join(lines).split())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("iac")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--count", type=int, default=20)
    arguments = parser.parse_args()
    if not shutil.which("terraform"):
        print("console: no terraform is installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    iac = os.path.abspath(arguments.iac)
    os.environ.setdefault("IAC_PLUGIN_PATH", str(pathlib.Path(iac).parent / "providers"))
    os.environ["CHECKPOINT_DISABLE"] = "1"
    lines = single_lines()
    if not arguments.all:
        lines = lines[::max(1, len(lines) // max(1, arguments.count))]
    own = (HERE / "console" / "expressions.txt").read_text().removesuffix("\n").split("\n")
    inputs = [line + "\n" for line in own + lines] + SESSIONS
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "rc").write_text("disable_checkpoint = true\n")
        os.environ["TF_CLI_CONFIG_FILE"] = os.environ.get("COMPAT_TERRAFORM_CONFIG") or str(work / "rc")
        folder = prepare(work, iac)
        folders = queue.Queue()  # one for each that runs: terraform locks the state
        for i in range(WORKERS):
            folders.put(shutil.copytree(folder, work / f"copy{i}"))

        def both(text):
            mine = folders.get()
            results = console("terraform", mine, text), console(iac, mine, text)
            folders.put(mine)
            return results

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for text, (expected, got) in zip(inputs, pool.map(both, inputs)):
                if expected == got or text.strip() in EXPECTED:
                    passed += 1
                    continue
                failed += 1
                if arguments.verbose:
                    print(f"--- {text!r}\n    terraform: {expected}\n    iac:       {got}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
