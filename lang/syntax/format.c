/* The text is parsed item by item, each item's tokens are copied with what is spelt in an old way replaced, and then
 * laid out in lines. A line ends with a newline token, so that a heredoc is a part of the line it begins in. Each line
 * has up to three cells (what comes first, the assignment, the comment), and cells of lines that follow each other are
 * aligned. */
#include "lang/syntax/format.h"

#include "lang/syntax/parse.h"
#include "lang/value/text.h"

#include <string.h>

typedef struct piece { /* a token as it will be written */
    const char *p;
    uint32_t n;
    uint32_t spaces; /* before it */
    uint8_t kind;    /* iac_token_kind */
} piece;

typedef struct line { /* indexes of pieces; a cell that is not there is empty */
    size_t first, assign, comment, end;
} line;

typedef struct formatter {
    iac_arena *arena;
    iac_str text;
    const iac_tokens *tokens;
    size_t at; /* the next token to copy */
    IAC_VEC(piece) pieces; /* not yet written */
    IAC_VEC(line) lines;
    IAC_VEC(int64_t) levels; /* brackets open, by level of indentation */
    iac_buf *out;
    const iac_diags *diags;
    size_t errors; /* before it began */
} formatter;

enum { FLUSH_AT = 4096 }; /* pieces: few enough to stay in the processor's cache */

/* ---- copying tokens ---- */

/* Where the bytes of a token end: the marker that closes a heredoc has the blanks after it. */
static uint32_t token_end(const formatter *f, size_t i)
{
    const iac_token *token = &f->tokens->v[i];
    return token->kind == IAC_TOK_CHEREDOC ? token[1].start : token->end;
}

static void copy_token(formatter *f)
{
    const iac_token *token = &f->tokens->v[f->at];
    uint32_t end = token_end(f, f->at++);
    iac_vec_push(&f->pieces, (piece){ f->text.p + token->start, end - token->start, 0, token->kind });
}

static void add_piece(formatter *f, iac_token_kind kind, iac_str text)
{
    iac_vec_push(&f->pieces, (piece){ text.p, (uint32_t)text.n, 0, (uint8_t)kind });
}

/* Copies what begins before the offset. */
static void copy_before(formatter *f, uint32_t offset)
{
    while (f->tokens->v[f->at].kind != IAC_TOK_EOF && f->tokens->v[f->at].start < offset)
        copy_token(f);
}

static void skip_before(formatter *f, uint32_t offset)
{
    while (f->tokens->v[f->at].kind != IAC_TOK_EOF && f->tokens->v[f->at].start < offset)
        f->at++;
}

/* ---- old spellings ---- */

static iac_str text_of(const formatter *f, size_t i)
{
    const iac_token *token = &f->tokens->v[i];
    return (iac_str){ f->text.p + token->start, token->end - token->start };
}

static bool kind_is(const formatter *f, size_t i, iac_token_kind kind)
{
    return f->tokens->v[i].kind == kind;
}

