/* What is wrong with the JSON text of container definitions, in the words in which Terraform's provider tells it: first
 * the syntax, then what does not fit the shapes of the API. */
#include "providers/aws/hooks.h"
#include <ctype.h>
#include <string.h>

/* ---- syntax ---- */

typedef struct scanner {
    iacp_call *call;
    iac_str text;
    size_t at;
    const char *why; /* the first mistake */
} scanner;

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(scanner *s)
{
    while (s->at < s->text.n && space(s->text.p[s->at])) {
        s->at++;
    }
}

/* Says what was not expected; false. */
static bool unexpected(scanner *s, const char *context)
{
    if (s->why) {
        return false;
    }
    if (s->at >= s->text.n) {
        s->why = "unexpected EOF";
        return false;
    }
    unsigned char c = (unsigned char)s->text.p[s->at];
    const char *quoted = c == '\'' ? "\\'" : c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : NULL;
    if (!quoted) {
        quoted = c < ' ' || c == 0x7f ? sdk_printf(s->call, "\\x%02x", c)
                 : c < 0x80           ? sdk_printf(s->call, "%c", c)
                                      : sdk_printf(s->call, "\\u%04x", c);
    }
    s->why = sdk_printf(s->call, "invalid character '%s' %s", quoted, context);
    return false;
}

static bool scan_string(scanner *s)
{
    for (s->at++; s->at < s->text.n; s->at++) {
        char c = s->text.p[s->at];
        if (c == '"') {
            s->at++;
            return true;
        }
        if ((unsigned char)c < ' ') {
            return unexpected(s, "in string literal");
        }
        if (c != '\\') {
            continue;
        }
        s->at++;
        if (s->at >= s->text.n || !strchr("\"\\/bfnrtu", s->text.p[s->at])) {
            return unexpected(s, "in string escape code");
        }
        for (int hex = s->text.p[s->at] == 'u' ? 4 : 0; hex > 0; hex--) {
            s->at++;
            if (s->at >= s->text.n || !isxdigit((unsigned char)s->text.p[s->at])) {
                return unexpected(s, "in \\u hexadecimal character escape");
            }
        }
    }
    return unexpected(s, "in string literal");
}

static bool scan_word(scanner *s, const char *word)
{
    for (size_t i = 0; word[i]; i++, s->at++) {
        if (s->at >= s->text.n || s->text.p[s->at] != word[i]) {
            return unexpected(s, sdk_printf(s->call, "in literal %s (expecting '%c')", word, word[i]));
        }
    }
    return true;
}

static bool digit(const scanner *s)
{
    return s->at < s->text.n && s->text.p[s->at] >= '0' && s->text.p[s->at] <= '9';
}

static bool scan_digits(scanner *s, const char *context)
{
    if (!digit(s)) {
        return unexpected(s, context);
    }
    while (digit(s)) {
        s->at++;
    }
    return true;
}

static bool scan_number(scanner *s)
{
    s->at += s->text.p[s->at] == '-';
    if (s->at < s->text.n && s->text.p[s->at] == '0') {
        s->at++;
    } else if (!scan_digits(s, "in numeric literal")) {
        return false;
    }
    if (s->at < s->text.n && s->text.p[s->at] == '.') {
        s->at++;
        if (!scan_digits(s, "after decimal point in numeric literal")) {
            return false;
        }
    }
    if (s->at < s->text.n && (s->text.p[s->at] | 0x20) == 'e') {
        s->at++;
        s->at += s->at < s->text.n && (s->text.p[s->at] == '+' || s->text.p[s->at] == '-');
        return scan_digits(s, "in exponent of numeric literal");
    }
    return true;
}

static bool scan_value(scanner *s, unsigned depth);

