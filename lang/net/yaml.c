#include "lang/net/yaml.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define MAX_NODES 1000000u /* after expanding aliases: a bomb of nine lines would make a thousand million */

typedef struct anchor {
    char *name;
    json_t *value; /* owned reference */
    size_t nodes;
} anchor;

typedef struct reader {
    yaml_parser_t parser;
    IAC_VEC(anchor) anchors; /* of the current document; later ones hide earlier ones */
    size_t nodes;
    iac_buf *why;
} reader;

static json_t *fail(reader *r, const yaml_event_t *event, const char *what)
{
    if (r->why->n == 0) {
        iac_buf_printf(r->why, "line %zu, column %zu: %s", event->start_mark.line + 1, event->start_mark.column + 1,
                       what);
    }
    return NULL;
}

static bool next_event(reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event)) {
        return true;
    }
    if (r->why->n == 0) {
        const yaml_parser_t *p = &r->parser;
        iac_buf_printf(r->why, "line %zu, column %zu: %s", p->problem_mark.line + 1, p->problem_mark.column + 1,
                       p->problem ? p->problem : "not valid YAML");
    }
    return false;
}

/* Scalars */

static bool one_of(iac_str s, const char *const *words)
{
    for (; *words; words++) {
        if (iac_str_is(s, *words)) {
            return true;
        }
    }
    return false;
}

static bool all_of(iac_str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!s.p[i] || !strchr(set, s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

static bool looks_like_float(iac_str s)
{
    size_t i = 0, digits = 0;

    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) {
        i++;
    }
    for (; i < s.n && isdigit((unsigned char)s.p[i]); i++, digits++) {
    }
    if (i < s.n && s.p[i] == '.') {
        for (i++; i < s.n && isdigit((unsigned char)s.p[i]); i++, digits++) {
        }
    }
    if (digits == 0) {
        return false;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        size_t exponent = 0;
        i++;
        if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) {
            i++;
        }
        for (; i < s.n && isdigit((unsigned char)s.p[i]); i++, exponent++) {
        }
        if (exponent == 0) {
            return false;
        }
    }
    return i == s.n;
}

/* NULL when text is no number; *ret_bad when it is one that cannot be held. text ends with a NUL. */
static json_t *scalar_number(iac_str s, bool *ret_bad)
{
    iac_str digits = iac_str_sub(s, 2, s.n);

    errno = 0;
    if (iac_str_starts(s, IAC_STR("0x")) && all_of(digits, "0123456789abcdefABCDEF")) {
        long long n = strtoll(digits.p, NULL, 16);
        *ret_bad = errno != 0;
        return *ret_bad ? NULL : json_integer(n);
    }
    if (iac_str_starts(s, IAC_STR("0o")) && all_of(digits, "01234567")) {
        long long n = strtoll(digits.p, NULL, 8);
        *ret_bad = errno != 0;
        return *ret_bad ? NULL : json_integer(n);
    }
    if (!looks_like_float(s)) {
        return NULL;
    }
    if (!memchr(s.p, '.', s.n) && !memchr(s.p, 'e', s.n) && !memchr(s.p, 'E', s.n)) {
        long long n = strtoll(s.p, NULL, 10);
        if (errno == 0) {
            return json_integer(n);
        }
    }
    double number = strtod(s.p, NULL);
    if (!isfinite(number)) {
        *ret_bad = true;
        return NULL;
    }
    if (floor(number) == number && fabs(number) < 9007199254740992.0) {
        return json_integer((json_int_t)number);
    }
    return json_real(number);
}

/* Reads up to `most` digits at *p; false when there is none. */
static bool read_digits(const char **p, size_t least, size_t most, long *ret)
{
    size_t n = 0;

    for (*ret = 0; n < most && isdigit((unsigned char)**p); n++, (*p)++) {
        *ret = *ret * 10 + (**p - '0');
    }
    return n >= least;
}

static bool read_char(const char **p, char c)
{
    return **p == c && (*p)++;
}

