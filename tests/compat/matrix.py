"""The generated part of the comparison of expressions: every function with every kind of value in each of its places,
every operator between every two kinds, every form around every kind (see recorded.py)."""

VALUES = {
    "nil": "null",
    "nstr": "tostring(null)",
    "nnum": "tonumber(null)",
    "nlist": "tolist(null)",
    "nobj": "[{ a = 1 }, null][1]",
    "yes": "true",
    "no": "false",
    "es": '""',
    "a": '"a"',
    "strue": '"true"',
    "s12": '"12"',
    "text": '"some text"',
    "uni": '"é日本🤦🏼‍♂️"',
    "nl": '"x\\ny\\n"',
    "zero": "0",
    "one": "1",
    "three": "3",
    "neg": "-1",
    "frac": "1.5",
    "big": "1e30",
    "tiny": "1/3",
    "inf": "1/0",
    "et": "[]",
    "eo": "{}",
    "tnum": "[1, 2, 3]",
    "tstr": '["b", "a", "b"]',
    "tmix": '[1, "a", true, null]',
    "tnull": "[null]",
    "tnest": '[["b"], ["c", "d"], []]',
    "tobj": "[{ a = 1 }, { a = 2 }]",
    "lstr": 'tolist(["b", "a", "b"])',
    "lnum": "tolist([3, 1, 2])",
    "el": "tolist([])",
    "sstr": 'toset(["b", "a"])',
    "snum": "toset([10, 9])",
    "mstr": 'tomap({ b = "x", a = "y" })',
    "em": "tomap({})",
    "obj": '{ b = "x", a = 1 }',
    "onull": "{ a = null }",
    "olist": '{ a = ["x", "y"], b = ["x"] }',
    "onest": '{ a = { b = [1, { c = "d" }] } }',
    "ustr": "var.str",
    "upre": '"a-${var.str}"',
    "unum": "var.num",
    "ubool": "var.bool",
    "ulist": "var.list",
    "uset": "var.set",
    "umap": "var.map",
    "uobj": "var.object",
    "utup": "var.tuple",
    "uany": "var.any",
    "tunk": '["a", var.str]',
    "ounk": "{ a = var.str, b = 1 }",
    "lunk": 'tolist(["a", var.str])',
    "tany": "[1, var.any]",
    "sec": "var.secret",
    "snum1": "sensitive(2)",
    "slist": 'sensitive(["a", "b"])',
    "tsec": '["a", var.secret]',
    "osec": '{ a = var.secret, b = "x" }',
    "msec": 'tomap({ a = var.secret, b = "x" })',
    "susec": "sensitive(var.str)",
    "eph": "var.brief",
}
KINDS = ("nil nstr nnum yes es a s12 zero frac inf et eo tnum tmix lstr el sstr mstr em obj onull ustr upre unum ubool ulist "
         "umap uobj uany tunk sec tsec osec").split()
BRANCHES = ("nil nstr nlist yes a s12 one et eo tnum tmix tnest tobj lstr lnum el sstr snum mstr em obj onull olist ustr unum "
            "ulist umap uobj utup uany tunk ounk sec tsec osec").split()

# What each function is called with where it is not being tested; several calls: several shapes.
CALLS = """
abs(-2)|abspath("/a/../b")|alltrue([true])|anytrue([true])|base64decode("aGk=")|base64encode("hi")|base64sha256("a")
base64sha512("a")|basename("a/b")|can(1)|ceil(1.5)|chomp("a")|chunklist(["a", "b", "c"], 2)|cidrhost("10.0.0.0/8", 1)
cidrnetmask("10.0.0.0/8")|cidrsubnet("10.0.0.0/8", 8, 1)|cidrsubnets("10.0.0.0/8", 8, 4)|coalesce("a", "b")
coalescelist(["a"], ["b"])|compact(["a", ""])|concat(["a"], ["b"])|contains(["a"], "a")|csvdecode("a,b\\n1,2")|dirname("a/b")
distinct(["a", "a"])|element(["a", "b"], 1)|endswith("ab", "b")|ephemeralasnull("a")|file("hello.txt")|filebase64("hello.txt")
filebase64sha256("hello.txt")|filebase64sha512("hello.txt")|fileexists("hello.txt")|filemd5("hello.txt")
fileset(".", "*.txt")|filesha1("hello.txt")|filesha256("hello.txt")|filesha512("hello.txt")|flatten([["a"], "b"])|floor(1.5)
format("%s %v", "a", 1)|formatdate("YYYY", "2020-01-02T03:04:05Z")|formatlist("%s-%v", ["a", "b"], 1)|indent(2, "a\\nb")
index(["a", "b"], "b")|issensitive("a")|join("-", ["a", "b"], ["c"])|jsondecode("[1]")|jsonencode({ a = 1 })|keys({ a = 1 })
length("a")|log(8, 2)|lookup({ a = "x" }, "a", "y")|lookup(tomap({ a = "x" }), "b")|lower("A")
matchkeys(["a", "b"], ["x", "y"], ["y"])|max(1, 2)|md5("a")|merge({ a = 1 }, { b = 2 })|merge(tomap({ a = "x" }), { a = "y" })
min(1, 2)|nonsensitive("a")|one(["a"])|parseint("ff", 16)|pathexpand("a")|pow(2, 3)|range(1, 5, 2)|regex("a(b)?", "ab")
regexall("a", "aba")|replace("aba", "a", "c")|reverse(["a", "b"])|rsadecrypt("aGk=", "key")|sensitive("a")
setintersection(["a"], ["a", "b"])|setproduct(["a", "b"], ["c"])|setsubtract(["a", "b"], ["b"])|setunion(["a"], ["b"])
sha1("a")|sha256("a")|sha512("a")|signum(-2)|slice(["a", "b", "c"], 1, 2)|sort(["b", "a"])|split(",", "a,b")
startswith("ab", "a")|strcontains("abc", "b")|strrev("ab")|substr("abc", 1, 1)|sum([1, 2])|templatefile("greet.tftpl", { n = 1 })
templatestring(local.greet, { name = "x", n = 2 })|textdecodebase64("aABpAA==", "UTF-16LE")|textencodebase64("hi", "UTF-16LE")
timeadd("2020-01-02T03:04:05Z", "1h")|timecmp("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z")|title("a b")|tobool("true")
tolist(["a"])|tomap({ a = 1 })|tonumber("1")|toset(["a"])|tostring(1)|transpose({ a = ["x"] })|trim("xax", "x")
trimprefix("ab", "a")|trimspace(" a ")|trimsuffix("ab", "b")|try(1, 2)|upper("a")|urlencode("a b")|uuidv5("dns", "a")
values({ a = 1 })|yamldecode("a: 1")|yamlencode({ a = 1 })|zipmap(["a"], [1])|length(uuid())|length(bcrypt("a", 4))
length(timestamp())|core::max(1, 2)|nosuch(1)
"""

