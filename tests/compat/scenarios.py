#!/usr/bin/env python3
"""Written scenarios of several steps: holds iac to what Terraform answered when it was last asked.

    scenarios.py IAC [-v] [--live] [--record] [--only REGEX] [--keep DIR]

Each of scenarios/*.txt holds those of one area:

    %% NAME                   begins a scenario, in an empty folder; before its first command `init` is run
    %list NAME                the lines that follow are arguments of commands, for
    %each NAME                a %run with each of them
    %status REASON            only statuses are compared: the texts are not the same on purpose
    %differs REASON           differs on purpose: counted as skipped, and complained of when it does not differ
    %file PATH                the lines that follow are the file (a file of the same path is replaced)
    %remove PATH...           files or folders
    %copy FROM TO
    %type TEXT                what is typed into the next command
    %run [NAME=VALUE...] ARGUMENTS...
    %round [ARGUMENTS...]     plan -out=p ARGUMENTS, show -json p, apply p, show, show -json
    # ...                     between the directives: a comment

Compared are status, standard output and standard error of every command: text to the character, wrapped paragraphs to
the word, JSON and the messages of streams field for field. Only what differs from run to run is taken out: identifiers
are named after the object whose they are, progress lines of independent objects and diagnostics come in any order.
Left out, because iac means to differ: how often the state's serial grows; `with ADDRESS` in more messages; the key of a deposed object in the line of its
destruction; what the state commands say has the form of an error; what a provider echoes of a sensitive value.

Terraform's answers are in scenarios/recorded/AREA.json.gz.

    --record   asks the installed Terraform and writes the answers (of those that --only names)
    --live     asks it without writing

Prints the pass rate of each area; the last line is the summary."""
import argparse
import concurrent.futures
import gzip
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import sys
import tempfile

from scenario_compare import Identifiers, differences, execute

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "scenarios"
ROUND = ["show -json p", "apply p", "show", "show -json"]


class Scenario:
    def __init__(self, area, name):
        self.area, self.name, self.reason, self.steps = area, name, None, []
        self.status_only = False

    def key(self):
        return hashlib.sha256(json.dumps(self.steps).encode()).hexdigest()[:16]

    def commands(self):
        """The arguments of each command; None: `init`."""
        return [arguments for what, arguments, _ in self.steps if what == "run"]


def run_step(text, typed):
    words = shlex.split(text)  # single quotes around what has double ones
    settings = {}
    while words and re.match(r"[A-Z_]+=", words[0]):
        name, value = words.pop(0).split("=", 1)
        settings[name] = value
    return ["run", words, [settings, typed]]


def read_scenarios(path):
    found, target, typed, lists = [], None, "", {}
    for line in path.read_bytes().decode().removesuffix("\n").split("\n"):
        match = re.match(r"%(%|differs|status|file|remove|copy|type|run|round|list|each)(?: (.*))?$", line)
        if not match:
            if target is not None:
                target.append(line)
            elif line.strip() and not line.startswith("#"):
                raise ValueError(f"{path}: {line}")
            continue
        what, rest = match[1], match[2] or ""
        target = None
        if what == "%":
            found.append(Scenario(path.stem, rest.strip()))
        elif what == "differs":
            found[-1].reason = rest.strip()
        elif what == "type":
            typed += rest + "\n"
        elif what == "file":
            target = []
            found[-1].steps.append(["file", rest.strip(), target])
        elif what in ("remove", "copy"):
            found[-1].steps.append([what, rest.split(), None])
        elif what == "status":
            found[-1].status_only = True
        elif what == "list":
            target = lists[rest.strip()] = []
        elif what == "each":
            found[-1].steps += [run_step(text, "") for text in lists[rest.strip()] if text.strip()]
        elif what == "run":
            found[-1].steps.append(run_step(rest, typed))
            typed = ""
        else:
            found[-1].steps += [run_step(text, "") for text in ["plan -out=p " + rest] + ROUND]
    return found


def perform(scenario, program, folder):
    """[status, stdout, stderr] of each command."""
    folder.mkdir(parents=True)
    answers = []
    for what, names, more in scenario.steps:
        if what == "file":
            path = folder / names
            path.parent.mkdir(parents=True, exist_ok=True)
            # An empty line before the next scenario belongs to neither.
            path.write_text("\n".join(more).rstrip("\n") + "\n", newline="")
        elif what == "remove":
            for name in names:
                path = folder / name
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        elif what == "copy":
            shutil.copy(folder / names[0], folder / names[1])
        else:
            if not answers and names[0] != "init":
                execute(program, ["init", "-input=false"], str(folder))
            if "-out=p" in names:
                (folder / "p").unlink(missing_ok=True)
            answer = execute(program, names, str(folder), *more)
            answers.append([answer[0]] + [text.replace(str(folder), "<DIR>") for text in answer[1:]])
    return answers


