"""Random configurations of terraform_data resources, and random edits of them.

A configuration is a tree of objects (Module, Resource, Variable, Output). Expressions are functions of the module that
they stand in, so that a reference finds out when it is written whether its target is still there and how it repeats:
an edited configuration is always a sound one, except where an edit means it not to be."""

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
STRINGS = [
    '""', '"a"', '"plain text"', '"with \\"quotes\\" and \\\\ backslash"', '"line one\\nline two\\nline three"',
    '"ends with a newline\\n"', '"tab\\there"', '"héllo wörld ✓ 日本語"', '"e\\u0301 combining"', '"$${not} %%{a} template"',
    '"true"', '"123"', '"  spaces  "', '"' + "long " * 30 + '"', '"<html>&amp;</html>"', '"a=b,c:d;[e]{f}"',
    '"null"', '"-"', '"#comment"', '"a/b.c-d_e"', '"\\r\\n"', '"emoji 🎉👩‍👩‍👧"', '"\\u200b"', '"x\\\\n"',
]
HEREDOCS = [
    ["first", "second", "third"], ["# a script", "echo hello", "", "exit 0"], ["  indented", "    more", "back"],
    ["{", '  "key": "value"', "}"], ["one"], ["", "after an empty line"], ["a", "b", "c", "d", "e", "f", "g", "h"],
]
NUMBERS = [
    "0", "1", "-1", "2", "3", "42", "1.5", "-0.25", "100000", "1e3", "1e21", "123456789012345678901234567890", "0.1",
    "3.14159265358979", "-7", "9007199254740993", "1e-7", "0.30000000000000004", "1.0", "65536",
]
KEYS = ["a", "b", "c", "key", "name", "id", "tags", "nested", "Zed", "under_score", "dash-ed"]
ODD_KEYS = ['"with space"', '"a.b"', '"1"', '""', '"k=v"', '"ü"', '"quote\\""', '"true"', '"null"', '"a/b"', '"(p)"',
            '"for"', '"-x"', '"${"x"}y"', '"new\\nline"']


# ---- values ----

def string(rng):
    roll = rng.random()
    if roll < 0.4:
        return f'"{rng.choice(WORDS)}"'
    if roll < 0.9:
        return rng.choice(STRINGS)
    lines = list(rng.choice(HEREDOCS))
    if rng.random() < 0.5:
        lines[rng.randrange(len(lines))] = rng.choice(WORDS)
    # Parentheses let a heredoc stand wherever an expression may.
    return 'join("\\n", [' + ", ".join('"' + line.replace('"', '\\"') + '"' for line in lines) + '])'


def scalar(rng):
    roll = rng.random()
    if roll < 0.5:
        return string(rng)
    if roll < 0.75:
        return rng.choice(NUMBERS)
    if roll < 0.9:
        return rng.choice(["true", "false"])
    return "null"


def key(rng):
    return rng.choice(ODD_KEYS) if rng.random() < 0.15 else rng.choice(KEYS)


def pairs(rng, make, least=0):
    found = {}
    for _ in range(rng.randint(least, 4)):
        found[key(rng)] = make(rng)
    return ", ".join(f"{k} = {v}" for k, v in found.items())


def literal(rng, depth=3):
    """The text of an expression without references."""
    roll = rng.random()
    if depth == 0 or roll < 0.4:
        return scalar(rng)
    if roll < 0.55:
        return "[" + ", ".join(literal(rng, depth - 1) for _ in range(rng.randint(0, 4))) + "]"
    if roll < 0.75:
        return "{ " + pairs(rng, lambda r: literal(r, depth - 1)) + " }"
    if roll < 0.8:
        return "tomap({ " + pairs(rng, string) + " })"
    if roll < 0.85:
        return "tolist([" + ", ".join(string(rng) for _ in range(rng.randint(1, 4))) + "])"
    if roll < 0.92:
        make = rng.choice([string, lambda r: r.choice(NUMBERS), lambda r: "{ k = " + string(r) + " }"])
        return "toset([" + ", ".join(make(rng) for _ in range(rng.randint(1, 4))) + "])"
    if roll < 0.97:
        return "jsonencode(" + literal(rng, depth - 1) + ")"
    return "tomap({ " + pairs(rng, lambda r: "[" + string(r) + "]", 1) + " })"


