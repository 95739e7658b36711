"""Random expressions. They are functions of the module that they stand in, so that a reference finds out when it is
written whether its target is still there and how it repeats."""
from scenario_values import KEYS, changed, literal


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
        found = self.find(module)
        if not found:
            return '"gone"'
        return f"ephemeralasnull({self.kind}.{self.name})" if found.ephemeral else f"{self.kind}.{self.name}"

    def sensitive(self, module):
        found = self.find(module)
        return bool(found and found.is_sensitive(module))

    def change(self, rng):
        pass


class Reference:
    """To a resource that stands before the one at hand."""
    ATTRIBUTES = ["id", "output", "output", "input", "input", "triggers_replace", ""]

    def __init__(self, rng, target):
        self.target, self.form, self.attribute = target, rng.randrange(100), rng.choice(self.ATTRIBUTES)

    def write(self, module, place):
        target = module.resources.get(self.target)
        if not target:
            return f'"no {self.target}"'
        address = f"terraform_data.{self.target}"
        attribute = f".{self.attribute}" if self.attribute else ""
        if target.raw:
            return f"try(length({address}), 0)"
        if target.count is not None:
            if place.get("count") and self.form < 40 and place["count"] <= target.count:
                return f"{address}[count.index]{attribute}"
            forms = [f"{address}[*]{attribute or '.id'}", f"[for x in {address} : x{attribute}]", f"length({address})",
                     f"{{ for i, x in {address} : \"k${{i}}\" => x{attribute} }}",
                     f"try({address}[0]{attribute}, null)",
                     f"{address}.*.id", f"one([for x in {address} : x{attribute} if x.id == \"none\"])",
                     f"{{ for i, x in {address} : i % 2 == 0 ? \"even\" : \"odd\" => x{attribute}... }}"]
            if target.count:
                forms.append(f"{address}[0]{attribute}")
                forms.append(f"{address}[{target.count - 1}]{attribute}")
            return forms[self.form % len(forms)]
        if target.keys is not None:
            if place.get("keys") and self.form < 40 and set(place["keys"]) <= set(target.keys):
                return f"{address}[each.key]{attribute}"
            forms = [f"{{ for k, x in {address} : k => x{attribute} }}", f"values({address})[*].id", f"keys({address})",
                     f"[for k, x in {address} : x{attribute} if k != \"b\"]", f"length({address})",
                     f"{{ for k, x in {address} : length(k) => x{attribute}... }}"]
            if self.attribute == "":
                forms.append(address)
            if target.keys:
                forms.append(f"{address}[\"{target.keys[0]}\"]{attribute}")
            return forms[self.form % len(forms)]
        forms = [f"{address}{attribute}"] * 6 + [f"{address}[*]{attribute or '.id'}"]
        return forms[self.form % len(forms)]

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
        output = call.module.outputs.get(self.output) if call else None
        if not output:
            return f'"no {self.call}"'
        address = f"module.{self.call}"
        if call.count is not None:
            forms = [f"{address}[*].{self.output}", f"[for m in {address} : m.{self.output}]", address]
            if call.count:
                forms.append(f"{address}[0].{self.output}")
        elif call.keys is not None:
            forms = [f"{{ for k, m in {address} : k => m.{self.output} }}", address]
            if call.keys:
                forms.append(f'{address}["{call.keys[0]}"].{self.output}')
        else:
            forms = [f"{address}.{self.output}", address]
        text = forms[self.form % len(forms)]
        if any(o.ephemeral for o in call.module.outputs.values()):
            return f"ephemeralasnull({text})"
        return text

    def sensitive(self, module):
        call = module.calls.get(self.call)
        return bool(call and any(output.is_sensitive(call.module) for output in call.module.outputs.values()))

    def change(self, rng):
        self.form = rng.randrange(100)


