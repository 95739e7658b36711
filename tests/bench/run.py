#!/usr/bin/env python3
"""Prints figures, side by side with Terraform where it is installed. Nothing is asserted.

    run.py [--iac PROGRAM] [--quick]

Each figure is the best of a few runs: wall time, processor time, peak memory.
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def configuration(count):
    """terraform_data in chains of ten, so that there are dependencies to honour."""
    text = []
    for i in range(count):
        value = f"terraform_data.r{i - 1}.output" if i % 10 else f'"value {i}"'
        text.append(f'resource "terraform_data" "r{i}" {{\n  input = {value}\n}}\n')
    return "\n".join(text)


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


def measure(program, text, arguments, runs, prepare=()):
    """The best run of each figure. Every run has a fresh folder unless the prepared state can be kept."""
    best = None
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "main.tf").write_text(text)
            for step in prepare:
                if program.run(folder, *step) is None:
                    return None
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


def main():
    parser = argparse.ArgumentParser(description="Figures of iac, next to Terraform's.")
    parser.add_argument("--iac", default=str(ROOT / "build/iac"))
    parser.add_argument("--quick", action="store_true", help="one run of each, and no large ones with Terraform")
    options = parser.parse_args()
    if not os.access(options.iac, os.X_OK):
        sys.exit(f"no program at {options.iac}")
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
        ("plan, 100,000", 100000, ("plan", "-input=false"), ()),
    ]
    print(f"{'':30}" + "".join(f"{p.name + ': wall, processor, peak':>36}" for p in programs) + "    ratios")
    for name, count, arguments, prepare in work:
        cells, text = [], configuration(count)
        for program in programs:
            slow = program.name == "terraform" and (count > 10000 or (count > 1000 and (prepare or options.quick)))
            times = 1 if program.name == "terraform" and count >= 1000 else runs
            cells.append("left out" if slow else measure(program, text, arguments, times, prepare))
        line = f"{name:30}" + "".join(f"{c if c == 'left out' else show(c):>36}" for c in cells)
        if len(cells) == 2 and all(isinstance(c, tuple) for c in cells):
            line += "    " + ", ".join(f"{theirs / ours:.1f}x" for ours, theirs in zip(*cells) if ours)
        print(line, flush=True)


if __name__ == "__main__":
    main()