def changed(rng, text):
    """A value near another one: one element of a list or an object changed, or anything else."""
    roll = rng.random()
    if roll < 0.25 and text.startswith("["):
        return rng.choice([f"concat({text}, [{literal(rng, 1)}])", f"concat([{literal(rng, 1)}], {text})",
                           f"slice(concat({text}, [1]), 1, length({text}) + 1)"])
    if roll < 0.6 and text.startswith("{"):
        return f"merge({text}, {{ {key(rng)} = {literal(rng, 1)} }})"
    if roll < 0.75 and text.startswith('"'):
        return text[:-1] + rng.choice(WORDS) + '"'
    if roll < 0.8:
        return f"sensitive({text})"
    return literal(rng)


# ---- expressions ----

class Literal:
    def __init__(self, rng, depth=3):
        self.text = literal(rng, depth)

    def write(self, module, place):
        return self.text

    def sensitive(self, module):
        return "sensitive(" in self.text

    def change(self, rng):
        self.text = changed(rng, self.text) if len(self.text) < 600 else literal(rng)


class Name:
    """var.x or local.x"""

    def __init__(self, kind, name):
        self.kind, self.name = kind, name

    def find(self, module):
        return (module.variables if self.kind == "var" else module.locals).get(self.name)

    def write(self, module, place):
        return f"{self.kind}.{self.name}" if self.find(module) else '"gone"'

    def sensitive(self, module):
        found = self.find(module)
        if not found:
            return False
        return found.is_sensitive(module) if self.kind == "var" else found.sensitive(module)

    def change(self, rng):
        pass


class Reference:
    """To a resource that stands before the one at hand, or to a module's output."""
    ATTRIBUTES = ["id", "output", "output", "input", "input", "triggers_replace", ""]

    def __init__(self, rng, target):
        self.target, self.form, self.attribute = target, rng.randrange(100), rng.choice(self.ATTRIBUTES)

    def write(self, module, place):
        target = module.resources.get(self.target)
        if not target:
            return f'"no {self.target}"'
        address = f"terraform_data.{self.target}"
        attribute = f".{self.attribute}" if self.attribute else ""
        if target.count is not None:
            if place.get("count") and self.form < 40 and place["count"] <= target.count:
                return f"{address}[count.index]{attribute}"
            forms = [f"{address}[*]{attribute or '.id'}", f"[for x in {address} : x{attribute}]", f"length({address})",
                     f"{{ for i, x in {address} : \"k${{i}}\" => x{attribute} }}", f"try({address}[0]{attribute}, null)",
                     f"{address}.*.id"]
            if target.count:
                forms.append(f"{address}[0]{attribute}")
                forms.append(f"{address}[{target.count - 1}]{attribute}")
            return forms[self.form % len(forms)]
        if target.keys is not None:
            if place.get("keys") and self.form < 40 and set(place["keys"]) <= set(target.keys):
                return f"{address}[each.key]{attribute}"
            forms = [f"{{ for k, x in {address} : k => x{attribute} }}", f"values({address})[*].id", f"keys({address})",
                     f"[for k, x in {address} : x{attribute} if k != \"b\"]", f"length({address})"]
            if self.attribute == "":
                forms.append(address)
            if target.keys:
                forms.append(f"{address}[\"{target.keys[0]}\"]{attribute}")
            return forms[self.form % len(forms)]
        return f"{address}{attribute}"

    def sensitive(self, module):
        target = module.resources.get(self.target)
        return bool(target and target.sensitive(module))

    def change(self, rng):
        self.form, self.attribute = rng.randrange(100), rng.choice(self.ATTRIBUTES)


