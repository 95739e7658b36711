/* yamldecode: YAML 1.1 read by libyaml, its plain scalars understood as Terraform understands them. */
#include "lang/func/func_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 500, MAX_NODES = 4000000 }; /* of nodes, those that aliases repeat are counted again */

struct anchor {
    const iac_value *value; /* NULL while it is being read */
    size_t nodes;
};

struct decoder {
    iac_call *call;
    yaml_parser_t parser;
    iac_map anchors; /* name -> struct anchor */
    size_t depth, nodes;
};

static const iac_value *fail(struct decoder *d, const char *format, ...) IAC_PRINTF(2, 3);

static const iac_value *fail(struct decoder *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    iac_str text = iac_arena_vprintf(d->call->arena, format, args);
    va_end(args);
    if (d->call->error->text.n == 0)
        iac_call_fail(d->call, IAC_FUNC_NO_ARG, "%.*s", IAC_FMT(text));
    return NULL;
}

static const iac_value *fail_at(struct decoder *d, yaml_mark_t mark, const char *what)
{
    return fail(d, "on line %zu, column %zu: %s", mark.line ? mark.line : 1, mark.column + 1, what);
}

/* Lines are counted from zero, and the first is not told: so it is in Terraform. */
static const iac_value *fail_beyond_first(struct decoder *d, yaml_mark_t mark, const char *what)
{
    return mark.line ? fail_at(d, mark, what) : fail(d, "%s", what);
}

static bool next_event(struct decoder *d, yaml_event_t *ret)
{
    if (yaml_parser_parse(&d->parser, ret))
        return true;
    const char *problem = d->parser.problem ? d->parser.problem : "the document cannot be read";
    yaml_mark_t mark = d->parser.problem_mark;
    if (d->parser.error == YAML_SCANNER_ERROR && mark.line > 0)
        mark.line++;
    fail_beyond_first(d, mark, problem);
    return false;
}

/* ---- scalars ---- */

static bool is_one_of(iac_str s, const char *const *words)
{
    for (; *words; words++)
        if (iac_str_is(s, *words))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [+-] digits [. digits] [e [+-] digits]: what both JSON and older YAML call a number. */
static bool is_number(iac_str s)
{
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+'), digits = 0;
    for (; i < s.n && is_digit(s.p[i]); i++)
        digits++;
    if (i < s.n && s.p[i] == '.')
        for (i++; i < s.n && is_digit(s.p[i]); i++)
            digits++;
    if (digits == 0)
        return false;
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
        size_t from = i;
        while (i < s.n && is_digit(s.p[i]))
            i++;
        if (i == from)
            return false;
    }
    return i == s.n;
}

/* 0x1f and 0o17, without a sign. */
static const iac_value *prefixed_number(iac_arena *arena, iac_str s)
{
    int base = iac_str_starts(s, IAC_STR("0x")) ? 16 : iac_str_starts(s, IAC_STR("0o")) ? 8 : 0;
    if (base == 0 || s.n == 2 || s.n > 40)
        return NULL;
    for (size_t i = 2; i < s.n; i++)
        if (!strchr(base == 16 ? "0123456789abcdefABCDEF" : "01234567", s.p[i]))
            return NULL;
    mpfr_t n;
    mpfr_init2(n, IAC_PRECISION);
    mpfr_set_str(n, s.p + 2, base, MPFR_RNDN);
    const iac_value *v = iac_value_number(arena, n);
    mpfr_clear(n);
    return v;
}

/* Reads one or two digits. */
static bool short_number(iac_str s, size_t *at, int *ret)
{
    size_t from = *at;
    *ret = 0;
    while (*at < s.n && *at - from < 2 && is_digit(s.p[*at]))
        *ret = *ret * 10 + (s.p[(*at)++] - '0');
    return *at > from;
}

static bool take(iac_str s, size_t *at, char c)
{
    if (*at >= s.n || s.p[*at] != c)
        return false;
    ++*at;
    return true;
}

