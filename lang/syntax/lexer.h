/* lang/syntax/lexer.h - source text to tokens. Internal to lang/syntax (parser and formatter).
 * One pass; every byte of the text belongs to a token or is blank between two. The scanner knows quoted strings,
 * heredocs and the sequences nested in them, so that braces and quotes always pair up as they are written. */
#ifndef IAC_SYNTAX_LEXER_H
#define IAC_SYNTAX_LEXER_H
#include "lang/base/base.h"
#include "lang/base/diag.h"

typedef enum iac_token_kind {
    IAC_TOK_EOF,
    IAC_TOK_NEWLINE,
    IAC_TOK_COMMENT,       /* # or // with its newline: ends a line as NEWLINE does */
    IAC_TOK_BLOCK_COMMENT, /* blank to the parser */
    IAC_TOK_IDENT,
    IAC_TOK_NUMBER,
    IAC_TOK_OBRACE,
    IAC_TOK_CBRACE,
    IAC_TOK_OBRACK,
    IAC_TOK_CBRACK,
    IAC_TOK_OPAREN,
    IAC_TOK_CPAREN,
    IAC_TOK_OQUOTE,
    IAC_TOK_CQUOTE,
    IAC_TOK_OHEREDOC, /* <<ID or <<-ID with its newline */
    IAC_TOK_CHEREDOC, /* the closing marker, blanks before it included */
    IAC_TOK_QUOTED_LIT,
    IAC_TOK_STRING_LIT, /* heredoc or bare template: at most one line, with its newline */
    IAC_TOK_QUOTED_NEWLINE,
    IAC_TOK_INTERP,  /* ${ or ${~ */
    IAC_TOK_CONTROL, /* %{ or %{~ */
    IAC_TOK_SEQ_END, /* } or ~} closing one of the two above */
    IAC_TOK_EQUAL,
    IAC_TOK_DOT,
    IAC_TOK_COMMA,
    IAC_TOK_COLON,
    IAC_TOK_DOUBLE_COLON,
    IAC_TOK_ELLIPSIS,
    IAC_TOK_QUESTION,
    IAC_TOK_FAT_ARROW,
    IAC_TOK_STAR,
    IAC_TOK_SLASH,
    IAC_TOK_PERCENT,
    IAC_TOK_PLUS,
    IAC_TOK_MINUS,
    IAC_TOK_EQ,
    IAC_TOK_NE,
    IAC_TOK_LT,
    IAC_TOK_LE,
    IAC_TOK_GT,
    IAC_TOK_GE,
    IAC_TOK_AND,
    IAC_TOK_OR,
    IAC_TOK_BANG,
    IAC_TOK_INVALID,
    IAC_TOK_BAD_UTF8,
} iac_token_kind;

typedef struct iac_token {
    uint32_t start, end; /* byte offsets */
    uint8_t kind;        /* iac_token_kind */
} iac_token;

typedef struct iac_tokens {
    iac_token *v; /* the last one is EOF */
    size_t n, cap;
} iac_tokens;

typedef enum iac_lex_mode { IAC_LEX_CONFIG, IAC_LEX_TEMPLATE } iac_lex_mode;

/* Splits text; the caller frees the result with iac_vec_clear. What is no token of the language is reported to diags
 * (NULL: not at all), with ranges in src, which text is then a part of. */
iac_tokens iac_lex(iac_str text, iac_lex_mode mode, const iac_source *src, iac_diags *diags);
#endif
