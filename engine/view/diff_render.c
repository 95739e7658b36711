#include "engine/view/diff.h"
#include "engine/view/style.h"

#include "lang/base/secrets.h"
#include "lang/value/json.h"
#include "lang/value/path.h"
#include "lang/value/secrets.h"
#include "lang/value/text.h"

/* Two nodes that refer to each other: JSON within a string is a tree within a leaf. */

typedef struct painter {
    iac_buf *out;
    iac_arena *arena; /* for what lasts as long as the drawing */
} painter;

static void draw(painter *p, const iac_diff *diff, int indent, iac_diff_style style);

/* ---- small parts ---- */

size_t iac_diff_columns(iac_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

void iac_diff_symbol(iac_buf *out, iac_action action, bool color)
{
    switch (action) {
    case IAC_ACTION_CREATE:
        iac_buf_cstr(out, "  ");
        iac_styled(out, color, IAC_GREEN, "+");
        break;
    case IAC_ACTION_DELETE:
        iac_buf_cstr(out, "  ");
        iac_styled(out, color, IAC_RED, "-");
        break;
    case IAC_ACTION_UPDATE:
        iac_buf_cstr(out, "  ");
        iac_styled(out, color, IAC_YELLOW, "~");
        break;
    case IAC_ACTION_DELETE_CREATE:
        iac_styled(out, color, IAC_RED, "-");
        iac_buf_char(out, '/');
        iac_styled(out, color, IAC_GREEN, "+");
        break;
    case IAC_ACTION_CREATE_DELETE:
        iac_styled(out, color, IAC_GREEN, "+");
        iac_buf_char(out, '/');
        iac_styled(out, color, IAC_RED, "-");
        break;
    case IAC_ACTION_READ:
        iac_buf_char(out, ' ');
        iac_styled(out, color, IAC_CYAN, "<=");
        break;
    case IAC_ACTION_FORGET:
        iac_buf_char(out, ' ');
        iac_styled(out, color, IAC_RED, ".");
        break;
    case IAC_ACTION_NOOP:
        iac_buf_cstr(out, "   ");
        break;
    }
}

static bool is_identifier(iac_str name)
{
    for (size_t at = 0; at < name.n;) {
        bool first = at == 0;
        uint32_t c = iac_utf8_next(name, &at);
        if (!(first ? iac_is_id_start(c) : iac_is_id_continue(c) || c == '-'))
            return false;
    }
    return name.n > 0;
}

static iac_str quoted(iac_arena *arena, iac_str name)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_quote(&buf, name);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return ret;
}

iac_str iac_diff_name(iac_arena *arena, iac_str name)
{
    return is_identifier(name) ? name : quoted(arena, name);
}

static void symbol(painter *p, iac_action action, iac_diff_style style)
{
    if (style.hide_symbols)
        return;
    iac_diff_symbol(p->out, action, style.color);
    iac_buf_char(p->out, ' ');
}

static void begin_line(painter *p, int indent, iac_action action, iac_diff_style style)
{
    iac_buf_fill(p->out, ' ', (size_t)indent * 4);
    symbol(p, action, style);
}

static void null_suffix(painter *p, iac_action action, iac_diff_style style)
{
    if (style.no_null_suffix || action != IAC_ACTION_DELETE)
        return;
    iac_buf_char(p->out, ' ');
    iac_styled(p->out, style.color, IAC_GRAY, "-> null");
}

static void replacement(painter *p, bool replace, iac_diff_style style)
{
    if ((!replace && !style.all_force_replacement) || style.never_force_replacement)
        return;
    iac_buf_char(p->out, ' ');
    iac_styled(p->out, style.color, IAC_RED, "# forces replacement");
}

static void arrow(painter *p, iac_diff_style style)
{
    iac_buf_char(p->out, ' ');
    iac_styled(p->out, style.color, IAC_YELLOW, "->");
    iac_buf_char(p->out, ' ');
}

static void unchanged(painter *p, int indent, size_t count, const char *what, iac_diff_style style)
{
    begin_line(p, indent, IAC_ACTION_NOOP, style);
    iac_style(p->out, style.color, IAC_GRAY);
    iac_buf_printf(p->out, "# (%zu unchanged %s%s hidden)", count, what, count == 1 ? "" : "s");
    iac_style(p->out, style.color, IAC_RESET);
    iac_buf_char(p->out, '\n');
}

