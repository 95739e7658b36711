/* Expressions: operators, terms, traversals, calls, constructors and `for`. */
#include "lang/syntax/parse.h"

#include <string.h>

/* ---- nodes ---- */

iac_expr *iac_expr_new(iac_parser *p, iac_expr_kind kind, iac_range range)
{
    iac_expr *expr = iac_expr_alloc(p->arena, kind, range);
    expr->from_json = p->from_json;
    return expr;
}

const iac_expr *iac_expr_error(iac_parser *p, iac_range range)
{
    return iac_expr_new(p, IAC_EXPR_ERROR, range);
}

void iac_expr_adopt(iac_parser *p, iac_expr *parent, const iac_expr *child)
{
    if (child->height + 1 > parent->height)
        parent->height = (uint16_t)(child->height + 1);
    if (parent->height < IAC_MAX_HEIGHT)
        return;
    if (!p->too_deep)
        iac_diag_error(p->diags, parent->range, "Nesting too deep",
                       "This expression chains or nests more than %d operations.", IAC_MAX_HEIGHT);
    p->too_deep = true;
    p->quiet = true;
    p->at = p->tokens.n - 1;
}

const iac_expr *const *iac_parser_take_exprs(iac_parser *p, size_t base, size_t *ret_count)
{
    size_t n = p->exprs.n - base;
    const iac_expr **copy = iac_arena_alloc_array(p->arena, n, sizeof(*copy));
    if (n > 0)
        memcpy(copy, p->exprs.v + base, n * sizeof(*copy));
    p->exprs.n = base;
    *ret_count = n;
    return copy;
}

static const iac_expr *literal(iac_parser *p, const iac_value *value, iac_range range)
{
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_LITERAL, range);
    expr->literal = value;
    return expr;
}

static const iac_expr *parse_term(iac_parser *p);

/* ---- operators ---- */

/* Binary operators by token: how tightly they bind (0: not one), and which. */
static int binary_level(iac_token_kind kind, iac_op *ret)
{
    switch (kind) {
    case IAC_TOK_OR:
        return *ret = IAC_OP_OR, 1;
    case IAC_TOK_AND:
        return *ret = IAC_OP_AND, 2;
    case IAC_TOK_EQ:
        return *ret = IAC_OP_EQ, 3;
    case IAC_TOK_NE:
        return *ret = IAC_OP_NE, 3;
    case IAC_TOK_GT:
        return *ret = IAC_OP_GT, 4;
    case IAC_TOK_GE:
        return *ret = IAC_OP_GE, 4;
    case IAC_TOK_LT:
        return *ret = IAC_OP_LT, 4;
    case IAC_TOK_LE:
        return *ret = IAC_OP_LE, 4;
    case IAC_TOK_PLUS:
        return *ret = IAC_OP_ADD, 5;
    case IAC_TOK_MINUS:
        return *ret = IAC_OP_SUB, 5;
    case IAC_TOK_STAR:
        return *ret = IAC_OP_MUL, 6;
    case IAC_TOK_SLASH:
        return *ret = IAC_OP_DIV, 6;
    case IAC_TOK_PERCENT:
        return *ret = IAC_OP_MOD, 6;
    default:
        return 0;
    }
}

static const iac_expr *parse_binary(iac_parser *p, int lowest)
{
    const iac_expr *left = parse_term(p);
    for (;;) {
        iac_op op = IAC_OP_OR;
        const iac_token *token = iac_parser_peek(p);
        int level = binary_level(token->kind, &op);
        if (level < lowest || level == 0)
            return left;
        iac_parser_next(p);
        size_t errors = p->diags->errors;
        const iac_expr *right = parse_binary(p, level + 1);
        if (p->quiet && p->diags->errors > errors)
            return left;
        iac_expr *expr = iac_expr_new(p, IAC_EXPR_BINARY, iac_range_join(left->range, right->range));
        expr->binary.op = op;
        expr->binary.left = left;
        expr->binary.right = right;
        expr->binary.op_range = iac_token_range(p, token);
        iac_expr_adopt(p, expr, left);
        iac_expr_adopt(p, expr, right);
        left = expr;
    }
}

