"""Random values, as the text of expressions without references."""

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
STRINGS = [
    '""', '"a"', '"plain text"', '"with \\"quotes\\" and \\\\ backslash"', '"line one\\nline two\\nline three"',
    '"ends with a newline\\n"', '"tab\\there"', '"héllo wörld ✓ 日本語"', '"e\\u0301 combining"',
           '"$${not} %%{a} template"',
    '"true"', '"123"', '"  spaces  "', '"' + "long " * 30 + '"', '"<html>&amp;</html>"', '"a=b,c:d;[e]{f}"',
    '"null"', '"-"', '"#comment"', '"a/b.c-d_e"', '"\\r\\n"', '"emoji 🎉👩‍👩‍👧"', '"\\u200b"', '"x\\\\n"',
    '"' + "word " * 300 + '"', '"{\\"a\\":1,\\"b\\":[true,null]}"', '"[1, 2, {}]"', '"{}"',
           '"a: 1\\nb:\\n  - x\\n  - y\\n"',
    '"{ not json"', '"\\"json string\\""', '"\\n\\nempty lines\\n\\n"', '"\\u0007bell"',
]
HEREDOCS = [
    ["first", "second", "third"], ["# a script", "echo hello", "", "exit 0"], ["  indented", "    more", "back"],
    ["{", '  "key": "value"', "}"], ["one"], ["", "after an empty line"], ["a", "b", "c", "d", "e", "f", "g", "h"],
    ["key: value", "list:", "  - a", "  - b", "map:", "  x: 1"], [f"line {n}" for n in range(1, 15)],
]
NUMBERS = [
    "0", "1", "-1", "2", "3", "42", "1.5", "-0.25", "100000", "1e3", "1e21", "123456789012345678901234567890", "0.1",
    "3.14159265358979", "-7", "9007199254740993", "1e-7", "0.30000000000000004", "1.0", "65536", "1/3", "2.50",
    "1234567890.123456789012345", "1e100", "1e-20", "10 / 4", "4294967296 * 4294967296",
]
KEYS = ["a", "b", "c", "key", "name", "id", "tags", "nested", "Zed", "under_score", "dash-ed"]
ODD_KEYS = ['"with space"', '"a.b"', '"1"', '""', '"k=v"', '"ü"', '"quote\\""', '"true"', '"null"', '"a/b"', '"(p)"',
            '"for"', '"-x"', '"${"x"}y"', '"new\\nline"']


def constant_number(rng):
    """A number as a default may be: without operators."""
    return rng.choice([n for n in NUMBERS if "/" not in n and "*" not in n])


def string(rng):
    roll = rng.random()
    if roll < 0.4:
        return f'"{rng.choice(WORDS)}"'
    if roll < 0.88:
        return rng.choice(STRINGS)
    return heredoc(rng) if rng.random() < 0.3 else joined(rng)


def lines_of(rng):
    lines = list(rng.choice(HEREDOCS))
    if rng.random() < 0.5:
        lines[rng.randrange(len(lines))] = rng.choice(WORDS)
    return lines


def joined(rng):
    return 'join("\\n", [' + ", ".join('"' + line.replace('"', '\\"') + '"' for line in lines_of(rng)) + '])'


def heredoc(rng):
    """In parentheses, where it may stand wherever an expression may."""
    flush = rng.choice(["", "-"])
    return "(<<" + flush + "EOT\n" + "".join(f"{'    ' * len(flush)}{line}\n" for line in lines_of(rng)) + "EOT\n)"


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


def listed(rng, make, least=0, most=4):
    return "[" + ", ".join(make(rng) for _ in range(rng.randint(least, most))) + "]"


def literal(rng, depth=3):
    """The text of an expression without references."""
    roll = rng.random()
    if depth == 0 or roll < 0.4:
        return scalar(rng)
    if roll < 0.54:
        return listed(rng, lambda r: literal(r, depth - 1))
    if roll < 0.73:
        return "{ " + pairs(rng, lambda r: literal(r, depth - 1)) + " }"
    if roll < 0.77:
        return "tomap({ " + pairs(rng, string) + " })"
    if roll < 0.81:
        return "tolist(" + listed(rng, string, 1) + ")"
    if roll < 0.88:
        make = rng.choice([string, lambda r: r.choice(NUMBERS), lambda r: "{ k = " + string(r) + " }", string_list,
                           lambda r: "{ k = " + r.choice(NUMBERS) + ", l = tolist(" + string_list(r) + ") }"])
        return "toset(" + listed(rng, make, 1) + ")"
    if roll < 0.92:
        return f"{rng.choice(['jsonencode', 'jsonencode', 'yamlencode'])}({literal(rng, depth - 1)})"
    if roll < 0.94:
        return "tomap({ " + pairs(rng, string_list, 1) + " })"
    if roll < 0.96:
        return rng.choice(["toset([])", "tolist([])", "tomap({})", "[]", "{}", "toset([null])", "tolist([null, null])"])
    if roll < 0.98:
        return f"tolist([{{ a = {string(rng)}, b = {rng.choice(NUMBERS)} }}, {{ a = {string(rng)}, b = null }}])"
    return f"setproduct({listed(rng, string, 1, 2)}, {listed(rng, string, 1, 2)})"


