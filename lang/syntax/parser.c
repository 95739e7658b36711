#include "lang/syntax/parser.h"

#include "lang/syntax/parse.h"
#include "lang/value/text.h"

#include <string.h>

/* ---- tokens ---- */

const iac_token *iac_parser_skip_blank(const iac_parser *p)
{
    for (const iac_token *token = p->tokens.v + p->at;; token++) {
        switch (token->kind) {
        case IAC_TOK_BLOCK_COMMENT:
            break;
        case IAC_TOK_NEWLINE:
        case IAC_TOK_COMMENT:
            if (p->newlines)
                return token;
            break;
        default:
            return token;
        }
    }
}

const iac_token *iac_parser_next(iac_parser *p)
{
    const iac_token *token = iac_parser_peek(p);
    p->at = (size_t)(token - p->tokens.v) + (token->kind != IAC_TOK_EOF);
    return token;
}

bool iac_parser_accept(iac_parser *p, iac_token_kind kind)
{
    if (iac_parser_peek(p)->kind != kind)
        return false;
    iac_parser_next(p);
    return true;
}

iac_range iac_parser_range(const iac_parser *p, uint32_t start, uint32_t end)
{
    return (iac_range){ p->src, p->base + start, p->base + end };
}

iac_range iac_token_range(const iac_parser *p, const iac_token *token)
{
    return iac_parser_range(p, token->start, token->end);
}

iac_str iac_token_text(const iac_parser *p, const iac_token *token)
{
    return (iac_str){ p->text.p + token->start, token->end - token->start };
}

bool iac_token_is(const iac_parser *p, const iac_token *token, const char *word)
{
    return token->kind == IAC_TOK_IDENT && iac_str_is(iac_token_text(p, token), word);
}

static bool is_newline(const iac_token *token)
{
    return token->kind == IAC_TOK_NEWLINE || token->kind == IAC_TOK_COMMENT;
}

/* ---- errors ---- */

void iac_parser_error(iac_parser *p, iac_range range, const char *summary, const char *detail)
{
    if (!p->quiet)
        iac_diag_error(p->diags, range, summary, "%s", detail);
}

void iac_parser_error_since(iac_parser *p, const iac_token *token, const iac_token *from, const char *summary,
                            const char *detail)
{
    if (!p->quiet)
        iac_diag_error(p->diags, iac_token_range(p, token), summary, "%s", detail)->context =
            iac_parser_range(p, from->start, token->end);
}

static iac_token_kind opener_of(iac_token_kind close)
{
    switch (close) {
    case IAC_TOK_CBRACE:
        return IAC_TOK_OBRACE;
    case IAC_TOK_CBRACK:
        return IAC_TOK_OBRACK;
    case IAC_TOK_CPAREN:
        return IAC_TOK_OPAREN;
    case IAC_TOK_CQUOTE:
        return IAC_TOK_OQUOTE;
    case IAC_TOK_CHEREDOC:
        return IAC_TOK_OHEREDOC;
    case IAC_TOK_SEQ_END:
        return IAC_TOK_INTERP;
    default:
        return IAC_TOK_EOF;
    }
}

const iac_token *iac_parser_recover(iac_parser *p, iac_token_kind close)
{
    iac_token_kind open = opener_of(close);
    p->quiet = true;
    for (size_t nested = 0;; p->at++) {
        const iac_token *token = &p->tokens.v[p->at];
        iac_token_kind kind = token->kind == IAC_TOK_CONTROL ? IAC_TOK_INTERP : token->kind;
        if (kind == IAC_TOK_EOF || (kind == close && nested == 0))
            return token;
        nested += kind == open;
        nested -= kind == close;
    }
}

