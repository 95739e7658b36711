#include "lang/syntax/lexer.h"

#include "lang/syntax/parser.h"
#include "lang/value/text.h"

#include <string.h>

typedef enum mode_kind { MODE_NORMAL, MODE_QUOTED, MODE_HEREDOC, MODE_BARE } mode_kind;

typedef struct mode {
    mode_kind kind;
    bool line_start;  /* heredoc: the next byte begins a line */
    uint32_t braces;  /* normal: `{` not yet closed */
    iac_str marker;   /* heredoc */
} mode;

enum { /* messages given once for each file */
    TOLD_BITWISE_AND = 1,
    TOLD_BITWISE_OR = 2,
    TOLD_BITWISE_NOT = 4,
    TOLD_BITWISE_XOR = 8,
    TOLD_BACKTICK = 16,
    TOLD_APOSTROPHE = 32,
    TOLD_SEMICOLON = 64,
    TOLD_UTF8 = 128,
};

typedef struct lexer {
    const char *s;
    size_t n, at;
    iac_tokens tokens;
    IAC_VEC(mode) modes;
    const iac_source *src;
    iac_diags *diags;
    unsigned told, apostrophes, backticks;
} lexer;

enum { BLANK = 1, ID_START = 2, ID_PART = 4, DIGIT = 8 };

static const uint8_t classes[256] = {
    [' '] = BLANK, ['\t'] = BLANK, ['_'] = ID_START | ID_PART, ['-'] = ID_PART,
    ['0'] = DIGIT | ID_PART, ['1'] = DIGIT | ID_PART, ['2'] = DIGIT | ID_PART, ['3'] = DIGIT | ID_PART,
    ['4'] = DIGIT | ID_PART, ['5'] = DIGIT | ID_PART, ['6'] = DIGIT | ID_PART, ['7'] = DIGIT | ID_PART,
    ['8'] = DIGIT | ID_PART, ['9'] = DIGIT | ID_PART,
#define LETTER(c) [c] = ID_START | ID_PART, [(c) - 32] = ID_START | ID_PART
    LETTER('a'), LETTER('b'), LETTER('c'), LETTER('d'), LETTER('e'), LETTER('f'), LETTER('g'), LETTER('h'),
    LETTER('i'), LETTER('j'), LETTER('k'), LETTER('l'), LETTER('m'), LETTER('n'), LETTER('o'), LETTER('p'),
    LETTER('q'), LETTER('r'), LETTER('s'), LETTER('t'), LETTER('u'), LETTER('v'), LETTER('w'), LETTER('x'),
    LETTER('y'), LETTER('z'),
#undef LETTER
};

static unsigned class_at(const lexer *lx, size_t i)
{
    return i < lx->n ? classes[(unsigned char)lx->s[i]] : 0;
}

static char char_at(const lexer *lx, size_t i)
{
    return i < lx->n ? lx->s[i] : '\0';
}

static bool is_high(char c)
{
    return (unsigned char)c >= 0x80;
}

/* Bytes of the valid UTF-8 sequence at i, or 0. */
static size_t utf8_length(const lexer *lx, size_t i)
{
    size_t next = i;
    uint32_t code = iac_utf8_next((iac_str){ lx->s, lx->n }, &next);
    return code == 0xFFFD && next - i == 1 ? 0 : next - i;
}

static void emit(lexer *lx, iac_token_kind kind, size_t end)
{
    iac_vec_push(&lx->tokens, (iac_token){ (uint32_t)lx->at, (uint32_t)end, (uint8_t)kind });
    lx->at = end;
}

/* Of quotes every other one is told of, the first of each of two pairs. */
static bool tell_quote(lexer *lx, unsigned quote)
{
    unsigned *seen = quote == TOLD_APOSTROPHE ? &lx->apostrophes : &lx->backticks;
    return (*seen)++ % 2 == 0 && *seen < 4;
}

static void complain(lexer *lx, size_t end, unsigned once, const char *summary, const char *detail)
{
    bool quote = once == TOLD_APOSTROPHE || once == TOLD_BACKTICK;
    if (!lx->diags || (quote ? !tell_quote(lx, once) : lx->told & once))
        return;
    lx->told |= once;
    size_t base = (size_t)(lx->s - lx->src->text.p);
    iac_range range = { lx->src, (uint32_t)(base + lx->at), (uint32_t)(base + end) };
    iac_diag_error(lx->diags, range, summary, "%s", detail);
}