static const iac_expr *parse_unary(iac_parser *p, const iac_token *token)
{
    iac_parser_next(p);
    const iac_expr *operand = parse_term(p);
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_UNARY, iac_range_join(iac_token_range(p, token), operand->range));
    expr->binary.op = token->kind == IAC_TOK_MINUS ? IAC_OP_NEGATE : IAC_OP_NOT;
    expr->binary.right = operand;
    expr->binary.op_range = iac_token_range(p, token);
    iac_expr_adopt(p, expr, operand);
    return expr;
}

static const iac_expr *parse_conditional(iac_parser *p, const iac_expr *condition)
{
    iac_parser_next(p);
    size_t errors = p->diags->errors;
    const iac_expr *yes = iac_parse_expr(p);
    const iac_token *colon = iac_parser_peek(p);
    if (colon->kind != IAC_TOK_COLON) {
        if (p->diags->errors == errors)
            iac_diag_error(p->diags, iac_token_range(p, colon), "Missing false expression in conditional",
                           "The conditional operator (...?...:...) requires a false expression, delimited by a colon.")
                ->context = iac_range_join(condition->range, iac_token_range(p, colon));
        return iac_expr_error(p, iac_range_join(condition->range, yes->range));
    }
    iac_parser_next(p);
    const iac_expr *no = iac_parse_expr(p);
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_CONDITIONAL, iac_range_join(condition->range, no->range));
    expr->cond.condition = condition;
    expr->cond.yes = yes;
    expr->cond.no = no;
    iac_expr_adopt(p, expr, condition);
    iac_expr_adopt(p, expr, yes);
    iac_expr_adopt(p, expr, no);
    return expr;
}

const iac_expr *iac_parse_expr(iac_parser *p)
{
    if (!iac_parser_enter(p))
        return iac_expr_error(p, iac_token_range(p, iac_parser_peek(p)));
    const iac_expr *expr = parse_binary(p, 1);
    if (iac_parser_peek(p)->kind == IAC_TOK_QUESTION)
        expr = parse_conditional(p, expr);
    iac_parser_leave(p);
    return expr;
}

/* ---- traversals ---- */

static iac_expr *attribute_of(iac_parser *p, const iac_expr *operand, const iac_token *dot, const iac_token *name)
{
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_ATTR,
                                  iac_range_join(operand->range, iac_token_range(p, name)));
    expr->attr.operand = operand;
    expr->attr.name = iac_token_text(p, name);
    expr->attr.name_range = iac_parser_range(p, dot->start, name->end);
    iac_expr_adopt(p, expr, operand);
    return expr;
}

static iac_expr *index_of(iac_parser *p, const iac_expr *operand, const iac_expr *key, uint32_t start, uint32_t end)
{
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_INDEX, operand->range);
    expr->range = iac_range_join(operand->range, iac_parser_range(p, start, end));
    expr->index.operand = operand;
    expr->index.key = key;
    expr->index.bracket_range = iac_parser_range(p, start, end);
    iac_expr_adopt(p, expr, operand);
    iac_expr_adopt(p, expr, key);
    return expr;
}

static const iac_expr *parse_number(iac_parser *p, const iac_token *token)
{
    iac_str text = iac_token_text(p, token);
    const iac_value *value = iac_value_number_parse(p->arena, text);
    iac_range range = iac_token_range(p, token);
    if (value)
        return literal(p, value, range);
    iac_diag_error(p->diags, range, "Invalid number literal", "Failed to recognize the value of this number literal.");
    return iac_expr_error(p, range);
}

/* a.0: false, with an error said, when two are written at once, as in a.0.1. */
static bool legacy_key_fits(iac_parser *p, const iac_token *number, const iac_token *star)
{
    iac_str text = iac_token_text(p, number);
    size_t dot = iac_str_find_char(text, '.', 0);
    if (dot == SIZE_MAX)
        return true;
    iac_str first = iac_str_sub(text, 0, dot), second = iac_str_sub(text, dot + 1, text.n);
    iac_diag_error(p->diags, iac_token_range(p, star ? star : number), "Invalid legacy index syntax",
                   "When using the legacy index syntax, chaining two indexes together is not permitted. Use the proper "
                   "index syntax %sinstead, like [%.*s][%.*s].",
                   star ? "with a full splat expression [*] " : "", IAC_FMT(first), IAC_FMT(second));
    return false;
}