/* Moves past the newline that ends the item at hand: one outside of all brackets opened since. */
static void recover_after_item(iac_parser *p)
{
    IAC_VEC(uint8_t) open = { 0 };
    p->quiet = true;
    for (;; p->at++) {
        const iac_token *token = &p->tokens.v[p->at];
        iac_token_kind opener;
        switch (token->kind) {
        case IAC_TOK_EOF:
            iac_vec_clear(&open);
            return;
        case IAC_TOK_NEWLINE:
        case IAC_TOK_COMMENT:
            if (open.n > 0)
                break;
            p->at++;
            iac_vec_clear(&open);
            return;
        case IAC_TOK_OBRACE:
        case IAC_TOK_OBRACK:
        case IAC_TOK_OPAREN:
        case IAC_TOK_OQUOTE:
        case IAC_TOK_OHEREDOC:
        case IAC_TOK_INTERP:
            iac_vec_push(&open, token->kind);
            break;
        case IAC_TOK_CONTROL:
            iac_vec_push(&open, IAC_TOK_INTERP);
            break;
        default: /* a closing bracket also closes what was left open within */
            opener = opener_of(token->kind);
            if (opener == IAC_TOK_EOF)
                break;
            while (open.n > 0 && open.v[open.n - 1] != opener)
                open.n--;
            if (open.n > 0)
                open.n--;
        }
    }
}

bool iac_parser_enter(iac_parser *p)
{
    if (p->depth < IAC_MAX_NESTING) {
        p->depth++;
        return true;
    }
    if (!p->too_deep)
        iac_diag_error(p->diags, iac_token_range(p, iac_parser_peek(p)), "Nesting too deep",
                       "This is nested in more than %d levels of brackets, blocks or templates.", IAC_MAX_NESTING);
    p->too_deep = true;
    p->quiet = true;
    p->at = p->tokens.n - 1;
    return false;
}

void iac_parser_leave(iac_parser *p)
{
    p->depth--;
}

/* ---- set-up ---- */

void iac_parser_init(iac_parser *p, iac_arena *arena, const iac_source *src, iac_str text, iac_lex_mode mode,
                     iac_diags *diags)
{
    *p = (iac_parser){ .arena = arena, .src = src, .text = text, .diags = diags };
    p->base = (uint32_t)(text.p - src->text.p);
    p->tokens = iac_lex(text, mode, src, diags);
    iac_buf_init(&p->buf, IAC_BUF_UNLIMITED);
}

void iac_parser_clear(iac_parser *p)
{
    iac_vec_clear(&p->tokens);
    iac_vec_clear(&p->exprs);
    iac_vec_clear(&p->items);
    iac_vec_clear(&p->attributes);
    iac_vec_clear(&p->blocks);
    iac_vec_clear(&p->labels);
    iac_vec_clear(&p->parts);
    iac_buf_clear(&p->buf);
}

/* ---- bodies ---- */

static const char item_required[] = "Argument or block definition required";

/* The names of one body, to find a second definition. Few are compared one by one, many are hashed. */
typedef struct names {
    iac_map map;
    size_t indexed;
} names;

static const iac_attribute *find_attribute(iac_parser *p, names *seen, size_t base, iac_str name)
{
    size_t n = p->attributes.n - base;
    if (n == 0)
        return NULL;
    const iac_attribute *from = p->attributes.v + base;
    if (n <= 16) {
        for (size_t i = 0; i < n; i++)
            if (iac_str_eq(from[i].name, name))
                return &from[i];
        return NULL;
    }
    for (; seen->indexed < n; seen->indexed++)
        iac_map_put(&seen->map, from[seen->indexed].name, (void *)(uintptr_t)(seen->indexed + 1));
    uintptr_t index = (uintptr_t)iac_map_get(&seen->map, name);
    return index ? &from[index - 1] : NULL;
}

static void add_attribute(iac_parser *p, names *seen, size_t base, iac_attribute attribute)
{
    const iac_attribute *first = find_attribute(p, seen, base, attribute.name);
    if (!first) {
        iac_vec_push(&p->attributes, attribute);
        return;
    }
    iac_str where = iac_range_place(p->arena, first->name_range);
    iac_diag_error(p->diags, attribute.name_range, "Attribute redefined",
                   "The argument \"%.*s\" was already set at %.*s. Each argument may be set only once.",
                   IAC_FMT(attribute.name), IAC_FMT(where));
}