static bool valid_date(long year, long month, long day)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* `2001-12-14`, `2001-12-14t21:59:43.1-05:00`, `2001-12-14 21:59:43`: an RFC 3339 text, or NULL. */
static json_t *scalar_time(const char *p)
{
    long year, month, day, hour = 0, minute = 0, second = 0, fraction;
    char zone[16] = "Z", text[64];

    if (!read_digits(&p, 4, 4, &year) || !read_char(&p, '-') || !read_digits(&p, 1, 2, &month) ||
        !read_char(&p, '-') || !read_digits(&p, 1, 2, &day)) {
        return NULL;
    }
    if (*p) {
        bool zoned = *p == 't' || *p == 'T';
        if ((!zoned && *p != ' ') || (p++, !read_digits(&p, 1, 2, &hour)) || !read_char(&p, ':') ||
            !read_digits(&p, 1, 2, &minute) || !read_char(&p, ':') || !read_digits(&p, 1, 2, &second)) {
            return NULL;
        }
        if (read_char(&p, '.') && !read_digits(&p, 1, 9, &fraction)) {
            return NULL;
        }
        if (zoned && !read_char(&p, 'Z')) {
            long zone_hour, zone_minute;
            char sign = *p;
            if ((sign != '+' && sign != '-') || (p++, !read_digits(&p, 2, 2, &zone_hour)) || !read_char(&p, ':') ||
                !read_digits(&p, 2, 2, &zone_minute) || zone_hour > 23 || zone_minute > 59) {
                return NULL;
            }
            snprintf(zone, sizeof(zone), "%c%02d:%02d", sign, (int)zone_hour, (int)zone_minute);
        }
    }
    if (*p || !valid_date(year, month, day) || hour > 23 || minute > 59 || second > 59) {
        return NULL;
    }
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%s", (int)year, (int)month, (int)day, (int)hour,
             (int)minute, (int)second, zone);
    return json_string(text);
}

/* What a plain scalar means; NULL with *ret_bad when it cannot be held. text ends with a NUL. */
static json_t *scalar_plain(iac_str s, bool *ret_bad)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const yes[] = { "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y",
                                       NULL };
    static const char *const no[] = { "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N",
                                      NULL };

    if (one_of(s, nulls)) {
        return json_null();
    }
    if (one_of(s, yes)) {
        return json_true();
    }
    if (one_of(s, no)) {
        return json_false();
    }
    json_t *value = scalar_number(s, ret_bad);
    if (value || *ret_bad) {
        return value;
    }
    iac_str unsigned_part = s.n && (s.p[0] == '-' || s.p[0] == '+') ? iac_str_sub(s, 1, s.n) : s;
    if (unsigned_part.n == 4 && unsigned_part.p[0] == '.' &&
        (strcasecmp(unsigned_part.p, ".inf") == 0 || strcasecmp(s.p, ".nan") == 0)) {
        *ret_bad = true;
        return NULL;
    }
    value = scalar_time(s.p);
    return value ? value : json_stringn(s.p, s.n);
}

static json_t *read_scalar(reader *r, const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    iac_str s = { (const char *)event->data.scalar.value, event->data.scalar.length };
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool bad = false;
    json_t *value = NULL;

    if (tag && strncmp(tag, "tag:yaml.org,2002:", 18) == 0) {
        const char *name = tag + 18;
        if (strcmp(name, "null") == 0) {
            return json_null();
        }
        if (strcmp(name, "str") == 0 || strcmp(name, "binary") == 0) {
            plain = false;
        } else if (strcmp(name, "bool") != 0 && strcmp(name, "int") != 0 && strcmp(name, "float") != 0 &&
                   strcmp(name, "timestamp") != 0) {
            return fail(r, event, "unsupported tag");
        }
    } else if (tag && strcmp(tag, "!") != 0) {
        return fail(r, event, "unsupported tag");
    } else if (tag) {
        plain = false;
    }
    value = plain ? scalar_plain(s, &bad) : json_stringn(s.p, s.n);
    if (bad) {
        return fail(r, event, "a number that is infinite, not a number or too large");
    }
    return value ? value : fail(r, event, "text that is not valid UTF-8");
}

/* Collections */

static json_t *read_node(reader *r, yaml_event_t *event, size_t depth);

static json_t *read_sequence(reader *r, size_t depth)
{
    json_t *list = json_array();
    yaml_event_t event;

    while (next_event(r, &event)) {
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return list;
        }
        json_t *item = read_node(r, &event, depth + 1);
        yaml_event_delete(&event);
        if (!item) {
            break;
        }
        json_array_append_new(list, item);
    }
    json_decref(list);
    return NULL;
}

