#!/usr/bin/env python3
"""Holds `iac console` to what `terraform console` answered when it was last asked.

    recorded.py IAC [--verbose] [--live] [--record] [FILE...]

Reads console/recorded/*.tsv. A line is an expression and its answer with a tab between, or an expression with @ in it,
the keys of the values to put there (matrix.py), and the one answer to all of these. A line break within is written as
"⏎", a tab as "␉"; the answer to what fails begins with "Error:", has its words only, and no place. differences.tsv lists what iac
answers otherwise on purpose: expression, iac's answer, reason.

    --live     asks the installed Terraform instead of believing the files
    --record   asks the installed Terraform and writes the files anew

Both programs run interactively, behind a pseudo-terminal, in a folder with recorded/main.tf and its files: that way one
process answers thousands of expressions. Prints the pass rate of each file; the last line is "N passed, N failed,
N skipped".
"""
import argparse
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import termios
import threading
from textwrap import indent

import matrix

FOLDER = pathlib.Path(__file__).resolve().parent / "console" / "recorded"
MARK = "@end of answer {}@"
NOISE = re.compile(r"\s*(\d+:|│|├|\(source code not available\)|on <console-input>|on  line 0:)")


def session(command, folder, expressions):
    """The answers of one interactive session, in order."""
    main, terminal = pty.openpty()
    mode = termios.tcgetattr(terminal)
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, mode)
    environment = dict(os.environ, TERM="dumb", CHECKPOINT_DISABLE="1", TF_CLI_CONFIG_FILE=str(folder / "cli.rc"))
    process = subprocess.Popen([*command, "console", "-no-color"], cwd=folder, env=environment, stdin=terminal,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.close(terminal)
    ready = threading.Event()

    def send():
        os.write(main, (f'"{MARK.format("start")}"\n').encode())
        ready.wait(60)  # only then is the terminal in the mode of the program
        for i, text in enumerate(expressions):
            os.write(main, f'{text}\n"{MARK.format(i)}"\n'.encode())
        os.write(main, b"exit\n")

    writer = threading.Thread(target=send, daemon=True)
    writer.start()
    output = b""
    while chunk := os.read(process.stdout.fileno(), 1 << 16):
        output += chunk
        if not ready.is_set() and MARK.format("start").encode() in output:
            ready.set()
    process.wait()
    os.close(main)
    answers, rest = [], output.decode(errors="backslashreplace").split(f'"{MARK.format("start")}"\n', 1)[-1]
    for i in range(len(expressions)):
        mark = f'"{MARK.format(i)}"\n'
        if mark not in rest:
            answers.append("(no answer) " + rest[:400])
            continue
        answer, rest = rest.split(mark, 1)
        answers.append(normal(answer.replace(str(folder), "/folder")))
    return answers


def normal(text):
    """A value without its last line break; of errors the words, without places and quoted source."""
    if not text.lstrip("\n").startswith(("Error: ", "Warning: ")):
        return text.removesuffix("\n")
    lines = [line for line in text.split("\n") if not NOISE.match(line)]
    return " ".join(" ".join(lines).split())


def ask(command, expressions, batch=4000):
    """The answers, by expression."""
    expressions = list(dict.fromkeys(expressions))
    answers = {}
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "folder"
        shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.tsv"))
        (folder / "cli.rc").write_text("disable_checkpoint = true\n")
        for at in range(0, len(expressions), batch):
            part = expressions[at:at + batch]
            answers |= zip(part, session(command, folder, part))
    return answers


FOLDED = {"\n": "⏎", "\t": "␉", "\r": "␍"}


def unfold(text):
    for raw, sign in FOLDED.items():
        text = text.replace(sign, raw)
    return text


def fold(text):
    for raw, sign in FOLDED.items():
        text = text.replace(raw, sign)
    return text


def read_lines(path):
    return [line.split("\t") for line in path.read_text().split("\n") if line and not line.startswith("#")]


def read_cases(path):
    """(expression, answer) of each line; the answer None where none is recorded yet."""
    for columns in read_lines(path):
        if len(columns) == 3:
            for key in columns[1].split():
                yield unfold(matrix.fill(columns[0], key)), unfold(columns[2])
        else:
            yield unfold(columns[0]), unfold(columns[1]) if len(columns) == 2 else None


def read_differences():
    return {unfold(columns[0]): unfold(columns[1]) for columns in read_lines(FOLDER / "differences.tsv")}


def write_plain(path, answers):
    lines = []
    for line in path.read_text().removesuffix("\n").split("\n"):
        if line and not line.startswith("#"):
            text = line.split("\t")[0]
            line = f"{text}\t{fold(answers[unfold(text)])}"
        lines.append(line)
    path.write_text("\n".join(lines) + "\n")


def write_matrix(path, rows, answers):
    """One line a template and answer."""
    lines = []
    for template, keys in rows:
        same = {}
        for key in keys:
            same.setdefault(answers[matrix.fill(template, key)], []).append(key)
        lines += [f"{template}\t{' '.join(keys)}\t{fold(answer)}" for answer, keys in same.items()]
    path.write_text("# Written by recorded.py --record from matrix.py.\n" + "\n".join(lines) + "\n")


def record(paths):
    rows = matrix.rows()
    plain = [path for path in paths if path.stem not in rows and path.stem != "differences"]
    asked = [text for path in plain for text, _ in read_cases(path)]
    asked += [matrix.fill(template, key) for group in rows.values() for template, keys in group for key in keys]
    answers = ask(["terraform"], asked)
    for path in plain:
        write_plain(path, answers)
    for name, group in rows.items():
        write_matrix(FOLDER / f"{name}.tsv", group, answers)
    print(f"{len(answers)} answers")


def compare(arguments, paths):
    groups = {path.stem: list(read_cases(path)) for path in paths if path.stem != "differences"}
    every = [text for cases in groups.values() for text, _ in cases]
    differences = read_differences()
    got = ask([os.path.abspath(arguments.iac)], every + ([] if arguments.files else list(differences)))
    live = ask(["terraform"], every) if arguments.live else {}
    if not arguments.files:
        groups["differences"] = list(differences.items())
    passed = failed = 0
    for name, cases in groups.items():
        good = errors = 0
        for text, answer in cases:
            expected = differences.get(text, live.get(text, answer))
            errors += expected is not None and expected.startswith("Error:")
            if got[text] == expected:
                good += 1
            elif arguments.verbose:
                print(f"--- {name}: {text}", indent(f"expected: {expected}\niac:      {got[text]}", "    "), sep="\n")
        print(f"{name:16} {good:5} of {len(cases):5} ({errors} errors)")
        passed += good
        failed += len(cases) - good
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if failed == 0 else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("iac")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    for flag in ("--verbose", "--live", "--record"):
        parser.add_argument(flag, action="store_true")
    arguments = parser.parse_intermixed_args()
    os.environ.setdefault("IAC_PLUGIN_PATH", str(pathlib.Path(arguments.iac).resolve().parent / "providers"))
    if (arguments.live or arguments.record) and not shutil.which("terraform"):
        print("recorded: no terraform is installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    paths = arguments.files or sorted(FOLDER.glob("*.tsv"))
    return record(paths) if arguments.record else compare(arguments, paths)


if __name__ == "__main__":
    sys.exit(main())