static const iac_expr *legacy_index(iac_parser *p, const iac_expr *operand, const iac_token *dot,
                                    const iac_token *number, const iac_token *star)
{
    if (!legacy_key_fits(p, number, star))
        return operand;
    iac_expr *expr = index_of(p, operand, parse_number(p, number), dot->start, number->end);
    expr->index.legacy = true;
    return expr;
}

static iac_expr *splat_of(iac_parser *p, const iac_expr *operand, uint32_t start, uint32_t end)
{
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_SPLAT, operand->range);
    expr->splat.operand = operand;
    expr->splat.marker_range = iac_parser_range(p, start, end);
    expr->splat.item = expr->splat.each = iac_expr_new(p, IAC_EXPR_SPLAT_ITEM, expr->splat.marker_range);
    iac_expr_adopt(p, expr, operand);
    return expr;
}

static const iac_expr *finish_splat(iac_parser *p, iac_expr *splat, const iac_expr *each)
{
    splat->splat.each = each;
    splat->range = iac_range_join(splat->range, iac_range_join(splat->splat.marker_range, each->range));
    iac_expr_adopt(p, splat, each);
    return splat;
}

static void bad_attribute_name(iac_parser *p, const iac_token *at)
{
    if (!p->too_deep)
        iac_diag_error(p->diags, iac_token_range(p, at), "Invalid attribute name",
                       "An attribute name is required after a dot.");
    p->quiet = true;
}

/* After `.*`: names only; an index behind them belongs to the whole result. */
static const iac_expr *parse_attribute_splat(iac_parser *p, const iac_expr *operand, const iac_token *dot,
                                             const iac_token *star)
{
    iac_expr *splat = splat_of(p, operand, dot->start, star->end);
    const iac_expr *each = splat->splat.item;
    while (iac_parser_peek(p)->kind == IAC_TOK_DOT) {
        const iac_token *next_dot = iac_parser_next(p), *token = iac_parser_peek(p);
        if (token->kind == IAC_TOK_IDENT) {
            each = attribute_of(p, each, next_dot, iac_parser_next(p));
        } else if (token->kind == IAC_TOK_NUMBER) {
            each = legacy_index(p, each, next_dot, iac_parser_next(p), star);
        } else if (token->kind == IAC_TOK_STAR) {
            iac_parser_error(p, iac_token_range(p, token), "Nested splat expression not allowed",
                             "A splat expression (*) cannot be used inside another attribute-only splat expression.");
            p->quiet = true;
            break;
        } else {
            bad_attribute_name(p, star);
            break;
        }
    }
    return finish_splat(p, splat, each);
}

static const iac_expr *parse_traversals(iac_parser *p, const iac_expr *expr);

static const iac_expr *parse_dot(iac_parser *p, const iac_expr *expr)
{
    const iac_token *dot = iac_parser_next(p), *token = iac_parser_peek(p);
    switch (token->kind) {
    case IAC_TOK_IDENT:
        return attribute_of(p, expr, dot, iac_parser_next(p));
    case IAC_TOK_NUMBER:
        return legacy_index(p, expr, dot, iac_parser_next(p), NULL);
    case IAC_TOK_STAR:
        return parse_attribute_splat(p, expr, dot, iac_parser_next(p));
    default:
        bad_attribute_name(p, token);
        return expr;
    }
}

/* After `[*`. What follows the bracket applies to each element. */
static const iac_expr *parse_full_splat(iac_parser *p, const iac_expr *operand, const iac_token *open)
{
    const iac_token *close = iac_parser_peek(p);
    if (close->kind != IAC_TOK_CBRACK) {
        bool quiet = p->quiet;
        close = iac_parser_recover(p, IAC_TOK_CBRACK);
        if (!quiet)
            iac_diag_error(p->diags, iac_token_range(p, close), "Missing close bracket on splat index",
                           "The star for a full splat operator must be immediately followed by a closing bracket "
                           "(\"]\").");
    }
    iac_parser_next(p);
    iac_expr *splat = splat_of(p, operand, open->start, close->end);
    if (!iac_parser_enter(p))
        return finish_splat(p, splat, splat->splat.item);
    const iac_expr *each = parse_traversals(p, splat->splat.item);
    iac_parser_leave(p);
    return finish_splat(p, splat, each);
}