# ---- comparing ----

def compare(scenario, theirs, ours):
    """(command, differences) of each command that differs."""
    names = [Identifiers(), Identifiers()]
    for arguments, a, b in zip(scenario.commands(), theirs, ours):
        found = differences(arguments, a, b, names)
        if scenario.status_only:
            found = [line for line in found if line.startswith("exit status")]
        if found:
            yield arguments, found


# ---- the whole ----

def load(area):
    path = FOLDER / "recorded" / f"{area}.json.gz"
    return json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}


def store(area, answers):
    path = FOLDER / "recorded" / f"{area}.json.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(answers, sort_keys=True).encode(), mtime=0))


def answers_of(scenario, program, work):
    return perform(scenario, program, work / scenario.area / scenario.name)


def report(scenario, differing, verbose):
    """Whether the scenario passed; None: skipped."""
    if scenario.reason:
        if not differing or verbose:
            print(f"{scenario.area}/{scenario.name}: "
                  f"{'differs' if differing else 'agrees although it is said to differ'}: {scenario.reason}")
        return None if differing else False
    for arguments, found in differing:
        print(f"{scenario.area}/{scenario.name}: {' '.join(arguments)}")
        for line in "\n".join(found).split("\n")[:60]:
            print(f"    {line}")
    return not differing


def record(areas, pool, work):
    program = str(HERE / "terraform-as-iac")
    for area, scenarios in areas.items():
        known = load(area)
        names = [scenario.name for scenario in read_scenarios(FOLDER / f"{area}.txt")]
        new = {s.name: {"key": s.key(), "answers": answers}
               for s, answers in zip(scenarios, pool.map(lambda s: answers_of(s, program, work), scenarios))}
        store(area, {name: (known | new)[name] for name in names if name in known | new})
        print(f"{area}: {len(new)} recorded")


def check(areas, pool, work, options):
    counts = {True: 0, False: 0, None: 0}
    everything = [scenario for scenarios in areas.values() for scenario in scenarios]
    ours = pool.map(lambda s: answers_of(s, options.iac, work / "iac"), everything)
    theirs = pool.map(lambda s: answers_of(s, str(HERE / "terraform-as-iac"), work / "terraform"), everything) \
        if options.live else iter(lambda: None, 0)
    for area, scenarios in areas.items():
        known = load(area)
        here = {True: 0, False: 0, None: 0}
        for scenario in scenarios:
            kept = known.get(scenario.name, {})
            mine, live = next(ours), next(theirs)
            if not live and kept.get("key") != scenario.key():
                print(f"{area}/{scenario.name}: not recorded in this form; run with --record")
                here[False] += 1
                continue
            here[report(scenario, list(compare(scenario, live or kept["answers"], mine)), options.verbose)] += 1
        commands = sum(len(scenario.commands()) for scenario in scenarios)
        print(f"{area:16} {here[True]:4} of {len(scenarios)} scenarios, {commands} commands", flush=True)
        for result, number in here.items():
            counts[result] += number
    print(f"{counts[True]} passed, {counts[False]} failed, {counts[None]} skipped")
    return 1 if counts[False] else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("iac", type=os.path.abspath)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--only", default="", help="of AREA/NAME")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=pathlib.Path, help="leave the folders of the runs here")
    options = parser.parse_args()
    os.environ.setdefault("IAC_PLUGIN_PATH", os.path.join(os.path.dirname(options.iac), "providers"))
    if (options.record or options.live) and not shutil.which("terraform"):
        print("scenarios: no terraform is installed\n0 passed, 0 failed, 1 skipped")
        return 0
    areas = {}
    for path in sorted(FOLDER.glob("*.txt")):
        chosen = [s for s in read_scenarios(path) if re.search(options.only, f"{s.area}/{s.name}")]
        if chosen:
            areas[path.stem] = chosen
    work = options.keep or pathlib.Path(tempfile.mkdtemp())
    work = work.resolve()
    if "COMPAT_TERRAFORM_CONFIG" not in os.environ:
        work.mkdir(exist_ok=True)
        (work / "terraformrc").write_text("disable_checkpoint = true\n")
        os.environ["COMPAT_TERRAFORM_CONFIG"] = str(work / "terraformrc")
    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            if options.record:
                record(areas, pool, work)
                return 0
            return check(areas, pool, work, options)
    finally:
        if not options.keep:
            shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
