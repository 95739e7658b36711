#!/usr/bin/env python3
"""Random scenarios through Terraform and through iac, compared command by command.

A scenario is a configuration of terraform_data resources, made from a seed, and a series of rounds: the configuration is
edited, planned, shown, applied and shown again. Both programs run every command in a folder of their own. Standard output
and error must agree to the character (wrapped text: to the word), JSON field for field, and exit statuses too. Only what
differs from run to run is taken out: identifiers are named after the object whose they are, and progress lines of
independent objects may come in any order.

  random_scenarios.py [--seeds N] [--first SEED] [--rounds N] [--jobs N] [--keep DIR] [--cache DIR] [--stop] [-v]

Left out of the comparison, because iac means to differ: `with ADDRESS` in more messages; the key of a deposed object in
the line of its destruction; what the state commands say has the form of an error; the text of a cycle. A scenario ends
early where Terraform fails by itself: a cycle of old and new objects, `self` of a new instance in a refresh-only plan,
a `replace_triggered_by` of nothing when all is to be destroyed.

--cache keeps what Terraform answered, for a second run of the same seeds. The last line is the summary."""
import argparse
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shutil
import sys
import tempfile

from scenario_compare import (PROGRESS, Identifiers, clean_json, clean_text, execute, json_differences, parse, split_errors,
                              text_differences)
from scenario_model import Module

HERE = os.path.dirname(os.path.abspath(__file__))
DROPPED = {"relevant_attributes", "checks"}  # scenarios.py compares them


# ---- scenarios ----

def commands(rng, model, first):
    """What is done with one state of the configuration. The kind says how the output is compared."""
    addresses = model.addresses()
    pick = lambda: rng.choice(addresses) if addresses else "terraform_data.none"
    found = []
    roll = rng.random()
    if not first and roll < 0.1:
        found.append(("text", ["plan", "-input=false"]))
        found.append(("text", ["plan", "-input=false", "-refresh=false", "-out=p"]))
    elif not first and roll < 0.2:
        found.append(("text", ["plan", "-input=false", f"-target={pick()}", "-out=p"]))
    elif not first and roll < 0.32:
        found.append(("text", ["plan", "-input=false", f"-replace={pick()}", "-out=p"]))
    elif not first and roll < 0.38:
        found.append(("text", ["plan", "-input=false", "-refresh-only", "-out=p"]))
    elif not first and roll < 0.42:
        found.append(("text", ["plan", "-input=false", "-destroy", f"-target={pick()}", "-out=p"]))
    elif not first and roll < 0.46:
        found.append(("text", ["plan", "-input=false", "-destroy", "-out=p"]))
    else:
        found.append(("text", ["plan", "-input=false", "-detailed-exitcode", "-out=p"]))
    found.append(("json", ["show", "-json", "p"]))
    if rng.random() < 0.2:
        found.append(("text", ["show", "p"]))
    found.append(("text", ["apply", "-input=false", "p"]))
    found.append(("json", ["output", "-json"]))
    found.append(("text", ["output"]))
    found.append(("json", ["show", "-json"]))
    found.append(("text", ["show"]))
    if rng.random() < 0.5:
        found.append(("text", ["state", "list", "-no-color"]))
        found.append(("text", ["state", "show", "-no-color", pick()]))
    if rng.random() < 0.5:
        found.append(("text", ["plan", "-input=false", "-detailed-exitcode"]))
    return found


def make_scenario(seed, rounds):
    """Rounds of (edits, files, dependencies, commands)."""
    rng = random.Random(seed)
    model = Module(rng, rng.randint(2, 7))
    scenario = []
    for number in range(rounds):
        edits = []
        if number:
            for _ in range(rng.randint(1, 3)):
                edits.append(model.edit(rng))
        model.settle()
        scenario.append({"edits": edits, "files": model.files(), "needs": sorted(model.dependencies()),
                         "commands": commands(rng, model, number == 0)})
    model.allow_destroy()  # Terraform plans everything anew before it destroys, and fails where that would replace
    last = dict(scenario[-1])
    last["files"] = model.files()
    last["edits"] = ["destroy"]
    last["commands"] = [("text", ["plan", "-destroy", "-input=false", "-out=p"]), ("json", ["show", "-json", "p"]),
                        ("text", ["destroy", "-auto-approve", "-input=false"]), ("json", ["show", "-json"]),
                        ("text", ["show"])]
    scenario.append(last)
    return scenario


# ---- running ----

def run_scenario(scenario, programs, folder):
    """The transcript: a list of [status, stdout, stderr] for each round. programs: for text and for JSON."""
    transcript = []
    known = None
    for part in scenario:
        for name in os.listdir(folder):
            if name == "main.tf":
                os.unlink(os.path.join(folder, name))
            elif os.path.isdir(os.path.join(folder, name)) and not name.startswith("."):
                shutil.rmtree(os.path.join(folder, name))
        for name, text in part["files"].items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        if known != sorted(part["files"]):
            known = sorted(part["files"])
            execute(programs["json"], ["init", "-input=false"], folder)
        answers = []
        for kind, arguments in part["commands"]:
            saved = os.path.join(folder, "p")
            if "-out=p" in arguments and os.path.exists(saved):
                os.unlink(saved)
            missing = "p" in arguments and not os.path.exists(saved)
            if kind == "json" and programs["json"] == "terraform":
                arguments = arguments[:1] + ["-no-color"] + arguments[1:]
            answers.append([0, "{}", ""] if missing else execute(programs[kind], arguments, folder))
        transcript.append(answers)
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


