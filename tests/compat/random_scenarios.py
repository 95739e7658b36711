#!/usr/bin/env python3
"""Random scenarios through Terraform and through iac, compared command by command.

A scenario is a configuration made from a seed (scenario_model.py says of what), and a series of rounds: the
configuration is edited, now and then the state too, then planned, shown, applied and shown again (scenario_steps.py).
Both programs run every command in a folder of their own. Standard output and error must agree to the character (wrapped
text: to the word), JSON and the messages of streams field for field, and exit statuses too. Only what differs from run
to run is taken out: identifiers are named after the object whose they are, and progress lines of independent objects,
diagnostics and lists that Terraform keeps in maps may come in any order.

  random_scenarios.py [--seeds N] [--first SEED] [--rounds N] [--jobs N] [--keep DIR] [--cache DIR] [--stop] [-v]

Left out of the comparison, because iac means to differ: `with ADDRESS` in more messages; the key of a deposed object in
the line of its destruction; what the state commands say has the form of an error; the text of a cycle; what of
sensitive values is repeated where nothing is marked. A scenario ends early where Terraform fails by itself: a cycle of
old and new objects or of a check, `self` of a new instance in a refresh-only plan, a `replace_triggered_by` of nothing
when all is to be destroyed.

--cache keeps what Terraform answered, for a second run of the same seeds. The last line is the summary."""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

from scenario_compare import PROGRESS, Identifiers, differences, execute
from scenario_steps import edit_state, make_scenario

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- running ----

def write_files(files, known, folder):
    """The configuration as it is now, and nothing of what it was."""
    for name in known - files.keys():
        os.unlink(os.path.join(folder, name))
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)


def perform(program, arguments, folder):
    """[status, stdout, stderr] of a command, or of what stands for one."""
    saved = os.path.join(folder, "p")
    if arguments[0] == ".edit":
        text = edit_state(execute(program, ["state", "pull"], folder)[1], *arguments[1:])
        if not text:
            return [0, "", ""]
        write_files({"edited.tfstate": text}, set(), folder)
        return execute(program, ["state", "push", "edited.tfstate"], folder)
    if arguments[0] == ".take":
        path = os.path.join(folder, arguments[1])
        if not os.path.exists(path):
            return [0, "", ""]
        with open(path, encoding="utf-8") as file:
            text = file.read()
        os.unlink(path)
        return [0, text, ""]
    if "-out=p" in arguments and os.path.exists(saved):
        os.unlink(saved)
    if ("p" in arguments or "-plan=p" in arguments) and not os.path.exists(saved):
        return [0, "", ""]
    return [text.replace(folder, "<DIR>") if isinstance(text, str) else text
            for text in execute(program, arguments, folder)]


def run_scenario(scenario, program, folder):
    """The transcript: a list of [status, stdout, stderr] for each round."""
    transcript, known = [], set()
    for part in scenario:
        write_files(part["files"], known, folder)
        if known != part["files"].keys():
            execute(program, ["init", "-input=false"], folder)
        known = set(part["files"])
        transcript.append([perform(program, arguments, folder) for arguments in part["commands"]])
    return transcript


def order_faults(text, needs_now, needs_before):
    """Progress lines that break the order which dependencies ask for."""
    events = []
    for line in text.splitlines():
        match = PROGRESS.match(line)
        if match:
            events.append((re.sub(r"\[[^]]*\]", "", match["address"]), match["what"]))
    for user, needed in needs_now:
        begun = [i for i, e in enumerate(events) if e[0] == user and e[1] in ("Creating", "Modifying")]
        ended = [i for i, e in enumerate(events)
                 if e[0] == needed and e[1] in ("Creation complete", "Modifications complete")]
        if begun and ended and min(begun) < max(ended) and "module." not in user:
            yield f"{user} is begun before {needed} is complete"
    for user, needed in needs_before:
        begun = [i for i, e in enumerate(events) if e[0] == needed and e[1] == "Destroying"]
        ended = [i for i, e in enumerate(events) if e[0] == user and e[1] == "Destruction complete"]
        if begun and ended and min(begun) < max(ended) and "module." not in user:
            yield f"{needed} is destroyed before {user} is gone"