class ModuleOutput:
    def __init__(self, rng, call, output):
        self.call, self.output, self.form = call, output, rng.randrange(100)

    def write(self, module, place):
        call = module.calls.get(self.call)
        if not call or self.output not in call.module.outputs:
            return f'"no {self.call}"'
        if call.count is not None:
            forms = [f"module.{self.call}[*].{self.output}", f"[for m in module.{self.call} : m.{self.output}]",
                     f"module.{self.call}"]
        elif call.keys is not None:
            forms = [f"{{ for k, m in module.{self.call} : k => m.{self.output} }}", f"module.{self.call}"]
        else:
            forms = [f"module.{self.call}.{self.output}", f"module.{self.call}"]
        return forms[self.form % len(forms)]

    def sensitive(self, module):
        call = module.calls.get(self.call)
        return bool(call and any(output.is_sensitive(call.module) for output in call.module.outputs.values()))

    def change(self, rng):
        self.form = rng.randrange(100)


class Compound:
    """Expressions within a collection, a template or a call."""
    FORMS = ["list", "object", "json", "template", "conditional", "nested"]

    def __init__(self, rng, parts):
        self.parts, self.form = parts, rng.choice(self.FORMS)
        self.keys = [rng.choice(KEYS) for _ in parts]

    def write(self, module, place):
        parts = [part.write(module, place) for part in self.parts]
        if self.form == "list":
            return "[" + ", ".join(parts) + "]"
        if self.form == "template":
            return "\"" + " ".join(f"<${{jsonencode({part})}}>" for part in parts) + "\""
        if self.form == "conditional" and len(parts) > 1:
            return f"({parts[0]} == null ? jsonencode({parts[0]}) : jsonencode({parts[1]}))"
        found = dict(zip(self.keys, parts))
        text = "{ " + ", ".join(f"{k} = {v}" for k, v in found.items()) + " }"
        if self.form == "json":
            return f"jsonencode({text})"
        if self.form == "nested":
            return f"{{ outer = [{text}] }}"
        return text

    def sensitive(self, module):
        return any(part.sensitive(module) for part in self.parts)

    def change(self, rng):
        if rng.random() < 0.2:
            self.form = rng.choice(self.FORMS)
        elif rng.random() < 0.3 and len(self.parts) < 5:
            self.parts.insert(rng.randrange(len(self.parts) + 1), Literal(rng, 1))
            self.keys.append(rng.choice(KEYS))
        else:
            rng.choice(self.parts).change(rng)


class Each:
    """count.index or each.key/each.value, where there is one."""

    def __init__(self, rng):
        self.form = rng.randrange(3)

    def write(self, module, place):
        if place.get("count") is not None:
            return ["count.index", '"n${count.index}"', "{ index = count.index }"][self.form]
        if place.get("keys") is not None:
            return ["each.key", "each.value", '"${each.key}!"'][self.form]
        return '"single"'

    def sensitive(self, module):
        return False

    def change(self, rng):
        self.form = rng.randrange(3)


def expression(rng, module, before, depth=2):
    """before: names of resources that may be referred to."""
    roll = rng.random()
    if roll < 0.35:
        return Literal(rng)
    if roll < 0.6 and before:
        return Reference(rng, rng.choice(before))
    if roll < 0.68 and module.variables:
        return Name("var", rng.choice(sorted(module.variables)))
    if roll < 0.74 and module.locals:
        return Name("local", rng.choice(sorted(module.locals)))
    if roll < 0.8 and module.calls:
        call = rng.choice(sorted(module.calls))
        if module.calls[call].module.outputs:
            return ModuleOutput(rng, call, rng.choice(sorted(module.calls[call].module.outputs)))
    if roll < 0.87:
        return Each(rng)
    if depth:
        return Compound(rng, [expression(rng, module, before, depth - 1) for _ in range(rng.randint(1, 3))])
    return Literal(rng)


