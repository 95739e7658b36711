#!/usr/bin/env python3
"""The same AWS configurations through Terraform with its AWS provider 5.100.0 and through iac, each against a
moto_server of its own on loopback. Plans and applies as text, plans as JSON, states, outputs and exit statuses must
agree; what differs from run to run, such as identifiers, is named after where it first stood. The cases are in
aws_cases.py.

  aws.py [--cache DIR] [--jobs N] [--keep DIR] [CASE...]

TF_AWS_MIRROR names a folder that Terraform installs the provider from (a filesystem mirror), IAC the program (default
build/iac). --cache keeps what Terraform answered, for later runs of the same cases. Skipped, visibly, where Terraform,
the provider, moto_server or the aws command line is missing. The last line is the summary."""
import argparse
import concurrent.futures
import hashlib
import json
import os
import queue
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from aws_cases import CASES
from scenario_compare import PROGRESS, json_differences, parse, split_errors, text_differences, unwrap

HERE = os.path.dirname(os.path.abspath(__file__))
# A UUID may stand behind a letter that makes it a name.
IDENTIFIER = re.compile(r"(?:\b[a-z]+(?:-[a-z]+)*-[0-9a-f]{8}(?:[0-9a-f]{9})?"
                        r"|(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b")
IPV6 = re.compile(r"2400:6500:[0-9a-f]+:[0-9a-f]+::/56")
READING = re.compile(r"^(\S.*?): (Reading\.\.\.|Read complete|Preparing import|Refreshing state|Still reading)")
DROPPED = {"terraform_version", "timestamp", "relevant_attributes", "lineage", "serial", "private", "version", "checks",
           "check_results"}


# ---- servers ----

