#include "engine/view/diff.h"

#include <stdlib.h>
#include <string.h>

/* Comparing two sequences takes their product in steps and memory. Beyond this, items are paired by position. */
#define MAX_CELLS ((size_t)16 << 20)

/* When as many items are there after as before and one of them is gone, items have been changed in place; when all are
 * still there they have been moved. */
static bool changed_in_place(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    if (a_count != b_count || !a_count)
        return false;
    uint32_t top = 0;
    for (size_t i = 0; i < b_count; i++)
        top = b[i] > top ? b[i] : top;
    bool *seen = iac_xcalloc((size_t)top + 1, sizeof(*seen)), gone = false;
    for (size_t i = 0; i < b_count; i++)
        seen[b[i]] = true;
    for (size_t i = 0; i < a_count && !gone; i++)
        gone = a[i] > top || !seen[a[i]];
    free(seen);
    return gone;
}

/* The longest common subsequence; of several, the one that walking back from the end finds first. Returns its length,
 * its items in ret. */
static size_t common(const uint32_t *a, size_t w, const uint32_t *b, size_t h, uint32_t *ret)
{
    if (!w || !h)
        return 0;
    uint32_t *c = iac_xmalloc(w * h * sizeof(*c));
    for (size_t y = 0; y < h; y++) {
        for (size_t x = 0; x < w; x++) {
            uint32_t left = x ? c[w * y + x - 1] : 0, up = y ? c[w * (y - 1) + x] : 0;
            if (a[x] == b[y])
                c[w * y + x] = x && y ? c[w * (y - 1) + x - 1] + 1 : 1;
            else
                c[w * y + x] = left > up ? left : up;
        }
    }
    size_t n = c[w * h - 1], at = n, x = w, y = h;
    while (x && y && at) {
        if (a[x - 1] == b[y - 1]) {
            ret[--at] = a[x - 1];
            x--;
            y--;
            continue;
        }
        uint32_t left = x > 1 ? c[w * (y - 1) + x - 2] : 0, up = y > 1 ? c[w * (y - 2) + x - 1] : 0;
        if (left > up)
            x--;
        else
            y--;
    }
    free(c);
    return n;
}

void iac_diff_sequence(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count,
                       bool (*is_object)(void *arg, bool in_b, size_t index),
                       void (*visit)(void *arg, size_t in_a, size_t in_b), void *arg)
{
    bool too_large = a_count && b_count > MAX_CELLS / a_count;
    if (too_large || changed_in_place(a, a_count, b, b_count)) {
        for (size_t i = 0; i < a_count || i < b_count; i++)
            visit(arg, i < a_count ? i : SIZE_MAX, i < b_count ? i : SIZE_MAX);
        return;
    }
    uint32_t *kept = iac_xmalloc((a_count + 1) * sizeof(*kept));
    size_t n = common(a, a_count, b, b_count, kept), x = 0, y = 0, at = 0;
    while (x < a_count || y < b_count || at < n) {
        while (x < a_count && (at >= n || a[x] != kept[at])) {
            bool pair = is_object(arg, false, x) && y < b_count && is_object(arg, true, y) &&
                        (at >= n || b[y] != kept[at]);
            visit(arg, x++, pair ? y : SIZE_MAX);
            y += pair;
        }
        while (y < b_count && (at >= n || b[y] != kept[at]))
            visit(arg, SIZE_MAX, y++);
        if (at < n) {
            visit(arg, x++, y++);
            at++;
        }
    }
    free(kept);
}