/* A key as text; NULL (why is set) when it cannot be one. Caller frees. */
static char *key_text(reader *r, const yaml_event_t *event, const json_t *key)
{
    char number[64];

    if (json_is_string(key)) {
        if (strlen(json_string_value(key)) != json_string_length(key)) {
            fail(r, event, "a key with a NUL character");
            return NULL;
        }
        return iac_xstrdup(json_string_value(key));
    }
    if (json_is_boolean(key)) {
        return iac_xstrdup(json_is_true(key) ? "true" : "false");
    }
    if (json_is_integer(key)) {
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(key));
        return iac_xstrdup(number);
    }
    if (json_is_real(key)) {
        k8s_number_text(json_real_value(key), number, sizeof(number));
        return iac_xstrdup(number);
    }
    fail(r, event, "only strings can be keys of a mapping");
    return NULL;
}

static bool merge_into(json_t *merged, const json_t *from)
{
    size_t i;
    json_t *item;

    if (json_is_object(from)) {
        json_object_update_missing(merged, (json_t *)from);
        return true;
    }
    json_array_foreach(from, i, item) {
        if (!json_is_object(item)) {
            return false;
        }
        json_object_update_missing(merged, item);
    }
    return json_is_array(from);
}

/* One key and its value; false at the end of the mapping or on failure. */
static bool read_pair(reader *r, json_t *map, json_t *merged, size_t depth, bool *ret_end)
{
    yaml_event_t key_event, value_event;
    bool ok = false;

    if (!next_event(r, &key_event)) {
        return false;
    }
    if (key_event.type == YAML_MAPPING_END_EVENT) {
        *ret_end = true;
        yaml_event_delete(&key_event);
        return false;
    }
    bool merge = key_event.type == YAML_SCALAR_EVENT && !key_event.data.scalar.tag &&
                 key_event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                 strcmp((const char *)key_event.data.scalar.value, "<<") == 0;
    json_t *key = read_node(r, &key_event, depth + 1);
    char *text = key ? key_text(r, &key_event, key) : NULL;
    json_decref(key);
    if (text && next_event(r, &value_event)) {
        json_t *value = read_node(r, &value_event, depth + 1);
        if (value && merge) {
            ok = merge_into(merged, value);
            if (!ok) {
                fail(r, &value_event, "<< takes a mapping or a list of mappings");
            }
        } else if (value && json_object_get(map, text)) {
            iac_buf what;
            iac_buf_init(&what, 1024);
            iac_buf_printf(&what, "the key \"%.200s\" is given twice", text);
            fail(r, &key_event, what.p);
            iac_buf_clear(&what);
        } else if (value) {
            ok = json_object_set(map, text, value) == 0;
        }
        json_decref(value);
        yaml_event_delete(&value_event);
    }
    free(text);
    yaml_event_delete(&key_event);
    return ok;
}

static json_t *read_mapping(reader *r, size_t depth)
{
    json_t *map = json_object(), *merged = json_object();
    bool end = false;

    while (read_pair(r, map, merged, depth, &end)) {
    }
    if (end) {
        json_object_update_missing(map, merged);
    } else {
        json_decref(map);
        map = NULL;
    }
    json_decref(merged);
    return map;
}

static json_t *read_alias(reader *r, const yaml_event_t *event)
{
    for (size_t i = r->anchors.n; i-- > 0;) {
        if (strcmp(r->anchors.v[i].name, (const char *)event->data.alias.anchor) == 0) {
            r->nodes += r->anchors.v[i].nodes;
            if (r->nodes > MAX_NODES) {
                return fail(r, event, "the document is too large once its aliases are expanded");
            }
            return json_incref(r->anchors.v[i].value);
        }
    }
    return fail(r, event, "an alias to an anchor that is not defined before it");
}

