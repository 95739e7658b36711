"""The blocks of random modules: resources, variables, outputs, calls and the others."""
from scenario_expressions import Condition, Literal, Name, expression
from scenario_values import TYPES, string

REPETITION_KEYS = ["a", "b", "c", "d e", "f.g", "ü", "0"]


class Repeated:
    count = None
    keys = None
    mapped = False
    chained = None  # the name of a resource whose instances it has
    raw = None      # an expression, for an error

    def choose_repetition(self, rng, chances=(0.2, 0.4)):
        self.count = self.keys = self.chained = self.raw = None
        roll = rng.random()
        if roll < chances[0]:
            self.count = rng.choice([0, 1, 2, 2, 3, 3, 4])
        elif roll < chances[1]:
            self.keys = rng.sample(REPETITION_KEYS, rng.randint(0, 4))
            self.mapped = rng.random() < 0.5

    def edit_repetition(self, rng):
        if self.count is not None and rng.random() < 0.7:
            self.count = rng.randint(0, 4)
        elif self.keys is not None and rng.random() < 0.7:
            self.chained = self.raw = None
            self.keys = rng.sample(REPETITION_KEYS, rng.randint(0, 4))
        else:
            self.choose_repetition(rng)

    def follow(self, module):
        """The keys of the resource whose instances it has."""
        target = module.resources.get(self.chained)
        if self.chained and (not target or target.keys is None):
            self.chained = None
        elif self.chained:
            self.keys = list(target.keys)

    def place(self):
        return {"count": self.count, "keys": self.keys}

    def write_repetition(self, module):
        if self.raw:
            return ["  " + self.raw]
        if self.count is not None:
            return [f"  count = {self.count}"]
        if self.chained:
            return [f"  for_each = terraform_data.{self.chained}"]
        if self.keys is not None:
            names = [f'"{k}"' for k in self.keys]
            if self.mapped:
                return ["  for_each = {" + ", ".join(f"{k} = \"value {k[1:-1]}\"" for k in names) + "}"]
            return ["  for_each = toset([" + ", ".join(names) + "])"]
        return []

    def instance_keys(self):
        if self.raw:
            return [""]
        if self.count is not None:
            return [f"[{i}]" for i in range(self.count)]
        if self.keys is not None:
            return [f'["{k}"]' for k in self.keys]
        return [""]


