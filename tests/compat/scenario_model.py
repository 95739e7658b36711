"""Random configurations of terraform_data resources in nested modules, and random edits of them.

A configuration is a tree of modules. An edited configuration is a sound one, except where an edit means it not to be:
what has a name is used only by what was made after it."""
import json

from scenario_blocks import Call, Check, Data, Local, Output, Resource, Variable, write_import, write_removed
from scenario_expressions import expression
from scenario_values import TYPES

DEEPEST = 4
REQUIRED = ["terraform {", "  required_providers {", "    terraform = {",
            '      source = "terraform.io/builtin/terraform"']
BESIDE = {
    "version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "00000000-1111-2222-3333-444444444444",
    "outputs": {"text": {"value": "plain", "type": "string"},
                "list": {"value": [1, "two"], "type": ["tuple", ["number", "string"]]},
                "map": {"value": {"k": "v"}, "type": ["map", "string"]},
                "secret": {"value": "hush hush", "type": "string", "sensitive": True}},
    "resources": [], "check_results": None,
}


class Module:
    def __init__(self, rng, size, level=0, above=None):
        self.level, self.next = level, 0
        self.variables, self.locals, self.resources, self.calls, self.outputs = {}, {}, {}, {}, {}
        self.data, self.checks, self.moved, self.removed, self.imports = {}, {}, [], [], []
        self.order = []
        self.given = {}  # by a file, to variables of the root
        self.named = above.named if above else rng.random() < 0.5  # the provider, under required_providers
        self.takes_provider = bool(self.named and above and (above.providers or not above.level) and rng.random() < 0.2)
        has_alias = self.named and not above and rng.random() < 0.4
        self.providers = ["given"] if self.takes_provider else ["x"] if has_alias else []
        for i in range(rng.randint(0, 4) if level == 0 else rng.randint(1, 3)):
            self.add_variable(rng, f"v{i}")
        for _ in range(size):
            self.add_any(rng, [self.add_resource] * 7 + [self.add_local] * 2 + [self.add_call] * (2 - level // 2) +
                         ([self.add_data] if level < 2 else []))
        if not self.resources:
            self.add_resource(rng)
        for _ in range(rng.randint(0, 4) if level == 0 else rng.randint(1, 2)):
            self.add_output(rng)
        if rng.random() < 0.15:
            self.add_check(rng)

    def add_any(self, rng, ways):
        rng.choice(ways)(rng)

    def fresh(self, prefix):
        self.next += 1
        return f"{prefix}{self.next}"

    def names(self):
        return [n for n in self.order if any(n in table for table in (self.resources, self.calls, self.locals,
        self.data))]

    def register(self, table, made):
        table[made.name] = made
        self.order.append(made.name)

    def reference_to(self, name):
        """What depends_on may have."""
        if name in self.resources:
            return f"terraform_data.{name}"
        if name in self.calls:
            return f"module.{name}"
        return f"data.terraform_remote_state.{name}" if name in self.data else None

    def ephemeral_names(self):
        return [v.name for v in self.variables.values() if v.ephemeral]

    # ---- parts ----

    def add_variable(self, rng, name):
        self.variables[name] = variable = Variable(rng, name)
        if rng.random() < 0.12:
            others = [v.name for v in self.variables.values() if not v.ephemeral]
            variable.validate(rng, [o for o in others if o != name])
        if self.level == 0 and rng.random() < 0.3:
            self.given[name] = TYPES[variable.type](rng)

    def add_resource(self, rng):
        self.register(self.resources, Resource(rng, self, self.fresh("r"), self.names()))

    def add_local(self, rng):
        self.register(self.locals, Local(rng, self, self.fresh("l"), self.names()))

    def add_data(self, rng):
        self.register(self.data, Data(rng, self, self.fresh("d"), self.names()))

    def add_call(self, rng):
        if self.level < DEEPEST and len(self.calls) < 2:
            name, before = self.fresh("m"), self.names()
            inner = Module(rng, rng.randint(1, 4), self.level + 1, self)
            self.register(self.calls, Call(rng, self, name, before, inner))

    def add_output(self, rng):
        name = self.fresh("o")
        self.outputs[name] = Output(rng, self, name)

    def add_check(self, rng):
        name = self.fresh("k")
        self.checks[name] = Check(rng, self, name)

    # ---- text ----

    def write(self):
        lines = []
        if self.named:
            lines += REQUIRED + (["      configuration_aliases = [terraform.given]"] if self.takes_provider else [])
            lines += ["    }", "  }", "}", ""]
            if "x" in self.providers:
                lines += ['provider "terraform" {', '  alias = "x"', "}", ""]
        for blocks in (self.variables, self.locals, self.data, self.resources, self.calls):
            for block in blocks.values():
                lines += block.write(*([] if blocks is self.variables else [self]))
        for blocks in (self.outputs, self.checks):
            for block in blocks.values():
                lines += block.write(self)
        for old, new in self.moved:
            lines += ["moved {", f"  from = {old}", f"  to   = {new}", "}", ""]
        for arguments in self.removed:
            lines += write_removed(*arguments)
        for address, keys in self.imports:
            lines += write_import(address, keys)
        return "\n".join(lines)

    def files(self, folder=""):
        files = {f"{folder}main.tf": self.write()}
        if not folder:
            files["beside.tfstate"] = json.dumps(BESIDE)
            if self.given:
                files["terraform.tfvars"] = "".join(f"{name} = {value}\n" for name, value in self.given.items())
        for name, call in self.calls.items():
            files |= call.module.files(f"{folder}{name}/")
        return files

    def settle(self):
        """What follows from elsewhere: keys of chained resources, and that arguments are sensitive."""
        for resource in self.resources.values():
            resource.follow(self)
        for name, value in self.given.items():
            if name in self.variables:
                self.variables[name].flows = "sensitive(" in value
        for call in self.calls.values():
            for name, value in call.arguments.items():
                if name in call.module.variables:
                    call.module.variables[name].flows = value.sensitive(self)
            call.module.settle()

    def addresses(self):
        found = []
        for resource in self.resources.values():
            found += [f"terraform_data.{resource.name}{k}" for k in resource.instance_keys()]
        for call in self.calls.values():
            for k in call.instance_keys():
                found += [f"module.{call.name}{k}.{inner}" for inner in call.module.addresses()]
        return found

    def module_addresses(self):
        return [f"module.{c.name}{k}{rest}" for c in self.calls.values() for k in c.instance_keys()
                for rest in [""] + ["." + inner for inner in c.module.module_addresses()]]

    def dependencies(self, path=""):
        """Pairs of resource addresses without keys: the first needs the second, as written."""
        text = {name: "\n".join(r.write(self)) for name, r in self.resources.items()}
        found = {(f"{path}terraform_data.{a}", f"{path}terraform_data.{b}") for a in text for b in text
                 if a != b and f"terraform_data.{b}" in text[a].replace(f"terraform_data.{b}0", "")}
        for name, call in self.calls.items():
            found |= call.module.dependencies(f"{path}module.{name}.")
        return found

    def allow_destroy(self):
        for resource in self.resources.values():
            resource.lifecycle.pop("prevent", None)
            resource.provisioners = [p for p in resource.provisioners if not any("exit 3" in line for line in p)]
        for call in self.calls.values():
            call.module.allow_destroy()

    # ---- edits ----

    def edit(self, rng):
        """Changes something; returns what, for people who read a failure."""
        edits = [self.add_resource, self.add_output, self.add_local, self.add_variable_later, self.add_call]
        if self.resources:
            edits += [self.edit_input] * 5 + [self.edit_repetition] * 3 + [self.remove_resource, self.rename] * 2
            edits += [self.edit_triggers] * 3 + [self.toggle] * 3 + [self.move_instance] * 2 + [self.import_resource]
            edits += [self.edit_depends, self.edit_provisioners]
        if self.outputs:
            edits += [self.edit_output] * 2 + [self.remove_output]
        if self.variables:
            edits += [self.edit_variable] * 2
        if self.locals:
            edits += [self.edit_local]
        if self.level == 0:
            edits += [self.edit_blocks]
        if self.calls:
            edits += [self.edit_module] * 5 + [self.remove_call, self.repeat_call, self.rename_call, self.move_across]
        edit = rng.choice(edits)
        return edit(rng) or edit.__name__

    def any_resource(self, rng):
        return self.resources[rng.choice(sorted(self.resources))]

    def edit_input(self, rng):
        resource = self.any_resource(rng)
        if resource.input and rng.random() < 0.75:
            resource.input.change(rng)
        else:
            resource.input = expression(rng, self, resource.before) if rng.random() < 0.95 else None

    def edit_triggers(self, rng):
        resource = self.any_resource(rng)
        if resource.triggers and rng.random() < 0.8:
            resource.triggers.change(rng)
        else:
            resource.triggers = expression(rng, self, resource.before)

    def edit_repetition(self, rng):
        self.any_resource(rng).edit_repetition(rng)

    def edit_depends(self, rng):
        resource = self.any_resource(rng)
        resource.depends = [rng.choice(resource.before)] if resource.before and rng.random() < 0.7 else []
        if self.providers:
            resource.provider = None if resource.provider else self.providers[0]

    def edit_provisioners(self, rng):
        resource = self.any_resource(rng)
        if resource.provisioners and rng.random() < 0.5:
            resource.provisioners.pop()
        else:
            resource.add_provisioner(rng, self)

    def toggle(self, rng):
        self.any_resource(rng).toggle(rng, self)

    def remove_resource(self, rng):
        resource = self.resources.pop(rng.choice(sorted(self.resources)))
        if rng.random() < 0.4:
            destroy = rng.random() < 0.5
            self.removed.append((f"terraform_data.{resource.name}", destroy, destroy and rng.random() < 0.4))

    def rename_everywhere(self, old, new):
        self.order = [new if n == old else n for n in self.order]
        for table in (self.resources, self.calls, self.locals, self.data):
            for other in table.values():
                other.before = [new if b == old else b for b in other.before]
                if hasattr(other, "depends"):
                    other.depends = [new if b == old else b for b in other.depends]

    def rename(self, rng):
        resource = self.any_resource(rng)
        old, new = resource.name, self.fresh("r")
        del self.resources[old]
        resource.name = new
        self.resources[new] = resource
        self.rename_everywhere(old, new)
        if rng.random() < 0.85:
            self.moved.append((f"terraform_data.{old}", f"terraform_data.{new}"))

    def rename_call(self, rng):
        call = self.calls.pop(rng.choice(sorted(self.calls)))
        old, call.name = call.name, self.fresh("m")
        self.calls[call.name] = call
        self.rename_everywhere(old, call.name)
        if rng.random() < 0.85:
            self.moved.append((f"module.{old}", f"module.{call.name}"))

    def move_across(self, rng):
        """A resource into a module, or out of one."""
        call = self.calls[rng.choice(sorted(self.calls))]
        inner = call.module
        key = rng.choice(call.instance_keys() or [""])
        if rng.random() < 0.5 and self.resources:
            resource = self.any_resource(rng)
            inner.add_resource(rng)
            target = inner.resources[inner.order[-1]]
            del self.resources[resource.name]
            target.count, target.keys, target.chained = resource.count, resource.keys, None
            self.moved.append((f"terraform_data.{resource.name}",
                               f"module.{call.name}{key}.terraform_data.{target.name}"))
        elif inner.resources:
            resource = inner.resources.pop(rng.choice(sorted(inner.resources)))
            self.add_resource(rng)
            target = self.resources[self.order[-1]]
            target.count, target.keys, target.chained = resource.count, resource.keys, None
            self.moved.append((f"module.{call.name}{key}.terraform_data.{resource.name}",
                               f"terraform_data.{target.name}"))

    def move_instance(self, rng):
        """To another key, or between one and many."""
        resource = self.any_resource(rng)
        address = f"terraform_data.{resource.name}"
        if resource.chained or resource.raw:
            return
        if resource.keys and len(resource.keys) < 5:
            old, new = rng.choice(resource.keys), f"moved {self.next}"
            self.next += 1
            resource.keys = [new if k == old else k for k in resource.keys]
            self.moved.append((f'{address}["{old}"]', f'{address}["{new}"]'))
        elif resource.count and rng.random() < 0.7:
            resource.keys = [f"was {i}" for i in range(resource.count)]
            resource.count = None
            self.moved += [(f"{address}[{i}]", f'{address}["{k}"]') for i,
                           k in enumerate(resource.keys) if rng.random() < 0.8]
        elif resource.count is None and resource.keys is None:
            if rng.random() < 0.5:
                resource.count = 2
            else:
                resource.keys = ["a", "was single"]
                self.moved.append((address, f'{address}["was single"]'))

    def import_resource(self, rng):
        self.add_resource(rng)
        resource = self.resources[self.order[-1]]
        address = f"terraform_data.{resource.name}"
        if resource.count:
            address += "[0]"
        if not resource.chained and not resource.raw and (resource.keys is None or resource.keys):
            self.imports.append((address, list(resource.keys or [])))

    def edit_blocks(self, rng):
        """Blocks that stand alone."""
        ways = [self.add_check]
        if self.checks:
            ways.append(lambda r: self.checks.popitem())
        for blocks in (self.moved, self.removed, self.imports):
            if blocks:
                ways.append(lambda r, b=blocks: b.clear())
        rng.choice(ways)(rng)

    def edit_output(self, rng):
        output = self.outputs[rng.choice(sorted(self.outputs))]
        if rng.random() < 0.2:
            output.secret = not output.secret
        elif rng.random() < 0.6:
            output.value.change(rng)
        else:
            output.value = expression(rng, self, self.names())

    def remove_output(self, rng):
        del self.outputs[rng.choice(sorted(self.outputs))]

    def add_variable_later(self, rng):
        self.add_variable(rng, self.fresh("v"))

    def edit_variable(self, rng):
        variable = self.variables[rng.choice(sorted(self.variables))]
        if rng.random() < 0.15:
            variable.secret = not variable.secret
        elif self.level == 0 and rng.random() < 0.2:
            self.given[variable.name] = TYPES[variable.type](rng)
        else:
            variable.change(rng)

    def edit_local(self, rng):
        self.locals[rng.choice(sorted(self.locals))].value.change(rng)

    def edit_module(self, rng):
        call = self.calls[rng.choice(sorted(self.calls))]
        if call.arguments and rng.random() < 0.3:
            call.change_argument(rng, self)
            return "argument"
        return "module " + call.module.edit(rng)

    def remove_call(self, rng):
        name = rng.choice(sorted(self.calls))
        del self.calls[name]
        if rng.random() < 0.3:
            self.removed.append((f"module.{name}", rng.random() < 0.5, False))

    def repeat_call(self, rng):
        self.calls[rng.choice(sorted(self.calls))].edit_repetition(rng)