static const iac_expr *parse_bracket(iac_parser *p, const iac_expr *operand)
{
    bool newlines = p->newlines;
    const iac_token *open = iac_parser_next(p);
    p->newlines = false;
    if (iac_parser_peek(p)->kind == IAC_TOK_STAR) {
        iac_parser_next(p);
        const iac_token *after = iac_parser_peek(p);
        if (after->kind == IAC_TOK_CBRACK)
            p->newlines = newlines; /* what follows the bracket is read as outside of it */
        const iac_expr *splat = parse_full_splat(p, operand, open);
        p->newlines = newlines;
        return splat;
    }
    const iac_expr *key = iac_parse_expr(p);
    const iac_token *close = iac_parser_peek(p);
    if (close->kind != IAC_TOK_CBRACK) {
        bool quiet = p->quiet;
        close = iac_parser_recover(p, IAC_TOK_CBRACK);
        if (!quiet)
            iac_diag_error(p->diags, iac_token_range(p, close), "Missing close bracket on index",
                           "The index operator must end with a closing bracket (\"]\").");
    }
    iac_parser_next(p);
    p->newlines = newlines;
    return index_of(p, operand, key, open->start, close->end);
}

static const iac_expr *parse_traversals(iac_parser *p, const iac_expr *expr)
{
    for (;;) {
        switch (iac_parser_peek(p)->kind) {
        case IAC_TOK_DOT:
            expr = parse_dot(p, expr);
            continue;
        case IAC_TOK_OBRACK:
            expr = parse_bracket(p, expr);
            continue;
        default:
            return expr;
        }
    }
}

/* ---- calls ---- */

/* The arguments, through the closing parenthesis; after errors, what was recovered from counts as it. */
static void parse_arguments(iac_parser *p, iac_expr *call, const iac_token *name, const iac_token *open)
{
    for (;;) {
        const iac_token *token = iac_parser_peek(p);
        if (token->kind == IAC_TOK_CPAREN)
            break;
        size_t errors = p->diags->errors;
        const iac_expr *arg = iac_parse_expr(p);
        iac_vec_push(&p->exprs, arg);
        iac_expr_adopt(p, call, arg);
        if (p->quiet && p->diags->errors > errors) {
            iac_parser_recover(p, IAC_TOK_CPAREN);
            break;
        }
        token = iac_parser_peek(p);
        if (token->kind == IAC_TOK_CPAREN)
            break;
        if (token->kind == IAC_TOK_COMMA) {
            iac_parser_next(p);
            continue;
        }
        if (token->kind == IAC_TOK_ELLIPSIS) {
            iac_parser_next(p);
            call->call.expand_final = true;
            if (iac_parser_peek(p)->kind == IAC_TOK_CPAREN)
                break;
            iac_parser_error_since(p, token, name, "Missing closing parenthesis",
                                   "An expanded function argument (with ...) must be immediately followed by closing "
                                   "parentheses.");
        } else if (token->kind == IAC_TOK_EOF) {
            iac_parser_error(p, iac_parser_range(p, name->start, open->end), "Unterminated function call",
                             "There is no closing parenthesis for this function call before the end of the file. This "
                             "may be caused by incorrect parenthesis nesting elsewhere in this file.");
        } else if (!p->too_deep) {
            iac_diag_error(p->diags, iac_token_range(p, token), "Missing argument separator",
                           "A comma is required to separate each function argument from the next.")->context =
                iac_parser_range(p, name->start, token->end);
        }
        iac_parser_recover(p, IAC_TOK_CPAREN);
        break;
    }
    call->call.close_range = iac_token_range(p, iac_parser_next(p));
}

