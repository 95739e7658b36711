/* lang/syntax/parse.h - what the files of the parser share. Internal to lang/syntax.
 *
 * Errors put the parser into a quiet state, in which messages that would only be consequences of the first are left
 * out; it lasts to the end of the file. */
#ifndef IAC_SYNTAX_PARSE_H
#define IAC_SYNTAX_PARSE_H
#include "lang/base/diag.h"
#include "lang/syntax/ast.h"
#include "lang/syntax/lexer.h"

enum {
    IAC_MAX_NESTING = 400, /* brackets, blocks and templates within each other */
    IAC_MAX_HEIGHT = 1000, /* of an expression's tree: nesting plus chains of operators */
};

typedef struct iac_template_part iac_template_part;

typedef struct iac_parser iac_parser;
struct iac_parser {
    iac_arena *arena;
    const iac_source *src;
    iac_str text;
    uint32_t base; /* where text begins in src */
    iac_tokens tokens;
    size_t at;
    bool newlines;  /* newlines are tokens here, not blanks */
    bool from_json; /* copied to each node */
    bool quiet;
    bool too_deep; /* said once */
    unsigned depth;
    iac_diags *diags;
    IAC_VEC(const iac_expr *) exprs; /* scratch stacks: children of the nodes being built */
    IAC_VEC(iac_object_item) items;
    IAC_VEC(iac_attribute) attributes;
    IAC_VEC(iac_block) blocks;
    IAC_VEC(iac_label) labels;
    struct { iac_template_part *v; size_t n, cap; } parts;
    iac_buf buf;
    /* Where set: called after each item of the file's top level, the last of p->attributes or of p->blocks. It may take
     * blocks off and reset the arena. */
    void (*on_item)(iac_parser *p);
    void *on_item_arg;
};

/* Tokens. peek is the next token that counts here; next moves past it. */
const iac_token *iac_parser_skip_blank(const iac_parser *p);
static inline const iac_token *iac_parser_peek(const iac_parser *p)
{
    const iac_token *token = p->tokens.v + p->at;
    return token->kind > IAC_TOK_BLOCK_COMMENT ? token : iac_parser_skip_blank(p);
}
const iac_token *iac_parser_next(iac_parser *p);
bool iac_parser_accept(iac_parser *p, iac_token_kind kind);
iac_range iac_parser_range(const iac_parser *p, uint32_t start, uint32_t end);
iac_range iac_token_range(const iac_parser *p, const iac_token *token);
iac_str iac_token_text(const iac_parser *p, const iac_token *token);
bool iac_token_is(const iac_parser *p, const iac_token *token, const char *word); /* an identifier spelled so */

/* Moves to the token of kind `close` that belongs to the bracket now open, or to the end of the file, and is quiet
 * from here on. Returns that token, not yet taken. */
const iac_token *iac_parser_recover(iac_parser *p, iac_token_kind close);
/* Reports unless quiet. */
void iac_parser_error(iac_parser *p, iac_range range, const char *summary, const char *detail);
/* The same at a token, telling that what it is about began at `from`. */
void iac_parser_error_since(iac_parser *p, const iac_token *token, const iac_token *from, const char *summary,
                            const char *detail);
/* False, with an error said once, when nesting goes too deep; otherwise to be paired with iac_parser_leave. */
bool iac_parser_enter(iac_parser *p);
void iac_parser_leave(iac_parser *p);

/* Nodes. */
iac_expr *iac_expr_new(iac_parser *p, iac_expr_kind kind, iac_range range);
const iac_expr *iac_expr_error(iac_parser *p, iac_range range);
/* Makes child known as a part of parent; ends the parse when the tree grows too high. */
void iac_expr_adopt(iac_parser *p, iac_expr *parent, const iac_expr *child);
/* Takes the expressions on the scratch stack from base on as an array in the arena. */
const iac_expr *const *iac_parser_take_exprs(iac_parser *p, size_t base, size_t *ret_count);

/* A whole configuration file; for the formatter, which needs the tokens too. */
const iac_file *iac_parse_file_tokens(iac_parser *p);
const iac_expr *iac_parse_expr(iac_parser *p);
/* At OQUOTE or OHEREDOC. */
const iac_expr *iac_parse_quoted(iac_parser *p);
/* Template parts up to EOF; range is that of the result. */
const iac_expr *iac_parse_bare_template(iac_parser *p, iac_range range);
/* `[for` and `{for`, at the word for. */
const iac_expr *iac_parse_for(iac_parser *p, const iac_token *open, iac_token_kind close);
/* At OQUOTE: a string in which no sequences may stand. */
iac_label iac_parse_quoted_label(iac_parser *p);
/* The text of a quoted literal with its escapes taken out, in the parser's buffer: copy before the next call. */
iac_str iac_parse_literal(iac_parser *p, const iac_token *token, bool quoted);

/* A parser for text, which lies in src. */
void iac_parser_init(iac_parser *p, iac_arena *arena, const iac_source *src, iac_str text, iac_lex_mode mode,
                     iac_diags *diags);
void iac_parser_clear(iac_parser *p);
#endif
