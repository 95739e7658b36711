#!/usr/bin/env python3
"""Random scenarios through Terraform and through iac, compared command by command.

A scenario is a configuration of terraform_data resources, made from a seed, and a series of rounds: the configuration is
edited, planned, shown, applied and shown again. Both programs run every command in a folder of their own. Standard output
and error must agree to the character (wrapped text: to the word), JSON field for field, and exit statuses too. Only what
differs from run to run is taken out: identifiers are named after the object whose they are, and progress lines of
independent objects may come in any order.

  scenarios.py [--seeds N] [--first SEED] [--rounds N] [--jobs N] [--keep DIR] [--cache DIR] [--stop] [-v]

Left out of the comparison, because iac means to differ: `with ADDRESS` in more messages; the key of a deposed object in
the line of its destruction; what the state commands say has the form of an error. A scenario ends early where Terraform
fails by itself: a cycle of old and new objects, `self` of a new instance in a refresh-only plan.

--cache keeps what Terraform answered, for a second run of the same seeds. The last line is the summary."""
import argparse
import concurrent.futures
import difflib
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from echoes import hide_echoes
from scenario_model import Module

HERE = os.path.dirname(os.path.abspath(__file__))
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PROGRESS = re.compile(r"^(?P<address>\S.*?)(?P<deposed> \(deposed object [0-9a-f]{8}\))?: "
                      r"(?P<what>Refreshing state|Creating|Creation complete|Destroying|Destruction complete|Modifying|"
                      r"Modifications complete|Still \w+)\b")
DEPOSED = re.compile(r"(deposed object|deposed-key:?) ?[0-9a-f]{8}\b")
# Left out of the comparison: what names the program or the time, and what is not there yet.
DROPPED = {"terraform_version", "timestamp", "relevant_attributes", "checks"}


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

def execute(program, arguments, folder):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    environment.update(HOME=folder, CHECKPOINT_DISABLE="1", LC_ALL="C.UTF-8")
    if program == "terraform":
        environment["TF_CLI_CONFIG_FILE"] = os.environ.get("COMPAT_TERRAFORM_CONFIG", "/dev/null")
    done = subprocess.run([program] + arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)
    return [done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")]


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


# ---- normalising ----

class Identifiers:
    """Names an identifier after the object that was made with it, and how often it was made."""

    def __init__(self):
        self.names, self.made = {}, {}

    def learn(self, text):
        for line in text.splitlines():
            match = PROGRESS.match(line)
            if match and match["what"] == "Creation complete":
                for found in UUID.findall(line):
                    count = self.made[match["address"]] = self.made.get(match["address"], 0) + 1
                    self.names[found] = f"<id {count} of {match['address']}>"

    def replace(self, text):
        return UUID.sub(lambda m: self.names.setdefault(m[0], f"<other id {len(self.names)}>"), text)


def unwrap(text):
    """Paragraphs that name the program are broken elsewhere: they become one line."""
    lines, paragraph = [], []

    def flush():
        if len(paragraph) > 1 and any(re.search(r"\biac\b", line) for line in paragraph):
            lines.append(" ".join(line.strip() for line in paragraph))
        else:
            lines.extend(paragraph)
        paragraph.clear()
    for line in text.split("\n"):
        if line.strip() == "" or line.startswith("  ") or PROGRESS.match(line):
            flush()
            lines.append(line)
        else:
            paragraph.append(line)
    flush()
    return "\n".join(lines)


def clean_text(text, identifiers, folder):
    """(text, sorted progress lines): progress lines are taken out of the text."""
    text = DEPOSED.sub(r"\1 <KEY>", identifiers.replace(text.replace(folder, "<DIR>")))
    text = re.sub(r"(complete after) (\d+m)?\d+s", r"\1 <T>", text)
    # The object is named where Terraform names its block only, and what it was that is destroyed at the end too.
    text = re.sub(r"(?m)^  with .*,\n(?=  on |\n)", "", text)
    text = re.sub(r" \(deposed object <KEY>\)(?=: Destruction complete)", "", text)
    rest, progress = [], []
    for line in text.split("\n"):
        (progress if PROGRESS.match(line) else rest).append(line)
    return unwrap("\n".join(rest)), sorted(progress)


def split_errors(text):
    """Errors of independent objects come in any order."""
    parts = re.split(r"(?m)^(?=(?:Error|Warning): )", text)
    return [part.strip("\n") for part in sorted(parts)]


def clean_json(value, identifiers):
    if isinstance(value, dict):
        return {identifiers.replace(k): "<KEY>" if k in ("deposed", "deposed_key") else clean_json(v, identifiers)
                for k, v in value.items() if k not in DROPPED}
    if isinstance(value, list):
        return [clean_json(v, identifiers) for v in value]
    return identifiers.replace(value) if isinstance(value, str) else value


def json_differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(a.keys() | b.keys()):
            if k not in a:
                yield f"{path}.{k}: only iac has {json.dumps(b[k])[:300]}"
            elif k not in b:
                yield f"{path}.{k}: only Terraform has {json.dumps(a[k])[:300]}"
            else:
                yield from json_differences(a[k], b[k], f"{path}.{k}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from json_differences(x, y, f"{path}[{i}]")
    elif a != b or type(a) is not type(b):
        yield f"{path}: {json.dumps(a)[:400]} in Terraform, {json.dumps(b)[:400]} in iac"


def text_differences(name, a, b):
    if a != b:
        a = hide_echoes(a, b)
    if a == b:
        return
    for line in difflib.unified_diff(a.split("\n"), b.split("\n"), f"terraform {name}", f"iac {name}", "", "", 4, ""):
        yield line


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


def parse(text):
    return json.loads(text, parse_float=str, parse_int=str)


def compare(scenario, theirs, ours, folders):
    """Yields (round, command, differences) of each command; no differences: they agree."""
    names = [Identifiers(), Identifiers()]
    before = []
    for number, part in enumerate(scenario):
        for (kind, arguments), a, b in zip(part["commands"], theirs[number], ours[number]):
            found = []
            if "-refresh-only" in arguments and "self." in a[2] and "Error: Invalid index" in a[2]:
                return  # Terraform looks for `self` among the objects of the state, where a new one is not
            if "Error: Cycle:" in a[2] and "(destroy" in a[2]:
                return  # Terraform ties itself up between old objects and new ones; iac finds an order
            names[0].learn(a[1])
            names[1].learn(b[1])
            if a[0] != b[0]:
                found.append(f"exit status {a[0]} in Terraform, {b[0]} in iac")
            if kind == "json" and a[0] == 0 and b[0] == 0:
                try:
                    found += json_differences(clean_json(parse(a[1]), names[0]), clean_json(parse(b[1]), names[1]))
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