/* The rest of a name in a namespace, a::b::c; NULL after errors. last is its last token. */
static const iac_token *parse_name_rest(iac_parser *p, iac_buf *name)
{
    const iac_token *last = NULL;
    while (iac_parser_accept(p, IAC_TOK_DOUBLE_COLON)) {
        last = iac_parser_peek(p);
        if (last->kind != IAC_TOK_IDENT) {
            iac_diag_error(p->diags, iac_token_range(p, last), "Missing function name",
                           "Function scope resolution symbol :: must be followed by a function name in this scope.");
            p->quiet = true;
            return NULL;
        }
        iac_parser_next(p);
        iac_buf_cstr(name, "::");
        iac_buf_str(name, iac_token_text(p, last));
    }
    if (iac_parser_peek(p)->kind != IAC_TOK_OPAREN) {
        iac_diag_error(p->diags, iac_token_range(p, iac_parser_peek(p)), "Missing open parenthesis",
                       "Function selector must be followed by an open parenthesis to begin the function call.");
        p->quiet = true;
        return NULL;
    }
    return last;
}

static const iac_expr *parse_call(iac_parser *p, const iac_token *first)
{
    iac_str name = iac_token_text(p, first);
    const iac_token *last = first;
    if (iac_parser_peek(p)->kind == IAC_TOK_DOUBLE_COLON) {
        iac_buf joined;
        iac_buf_init(&joined, IAC_BUF_UNLIMITED);
        iac_buf_str(&joined, name);
        last = parse_name_rest(p, &joined);
        if (last)
            name = iac_arena_str(p->arena, iac_buf_view(&joined));
        iac_buf_clear(&joined);
        if (!last)
            return iac_expr_error(p, iac_token_range(p, first));
    }
    const iac_token *open = iac_parser_next(p);
    bool newlines = p->newlines;
    p->newlines = false;
    size_t base = p->exprs.n;
    iac_expr *call = iac_expr_new(p, IAC_EXPR_CALL, iac_parser_range(p, first->start, open->end));
    call->call.name = name;
    call->call.name_range = iac_parser_range(p, first->start, last->end);
    call->call.open_range = iac_token_range(p, open);
    parse_arguments(p, call, first, open);
    call->call.args = iac_parser_take_exprs(p, base, &call->call.arg_count);
    p->newlines = newlines;
    call->range = iac_range_join(call->range, call->call.close_range);
    return call;
}

/* ---- tuples and objects ---- */

static const iac_expr *parse_tuple(iac_parser *p)
{
    const iac_token *open = iac_parser_next(p), *token;
    bool newlines = p->newlines;
    p->newlines = false;
    if (iac_token_is(p, iac_parser_peek(p), "for")) {
        const iac_expr *result = iac_parse_for(p, open, IAC_TOK_CBRACK);
        p->newlines = newlines;
        return result;
    }
    iac_expr *tuple = iac_expr_new(p, IAC_EXPR_TUPLE, iac_token_range(p, open));
    size_t base = p->exprs.n;
    for (;;) {
        token = iac_parser_peek(p);
        if (token->kind == IAC_TOK_CBRACK)
            break;
        size_t errors = p->diags->errors;
        const iac_expr *item = iac_parse_expr(p);
        iac_vec_push(&p->exprs, item);
        iac_expr_adopt(p, tuple, item);
        token = iac_parser_peek(p);
        if (p->quiet && p->diags->errors > errors) {
            iac_parser_recover(p, IAC_TOK_CBRACK);
            break;
        }
        if (token->kind == IAC_TOK_CBRACK)
            break;
        if (token->kind == IAC_TOK_COMMA) {
            iac_parser_next(p);
            continue;
        }
        if (token->kind == IAC_TOK_EOF)
            iac_parser_error(p, iac_token_range(p, open), "Unterminated tuple constructor expression",
                             "There is no corresponding closing bracket before the end of the file. This may be "
                             "caused by incorrect bracket nesting elsewhere in this file.");
        else
            iac_parser_error_since(p, token, open, "Missing item separator",
                                   "Expected a comma to mark the beginning of the next item.");
        iac_parser_recover(p, IAC_TOK_CBRACK);
        break;
    }
    token = iac_parser_next(p);
    p->newlines = newlines;
    tuple->tuple.items = iac_parser_take_exprs(p, base, &tuple->tuple.n);
    tuple->range = iac_parser_range(p, open->start, token->end);
    return tuple;
}