static void push_mode(lexer *lx, mode_kind kind)
{
    iac_vec_push(&lx->modes, (mode){ .kind = kind });
}

static mode *top_mode(lexer *lx)
{
    return &lx->modes.v[lx->modes.n - 1];
}

static void bad_utf8(lexer *lx)
{
    complain(lx, lx->at + 1, TOLD_UTF8, "Invalid character encoding",
             "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.");
    emit(lx, IAC_TOK_BAD_UTF8, lx->at + 1);
}

static void invalid(lexer *lx, size_t end)
{
    static const struct {
        char c;
        unsigned once;
        const char *summary, *detail;
    } known[] = {
        { '&', TOLD_BITWISE_AND, "Unsupported operator",
          "Bitwise operators are not supported. Did you mean boolean AND (\"&&\")?" },
        { '|', TOLD_BITWISE_OR, "Unsupported operator",
          "Bitwise operators are not supported. Did you mean boolean OR (\"||\")?" },
        { '~', TOLD_BITWISE_NOT, "Unsupported operator",
          "Bitwise operators are not supported. Did you mean boolean NOT (\"!\")?" },
        { '^', TOLD_BITWISE_XOR, "Unsupported operator", "Bitwise operators are not supported." },
        { '`', TOLD_BACKTICK, "Invalid character",
          "The \"`\" character is not valid. To create a multi-line string, use the \"heredoc\" syntax, like "
          "\"<<EOT\"." },
        { '\'', TOLD_APOSTROPHE, "Invalid character",
          "Single quotes are not valid. Use double quotes (\") to enclose strings." },
        { ';', TOLD_SEMICOLON, "Invalid character",
          "The \";\" character is not valid. Use newlines to separate arguments and blocks, and commas to separate "
          "items in collection values." },
    };
    const char *summary = "Invalid character", *detail = "This character is not used within the language.";
    unsigned once = 0;
    for (size_t i = 0; i < IAC_COUNT(known); i++) {
        if (lx->s[lx->at] == known[i].c) {
            once = known[i].once;
            summary = known[i].summary;
            detail = known[i].detail;
        }
    }
    if (end - lx->at == 3 && (memcmp(lx->s + lx->at, "\xE2\x80\x9C", 3) == 0 ||
                              memcmp(lx->s + lx->at, "\xE2\x80\x9D", 3) == 0))
        detail = "\"Curly quotes\" are not valid here. These can sometimes be inadvertently introduced when sharing "
                 "code via documents or discussion forums. It might help to replace the character with a \"straight "
                 "quote\".";
    complain(lx, end, once, summary, detail);
    emit(lx, IAC_TOK_INVALID, end);
}

/* The end of the identifier that begins at i, or i when there is none. */
static size_t ident_end(const lexer *lx, size_t i)
{
    size_t start = i;
    for (;;) {
        while (class_at(lx, i) & (i == start ? ID_START : ID_PART))
            i++;
        if (i >= lx->n || !is_high(lx->s[i]))
            return i;
        size_t next = i;
        uint32_t code = iac_utf8_next((iac_str){ lx->s, lx->n }, &next);
        if (!(i == start ? iac_is_id_start(code) : iac_is_id_continue(code)))
            return i;
        i = next;
    }
}

static size_t digits_end(const lexer *lx, size_t i)
{
    while (class_at(lx, i) & DIGIT)
        i++;
    return i;
}

/* Whatever looks like part of a number belongs to it: 1.2.3 is one token, which is then no number. */
static size_t number_end(const lexer *lx, size_t i)
{
    size_t end = i = digits_end(lx, i);
    for (;;) {
        size_t exponent = i + 1;
        if (class_at(lx, i) & DIGIT) {
            end = i = digits_end(lx, i);
        } else if (char_at(lx, i) == '.') {
            i++;
        } else if (char_at(lx, i) == 'e' || char_at(lx, i) == 'E') {
            exponent += char_at(lx, exponent) == '+' || char_at(lx, exponent) == '-';
            if (!(class_at(lx, exponent) & DIGIT))
                return end;
            end = i = digits_end(lx, exponent);
        } else {
            return end;
        }
    }
}

