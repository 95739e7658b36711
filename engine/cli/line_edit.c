#include "engine/cli/line_edit.h"

#include "lang/value/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utf8proc.h>

enum {
    MAX_LINE = 1 << 20,
    MAX_HISTORY = 1000,
    CONTROL_C = 3,
    CONTROL_D = 4,
    ESCAPE = 27,
    BACKSPACE = 127,
};

typedef enum key { /* what is not a character of its own */
    KEY_NONE = 256,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_UP,
    KEY_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
    KEY_WORD_LEFT,
    KEY_WORD_RIGHT,
    KEY_EOF,
} key;

struct iac_line_editor {
    int in, out;
    bool silent; /* what is written is no terminal: no prompts either */
    bool plain;  /* a terminal that cannot move its cursor */
    IAC_VEC(char *) history;
    /* the line being edited */
    const char *prompt;
    iac_buf text;
    size_t cursor;     /* byte offset, at the beginning of a cluster */
    size_t at_history; /* history.n: the new line */
    iac_buf draft;     /* the new line, while an old one is shown */
};

iac_line_editor *iac_line_editor_new(int in, int out)
{
    iac_line_editor *editor = iac_xcalloc(1, sizeof(*editor));
    const char *term = getenv("TERM");

    editor->in = in;
    editor->out = out;
    editor->silent = !isatty(out);
    editor->plain = !term || !*term || strcmp(term, "dumb") == 0 || editor->silent;
    iac_buf_init(&editor->text, MAX_LINE);
    iac_buf_init(&editor->draft, MAX_LINE);
    return editor;
}

void iac_line_editor_free(iac_line_editor *editor)
{
    for (size_t i = 0; i < editor->history.n; i++)
        free(editor->history.v[i]);
    iac_vec_clear(&editor->history);
    iac_buf_clear(&editor->text);
    iac_buf_clear(&editor->draft);
    free(editor);
}

void iac_line_editor_remember(iac_line_editor *editor, iac_str line)
{
    if (!line.n || (editor->history.n && iac_str_is(line, editor->history.v[editor->history.n - 1])))
        return;
    if (editor->history.n == MAX_HISTORY) {
        free(editor->history.v[0]);
        memmove(editor->history.v, editor->history.v + 1, (MAX_HISTORY - 1) * sizeof(char *));
        editor->history.n--;
    }
    char *copy = iac_xcalloc(line.n + 1, 1);
    memcpy(copy, line.p, line.n);
    iac_vec_push(&editor->history, copy);
}

/* ---- the screen ---- */

static void put(const iac_line_editor *editor, const iac_buf *bytes)
{
    for (size_t at = 0; at < bytes->n;) {
        ssize_t n = write(editor->out, bytes->p + at, bytes->n - at);
        if (n < 0 && errno != EINTR)
            return;
        at += n > 0 ? (size_t)n : 0;
    }
}

static size_t width_at(iac_str text, size_t at)
{
    uint32_t code = iac_utf8_next(text, &at);
    int width = utf8proc_charwidth((utf8proc_int32_t)code);
    return width > 0 ? (size_t)width : 0;
}

static size_t width_of(iac_str text, size_t from, size_t to)
{
    size_t width = 0;
    for (size_t at = from; at < to; at += iac_grapheme_next(text, at))
        width += width_at(text, at);
    return width;
}