/* A date, or a date and a time, becomes an RFC 3339 timestamp. NULL when s is neither. */
static const iac_value *timestamp(iac_arena *arena, iac_str s)
{
    static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    size_t i = 4;
    int month, day, hour = 0, minute = 0, second = 0;
    iac_str zone = IAC_STR("Z");
    if (s.n < 8 || !is_digit(s.p[0]) || !is_digit(s.p[1]) || !is_digit(s.p[2]) || !is_digit(s.p[3]))
        return NULL;
    if (!take(s, &i, '-') || !short_number(s, &i, &month) || !take(s, &i, '-') || !short_number(s, &i, &day))
        return NULL;
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return NULL;
    if (i < s.n) {
        bool zoned = s.p[i] == 'T' || s.p[i] == 't';
        if ((!zoned && s.p[i] != ' ') || (i++, !short_number(s, &i, &hour)) || !take(s, &i, ':') ||
            !short_number(s, &i, &minute) || !take(s, &i, ':') || !short_number(s, &i, &second))
            return NULL;
        if (i + 1 < s.n && s.p[i] == '.' && is_digit(s.p[i + 1]))
            for (i++; i < s.n && is_digit(s.p[i]);)
                i++;
        iac_str rest = iac_str_sub(s, i, s.n);
        bool offset = rest.n == 6 && (rest.p[0] == '+' || rest.p[0] == '-') && rest.p[3] == ':' &&
                      is_digit(rest.p[1]) && is_digit(rest.p[2]) && is_digit(rest.p[4]) && is_digit(rest.p[5]);
        if (hour > 23 || minute > 59 || second > 59 || (zoned ? !offset && !iac_str_is(rest, "Z") : rest.n > 0))
            return NULL;
        if (offset && !iac_str_is(iac_str_sub(rest, 1, 6), "00:00"))
            zone = rest;
    }
    return iac_value_string(arena, iac_arena_printf(arena, "%.4s-%02d-%02dT%02d:%02d:%02d%.*s", s.p, month, day, hour,
                                                    minute, second, IAC_FMT(zone)));
}

/* What a plain scalar without a tag means. */
static const iac_value *resolve(struct decoder *d, iac_str s)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const yes[] = { "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE", NULL };
    static const char *const no[] = {
        "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE", NULL
    };
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL };
    static const char *const minus[] = { "-.inf", "-.Inf", "-.INF", NULL };
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    iac_arena *arena = d->call->arena;
    if (is_one_of(s, nulls))
        return &iac_null_dynamic;
    if (is_one_of(s, yes) || is_one_of(s, no))
        return iac_value_bool(is_one_of(s, yes));
    if (is_one_of(s, infinities) || is_one_of(s, minus))
        return iac_value_number_parse(arena, is_one_of(s, minus) ? IAC_STR("-Inf") : IAC_STR("Inf"));
    if (is_one_of(s, nans))
        return fail(d, "floating point NaN is not supported");
    const iac_value *v = is_number(s) ? iac_value_number_parse(arena, s) : prefixed_number(arena, s);
    if (!v)
        v = timestamp(arena, s);
    return v ? v : iac_value_string(arena, s);
}

#define TAG(name) "tag:yaml.org,2002:" name

static const iac_value *scalar(struct decoder *d, const yaml_event_t *event)
{
    iac_str s = { (const char *)event->data.scalar.value, event->data.scalar.length };
    const char *tag = (const char *)event->data.scalar.tag;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!tag || strcmp(tag, "!") == 0)
        return plain && !tag ? resolve(d, s) : iac_value_string(d->call->arena, s);
    if (strcmp(tag, TAG("str")) == 0 || strcmp(tag, TAG("binary")) == 0)
        return iac_value_string(d->call->arena, s);
    static const char *const known[] = { TAG("int"), TAG("float"), TAG("bool"), TAG("null"), TAG("timestamp"), NULL };
    if (!is_one_of(iac_str_of(tag), known))
        return fail(d, "unsupported tag \"%s\"", tag);
    if (!plain)
        return iac_value_string(d->call->arena, s);
    if (strcmp(tag, TAG("null")) == 0)
        return &iac_null_dynamic;
    const iac_value *v = resolve(d, s);
    bool fits = !v || (strcmp(tag, TAG("bool")) == 0        ? v->kind == IAC_BOOL
                       : strcmp(tag, TAG("timestamp")) == 0 ? v->kind == IAC_STRING
                                                            : v->kind == IAC_NUMBER);
    return fits ? v : fail(d, "cannot parse \"%.*s\" as %s", IAC_FMT(s), tag);
}