/* An object's key: a bare word stands for itself, even where it is the name of a literal. */
static const iac_expr *parse_key(iac_parser *p, bool *ret_bare)
{
    const iac_token *first = iac_parser_peek(p);
    const iac_expr *key = iac_parse_expr(p);
    *ret_bare = first->kind == IAC_TOK_IDENT && (key->kind == IAC_EXPR_ROOT || key->kind == IAC_EXPR_LITERAL);
    if (!*ret_bare)
        return key;
    return literal(p, iac_value_string(p->arena, iac_token_text(p, first)), iac_token_range(p, first));
}

static void unterminated_object(iac_parser *p, const iac_token *open)
{
    iac_parser_error(p, iac_token_range(p, open), "Unterminated object constructor expression",
                     "There is no corresponding closing brace before the end of the file. This may be caused by "
                     "incorrect brace nesting elsewhere in this file.");
}

/* Between key and value; false, with an error said, where no = or : stands. */
static bool parse_key_separator(iac_parser *p, const iac_token *open)
{
    const iac_token *token = iac_parser_peek(p);
    switch (token->kind) {
    case IAC_TOK_EQUAL:
    case IAC_TOK_COLON:
        iac_parser_next(p);
        return true;
    case IAC_TOK_NEWLINE:
    case IAC_TOK_COMMENT:
    case IAC_TOK_COMMA:
        iac_parser_error_since(p, token, open, "Missing attribute value",
                               "Expected an attribute value, introduced by an equals sign (\"=\").");
        return false;
    case IAC_TOK_EOF:
        unterminated_object(p, open);
        return false;
    default:
        iac_parser_error_since(p, token, open, "Missing key/value separator",
                               "Expected an equals sign (\"=\") to mark the beginning of the attribute value.");
        return false;
    }
}

/* After a value; false, with an error said, where the next attribute may not begin. */
static bool parse_item_separator(iac_parser *p, const iac_token *open)
{
    const iac_token *token = iac_parser_peek(p);
    switch (token->kind) {
    case IAC_TOK_CBRACE:
        return true;
    case IAC_TOK_COMMA:
    case IAC_TOK_NEWLINE:
    case IAC_TOK_COMMENT:
        iac_parser_next(p);
        return true;
    case IAC_TOK_EOF:
        unterminated_object(p, open);
        return false;
    default:
        iac_parser_error_since(p, token, open, "Missing attribute separator",
                               "Expected a newline or comma to mark the beginning of the next attribute.");
        return false;
    }
}

static void parse_object_items(iac_parser *p, iac_expr *object, const iac_token *open)
{
    for (;;) {
        while (iac_parser_peek(p)->kind == IAC_TOK_NEWLINE || iac_parser_peek(p)->kind == IAC_TOK_COMMENT)
            iac_parser_next(p);
        if (iac_parser_peek(p)->kind == IAC_TOK_CBRACE)
            return;
        size_t errors = p->diags->errors;
        iac_object_item item = { 0 };
        item.key = parse_key(p, &item.bare_key);
        if ((p->quiet && p->diags->errors > errors) || !parse_key_separator(p, open))
            break;
        item.value = iac_parse_expr(p);
        iac_vec_push(&p->items, item);
        iac_expr_adopt(p, object, item.key);
        iac_expr_adopt(p, object, item.value);
        if ((p->quiet && p->diags->errors > errors) || !parse_item_separator(p, open))
            break;
    }
    iac_parser_recover(p, IAC_TOK_CBRACE);
}

static const iac_expr *parse_object(iac_parser *p)
{
    const iac_token *open = iac_parser_next(p);
    bool newlines = p->newlines;
    p->newlines = false;
    if (iac_token_is(p, iac_parser_peek(p), "for")) {
        const iac_expr *result = iac_parse_for(p, open, IAC_TOK_CBRACE);
        p->newlines = newlines;
        return result;
    }
    p->newlines = true;
    iac_expr *object = iac_expr_new(p, IAC_EXPR_OBJECT, iac_token_range(p, open));
    size_t base = p->items.n;
    parse_object_items(p, object, open);
    const iac_token *close = iac_parser_next(p);
    p->newlines = newlines;
    size_t n = p->items.n - base;
    iac_object_item *items = iac_arena_array(p->arena, iac_object_item, n);
    if (n > 0)
        memcpy(items, p->items.v + base, n * sizeof(*items));
    p->items.n = base;
    object->object.items = items;
    object->object.n = n;
    object->range = iac_parser_range(p, open->start, close->end);
    return object;
}