static void end(painter *p, int indent, const char *bracket, const iac_diff *diff, iac_diff_style style)
{
    begin_line(p, indent, IAC_ACTION_NOOP, style);
    iac_buf_cstr(p->out, bracket);
    if (diff)
        null_suffix(p, diff->action, style);
}

/* What is said above a value whose sensitivity changes. */
static void warnings(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    bool sensitive = diff->kind == IAC_DIFF_SENSITIVE, block = diff->kind == IAC_DIFF_SENSITIVE_BLOCK;
    if ((!sensitive && !block) || diff->before_sensitive == diff->after_sensitive ||
        diff->inner->action == IAC_ACTION_CREATE || diff->inner->action == IAC_ACTION_DELETE)
        return;
    const char *what = block ? "block" : "attribute value";
    for (int line = 0; line < 2; line++) {
        iac_buf_fill(p->out, ' ', (size_t)indent * 4);
        iac_buf_cstr(p->out, "  # ");
        if (line == 0) {
            iac_styled(p->out, style.color, IAC_YELLOW, "Warning");
            iac_buf_printf(p->out, diff->before_sensitive ? ": this %s will no longer be marked as sensitive"
                                                          : ": this %s will be marked as sensitive and will not", what);
        } else {
            iac_buf_cstr(p->out, diff->before_sensitive ? "after applying this change."
                                                        : "display in UI output after applying this change.");
            if (diff->inner->action == IAC_ACTION_NOOP)
                iac_buf_cstr(p->out, " The value is unchanged.");
        }
        iac_buf_char(p->out, '\n');
    }
}

/* ---- strings ---- */

static bool has_newline(iac_str s)
{
    return iac_str_find_char(s, '\n', 0) < s.n;
}

/* Text of several lines is shown without the white space around it. */
static iac_str heredoc_text(const iac_value *v)
{
    iac_str s = v ? v->string : (iac_str){ 0 };
    if (!has_newline(s))
        return s;
    while (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
        s.n--;
    return s;
}

/* The JSON that the string holds, or NULL: only objects and arrays are worth taking apart. */
static const iac_value *json_of(painter *p, const iac_value *v)
{
    if (!v || !v->string.n || (v->string.p[0] != '{' && v->string.p[0] != '['))
        return NULL;
    return iac_value_from_json_spelled(p->arena, v->string);
}

static void simple_string(painter *p, const iac_value *v, iac_diff_style style)
{
    if (v)
        iac_quote(p->out, v->string);
    else
        iac_styled(p->out, style.color, IAC_GRAY, "null");
}

static void draw_json(painter *p, const iac_diff *diff, const iac_value *before, const iac_value *after, int indent,
                      iac_diff_style style)
{
    const iac_diff *json = iac_diff_json(p->arena, before, diff->action != IAC_ACTION_CREATE, after,
                                         diff->action != IAC_ACTION_DELETE);
    iac_diff_style inner = style;
    inner.no_null_suffix = true;
    bool whitespace = json->action == IAC_ACTION_NOOP && diff->action == IAC_ACTION_UPDATE;
    if (whitespace)
        inner.show_unchanged = true;
    iac_action action = diff->action;
    if (action == IAC_ACTION_CREATE || action == IAC_ACTION_DELETE || whitespace)
        action = IAC_ACTION_NOOP;
    inner.all_force_replacement = false;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    painter into = { &text, p->arena };
    draw(&into, json, indent + 1, inner);
    bool lines = has_newline(iac_buf_view(&text));
    const char *remark = diff->replace ? " # whitespace changes force replacement" : " # whitespace changes";
    iac_buf_cstr(p->out, "jsonencode(");
    if (lines) {
        if (whitespace)
            iac_buf_cstr(p->out, remark);
        iac_buf_char(p->out, '\n');
        begin_line(p, indent + 1, action, style);
    }
    iac_buf_str(p->out, iac_buf_view(&text));
    if (lines) {
        if (!whitespace)
            replacement(p, diff->replace, style);
        iac_buf_char(p->out, '\n');
        begin_line(p, indent, IAC_ACTION_NOOP, style);
        iac_buf_char(p->out, ')');
        null_suffix(p, diff->action, style);
    } else {
        iac_buf_char(p->out, ')');
        if (whitespace)
            iac_buf_cstr(p->out, remark);
        else
            replacement(p, diff->replace, style);
    }
    iac_buf_clear(&text);
}

typedef struct lines {
    iac_str *v;
    uint32_t *classes;
    size_t n;
} lines;

static lines split(iac_arena *arena, iac_str text, iac_map *known)
{
    size_t count = 1;
    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '\n';
    lines ret = { iac_arena_array(arena, iac_str, count), iac_arena_array(arena, uint32_t, count), count };
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t stop = iac_str_find_char(text, '\n', at);
        ret.v[i] = iac_str_sub(text, at, stop);
        at = stop < text.n ? stop + 1 : text.n;
        void **id = iac_map_at(known, ret.v[i]);
        if (!*id)
            *id = (void *)(uintptr_t)known->n;
        ret.classes[i] = (uint32_t)(uintptr_t)*id;
    }
    return ret;
}