class StateOutput:
    """Of data.terraform_remote_state."""

    def __init__(self, rng, target):
        self.target, self.form = target, rng.randrange(100)

    def write(self, module, place):
        if self.target not in module.data:
            return f'"no {self.target}"'
        address = f"data.terraform_remote_state.{self.target}"
        return [f"{address}.outputs.text", f"{address}.outputs", f"{address}.outputs.map",
                f"try({address}.outputs.none, 1)",
                f"[for k, v in {address}.outputs : k]", f"{address}.backend",
                f"{address}.outputs[\"list\"][1]"][self.form % 7]

    def sensitive(self, module):
        return self.target in module.data  # one of them is

    def change(self, rng):
        self.form = rng.randrange(100)


class Compound:
    """Expressions within a collection, a template or a call."""
    FORMS = ["list", "object", "json", "template", "conditional", "nested", "yaml", "lines"]

    def __init__(self, rng, parts):
        self.parts, self.form = parts, rng.choice(self.FORMS)
        self.keys = [rng.choice(KEYS) for _ in parts]

    def write(self, module, place):
        parts = [part.write(module, place) for part in self.parts]
        if self.form == "list":
            return "[" + ", ".join(parts) + "]"
        if self.form == "template" and not any("\n" in part for part in parts):
            return "\"" + " ".join(f"<${{jsonencode({part})}}>" for part in parts) + "\""
        if self.form == "lines":
            return "(<<-EOT\n    begin\n" + "".join(f"      part ${{jsonencode({part})}}\n" for part in parts
                                                    if "\n" not in part) + "    end\n    EOT\n)"
        if self.form == "conditional" and len(parts) > 1:
            return f"({parts[0]} == null ? jsonencode({parts[0]}) : jsonencode({parts[1]}))"
        found = dict(zip(self.keys, parts))
        text = "{ " + ", ".join(f"{k} = {v}" for k, v in found.items()) + " }"
        if self.form in ("json", "yaml"):
            return f"{self.form}encode({text})"
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


class Applied:
    """A function, an operator or a `for` applied to an expression of any type; something else where it does not fit."""
    FORMS = [
        "try(length({0}), 0)", "try(keys({0}), [])", "try(tostring({0}), \"no string\")", "try(tolist({0}), [{0}])",
        "try(upper({0}), \"x\")", "can({0}.a)", "try({0}.a, null)", "try({0}[0], null)", "{0} == null", "{0} != \"a\"",
        "flatten([{0}, [{0}]])", "try(merge({{ a = 1 }}, {0}), {{}})",
             "[for x in try(tolist({0}), [{0}]) : x if x != null]",
        "{{ for k, v in try(tomap({0}), {{}}) : upper(k) => v }}", "lookup({{ a = {0} }}, \"a\", null)",
             "element([{0}, 1], 1)",
        "jsondecode(jsonencode({0}))", "try(yamldecode(yamlencode({0})), \"\")", "zipmap([\"p\", \"q\"], [{0}, {0}])",
        "try(toset([{0}]), [])", "try(compact([tostring({0})]), [])",
             "coalesce(try(tostring({0}), null), \"fallback\")",
        "try(split(\" \", {0}), [])", "try(substr({0}, 0, 2), \"\")", "try(\"${{{0}}}-suffix\", \"none\")",
             "sha1(jsonencode({0}))",
        "try(replace({0}, \"a\", \"\\n\"), null)", "try(trimspace({0}), {0})", "try({0} + 1, 0)", "try({0} > 3, false)",
        "length(jsonencode({0})) > 40 ? \"long\" : \"short\"", "issensitive({0})", "contains([\"a\", 1], {0})",
        "one([{0}])", "try(distinct([{0}, {0}]), [])", "try(nonsensitive({0}), {0})", "[{0}][*]", "try({0}[*], [])",
             "alltrue([{0} != null])",
        "try(sort([tostring({0}), \"m\"]), [])", "format(\"%s/%03d\", try(tostring({0}), \"-\"), 7)", "{0} == {0}",
        "try(formatlist(\"%s!\", {0}), [])", "base64encode(jsonencode({0}))", "try(reverse({0}), [])",
             "tobool(can({0}[1]))",
        "can(tonumber({0})) ? 1 : 2", "startswith(try(tostring({0}), \"\"), \"a\")",
             "{{ key = {0}, when = plantimestamp() == \"\" }}",
        "try({0} ? 1 : 2, 3)", "(true ? {0} : {0})", "length(uuid()) == 36 ? {0} : null", "length(timestamp())",
        "try(range(length({0})), [])", "try(slice({0}, 0, 1), [])", "sensitive({0})", "try(jsondecode({0}), {0})",
             "try([for k, v in {0} : k], [])",
        "try({{ for v in {0} : jsonencode(v) => v... }}, {{}})", "try(setsubtract([\"a\", \"b\"], {0}), [])",
             "try(max({0}, 2), 0)",
        "try(join(\"\\n\", {0}), \"\")", "try(indent(2, {0}), \"\")", "try(templatestring({0}, {{}}), \"t\")",
             "[for i in [1, 2] : {0}]",
        "\"%{{ if {0} != null }}yes%{{ else }}no%{{ endif }}\"",
             "\"%{{ for x in try(tolist({0}), []) }}${{jsonencode(x)}};%{{ endfor }}\"",
    ]

    def __init__(self, rng, part):
        self.part, self.form = part, rng.choice(self.FORMS)

    def write(self, module, place):
        text = self.part.write(module, place)
        if "\n" in text and ('"${' in self.form or "%{" in self.form):
            return text
        return "(" + self.form.format(f"({text})" if text[:1] not in "[{(\"" else text) + ")"

    def sensitive(self, module):
        return "sensitive({0})" in self.form or self.part.sensitive(module)

    def change(self, rng):
        if rng.random() < 0.3:
            self.form = rng.choice(self.FORMS)
        else:
            self.part.change(rng)