/* At `=`; the expression only, not the end of the line. */
static iac_attribute parse_attribute(iac_parser *p, const iac_token *name)
{
    iac_attribute attribute = { .name = iac_token_text(p, name), .name_range = iac_token_range(p, name) };
    attribute.equals_range = iac_token_range(p, iac_parser_next(p));
    attribute.expr = iac_parse_expr(p);
    attribute.range = iac_range_join(attribute.name_range, attribute.expr->range);
    return attribute;
}

static void parse_attribute_item(iac_parser *p, names *seen, size_t base, const iac_token *name)
{
    size_t errors = p->diags->errors;
    iac_attribute attribute = parse_attribute(p, name);
    if (p->quiet && p->diags->errors > errors) {
        recover_after_item(p); /* recovery within an expression may have stopped anywhere */
    } else {
        const iac_token *end = iac_parser_peek(p);
        if (is_newline(end)) {
            iac_parser_next(p);
        } else if (end->kind != IAC_TOK_EOF) {
            if (end->kind == IAC_TOK_COMMA)
                iac_parser_error_since(p, end, name, "Unexpected comma after argument",
                                       "Argument definitions must be separated by newlines, not commas. An argument "
                                       "definition must end with a newline.");
            else
                iac_parser_error_since(p, end, name, "Missing newline after argument",
                                       "An argument definition must end with a newline.");
            recover_after_item(p);
        }
    }
    add_attribute(p, seen, base, attribute);
}

/* A label between quotes: escapes count, template sequences are errors. */
iac_label iac_parse_quoted_label(iac_parser *p)
{
    const iac_token *open = iac_parser_next(p), *token;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    for (;;) {
        token = iac_parser_next(p);
        if (token->kind == IAC_TOK_CQUOTE)
            break;
        if (token->kind == IAC_TOK_QUOTED_LIT) {
            iac_buf_str(&text, iac_parse_literal(p, token, true));
            continue;
        }
        if (token->kind == IAC_TOK_EOF) {
            iac_diag_error(p->diags, iac_token_range(p, token), "Unterminated string literal",
                           "Unable to find the closing quote mark before the end of the file.");
            break;
        }
        if (token->kind == IAC_TOK_INTERP || token->kind == IAC_TOK_CONTROL) {
            char sigil = p->text.p[token->start];
            iac_diag_error(p->diags, iac_token_range(p, token), "Invalid string literal",
                           "Template sequences are not allowed in this string. To include a literal \"%c\", double it "
                           "(as \"%c%c\") to escape it.",
                           sigil, sigil, sigil);
            iac_buf_printf(&text, "%c{ ... }", sigil);
            iac_parser_recover(p, IAC_TOK_SEQ_END);
            iac_parser_next(p);
            continue;
        }
        iac_diag_error(p->diags, iac_token_range(p, token), "Invalid string literal",
                       "This item is not valid in a string literal.");
        iac_parser_recover(p, IAC_TOK_CQUOTE);
        token = iac_parser_next(p);
        break;
    }
    iac_label label = { .text = iac_arena_str(p->arena, iac_buf_view(&text)),
                        .range = iac_parser_range(p, open->start, token->end) };
    iac_buf_clear(&text);
    return label;
}

static const iac_body *empty_body(iac_parser *p, iac_range range)
{
    iac_body *body = iac_arena_new_of(p->arena, iac_body);
    body->range = range;
    body->missing_at = (iac_range){ range.src, range.start, range.start };
    return body;
}