typedef struct line_job {
    painter *p;
    lines before, after;
    int indent;
    iac_diff_style style;
} line_job;

static void draw_line(line_job *job, iac_action action, iac_str line)
{
    begin_line(job->p, job->indent, action, job->style);
    iac_buf_str(job->p->out, line);
    iac_buf_char(job->p->out, '\n');
}

static void visit_line(void *arg, size_t in_before, size_t in_after)
{
    line_job *job = arg;
    bool both = in_before != SIZE_MAX && in_after != SIZE_MAX;
    if (both && job->before.classes[in_before] == job->after.classes[in_after]) {
        draw_line(job, IAC_ACTION_NOOP, job->before.v[in_before]);
        return;
    }
    if (in_before != SIZE_MAX)
        draw_line(job, IAC_ACTION_DELETE, job->before.v[in_before]);
    if (in_after != SIZE_MAX)
        draw_line(job, IAC_ACTION_CREATE, job->after.v[in_after]);
}

static bool never_object(void *arg, bool in_b, size_t index)
{
    (void)arg;
    (void)in_b;
    (void)index;
    return false;
}

static void draw_heredoc(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    iac_map known = { 0 };
    line_job job = { .p = p, .indent = indent + 1, .style = style };
    iac_str before = heredoc_text(diff->before);
    iac_str after = heredoc_text(diff->after);
    iac_buf_cstr(p->out, "<<-EOT");
    replacement(p, diff->replace, style);
    iac_buf_char(p->out, '\n');
    if (diff->action == IAC_ACTION_UPDATE) {
        if (!diff->before)
            before = IAC_STR("null");
        if (!diff->after)
            after = IAC_STR("null");
        job.before = split(p->arena, before, &known);
        job.after = split(p->arena, after, &known);
        iac_diff_sequence(job.before.classes, job.before.n, job.after.classes, job.after.n, never_object, visit_line,
                          &job);
    } else {
        lines all = split(p->arena, diff->action == IAC_ACTION_DELETE ? before : after, &known);
        for (size_t i = 0; i < all.n; i++)
            draw_line(&job, IAC_ACTION_NOOP, all.v[i]);
    }
    iac_map_clear(&known);
    begin_line(p, indent, IAC_ACTION_NOOP, style);
    iac_buf_cstr(p->out, "EOT");
    null_suffix(p, diff->action, style);
}

static void draw_string_update(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    const iac_value *before = json_of(p, diff->before), *after = json_of(p, diff->after);
    if (before && after) {
        draw_json(p, diff, before, after, indent, style);
        return;
    }
    if (before || after) {
        iac_diff old = { .kind = IAC_DIFF_PRIMITIVE, .action = IAC_ACTION_DELETE, .before = diff->before };
        iac_diff new = { .kind = IAC_DIFF_PRIMITIVE, .action = IAC_ACTION_CREATE, .after = diff->after };
        style.no_null_suffix = true;
        draw(p, &old, indent, style);
        arrow(p, style);
        draw(p, &new, indent, style);
        return;
    }
    bool many = (diff->before && has_newline(diff->before->string)) ||
                (diff->after && has_newline(diff->after->string));
    if (many) {
        draw_heredoc(p, diff, indent, style);
        return;
    }
    simple_string(p, diff->before, style);
    arrow(p, style);
    simple_string(p, diff->after, style);
    replacement(p, diff->replace, style);
}