/* The end of the line that begins at or before i, its newline included. */
static size_t line_end(const lexer *lx, size_t i)
{
    const char *newline = i < lx->n ? memchr(lx->s + i, '\n', lx->n - i) : NULL;
    return newline ? (size_t)(newline - lx->s) + 1 : lx->n;
}

/* <<ID and a newline: opens a heredoc. */
static bool lex_heredoc_start(lexer *lx)
{
    size_t i = lx->at + 2;
    if (char_at(lx, i) == '-')
        i++;
    size_t end = ident_end(lx, i);
    if (end == i)
        return false;
    size_t line = end;
    if (char_at(lx, line) == '\r')
        line++;
    if (char_at(lx, line) != '\n')
        return false;
    iac_str marker = { lx->s + i, end - i };
    emit(lx, IAC_TOK_OHEREDOC, line + 1);
    push_mode(lx, MODE_HEREDOC);
    top_mode(lx)->marker = marker;
    top_mode(lx)->line_start = true;
    return true;
}

/* } or ~}, which ends a sequence whatever it should close, so that the parser can tell. */
static void lex_close_brace(lexer *lx, bool strip)
{
    mode *top = top_mode(lx);
    if (top->braces == 0 && lx->modes.n > 1) {
        emit(lx, IAC_TOK_SEQ_END, lx->at + strip + 1);
        lx->modes.n--;
        return;
    }
    if (top->braces > 0)
        top->braces--;
    emit(lx, strip ? IAC_TOK_SEQ_END : IAC_TOK_CBRACE, lx->at + strip + 1);
}

static bool lex_block_comment(lexer *lx)
{
    iac_str text = { lx->s, lx->n };
    size_t end = iac_str_find(text, IAC_STR("*/"), lx->at + 2);
    if (end == SIZE_MAX)
        return false;
    emit(lx, IAC_TOK_BLOCK_COMMENT, end + 2);
    return true;
}

/* Operators and brackets; false when the byte starts none. */
static bool lex_punctuation(lexer *lx, char c, char next)
{
    static const uint8_t single[128] = {
        ['['] = IAC_TOK_OBRACK, [']'] = IAC_TOK_CBRACK, ['('] = IAC_TOK_OPAREN, [')'] = IAC_TOK_CPAREN,
        [','] = IAC_TOK_COMMA,  ['?'] = IAC_TOK_QUESTION, ['*'] = IAC_TOK_STAR, ['/'] = IAC_TOK_SLASH,
        ['%'] = IAC_TOK_PERCENT, ['+'] = IAC_TOK_PLUS, ['-'] = IAC_TOK_MINUS, ['='] = IAC_TOK_EQUAL,
        ['.'] = IAC_TOK_DOT, [':'] = IAC_TOK_COLON, ['<'] = IAC_TOK_LT, ['>'] = IAC_TOK_GT, ['!'] = IAC_TOK_BANG,
    };
    static const struct {
        char first, second;
        uint8_t kind;
    } pairs[] = {
        { '=', '=', IAC_TOK_EQ }, { '=', '>', IAC_TOK_FAT_ARROW }, { '!', '=', IAC_TOK_NE }, { '<', '=', IAC_TOK_LE },
        { '>', '=', IAC_TOK_GE }, { '&', '&', IAC_TOK_AND },       { '|', '|', IAC_TOK_OR },
        { ':', ':', IAC_TOK_DOUBLE_COLON },
    };
    if (c == '.' && next == '.' && char_at(lx, lx->at + 2) == '.') {
        emit(lx, IAC_TOK_ELLIPSIS, lx->at + 3);
        return true;
    }
    for (size_t i = 0; next && i < IAC_COUNT(pairs); i++) {
        if (c == pairs[i].first && next == pairs[i].second) {
            emit(lx, pairs[i].kind, lx->at + 2);
            return true;
        }
    }
    if (!single[(unsigned char)c])
        return false;
    emit(lx, single[(unsigned char)c], lx->at + 1);
    return true;
}