/* The members of an array or object, up to its end. */
static bool scan_members(scanner *s, bool object, unsigned depth)
{
    char end = object ? '}' : ']';

    s->at++;
    skip_space(s);
    if (s->at < s->text.n && s->text.p[s->at] == end) {
        s->at++;
        return true;
    }
    for (;;) {
        if (object) {
            skip_space(s);
            if (s->at >= s->text.n || s->text.p[s->at] != '"') {
                return unexpected(s, "looking for beginning of object key string");
            }
            if (!scan_string(s)) {
                return false;
            }
            skip_space(s);
            if (s->at >= s->text.n || s->text.p[s->at] != ':') {
                return unexpected(s, "after object key");
            }
            s->at++;
        }
        if (!scan_value(s, depth + 1)) {
            return false;
        }
        skip_space(s);
        if (s->at < s->text.n && s->text.p[s->at] == end) {
            s->at++;
            return true;
        }
        if (s->at >= s->text.n || s->text.p[s->at] != ',') {
            return unexpected(s, object ? "after object key:value pair" : "after array element");
        }
        s->at++;
    }
}

static bool scan_value(scanner *s, unsigned depth)
{
    skip_space(s);
    if (depth > 1000) {
        s->why = "exceeded max depth";
        return false;
    }
    char c = s->at < s->text.n ? s->text.p[s->at] : '\0';
    switch (c) {
    case '{':
    case '[':
        return scan_members(s, c == '{', depth);
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        if (c == '-' || (c >= '0' && c <= '9')) {
            return scan_number(s);
        }
        return unexpected(s, "looking for beginning of value");
    }
}

/* ---- shapes ---- */

/* The names that Terraform's provider has for the structures that a member holds; the rest are named after it. */
static const char *const structures[][2] = {
    { "capabilities", "KernelCapabilities" },
    { "dependsOn", "ContainerDependency" },
    { "devices", "Device" },
    { "environment", "KeyValuePair" },
    { "environmentFiles", "EnvironmentFile" },
    { "extraHosts", "HostEntry" },
    { "mountPoints", "MountPoint" },
    { "portMappings", "PortMapping" },
    { "resourceRequirements", "ResourceRequirement" },
    { "restartPolicy", "ContainerRestartPolicy" },
    { "secretOptions", "Secret" },
    { "secrets", "Secret" },
    { "systemControls", "SystemControl" },
    { "ulimits", "Ulimit" },
    { "volumesFrom", "VolumeFrom" },
};

static const char *capital(iacp_call *call, const char *name)
{
    return sdk_printf(call, "%c%s", name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0], name + 1);
}

static const char *structure_name(iacp_call *call, const char *member)
{
    for (size_t i = 0; i < sizeof(structures) / sizeof(structures[0]); i++) {
        if (strcmp(structures[i][0], member) == 0) {
            return structures[i][1];
        }
    }
    return capital(call, member);
}

typedef struct checker {
    iacp_call *call;
    const aws_service *service;
    const char *why; /* the first mistake */
} checker;

/* What holds a value: the structure's name and the way to the member from the container definition. */
typedef struct holder {
    const char *structure, *path, *member;
} holder;

static const char *type_text(const checker *c, const aws_shape *shape, const char *member)
{
    switch ((aws_kind)shape->kind) {
    case AWS_STRUCT:
        return sdk_printf(c->call, "types.%s", structure_name(c->call, member));
    case AWS_LIST:
        return sdk_printf(c->call, "[]%s", type_text(c, &c->service->shapes[shape->value], member));
    case AWS_MAP:
        return sdk_printf(c->call, "map[string]%s", type_text(c, &c->service->shapes[shape->value], member));
    case AWS_INTEGER:
        return "int32";
    case AWS_FLOAT:
        return "float64";
    case AWS_BOOLEAN:
        return "bool";
    case AWS_STRING:
    case AWS_TIMESTAMP:
    case AWS_BLOB:
        break;
    }
    return "string";
}

