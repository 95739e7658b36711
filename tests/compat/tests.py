#!/usr/bin/env python3
"""Compares what Terraform's and iac's `test` and `validate` say of configurations with test files.

    tests.py IAC [--verbose] [--record] [--only REGEX]

Each of tests/*.txt holds many small folders:

    %% NAME: ARGUMENTS        what follows `test`
    %differs REASON           differs on purpose; counted as skipped
    %env NAME=VALUE           in the environment of both programs
    %file main.tf
    text

What Terraform said when it was last asked is in tests/recorded.json.gz: of `test` its status, text, -json and -junit-xml,
of `validate` its text. Compared is all but what differs from run to run: times, random strings, identifiers, how long lines were
broken, how often a run tells that it is still busy, and the order of diagnostics that belong to one run.

    --record   asks the installed Terraform (with the AWS provider, from the mirror that TF_CLI_CONFIG_FILE names)

Prints the differences; the last line is the summary.
"""
import argparse
import concurrent.futures
import difflib
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent / "tests"
RECORDED = HERE / "recorded.json.gz"
WORDS = {"complete", "filename", "progress", "severity", "starting", "teardown"}  # as long as the random strings of mocks
SEEN = ("test", "json", "junit", "validate")


class Case:
    def __init__(self, head):
        self.name, arguments = (part.strip() for part in head.split(":", 1))
        self.arguments, self.reason, self.environment, self.files = arguments.split(), None, {}, {}


def read_cases():
    cases, target = [], None
    for path in sorted(HERE.glob("*.txt")):
        for line in path.read_text().splitlines(keepends=True):
            if line.startswith("%% "):
                cases.append(Case(line[3:]))
            elif line.startswith("%differs "):
                cases[-1].reason = line[9:].strip()
            elif line.startswith("%env "):
                name, value = line[5:].rstrip("\n").split("=", 1)
                cases[-1].environment[name] = value
            elif line.startswith("%file "):
                target = cases[-1].files.setdefault(line[6:].strip(), [])
            else:
                target.append(line)
    return cases


def plain(text):
    """The text without what differs between runs and programs, every paragraph that was broken in one line again."""
    text = re.sub(r"(?:\b|(?<=\\n))(Terraform|terraform|iac)\b(?!_)", "PROGRAM", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r' time="[^"]*"', ' time="T"', text)
    text = re.sub(r'timestamp="[^"]*"', 'timestamp="T"', text)
    text = re.sub(r'(?:(?<=")|(?<=&#34;))[a-z0-9]{8}(?=\\?"|&#34;)', lambda match: match[0] if match[0] in WORDS else "RANDOM", text)
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = []
        for line in paragraph.strip("\n").split("\n"):
            if lines and len(lines[-1]) > 45 and is_prose(lines[-1]) and is_prose(line):
                lines[-1] += " " + line
            else:
                lines.append(line)
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs).strip("\n")


def is_prose(line):
    return bool(line) and not re.match(r"[ │#{<]|.*(?:\.\.\. |\]\]>)", line)


def plain_json(text):
    """One line a message; those of diagnostics that follow one another in order."""
    lines, told = [], []
    for line in text.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            lines.append("no JSON: " + line)
            continue
        message.pop("@timestamp", None)
        run = message.get("test_run", {})
        if message.get("type") == "version" or run.get("progress") in ("running", "teardown"):
            continue
        run.pop("elapsed", None)
        for name in ("test_plan", "test_state"):
            message.get(name, {}).pop("provider_schemas", None)
        line = plain(json.dumps(message, sort_keys=True))
        if "diagnostic" in message:
            told.append(line)
            continue
        lines += sorted(told) + [line]
        told = []
    return "\n".join(lines + sorted(told))


def plain_text(text):
    return "\n\n".join(sorted(re.split(r"\n\n(?=(?:Error|Warning): )", "\n\n" + plain(text))))


def ask(program, case, folder, init):
    """What the program says to each: [status, stdout, stderr], and the report."""
    for name, lines in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines))
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("TF_") or name in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")}
    environment.update(case.environment, HOME=str(folder), NO_COLOR="1")

    def call(*words):
        done = subprocess.run([program, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, text=True, errors="replace", timeout=300)
        return [done.returncode] + [text.replace(str(folder), "DIR") for text in (done.stdout, done.stderr)]

    if init:
        call("init", "-backend=false")
    said = {"test": call("test", "-no-color", *case.arguments), "json": call("test", "-json", *case.arguments)}
    call("test", "-no-color", "-junit-xml=report.xml", *case.arguments)
    report = folder / "report.xml"
    said["junit"] = report.read_text() if report.exists() else ""
    said["validate"] = call("validate", "-no-color")
    return said


def normalized(said):
    """What the program says, by the names in SEEN, without what may differ."""
    status, out, err = said["test"]
    return {"test": f"{plain_text(out)}\n----\n{plain_text(err)}\nstatus {status}",
            "json": plain_json(said["json"][1]),
            "junit": plain_text(said["junit"]),
            "validate": f"{plain_text(said['validate'][1] + said['validate'][2])}\nstatus {said['validate'][0]}"}


def differences(theirs, ours):
    found = []
    for name in SEEN:
        if theirs[name] != ours[name]:
            lines = difflib.unified_diff(theirs[name].split("\n"), ours[name].split("\n"), "terraform", "iac",
                                         lineterm="", n=1)
            found.append(f"{name}:\n" + "\n".join(line[:600] for line in list(lines)[2:40]))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("iac")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    iac = str(pathlib.Path(options.iac).resolve())
    os.environ.setdefault("IAC_PLUGIN_PATH", str(pathlib.Path(iac).parent / "providers"))
    cases = [case for case in read_cases() if re.search(options.only, case.name)]
    recorded = json.loads(gzip.decompress(RECORDED.read_bytes())) if RECORDED.exists() else {}
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folders = [pathlib.Path(temporary).resolve() / case.name for case in cases]
        program = "terraform" if options.record else iac
        results = pool.map(lambda case, folder: ask(program, case, folder, options.record), cases, folders)
        for case, said in zip(cases, map(normalized, results)):
            if options.record:
                recorded[case.name] = said
                continue
            found = differences(recorded[case.name], said)
            if case.reason:
                skipped += 1
                if not found or options.verbose:
                    print(f"{case.name}: {'differs' if found else 'agrees although it is said to differ'}: {case.reason}")
            elif found:
                failed += 1
                print(f"{case.name}:\n    " + "\n".join(found).replace("\n", "\n    "))
            else:
                passed += 1
    if options.record:
        text = json.dumps(recorded, sort_keys=True, indent=0).encode()
        RECORDED.write_bytes(gzip.compress(text, mtime=0))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