static void draw_string(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    if (diff->action == IAC_ACTION_UPDATE) {
        draw_string_update(p, diff, indent, style);
        return;
    }
    bool gone = diff->action == IAC_ACTION_DELETE;
    const iac_value *v = gone ? diff->before : diff->after;
    const iac_value *json = json_of(p, v);
    if (json) {
        draw_json(p, diff, diff->action == IAC_ACTION_CREATE ? NULL : json, gone ? NULL : json, indent, style);
    } else if (v && has_newline(v->string)) {
        draw_heredoc(p, diff, indent, style);
    } else {
        simple_string(p, v, style);
        if (v)
            null_suffix(p, diff->action, style);
        replacement(p, diff->replace, style);
    }
}

/* ---- leaves ---- */

static void scalar(painter *p, const iac_value *v, iac_diff_style style)
{
    if (!v)
        iac_styled(p->out, style.color, IAC_GRAY, "null");
    else if (v->kind == IAC_BOOL)
        iac_buf_cstr(p->out, v->boolean ? "true" : "false");
    else if (v->kind == IAC_NUMBER)
        iac_buf_str(p->out, iac_number_text(p->arena, style.hide_symbols ? v : iac_value_unsign_zeros(p->arena, v)));
    else if (v->kind == IAC_DYNAMIC) /* a number within JSON */
        iac_buf_str(p->out, v->string);
    else if (v->kind == IAC_STRING)
        iac_quote(p->out, v->string);
}

static void draw_primitive(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    const iac_value *v = diff->before ? diff->before : diff->after;
    if (v && v->kind == IAC_STRING) {
        draw_string(p, diff, indent, style);
        return;
    }
    if (diff->action == IAC_ACTION_UPDATE) {
        scalar(p, diff->before, style);
        arrow(p, style);
        scalar(p, diff->after, style);
    } else {
        scalar(p, diff->action == IAC_ACTION_CREATE ? diff->after : diff->before, style);
        if (!diff->blank)
            null_suffix(p, diff->action, style);
    }
    replacement(p, diff->replace, style);
}

static void draw_unknown(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    if (diff->inner) {
        iac_diff_style inner = style;
        inner.no_null_suffix = true;
        draw(p, diff->inner, indent, inner);
        iac_buf_cstr(p->out, " -> ");
    }
    iac_buf_cstr(p->out, "(known after apply)");
    replacement(p, diff->replace, style);
}

static void draw_words(painter *p, const iac_diff *diff, const char *words, iac_diff_style style)
{
    iac_buf_cstr(p->out, words);
    null_suffix(p, diff->action, style);
    replacement(p, diff->replace, style);
}

/* ---- collections ---- */

static bool is_important(iac_str key)
{
    return iac_str_is(key, "id") || iac_str_is(key, "name") || iac_str_is(key, "tags");
}

/* Keys as they are written, and how wide they are. Widths are counted in bytes, as Terraform does. */
static iac_str *written_keys(painter *p, const iac_diff *diff, size_t *ret_width)
{
    iac_str *names = iac_arena_array(p->arena, iac_str, diff->n);
    *ret_width = 0;
    for (size_t i = 0; i < diff->n; i++) {
        iac_str key = diff->keys[i];
        if (diff->kind != IAC_DIFF_BLOCK) /* else it is a schema's */
            key = iac_secrets_redacted(p->arena, key);
        names[i] = diff->kind == IAC_DIFF_MAP ? quoted(p->arena, key) : iac_diff_name(p->arena, key);
        *ret_width = names[i].n > *ret_width ? names[i].n : *ret_width;
    }
    return names;
}