/* ---- for ---- */

/* Reports against the token at hand, moves to the end of the expression and takes its bracket. */
static const iac_expr *for_error(iac_parser *p, const iac_token *open, iac_token_kind close, const char *detail)
{
    iac_parser_error_since(p, iac_parser_peek(p), open, "Invalid 'for' expression", detail);
    iac_parser_recover(p, close);
    const iac_token *end = iac_parser_next(p);
    return iac_expr_error(p, iac_parser_range(p, open->start, end->end));
}

/* What must be true of the results by the kind of brackets; said even when the parser is quiet. */
static void check_for_result(iac_parser *p, const iac_expr *expr, iac_token_kind close, const iac_token *ellipsis)
{
    static const char summary[] = "Invalid 'for' expression";
    if (p->too_deep)
        return;
    if (close == IAC_TOK_CBRACE && !expr->for_.key)
        iac_diag_error(p->diags, expr->for_.value->range, summary,
                       "Key expression is required when building an object.")->context = expr->range;
    if (close == IAC_TOK_CBRACK && expr->for_.key)
        iac_diag_error(p->diags, expr->for_.key->range, summary,
                       "Key expression is not valid when building a tuple.")->context = expr->range;
    if (close == IAC_TOK_CBRACK && ellipsis)
        iac_diag_error(p->diags, iac_token_range(p, ellipsis), summary,
                       "Grouping ellipsis (...) cannot be used when building a tuple.")->context =
            expr->range;
}

/* After the names: the collection up to the results. NULL, or an error node after a failure. */
static const iac_expr *parse_for_collection(iac_parser *p, iac_expr *expr, const iac_token *open, iac_token_kind close)
{
    if (!iac_token_is(p, iac_parser_peek(p), "in"))
        return for_error(p, open, close, "For expression requires the 'in' keyword after its name declarations.");
    iac_parser_next(p);
    expr->for_.collection = iac_parse_expr(p);
    const iac_token *colon = iac_parser_peek(p);
    if (colon->kind != IAC_TOK_COLON)
        return for_error(p, open, close, "For expression requires a colon after the collection expression.");
    iac_parser_next(p);
    expr->for_.open_range = iac_parser_range(p, open->start, colon->end);
    return NULL;
}

const iac_expr *iac_parse_for(iac_parser *p, const iac_token *open, iac_token_kind close)
{
    iac_parser_next(p);
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_FOR, iac_token_range(p, open));
    const iac_token *ellipsis = NULL;
    if (iac_parser_peek(p)->kind != IAC_TOK_IDENT)
        return for_error(p, open, close, "For expression requires variable name after 'for'.");
    expr->for_.value_var = iac_token_text(p, iac_parser_next(p));
    if (iac_parser_accept(p, IAC_TOK_COMMA)) {
        if (iac_parser_peek(p)->kind != IAC_TOK_IDENT)
            return for_error(p, open, close, "For expression requires value variable name after comma.");
        expr->for_.key_var = expr->for_.value_var;
        expr->for_.value_var = iac_token_text(p, iac_parser_next(p));
    }
    const iac_expr *failed = parse_for_collection(p, expr, open, close);
    if (failed)
        return failed;
    expr->for_.value = iac_parse_expr(p);
    if (iac_parser_accept(p, IAC_TOK_FAT_ARROW)) {
        expr->for_.key = expr->for_.value;
        expr->for_.value = iac_parse_expr(p);
    }
    if (iac_parser_peek(p)->kind == IAC_TOK_ELLIPSIS) {
        ellipsis = iac_parser_next(p);
        expr->for_.group = true;
    }
    if (iac_token_is(p, iac_parser_peek(p), "if")) {
        iac_parser_next(p);
        expr->for_.condition = iac_parse_expr(p);
    }
    const iac_token *end = iac_parser_peek(p);
    if (end->kind != close)
        return for_error(p, open, close, "Extra characters after the end of the 'for' expression.");
    iac_parser_next(p);
    expr->range = iac_parser_range(p, open->start, end->end);
    iac_expr_adopt(p, expr, expr->for_.collection);
    iac_expr_adopt(p, expr, expr->for_.value);
    if (expr->for_.key)
        iac_expr_adopt(p, expr, expr->for_.key);
    if (expr->for_.condition)
        iac_expr_adopt(p, expr, expr->for_.condition);
    size_t errors = p->diags->errors;
    check_for_result(p, expr, close, ellipsis);
    return p->diags->errors > errors ? iac_expr_error(p, expr->range) : expr;
}

