#include "engine/cli/text_diff.h"

enum {
    CONTEXT = 3,
    LOOK_AHEAD = 64, /* how far apart lines are still paired after some that cannot be */
};

typedef struct text_line {
    iac_str text;  /* with its newline */
    uint64_t hash; /* of all but blanks */
} text_line;

typedef IAC_VEC(text_line) text_lines;

typedef struct step { /* one line of the diff: ' ' in both, '-' in the first, '+' in the second */
    char sign;
    size_t line;
} step;

typedef struct differ {
    text_lines before, after;
    IAC_VEC(step) steps;
} differ;

static void split(iac_str text, text_lines *ret)
{
    for (size_t at = 0; at < text.n;) {
        size_t newline = iac_str_find_char(text, '\n', at);
        size_t end = newline == SIZE_MAX ? text.n : newline + 1;
        text_line line = { .text = { text.p + at, end - at }, .hash = 0 };
        for (size_t i = at; i < end; i++)
            if (text.p[i] != ' ' && text.p[i] != '\t' && text.p[i] != '\r' && text.p[i] != '\n')
                line.hash = iac_hash_mix(line.hash, (unsigned char)text.p[i]);
        iac_vec_push(ret, line);
        at = end;
    }
}

static void add_steps(differ *d, char sign, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        iac_vec_push(&d->steps, (step){ sign, i });
}

static bool alike(const differ *d, size_t i, size_t j)
{
    return d->before.v[i].hash == d->after.v[j].hash;
}

/* The nearest lines after *i and *j that are alike: empty ones count only where others follow that are alike, too. The
 * ends when none is near. */
static void resynchronise(const differ *d, size_t *i, size_t *j)
{
    size_t least_left = *i, least_right = *j;

    for (size_t distance = 1; distance < LOOK_AHEAD; distance++) {
        for (size_t a = 0; a <= distance; a++) {
            size_t left = *i + a, right = *j + distance - a;
            if (left < d->before.n && right < d->after.n && d->before.v[left].hash && alike(d, left, right)) {
                while (left > least_left && right > least_right && alike(d, left - 1, right - 1)) {
                    left--;
                    right--;
                }
                *i = left;
                *j = right;
                return;
            }
        }
    }
    *i = d->before.n;
    *j = d->after.n;
}

/* Runs of lines that differ come as all the old ones, then all the new ones. */
static void compare(differ *d)
{
    size_t i = 0, j = 0, old_from = 0, new_from = 0;

    while (i < d->before.n || j < d->after.n) {
        bool paired = i < d->before.n && j < d->after.n && alike(d, i, j);
        if (paired && iac_str_eq(d->before.v[i].text, d->after.v[j].text)) {
            add_steps(d, '-', old_from, i);
            add_steps(d, '+', new_from, j);
            add_steps(d, ' ', i, i + 1);
            old_from = ++i;
            new_from = ++j;
        } else if (paired) {
            i++;
            j++;
        } else {
            resynchronise(d, &i, &j);
        }
    }
    add_steps(d, '-', old_from, i);
    add_steps(d, '+', new_from, j);
}

/* "12,3", or "12" for a single line; of no line at all the one before. */
static void write_range(iac_buf *out, char sign, size_t before, size_t count)
{
    iac_buf_printf(out, count == 1 ? " %c%zu" : " %c%zu,%zu", sign, count ? before + 1 : before, count);
}

static void write_hunk(const differ *d, iac_buf *out, size_t from, size_t to, size_t old_at, size_t new_at)
{
    size_t old_count = 0, new_count = 0;

    for (size_t i = from; i < to; i++) {
        old_count += d->steps.v[i].sign != '+';
        new_count += d->steps.v[i].sign != '-';
    }
    iac_buf_cstr(out, "@@");
    write_range(out, '-', old_at, old_count);
    write_range(out, '+', new_at, new_count);
    iac_buf_cstr(out, " @@\n");
    for (size_t i = from; i < to; i++) {
        const step *s = &d->steps.v[i];
        iac_str text = (s->sign == '+' ? &d->after : &d->before)->v[s->line].text;
        iac_buf_char(out, s->sign);
        iac_buf_str(out, text);
        if (!iac_str_ends(text, IAC_STR("\n")))
            iac_buf_cstr(out, "\n\\ No newline at end of file\n");
    }
}

/* Changes with no more than twice the context between them share a hunk. */
static void write_hunks(const differ *d, iac_buf *out)
{
    size_t n = d->steps.n, old_at = 0, new_at = 0, at = 0;

    while (at < n) {
        size_t first = at;
        while (first < n && d->steps.v[first].sign == ' ')
            first++;
        if (first == n)
            return;
        size_t from = first - at > CONTEXT ? first - CONTEXT : at, last = first, to;
        for (size_t i = first; i < n && i <= last + 2 * CONTEXT + 1; i++)
            if (d->steps.v[i].sign != ' ')
                last = i;
        to = n - last - 1 > CONTEXT ? last + 1 + CONTEXT : n;
        old_at += from - at;
        new_at += from - at;
        write_hunk(d, out, from, to, old_at, new_at);
        for (at = from; at < to; at++) {
            old_at += d->steps.v[at].sign != '+';
            new_at += d->steps.v[at].sign != '-';
        }
    }
}

void iac_text_diff(iac_buf *out, const char *name, iac_str before, iac_str after)
{
    differ d = { 0 };

    if (iac_str_eq(before, after))
        return;
    split(before, &d.before);
    split(after, &d.after);
    compare(&d);
    iac_buf_printf(out, "--- old/%s\n+++ new/%s\n", name, name);
    write_hunks(&d, out);
    iac_vec_clear(&d.before);
    iac_vec_clear(&d.after);
    iac_vec_clear(&d.steps);
}
