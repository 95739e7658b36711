#include "lang/base/secrets.h"

#include "lang/base/matcher.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SHORTEST = 4, SHORTEST_LINE = 8, SHORTEST_NUMBER = 8 };

static struct {
    pthread_rwlock_t lock; /* for writing: to change anything below */
    atomic_bool any, stale; /* stale: there are patterns that are in no automaton */
    atomic_bool held;       /* nothing is added */
    iac_arena *arena;
    iac_map given;    /* texts as they came, trimmed */
    iac_map forms;    /* patterns */
    iac_map released; /* texts and their forms */
    IAC_VEC(iac_str) released_texts;
    iac_matcher_set matcher;
} secrets = { .lock = PTHREAD_RWLOCK_INITIALIZER };

/* ---- forms of a text ---- */

typedef void with_form(iac_str form);

static void in_quotes(iac_str text, bool language, with_form *fn)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < text.n; i++) {
        static const char plain[] = "\"\\\n\r\t", escaped[] = "\"\\nrt";
        unsigned char c = (unsigned char)text.p[i];
        const char *special = c ? strchr(plain, c) : NULL;
        if (special)
            iac_buf_printf(&out, "\\%c", escaped[special - plain]);
        else if (c < 0x20)
            iac_buf_printf(&out, "\\u%04x", c);
        else if (language && (c == '$' || c == '%') && i + 1 < text.n && text.p[i + 1] == '{')
            iac_buf_printf(&out, "%c%c", c, c);
        else if (!language && strchr("<>&", c))
            iac_buf_printf(&out, "\\u%04x", c);
        else
            iac_buf_char(&out, (char)c);
    }
    fn(iac_buf_view(&out));
    iac_buf_clear(&out);
}

static void in_url(iac_str text, with_form *fn)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (isalnum(c) || strchr("-._~", c))
            iac_buf_char(&out, (char)c);
        else
            iac_buf_printf(&out, "%%%02X", c);
    }
    fn(iac_buf_view(&out));
    iac_buf_clear(&out);
}

/* Without the last character where that depends on what follows, so that it is found as a beginning, too; then whole. */
static void in_base64(iac_str text, const char *last_two, with_form *fn)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    iac_buf out;
    uint32_t bits = 0;
    int have = 0;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < text.n; i++) {
        bits = bits << 8 | (unsigned char)text.p[i];
        for (have += 8; have >= 6; have -= 6) {
            uint32_t digit = bits >> (have - 6) & 63;
            iac_buf_char(&out, digit < 62 ? digits[digit] : last_two[digit - 62]);
        }
    }
    fn(iac_buf_view(&out));
    if (have) {
        uint32_t digit = bits << (6 - have) & 63;
        iac_buf_char(&out, digit < 62 ? digits[digit] : last_two[digit - 62]);
        fn(iac_buf_view(&out));
        iac_buf_cstr(&out, have == 2 ? "==" : "=");
        fn(iac_buf_view(&out));
    }
    iac_buf_clear(&out);
}

/* The header of a key says nothing. */
static bool is_armor(iac_str line)
{
    return iac_str_starts(line, IAC_STR("-----")) && iac_str_ends(line, IAC_STR("-----"));
}

static void by_lines(iac_str text, with_form *fn)
{
    if (iac_str_find_char(text, '\n', 0) >= text.n)
        return;
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at);
        iac_str line = iac_str_trim(iac_str_sub(text, at, end));
        if (line.n >= SHORTEST_LINE && !is_armor(line))
            fn(line);
        at = end < text.n ? end + 1 : text.n;
    }
}

static void each_form(iac_str text, with_form *fn)
{
    fn(text);
    by_lines(text, fn);
    in_quotes(text, false, fn);
    in_quotes(text, true, fn);
    in_url(text, fn);
    in_base64(text, "+/", fn);
    in_base64(text, "-_", fn);
}

/* ---- the set ---- */

static bool is_number(iac_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!isdigit((unsigned char)text.p[i]) && !strchr(".-+", text.p[i]))
            return false;
    return true;
}

static iac_str copied(iac_str text)
{
    if (!secrets.arena)
        secrets.arena = iac_arena_new();
    return iac_arena_str(secrets.arena, text);
}

static void add_pattern(iac_str form)
{
    while (form.n > IAC_MATCH_LONGEST) {
        add_pattern(iac_str_sub(form, 0, IAC_MATCH_LONGEST));
        form = iac_str_sub(form, IAC_MATCH_LONGEST, form.n);
    }
    if (form.n < SHORTEST || iac_map_has(&secrets.forms, form))
        return;
    form = copied(form);
    iac_map_put(&secrets.forms, form, &secrets);
    iac_matcher_add(&secrets.matcher, form, form.n < SHORTEST_NUMBER && is_number(form));
}

static void release_pattern(iac_str form)
{
    if (form.n && !iac_map_has(&secrets.released, form))
        iac_map_put(&secrets.released, copied(form), &secrets);
}

static bool is_told(iac_str text)
{
    return text.n < SHORTEST || iac_str_is(text, "true") || iac_str_is(text, "false") || iac_str_is(text, "null");
}