/* The labels, up to the opening brace: NULL, with an error said, when there is none. */
static const iac_token *parse_labels(iac_parser *p, iac_range *header)
{
    for (;;) {
        const iac_token *token = iac_parser_peek(p);
        iac_label label;
        switch (token->kind) {
        case IAC_TOK_OBRACE:
            return iac_parser_next(p);
        case IAC_TOK_OQUOTE:
            label = iac_parse_quoted_label(p);
            iac_vec_push(&p->labels, label);
            *header = iac_range_join(*header, label.range);
            continue;
        case IAC_TOK_IDENT:
            iac_parser_next(p);
            label = (iac_label){ iac_token_text(p, token), iac_token_range(p, token) };
            iac_vec_push(&p->labels, label);
            *header = iac_range_join(*header, label.range);
            continue;
        case IAC_TOK_EQUAL:
            iac_diag_error(p->diags, iac_token_range(p, token), "Invalid block definition",
                           "The equals sign \"=\" indicates an argument definition, and must not be used when "
                           "defining a block.");
            break;
        case IAC_TOK_NEWLINE:
        case IAC_TOK_COMMENT:
            iac_diag_error(p->diags, iac_token_range(p, token), "Invalid block definition",
                           "A block definition must have block content delimited by \"{\" and \"}\", starting on the "
                           "same line as the block header.");
            break;
        default:
            if (!p->quiet)
                iac_diag_error(p->diags, iac_token_range(p, token), "Invalid block definition",
                               "Either a quoted string block label or an opening brace (\"{\") is expected here.");
        }
        recover_after_item(p);
        return NULL;
    }
}

static const iac_body *finish_body(iac_parser *p, size_t attributes, size_t blocks, iac_range range, iac_range missing)
{
    iac_body *body = iac_arena_new_of(p->arena, iac_body);
    body->attribute_count = p->attributes.n - attributes;
    body->block_count = p->blocks.n - blocks;
    if (body->attribute_count) {
        iac_attribute *copy = iac_arena_array(p->arena, iac_attribute, body->attribute_count);
        memcpy(copy, p->attributes.v + attributes, body->attribute_count * sizeof(*copy));
        body->attributes = copy;
    }
    if (body->block_count) {
        iac_block *copy = iac_arena_array(p->arena, iac_block, body->block_count);
        memcpy(copy, p->blocks.v + blocks, body->block_count * sizeof(*copy));
        body->blocks = copy;
    }
    p->attributes.n = attributes;
    p->blocks.n = blocks;
    body->range = range;
    body->missing_at = missing;
    return body;
}

static void unclosed_block(iac_parser *p, const iac_token *open)
{
    iac_parser_error(p, iac_token_range(p, open), "Unclosed configuration block",
                     "There is no closing brace for this block before the end of the file. This may be caused by "
                     "incorrect brace nesting elsewhere in this file.");
    p->quiet = true;
}

/* The one argument of a block written on one line. */
static void parse_inline_argument(iac_parser *p, const iac_token *name, names *seen, size_t base)
{
    const iac_token *after = iac_parser_peek(p);
    if (after->kind == IAC_TOK_EQUAL) {
        add_attribute(p, seen, base, parse_attribute(p, name));
    } else if (after->kind == IAC_TOK_OQUOTE || after->kind == IAC_TOK_OBRACE || after->kind == IAC_TOK_IDENT) {
        iac_str text = iac_token_text(p, name);
        iac_diag_error(p->diags, iac_parser_range(p, name->start, after->end), "Argument definition required",
                       "A single-line block definition can contain only a single argument. If you meant to define "
                       "argument \"%.*s\", use an equals sign to assign it a value. To define a nested block, place it "
                       "on a line of its own within its parent block.",
                       IAC_FMT(text));
        iac_parser_recover(p, IAC_TOK_CBRACE);
    } else {
        iac_diag_error(p->diags, iac_token_range(p, name), item_required,
                       "An argument or block definition is required here. To set an argument, use the equals sign "
                       "\"=\" to introduce the argument value.");
        iac_parser_recover(p, IAC_TOK_CBRACE);
    }
}