/* The children by key; returns how many were left out. */
static size_t draw_members(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    size_t width, left_out = 0;
    iac_str *names = written_keys(p, diff, &width);
    bool aligned = !(diff->kind == IAC_DIFF_MAP && diff->nested);
    for (size_t i = 0; i < diff->n; i++) {
        const iac_diff *child = diff->children[i];
        iac_diff_style own = style;
        bool important = diff->kind != IAC_DIFF_MAP && is_important(diff->keys[i]);
        if (child->action == IAC_ACTION_NOOP && !style.show_unchanged && !important) {
            left_out++;
            continue;
        }
        if (important)
            own.show_unchanged = true;
        warnings(p, child, indent, own);
        begin_line(p, indent, child->action, own);
        iac_buf_str(p->out, names[i]);
        size_t columns = iac_diff_columns(names[i]);
        iac_buf_fill(p->out, ' ', aligned && width > columns ? width - columns : 0);
        iac_buf_cstr(p->out, " = ");
        draw(p, child, indent, own);
        iac_buf_cstr(p->out, diff->kind == IAC_DIFF_MAP && child->kind == IAC_DIFF_OBJECT ? ",\n" : "\n");
    }
    return left_out;
}

static void draw_object(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    if (!diff->n) {
        draw_words(p, diff, "{}", style);
        return;
    }
    iac_diff_style inner = style;
    if (diff->kind == IAC_DIFF_MAP && diff->action != IAC_ACTION_DELETE)
        inner.no_null_suffix = style.no_null_suffix; /* elements come and go by themselves */
    else
        inner.no_null_suffix = !diff->nested;
    inner.all_force_replacement = false;
    iac_buf_char(p->out, '{');
    replacement(p, diff->replace, style);
    iac_buf_char(p->out, '\n');
    size_t left_out = draw_members(p, diff, indent + 1, inner);
    if (left_out)
        unchanged(p, indent + 1, left_out, diff->kind == IAC_DIFF_MAP ? "element" : "attribute", style);
    end(p, indent, "}", diff, style);
}

static void draw_item(painter *p, const iac_diff *item, int indent, iac_diff_style style)
{
    warnings(p, item, indent, style);
    begin_line(p, indent, item->action, style);
    draw(p, item, indent, style);
    iac_buf_cstr(p->out, ",\n");
}

/* Around each change of a list stand its neighbours, so that one sees where in the list it is. */
static size_t draw_list_items(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    bool context = diff->kind == IAC_DIFF_LIST && !diff->nested, show_next = false;
    iac_diff_style whole = style;
    whole.show_unchanged = true;
    size_t left_out = 0;
    const iac_diff *last = NULL;
    for (size_t i = 0; i < diff->n; i++) {
        const iac_diff *item = diff->children[i];
        if (item->action == IAC_ACTION_NOOP && !show_next && !style.show_unchanged) {
            left_out++;
            last = item;
            continue;
        }
        show_next = false;
        if (context) {
            if (left_out > 1)
                unchanged(p, indent, left_out - 1, "element", style);
            if (left_out)
                draw_item(p, last, indent, whole);
            left_out = 0;
            show_next = item->action != IAC_ACTION_NOOP;
        }
        draw_item(p, item, indent, item->action == IAC_ACTION_NOOP ? whole : style);
    }
    return left_out;
}

static void draw_list(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    if (!diff->n) {
        draw_words(p, diff, "[]", style);
        return;
    }
    iac_diff_style inner = style;
    inner.no_null_suffix = !(diff->nested && diff->kind == IAC_DIFF_SET);
    inner.all_force_replacement = false;
    iac_buf_char(p->out, '[');
    replacement(p, diff->replace, style);
    iac_buf_char(p->out, '\n');
    size_t left_out = draw_list_items(p, diff, indent + 1, inner);
    if (left_out)
        unchanged(p, indent + 1, left_out, "element", style);
    end(p, indent, "]", diff, style);
}

/* ---- blocks ---- */

static void draw_block(painter *p, const iac_diff *diff, int indent, iac_diff_style style);

/* A group may be sensitive as a whole though its blocks are not. */
static iac_diff wrapped(const iac_diff *diff, const iac_diff_blocks *group)
{
    bool create = diff->action == IAC_ACTION_CREATE, gone = diff->action == IAC_ACTION_DELETE;
    bool hide = create ? group->after_sensitive
                       : gone ? group->before_sensitive : group->before_sensitive || group->after_sensitive;
    if (!hide)
        return *diff;
    iac_diff ret = { .kind = IAC_DIFF_SENSITIVE_BLOCK, .action = diff->action, .replace = diff->replace, .inner = diff,
                     .before_sensitive = group->before_sensitive, .after_sensitive = group->after_sensitive };
    if (ret.action == IAC_ACTION_NOOP && group->before_sensitive != group->after_sensitive)
        ret.action = IAC_ACTION_UPDATE;
    return ret;
}