class Server:
    """A moto_server. strict: it verifies the signatures of all calls but the first so many."""

    def __init__(self, work, strict=None):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        environment = dict(os.environ)
        if strict is not None:
            environment["INITIAL_NO_AUTH_ACTION_COUNT"] = str(strict)
        self.log = open(os.path.join(work, f"moto-{self.port}"), "wb")
        self.process = subprocess.Popen(["moto_server", "-H", "127.0.0.1", "-p", str(self.port)], env=environment,
                                        stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("moto_server does not answer")

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def reset(self):
        urllib.request.urlopen(urllib.request.Request(self.url() + "/moto-api/reset", method="POST")).read()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


# ---- running ----

class Runner:
    """One program in one folder against one server."""

    def __init__(self, program, folder, server):
        self.program, self.folder, self.server, self.names = program, folder, server, {}
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)

    def environment(self, more):
        known = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "AWS_")) and "proxy" not in k.lower()}
        known.update(HOME=self.folder, CHECKPOINT_DISABLE="1", LC_ALL="C.UTF-8", AWS_ENDPOINT_URL=self.server.url(),
                     AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_EC2_METADATA_DISABLED="true",
                     AWS_PAGER="", AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
        known["PATH"] = os.environ["PATH"]
        if self.program == "terraform":
            known.update(TF_CLI_CONFIG_FILE=os.environ["COMPAT_TERRAFORM_CONFIG"])
        for name, value in more.items():
            if value is None:
                known.pop(name, None)
            else:
                known[name] = value
        return known

    def run(self, kind, arguments, environment):
        program = self.program
        if program == "terraform" and kind == "text":
            program = os.path.join(HERE, "terraform-as-iac")
            environment = dict(environment, COMPAT_TERRAFORM_CONFIG=environment["TF_CLI_CONFIG_FILE"])
        elif program == "terraform" and arguments[0] == "show":
            arguments = ["show", "-no-color"] + arguments[1:]
        done = subprocess.run([program] + arguments, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
        return [kind, arguments, done.returncode, done.stdout.decode(errors="replace"),
                done.stderr.decode(errors="replace")]

    def state(self):
        """The state as a file of version 4."""
        if self.program == "terraform":
            try:
                with open(os.path.join(self.folder, "terraform.tfstate"), encoding="utf-8") as file:
                    return file.read()
            except FileNotFoundError:
                return "{}"
        return self.run("json", ["state", "pull"], self.environment({}))[3] or "{}"

    def drift(self, step):
        """Runs the aws command line; keeps what the last command says."""
        known = dict(self.names)
        for resource in json.loads(self.state()).get("resources", []):
            for instance in resource["instances"]:
                for name, value in instance.get("attributes", {}).items():
                    known[f"{resource['type']}.{resource['name']}.{name}"] = value
        environment = self.environment({})
        environment.update(AWS_CONFIG_FILE=os.path.join(self.folder, "none"))
        environment["HOME"] = os.environ.get("HOME", self.folder)
        for command in step["cli"]:
            command = re.sub(r"\{([a-z_.]+)\}", lambda m: str(known[m[1]]), command)
            words = command.split() if "[{" in command else shlex.split(command)
            done = subprocess.run(["aws", "--region", "us-east-1"] + words, env=environment, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if done.returncode:
                raise RuntimeError(f"aws {command}: {done.stderr.decode()}")
            if "keep" in step:
                self.names[step["keep"]] = done.stdout.decode().strip()

    def step(self, step, number):
        """The answers to one step: a list of [kind, arguments, status, stdout, stderr]."""
        if "cli" in step:
            self.drift(step)
        hcl = re.sub(r"@([a-z]+)@", lambda m: self.names[m[1]], step["hcl"])
        with open(os.path.join(self.folder, "main.tf"), "w", encoding="utf-8") as file:
            file.write(hcl)
        environment = self.environment(step.get("env", {}))
        if number == 0:
            done = self.run("json", ["init", "-input=false"], environment)
            if done[2]:
                raise RuntimeError(f"{self.program} init: {done[3]}{done[4]}")
        if step.get("validate"):
            return [self.run("text", ["validate"], environment)]
        saved = os.path.join(self.folder, "p")
        if os.path.exists(saved):
            os.unlink(saved)
        plan = ["plan", "-input=false", "-detailed-exitcode", "-out=p"] + step.get("plan", [])
        answers = [self.run("text", plan, environment)]
        if os.path.exists(saved):
            answers.append(self.run("json", ["show", "-json", "p"], environment))
            if step.get("show"):
                answers.append(self.run("text", ["show", "p"], environment))
        if answers[0][2] == 2:
            answers.append(self.run("text", ["apply", "-input=false", "p"], environment))
            answers.append(["state", ["state"], 0, self.state(), ""])
            if step.get("show"):
                answers.append(self.run("json", ["show", "-json"], environment))
                answers.append(self.run("text", ["show"], environment))
        return answers

    def case(self, steps):
        self.server.reset()
        transcript = []
        for number, step in enumerate(steps):
            transcript.append(self.step(step, number))
        if any(len(answers) > 1 for answers in transcript):
            last = {"hcl": steps[-1]["hcl"], "plan": ["-destroy"], "env": steps[-1].get("env", {})}
            transcript.append(self.step(last, len(steps)))
        return transcript


# ---- comparing ----

class Identifiers:
    """Names an identifier after the place in the state where it first stood, else by its order of appearance."""

    def __init__(self):
        self.names, self.used = {}, {}

    def name(self, found, place):
        if found not in self.names:
            count = self.used[place] = self.used.get(place, 0) + 1
            self.names[found] = f"<{place} {count}>"
        return self.names[found]

    def learn(self, value, place):
        if isinstance(value, dict):
            for key in sorted(value):
                self.learn(value[key], f"{place}.{key}")
        elif isinstance(value, list):
            for item in value:
                self.learn(item, place)
        elif isinstance(value, str):
            for pattern in (IDENTIFIER, IPV6):
                for found in pattern.findall(value):
                    self.name(found, place)

    def learn_state(self, state):
        for resource in state.get("resources", []):
            for instance in resource["instances"]:
                attributes = instance.get("attributes") or {}
                place = f"{resource['type']}.{resource['name']}[{instance.get('index_key', '')}]"
                for key in sorted(attributes, key=lambda k: (k != "id", k.endswith("_id"), k)):
                    self.learn(attributes[key], place)

    def replace(self, text):
        for pattern in (IDENTIFIER, IPV6):
            text = pattern.sub(lambda m: self.name(m[0], "other"), text)
        return text


def sorted_json(text):
    """A JSON text with sorted keys: those of maps come in any order in what Terraform's provider writes."""
    if text.startswith(("[", "{")):
        try:
            return json.dumps(json.loads(text), sort_keys=True)
        except json.JSONDecodeError:
            pass
    return text


class Cleaner:
    """Takes out of one program's answers what differs from run to run."""

    def __init__(self, folder, port):
        self.folder, self.port, self.identifiers = folder, port, Identifiers()

    def text(self, text):
        """(text, sorted progress lines)"""
        text = text.replace(self.folder, "<DIR>").replace(f"127.0.0.1:{self.port}", "<SERVER>")
        text = re.sub(r"RequestID: [^,\s]*", "RequestID: <REQUEST>", text)
        text = re.sub(r"\(deposed object [0-9a-f]{8}\)", "(deposed object <KEY>)", text)
        # The object is named as what it was at the end of its destruction, too.
        text = re.sub(r" \(deposed object <KEY>\)(?=: Destruction complete)", "", text)
        text = self.identifiers.replace(text)
        text = re.sub(r"(complete after) (\d+m)?\d+s", r"\1 <T>", text)
        text = re.sub(r"(after|in) (\d+m)?[0-9.]+s\b", r"\1 <T>", text)
        # How a connection fails is told in the words of the library.
        text = re.sub(r"(request send failed,) [^\n]*", r"\1 <WHY>", text)
        rest, progress = [], []
        for line in text.split("\n"):
            moving = PROGRESS.match(line) or READING.match(line)
            if not (moving and "Still" in moving[0]):
                (progress if moving else rest).append(line)
        return unwrap("\n".join(rest)), "\n".join(sorted(progress))

    def errors(self, text):
        text = re.sub(r"\bTerraform\b", "iac", self.text(text)[0])
        return "\n\n".join(split_errors(text))

    def json(self, value):
        if isinstance(value, dict):
            cleaned = {self.text(k)[0]: "<KEY>" if k in ("deposed", "deposed_key") else self.json(v)
                       for k, v in value.items() if k not in DROPPED}
            if isinstance(cleaned.get("dependencies"), list):
                cleaned["dependencies"].sort()
            for paths in ("replace_paths", "sensitive_attributes"):
                if isinstance(cleaned.get(paths), list):
                    cleaned[paths].sort(key=json.dumps)
            return cleaned
        if isinstance(value, list):
            return [self.json(v) for v in value]
        return sorted_json(self.text(value)[0]) if isinstance(value, str) else value


def compare(name, theirs, ours, cleaners):
    """Yields (step, command, differences) of each command; no differences: they agree."""
    for number, (left, right) in enumerate(zip(theirs, ours)):
        for cleaner, answers in zip(cleaners, (left, right)):
            for answer in answers:
                if answer[0] == "state":
                    cleaner.identifiers.learn_state(json.loads(answer[3]))
        commands = [" ".join(a[1]) for a in left]
        if [a[0] for a in left] != [a[0] for a in right]:
            yield number, "the commands", [f"Terraform: {commands}", f"iac: {[' '.join(a[1]) for a in right]}"]
        for a, b in zip(left, right):
            if a[0] != b[0]:
                continue
            found = []
            if a[2] != b[2]:
                found.append(f"exit status {a[2]} in Terraform, {b[2]} in iac")
            if a[0] == "text":
                texts = [c.text(t) for c, t in zip(cleaners, (a[3], b[3]))]
                for part in (0, 1):
                    found += text_differences(("stdout", "progress")[part], texts[0][part], texts[1][part])
            else:
                try:
                    found += json_differences(cleaners[0].json(parse(a[3])), cleaners[1].json(parse(b[3])))
                except json.JSONDecodeError as error:
                    found.append(f"not JSON: {error}")
            errors = [c.errors(t) for c, t in zip(cleaners, (a[4], b[4]))]
            # Long lines break elsewhere where a name is shorter.
            if " ".join(errors[0].split()) != " ".join(errors[1].split()):
                found += text_differences("stderr", *errors)
            if "AddressSanitizer" in b[4] or "runtime error:" in b[4]:
                found.append("sanitizer: " + b[4][:3000])
            yield number, " ".join(b[1]), found


# ---- the whole ----

def transcript_of_terraform(name, steps, cache, folder, server):
    text = json.dumps([4, name, steps], sort_keys=True)
    path = cache and os.path.join(cache, f"aws-{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json")
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        return kept["transcript"], Cleaner(kept["folder"], kept["port"])
    transcript = Runner("terraform", folder, server).case(steps)
    if path:
        os.makedirs(cache, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"transcript": transcript, "folder": folder, "port": server.port}, file)
    return transcript, Cleaner(folder, server.port)


def run_case(name, options, pool, work):
    """(passed, [report line])"""
    steps = CASES[name]()
    own = name == "refused"  # its servers verify signatures
    servers = [Server(work, strict=0), Server(work, strict=0)] if own else pool.get()
    try:
        folders = [os.path.join(work, who, name) for who in ("terraform", "iac")]
        theirs, cleaner = transcript_of_terraform(name, steps, options.cache, folders[0], servers[0])
        ours = Runner(options.iac, folders[1], servers[1]).case(steps)
        cleaners = [cleaner, Cleaner(folders[1], servers[1].port)]
        passed, lines = 0, []
        for number, command, found in compare(name, theirs, ours, cleaners):
            passed += not found
            if found:
                lines.append((f"{name} step {number}: {command}", "\n".join(found).split("\n")[:options.lines]))
        return passed, lines
    finally:
        if own:
            for server in servers:
                server.stop()
        else:
            pool.put(servers)


def missing(iac):
    if not os.access(iac, os.X_OK):
        return f"no program at {iac}"
    for program in ("terraform", "moto_server", "aws"):
        if not shutil.which(program):
            return f"no {program} is installed"
    if subprocess.run(["moto_server", "--help"], capture_output=True, check=False).returncode:
        return "moto_server does not run"
    mirror = os.environ.get("TF_AWS_MIRROR", "")
    if not os.path.isdir(os.path.join(mirror, "registry.terraform.io/hashicorp/aws/5.100.0")):
        return "TF_AWS_MIRROR names no mirror with the AWS provider 5.100.0"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep")
    parser.add_argument("--lines", type=int, default=60, help="how much of a difference is shown")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    options.iac = os.path.realpath(os.environ.get("IAC", os.path.join(HERE, "../../build/iac")))
    os.environ.setdefault("IAC_PLUGIN_PATH", os.path.join(os.path.dirname(options.iac), "providers"))
    why = missing(options.iac)
    if why:
        print(f"aws: {why}\n0 passed, 0 failed, {len(CASES)} skipped")
        return 0
    work = options.keep or tempfile.mkdtemp()
    os.makedirs(work, exist_ok=True)
    rc = os.path.join(work, "terraformrc")
    with open(rc, "w", encoding="utf-8") as file:
        file.write('disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = '
                   f'{json.dumps(os.path.abspath(os.environ["TF_AWS_MIRROR"]))}\n  }}\n}}\n')
    os.environ["COMPAT_TERRAFORM_CONFIG"] = rc
    pool = queue.Queue()
    pairs = []
    passed = failed = 0
    try:
        for _ in range(options.jobs):
            pairs.append([Server(work), Server(work)])
            pool.put(pairs[-1])
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
            futures = {workers.submit(run_case, name, options, pool, work): name for name in options.cases or CASES}
            for future in concurrent.futures.as_completed(futures):
                try:
                    good, lines = future.result()
                except (RuntimeError, subprocess.TimeoutExpired, OSError, KeyError) as error:
                    good, lines = 0, [(f"{futures[future]}: it does not run", str(error).split("\n"))]
                passed, failed = passed + good, failed + len(lines)
                print(f"aws: {futures[future]}: {good} agree, {len(lines)} differ", flush=True)
                for what, found in lines:
                    print(f"aws: {what}")
                    for line in found:
                        print(f"    {line}")
    finally:
        for servers in pairs:
            for server in servers:
                server.stop()
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