static void end_of_inline_body(iac_parser *p, const iac_token *open, const iac_token *name)
{
    static const char summary[] = "Invalid single-argument block definition";
    const iac_token *token = iac_parser_peek(p);
    if (p->quiet) {
        iac_parser_recover(p, IAC_TOK_CBRACE);
        return;
    }
    switch (token->kind) {
    case IAC_TOK_CBRACE:
        return;
    case IAC_TOK_EOF:
        unclosed_block(p, open);
        return;
    case IAC_TOK_COMMA:
        iac_parser_error_since(p, token, name, summary,
                               "Single-line block syntax can include only one argument definition. To define multiple "
                               "arguments, use the multi-line block syntax with one argument definition per line.");
        break;
    case IAC_TOK_NEWLINE:
    case IAC_TOK_COMMENT:
        iac_parser_error_since(p, token, name, summary,
                               "An argument definition on the same line as its containing block creates a "
                               "single-line block definition, which must also be closed on the same line. Place the "
                               "block's closing brace immediately after the argument definition.");
        break;
    default:
        iac_parser_error_since(p, token, name, summary,
                               "A single-line block definition must end with a closing brace immediately after its "
                               "single argument definition.");
    }
    iac_parser_recover(p, IAC_TOK_CBRACE);
}

static void parse_items(iac_parser *p, const iac_token *open, names *seen, size_t attributes);

/* From after the opening brace through the closing one. */
static const iac_body *parse_block_body(iac_parser *p, const iac_token *open, iac_range *ret_close)
{
    size_t attributes = p->attributes.n, blocks = p->blocks.n;
    names seen = { 0 };
    const iac_token *first = iac_parser_peek(p);
    iac_range missing = iac_token_range(p, open);
    if (first->kind == IAC_TOK_IDENT) {
        missing = iac_token_range(p, first); /* what a block on one line lacks is missing where its argument begins */
        if ((unsigned char)iac_token_text(p, first).p[0] < 0x80)
            missing.end = missing.start + 1;
        parse_inline_argument(p, iac_parser_next(p), &seen, attributes);
        end_of_inline_body(p, open, first);
    } else {
        parse_items(p, open, &seen, attributes);
    }
    iac_map_clear(&seen.map);
    const iac_token *close = iac_parser_next(p); /* the brace, or the end of the file */
    *ret_close = iac_token_range(p, close);
    return finish_body(p, attributes, blocks, iac_parser_range(p, open->end, close->start), missing);
}

static void parse_block_item(iac_parser *p, const iac_token *type)
{
    size_t labels = p->labels.n;
    iac_block block = { .type = iac_token_text(p, type), .type_range = iac_token_range(p, type) };
    block.header_range = block.type_range;
    const iac_token *open = parse_labels(p, &block.header_range);
    block.label_count = p->labels.n - labels;
    iac_label *copy = iac_arena_array(p->arena, iac_label, block.label_count);
    if (block.label_count)
        memcpy(copy, p->labels.v + labels, block.label_count * sizeof(*copy));
    block.labels = copy;
    p->labels.n = labels;
    if (!open || !iac_parser_enter(p)) {
        block.open_range = block.close_range = block.type_range;
        block.range = block.type_range;
        block.body = empty_body(p, block.type_range);
        iac_vec_push(&p->blocks, block);
        return;
    }
    block.open_range = iac_token_range(p, open);
    block.body = parse_block_body(p, open, &block.close_range);
    block.range = iac_range_join(block.type_range, block.close_range);
    iac_parser_leave(p);
    iac_vec_push(&p->blocks, block);

    const iac_token *end = iac_parser_peek(p);
    if (is_newline(end)) {
        iac_parser_next(p);
    } else if (end->kind != IAC_TOK_EOF) {
        iac_parser_error_since(p, end, type, "Missing newline after block definition",
                               "A block definition must end with a newline.");
        recover_after_item(p);
    }
}

static void parse_item(iac_parser *p, names *seen, size_t attributes)
{
    const iac_token *name = iac_parser_next(p);
    switch (iac_parser_peek(p)->kind) {
    case IAC_TOK_EQUAL:
        parse_attribute_item(p, seen, attributes, name);
        return;
    case IAC_TOK_OQUOTE:
    case IAC_TOK_OBRACE:
    case IAC_TOK_IDENT:
        parse_block_item(p, name);
        return;
    default:
        iac_diag_error(p->diags, iac_token_range(p, name), item_required,
                       "An argument or block definition is required here. To set an argument, use the equals sign "
                       "\"=\" to introduce the argument value.");
        recover_after_item(p);
    }
}