/* ---- nodes ---- */

static const iac_value *node(struct decoder *d, yaml_event_t *event);

/* Remembers the anchor of a node that begins; its value is set when it ends. */
static struct anchor *begin_anchor(struct decoder *d, const yaml_char_t *name)
{
    if (!name)
        return NULL;
    struct anchor *anchor = iac_arena_new_of(d->call->arena, struct anchor);
    anchor->nodes = d->nodes;
    iac_map_put(&d->anchors, iac_arena_str(d->call->arena, iac_str_of((const char *)name)), anchor);
    return anchor;
}

static const iac_value *alias(struct decoder *d, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = iac_map_get(&d->anchors, iac_str_of(name));
    if (!anchor)
        return fail(d, "reference to undefined anchor \"%s\"", name);
    if (!anchor->value)
        return fail(d, "cannot refer to anchor \"%s\" from inside its own definition", name);
    d->nodes += anchor->nodes;
    return d->nodes > MAX_NODES ? fail(d, "the document expands to too many values") : anchor->value;
}

static const iac_value *sequence(struct decoder *d, const yaml_event_t *start)
{
    const char *tag = (const char *)start->data.sequence_start.tag;
    if (tag && strcmp(tag, TAG("seq")) != 0 && strcmp(tag, "!") != 0)
        return fail(d, "can't interpret sequence as %s", tag);
    IAC_VEC(const iac_value *) items = { 0 };
    const iac_value *result = NULL;
    yaml_event_t event;
    for (;;) {
        if (!next_event(d, &event))
            goto out;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            break;
        const iac_value *item = node(d, &event);
        if (!item)
            goto out;
        iac_vec_push(&items, item);
    }
    yaml_event_delete(&event);
    result = iac_value_tuple(d->call->arena, items.v, items.n);
out:
    iac_vec_clear(&items);
    return result;
}

struct members {
    IAC_VEC(iac_str) keys;
    IAC_VEC(const iac_value *) values;
};

static bool add_merged(struct decoder *d, struct members *m, const iac_value *from)
{
    if (from->kind != IAC_OBJECT || iac_is_null(from)) {
        iac_str name = iac_call_type_name(d->call, from);
        fail(d, "cannot merge %.*s into mapping", IAC_FMT(name));
        return false;
    }
    for (size_t i = 0; i < from->n; i++) {
        iac_vec_push(&m->keys, from->keys[i]);
        iac_vec_push(&m->values, from->items[i]);
    }
    return true;
}

static bool member(struct decoder *d, yaml_event_t *event, struct members *own, struct members *merged)
{
    bool merge = event->type == YAML_SCALAR_EVENT && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                 strcmp((const char *)event->data.scalar.value, "<<") == 0;
    yaml_mark_t mark = event->start_mark;
    const iac_value *key = node(d, event);
    yaml_event_t next;
    if (!key)
        return false;
    iac_str error;
    const iac_value *name =
        key->kind < IAC_LIST ? iac_convert(d->call->arena, key, &iac_type_string, &error, NULL) : NULL;
    if (!name || iac_is_null(name)) {
        if (name)
            fail_beyond_first(d, mark, "mapping key cannot be null");
        else
            fail(d, "only strings are allowed as mapping keys");
        return false;
    }
    if (!next_event(d, &next))
        return false;
    const iac_value *value = node(d, &next);
    if (!value)
        return false;
    if (merge)
        return add_merged(d, merged, value);
    iac_vec_push(&own->keys, name->string);
    iac_vec_push(&own->values, value);
    return true;
}

