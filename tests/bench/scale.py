#!/usr/bin/env python3
"""Prints how time and memory grow with the number of instances, for several shapes of configuration, next to
Terraform's at the sizes that it can finish. Nothing is asserted.

    scale.py [--iac PROGRAM] [--shape NAME]... [--largest N] [--terraform N]

Of each shape: the first plan, the apply, a plan with nothing to change, `show -json` and the destroy, at growing sizes.
The last figure of a line of ours is processor time an instance beside that of the size before: 1.0 is linear.
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile

from run import ROOT, Program, show


def wide(n):
    return {"main.tf": f'resource "terraform_data" "a" {{\n  count = {n}\n  input = "value ${{count.index}}"\n}}\n'}


KEYED = """
locals {{
  keys = toset(flatten([for i in range({n} / 500) : [for j in range(500) : "key-${{i}}-${{j}}"]]))
}}

resource "terraform_data" "a" {{
  for_each = local.keys
  input    = each.key
}}
"""


def keyed(n):
    return {"main.tf": KEYED.format(n=n)}


def lookup(n):
    """Every instance of b needs one of a: a[each.key] must not build the collection."""
    return {"main.tf": KEYED.format(n=n // 2) + """
resource "terraform_data" "b" {
  for_each = local.keys
  input    = terraform_data.a[each.key].output
}
"""}


def chain(n):
    text = ['resource "terraform_data" "r0" {\n  input = "start"\n}\n']
    text += [f'resource "terraform_data" "r{i}" {{\n  input = terraform_data.r{i - 1}.output\n}}\n' for i in range(1, n)]
    return {"main.tf": "\n".join(text)}


def blocks(n):
    text = [f'resource "terraform_data" "r{i}" {{\n  input = "value {i}"\n}}\n' for i in range(n)]
    return {"main.tf": "\n".join(text)}


def modules(n):
    """Calls of a module with twenty variables and twenty instances, as a shared library of a company has them."""
    names = [f"v{i}" for i in range(20)]
    variables = "".join(f'variable "{v}" {{\n  type = string\n}}\n' for v in names)
    resources = "".join(f'resource "terraform_data" "r_{v}" {{\n  input = var.{v}\n}}\n' for v in names)
    calls = "".join(f'module "m{i}" {{\n  source = "./m"\n' + "".join(f'  {v} = "{v} of {i}"\n' for v in names) + "}\n"
                    for i in range(n // 20))
    return {"main.tf": calls, "m/main.tf": variables + resources}


# name: (what makes it, sizes)
SHAPES = {
    "wide": (wide, (1000, 10000, 100000)),
    "keyed": (keyed, (1000, 10000, 100000)),
    "lookup": (lookup, (1000, 10000, 100000)),
    "blocks": (blocks, (1000, 10000, 100000)),
    "modules": (modules, (1000, 10000, 100000)),
    "chain": (chain, (2000, 10000)),
}
STEPS = (
    ("plan", ("plan", "-input=false")),
    ("apply", ("apply", "-auto-approve", "-input=false")),
    ("no changes", ("plan", "-input=false")),
    ("show -json", ("show", "-json")),
    ("destroy", ("destroy", "-auto-approve", "-input=false")),
)


def steps(program, files):
    """The figures of each step, one after another in one folder; None from the first that fails on."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        if len(files) > 1 and program.run(folder, "init", "-input=false") is None:
            return [None] * len(STEPS)
        figures = []
        for _, arguments in STEPS:
            failed = bool(figures) and figures[-1] is None
            figures.append(None if failed else program.run(folder, *arguments))
        return figures


def main():
    parser = argparse.ArgumentParser(description="How time and memory grow with the number of instances.")
    parser.add_argument("--iac", default=str(ROOT / "build/iac"))
    parser.add_argument("--shape", action="append", choices=SHAPES, help="only this one; may be repeated")
    parser.add_argument("--largest", type=int, default=100000, help="number of instances to stop at")
    parser.add_argument("--terraform", type=int, default=1000, help="number of instances up to which Terraform runs")
    options = parser.parse_args()
    if not os.access(options.iac, os.X_OK):
        sys.exit(f"no program at {options.iac}")
    iac = Program("iac", options.iac, {})
    path = shutil.which("terraform")
    terraform = path and Program("terraform", path, {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull})
    print(f"{'':26}{'iac: wall, processor, peak':>36} {'growth':>8}{'terraform':>36}    ratios")
    for shape in options.shape or SHAPES:
        make, sizes = SHAPES[shape]
        before = None
        for n in [size for size in sizes if size <= options.largest]:
            files = make(n)
            ours = steps(iac, files)
            theirs = steps(terraform, files) if terraform and n <= options.terraform else [None] * len(STEPS)
            for i, (step, _) in enumerate(STEPS):
                line = f"{shape + ' ' + format(n, ',') + ': ' + step:26}{show(ours[i]):>36}"
                growth = before and ours[i] and before[1][i]
                line += f" {ours[i][1] / n / (before[1][i][1] / before[0]):7.2f}x" if growth else " " * 9
                if theirs[i]:
                    line += f"{show(theirs[i]):>36}"
                    if ours[i]:
                        line += "    " + ", ".join(f"{t / o:.1f}x" for o, t in zip(ours[i], theirs[i]) if o)
                print(line, flush=True)
            before = n, ours


if __name__ == "__main__":
    main()