def string_list(rng):
    return listed(rng, string, 1, 3)


def constant(rng, depth=2):
    """A literal without calls, as defaults must be."""
    roll = rng.random()
    if depth == 0 or roll < 0.4:
        return rng.choice([rng.choice(STRINGS), constant_number(rng), "true", "null"])
    if roll < 0.6:
        return listed(rng, lambda r: constant(r, depth - 1), 0, 3)
    return "{ " + pairs(rng, lambda r: constant(r, depth - 1)) + " }"


def changed(rng, text):
    """A value near another one: one element of a list or an object changed, or anything else."""
    roll = rng.random()
    if roll < 0.3 and text.startswith("["):
        return rng.choice([f"concat({text}, [{literal(rng, 1)}])", f"concat([{literal(rng, 1)}], {text})",
                           f"slice(concat({text}, [1]), 1, length({text}) + 1)", f"reverse({text})"])
    if roll < 0.6 and text.startswith("{"):
        return f"merge({text}, {{ {key(rng)} = {literal(rng, 1)} }})"
    if roll < 0.6 and text.startswith("toset("):
        return f"setunion({text}, {listed(rng, string, 1, 2)})"
    if roll < 0.6 and text.startswith("tolist("):
        return f"concat({text}, {listed(rng, string, 1, 2)})"
    if roll < 0.6 and text.startswith("tomap("):
        return f"merge({text}, {{ {key(rng)} = {string(rng)} }})"
    if roll < 0.75 and text.startswith('"'):
        return text[:-1] + rng.choice([rng.choice(WORDS), "\\nanother line", "\\n"]) + '"'
    if roll < 0.75 and text.startswith(("join(", "(<<", "jsonencode(", "yamlencode(")):
        return f'replace({text}, "{rng.choice("aeinort ")}", "{rng.choice(WORDS)}")'
    if roll < 0.82:
        return f"sensitive({text})"
    if roll < 0.86 and text[0] in "[{":
        return f"jsonencode({text})"
    return literal(rng)


# ---- types ----

def string_constant(rng):
    return rng.choice(STRINGS)


def strings(rng):
    return listed(rng, string_constant, 0, 3)


def record(rng):
    return "{ a = " + string_constant(rng) + rng.choice(["", ", b = 7", ", c = [\"x\"]", ", d = 1",
                                                         ", b = null"]) + " }"


def sized(rng):
    return "{ " + ", ".join(f"{k} = {{ {v} }}" for k, v in
                            zip(rng.sample(["a", "b", "c"], rng.randint(0, 3)),
                                [rng.choice(["", "size = 3", 'name = "n"', 'tags = { x = "y" }', "name = null"])
                                 for _ in range(3)])) + " }"


# What a variable may be declared as, and what it may be given: constants.
TYPES = {
    None: constant, "any": constant, "string": string_constant,
    "number": constant_number,
    "bool": lambda r: r.choice(["true", "false", '"true"']),
    "list(string)": strings, "set(string)": strings, "list(any)": strings,
         "set(number)": lambda r: listed(r, constant_number),
    "map(any)": lambda r: "{ a = 1, b = " + constant_number(r) + " }",
    "map(string)": lambda r: "{ " + pairs(r, string_constant) + " }",
    "tuple([string, number])": lambda r: "[" + string_constant(r) + ", " + constant_number(r) + "]",
    "object({ a = string, b = optional(number, 5), c = optional(list(string)) })": record,
    'map(object({ name = optional(string, "none"), size = optional(number), tags = optional(map(string), {}) }))':
        sized,
    "list(object({ id = string, on = optional(bool, true) }))":
        lambda r: listed(r,
                         lambda s: "{ id = " + string_constant(s) + s.choice(["", ", on = false",
                         ", on = null"]) + " }"),
    'object({ in = optional(object({ x = optional(number, 1), y = optional(set(string), ["q"]) }), {}), '
    'z = optional(any) })':
        lambda r: r.choice(["{}", "{ in = { x = 2 } }", "{ in = null }", '{ in = { y = ["a", "b"] }, z = [1] }',
                            '{ z = "s" }']),
}
