"""What is done with random configurations: the commands of each round, and changes of the state between them."""
import json
import random
import re

from scenario_model import Module


def plan_options(rng, address, modules):
    """Of a plan after the first."""
    target = rng.choice(modules) if modules and rng.random() < 0.3 else address
    roll = rng.random()
    if roll < 0.1:
        return ["-refresh=false"]
    if roll < 0.2:
        return [f"-target={target}"]
    if roll < 0.3:
        return [f"-replace={address}"]
    if roll < 0.36:
        return ["-refresh-only"]
    if roll < 0.4:
        return ["-destroy", f"-target={target}"]
    if roll < 0.44:
        return ["-destroy"]
    if roll < 0.47:
        return [f"-replace={address}", f"-target={target}"]
    if roll < 0.49:
        return ["-compact-warnings"]
    return ["-detailed-exitcode"]


def round_commands(rng, model, first):
    """Lists of arguments; those that begin with a dot are not for the program."""
    addresses, modules = model.addresses(), model.module_addresses()
    pick = lambda: rng.choice(addresses) if addresses else "terraform_data.none"
    found = [] if first else state_commands(rng, pick, modules)
    options = [] if first else plan_options(rng, pick(), modules)
    if not first and rng.random() < 0.04:
        options = options + ["-generate-config-out=generated.tf"]
    found.append(["plan", "-input=false"] + options + ["-out=p"])
    if "-generate-config-out=generated.tf" in options:
        found.append([".take", "generated.tf"])
    found.append(["show", "-json", "p"])
    if rng.random() < 0.2:
        found.append(["show", "p"])
    if rng.random() < 0.15:
        found.append(["plan", "-json", "-input=false"] + options)
    if rng.random() < 0.15:
        found.append(["graph"] + rng.choice([[], ["-type=plan"], ["-type=apply"]]))
    if rng.random() < 0.05:
        found.append(["apply", "-input=false", "-auto-approve"])  # what was saved is then old
    found.append(["apply", "-input=false"] + (["-json"] if rng.random() < 0.12 else []) + ["p"])
    found += looking_commands(rng, model, pick)
    if rng.random() < 0.5:
        found.append(["plan", "-input=false", "-detailed-exitcode"])
    return found


def looking_commands(rng, model, pick):
    found = [["output", "-json"], ["output"], ["show", "-json"], ["show"], ["state", "pull"]]
    if rng.random() < 0.5:
        found += [["state", "list"], ["state", "show", pick()]]
    if model.outputs and rng.random() < 0.3:
        name = rng.choice(sorted(model.outputs))
        found += [["output", name], ["output", "-json", name], ["output", "-raw", name]]
    if rng.random() < 0.15:
        found.append(rng.choice([["validate"], ["validate", "-json"], ["providers"], ["refresh"]]))
    return found


def state_commands(rng, pick, modules):
    if rng.random() < 0.7:
        return []
    address = pick()
    other = rng.choice(modules) if modules and rng.random() < 0.3 else pick()
    ways = [["taint", address], ["untaint", address], ["state", "rm", other], ["state", "mv", address, pick()],
            ["state", "mv", address.split("[")[0] if address.startswith("terraform_data") else address,
             "terraform_data.elsewhere"],
            ["state", "rm", "-dry-run", address], ["import", address, "imported by command"],
            ["state", "mv", other, "module.elsewhere"]]
    if rng.random() < 0.5:
        return [[".edit", rng.choice(list(STATE_EDITS)), rng.randrange(1000)]]
    return [rng.choice(ways)]


# ---- the state, edited by hand ----

def set_attribute(name, make):
    def change(rng, resources):
        instance = rng.choice(rng.choice(resources)["instances"])
        instance["attributes"][name] = make(rng)
        instance["sensitive_attributes"] = [p for p in instance.get("sensitive_attributes",
        []) if p[0]["value"] != name]
    return change


def random_dynamic(rng):
    return rng.choice([{"value": "drifted", "type": "string"}, {"value": 7, "type": "number"}, None,
                       {"value": {"a": "x", "b": [1]}, "type": ["object", {"a": "string", "b": ["tuple", ["number"]]}]},
                       {"value": ["x", "y"], "type": ["set", "string"]}, {"value": None, "type": "string"}])


def remove_instance(rng, resources):
    resource = rng.choice(resources)
    resource["instances"].remove(rng.choice(resource["instances"]))


def depose(rng, resources):
    instances = rng.choice(resources)["instances"]
    old = json.loads(json.dumps(rng.choice(instances)))
    if "deposed" not in old:
        old["deposed"] = "0123abcd"
        instances.append(old)


def mark(name, value):
    def change(rng, resources):
        instance = rng.choice(rng.choice(resources)["instances"])
        instance[name] = value
    return change


def add_orphan(rng, resources):
    orphan = json.loads(json.dumps(rng.choice(resources)))
    orphan["name"] = "orphan"
    if not any(r["name"] == "orphan" and r.get("module") == orphan.get("module") for r in resources):
        resources.append(orphan)


STATE_EDITS = {
    "input": set_attribute("input", random_dynamic), "output": set_attribute("output", random_dynamic),
    "triggers": set_attribute("triggers_replace", random_dynamic),
               "id": set_attribute("id", lambda r: r.choice(["by hand", None])),
    "remove": remove_instance, "depose": depose, "taint": mark("status", "tainted"),
               "plain": mark("sensitive_attributes", []),
    "secret": mark("sensitive_attributes", [[{"type": "get_attr", "value": "input"}]]),
               "alone": mark("dependencies", []),
    "orphan": add_orphan, "cbd": mark("create_before_destroy", True),
}


def edit_state(text, kind, seed):
    """A state as `state pull` gives it, changed in the way named."""
    spelled = "number spelled "  # Terraform keeps the digits of what it does not read
    state = json.loads(text, parse_float=spelled.__add__) if text.startswith("{") else {"resources": []}
    resources = [r for r in state["resources"] if r["mode"] == "managed" and r["instances"]]
    if not resources:
        return None
    resources.sort(key=lambda r: (r.get("module", ""), r["name"]))
    for resource in resources:
        resource["instances"].sort(key=lambda i: (str(i.get("index_key", "")), "deposed" in i))
    count = len(resources)
    STATE_EDITS[kind](random.Random(seed), resources)
    state["resources"] += resources[count:]
    state["resources"] = [r for r in state["resources"] if r["instances"]]
    state["serial"] += 1
    return re.sub(f'"{spelled}([^"]*)"', r"\1", json.dumps(state))


def make_scenario(seed, rounds):
    """Rounds of edits, files, dependencies and commands."""
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
                         "commands": round_commands(rng, model, number == 0)})
    model.allow_destroy()  # Terraform plans everything anew before it destroys, and fails where that would replace
    last = dict(scenario[-1])
    last["files"] = model.files()
    last["edits"] = ["destroy"]
    last["commands"] = [["plan", "-destroy", "-input=false", "-out=p"], ["show", "-json", "p"],
                        ["destroy", "-auto-approve", "-input=false"], ["show", "-json"], ["show"]]
    scenario.append(last)
    return scenario