/* Whether the tokens are "${ ... }" with nothing but one sequence between the quotes. */
static bool is_wrapped(const formatter *f, size_t first, size_t end)
{
    size_t depth = 0;

    if (end - first < 5 || !kind_is(f, first, IAC_TOK_OQUOTE) || !kind_is(f, first + 1, IAC_TOK_INTERP) ||
        !kind_is(f, end - 2, IAC_TOK_SEQ_END) || !kind_is(f, end - 1, IAC_TOK_CQUOTE))
        return false;
    for (size_t i = first + 2; i < end - 2; i++) {
        switch (f->tokens->v[i].kind) {
        case IAC_TOK_OQUOTE:
            depth++;
            break;
        case IAC_TOK_CQUOTE:
            depth--;
            break;
        case IAC_TOK_INTERP:
        case IAC_TOK_SEQ_END:
        case IAC_TOK_QUOTED_LIT:
            if (depth == 0)
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}

/* Whether token i is a comment up to the end of its line that no brackets keep together with what follows. */
static bool ends_at_comment(const formatter *f, size_t i, int64_t *depth)
{
    switch (f->tokens->v[i].kind) {
    case IAC_TOK_OPAREN:
    case IAC_TOK_OBRACK:
    case IAC_TOK_OBRACE:
        ++*depth;
        return false;
    case IAC_TOK_CPAREN:
    case IAC_TOK_CBRACK:
    case IAC_TOK_CBRACE:
        --*depth;
        return false;
    default:
        return *depth == 0 && kind_is(f, i, IAC_TOK_COMMENT);
    }
}

static void copy_unwrapped(formatter *f, size_t first, size_t end)
{
    bool several = false;
    int64_t depth = 0;

    while (first < end && kind_is(f, first, IAC_TOK_NEWLINE))
        first++;
    while (end > first && kind_is(f, end - 1, IAC_TOK_NEWLINE))
        end--;
    for (size_t i = first; i < end; i++)
        several = several || kind_is(f, i, IAC_TOK_NEWLINE) || (ends_at_comment(f, i, &depth) && i + 1 < end);
    /* A pair of parentheses around the whole is not told from two pairs side by side: f(\n) + (x) would be the latter
     * but for its first token. That is how it is done elsewhere, and the result has to be the same. */
    bool enclosed = end - first > 1 && kind_is(f, first, IAC_TOK_OPAREN) && kind_is(f, end - 1, IAC_TOK_CPAREN);
    if (several && !enclosed)
        add_piece(f, IAC_TOK_OPAREN, IAC_STR("("));
    f->at = first;
    while (f->at < end)
        copy_token(f);
    if (several && !enclosed)
        add_piece(f, IAC_TOK_CPAREN, IAC_STR(")"));
}

static void copy_value(formatter *f, size_t first, size_t end)
{
    if (is_wrapped(f, first, end)) {
        copy_unwrapped(f, first + 2, end - 2);
        f->at = end;
    }
    while (f->at < end)
        copy_token(f);
}

static void add_collection_type(formatter *f, iac_str name, iac_str element)
{
    add_piece(f, IAC_TOK_IDENT, name);
    add_piece(f, IAC_TOK_OPAREN, IAC_STR("("));
    add_piece(f, IAC_TOK_IDENT, element);
    add_piece(f, IAC_TOK_CPAREN, IAC_STR(")"));
}

/* The type of a variable. */
static void copy_type(formatter *f, size_t first, size_t end)
{
    bool bare = end - first == 1 && kind_is(f, first, IAC_TOK_IDENT);
    bool quoted = end - first == 3 && kind_is(f, first, IAC_TOK_OQUOTE) && kind_is(f, first + 1, IAC_TOK_QUOTED_LIT);
    iac_str name = bare ? text_of(f, first) : quoted ? text_of(f, first + 1) : IAC_STR("");
    bool collection = iac_str_is(name, "list") || iac_str_is(name, "map");

    if (bare && (collection || iac_str_is(name, "set"))) {
        add_collection_type(f, name, IAC_STR("any"));
        f->at = end;
    } else if (quoted && collection) {
        add_collection_type(f, name, IAC_STR("string")); /* what everything was when types were quoted */
        f->at = end;
    } else if (quoted && iac_str_is(name, "string")) {
        add_piece(f, IAC_TOK_IDENT, name);
        f->at = end;
    }
    while (f->at < end)
        copy_token(f);
}

/* Whether a quoted label stands as it would be written; and, of one that holds a doubled $ or %, that it is left alone:
 * Terraform loses such labels. */
static bool label_is_canonical(iac_str literal)
{
    for (size_t i = 0; i < literal.n; i++) {
        char c = literal.p[i];
        if ((c == '$' || c == '%') && i + 2 < literal.n && literal.p[i + 1] == c && literal.p[i + 2] == '{')
            return true;
    }
    for (size_t i = 0; i < literal.n; i++)
        if (literal.p[i] < 0x20 || literal.p[i] > 0x7e || literal.p[i] == '\\')
            return false;
    return true;
}

static iac_str quoted_label(iac_arena *arena, iac_str label)
{
    static const char escaped[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
    iac_buf out;

    label = iac_nfc(arena, label);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < label.n;) {
        size_t from = i;
        uint32_t cp = iac_utf8_next(label, &i);
        const char *hit = cp && cp < 0x80 ? strchr(escaped, (int)cp) : NULL;
        if (hit)
            iac_buf_printf(&out, "\\%c", letters[hit - escaped]);
        else if ((cp == '$' || cp == '%') && i < label.n && label.p[i] == '{')
            iac_buf_printf(&out, "%c%c", (char)cp, (char)cp);
        else if (iac_is_printable(cp))
            iac_buf_add(&out, label.p + from, i - from);
        else
            iac_buf_printf(&out, cp < 0x10000 ? "\\u%04x" : "\\U%08x", cp);
    }
    iac_str result = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return result;
}

static void copy_label(formatter *f, const iac_label *label)
{
    iac_str literal = { 0 };

    skip_before(f, label->range.start);
    if (kind_is(f, f->at, IAC_TOK_OQUOTE)) {
        literal = (iac_str){ f->text.p + label->range.start + 1, label->range.end - label->range.start - 2 };
        if (label_is_canonical(literal)) {
            copy_before(f, label->range.end);
            return;
        }
        literal = quoted_label(f->arena, label->text);
    } else {
        literal = label->text;
    }
    add_piece(f, IAC_TOK_OQUOTE, IAC_STR("\""));
    if (literal.n)
        add_piece(f, IAC_TOK_QUOTED_LIT, literal);
    add_piece(f, IAC_TOK_CQUOTE, IAC_STR("\""));
    skip_before(f, label->range.end);
}

static void copy_attribute(formatter *f, const iac_attribute *attribute, bool is_type)
{
    copy_before(f, attribute->expr->range.start);
    size_t first = f->at, end = first;
    while (!kind_is(f, end, IAC_TOK_EOF) && f->tokens->v[end].start < attribute->expr->range.end)
        end++;
    if (is_type)
        copy_type(f, first, end);
    else
        copy_value(f, first, end);
}

static void copy_body(formatter *f, const iac_body *body, bool of_variable);

static void copy_block(formatter *f, const iac_block *block, bool top)
{
    copy_before(f, block->type_range.end);
    for (size_t i = 0; i < block->label_count; i++)
        copy_label(f, &block->labels[i]);
    copy_body(f, block->body, top && iac_str_is(block->type, "variable"));
}

/* What follows the last item is copied later. */
static void copy_body(formatter *f, const iac_body *body, bool of_variable)
{
    size_t a = 0, b = 0;

    while (a < body->attribute_count || b < body->block_count) {
        const iac_attribute *attribute = a < body->attribute_count ? &body->attributes[a] : NULL;
        const iac_block *block = b < body->block_count ? &body->blocks[b] : NULL;
        if (attribute && (!block || attribute->range.start < block->range.start)) {
            copy_attribute(f, attribute, of_variable && iac_str_is(attribute->name, "type"));
            a++;
        } else {
            copy_block(f, block, false);
            b++;
        }
    }
}

/* ---- lines and cells ---- */

static int bracket(const piece *p)
{
    switch (p->kind) {
    case IAC_TOK_OBRACE:
    case IAC_TOK_OBRACK:
    case IAC_TOK_OPAREN:
    case IAC_TOK_INTERP:
    case IAC_TOK_CONTROL:
        return 1;
    case IAC_TOK_CBRACE:
    case IAC_TOK_CBRACK:
    case IAC_TOK_CPAREN:
    case IAC_TOK_SEQ_END:
        return -1;
    default:
        return 0;
    }
}

static bool is_comment(const piece *p)
{
    return p->kind == IAC_TOK_COMMENT || p->kind == IAC_TOK_BLOCK_COMMENT;
}

static bool ends_line(const piece *p)
{
    return p->kind == IAC_TOK_NEWLINE || (is_comment(p) && p->p[p->n - 1] == '\n');
}

static int64_t brackets(const formatter *f, size_t from, size_t to)
{
    int64_t open = 0;
    for (size_t i = from; i < to; i++)
        open += bracket(&f->pieces.v[i]);
    return open;
}

/* Finds the cells. An assignment is one only where its value ends on the line. */
static void add_line(formatter *f, size_t first, size_t end)
{
    const piece *v = f->pieces.v;
    line l = { first, end, end, end };

    if (end - first > 1 && is_comment(&v[end - 1]))
        l.assign = l.comment = end - 1;
    for (size_t i = first + 1; i < l.comment; i++) {
        if (v[i].kind != IAC_TOK_EQUAL)
            continue;
        if (brackets(f, i, l.comment) == 0)
            l.assign = i;
        break;
    }
    iac_vec_push(&f->lines, l);
}

static void split_lines(formatter *f)
{
    size_t first = 0;

    for (size_t i = 0; i < f->pieces.n; i++) {
        if (ends_line(&f->pieces.v[i])) {
            add_line(f, first, i + 1);
            first = i + 1;
        }
    }
    if (first < f->pieces.n)
        add_line(f, first, f->pieces.n);
}

/* Of the brackets that the line leaves open or closes; a heredoc's content counts only within an assignment. */
static int64_t line_brackets(const formatter *f, const line *l)
{
    int64_t open = 0;

    for (size_t i = l->first; i < l->assign; i++) {
        open += bracket(&f->pieces.v[i]);
        if (f->pieces.v[i].kind == IAC_TOK_OHEREDOC)
            break;
    }
    return open + brackets(f, l->assign, l->comment);
}

/* A line that opens brackets, however many, makes one level; the line that closes the last of them ends it. */
static void indent(formatter *f)
{
    for (size_t i = 0; i < f->lines.n; i++) {
        const line *l = &f->lines.v[i];
        piece *first = &f->pieces.v[l->first];
        if (first->kind == IAC_TOK_NEWLINE)
            continue;
        int64_t open = line_brackets(f, l);
        for (int64_t closed = -open; closed > 0 && f->levels.n;) {
            int64_t *level = &f->levels.v[f->levels.n - 1];
            int64_t taken = closed < *level ? closed : *level;
            *level -= taken;
            closed -= taken;
            if (*level == 0)
                f->levels.n--;
        }
        first->spaces = (uint32_t)(2 * f->levels.n);
        if (open > 0)
            iac_vec_push(&f->levels, open);
    }
}

/* ---- blanks within a cell ---- */

static bool is_literal(const piece *p)
{
    return p->kind == IAC_TOK_QUOTED_LIT || p->kind == IAC_TOK_STRING_LIT;
}

/* Whether a minus that follows `before` can only be a sign. */
static bool is_sign_after(const piece *before)
{
    if (!before)
        return true;
    switch (before->kind) {
    case IAC_TOK_OPAREN:
    case IAC_TOK_OBRACE:
    case IAC_TOK_OBRACK:
    case IAC_TOK_EQUAL:
    case IAC_TOK_COLON:
    case IAC_TOK_COMMA:
    case IAC_TOK_QUESTION:
    case IAC_TOK_PLUS:
    case IAC_TOK_STAR:
    case IAC_TOK_SLASH:
    case IAC_TOK_PERCENT:
    case IAC_TOK_MINUS:
    case IAC_TOK_EQ:
    case IAC_TOK_NE:
    case IAC_TOK_GT:
    case IAC_TOK_GE:
    case IAC_TOK_LT:
    case IAC_TOK_LE:
    case IAC_TOK_AND:
    case IAC_TOK_OR:
    case IAC_TOK_BANG:
        return true;
    default:
        return false;
    }
}

/* Whether the two stand together whatever else is around: names, punctuation, the inside of templates. */
static bool are_joined(const piece *left, const piece *right)
{
    if (right->kind == IAC_TOK_NEWLINE || left->kind == IAC_TOK_DOT || right->kind == IAC_TOK_DOT)
        return true;
    if (left->kind == IAC_TOK_IDENT && (right->kind == IAC_TOK_OPAREN || right->kind == IAC_TOK_DOUBLE_COLON))
        return true;
    if (left->kind == IAC_TOK_DOUBLE_COLON && right->kind == IAC_TOK_IDENT)
        return true;
    return right->kind == IAC_TOK_COMMA || right->kind == IAC_TOK_ELLIPSIS;
}

static bool in_template(const piece *left, const piece *right)
{
    return is_literal(left) || left->kind == IAC_TOK_OQUOTE || left->kind == IAC_TOK_OHEREDOC || is_literal(right) ||
           right->kind == IAC_TOK_CQUOTE || right->kind == IAC_TOK_CHEREDOC;
}

/* Whether a space stands between left and right; before is what precedes left in its cell, or NULL. The order of the
 * rules counts: the first that applies decides. */
static bool space_between(const piece *before, const piece *left, const piece *right)
{
    if (are_joined(left, right))
        return false;
    if (left->kind == IAC_TOK_COMMA)
        return true;
    if (in_template(left, right))
        return false;
    /* [for x in [a] : x]: `in` is no name that is indexed */
    if (left->kind == IAC_TOK_IDENT && before && before->kind == IAC_TOK_IDENT && left->n == 2 &&
        memcmp(left->p, "in", 2) == 0)
        return true;
    if (right->kind == IAC_TOK_OBRACK &&
        (left->kind == IAC_TOK_IDENT || left->kind == IAC_TOK_NUMBER || bracket(left) < 0))
        return false;
    if (left->kind == IAC_TOK_BANG)
        return false;
    if (left->kind == IAC_TOK_MINUS)
        return !is_sign_after(before);
    if (left->kind == IAC_TOK_OBRACE || right->kind == IAC_TOK_CBRACE)
        return left->kind != IAC_TOK_OBRACE || right->kind != IAC_TOK_CBRACE;
    if ((left->kind == IAC_TOK_INTERP || left->kind == IAC_TOK_CONTROL) && right->kind == IAC_TOK_OBRACE)
        return true;
    if (left->kind == IAC_TOK_CBRACE && right->kind == IAC_TOK_SEQ_END)
        return true;
    if (left->kind == IAC_TOK_SEQ_END && (right->kind == IAC_TOK_INTERP || right->kind == IAC_TOK_CONTROL))
        return false;
    return bracket(left) <= 0 && bracket(right) >= 0;
}

/* Whether what is taken of the number v[i], as in `x.0 .1` or `8 .e7`, would become part of it without the blank: the
 * two would be another number, or none at all (`terraform fmt` joins them all the same). */
static bool is_indexed_number(const piece *v, size_t i, size_t to)
{
    if (v[i].kind != IAC_TOK_NUMBER || i + 2 >= to || v[i + 1].kind != IAC_TOK_DOT)
        return false;
    const piece *index = &v[i + 2];
    return index->kind == IAC_TOK_NUMBER ||
           (index->kind == IAC_TOK_IDENT && index->n > 1 && (index->p[0] == 'e' || index->p[0] == 'E') &&
            index->p[1] >= '0' && index->p[1] <= '9');
}

static void space_cell(formatter *f, size_t from, size_t to)
{
    piece *v = f->pieces.v;

    for (size_t i = from; i + 1 < to; i++)
        v[i + 1].spaces = is_indexed_number(v, i, to) ||
                          space_between(i > from ? &v[i - 1] : NULL, &v[i], &v[i + 1]);
}

/* ---- aligning cells ---- */

/* Columns of the pieces from..to, blanks before them included. */
static size_t columns(const formatter *f, size_t from, size_t to)
{
    size_t count = 0;

    for (size_t i = from; i < to; i++) {
        const piece *p = &f->pieces.v[i];
        bool plain = true;
        for (uint32_t j = 0; j < p->n && plain; j++)
            plain = p->p[j] >= 0x20 && p->p[j] < 0x7f;
        count += p->spaces + (plain ? p->n : iac_grapheme_count((iac_str){ p->p, p->n }));
    }
    return count;
}

static size_t cell_start(const line *l, bool comments)
{
    return comments ? l->comment : l->assign;
}

static bool has_cell(const line *l, bool comments)
{
    return comments ? l->comment < l->end : l->assign < l->comment;
}

/* Puts the assignments, or the comments, of consecutive lines that have one into one column. */
static void align(formatter *f, bool comments)
{
    IAC_VEC(size_t) widths = { 0 }; /* of the lines of the run */

    for (size_t i = 0; i <= f->lines.n; i++) {
        const line *l = i < f->lines.n ? &f->lines.v[i] : NULL;
        if (l && has_cell(l, comments)) {
            iac_vec_push(&widths, columns(f, l->first, cell_start(l, comments)));
            continue;
        }
        size_t widest = 0;
        for (size_t j = 0; j < widths.n; j++)
            widest = widths.v[j] > widest ? widths.v[j] : widest;
        for (size_t j = 0; j < widths.n; j++)
            f->pieces.v[cell_start(&f->lines.v[i - widths.n + j], comments)].spaces =
                (uint32_t)(widest - widths.v[j] + 1);
        widths.n = 0;
    }
    iac_vec_clear(&widths);
}

/* ---- the whole ---- */

static void lay_out(formatter *f)
{
    split_lines(f);
    indent(f);
    for (size_t i = 0; i < f->lines.n; i++) {
        const line *l = &f->lines.v[i];
        space_cell(f, l->first, l->assign);
        space_cell(f, l->assign, l->comment);
    }
    align(f, false);
    align(f, true);
}

static void flush(formatter *f)
{
    size_t size = 0;

    lay_out(f);
    for (size_t i = 0; i < f->pieces.n; i++)
        size += f->pieces.v[i].spaces + f->pieces.v[i].n;
    char *to = iac_buf_room(f->out, size);
    for (size_t i = 0; to && i < f->pieces.n; i++) {
        const piece *p = &f->pieces.v[i];
        memset(to, ' ', p->spaces);
        memcpy(to + p->spaces, p->p, p->n);
        to += p->spaces + p->n;
    }
    f->pieces.n = 0;
    f->lines.n = 0;
}

/* Writes what there is, up to the end of a block, when nothing that follows can be aligned with it: the block ends with
 * a brace alone on its line. */
static void flush_after(formatter *f, const iac_block *block)
{
    copy_before(f, block->range.end);
    if (!kind_is(f, f->at, IAC_TOK_NEWLINE))
        return;
    copy_token(f);
    if (f->pieces.v[f->pieces.n - 2].kind == IAC_TOK_CBRACE && ends_line(&f->pieces.v[f->pieces.n - 3]))
        flush(f);
}

/* Copies an item of the top level while its tree is still in the processor's cache, and lets go of the tree. */
static void take_item(iac_parser *p)
{
    formatter *f = p->on_item_arg;

    if (f->diags->errors == f->errors) {
        if (p->blocks.n) {
            copy_block(f, &p->blocks.v[0], true);
            if (f->pieces.n >= FLUSH_AT)
                flush_after(f, &p->blocks.v[0]);
        } else {
            copy_attribute(f, &p->attributes.v[p->attributes.n - 1], false);
        }
    }
    p->blocks.n = 0;
    iac_arena_reset(p->arena);
}

iac_status iac_format_source(const iac_source *source, iac_buf *out, iac_diags *diags)
{
    iac_parser parser;
    size_t start = out->n;
    formatter f = { .arena = iac_arena_new(), .text = source->text, .tokens = &parser.tokens, .out = out,
                    .diags = diags, .errors = diags->errors };
    iac_arena *tree = iac_arena_new();

    iac_parser_init(&parser, tree, source, source->text, IAC_LEX_CONFIG, diags);
    parser.on_item = take_item;
    parser.on_item_arg = &f;
    iac_parse_file_tokens(&parser);
    iac_status status = diags->errors == f.errors ? IAC_OK : IAC_ERR;
    if (status == IAC_OK) {
        copy_before(&f, UINT32_MAX);
        flush(&f);
        /* blanks at the very end belong to no line and stay */
        size_t last = parser.tokens.n - 1;
        iac_buf_fill(out, ' ', parser.tokens.v[last].start - (last ? token_end(&f, last - 1) : 0));
    } else {
        iac_buf_cut(out, start);
    }
    iac_vec_clear(&f.pieces);
    iac_vec_clear(&f.lines);
    iac_vec_clear(&f.levels);
    iac_parser_clear(&parser);
    iac_arena_free(tree);
    iac_arena_free(f.arena);
    return status;
}