def clean_plan(text, identifiers, dropped):
    value = clean_json(parse(text), identifiers, dropped)
    if "resource_changes" in value and "prior_state" in value:
        # iac records direct dependencies, and what is told of indirect ones is as of now.
        value["prior_state"] = clean_json(value["prior_state"], identifiers, {"depends_on"})
    return value


def compare(scenario, theirs, ours, folders):
    """Yields (round, command, differences) of each command; no differences: they agree."""
    names = [Identifiers(), Identifiers()]
    before = []
    for number, part in enumerate(scenario):
        dropped = DROPPED
        for (kind, arguments), a, b in zip(part["commands"], theirs[number], ours[number]):
            found = []
            if "-refresh-only" in arguments and "self." in a[2] and "Error: Invalid index" in a[2]:
                return  # Terraform looks for `self` among the objects of the state, where a new one is not
            if "Error: Cycle:" in a[2] and "(destroy" in a[2]:
                return  # Terraform ties itself up between old objects and new ones; iac finds an order
            if "Error: Cycle:" in a[2] and "Error: Cycle:" in b[2] and a[0] == b[0]:
                continue  # iac's text has more to say
            if "-destroy" in arguments and "Error: no change found for" in a[2] and b[0] == 0:
                return  # Terraform plans everything anew before it destroys, and fails there
            if "-refresh-only" in arguments:
                # Terraform takes equal numbers of other precision for changed ones, and records indirect dependencies.
                dropped = DROPPED | {"applyable"}
                a, b = ([t[0], t[1].split("\n\n─────")[0].rstrip("\n"), t[2]] for t in (a, b))
            names[0].learn(a[1])
            names[1].learn(b[1])
            if a[0] != b[0]:
                found.append(f"exit status {a[0]} in Terraform, {b[0]} in iac")
            if kind == "json" and a[0] == 0 and b[0] == 0:
                try:
                    found += json_differences(clean_plan(a[1], names[0], dropped), clean_plan(b[1], names[1], dropped))
                except json.JSONDecodeError as error:
                    found.append(f"not JSON: {error}")
            elif kind == "text":
                texts = [clean_text(t[1], n, f) for t, n, f in zip((a, b), names, folders)]
                found += text_differences("stdout", texts[0][0], texts[1][0])
                found += text_differences("progress", "\n".join(texts[0][1]), "\n".join(texts[1][1]))
                known = set(order_faults(a[1], part["needs"], before))
                found += [fault for fault in order_faults(b[1], part["needs"], before) if fault not in known]
            errors = ["\n\n".join(split_errors(clean_text(t[2], n, f)[0])) for t, n, f in zip((a, b), names, folders)]
            if kind == "json":
                errors = [re.sub(r"\bTerraform\b", "iac", text) for text in errors]
                errors = [" ".join(text.split()) for text in errors]
            # What the state commands say has the form of an error here.
            errors = [re.sub("Error: (No (instance|state file) )", r"\1", text).strip() for text in errors]
            found += text_differences("stderr", *errors)
            if "AddressSanitizer" in b[2] or "runtime error:" in b[2]:
                found.append("sanitizer: " + b[2][:3000])
            yield number, arguments, found
        before = part["needs"]


# ---- the whole ----

def transcript_of_terraform(scenario, cache, folder):
    programs = {"text": os.path.join(HERE, "terraform-as-iac"), "json": "terraform"}
    if not cache:
        return run_scenario(scenario, programs, folder), folder
    text = json.dumps(scenario, sort_keys=True)
    path = os.path.join(cache, hashlib.sha256(text.encode()).hexdigest()[:24] + ".json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        return kept["transcript"], kept["folder"]
    transcript = run_scenario(scenario, programs, folder)
    os.makedirs(cache, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"transcript": transcript, "folder": folder}, file)
    return transcript, folder


def show_failure(seed, number, scenario, arguments, found):
    print(f"scenarios: seed {seed} round {number} ({', '.join(scenario[number]['edits']) or 'first'}): "
          f"{' '.join(arguments)}")
    for line in "\n".join(found).split("\n")[:60]:
        print(f"    {line}")


def run_seed(seed, options, iac, work):
    """The scenario of a seed, and (round, command, differences) of each of its commands."""
    scenario = make_scenario(seed, options.rounds)
    folders = [os.path.join(work, f"{seed}", who) for who in ("terraform", "iac")]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    theirs, folders[0] = transcript_of_terraform(scenario, options.cache, folders[0])
    ours = run_scenario(scenario, {"text": iac, "json": iac}, folders[1])
    return scenario, list(compare(scenario, theirs, ours, folders))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", help="leave the folders of the runs here")
    parser.add_argument("--cache", help="where Terraform's answers are kept for the next run")
    parser.add_argument("--stop", action="store_true", help="leave a seed after its first round that differs")
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
            bad_round = None
            for number, arguments, found in results:
                if options.stop and bad_round is not None and number != bad_round:
                    break
                kind = kinds.setdefault(" ".join(a for a in arguments[:2] if "." not in a and a != "p"), [0, 0])
                kind[bool(found)] += 1
                counts[bool(found)] += 1
                if found:
                    bad_round = number
                    show_failure(seed, number, scenario, arguments, found)
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
