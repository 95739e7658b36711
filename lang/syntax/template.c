/* Templates: quoted strings, heredocs and bare texts with ${ } and %{ } in them.
 * First the tokens become a flat list of parts, on which strip markers and the indentation of <<- heredocs work; then
 * the directives among the parts nest into a tree. */
#include "lang/syntax/parse.h"
#include "lang/value/text.h"

#include <string.h>

typedef enum part_kind {
    PART_LITERAL,
    PART_INTERP,
    PART_IF,
    PART_ELSE,
    PART_ENDIF,
    PART_FOR,
    PART_ENDFOR,
    PART_END,
} part_kind;

struct iac_template_part {
    part_kind kind;
    iac_range range;         /* of a sequence: from its opening to its closing */
    iac_str text;            /* LITERAL: in the arena */
    const iac_expr *expr;    /* INTERP; IF: condition; FOR: collection */
    iac_str key_var, value_var;
};

/* ---- literals ---- */

static bool is_space(uint32_t c)
{
    return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Bytes of white space at the beginning. */
static size_t leading_space(iac_str s)
{
    size_t at = 0;
    while (at < s.n) {
        size_t next = at;
        if (!is_space(iac_utf8_next(s, &next)))
            break;
        at = next;
    }
    return at;
}

static iac_str trim_end(iac_str s)
{
    while (s.n > 0) {
        size_t start = s.n - 1, next;
        while (start > 0 && ((unsigned char)s.p[start] & 0xC0) == 0x80)
            start--;
        next = start;
        if (!is_space(iac_utf8_next(s, &next)))
            break;
        s.n = start;
    }
    return s;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void bad_escape(iac_parser *p, uint32_t start, uint32_t end, iac_str detail)
{
    iac_diag_error(p->diags, iac_parser_range(p, start, end), "Invalid escape sequence", "%.*s", IAC_FMT(detail));
}

/* \uNNNN and \UNNNNNNNN at text[i]; returns where it ends. */
static size_t parse_unicode_escape(iac_parser *p, iac_str text, size_t i, uint32_t offset)
{
    size_t digits = text.p[i + 1] == 'u' ? 4 : 8, end = i + 2;
    uint32_t code = 0;
    while (end < text.n && end < i + 2 + digits && hex_value(text.p[end]) >= 0)
        code = code * 16 + (uint32_t)hex_value(text.p[end++]);
    uint32_t from = offset + (uint32_t)i, to = offset + (uint32_t)end;
    if (end - i - 2 < digits)
        bad_escape(p, from, to,
                   digits == 4 ? IAC_STR("The \\u escape sequence must be followed by four hexadecimal digits.")
                               : IAC_STR("The \\U escape sequence must be followed by eight hexadecimal digits."));
    else if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        bad_escape(p, from, to,
                   iac_arena_printf(p->arena, "Cannot encode character U+%04x in UTF-8.", (unsigned)code));
    else
        iac_buf_utf8(&p->buf, code);
    return end;
}

/* A backslash at text[i]; returns where its sequence ends. */
static size_t parse_escape(iac_parser *p, iac_str text, size_t i, uint32_t offset)
{
    char selector = i + 1 < text.n ? text.p[i + 1] : '\0';
    switch (selector) {
    case 'n':
        iac_buf_char(&p->buf, '\n');
        return i + 2;
    case 'r':
        iac_buf_char(&p->buf, '\r');
        return i + 2;
    case 't':
        iac_buf_char(&p->buf, '\t');
        return i + 2;
    case '"':
    case '\\':
        iac_buf_char(&p->buf, selector);
        return i + 2;
    case 'u':
    case 'U':
        return parse_unicode_escape(p, text, i, offset);
    default: {
        size_t end = i + 1;
        if (end < text.n)
            iac_utf8_next(text, &end);
        iac_str symbol = iac_str_sub(text, i + 1, end);
        bad_escape(p, offset + (uint32_t)i, offset + (uint32_t)end,
                   iac_arena_printf(p->arena, "The symbol \"%.*s\" is not a valid escape sequence selector.",
                                    IAC_FMT(symbol)));
        return end;
    }
    }
}

iac_str iac_parse_literal(iac_parser *p, const iac_token *token, bool quoted)
{
    iac_str text = iac_token_text(p, token);
    size_t plain = 0; /* start of bytes to be taken as they are */
    iac_buf_reset(&p->buf);
    for (size_t i = 0; i < text.n;) {
        char c = text.p[i];
        bool doubled = (c == '$' || c == '%') && i + 2 < text.n && text.p[i + 1] == c && text.p[i + 2] == '{';
        if (!doubled && !(quoted && c == '\\')) {
            i++;
            continue;
        }
        iac_buf_add(&p->buf, text.p + plain, i - plain);
        if (doubled) {
            iac_buf_char(&p->buf, c);
            iac_buf_char(&p->buf, '{');
            i += 3;
        } else {
            i = parse_escape(p, text, i, token->start);
        }
        plain = i;
    }
    if (plain == 0)
        return text;
    iac_buf_add(&p->buf, text.p + plain, text.n - plain);
    return iac_buf_view(&p->buf);
}

/* ---- parts ---- */

static void push_part(iac_parser *p, iac_template_part part)
{
    iac_vec_push(&p->parts, part);
}

static void add_literal(iac_parser *p, const iac_token *token, bool trim)
{
    bool quoted = token->kind == IAC_TOK_QUOTED_LIT;
    iac_str text = iac_parse_literal(p, token, quoted);
    if (text.p == p->buf.p)
        text = iac_arena_str(p->arena, text);
    if (trim)
        text = iac_str_sub(text, leading_space(text), text.n);
    push_part(p, (iac_template_part){ .kind = PART_LITERAL, .range = iac_token_range(p, token), .text = text });
}

/* The } of a sequence; what stands in its way is reported, and skipped. Returns the token, taken. */
static const iac_token *end_of_sequence(iac_parser *p, const char *marker)
{
    const iac_token *token = iac_parser_peek(p);
    if (token->kind != IAC_TOK_SEQ_END) {
        if (!p->quiet)
            iac_diag_error(p->diags, iac_token_range(p, token),
                           iac_arena_printf(p->arena, "Extra characters in %s marker", marker).p,
                           "Expected a closing brace to end the sequence, but found extra characters.");
        const iac_token *found = iac_parser_recover(p, IAC_TOK_SEQ_END);
        if (found->kind == IAC_TOK_EOF)
            return token;
    }
    return iac_parser_next(p);
}

static const iac_token *end_of_interpolation(iac_parser *p, const iac_token *open)
{
    const iac_token *token = iac_parser_peek(p);
    if (token->kind == IAC_TOK_SEQ_END)
        return iac_parser_next(p);
    if (token->kind == IAC_TOK_EOF || token->kind == IAC_TOK_OQUOTE) {
        if (!p->quiet)
            iac_diag_error(p->diags, iac_token_range(p, open), "Unclosed template interpolation sequence",
                           "There is no closing brace for this interpolation sequence before the end of the %s. This "
                           "might be caused by incorrect nesting inside the given expression.",
                           token->kind == IAC_TOK_EOF ? "file" : "quoted template");
    } else {
        iac_parser_error(p, iac_token_range(p, token), "Extra characters after interpolation expression",
                         "Expected a closing brace to end the interpolation expression, but found extra "
                         "characters.\n\nThis can happen when you include interpolation syntax for another language, "
                         "such as shell scripting, but forget to escape the interpolation start token. If this is an "
                         "embedded sequence for another language, escape it by starting with \"$${\" instead of just "
                         "\"${\".");
    }
    iac_parser_recover(p, IAC_TOK_SEQ_END);
    return iac_parser_next(p);
}

static bool strips(const iac_parser *p, const iac_token *token, size_t at)
{
    return p->text.p[token->start + at] == '~';
}

/* %{ for: the names and the collection. False after errors. */
static bool parse_for_directive(iac_parser *p, iac_template_part *part)
{
    static const char summary[] = "Invalid 'for' directive";
    const char *detail = NULL;
    if (iac_parser_peek(p)->kind != IAC_TOK_IDENT) {
        detail = "For directive requires variable name after 'for'.";
    } else {
        part->value_var = iac_token_text(p, iac_parser_next(p));
        if (iac_parser_accept(p, IAC_TOK_COMMA)) {
            part->key_var = part->value_var;
            if (iac_parser_peek(p)->kind == IAC_TOK_IDENT)
                part->value_var = iac_token_text(p, iac_parser_next(p));
            else
                detail = "For directive requires value variable name after comma.";
        }
        if (!detail && !iac_token_is(p, iac_parser_peek(p), "in"))
            detail = "For directive requires 'in' keyword after names.";
    }
    if (detail) {
        iac_parser_error(p, iac_token_range(p, iac_parser_peek(p)), summary, detail);
        return false;
    }
    iac_parser_next(p);
    part->expr = iac_parse_expr(p);
    return true;
}

static bool parse_directive(iac_parser *p, iac_template_part *part, const char **ret_marker)
{
    static const struct {
        const char *word;
        part_kind kind;
    } words[] = { { "if", PART_IF },   { "else", PART_ELSE },     { "endif", PART_ENDIF },
                  { "for", PART_FOR }, { "endfor", PART_ENDFOR } };
    const iac_token *token = iac_parser_peek(p);
    if (token->kind != IAC_TOK_IDENT) {
        iac_parser_error(p, iac_token_range(p, token), "Invalid template directive",
                         "A template directive keyword (\"if\", \"for\", etc) is expected at the beginning of a %{ "
                         "sequence.");
        return false;
    }
    iac_str word = iac_token_text(p, token), known[IAC_COUNT(words)];
    for (size_t i = 0; i < IAC_COUNT(words); i++) {
        known[i] = iac_str_of(words[i].word);
        if (!iac_str_eq(word, known[i]))
            continue;
        iac_parser_next(p);
        part->kind = words[i].kind;
        *ret_marker = words[i].word;
        if (part->kind == PART_FOR)
            return parse_for_directive(p, part);
        if (part->kind == PART_IF)
            part->expr = iac_parse_expr(p);
        return true;
    }
    if (!p->quiet) {
        iac_str near = iac_str_nearest(word, known, IAC_COUNT(known));
        iac_diag_error(p->diags, iac_token_range(p, token), "Invalid template control keyword",
                       "\"%.*s\" is not a valid template control keyword.%s%.*s%s", IAC_FMT(word),
                       near.n ? " Did you mean \"" : "", IAC_FMT(near), near.n ? "\"?" : "");
    }
    return false;
}

/* ${ } or %{ }, at its opening. Returns whether white space after it goes. */
static bool add_sequence(iac_parser *p, size_t base)
{
    const iac_token *open = iac_parser_next(p), *close;
    bool newlines = p->newlines;
    p->newlines = false;
    if (strips(p, open, open->end - open->start - 1) && p->parts.n > base) {
        iac_template_part *before = &p->parts.v[p->parts.n - 1];
        if (before->kind == PART_LITERAL)
            before->text = trim_end(before->text);
    }
    iac_template_part part = { .kind = PART_INTERP };
    bool usable = true;
    if (open->kind == IAC_TOK_INTERP) {
        part.expr = iac_parse_expr(p);
        close = end_of_interpolation(p, open);
    } else {
        const char *marker = "";
        usable = parse_directive(p, &part, &marker);
        if (usable) {
            close = end_of_sequence(p, marker);
        } else {
            iac_parser_recover(p, IAC_TOK_SEQ_END);
            close = iac_parser_next(p);
        }
    }
    p->newlines = newlines;
    part.range = iac_parser_range(p, open->start, close->end);
    if (usable)
        push_part(p, part);
    return close->kind == IAC_TOK_SEQ_END && strips(p, close, 0);
}

/* All parts up to the token `close`, and PART_END for it, onto the stack. Returns the closing token, taken (or EOF). */
static const iac_token *parse_parts(iac_parser *p, iac_token_kind close)
{
    size_t base = p->parts.n;
    bool trim_next = false;
    const iac_token *token, *first = &p->tokens.v[p->at];
    for (;;) {
        token = &p->tokens.v[p->at]; /* within a template every token counts */
        if (token->kind == close)
            break;
        if (token->kind == IAC_TOK_QUOTED_LIT || token->kind == IAC_TOK_STRING_LIT) {
            p->at++;
            add_literal(p, token, trim_next);
            trim_next = false;
            continue;
        }
        if (token->kind == IAC_TOK_INTERP || token->kind == IAC_TOK_CONTROL) {
            trim_next = add_sequence(p, base);
            continue;
        }
        iac_parser_error_since(p, token, first, "Unterminated template string",
                               "No closing marker was found for the string.");
        iac_token_kind kind = token->kind;
        const iac_token *end = iac_parser_recover(p, close);
        token = kind == IAC_TOK_EOF ? token : end;
        break;
    }
    p->at += token->kind != IAC_TOK_EOF;
    push_part(p, (iac_template_part){ .kind = PART_END, .range = iac_token_range(p, token) });
    return token;
}

/* ---- indentation of <<- ---- */

static size_t grapheme_bytes(iac_str s, size_t count)
{
    size_t at = 0;
    while (count-- > 0 && at < s.n)
        at += iac_grapheme_next(s, at);
    return at;
}

/* White space at the start of a line counts in grapheme clusters; a line of nothing else does not count. Only a part
 * that follows a line's end begins a line here: where a strip marker has eaten the newline, the next line is taken to
 * continue the one before, and keeps its indentation. */
static void remove_indentation(iac_parser *p, size_t from)
{
    size_t least = SIZE_MAX;
    for (int pass = 0; pass < 2; pass++) {
        bool line_start = true;
        for (size_t i = from; i < p->parts.n; i++) {
            iac_template_part *part = &p->parts.v[i];
            if (part->kind == PART_END)
                break;
            bool is_literal = part->kind == PART_LITERAL;
            bool ends_line = is_literal && iac_str_ends(part->text, IAC_STR("\n"));
            if (line_start) {
                size_t space = is_literal ? leading_space(part->text) : 0;
                bool blank = is_literal && space == part->text.n && ends_line;
                if (pass == 0 && !blank) {
                    size_t width = iac_grapheme_count(iac_str_sub(is_literal ? part->text : (iac_str){ 0 }, 0, space));
                    least = width < least ? width : least;
                } else if (pass == 1 && is_literal && !blank) {
                    part->text = iac_str_sub(part->text, grapheme_bytes(part->text, least), part->text.n);
                }
            }
            line_start = ends_line;
        }
    }
}

/* ---- nesting ---- */

typedef struct nester {
    iac_parser *p;
    size_t at; /* in p->parts */
    bool heredoc;
    bool broken; /* the innermost directive was ended by one that does not belong to it */
} nester;

static const iac_expr *nest(nester *n, const iac_template_part *opener, bool in_else);

static void unexpected(nester *n, const iac_template_part *part, const char *word, const char *format, const char *want,
                       iac_range where)
{
    iac_parser *p = n->p;
    iac_str at = where.src ? iac_range_place(p->arena, where) : (iac_str){ "", 0 };
    iac_str detail = iac_arena_printf(p->arena, "%s%.*s%s", format, IAC_FMT(at), want);
    iac_diag_error(p->diags, part->range, iac_arena_printf(p->arena, "Unexpected %s directive", word).p, "%.*s",
                   IAC_FMT(detail));
}

/* A directive that closes or divides what is not open. */
static void unbalanced(nester *n, const iac_template_part *part, const iac_template_part *opener)
{
    const char *word = part->kind == PART_ELSE ? "else" : part->kind == PART_ENDIF ? "endif" : "endfor";
    if (!opener)
        unexpected(n, part, word, "The control directives within this template are unbalanced.", "", IAC_NO_RANGE);
    else if (part->kind == PART_ELSE && opener->kind == PART_FOR)
        unexpected(n, part, word, "An else clause is not expected for a for directive.", "", IAC_NO_RANGE);
    else if (part->kind == PART_ELSE)
        unexpected(n, part, word, "Already in the else clause for the if started at ", ".", opener->range);
    else if (opener->kind == PART_FOR)
        unexpected(n, part, word, "Expecting an endfor directive corresponding to the for directive at ", ".",
                   opener->range);
    else
        unexpected(n, part, word, "Expecting an endif directive for the if started at ", ".", opener->range);
}

static bool closed_by(nester *n, part_kind kind)
{
    if (n->broken || n->p->parts.v[n->at].kind != kind)
        return false;
    n->at++;
    return true;
}

static const iac_expr *nest_if(nester *n, iac_template_part part)
{
    iac_expr *expr = iac_expr_new(n->p, IAC_EXPR_TEMPLATE_IF, part.range);
    expr->cond.condition = part.expr;
    expr->cond.yes = nest(n, &part, false);
    if (closed_by(n, PART_ELSE))
        expr->cond.no = nest(n, &part, true);
    expr->range = iac_range_join(expr->range, n->p->parts.v[n->at].range);
    closed_by(n, PART_ENDIF);
    n->broken = false;
    iac_expr_adopt(n->p, expr, part.expr);
    iac_expr_adopt(n->p, expr, expr->cond.yes);
    if (expr->cond.no)
        iac_expr_adopt(n->p, expr, expr->cond.no);
    return expr;
}

static const iac_expr *nest_for(nester *n, iac_template_part part)
{
    iac_expr *expr = iac_expr_new(n->p, IAC_EXPR_TEMPLATE_FOR, part.range);
    expr->for_.key_var = part.key_var;
    expr->for_.value_var = part.value_var;
    expr->for_.collection = part.expr;
    expr->for_.open_range = part.range;
    expr->for_.value = nest(n, &part, false);
    expr->range = iac_range_join(expr->range, n->p->parts.v[n->at].range);
    closed_by(n, PART_ENDFOR);
    n->broken = false;
    iac_expr_adopt(n->p, expr, part.expr);
    iac_expr_adopt(n->p, expr, expr->for_.value);
    return expr;
}

/* The literals of neighbouring parts, from the one at hand on, as one expression; NULL when they are empty. */
static const iac_expr *join_literals(nester *n)
{
    iac_parser *p = n->p;
    const iac_template_part *first = &p->parts.v[n->at], *last = first;
    iac_str text = first->text;
    if (p->parts.v[n->at + 1].kind == PART_LITERAL) {
        iac_buf_reset(&p->buf);
        for (size_t i = n->at; p->parts.v[i].kind == PART_LITERAL; i++) {
            last = &p->parts.v[i];
            iac_buf_str(&p->buf, last->text);
        }
        text = iac_buf_view(&p->buf);
    }
    n->at += (size_t)(last - first) + 1;
    if (text.n == 0)
        return NULL;
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_LITERAL, iac_range_join(first->range, last->range));
    expr->literal = iac_value_string(p->arena, text);
    return expr;
}

/* Whether the part ends the arm or body begun by opener. */
static bool ends_here(const iac_template_part *part, const iac_template_part *opener, bool in_else)
{
    if (part->kind == PART_END)
        return true;
    if (!opener)
        return false;
    if (opener->kind == PART_FOR)
        return part->kind == PART_ENDFOR;
    return part->kind == PART_ENDIF || (part->kind == PART_ELSE && !in_else);
}

/* Parts up to what ends the directive opener (NULL: the whole template); the ending part is not taken. A directive out
 * of place is reported and ends the innermost one, so that one mistake does not make every later one wrong. */
static const iac_expr *nest(nester *n, const iac_template_part *opener, bool in_else)
{
    iac_parser *p = n->p;
    size_t base = p->exprs.n;
    iac_expr *template = iac_expr_new(p, IAC_EXPR_TEMPLATE, p->parts.v[n->at].range);
    template->tmpl.heredoc = n->heredoc;
    while (!ends_here(&p->parts.v[n->at], opener, in_else)) {
        const iac_template_part *part = &p->parts.v[n->at];
        const iac_expr *expr = NULL;
        if (part->kind == PART_LITERAL) {
            expr = join_literals(n);
        } else if (part->kind == PART_INTERP) {
            expr = part->expr;
            n->at++;
        } else if (part->kind == PART_IF || part->kind == PART_FOR) {
            if (!iac_parser_enter(p)) {
                while (p->parts.v[n->at].kind != PART_END)
                    n->at++;
                break;
            }
            n->at++;
            expr = part->kind == PART_IF ? nest_if(n, *part) : nest_for(n, *part);
            iac_parser_leave(p);
        } else {
            unbalanced(n, part, opener);
            n->at++;
            n->broken = opener != NULL;
            if (opener)
                goto done;
        }
        if (expr) {
            iac_vec_push(&p->exprs, expr);
            iac_expr_adopt(p, template, expr);
        }
    }
    const iac_template_part *end = &p->parts.v[n->at];
    if (opener && end->kind == PART_END && !p->too_deep) {
        const char *word = opener->kind == PART_IF ? "if" : "for";
        iac_str at = iac_range_place(p->arena, opener->range);
        iac_diag_error(p->diags, end->range, "Unexpected end of template",
                       "The %s directive at %.*s is missing its corresponding end%s directive.", word, IAC_FMT(at),
                       word);
    }
done:
    template->tmpl.parts = iac_parser_take_exprs(p, base, &template->tmpl.part_count);
    if (template->tmpl.part_count > 0)
        template->range = iac_range_join(template->tmpl.parts[0]->range,
                                         template->tmpl.parts[template->tmpl.part_count - 1]->range);
    return template;
}

/* Turns the parts from base on into one expression of the given range and takes them off the stack. */
static const iac_expr *build(iac_parser *p, size_t base, bool heredoc, iac_range range)
{
    const iac_template_part *first = &p->parts.v[base];
    const iac_expr *result;
    if (first->kind == PART_INTERP && first[1].kind == PART_END) {
        iac_expr *wrap = iac_expr_new(p, IAC_EXPR_TEMPLATE_WRAP, range);
        wrap->wrapped = first->expr;
        iac_expr_adopt(p, wrap, first->expr);
        result = wrap;
    } else {
        nester n = { .p = p, .at = base, .heredoc = heredoc };
        size_t errors = p->diags->errors;
        iac_expr *template = (iac_expr *)nest(&n, NULL, false);
        template->range = range;
        result = p->diags->errors > errors ? iac_expr_error(p, range) : template;
    }
    p->parts.n = base;
    return result;
}

const iac_expr *iac_parse_quoted(iac_parser *p)
{
    size_t base = p->parts.n;
    const iac_token *open = iac_parser_next(p);
    bool heredoc = open->kind == IAC_TOK_OHEREDOC;
    size_t errors = p->diags->errors;
    const iac_token *close = parse_parts(p, heredoc ? IAC_TOK_CHEREDOC : IAC_TOK_CQUOTE);
    if (heredoc && p->text.p[open->start + 2] == '-')
        remove_indentation(p, base);
    bool failed = p->diags->errors > errors;
    iac_range range = iac_parser_range(p, open->start, close->end);
    const iac_expr *expr = build(p, base, heredoc, range);
    return failed ? iac_expr_error(p, range) : expr;
}

const iac_expr *iac_parse_bare_template(iac_parser *p, iac_range range)
{
    size_t errors = p->diags->errors;
    parse_parts(p, IAC_TOK_EOF);
    bool failed = p->diags->errors > errors;
    const iac_expr *expr = build(p, 0, false, range);
    return failed ? iac_expr_error(p, range) : expr;
}
