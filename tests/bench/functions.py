#!/usr/bin/env python3
"""Prints how fast expressions are evaluated and files formatted, next to Terraform's console and fmt where it is there.

    functions.py [--iac PROGRAM] [--quick]

Each expression is evaluated in a console of its own, for a size and for twice that size: what is linear takes twice as
long. Times are the processor's. Nothing is asserted.
"""
import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
N = 100000  # elements; of documents: 10 MB at twice the size

LISTS = [
    ("for", "length([for i in local.list : i + 1])"),
    ("for, to an object", "length({for i in local.list : \"k${i}\" => i})"),
    ("for, grouped", "length({for i in local.list : i % 100 => i...})"),
    ("merge", "length(merge({for i in local.list : \"k${i}\" => i}, {for i in local.list : \"x${i}\" => i}))"),
    ("flatten", "length(flatten([for i in local.list : [i, [i]]]))"),
    ("setproduct", "length(setproduct(local.list, [1, 2, 3]))"),
    ("sort", "length(sort([for i in local.list : \"${(i * 7919) % 100003}\"]))"),
    ("distinct", "length(distinct([for i in local.list : i % 1000]))"),
    ("distinct, all different", "length(distinct(local.list))"),
    ("setunion", "length(setunion(local.list, [for i in local.list : i + 50000]))"),
    ("setintersection", "length(setintersection(local.list, [for i in local.list : i + 50000]))"),
    ("toset", "length(toset(local.texts))"),
    ("zipmap", "length(zipmap(local.texts, local.list))"),
    ("transpose", "length(transpose({for t in local.texts : t => [t, \"x\"]}))"),
    ("matchkeys", "length(matchkeys(local.list, local.texts, local.texts))"),
    ("lookup, of each", "length([for t in local.texts : lookup(local.map, t, \"\")])"),
    ("element, of each", "length([for i in local.list : element(local.list, i)])"),
    ("keys and values", "length(concat(keys(local.map), values(local.map)))"),
    ("chunklist", "length(chunklist(local.list, 3))"),
    ("formatlist", "length(formatlist(\"%s-%d\", local.texts, local.list))"),
    ("join and split", "length(split(\",\", join(\",\", local.texts)))"),
    ("replace, by pattern", "length(replace(join(\",\", local.texts), \"/[0-4]+/\", \"-\"))"),
    ("sha256", "sha256(join(\",\", local.texts))"),
    ("base64", "length(base64decode(base64encode(join(\",\", local.texts))))"),
    ("template, with a for", "length(\"%{ for t in local.texts }${t},%{ endfor }\")"),
    ("jsonencode", "length(jsonencode([for i in local.list : {name = \"name ${i}\", tags = [\"a\", \"b\"]}]))"),
]
FILES = [
    ("jsondecode", "big.json", "length(jsondecode(file(\"big.json\")))"),
    ("jsonencode again", "big.json", "length(jsonencode(jsondecode(file(\"big.json\"))))"),
    ("yamldecode", "big.yaml", "length(yamldecode(file(\"big.yaml\")))"),
]


def configuration(n):
    return (f"locals {{\n  list = flatten([for i in range({n // 1000}) : [for j in range(1000) : i * 1000 + j]])\n"
            "  texts = [for i in local.list : \"s${(i * 7919) % 1000003}\"]\n  map = {for t in local.texts : t => \"v\"}\n}\n")


def documents(folder, size):
    line = '{{"id": {0}, "name": "item {0}", "tags": ["a", "b"], "on": true, "ratio": 0.25}}'
    lines = [line.format(i) for i in range(size // 75)]
    (folder / "big.json").write_text("[" + ",\n".join(lines) + "]")
    (folder / "big.yaml").write_text("".join(f"- id: {i}\n  name: item {i}\n  tags: [a, b]\n  on: true\n  ratio: 0.25\n"
                                             for i in range(size // 65)))


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def seconds(command, folder, text, runs):
    """The best processor time, or None when it fails."""
    best = None
    for _ in range(runs):
        start = used()
        done = subprocess.run(command, cwd=folder, input=text, text=True, capture_output=True, check=False)
        took = used() - start
        if done.returncode != 0 or done.stdout.startswith("Error"):
            return None
        best = took if best is None else min(best, took)
    return best


def show(took):
    return f"{'failed':>12}" if took is None else f"{took * 1000:9.1f} ms"


def main():
    parser = argparse.ArgumentParser(description="Figures of expressions and of fmt.")
    parser.add_argument("--iac", default=str(ROOT / "build/iac"))
    parser.add_argument("--quick", action="store_true", help="one run of each, and none of Terraform's")
    options = parser.parse_args()
    if not os.access(options.iac, os.X_OK):
        sys.exit(f"no program at {options.iac}")
    iac, runs = str(pathlib.Path(options.iac).resolve()), 1 if options.quick else 3
    terraform = None if options.quick else shutil.which("terraform")
    os.environ.update(CHECKPOINT_DISABLE="1", TF_CLI_CONFIG_FILE=os.devnull)
    print(f"{'':26}{'size':>12}{'twice':>12}   growth{'terraform':>12}   ratio")

    def row(name, at_size, at_twice, theirs):
        growth = f"{at_twice / at_size:8.2f}x" if at_size and at_twice else f"{'':9}"
        ratio = f"{theirs / at_size:7.1f}x" if theirs and at_size else ""
        print(f"{name:26}{show(at_size)}{show(at_twice)}{growth}{show(theirs) if terraform else '':>12}{ratio}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folders = [pathlib.Path(temporary, name) for name in ("once", "twice")]
        for i, folder in enumerate(folders):
            folder.mkdir()
            (folder / "main.tf").write_text(configuration(N << i))
            documents(folder, 5000000 << i)
        for name, expression in LISTS + [(name, text) for name, _, text in FILES]:
            took = [seconds([iac, "console"], folder, expression + "\n", runs) for folder in folders]
            theirs = terraform and seconds([terraform, "console"], folders[0], expression + "\n", 1)
            row(name, *took, theirs)
        sys.path.insert(0, str(HERE))
        for i, folder in enumerate(folders):
            done = subprocess.run([sys.executable, HERE / "varied.py", str(3 << i)], capture_output=True, check=True)
            (folder / "main.tf").write_bytes(done.stdout)
        took = [seconds([iac, "fmt", "-write=false", "-list=false", "main.tf"], folder, "", runs) for folder in folders]
        theirs = terraform and seconds([terraform, "fmt", "-write=false", "-list=false", "main.tf"], folders[0], "", 1)
        size = (folders[1] / "main.tf").stat().st_size / 1e6
        row(f"fmt, up to {size:.1f} MB", *took, theirs)
        for name in ("parse", "format"):
            program = pathlib.Path(iac).parent / "tests" / f"bench_{name}"
            if program.exists():
                done = subprocess.run([program, "main.tf"], cwd=folders[1], capture_output=True, text=True, check=False)
                print(f"{name}: {done.stdout.strip()}")


if __name__ == "__main__":
    main()