/* Items up to the brace that closes open, or to the end of the file (open NULL: the whole file); not taken. */
static void parse_items(iac_parser *p, const iac_token *open, names *seen, size_t attributes)
{
    for (;;) {
        const iac_token *token = iac_parser_peek(p);
        switch (token->kind) {
        case IAC_TOK_NEWLINE:
        case IAC_TOK_COMMENT:
            iac_parser_next(p);
            continue;
        case IAC_TOK_IDENT:
            parse_item(p, seen, attributes);
            if (!open && p->on_item)
                p->on_item(p);
            continue;
        case IAC_TOK_EOF:
            if (open)
                unclosed_block(p, open);
            return;
        case IAC_TOK_OQUOTE:
            iac_parser_error(p, iac_token_range(p, token), "Invalid argument name",
                             "Argument names must not be quoted.");
            break;
        case IAC_TOK_CBRACE:
            if (open)
                return;
            /* fall through */
        default:
            iac_parser_error(p, iac_token_range(p, token), item_required,
                             "An argument or block definition is required here.");
        }
        iac_parser_recover(p, open ? IAC_TOK_CBRACE : IAC_TOK_EOF);
        return;
    }
}

const iac_file *iac_parse_file_tokens(iac_parser *p)
{
    names seen = { 0 };
    p->newlines = true;
    parse_items(p, NULL, &seen, 0);
    iac_map_clear(&seen.map);
    uint32_t size = (uint32_t)p->src->text.n;
    iac_file *file = iac_arena_new_of(p->arena, iac_file);
    file->source = p->src;
    file->body = finish_body(p, 0, 0, iac_parser_range(p, 0, size), iac_parser_range(p, size, size));
    return file;
}

const iac_file *iac_parse_file(iac_arena *arena, const iac_source *source, iac_diags *diags)
{
    iac_parser p;
    iac_parser_init(&p, arena, source, source->text, IAC_LEX_CONFIG, diags);
    const iac_file *file = iac_parse_file_tokens(&p);
    iac_parser_clear(&p);
    return file;
}

/* ---- single expressions and templates ---- */

const iac_expr *iac_parse_expression(iac_arena *arena, const iac_source *source, iac_diags *diags)
{
    iac_parser p;
    iac_parser_init(&p, arena, source, source->text, IAC_LEX_CONFIG, diags);
    const iac_expr *expr = iac_parse_expr(&p); /* newlines are blanks, as within parentheses */
    const iac_token *end = iac_parser_peek(&p);
    if (end->kind != IAC_TOK_EOF && !p.quiet) {
        iac_diag_error(diags, iac_token_range(&p, end), "Extra characters after expression",
                       "An expression was successfully parsed, but extra characters were found after it.");
        expr = iac_expr_error(&p, expr->range);
    }
    iac_parser_clear(&p);
    return expr;
}

const iac_expr *iac_parse_template(iac_arena *arena, const iac_source *source, iac_diags *diags)
{
    iac_parser p;
    iac_parser_init(&p, arena, source, source->text, IAC_LEX_TEMPLATE, diags);
    const iac_expr *expr = iac_parse_bare_template(&p, iac_parser_range(&p, 0, (uint32_t)source->text.n));
    iac_parser_clear(&p);
    return expr;
}

bool iac_is_identifier(iac_str s)
{
    size_t i = 0;
    while (i < s.n) {
        size_t start = i;
        uint32_t code = iac_utf8_next(s, &i);
        bool fits = start == 0 ? code == '_' || iac_is_id_start(code) : code == '-' || iac_is_id_continue(code);
        if (!fits || (code == 0xFFFD && i - start == 1))
            return false;
    }
    return s.n > 0;
}