# ---- blocks ----

class Repeated:
    count = None
    keys = None
    mapped = False

    def choose_repetition(self, rng):
        self.count = self.keys = None
        roll = rng.random()
        if roll < 0.2:
            self.count = rng.choice([0, 1, 2, 2, 3, 3, 4])
        elif roll < 0.4:
            self.keys = rng.sample(["a", "b", "c", "d e", "f.g", "ü", "0"], rng.randint(0, 4))
            self.mapped = rng.random() < 0.5

    def place(self):
        return {"count": self.count, "keys": self.keys}

    def write_repetition(self):
        if self.count is not None:
            return [f"  count = {self.count}"]
        if self.keys is not None:
            names = [f'"{k}"' for k in self.keys]
            if self.mapped:
                return ["  for_each = {" + ", ".join(f"{k} = \"value {k[1:-1]}\"" for k in names) + "}"]
            return ["  for_each = toset([" + ", ".join(names) + "])"]
        return []

    def instance_keys(self):
        if self.count is not None:
            return [f"[{i}]" for i in range(self.count)]
        if self.keys is not None:
            return [f'["{k}"]' for k in self.keys]
        return [""]


class Resource(Repeated):
    def __init__(self, rng, module, name, before):
        self.name, self.before = name, list(before)
        self.choose_repetition(rng)
        self.input = expression(rng, module, before) if rng.random() < 0.95 else None
        self.triggers = expression(rng, module, before) if rng.random() < 0.3 else None
        self.depends = rng.sample(before, 1) if before and rng.random() < 0.15 else []
        self.lifecycle = {}
        for _ in range(3):
            self.toggle(rng)

    def toggle(self, rng):
        what = rng.choice(["cbd", "cbd", "ignore", "triggered", "prevent", "pre", "post", "none", "none", "none", "none"])
        if what == "none" or what in self.lifecycle:
            self.lifecycle.pop(what, None)
        elif what == "triggered" and self.before:
            self.lifecycle[what] = (rng.choice(self.before), rng.choice(["", ".input", ".id", ".output"]))
        elif what == "ignore":
            self.lifecycle[what] = rng.choice(["[input]", "all", "[triggers_replace]", "[input, triggers_replace]"])
        elif what == "prevent" and rng.random() < 0.3:
            self.lifecycle[what] = True
        elif what == "cbd":
            self.lifecycle[what] = True
        elif what == "pre":
            self.lifecycle[what] = f'terraform.workspace {"==" if rng.random() < 0.06 else "!="} "elsewhere"'
        elif what == "post":
            self.lifecycle[what] = "self.id == null" if rng.random() < 0.05 else "self.id != null"

    def sensitive(self, module):
        return any(e.sensitive(module) for e in (self.input, self.triggers) if e)

    def write(self, module):
        lines = [f'resource "terraform_data" "{self.name}" {{'] + self.write_repetition()
        if self.input:
            lines.append(f"  input = {self.input.write(module, self.place())}")
        if self.triggers:
            lines.append(f"  triggers_replace = {self.triggers.write(module, self.place())}")
        depends = [d for d in self.depends if d in module.resources]
        if depends:
            lines.append("  depends_on = [" + ", ".join(f"terraform_data.{d}" for d in depends) + "]")
        body = []
        for what, value in self.lifecycle.items():
            if what == "cbd":
                body.append("    create_before_destroy = true")
            elif what == "ignore":
                body.append(f"    ignore_changes = {value}")
            elif what == "prevent":
                body.append("    prevent_destroy = true")
            elif what == "triggered" and value[0] in module.resources:
                target = module.resources[value[0]]
                index, attribute = "", value[1]
                if target.count is not None or target.keys is not None:
                    attribute = ""
                    if self.count is not None and target.count is not None and self.count <= target.count:
                        index, attribute = "[count.index]", value[1]
                    elif self.keys is not None and target.keys is not None and set(self.keys) <= set(target.keys):
                        index, attribute = "[each.key]", value[1]
                body.append(f"    replace_triggered_by = [terraform_data.{value[0]}{index}{attribute}]")
            elif what in ("pre", "post"):
                body += [f"    {what}condition {{", f"      condition     = {value}",
                         f'      error_message = "The {what}condition of {self.name} does not hold."', "    }"]
        if body:
            lines += ["  lifecycle {"] + body + ["  }"]
        return lines + ["}", ""]


