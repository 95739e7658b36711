#include "lang/base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

iac_str iac_str_of(const char *cstr)
{
    return cstr ? (iac_str){ cstr, strlen(cstr) } : (iac_str){ "", 0 };
}

bool iac_str_eq(iac_str a, iac_str b)
{
    return a.n == b.n && (a.n == 0 || a.p == b.p || memcmp(a.p, b.p, a.n) == 0);
}

bool iac_str_is(iac_str a, const char *cstr)
{
    return iac_str_eq(a, iac_str_of(cstr));
}

int iac_str_cmp(iac_str a, iac_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool iac_str_starts(iac_str s, iac_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool iac_str_ends(iac_str s, iac_str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

iac_str iac_str_sub(iac_str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (iac_str){ s.p ? s.p + from : "", to - from };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

iac_str iac_str_trim(iac_str s)
{
    while (s.n && is_blank(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

size_t iac_str_find(iac_str s, iac_str needle, size_t from)
{
    if (from > s.n || needle.n > s.n - from)
        return SIZE_MAX;
    if (needle.n == 0)
        return from;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t iac_str_find_char(iac_str s, char c, size_t from)
{
    if (from >= s.n)
        return SIZE_MAX;
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

uint64_t iac_hash_mix(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2)));
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    h ^= h >> 32;
    return h;
}

size_t iac_str_search(const iac_str *names, size_t n, iac_str s)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = iac_str_cmp(names[middle], s);
        if (c == 0)
            return middle;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

uint64_t iac_str_hash(iac_str s)
{
    uint64_t h = 0x2545f4914f6cdd1dULL ^ s.n;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t word;
        memcpy(&word, s.p + i, 8);
        h = iac_hash_mix(h, word);
    }
    uint64_t tail = 0;
    if (i < s.n)
        memcpy(&tail, s.p + i, s.n - i);
    return iac_hash_mix(h, tail);
}

enum { NEAREST_MAX_LEN = 64 };

/* Levenshtein distance of two short strings. */
static size_t distance(iac_str a, iac_str b)
{
    size_t row[NEAREST_MAX_LEN + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.n];
}

iac_str iac_str_nearest(iac_str given, const iac_str *candidates, size_t count)
{
    iac_str best = { "", 0 };
    size_t best_distance = 3; /* as Terraform: suggest at fewer than three edits */
    if (given.n > NEAREST_MAX_LEN)
        return best;
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].n > NEAREST_MAX_LEN)
            continue;
        size_t d = distance(given, candidates[i]);
        if (d < best_distance) {
            best_distance = d;
            best = candidates[i];
        }
    }
    return best;
}

const char *iac_errno_text(int code, char *text, size_t size)
{
    const char *said = strerrordesc_np(code);
    snprintf(text, size, "%s", said ? said : "unknown error");
    if (size)
        text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

iac_str iac_str_similar(iac_str given, const iac_str *candidates, size_t count)
{
    for (size_t i = 0; i < count && given.n <= NEAREST_MAX_LEN; i++)
        if (candidates[i].n <= NEAREST_MAX_LEN && distance(given, candidates[i]) < 3)
            return candidates[i];
    return (iac_str){ "", 0 };
}
