"""What random_scenarios.py and scenarios.py have in common: calling a program, comparing its answers, and taking out of
what it says that which differs from run to run."""
import difflib
import json
import os
import re
import subprocess

from echoes import hide_echoes, is_echo

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PROGRESS = re.compile(r"^(?P<address>\S.*?)(?P<deposed> \(deposed object [0-9a-f]{8}\))?(?: \(local-exec\))?: "
                      r"(?P<what>Refreshing state|Reading|Read complete|Creating|Creation complete|Destroying|"
                      r"Destruction complete|Modifying|Modifications complete|Still \w+|Importing|Import complete|"
                      r"Preparing import|Provisioning with|Executing:|(?<=\(local-exec\): ))(?:\b|(?=\W|$))")
DEPOSED = re.compile(r"(deposed object|deposed-key:?) ?[0-9a-f]{8}\b")
LISTED = re.compile(r"(?m)(?:^ - \S.*\n)+")  # objects that are let go of, in any order
VARYING = {"terraform_version", "timestamp", "@timestamp", "elapsed_seconds", "lineage", "serial"}
# Lists in the order of a map that has none.
UNORDERED = {"relevant_attributes", "child_modules", "checks", "check_results", "objects",
             "sensitive_attributes", "diagnostics"}


def execute(program, arguments, folder, settings=None, answer=""):
    """(status, stdout, stderr). settings: further variables of the environment; answer: what is typed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    environment.update(HOME=folder, CHECKPOINT_DISABLE="1", LC_ALL="C.UTF-8")
    if program == "terraform":
        environment["TF_CLI_CONFIG_FILE"] = os.environ.get("COMPAT_TERRAFORM_CONFIG", "/dev/null")
    environment.update(settings or {})
    done = subprocess.run([program] + arguments, cwd=folder, env=environment, input=answer.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)
    return [done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")]


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
    text = LISTED.sub(lambda m: "".join(sorted(m[0].splitlines(True))), text)
    rest, progress = [], []
    for line in text.split("\n"):
        (progress if PROGRESS.match(line) else rest).append(line)
    return unwrap("\n".join(rest)), sorted(progress)


def split_errors(text):
    """Errors of independent objects come in any order."""
    parts = re.split(r"(?m)^(?=(?:Error|Warning): )", text)
    return [part.strip("\n") for part in sorted(parts)]


def clean_json(value, identifiers, dropped=frozenset()):
    """The value without what varies, and without the members named in dropped."""
    if isinstance(value, dict):
        found = {identifiers.replace(k): "<KEY>" if k in ("deposed", "deposed_key") else
                 clean_json(v, identifiers, dropped)
                 for k, v in value.items() if k not in VARYING and k not in dropped}
        for k, v in found.items():
            if isinstance(v, list) and (k in UNORDERED or k == "instances" and "status" in found):
                v.sort(key=lambda item: json.dumps(item, sort_keys=True))
        return found
    if isinstance(value, list):
        return [clean_json(v, identifiers, dropped) for v in value]
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
    elif (a != b or type(a) is not type(b)) and not is_echo(a, b):
        yield f"{path}: {json.dumps(a)[:400]} in Terraform, {json.dumps(b)[:400]} in iac"


def text_differences(name, a, b):
    if a != b:
        a = hide_echoes(a, b)
    if a == b:
        return
    for line in difflib.unified_diff(a.split("\n"), b.split("\n"), f"terraform {name}", f"iac {name}", "", "", 4, ""):
        yield line


def parse(text):
    return json.loads(text, parse_float=str, parse_int=str)


# Messages of a stream that come in the order in which the walk of the graph happened to go.
UNORDERED_MESSAGES = {"apply_start", "apply_progress", "apply_complete", "apply_errored", "refresh_start",
                      "refresh_complete",
                      "provision_start", "provision_progress", "provision_complete", "provision_errored",
                      "ephemeral_op_start",
                      "ephemeral_op_complete", "ephemeral_op_progress", "ephemeral_op_errored", "planned_change",
                      "resource_drift"}


# ---- one command's answers ----

def is_json(arguments):
    return "-json" in arguments or arguments[:2] == ["state", "pull"]


def learn(identifiers, text):
    """From progress lines and from the messages of a stream."""
    identifiers.learn(text)
    for line in text.splitlines():
        if '"type":"apply_complete"' in line and '"action":"create"' in line:
            hook = json.loads(line)["hook"]
            identifiers.learn(f"{hook['resource']['addr']}: Creation complete after 0s [id={hook['id_value']}]")


def own_version(text):
    """Where it is Terraform's version that is meant, the wrapper of Terraform has put our name too."""
    text = re.sub(r"\\nTerraform\b", r"\\niac", text)  # of a stream, where the wrapper sees no word
    return re.sub(r"\bTerraform((?: |\\n|\n)(?:Core )?version\b)", r"iac\1", text)