static const iac_value *mapping(struct decoder *d, const yaml_event_t *start)
{
    const char *tag = (const char *)start->data.mapping_start.tag;
    if (tag && strcmp(tag, TAG("map")) != 0 && strcmp(tag, "!") != 0)
        return fail(d, "can't interpret mapping as %s", tag);
    struct members own = { 0 }, all = { 0 };
    const iac_value *result = NULL;
    yaml_event_t event;
    for (;;) {
        if (!next_event(d, &event))
            goto out;
        if (event.type == YAML_MAPPING_END_EVENT)
            break;
        if (!member(d, &event, &own, &all))
            goto out;
    }
    yaml_event_delete(&event);
    for (size_t i = 0; i < own.keys.n; i++) { /* a mapping's own keys win over merged ones */
        iac_vec_push(&all.keys, own.keys.v[i]);
        iac_vec_push(&all.values, own.values.v[i]);
    }
    result = iac_value_object(d->call->arena, all.keys.v, all.values.v, all.keys.n);
out:
    iac_vec_clear(&own.keys);
    iac_vec_clear(&own.values);
    iac_vec_clear(&all.keys);
    iac_vec_clear(&all.values);
    return result;
}

/* Reads the node that begins with the event, which is deleted. */
static const iac_value *node(struct decoder *d, yaml_event_t *event)
{
    const iac_value *v = NULL;
    struct anchor *anchor = NULL;
    d->nodes++;
    if (d->depth == MAX_DEPTH) {
        fail(d, "the document is nested too deeply");
        goto out;
    }
    d->depth++;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        v = alias(d, event);
        break;
    case YAML_SCALAR_EVENT:
        anchor = begin_anchor(d, event->data.scalar.anchor);
        v = scalar(d, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = begin_anchor(d, event->data.sequence_start.anchor);
        v = sequence(d, event);
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = begin_anchor(d, event->data.mapping_start.anchor);
        v = mapping(d, event);
        break;
    default:
        fail_at(d, event->start_mark, "unexpected content");
        break;
    }
    d->depth--;
    if (anchor) {
        anchor->value = v;
        anchor->nodes = d->nodes - anchor->nodes + 1;
    }
out:
    yaml_event_delete(event);
    return v;
}

/* Reads the next event, which must be of that type. */
static bool expect(struct decoder *d, yaml_event_type_t type, const char *otherwise)
{
    yaml_event_t event;
    if (!next_event(d, &event))
        return false;
    bool ok = event.type == type;
    if (!ok)
        fail_at(d, event.start_mark, otherwise);
    yaml_event_delete(&event);
    return ok;
}

static bool expect_document(struct decoder *d)
{
    static const char missing[] = "missing start of document";
    yaml_event_t event;
    if (!next_event(d, &event))
        return false;
    bool ok = event.type == YAML_DOCUMENT_START_EVENT;
    const yaml_version_directive_t *version = ok ? event.data.document_start.version_directive : NULL;
    bool other = version && (version->major != 1 || version->minor != 1);
    if (!ok)
        fail_at(d, event.start_mark, missing);
    else if (other)
        fail(d, "found incompatible YAML document");
    yaml_event_delete(&event);
    return ok && !other;
}

const iac_value *iac_fn_yamldecode(iac_call *call)
{
    struct decoder d = { .call = call };
    iac_str text = iac_arg_str(call, 0);
    const iac_value *v = NULL;
    yaml_event_t event;
    if (!yaml_parser_initialize(&d.parser))
        abort();
    yaml_parser_set_input_string(&d.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    if (expect(&d, YAML_STREAM_START_EVENT, "missing start of stream") &&
        expect_document(&d) && next_event(&d, &event))
        v = node(&d, &event);
    if (v && !(expect(&d, YAML_DOCUMENT_END_EVENT, "unexpected extra content after value") &&
               expect(&d, YAML_STREAM_END_EVENT, "unexpected extra content after value")))
        v = NULL;
    yaml_parser_delete(&d.parser);
    iac_map_clear(&d.anchors);
    return v;
}
