#!/usr/bin/env python3
"""What the history costs: the time of an apply with an entry kept and with none (IAC_HISTORY_KEEP=0 keeps it only until
the end), and the size of the database with many entries, of which each changes one object in twenty.

  history.py [OBJECTS [ENTRIES]]     IAC names the program. Default: 1000 objects, 100 entries."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

CONFIG = """
variable "v" { default = 0 }
resource "terraform_data" "a" {
  count = %d
  input = {
    name = "resource number ${count.index}"
    tags = { team = "infrastructure", stage = "production" }
    rev  = floor((var.v - count.index %% 20) / 20)
  }
}
"""


def main():
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    entries = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    program = os.environ.get("IAC", "build/iac")
    program = str(pathlib.Path(program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "main.tf").write_text(CONFIG % objects)
        database = folder / ".iac/state.db"

        def apply(v, keep):
            begun = time.monotonic()
            subprocess.run([program, "apply", "-auto-approve", f"-var=v={v}"], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL, env=dict(os.environ, IAC_HISTORY_KEEP=keep))
            return time.monotonic() - begun

        first = apply(0, "all")
        one = database.stat().st_size
        print(f"{objects} objects: first apply {first:.2f} s, database {one / 1e6:.2f} MB")
        times = sorted(apply(v, "all") for v in range(1, entries))
        size = database.stat().st_size
        changed = objects / 20
        print(f"{entries} entries, each changing about {changed:.0f} objects: {size / 1e6:.2f} MB, "
              f"{(size - one) / (entries - 1) / 1e3:.1f} kB an entry, apply {times[len(times) // 2]:.3f} s (median)")


main()