class Resource(Repeated):
    def __init__(self, rng, module, name, before):
        self.name, self.before = name, list(before)
        self.choose_repetition(rng)
        keyed = [b for b in before if b in module.resources and module.resources[b].keys is not None]
        if keyed and rng.random() < 0.15:
            self.count, self.chained = None, rng.choice(keyed)
        if module.level == 0 and rng.random() < 0.012:
            self.make_unfit(rng, module)
        self.input = expression(rng, module, before) if rng.random() < 0.95 else None
        self.triggers = expression(rng, module, before) if rng.random() < 0.3 else None
        self.depends = [rng.choice(before)] if before and rng.random() < 0.15 else []
        self.provider = rng.choice(module.providers) if module.providers and rng.random() < 0.4 else None
        self.lifecycle, self.provisioners = {}, []
        for _ in range(3):
            self.toggle(rng, module)
        if rng.random() < 0.08:
            self.add_provisioner(rng, module)

    def make_unfit(self, rng, module):
        """Repetition that cannot be known, or is of no use."""
        resources = [f"terraform_data.{b}" for b in self.before if b in module.resources]
        unknown = f"length({rng.choice(resources)}[*].id[0])" if resources else "length(timestamp())"
        self.raw = rng.choice([f"count = {unknown} > 90 ? 1 : 0", f"for_each = toset([timestamp()])", "count = -1",
                               "count = 1.5",
                               'count = "two"', "for_each = [1]", "for_each = null", 'for_each = toset([1, "a"])',
                               "count = null",
                               'for_each = sensitive(toset(["a"]))', "count = sensitive(1)",
                               "for_each = { a = timestamp() }"])

    def toggle(self, rng, module):
        what = rng.choice(["cbd", "cbd", "ignore", "triggered", "prevent", "pre", "post"] + ["none"] * 5)
        before = [b for b in self.before if b in module.resources]
        if what == "none" or what in self.lifecycle:
            self.lifecycle.pop(what, None)
        elif what == "triggered" and before:
            self.lifecycle[what] = (rng.choice(before), rng.choice(["", ".input", ".id", ".output"]))
        elif what == "ignore":
            self.lifecycle[what] = rng.choice(["[input]", "all", "[triggers_replace]", "[input, triggers_replace]",
                                               "[input.a]", '[input["b"]]', "[input[0]]",
                                               "[triggers_replace.a, input.name]"])
        elif what == "prevent" and rng.random() < 0.3:
            self.lifecycle[what] = True
        elif what == "cbd":
            self.lifecycle[what] = True
        elif what == "pre":
            self.lifecycle[what] = Condition(rng, module, self.before)
        elif what == "post":
            self.lifecycle[what] = Condition(rng, module, self.before, "self")

    def add_provisioner(self, rng, module):
        when = rng.choice(["create", "create", "destroy"])
        command = rng.choice(['"echo hello"', '"exit 3"', '"echo ${self.id} >/dev/null"', '"echo out; echo err >&2"',
                              '"true"',
                              '"printf %s \\"$X\\""', 'join("; ", ["echo 1", "echo 2"])',
                              '"echo ${jsonencode(self.input)} | wc -l"'])
        lines = [f"    command = {command}"]
        if when == "destroy":
            lines.append("    when = destroy")
        if rng.random() < 0.3 or "exit" in command and rng.random() < 0.5:
            lines.append(f"    on_failure = {rng.choice(['continue', 'fail'])}")
        if "$X" in command:
            value = '"x"' if when == "destroy" or not module.ephemeral_names() else f"var.{module.ephemeral_names()[0]}"
            lines.append(f"    environment = {{ X = {value} }}")
        if rng.random() < 0.15:
            lines.append("    quiet = true")
        if rng.random() < 0.15:
            lines.append('    interpreter = ["/bin/sh", "-c"]')
        self.provisioners.append(['  provisioner "local-exec" {'] + lines + ["  }"])

    def sensitive(self, module):
        return any(e.sensitive(module) for e in (self.input, self.triggers) if e)

    def write_trigger(self, module, name, attribute):
        target = module.resources[name]
        index = ""
        if target.count is not None or target.keys is not None or target.raw:
            if target.raw:
                attribute = ""
            elif self.count is not None and target.count is not None and self.count <= target.count:
                index = "[count.index]"
            elif self.keys is not None and target.keys is not None and set(self.keys) <= set(target.keys):
                index = "[each.key]"
            else:
                attribute = ""
        return f"    replace_triggered_by = [terraform_data.{name}{index}{attribute}]"

    def write_lifecycle(self, module):
        body = []
        for what, value in self.lifecycle.items():
            if what == "cbd":
                body.append("    create_before_destroy = true")
            elif what == "ignore":
                body.append(f"    ignore_changes = {value}")
            elif what == "prevent":
                body.append("    prevent_destroy = true")
            elif what == "triggered" and value[0] in module.resources:
                body.append(self.write_trigger(module, *value))
            elif what in ("pre", "post"):
                body += [f"    {what}condition {{", f"      condition     = {value.write(module, self.place())}",
                         f'      error_message = "The {what}condition of {self.name} does not hold."', "    }"]
        return ["  lifecycle {"] + body + ["  }"] if body else []

    def write(self, module):
        lines = [f'resource "terraform_data" "{self.name}" {{'] + self.write_repetition(module)
        if self.input:
            lines.append(f"  input = {self.input.write(module, self.place())}")
        if self.triggers:
            lines.append(f"  triggers_replace = {self.triggers.write(module, self.place())}")
        if self.provider in module.providers:
            lines.append(f"  provider = terraform.{self.provider}")
        lines += write_depends(self.depends, module) + self.write_lifecycle(module)
        for block in self.provisioners:
            lines += block
        return lines + ["}", ""]