void iac_secrets_add(iac_str text)
{
    text = iac_str_trim(text);
    if (is_told(text) || atomic_load(&secrets.held))
        return;
    pthread_rwlock_rdlock(&secrets.lock);
    bool known = iac_map_has(&secrets.given, text);
    pthread_rwlock_unlock(&secrets.lock);
    if (known)
        return;
    pthread_rwlock_wrlock(&secrets.lock);
    if (!iac_map_has(&secrets.given, text)) {
        iac_map_put(&secrets.given, copied(text), &secrets);
        each_form(text, add_pattern);
        atomic_store(&secrets.any, true);
        atomic_store(&secrets.stale, true);
    }
    pthread_rwlock_unlock(&secrets.lock);
}

void iac_secrets_hold(bool held)
{
    atomic_store(&secrets.held, held);
}

void iac_secrets_release(iac_str text)
{
    text = iac_str_trim(text);
    if (is_told(text))
        return;
    pthread_rwlock_wrlock(&secrets.lock);
    if (!iac_map_has(&secrets.released, text)) {
        iac_vec_push(&secrets.released_texts, copied(text));
        each_form(text, release_pattern);
    }
    pthread_rwlock_unlock(&secrets.lock);
}

const iac_str *iac_secrets_released(iac_arena *arena, size_t *ret_count)
{
    pthread_rwlock_rdlock(&secrets.lock);
    size_t n = secrets.released_texts.n;
    iac_str *texts = iac_arena_array(arena, iac_str, n);
    for (size_t i = 0; i < n; i++)
        texts[i] = iac_arena_str(arena, secrets.released_texts.v[i]);
    pthread_rwlock_unlock(&secrets.lock);
    *ret_count = n;
    return texts;
}

bool iac_secrets_any(void)
{
    return atomic_load(&secrets.any);
}

void iac_secrets_forget(void)
{
    pthread_rwlock_wrlock(&secrets.lock);
    iac_matcher_clear(&secrets.matcher);
    iac_map_clear(&secrets.given);
    iac_map_clear(&secrets.forms);
    iac_map_clear(&secrets.released);
    iac_vec_clear(&secrets.released_texts);
    iac_arena_free(secrets.arena);
    secrets.arena = NULL;
    atomic_store(&secrets.any, false);
    atomic_store(&secrets.stale, false);
    pthread_rwlock_unlock(&secrets.lock);
}

/* ---- searching ---- */

static bool search(iac_str text, uint32_t *reach)
{
    if (!iac_secrets_any() || text.n < SHORTEST)
        return false;
    if (atomic_load(&secrets.stale)) {
        pthread_rwlock_wrlock(&secrets.lock);
        iac_matcher_build(&secrets.matcher);
        atomic_store(&secrets.stale, false);
        pthread_rwlock_unlock(&secrets.lock);
    }
    pthread_rwlock_rdlock(&secrets.lock);
    bool found = iac_matcher_search(&secrets.matcher, text, secrets.released.n ? &secrets.released : NULL, reach);
    pthread_rwlock_unlock(&secrets.lock);
    return found;
}

bool iac_secrets_in(iac_str text)
{
    return search(text, NULL);
}

/* Appends the text; of each offset, moved says where it went: those within a secret go to the end of what stands for
 * it. */
static void write_redacted(iac_buf *out, iac_str text, uint32_t *reach, size_t *const *offsets, size_t offset_count)
{
    size_t moved[2] = { 0 }, start = out->n;
    uint32_t left = 0;
    for (size_t i = text.n; i > 0; i--) { /* from here on, reach[i] says whether the byte before i is covered */
        left = reach[i] > left ? reach[i] : left;
        reach[i] = left > 0;
        left -= left > 0;
    }
    for (size_t i = 0; i < text.n; i++) {
        for (size_t k = 0; k < offset_count; k++)
            if (*offsets[k] == i)
                moved[k] = out->n - start;
        if (!reach[i + 1])
            iac_buf_char(out, text.p[i]);
        else if (i == 0 || !reach[i])
            iac_buf_cstr(out, IAC_SECRET_SHOWN);
    }
    for (size_t k = 0; k < offset_count; k++)
        *offsets[k] = *offsets[k] < text.n ? moved[k] : out->n - start;
}

void iac_secrets_redact(iac_buf *out, iac_str text)
{
    if (!search(text, NULL)) {
        iac_buf_str(out, text);
        return;
    }
    uint32_t *reach = iac_xcalloc(text.n + 1, sizeof(*reach));
    search(text, reach);
    write_redacted(out, text, reach, NULL, 0);
    free(reach);
}

iac_str iac_secrets_redacted_at(iac_arena *arena, iac_str text, size_t *at, size_t *end)
{
    if (!search(text, NULL))
        return text;
    size_t *const offsets[] = { at, end };
    uint32_t *reach = iac_xcalloc(text.n + 1, sizeof(*reach));
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    search(text, reach);
    write_redacted(&out, text, reach, offsets, at ? 2 : 0);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    free(reach);
    return ret;
}

iac_str iac_secrets_redacted(iac_arena *arena, iac_str text)
{
    return iac_secrets_redacted_at(arena, text, NULL, NULL);
}

void iac_secrets_redact_buf(iac_buf *buf)
{
    if (!search(iac_buf_view(buf), NULL))
        return;
    iac_buf out;
    iac_buf_init(&out, buf->max);
    iac_secrets_redact(&out, iac_buf_view(buf));
    iac_buf_clear(buf);
    *buf = out;
}