static json_t *read_node(reader *r, yaml_event_t *event, size_t depth)
{
    const yaml_char_t *name = NULL;
    const char *tag = NULL;
    size_t before = r->nodes;
    json_t *value = NULL;

    if (depth > K8S_MAX_DEPTH) {
        return fail(r, event, "nested too deeply");
    }
    if (++r->nodes > MAX_NODES) {
        return fail(r, event, "the document is too large");
    }
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return read_alias(r, event);
    case YAML_SCALAR_EVENT:
        name = event->data.scalar.anchor;
        value = read_scalar(r, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        name = event->data.sequence_start.anchor;
        tag = (const char *)event->data.sequence_start.tag;
        value = tag && strcmp(tag, YAML_SEQ_TAG) != 0 ? fail(r, event, "unsupported tag") : read_sequence(r, depth);
        break;
    case YAML_MAPPING_START_EVENT:
        name = event->data.mapping_start.anchor;
        tag = (const char *)event->data.mapping_start.tag;
        value = tag && strcmp(tag, YAML_MAP_TAG) != 0 ? fail(r, event, "unsupported tag") : read_mapping(r, depth);
        break;
    default:
        return fail(r, event, "a value is missing");
    }
    if (value && name) {
        anchor a = { iac_xstrdup((const char *)name), json_incref(value), r->nodes - before };
        iac_vec_push(&r->anchors, a);
    }
    return value;
}

static void forget_anchors(reader *r)
{
    for (size_t i = 0; i < r->anchors.n; i++) {
        free(r->anchors.v[i].name);
        json_decref(r->anchors.v[i].value);
    }
    r->anchors.n = 0;
}

/* One document whose start event was read; false on failure. */
static bool read_document(reader *r, json_t *documents)
{
    yaml_event_t event;

    if (!next_event(r, &event)) {
        return false;
    }
    json_t *value = read_node(r, &event, 0);
    yaml_event_delete(&event);
    forget_anchors(r);
    if (!value) {
        return false;
    }
    json_array_append_new(documents, value);
    return true;
}

json_t *k8s_yaml_parse(iac_str text, iac_buf *why)
{
    reader r = { .why = why };
    json_t *documents = json_array();
    bool ok = true, end = false;

    if (!yaml_parser_initialize(&r.parser)) {
        iac_buf_cstr(why, "out of memory");
        json_decref(documents);
        return NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    while (ok && !end) {
        yaml_event_t event;
        if (!next_event(&r, &event)) {
            ok = false;
            break;
        }
        yaml_event_type_t type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_DOCUMENT_START_EVENT) {
            ok = read_document(&r, documents);
        }
        end = type == YAML_STREAM_END_EVENT;
    }
    forget_anchors(&r);
    iac_vec_clear(&r.anchors);
    yaml_parser_delete(&r.parser);
    if (!ok) {
        json_decref(documents);
        return NULL;
    }
    return documents;
}

/* Writing */

/* Whether text can stand without quotes and still be read as the same string. */
static bool plain_safe(iac_str s)
{
    bool bad = false;

    if (s.n == 0 || s.n > 200 || !(isalnum((unsigned char)s.p[0]) || strchr("_/.", s.p[0])) ||
        strchr(" :", s.p[s.n - 1])) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!(isalnum(c) || strchr("_-./: @+=,", c)) || c == '\0') {
            return false;
        }
        if (c == ':' && i + 1 < s.n && s.p[i + 1] == ' ') {
            return false;
        }
    }
    json_t *value = scalar_plain(s, &bad);
    bool string = json_is_string(value) && iac_str_is(s, json_string_value(value)) && !iac_str_is(s, "=") &&
                  !memchr(s.p, ',', s.n);
    json_decref(value);
    /* Other readers of YAML take more for numbers than we do: 0b11, 1_000, 12:30:45. */
    return string && !(isdigit((unsigned char)s.p[0]) && all_of(s, "0123456789_:xobabcdefABCDEF.+-"));
}

/* Whether text can be written as a literal block: several lines, printable, no blank at the start of the first. */
static bool block_safe(iac_str s)
{
    if (!memchr(s.p, '\n', s.n) || s.p[0] == ' ' || s.p[0] == '\n' || s.p[0] == '\t') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || c == 0xc2 || c == 0xe2 || c == 0xef) {
            return false; /* also the lead bytes of NEL, LS, PS and the byte order mark */
        }
    }
    return true;
}