static void lex_other(lexer *lx, char c)
{
    char next = char_at(lx, lx->at + 1);
    if (c == '/' && next == '*' && lex_block_comment(lx))
        return;
    if (c == '<' && next == '<' && lex_heredoc_start(lx))
        return;
    if (!is_high(c)) {
        if (!lex_punctuation(lx, c, next))
            invalid(lx, lx->at + 1);
        return;
    }
    size_t end = ident_end(lx, lx->at), length;
    if (end > lx->at)
        emit(lx, IAC_TOK_IDENT, end);
    else if ((length = utf8_length(lx, lx->at)) > 0)
        invalid(lx, lx->at + length);
    else
        bad_utf8(lx);
}

static void lex_normal(lexer *lx)
{
    char c = lx->s[lx->at], next;
    unsigned class = classes[(unsigned char)c];
    if (class & BLANK) {
        lx->at++;
        return;
    }
    if (class & ID_START) {
        emit(lx, IAC_TOK_IDENT, ident_end(lx, lx->at));
        return;
    }
    if (class & DIGIT) {
        emit(lx, IAC_TOK_NUMBER, number_end(lx, lx->at));
        return;
    }
    switch (c) {
    case '\n':
        emit(lx, IAC_TOK_NEWLINE, lx->at + 1);
        return;
    case '"':
        emit(lx, IAC_TOK_OQUOTE, lx->at + 1);
        push_mode(lx, MODE_QUOTED);
        return;
    case '{':
        top_mode(lx)->braces++;
        emit(lx, IAC_TOK_OBRACE, lx->at + 1);
        return;
    case '}':
        lex_close_brace(lx, false);
        return;
    case '#':
        emit(lx, IAC_TOK_COMMENT, line_end(lx, lx->at));
        return;
    default:
        break;
    }
    next = char_at(lx, lx->at + 1);
    if (c == '\r' && next == '\n')
        emit(lx, IAC_TOK_NEWLINE, lx->at + 2);
    else if (c == '/' && next == '/')
        emit(lx, IAC_TOK_COMMENT, line_end(lx, lx->at));
    else if (c == '~' && next == '}')
        lex_close_brace(lx, true);
    else
        lex_other(lx, c);
}

/* Whether ${ or %{ begins at i. */
static bool sequence_at(const lexer *lx, size_t i)
{
    return (char_at(lx, i) == '$' || char_at(lx, i) == '%') && char_at(lx, i + 1) == '{';
}

static void lex_sequence(lexer *lx)
{
    bool strip = char_at(lx, lx->at + 2) == '~';
    emit(lx, lx->s[lx->at] == '$' ? IAC_TOK_INTERP : IAC_TOK_CONTROL, lx->at + (strip ? 3 : 2));
    push_mode(lx, MODE_NORMAL);
}

static void quoted_newline(lexer *lx, size_t end)
{
    complain(lx, end, 0, "Invalid multi-line string",
             "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n "
             "escape to represent a newline character or use the \"heredoc\" multi-line template syntax.");
    emit(lx, IAC_TOK_QUOTED_NEWLINE, end);
}

/* Where the literal part beginning at i ends: before what quoted, or the end of the line for other templates. */
static size_t literal_end(const lexer *lx, size_t i, bool quoted)
{
    while (i < lx->n) {
        char c = lx->s[i];
        switch (c) {
        case '$':
        case '%':
            if (char_at(lx, i + 1) == '{')
                return i;
            i += char_at(lx, i + 1) == c && char_at(lx, i + 2) == '{' ? 3 : 1;
            break;
        case '"':
            if (quoted)
                return i;
            i++;
            break;
        case '\\': /* whatever follows is escaped, except the end of the line */
            if (quoted && (i + 1 >= lx->n || char_at(lx, i + 1) == '\n'))
                return i;
            i += quoted && !is_high(char_at(lx, i + 1)) ? 2 : 1;
            break;
        case '\r':
            if (quoted && char_at(lx, i + 1) == '\n')
                return i;
            i++;
            break;
        case '\n':
            return quoted ? i : i + 1;
        default:
            if (is_high(c)) {
                size_t length = utf8_length(lx, i);
                if (length == 0)
                    return i;
                i += length;
            } else {
                i++;
            }
        }
    }
    return i;
}

