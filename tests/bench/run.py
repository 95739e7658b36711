#!/usr/bin/env python3
"""Prints all figures, side by side with Terraform where it is installed. Nothing is asserted.

    run.py [--iac PROGRAM] [--quick] [--only PART]...

The parts: commands; expressions (functions.py), with parsing and formatting; scale (scale.py); history (history.py);
scheduler and store, small programs that are built for it. Each figure of the commands is the best of a few runs: wall
time, processor time, peak memory. --quick takes a few minutes; without it, Terraform alone takes an hour.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILT = ("bench_parse", "bench_format", "bench_walk", "bench_store")
PARTS = ("commands", "expressions", "scale", "history", "scheduler", "store")


def configuration(count):
    """terraform_data in chains of ten, so that there are dependencies to honour."""
    text = []
    for i in range(count):
        value = f"terraform_data.r{i - 1}.output" if i % 10 else f'"value {i}"'
        text.append(f'resource "terraform_data" "r{i}" {{\n  input = {value}\n}}\n')
    return "\n".join(text)


def counted(name, count, first=0):
    return (f'resource "terraform_data" "{name}" {{\n  count = {count}\n'
            f'  input = "value ${{{first} + count.index}}"\n}}\n')


def moved(count, moves):
    """The last instances of one resource become another's, a block each."""
    kept = count - moves
    return counted("a", kept) + counted("b", moves, kept) + "".join(
        f"moved {{\n  from = terraform_data.a[{kept + i}]\n  to   = terraform_data.b[{i}]\n}}\n" for i in range(moves))


class Program:
    def __init__(self, name, path, environment):
        self.name, self.path, self.environment = name, path, {**os.environ, **environment}

    def run(self, folder, *arguments):
        """Wall seconds, processor seconds and peak KiB of one run; None when it fails."""
        pid = os.fork()
        if pid == 0:
            os.chdir(folder)
            null = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            os.execve(self.path, [self.path, *arguments], self.environment)
        start = time.monotonic()
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - start
        if os.waitstatus_to_exitcode(status) not in (0, 2):
            return None
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def measure(program, text, arguments, runs, prepare=(), prepared_from=None):
    """The best run of each figure. Every run has a fresh folder, with a state if that is to be prepared: of the text, or
    of another one."""
    best = None
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            main_file = pathlib.Path(folder, "main.tf")
            main_file.write_text(prepared_from or text)
            for step in prepare:
                if program.run(folder, *step) is None:
                    return None
            main_file.write_text(text)
            figures = program.run(folder, *arguments)
        if figures is None:
            return None
        best = figures if best is None else tuple(map(min, best, figures))
    return best


def show(figures):
    if figures is None:
        return f"{'failed':>30}"
    wall, cpu, peak = figures
    return f"{wall * 1000:10.1f} ms {cpu * 1000:9.1f} ms {peak / 1024:6.1f} MB"


def takes_long(program, count, applies, quick):
    """What is left out. Terraform writes all of its state after each operation of an apply."""
    if program.name == "iac":
        return quick and count > 10000
    if applies:
        return count > (100 if quick else 1000)
    return count > (1000 if quick else 10000)


def commands(options):
    runs = 1 if options.quick else 3
    programs = [Program("iac", options.iac, {})]
    terraform = shutil.which("terraform")
    if terraform:
        programs.append(Program("terraform", terraform, {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}))
    apply = ("apply", "-auto-approve", "-input=false")
    work = [
        ("start-up (version)", 0, ("version",), ()),
        ("validate, 1 resource", 1, ("validate",), ()),
        ("validate, 1,000", 1000, ("validate",), ()),
        ("plan, 1,000", 1000, ("plan", "-input=false"), ()),
        ("plan, 10,000", 10000, ("plan", "-input=false"), ()),
        ("apply, 1,000", 1000, apply, ()),
        ("plan without changes, 1,000", 1000, ("plan", "-input=false"), (apply,)),
        ("destroy, 1,000", 1000, ("destroy", "-auto-approve", "-input=false"), (apply,)),
        ("plan without changes, 10,000", 10000, ("plan", "-input=false"), (apply,)),
        ("plan, 1,000 moves in 10,000", 10000, ("plan", "-input=false"), (apply,), moved(10000, 1000), counted("a", 10000)),
        ("plan, 100,000", 100000, ("plan", "-input=false"), ()),
    ]
    print(f"{'':30}" + "".join(f"{p.name + ': wall, processor, peak':>36}" for p in programs) + "    ratios")
    for name, count, arguments, prepare, *texts in work:
        text, prepared_from = texts or (configuration(count), None)
        cells = []
        for program in programs:
            slow = takes_long(program, count, arguments == apply or prepare, options.quick)
            times = 1 if program.name == "terraform" and count >= 1000 else runs
            cells.append("left out" if slow else measure(program, text, arguments, times, prepare, prepared_from))
        line = f"{name:30}" + "".join(f"{c if c == 'left out' else show(c):>36}" for c in cells)
        if len(cells) == 2 and all(isinstance(c, tuple) for c in cells):
            line += "    " + ", ".join(f"{theirs / ours:.1f}x" for ours, theirs in zip(*cells) if ours)
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description="Figures of iac, next to Terraform's.")
    parser.add_argument("--iac", default=str(ROOT / "build/iac"))
    parser.add_argument("--quick", action="store_true", help="one run of each, and hardly any of Terraform's")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    options = parser.parse_args()
    if not os.access(options.iac, os.X_OK):
        sys.exit(f"no program at {options.iac}")
    iac = pathlib.Path(options.iac).resolve()
    if (iac.parent / "CMakeCache.txt").exists(): # else they are left out
        subprocess.run(["cmake", "--build", iac.parent, "--target", *BUILT], stdout=subprocess.DEVNULL, check=False)
    quick = ["--quick"] if options.quick else []
    parts = {
        "expressions": [sys.executable, HERE / "functions.py", "--iac", iac, *quick],
        "scale": [sys.executable, HERE / "scale.py", "--iac", iac,
                  *(["--largest", "10000", "--terraform", "0", "--shape", "wide", "--shape", "lookup", "--shape", "modules"]
                    if options.quick else [])],
        "history": [sys.executable, HERE / "history.py", *(["1000", "10"] if options.quick else [])],
        "scheduler": [iac.parent / "tests/bench_walk"],
        "store": [iac.parent / "tests/bench_store", "10000" if options.quick else "100000"],
    }
    for part in options.only or PARTS:
        print(f"\n{part}", flush=True)
        if part == "commands":
            commands(options)
        elif os.access(parts[part][0], os.X_OK):
            subprocess.run(parts[part], env=dict(os.environ, IAC=str(iac)), check=False)
        else:
            print(f"left out: there is no {parts[part][0].name}")


if __name__ == "__main__":
    main()