/* Returns how many blocks were left out. */
static size_t draw_group(painter *p, const iac_diff_blocks *group, bool gap, int indent, iac_diff_style style)
{
    size_t left_out = 0;
    style.all_force_replacement = group->replace;
    for (size_t i = 0; i < group->n; i++) {
        iac_diff diff = wrapped(group->blocks[i], group);
        if (diff.action == IAC_ACTION_NOOP && !style.show_unchanged) {
            left_out++;
            continue;
        }
        if (gap)
            iac_buf_char(p->out, '\n');
        gap = false;
        warnings(p, &diff, indent, style);
        begin_line(p, indent, diff.action, style);
        iac_buf_str(p->out, iac_diff_name(p->arena, group->name));
        if (group->keys) {
            iac_buf_char(p->out, ' ');
            iac_quote(p->out, group->keys[i]);
        }
        iac_buf_char(p->out, ' ');
        draw(p, &diff, indent, style);
        iac_buf_char(p->out, '\n');
    }
    return left_out;
}

static void draw_block(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    if (!diff->n && !diff->group_count) {
        iac_buf_cstr(p->out, "{}");
        replacement(p, diff->replace, style);
        return;
    }
    iac_diff_style inner = style;
    inner.all_force_replacement = false;
    iac_buf_char(p->out, '{');
    replacement(p, diff->replace, style);
    iac_buf_char(p->out, '\n');
    size_t left_out = draw_members(p, diff, indent + 1, inner);
    if (left_out)
        unchanged(p, indent + 1, left_out, "attribute", style);
    left_out = 0;
    for (size_t i = 0; i < diff->group_count; i++)
        left_out += draw_group(p, &diff->groups[i], diff->n > 0, indent + 1, inner);
    if (left_out) {
        iac_buf_char(p->out, '\n');
        unchanged(p, indent + 1, left_out, "block", style);
    }
    end(p, indent, "}", NULL, style);
}

static void draw_sensitive_block(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    iac_buf_char(p->out, '{');
    replacement(p, diff->replace, style);
    iac_buf_char(p->out, '\n');
    begin_line(p, indent + 1, IAC_ACTION_NOOP, style);
    iac_buf_cstr(p->out, "# At least one attribute in this block is (or was) sensitive,\n");
    begin_line(p, indent + 1, IAC_ACTION_NOOP, style);
    iac_buf_cstr(p->out, "# so its contents will not be displayed.\n");
    end(p, indent, "}", NULL, style);
}

static void draw(painter *p, const iac_diff *diff, int indent, iac_diff_style style)
{
    switch (diff->kind) {
    case IAC_DIFF_PRIMITIVE:
        if (iac_value_shows_secret(diff->before) || iac_value_shows_secret(diff->after))
            draw_words(p, diff, IAC_SECRET_SHOWN, style);
        else
            draw_primitive(p, diff, indent, style);
        break;
    case IAC_DIFF_UNKNOWN:
        draw_unknown(p, diff, indent, style);
        break;
    case IAC_DIFF_SENSITIVE:
        draw_words(p, diff, IAC_SECRET_SHOWN, style);
        break;
    case IAC_DIFF_WRITE_ONLY:
        draw_words(p, diff, "(write-only attribute)", style);
        break;
    case IAC_DIFF_TYPE_CHANGE:
        style.no_null_suffix = true;
        draw(p, diff->inner, indent, style);
        arrow(p, style);
        draw(p, diff->other, indent, style);
        break;
    case IAC_DIFF_OBJECT:
    case IAC_DIFF_MAP:
        draw_object(p, diff, indent, style);
        break;
    case IAC_DIFF_LIST:
    case IAC_DIFF_SET:
        draw_list(p, diff, indent, style);
        break;
    case IAC_DIFF_BLOCK:
        draw_block(p, diff, indent, style);
        break;
    case IAC_DIFF_SENSITIVE_BLOCK:
        draw_sensitive_block(p, diff, indent, style);
        break;
    }
}

void iac_diff_render(iac_buf *out, const iac_diff *diff, int indent, iac_diff_style style)
{
    painter p = { out, iac_arena_new() };
    draw(&p, diff, indent, style);
    iac_arena_free(p.arena);
}