def write_depends(names, module):
    found = [a for a in map(module.reference_to, names) if a]
    return ["  depends_on = [" + ", ".join(found) + "]"] if found else []


class Data(Repeated):
    """data.terraform_remote_state of the file beside."""

    def __init__(self, rng, module, name, before):
        self.name, self.before = name, list(before)
        self.depends = [rng.choice(before)] if before and rng.random() < 0.2 else []
        self.defaults = rng.random() < 0.3

    def write(self, module):
        lines = [f'data "terraform_remote_state" "{self.name}" {{', '  backend = "local"',
                 '  config = { path = "${path.root}/beside.tfstate" }']
        if self.defaults:
            lines.append('  defaults = { none = "by default", text = "hidden" }')
        return lines + write_depends(self.depends, module) + ["}", ""]


class Local:
    ephemeral = False

    def __init__(self, rng, module, name, before):
        self.name, self.before, self.value = name, list(before), expression(rng, module, before)

    def is_sensitive(self, module):
        return self.value.sensitive(module)

    def write(self, module):
        return ["locals {", f"  {self.name} = {self.value.write(module, {})}", "}", ""]


class Variable:
    def __init__(self, rng, name):
        self.name, self.type = name, rng.choice(list(TYPES))
        self.secret = rng.random() < 0.2
        self.ephemeral = rng.random() < 0.08
        self.described = rng.random() < 0.2
        self.nullable = rng.choice([None, None, None, True, False])
        self.flows = False  # something sensitive is given
        self.validation = None
        self.change(rng)

    def is_sensitive(self, module):
        return self.secret or self.flows or "sensitive(" in self.default

    def change(self, rng):
        self.default = TYPES[self.type](rng)
        if self.default == "null" and self.nullable is False:
            self.nullable = None

    def validate(self, rng, others):
        """Holds mostly; may look at other variables."""
        other = rng.choice(others) if others and rng.random() < 0.5 else self.name
        condition = rng.choice([f"var.{self.name} == null || jsonencode(var.{other}) != \"\\\"a\\\"\"",
                                f"can(jsonencode(var.{other}))",
                                f"length(jsonencode(var.{other})) != 3", f"var.{self.name} == var.{other} || true"])
        if f"var.{self.name}" not in condition:
            condition += f" && (var.{self.name} == null || true)"
        message = rng.choice(['"Not fit."',
                              f'"Not fit: ${{length(jsonencode(var.{other}))}}."']) if not self.secret else '"Not fit."'
        self.validation = ["  validation {", f"    condition     = {condition}", f"    error_message = {message}",
                           "  }"]

    def write(self):
        lines = [f'variable "{self.name}" {{']
        if self.type:
            lines.append(f"  type      = {self.type}")
        lines.append(f"  default   = {self.default}")
        for flag in ("secret", "ephemeral"):
            if getattr(self, flag):
                lines.append(f"  {'sensitive' if flag == 'secret' else flag} = true")
        if self.described:
            lines.append('  description = "What it is for"')
        if self.nullable is not None:
            lines.append(f"  nullable = {str(self.nullable).lower()}")
        return lines + (self.validation or []) + ["}", ""]


class Output:
    def __init__(self, rng, module, name):
        self.name, self.secret = name, rng.random() < 0.15
        self.value = expression(rng, module, module.names())
        self.ephemeral = False
        if module.level and module.ephemeral_names() and rng.random() < 0.4:
            self.ephemeral = True
        self.depends = [rng.choice(module.names())] if module.names() and rng.random() < 0.08 else []
        self.pre = Condition(rng, module, module.names()) if rng.random() < 0.08 else None

    def is_sensitive(self, module):
        return self.secret or self.value.sensitive(module)

    def write(self, module):
        value = self.value.write(module, {})
        if self.ephemeral:
            value = f"var.{module.ephemeral_names()[0]}" if module.ephemeral_names() else value
        lines = [f'output "{self.name}" {{', f"  value     = {value}"]
        if self.is_sensitive(module):
            lines.append("  sensitive = true")
        if self.ephemeral:
            lines.append("  ephemeral = true")
        lines += write_depends(self.depends, module)
        if self.pre:
            lines += ["  precondition {", f"    condition     = {self.pre.write(module, {})}",
                      f'    error_message = "The precondition of {self.name} does not hold."', "  }"]
        return lines + ["}", ""]