FORMS = """
type(@)|[@]|{ k = @ }|@[0]|@["a"]|@[-1]|@[@]|@.a|@[*]|@[*].a|@.*.a|@.*.a[0]|@.0|"${@}"|"x${@}"|"${@}${@}"|"%{ if @ }yes%{ else }no%{ endif }"
"%{ for x in @ }<${x}>%{ endfor }"|"%{ for k, x in @ ~} ${k} %{ endfor }"|!@|-@|(@)|[for x in @ : x]|[for k, x in @ : k]
[for k, x in @ : [k, x]]|{ for k, x in @ : k => x }|{ for x in @ : x => 1 }|{ for k, x in @ : "k" => x... }|[for x in [1, 2] : x if @]
{ for x in ["a"] : x => @ }|{ for x in ["a", "b"] : @ => x... }|{ (@) = 1 }|{ "${@}" = 1 }|@ ? 1 : 2|@ ? @ : @|true ? @ : null
false ? null : @|var.bool ? @ : @|var.bool ? @ : null|@ == @|@ != null|null == @|@ == null|max(@...)|concat(@...)|merge(@...)|try(@, 1)|try(@.a, 1)
can(@)|can(@.a)|can(@[0])|jsonencode(@)|yamlencode(@)|toset([@])|tolist([@, @])|tomap({ x = @ })|length(@) > 0|format("%v", @)|format("%#v", @)
format("%d", @)|format("%s", @)|format("%q", @)|format("%t", @)|[@, "x"][0]|{ a = @ }.a|{ a = @ }["a"]|[@][*]|coalesce(@, "x")|nonsensitive(@) == @|issensitive(@)|[for x in [@] : x.a]
"""

OPERATORS = ["+", "-", "*", "/", "%", "<", ">=", "==", "!="]


def fill(template, key):
    return template.replace("@", VALUES[key])


def arguments(call):
    """The places of the top-level arguments of a call, as slices of its text."""
    depth, start, quoted, found = 0, 0, False, []
    for i, c in enumerate(call):
        if c == '"' and call[i - 1] != "\\":
            quoted = not quoted
        if quoted:
            continue
        if c in "([{":
            depth += 1
            if depth == 1:
                start = i + 1
        elif c in ")]}" or (c == "," and depth == 1):
            if depth == 1:
                found.append((start, i))
                start = i + 2
            depth -= c != ","
    return found


def split(text):
    return [part for line in text.strip().split("\n") for part in line.split("|")]


def rows():
    """By file: (template, keys of the values to put for @) of each."""
    every = list(VALUES)
    functions = []
    for call in split(CALLS):
        for start, end in arguments(call):
            functions.append((call[:start] + "@" + call[end:], every))
        functions.append((call[:-1] + ", @)", ["one", "nil"]))
    operators = [(f"{VALUES[left]} {operator} @", KINDS) for operator in OPERATORS for left in KINDS]
    logic = [(f"{left} {operator} @", every) for operator in ("&&", "||")
             for left in ("var.bool", "(var.num > 1)", "sensitive(true)", '"true"', "false", "true")]
    branches = [(f"{condition} ? {VALUES[left]} : @", BRANCHES) for left in BRANCHES for condition in ("true",)]
    unsure = [(f"var.bool ? {VALUES[left]} : @", BRANCHES) for left in BRANCHES]
    return {
        "functions": functions,
        "forms": [(form, every) for form in split(FORMS)],
        "operators": operators + logic,
        "conditionals": branches + unsure,
    }