def compare(scenario, theirs, ours):
    """Yields (round, command, differences) of each command; no differences: they agree."""
    names = [Identifiers(), Identifiers()]
    before = []
    for number, part in enumerate(scenario):
        for arguments, a, b in zip(part["commands"], theirs[number], ours[number]):
            if "-refresh-only" in arguments and "self." in a[2] and "Error: Invalid index" in a[2]:
                return  # Terraform looks for `self` among the objects of the state, where a new one is not
            if "Error: Cycle:" in a[2] and ("(destroy" in a[2] or "(execute checks)" in a[2]):
                return  # Terraform ties itself up between old objects and new ones, or in a check; iac finds an order
            if "Error: Cycle:" in a[2] and "Error: Cycle:" in b[2] and a[0] == b[0]:
                continue  # iac's text has more to say
            if "-destroy" in arguments and "Error: no change found for" in a[2] and b[0] == 0:
                return  # Terraform plans everything anew before it destroys, and fails there
            if "Terraform crashed" in a[2] or "panic:" in a[2]:
                return
            found = differences(arguments, a, b, names)
            if "apply" in arguments or "destroy" in arguments:
                known = set(order_faults(a[1], part["needs"], before))
                found += [fault for fault in order_faults(b[1], part["needs"], before) if fault not in known]
            yield number, arguments, found
        before = part["needs"]


# ---- the whole ----

def transcript_of_terraform(scenario, cache, folder):
    program = os.path.join(HERE, "terraform-as-iac")
    if not cache:
        return run_scenario(scenario, program, folder)
    text = json.dumps(scenario, sort_keys=True)
    path = os.path.join(cache, hashlib.sha256(text.encode()).hexdigest()[:24] + ".json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    transcript = run_scenario(scenario, program, folder)
    os.makedirs(cache, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(transcript, file)
    return transcript


def show_failure(seed, number, scenario, arguments, found, most):
    print(f"scenarios: seed {seed} round {number} ({', '.join(scenario[number]['edits']) or 'first'}): "
          f"{' '.join(map(str, arguments))}")
    for line in "\n".join(found).split("\n")[:most]:
        print(f"    {line}")


def run_seed(seed, options, iac, work):
    """The scenario of a seed, and (round, command, differences) of each of its commands."""
    scenario = make_scenario(seed, options.rounds)
    folders = [os.path.join(work, f"{seed}", who) for who in ("terraform", "iac")]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    theirs = transcript_of_terraform(scenario, options.cache, folders[0])
    ours = run_scenario(scenario, iac, folders[1])
    return scenario, list(compare(scenario, theirs, ours))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", help="leave the folders of the runs here")
    parser.add_argument("--cache", help="where Terraform's answers are kept for the next run")
    parser.add_argument("--lines", type=int, default=60, help="of each difference that are shown")
    parser.add_argument("--stop", action="store_true", help="leave a seed after its first command that differs")
    parser.add_argument("-v", action="store_true", help="tell of each seed and each kind of command")
    options = parser.parse_args()
    iac = os.path.abspath(os.environ.get("IAC", os.path.join(HERE, "../../build/iac")))
    if not shutil.which("terraform"):
        print("scenarios: no terraform is installed\n0 passed, 0 failed, 1 skipped")
        return 0
    if not os.access(iac, os.X_OK):
        print(f"scenarios: no program at {iac}\n0 passed, 1 failed, 0 skipped")
        return 1
    work = options.keep or tempfile.mkdtemp()
    counts = [0, 0]
    kinds = {}
    seeds = range(options.first, options.first + options.seeds)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for seed, (scenario, results) in zip(seeds, pool.map(lambda n: run_seed(n, options, iac, work), seeds)):
            for number, arguments, found in results:
                kind = kinds.setdefault(" ".join(a for a in map(str, arguments[:2]) if "." not in a[1:] and a != "p"),
                                        [0, 0])
                kind[bool(found)] += 1
                counts[bool(found)] += 1
                if found:
                    show_failure(seed, number, scenario, arguments, found, options.lines)
                    if options.stop:
                        break
            if options.v:
                print(f"scenarios: seed {seed}: {counts[0]} passed, {counts[1]} failed so far", flush=True)
    if options.v:
        for kind, (good, bad) in sorted(kinds.items()):
            print(f"{kind:32} {good:5} passed, {bad} failed")
    if not options.keep:
        shutil.rmtree(work)
    print(f"{counts[0]} passed, {counts[1]} failed, 0 skipped")
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main())