class Each:
    """count.index or each.key/each.value, where there is one."""

    def __init__(self, rng):
        self.form = rng.randrange(3)

    def write(self, module, place):
        if place.get("count") is not None:
            return ["count.index", '"n${count.index}"', "{ index = count.index }"][self.form]
        if place.get("keys") is not None:
            return ["each.key", "each.value", '"${each.key}!"'][self.form]
        return ['"single"', "path.module", "terraform.workspace"][self.form]

    def sensitive(self, module):
        return False

    def change(self, rng):
        self.form = rng.randrange(3)


def expression(rng, module, before, depth=2):
    """before: names of resources, calls, locals and data that may be referred to."""
    roll = rng.random()
    some = lambda table: [name for name in before if name in table]
    if roll < 0.28:
        return Literal(rng)
    if roll < 0.5 and some(module.resources):
        return Reference(rng, rng.choice(some(module.resources)))
    if roll < 0.57 and module.variables:
        return Name("var", rng.choice(sorted(module.variables)))
    if roll < 0.63 and some(module.locals):
        return Name("local", rng.choice(some(module.locals)))
    if roll < 0.71 and some(module.calls):
        call = rng.choice(some(module.calls))
        if module.calls[call].module.outputs:
            return ModuleOutput(rng, call, rng.choice(sorted(module.calls[call].module.outputs)))
    if roll < 0.74 and some(module.data):
        return StateOutput(rng, rng.choice(some(module.data)))
    if roll < 0.79:
        return Each(rng)
    if depth and roll < 0.89:
        return Applied(rng, expression(rng, module, before, depth - 1))
    if depth:
        return Compound(rng, [expression(rng, module, before, depth - 1) for _ in range(rng.randint(1, 3))])
    return Literal(rng)


class Condition:
    """One that mostly holds. own: an address that may be used too."""

    def __init__(self, rng, module, before, own=None):
        self.value, self.text = expression(rng, module, before, 1), None
        if rng.random() < 0.12:
            self.text = rng.choice(['terraform.workspace == "elsewhere"'] * 12 + ["1 > 2"])
        elif own and rng.random() < 0.6:
            self.text = rng.choice([f"{own}.id != null", f"{own}.output == {own}.input", f"can({own}.input)",
                                    f"length({own}.id) > 1"])

    def write(self, module, place):
        return self.text or f"terraform.workspace != jsonencode({self.value.write(module, place)})"