static void lex_quoted(lexer *lx)
{
    char c = lx->s[lx->at];
    if (c == '"') {
        emit(lx, IAC_TOK_CQUOTE, lx->at + 1);
        lx->modes.n--;
    } else if (c == '\n') {
        quoted_newline(lx, lx->at + 1);
    } else if (c == '\r' && char_at(lx, lx->at + 1) == '\n') {
        quoted_newline(lx, lx->at + 2);
    } else if (sequence_at(lx, lx->at)) {
        lex_sequence(lx);
    } else {
        size_t end = literal_end(lx, lx->at, true);
        if (end > lx->at)
            emit(lx, IAC_TOK_QUOTED_LIT, end);
        else if (c == '\\')
            invalid(lx, lx->at + 1);
        else
            bad_utf8(lx);
    }
}

/* The line at `at` holds nothing but the closing marker. Its newline is not part of the token. */
static bool lex_heredoc_end(lexer *lx, iac_str marker)
{
    size_t i = lx->at;
    while (class_at(lx, i) & BLANK)
        i++;
    if (!iac_str_starts((iac_str){ lx->s + i, lx->n - i }, marker))
        return false;
    size_t end = i + marker.n, after = end;
    while (class_at(lx, after) & BLANK)
        after++;
    if (char_at(lx, after) != '\n' && !(char_at(lx, after) == '\r' && char_at(lx, after + 1) == '\n'))
        return false;
    emit(lx, IAC_TOK_CHEREDOC, end);
    lx->modes.n--;
    return true;
}

static void lex_lines(lexer *lx)
{
    mode *top = top_mode(lx);
    if (top->kind == MODE_HEREDOC && top->line_start && lex_heredoc_end(lx, top->marker))
        return;
    top->line_start = false;
    if (sequence_at(lx, lx->at)) {
        lex_sequence(lx);
        return;
    }
    size_t end = literal_end(lx, lx->at, false);
    if (end == lx->at) {
        bad_utf8(lx);
        return;
    }
    top->line_start = lx->s[end - 1] == '\n';
    emit(lx, IAC_TOK_STRING_LIT, end);
}

iac_tokens iac_lex(iac_str text, iac_lex_mode mode_wanted, const iac_source *src, iac_diags *diags)
{
    lexer lx = { .s = text.p, .n = text.n, .src = src, .diags = diags };
    iac_vec_reserve(&lx.tokens, text.n / 6 + 16);
    push_mode(&lx, mode_wanted == IAC_LEX_CONFIG ? MODE_NORMAL : MODE_BARE);
    if (mode_wanted == IAC_LEX_CONFIG && iac_str_starts(text, IAC_STR("\xEF\xBB\xBF")))
        lx.at = 3;
    while (lx.at < lx.n) {
        switch (top_mode(&lx)->kind) {
        case MODE_NORMAL:
            lex_normal(&lx);
            break;
        case MODE_QUOTED:
            lex_quoted(&lx);
            break;
        case MODE_HEREDOC:
        case MODE_BARE:
            lex_lines(&lx);
            break;
        }
    }
    emit(&lx, IAC_TOK_EOF, lx.n);
    iac_vec_clear(&lx.modes);
    return lx.tokens;
}

bool iac_expression_is_open(iac_str text)
{
    iac_buf line; /* with the newline that ends a heredoc's last line */
    int64_t open = 0;

    iac_buf_init(&line, IAC_BUF_UNLIMITED);
    iac_buf_str(&line, text);
    iac_buf_char(&line, '\n');
    iac_tokens tokens = iac_lex(iac_buf_view(&line), IAC_LEX_CONFIG, NULL, NULL);
    for (size_t i = 0; i < tokens.n; i++) {
        switch (tokens.v[i].kind) {
        case IAC_TOK_OBRACE:
        case IAC_TOK_OBRACK:
        case IAC_TOK_OPAREN:
        case IAC_TOK_OHEREDOC:
            open++;
            break;
        case IAC_TOK_CBRACE:
        case IAC_TOK_CBRACK:
        case IAC_TOK_CPAREN:
        case IAC_TOK_CHEREDOC:
            open--;
            break;
        default:
            break;
        }
    }
    iac_vec_clear(&tokens);
    iac_buf_clear(&line);
    return open > 0;
}