class Call(Repeated):
    def __init__(self, rng, parent, name, before, module):
        self.name, self.module, self.before = name, module, list(before)
        self.choose_repetition(rng, (0.15, 0.35))
        self.arguments = {}
        for variable in module.variables.values():
            if rng.random() < 0.6:
                self.arguments[variable.name] = self.argument(rng, parent, variable)
        self.depends = [rng.choice(before)] if before and rng.random() < 0.1 else []
        self.provider = rng.choice(parent.providers) if parent.providers and rng.random() < 0.6 else None

    def argument(self, rng, parent, variable):
        if variable.type is None or variable.type == "any":
            return expression(rng, parent, self.before)
        same = [v.name for v in parent.variables.values()
                if v.type == variable.type and (variable.ephemeral or not v.ephemeral)]
        if same and rng.random() < 0.4:
            return Name("var", rng.choice(same))
        value = Literal(rng, 0)
        value.text = TYPES[variable.type](rng) if rng.random() < 0.95 else "null"
        return value

    def change_argument(self, rng, parent):
        variable = self.module.variables.get(rng.choice(sorted(self.arguments)))
        if variable:
            if variable.type is None and rng.random() < 0.6:
                self.arguments[variable.name].change(rng)
            else:
                self.arguments[variable.name] = self.argument(rng, parent, variable)

    def write(self, module):
        lines = [f'module "{self.name}" {{', f'  source = "./{self.name}"'] + self.write_repetition(module)
        for name, value in self.arguments.items():
            if name in self.module.variables:
                lines.append(f"  {name} = {value.write(module, self.place())}")
        lines += write_depends(self.depends, module)
        if self.module.takes_provider:
            aliased = module.level or self.provider in module.providers
            given = f"terraform.{module.providers[0]}" if aliased else "terraform"
            lines.append(f"  providers = {{terraform.given={given}}}")
        elif self.module.named and self.provider in module.providers:
            lines.append(f"  providers = {{terraform=terraform.{self.provider}}}")
        return lines + ["}", ""]


class Check:
    def __init__(self, rng, module, name):
        self.name, self.scoped = name, rng.random() < 0.4
        self.conditions = [Condition(rng, module, module.names()) for _ in range(rng.randint(1, 2))]
        self.message = rng.choice(['"It is not so."', '"Not so: ${1 + 1}."', string(rng)])

    def write(self, module):
        lines = [f'check "{self.name}" {{']
        if self.scoped:
            lines += ['  data "terraform_remote_state" "scoped_' + self.name + '" {', '    backend = "local"',
                      '    config = { path = "${path.root}/beside.tfstate" }', "  }"]
        for number, condition in enumerate(self.conditions):
            text = condition.write(module, {})
            if self.scoped and not number:
                text += f' && data.terraform_remote_state.scoped_{self.name}.outputs.text != "x"'
            lines += ["  assert {", f"    condition     = {text}", f"    error_message = {self.message}", "  }"]
        return lines + ["}", ""]


def write_removed(address, destroy, provisioned):
    lines = ["removed {", f"  from = {address}", "  lifecycle {", f"    destroy = {str(destroy).lower()}", "  }"]
    if provisioned:
        lines += ['  provisioner "local-exec" {', "    when    = destroy",
                  '    command = "echo gone ${self.id} >/dev/null"', "  }"]
    return lines + ["}", ""]


def write_import(address, keys):
    if keys:
        named = ", ".join(f'"{k}"' for k in keys)
        return ["import {", f"  for_each = toset([{named}])", f"  to       = {address}[each.key]",
                '  id       = "imported ${each.key}"',
                "}", ""]
    return ["import {", f"  to = {address}", '  id = "imported"', "}", ""]