class Variable:
    TYPES = ["any", None, "string", "number", "bool", "list(string)", "map(any)", "set(string)",
             "object({ a = string, b = optional(number, 5), c = optional(list(string)) })", "tuple([string, number])"]

    def __init__(self, rng, name):
        self.name, self.type = name, rng.choice(self.TYPES)
        self.secret = rng.random() < 0.25
        self.change(rng)

    def is_sensitive(self, module):
        return self.secret or "sensitive(" in self.default

    def change(self, rng):
        make = {
            "string": lambda: string_constant(rng), "number": lambda: rng.choice(NUMBERS),
            "bool": lambda: rng.choice(["true", "false", '"true"']),
            "list(string)": lambda: "[" + ", ".join(string_constant(rng) for _ in range(rng.randint(0, 3))) + "]",
            "set(string)": lambda: "[" + ", ".join(string_constant(rng) for _ in range(rng.randint(0, 3))) + "]",
            "map(any)": lambda: "{ a = 1, b = " + rng.choice(NUMBERS) + " }",
            "tuple([string, number])": lambda: "[" + string_constant(rng) + ", " + rng.choice(NUMBERS) + "]",
        }.get(self.type, lambda: constant(rng))
        if self.type and self.type.startswith("object"):
            self.default = "{ a = " + string_constant(rng) + rng.choice(["", ", b = 7", ", c = [\"x\"]", ", d = 1"]) + " }"
        else:
            self.default = make()

    def write(self):
        lines = [f'variable "{self.name}" {{']
        if self.type:
            lines.append(f"  type      = {self.type}")
        lines.append(f"  default   = {self.default}")
        if self.secret:
            lines.append("  sensitive = true")
        return lines + ["}", ""]


def string_constant(rng):
    return rng.choice(STRINGS)


def constant(rng, depth=2):
    """A literal without calls, as defaults must be."""
    roll = rng.random()
    if depth == 0 or roll < 0.4:
        return rng.choice([rng.choice(STRINGS), rng.choice(NUMBERS), "true", "null"])
    if roll < 0.6:
        return "[" + ", ".join(constant(rng, depth - 1) for _ in range(rng.randint(0, 3))) + "]"
    return "{ " + pairs(rng, lambda r: constant(r, depth - 1)) + " }"


class Output:
    def __init__(self, rng, module, name):
        self.name, self.secret = name, rng.random() < 0.15
        self.value = expression(rng, module, sorted(module.resources))

    def is_sensitive(self, module):
        return self.secret or self.value.sensitive(module)

    def write(self, module):
        lines = [f'output "{self.name}" {{', f"  value     = {self.value.write(module, {})}"]
        if self.is_sensitive(module):
            lines.append("  sensitive = true")
        return lines + ["}", ""]


class Call(Repeated):
    def __init__(self, rng, parent, name, before, module):
        self.name, self.module = name, module
        self.choose_repetition(rng)
        self.arguments = {v: expression(rng, parent, before) for v in module.variables if module.variables[v].type is None
                          and rng.random() < 0.7}
        self.depends = rng.sample(before, 1) if before and rng.random() < 0.1 else []

    def write(self, module):
        lines = [f'module "{self.name}" {{', f'  source = "./{self.name}"'] + self.write_repetition()
        for name, value in self.arguments.items():
            lines.append(f"  {name} = {value.write(module, self.place())}")
        depends = [d for d in self.depends if d in module.resources]
        if depends:
            lines.append("  depends_on = [" + ", ".join(f"terraform_data.{d}" for d in depends) + "]")
        return lines + ["}", ""]