static size_t screen_width(const iac_line_editor *editor)
{
    struct winsize size;
    return ioctl(editor->out, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
}

/* Draws the line; of a long one the part around the cursor. */
static void draw(const iac_line_editor *editor)
{
    iac_str text = iac_buf_view(&editor->text);
    size_t room = screen_width(editor) - strlen(editor->prompt) - 1, from = 0, to, shown = 0;
    iac_buf out;

    while (width_of(text, from, editor->cursor) > room)
        from += iac_grapheme_next(text, from);
    for (to = from; to < text.n && shown + width_at(text, to) <= room; to += iac_grapheme_next(text, to))
        shown += width_at(text, to);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_printf(&out, "\r%s", editor->prompt);
    iac_buf_str(&out, iac_str_sub(text, from, to));
    iac_buf_printf(&out, "\033[K\r\033[%zuC", strlen(editor->prompt) + width_of(text, from, editor->cursor));
    put(editor, &out);
    iac_buf_clear(&out);
}

/* ---- keys ---- */

static int read_byte(const iac_line_editor *editor)
{
    unsigned char c;
    ssize_t n;

    do
        n = read(editor->in, &c, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? c : KEY_EOF;
}

/* ESC [ ... : letters, or a number and a tilde. */
static key read_sequence(const iac_line_editor *editor)
{
    static const key numbered[] = {
        [1] = KEY_HOME, [3] = KEY_DELETE, [4] = KEY_END, [7] = KEY_HOME, [8] = KEY_END,
    };
    int c = read_byte(editor);
    size_t number = 0;
    bool modified = false;

    while ((c >= '0' && c <= '9') || c == ';') {
        modified = modified || c == ';';
        if (!modified)
            number = number < 1000 ? number * 10 + (size_t)(c - '0') : number;
        c = read_byte(editor);
    }
    switch (c) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return modified ? KEY_WORD_RIGHT : KEY_RIGHT;
    case 'D':
        return modified ? KEY_WORD_LEFT : KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        return number < IAC_COUNT(numbered) && numbered[number] ? numbered[number] : KEY_NONE;
    default:
        return KEY_NONE;
    }
}

static int read_key(const iac_line_editor *editor)
{
    static const int control[32] = {
        [1] = KEY_HOME, [2] = KEY_LEFT, [5] = KEY_END, [6] = KEY_RIGHT, [8] = BACKSPACE, [14] = KEY_DOWN,
        [16] = KEY_UP,
    };
    int c = read_byte(editor);

    if (c != ESCAPE)
        return c < 32 && control[c] ? control[c] : c;
    c = read_byte(editor);
    if (c == '[' || c == 'O')
        return (int)read_sequence(editor);
    return c == 'b' ? KEY_WORD_LEFT : c == 'f' ? KEY_WORD_RIGHT : KEY_NONE;
}

/* ---- the text ---- */

static void replace(iac_line_editor *editor, size_t from, size_t to, iac_str with)
{
    iac_buf out;
    iac_str text = iac_buf_view(&editor->text);

    iac_buf_init(&out, MAX_LINE);
    iac_buf_str(&out, iac_str_sub(text, 0, from));
    iac_buf_str(&out, with);
    iac_buf_str(&out, iac_str_sub(text, to, text.n));
    if (out.full) {
        iac_buf_clear(&out);
        return;
    }
    iac_buf_clear(&editor->text);
    editor->text = out;
    editor->cursor = from + with.n;
}

static size_t before(const iac_line_editor *editor, size_t at)
{
    iac_str text = iac_buf_view(&editor->text);
    size_t previous = 0;

    for (size_t next = 0; next < at; next += iac_grapheme_next(text, next))
        previous = next;
    return previous;
}

static size_t after(const iac_line_editor *editor, size_t at)
{
    return at + iac_grapheme_next(iac_buf_view(&editor->text), at);
}

static bool is_word(const iac_line_editor *editor, size_t at)
{
    unsigned char c = (unsigned char)editor->text.p[at];
    return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static size_t word_before(const iac_line_editor *editor)
{
    size_t at = editor->cursor;

    while (at > 0 && !is_word(editor, before(editor, at)))
        at = before(editor, at);
    while (at > 0 && is_word(editor, before(editor, at)))
        at = before(editor, at);
    return at;
}

static size_t word_after(const iac_line_editor *editor)
{
    size_t at = editor->cursor;

    while (at < editor->text.n && !is_word(editor, at))
        at = after(editor, at);
    while (at < editor->text.n && is_word(editor, at))
        at = after(editor, at);
    return at;
}

static void show_history(iac_line_editor *editor, size_t index)
{
    iac_str line;

    if (index > editor->history.n)
        return;
    if (editor->at_history == editor->history.n) {
        iac_buf_reset(&editor->draft);
        iac_buf_str(&editor->draft, iac_buf_view(&editor->text));
    }
    line = index == editor->history.n ? iac_buf_view(&editor->draft) : iac_str_of(editor->history.v[index]);
    editor->at_history = index;
    replace(editor, 0, editor->text.n, line);
}

/* A character of up to four bytes, of which the first is read. */
static void insert(iac_line_editor *editor, int first)
{
    char bytes[4] = { (char)first };
    size_t n = 1, length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    if (first == '\t')
        bytes[0] = ' ';
    else if (first < 32)
        return;
    while (n < length) {
        int c = read_byte(editor);
        if (c >= 256)
            return;
        bytes[n++] = (char)c;
    }
    if (iac_utf8_valid((iac_str){ bytes, n }))
        replace(editor, editor->cursor, editor->cursor, (iac_str){ bytes, n });
}

static void edit(iac_line_editor *editor, int pressed)
{
    size_t cursor = editor->cursor, end = editor->text.n;

    switch (pressed) {
    case KEY_LEFT:
        editor->cursor = before(editor, cursor);
        break;
    case KEY_RIGHT:
        editor->cursor = cursor < end ? after(editor, cursor) : cursor;
        break;
    case KEY_HOME:
        editor->cursor = 0;
        break;
    case KEY_END:
        editor->cursor = end;
        break;
    case KEY_WORD_LEFT:
        editor->cursor = word_before(editor);
        break;
    case KEY_WORD_RIGHT:
        editor->cursor = word_after(editor);
        break;
    case KEY_UP:
        show_history(editor, editor->at_history - 1); /* wraps round at the oldest: refused */
        break;
    case KEY_DOWN:
        show_history(editor, editor->at_history + 1);
        break;
    case BACKSPACE:
        replace(editor, before(editor, cursor), cursor, IAC_STR(""));
        break;
    case CONTROL_D:
    case KEY_DELETE:
        if (cursor < end)
            replace(editor, cursor, after(editor, cursor), IAC_STR(""));
        break;
    case 'K' - '@':
        replace(editor, cursor, end, IAC_STR(""));
        break;
    case 'U' - '@':
        replace(editor, 0, cursor, IAC_STR(""));
        break;
    case 'W' - '@':
        replace(editor, word_before(editor), cursor, IAC_STR(""));
        break;
    case 'L' - '@': {
        iac_buf clear;
        iac_buf_init(&clear, IAC_BUF_UNLIMITED);
        iac_buf_cstr(&clear, "\033[H\033[2J");
        put(editor, &clear);
        iac_buf_clear(&clear);
        break;
    }
    default:
        if (pressed < 256)
            insert(editor, pressed);
    }
}

/* ---- lines ---- */

static iac_status edit_line(iac_line_editor *editor)
{
    iac_buf newline;
    iac_status status = IAC_RETRY;

    while (status == IAC_RETRY) {
        draw(editor);
        int pressed = read_key(editor);
        if (pressed == '\r' || pressed == '\n')
            status = IAC_OK;
        else if (pressed == CONTROL_C)
            status = IAC_CANCELLED;
        else if (pressed == KEY_EOF || (pressed == CONTROL_D && editor->text.n == 0))
            status = IAC_NOT_FOUND;
        else
            edit(editor, pressed);
    }
    iac_buf_init(&newline, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&newline, status == IAC_CANCELLED ? "^C\r\n" : "\r\n");
    put(editor, &newline);
    iac_buf_clear(&newline);
    return status;
}

static iac_status read_plainly(iac_line_editor *editor)
{
    iac_buf prompt;
    int c;

    iac_buf_init(&prompt, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&prompt, editor->silent ? "" : editor->prompt);
    put(editor, &prompt);
    iac_buf_clear(&prompt);
    while ((c = read_byte(editor)) != '\n') {
        if (c == KEY_EOF)
            return editor->text.n ? IAC_OK : IAC_NOT_FOUND;
        iac_buf_char(&editor->text, (char)c);
    }
    return IAC_OK;
}

iac_status iac_line_edit(iac_line_editor *editor, const char *prompt, iac_buf *ret)
{
    struct termios saved, raw;
    iac_status status;

    editor->prompt = prompt;
    editor->cursor = 0;
    editor->at_history = editor->history.n;
    iac_buf_reset(&editor->text);
    if (editor->plain || tcgetattr(editor->in, &saved) != 0) {
        status = read_plainly(editor);
    } else {
        raw = saved;
        raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
        raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        tcsetattr(editor->in, TCSADRAIN, &raw);
        status = edit_line(editor);
        tcsetattr(editor->in, TCSADRAIN, &saved);
    }
    iac_buf_reset(ret);
    iac_buf_str(ret, iac_buf_view(&editor->text));
    return status;
}