static void write_block(iac_str s, size_t indent, iac_buf *out)
{
    size_t newlines = 0;

    while (newlines < s.n && s.p[s.n - 1 - newlines] == '\n') {
        newlines++;
    }
    iac_buf_cstr(out, newlines == 0 ? "|-" : newlines == 1 ? "|" : "|+");
    iac_buf_char(out, '\n');
    iac_str rest = newlines ? iac_str_sub(s, 0, s.n - 1) : s;
    for (size_t at = 0; at <= rest.n;) {
        size_t end = iac_str_find_char(rest, '\n', at);
        end = end == SIZE_MAX ? rest.n : end;
        if (end > at) {
            iac_buf_fill(out, ' ', indent);
            iac_buf_str(out, iac_str_sub(rest, at, end));
        }
        iac_buf_char(out, '\n');
        at = end + 1;
    }
}

static void write_string(iac_str s, size_t indent, iac_buf *out)
{
    if (plain_safe(s)) {
        iac_buf_str(out, s);
        iac_buf_char(out, '\n');
    } else if (s.n && block_safe(s)) {
        write_block(s, indent ? indent : 2, out);
    } else { /* a JSON string is a double-quoted scalar */
        json_t *string = json_stringn(s.p, s.n);
        char *text = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
        iac_buf_cstr(out, text ? text : "\"\"");
        iac_buf_char(out, '\n');
        free(text);
        json_decref(string);
    }
}

static void write_scalar(const json_t *tree, size_t indent, iac_buf *out)
{
    char number[40];

    switch (json_typeof(tree)) {
    case JSON_STRING:
        write_string((iac_str){ json_string_value(tree), json_string_length(tree) }, indent, out);
        return;
    case JSON_INTEGER:
        iac_buf_printf(out, "%lld\n", (long long)json_integer_value(tree));
        return;
    case JSON_REAL:
        k8s_number_text(json_real_value(tree), number, sizeof(number));
        iac_buf_printf(out, "%s\n", number);
        return;
    case JSON_TRUE:
        iac_buf_cstr(out, "true\n");
        return;
    case JSON_FALSE:
        iac_buf_cstr(out, "false\n");
        return;
    default:
        iac_buf_cstr(out, "null\n");
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Writes tree; the cursor stands where its first line begins, at column `indent`. */
static void write_node(const json_t *tree, size_t indent, iac_buf *out)
{
    size_t n = json_is_object(tree) ? json_object_size(tree) : json_array_size(tree), i = 0;
    const char *key;
    json_t *value;

    if (json_is_object(tree) && n > 0) {
        const char **keys = iac_xcalloc(n, sizeof(*keys));
        json_object_foreach((json_t *)tree, key, value) {
            keys[i++] = key;
        }
        qsort(keys, n, sizeof(*keys), by_name);
        for (i = 0; i < n; i++) {
            iac_buf_fill(out, ' ', i ? indent : 0);
            value = json_object_get(tree, keys[i]);
            iac_buf name;
            iac_buf_init(&name, 1 << 20);
            iac_str text = iac_str_of(keys[i]);
            if (!text.n || memchr(text.p, '\n', text.n)) {
                json_t *string = json_string(keys[i]);
                char *quoted = json_dumps(string, JSON_ENCODE_ANY);
                iac_buf_printf(&name, "%s\n", quoted);
                free(quoted);
                json_decref(string);
            } else {
                write_string(text, 0, &name);
            }
            iac_buf_printf(out, "%.*s:", (int)(name.n ? name.n - 1 : 0), name.p);
            iac_buf_clear(&name);
            if (json_is_object(value) && json_object_size(value)) {
                iac_buf_char(out, '\n');
                iac_buf_fill(out, ' ', indent + 2);
                write_node(value, indent + 2, out);
            } else if (json_is_array(value) && json_array_size(value)) {
                iac_buf_char(out, '\n');
                iac_buf_fill(out, ' ', indent);
                write_node(value, indent, out);
            } else {
                iac_buf_char(out, ' ');
                write_node(value, indent + 2, out);
            }
        }
        free(keys);
    } else if (json_is_array(tree) && n > 0) {
        json_array_foreach(tree, i, value) {
            iac_buf_fill(out, ' ', i ? indent : 0);
            iac_buf_cstr(out, "- ");
            write_node(value, indent + 2, out);
        }
    } else if (json_is_object(tree) || json_is_array(tree)) {
        iac_buf_cstr(out, json_is_object(tree) ? "{}\n" : "[]\n");
    } else {
        write_scalar(tree, indent, out);
    }
}

void k8s_yaml_write(const json_t *tree, iac_buf *out)
{
    write_node(tree, 0, out);
}