def clean_errors(text, identifiers):
    """Diagnostics in one order, every paragraph in one line."""
    lines = clean_text(text, identifiers, "<DIR>")[0].split("\n")
    text = "\n".join(line.rstrip() for line in lines).replace("<DIR>/", "")
    text = text.replace("LocalState not locked", "The state is not locked.")
    text = re.sub("Error: (No (instance|state file) )", r"\1", text)  # from state commands
    text = re.sub(r"\bserial \d+", "serial <N>", text)
    parts = []
    for part in split_errors(text):
        paragraphs = re.split(r"\n\s*\n", part)
        parts.append("\n\n".join(" ".join(p.split()) if not p.startswith(" ") else p for p in paragraphs))
    return "\n\n".join(parts).strip()


def clean_stream(text, identifiers):
    """Messages of a stream: those of hooks sorted, and the diagnostics."""
    messages, unordered, told = [], [], []
    for line in text.splitlines():
        message = clean_json(parse(line), identifiers)
        kind = message.get("type")
        if kind == "version":
            continue
        # Durations are in the message.
        message["@message"] = re.sub(r" (\d+m)?\d+s\b", " <T>", message.get("@message", ""))
        (unordered if kind in UNORDERED_MESSAGES else told if kind == "diagnostic" else messages).append(message)
    return {"messages": messages, "unordered": sorted(unordered, key=json.dumps),
            "diagnostics": sorted(told, key=json.dumps)}


def clean_output(text, identifiers, dropped):
    lines = text.strip().split("\n")
    if lines[0].startswith('{"@level"'):
        return clean_stream(text, identifiers)
    return clean_json(parse(text), identifiers, dropped) if text.strip() else None


def differences(arguments, theirs, ours, names, left_out=frozenset()):
    """Of two answers. names: the Identifiers of either; left_out: members of JSON."""
    found = []
    for identifiers, answer in zip(names, (theirs, ours)):
        answer[1:] = [own_version(text) for text in answer[1:]]
        learn(identifiers, answer[1])
    if theirs[0] != ours[0]:
        found.append(f"exit status {theirs[0]} in Terraform, {ours[0]} in iac")
    found += text_differences("stderr", *(clean_errors(answer[2], n) for answer, n in zip((theirs, ours), names)))
    texts = [theirs[1], ours[1]]
    if is_json(arguments):
        try:
            # What is said of the attributes of built-in types is not the same.
            schemas = arguments[:2] == ["providers", "schema"]
            dropped = {"description", "description_kind", "summary"} if schemas else left_out
            found += json_differences(*(clean_output(text, n, dropped) for text, n in zip(texts, names)))
        except ValueError as error:
            found.append(f"not JSON: {error}")
            found += text_differences("stdout", *texts)
    else:
        texts = [clean_text(text, n, "<DIR>") for text, n in zip(texts, names)]
        found += text_differences("stdout", texts[0][0], texts[1][0])
        found += text_differences("progress", "\n".join(texts[0][1]), "\n".join(texts[1][1]))
    if "AddressSanitizer" in ours[2] or "runtime error:" in ours[2]:
        found.append("sanitizer: " + ours[2][:3000])
    return found