# ---- modules ----

class Module:
    def __init__(self, rng, size, level=0):
        self.level, self.next = level, 0
        self.variables, self.locals, self.resources, self.calls, self.outputs = {}, {}, {}, {}, {}
        self.moved = []
        for i in range(rng.randint(0, 3) if level == 0 else 2):
            self.variables[f"v{i}"] = Variable(rng, f"v{i}")
        if level:
            self.variables["given"] = Variable(rng, "given")
            self.variables["given"].type = None
            self.variables["given"].change(rng)
        for i in range(rng.randint(0, 2)):
            self.locals[f"l{i}"] = expression(rng, self, [], 1)
        for i in range(size):
            self.add_resource(rng)
            if level == 0 and len(self.calls) < 2 and rng.random() < 0.12:
                self.add_call(rng)
        for i in range(rng.randint(0, 4) if level == 0 else rng.randint(1, 2)):
            self.add_output(rng)

    def fresh(self, prefix):
        self.next += 1
        return f"{prefix}{self.next}"

    def add_resource(self, rng):
        name = self.fresh("r")
        self.resources[name] = Resource(rng, self, name, sorted(self.resources))

    def add_call(self, rng):
        name = self.fresh("m")
        inner = Module(rng, rng.randint(1, 3), 1)
        self.calls[name] = Call(rng, self, name, sorted(self.resources), inner)
        # What a module is given may come from variables of the module: secrets stay secrets.
        for variable, value in self.calls[name].arguments.items():
            inner.variables[variable].secret = inner.variables[variable].secret or value.sensitive(self)

    def add_output(self, rng):
        name = self.fresh("o")
        self.outputs[name] = Output(rng, self, name)

    def write(self):
        lines = []
        for variable in self.variables.values():
            lines += variable.write()
        if self.locals:
            lines.append("locals {")
            lines += [f"  {name} = {value.write(self, {})}" for name, value in self.locals.items()]
            lines += ["}", ""]
        for blocks in (self.resources, self.calls, self.outputs):
            for block in blocks.values():
                lines += block.write(self)
        for old, new in self.moved:
            lines += ["moved {", f"  from = {old}", f"  to   = {new}", "}", ""]
        return "\n".join(lines)

    def files(self):
        files = {"main.tf": self.write()}
        for name, call in self.calls.items():
            files[f"{name}/main.tf"] = call.module.write()
        return files

    def settle(self):
        """Arguments that became sensitive make the variables that take them so."""
        for call in self.calls.values():
            for name, value in call.arguments.items():
                if name in call.module.variables and value.sensitive(self):
                    call.module.variables[name].secret = True

    def addresses(self):
        found = []
        for resource in self.resources.values():
            found += [f"terraform_data.{resource.name}{k}" for k in resource.instance_keys()]
        for call in self.calls.values():
            for k in call.instance_keys():
                found += [f"module.{call.name}{k}.{inner}" for inner in call.module.addresses()]
        return found

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
        for call in self.calls.values():
            call.module.allow_destroy()

    # ---- edits ----

    def edit(self, rng):
        """Changes something; returns what, for people who read a failure."""
        resources = list(self.resources.values())
        edits = [self.add_resource, self.add_output]
        if resources:
            edits += [self.edit_input] * 5 + [self.edit_repetition] * 3 + [self.remove_resource, self.rename] * 2
            edits += [self.edit_triggers] * 3 + [self.toggle] * 3 + [self.move_instance]
        if self.outputs:
            edits += [self.edit_output, self.remove_output]
        if self.variables:
            edits += [self.edit_variable] * 2
        if self.locals:
            edits += [self.edit_local]
        if self.level == 0 and len(self.calls) < 2:
            edits += [self.add_call]
        if self.calls:
            edits += [self.edit_module] * 3 + [self.remove_call, self.repeat_call]
        edit = rng.choice(edits)
        edit(rng)
        return edit.__name__

    def any_resource(self, rng):
        return self.resources[rng.choice(sorted(self.resources))]

    def edit_input(self, rng):
        resource = self.any_resource(rng)
        if resource.input and rng.random() < 0.75:
            resource.input.change(rng)
        else:
            resource.input = expression(rng, self, [b for b in resource.before if b in self.resources])

    def edit_triggers(self, rng):
        resource = self.any_resource(rng)
        if resource.triggers and rng.random() < 0.8:
            resource.triggers.change(rng)
        else:
            resource.triggers = expression(rng, self, [b for b in resource.before if b in self.resources])

    def edit_repetition(self, rng):
        resource = self.any_resource(rng)
        if resource.count is not None and rng.random() < 0.7:
            resource.count = rng.randint(0, 4)
        elif resource.keys is not None and rng.random() < 0.7:
            resource.keys = rng.sample(["a", "b", "c", "d e", "f.g", "ü", "0"], rng.randint(0, 4))
        else:
            resource.choose_repetition(rng)

    def toggle(self, rng):
        self.any_resource(rng).toggle(rng)

    def remove_resource(self, rng):
        del self.resources[rng.choice(sorted(self.resources))]

    def rename(self, rng):
        resource = self.any_resource(rng)
        old, new = resource.name, self.fresh("r")
        resource.name = new
        self.resources = {r.name: r for r in self.resources.values()}
        for other in self.resources.values():
            other.before = [new if b == old else b for b in other.before]
            other.depends = [new if b == old else b for b in other.depends]
        if rng.random() < 0.85:
            self.moved.append((f"terraform_data.{old}", f"terraform_data.{new}"))

    def move_instance(self, rng):
        """To another key, or between one and many."""
        resource = self.any_resource(rng)
        if resource.keys and len(resource.keys) < 5:
            old, new = rng.choice(resource.keys), f"moved {self.next}"
            self.next += 1
            resource.keys = [new if k == old else k for k in resource.keys]
            self.moved.append((f'terraform_data.{resource.name}["{old}"]', f'terraform_data.{resource.name}["{new}"]'))
        elif resource.count is None and resource.keys is None:
            if rng.random() < 0.5:
                resource.count = 2
            else:
                resource.keys = ["a", "was single"]
                self.moved.append((f"terraform_data.{resource.name}", f'terraform_data.{resource.name}["was single"]'))

    def edit_output(self, rng):
        output = self.outputs[rng.choice(sorted(self.outputs))]
        if rng.random() < 0.2:
            output.secret = not output.secret
        elif rng.random() < 0.6:
            output.value.change(rng)
        else:
            output.value = expression(rng, self, sorted(self.resources))

    def remove_output(self, rng):
        del self.outputs[rng.choice(sorted(self.outputs))]

    def edit_variable(self, rng):
        variable = self.variables[rng.choice(sorted(self.variables))]
        if rng.random() < 0.15:
            variable.secret = not variable.secret
        else:
            variable.change(rng)

    def edit_local(self, rng):
        self.locals[rng.choice(sorted(self.locals))].change(rng)

    def edit_module(self, rng):
        call = self.calls[rng.choice(sorted(self.calls))]
        if call.arguments and rng.random() < 0.3:
            call.arguments[rng.choice(sorted(call.arguments))].change(rng)
        else:
            call.module.edit(rng)

    def remove_call(self, rng):
        del self.calls[rng.choice(sorted(self.calls))]

    def repeat_call(self, rng):
        self.calls[rng.choice(sorted(self.calls))].choose_repetition(rng)