static void mismatch(checker *c, const aws_shape *shape, holder in, const json_t *v)
{
    const char *kind = json_is_object(v)    ? "object"
                       : json_is_array(v)   ? "array"
                       : json_is_string(v)  ? "string"
                       : json_is_boolean(v) ? "bool"
                                            : "number";
    const char *type = in.path ? type_text(c, shape, in.member) : NULL;

    if (c->why) {
        return;
    }
    if (json_is_real(v) && shape->kind == AWS_INTEGER) {
        kind = sdk_printf(c->call, "number %.17g", json_real_value(v));
    }
    if (in.path) {
        c->why = sdk_printf(c->call, "json: cannot unmarshal %s into Go struct field %s.%s of type %s", kind,
                            in.structure, in.path, type);
    } else {
        c->why = sdk_printf(c->call, "json: cannot unmarshal %s into Go value of type %stypes.ContainerDefinition",
                            kind, shape->kind == AWS_LIST ? "[]" : "");
    }
}

static void check(checker *c, const aws_shape *shape, holder in, const json_t *v);

static void check_members(checker *c, const aws_shape *shape, holder in, const json_t *object)
{
    const char *structure = in.path ? structure_name(c->call, in.member) : "ContainerDefinition";
    const char *key;
    json_t *item;

    json_object_foreach((json_t *)(uintptr_t)object, key, item) {
        const aws_member *member = aws_member_find(c->service, shape, key, strlen(key));
        if (member) {
            const char *name = capital(c->call, member->name);
            holder within = { structure, in.path ? sdk_printf(c->call, "%s.%s", in.path, name) : name, member->name };
            check(c, &c->service->shapes[member->shape], within, item);
        }
    }
}

static void check(checker *c, const aws_shape *shape, holder in, const json_t *v)
{
    const aws_shape *value = &c->service->shapes[shape->value];
    const char *key;
    json_t *item;
    size_t i;
    bool good = json_is_null(v);

    switch ((aws_kind)shape->kind) {
    case AWS_STRUCT:
        good = good || json_is_object(v);
        if (json_is_object(v)) {
            check_members(c, shape, in, v);
        }
        break;
    case AWS_LIST:
        good = good || json_is_array(v);
        json_array_foreach(v, i, item) {
            check(c, value, in, item);
        }
        break;
    case AWS_MAP:
        good = good || json_is_object(v);
        json_object_foreach((json_t *)(uintptr_t)v, key, item) {
            check(c, value, in, item);
        }
        break;
    case AWS_INTEGER:
        good = good || json_is_integer(v);
        break;
    case AWS_FLOAT:
        good = good || json_is_number(v);
        break;
    case AWS_BOOLEAN:
        good = good || json_is_boolean(v);
        break;
    case AWS_STRING:
    case AWS_TIMESTAMP:
    case AWS_BLOB:
        good = good || json_is_string(v);
        break;
    }
    if (!good) {
        mismatch(c, shape, in, v);
    }
}

/* A definition that says nothing. */
static bool is_empty(const checker *c, const aws_shape *shape, json_t *v)
{
    const char *key;
    json_t *item;

    json_object_foreach(v, key, item) {
        if (!json_is_null(item) && aws_member_find(c->service, shape, key, strlen(key))) {
            return false;
        }
    }
    return true;
}

const char *aws_containers_complaint(iacp_call *call, iac_str text)
{
    scanner s = { .call = call, .text = text };
    checker c = { .call = call, .service = aws_service_find("ecs") };
    const aws_op *op = aws_op_find(c.service, "RegisterTaskDefinition");
    const aws_member *member = aws_member_find(c.service, &c.service->shapes[op->input],
                                               "containerDefinitions", strlen("containerDefinitions"));
    const aws_shape *shape = &c.service->shapes[member->shape];
    json_t *list, *item;
    size_t i;

    if (!scan_value(&s, 0)) {
        return s.why;
    }
    skip_space(&s);
    if (s.at < text.n) {
        unexpected(&s, "looking for beginning of value");
        return s.why;
    }
    list = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!list) {
        return "the text cannot be read as JSON";
    }
    check(&c, shape, (holder){ 0 }, list);
    json_array_foreach(list, i, item) {
        if (!c.why && is_empty(&c, &c.service->shapes[shape->value], item)) {
            c.why = sdk_printf(call, "invalid container definition supplied at index (%zu)", i);
        }
    }
    json_decref(list);
    return c.why;
}