/* ---- terms ---- */

static const iac_expr *parse_paren(iac_parser *p)
{
    const iac_token *open = iac_parser_next(p);
    bool newlines = p->newlines;
    p->newlines = false;
    size_t errors = p->diags->errors;
    const iac_expr *inner = iac_parse_expr(p);
    const iac_token *close = iac_parser_peek(p);
    if (close->kind != IAC_TOK_CPAREN) {
        if (p->diags->errors == errors)
            iac_diag_error(p->diags, iac_token_range(p, close), "Unbalanced parentheses",
                           "Expected a closing parenthesis to terminate the expression.")->context =
                iac_parser_range(p, open->start, close->end);
        p->quiet = true;
        p->at = (size_t)(close - p->tokens.v);
        p->newlines = newlines;
        return iac_expr_error(p, iac_range_join(iac_token_range(p, open), inner->range));
    }
    iac_parser_next(p);
    p->newlines = newlines;
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_PAREN, iac_parser_range(p, open->start, close->end));
    expr->wrapped = inner;
    iac_expr_adopt(p, expr, inner);
    return expr;
}

static const iac_expr *parse_name(iac_parser *p)
{
    const iac_token *token = iac_parser_next(p), *after = iac_parser_peek(p);
    iac_range range = iac_token_range(p, token);
    if (after->kind == IAC_TOK_OPAREN || after->kind == IAC_TOK_DOUBLE_COLON)
        return parse_call(p, token);
    iac_str name = iac_token_text(p, token);
    if (iac_str_is(name, "true"))
        return literal(p, &iac_true, range);
    if (iac_str_is(name, "false"))
        return literal(p, &iac_false, range);
    if (iac_str_is(name, "null"))
        return literal(p, &iac_null_dynamic, range);
    iac_expr *expr = iac_expr_new(p, IAC_EXPR_ROOT, range);
    expr->root = name;
    return expr;
}

static const iac_expr *missing_expression(iac_parser *p, const iac_token *token)
{
    iac_range range = iac_token_range(p, token);
    if (token->kind == IAC_TOK_EOF)
        iac_parser_error(p, range, "Missing expression",
                         "Expected the start of an expression, but found the end of the file.");
    else
        iac_parser_error(p, range, "Invalid expression",
                         "Expected the start of an expression, but found an invalid expression token.");
    p->quiet = true;
    return iac_expr_error(p, range);
}

static const iac_expr *parse_primary(iac_parser *p)
{
    const iac_token *token = iac_parser_peek(p);
    switch (token->kind) {
    case IAC_TOK_IDENT:
        return parse_name(p);
    case IAC_TOK_NUMBER:
        return parse_number(p, iac_parser_next(p));
    case IAC_TOK_OQUOTE:
    case IAC_TOK_OHEREDOC:
        return iac_parse_quoted(p);
    case IAC_TOK_OBRACK:
        return parse_tuple(p);
    case IAC_TOK_OBRACE:
        return parse_object(p);
    case IAC_TOK_OPAREN:
        return parse_paren(p);
    case IAC_TOK_MINUS:
    case IAC_TOK_BANG:
        return parse_unary(p, token);
    default:
        return missing_expression(p, token);
    }
}

/* A term with what is attached to it. An operator before a term applies to the term with its traversals. */
static const iac_expr *parse_term(iac_parser *p)
{
    if (!iac_parser_enter(p))
        return iac_expr_error(p, iac_token_range(p, iac_parser_peek(p)));
    const iac_expr *expr = parse_primary(p);
    if (expr->kind != IAC_EXPR_UNARY)
        expr = parse_traversals(p, expr);
    iac_parser_leave(p);
    return expr;
}
