#include "lang/base/matcher.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
    uint32_t child, sibling; /* 0: none */
    uint32_t fail;           /* the longest other beginning of a pattern that ends here */
    uint32_t shorter;        /* the next of those that is a whole pattern; 0: none */
    uint16_t length;         /* of the pattern that ends here; 0: none does */
    unsigned char byte;
    bool alone;
} node;

typedef struct iac_automaton {
    size_t first, count; /* of the set's patterns */
    uint32_t start[256]; /* children of the root */
    node *nodes;         /* the first is the root */
    uint32_t n;
} automaton;

void iac_matcher_add(iac_matcher_set *set, iac_str text, bool alone)
{
    iac_vec_push(&set->patterns, ((iac_pattern){ text, alone }));
}

/* ---- building ---- */

static uint32_t child_of(const automaton *a, uint32_t at, unsigned char byte)
{
    if (at == 0)
        return a->start[byte];
    uint32_t child = a->nodes[at].child;
    while (child && a->nodes[child].byte != byte)
        child = a->nodes[child].sibling;
    return child;
}

static void insert(automaton *a, const iac_pattern *pattern)
{
    uint32_t at = 0;
    for (size_t i = 0; i < pattern->text.n; i++) {
        unsigned char byte = (unsigned char)pattern->text.p[i];
        uint32_t next = child_of(a, at, byte);
        if (!next) {
            next = a->n++;
            a->nodes[next] = (node){ .byte = byte, .sibling = at ? a->nodes[at].child : 0 };
            if (at)
                a->nodes[at].child = next;
            else
                a->start[byte] = next;
        }
        at = next;
    }
    a->nodes[at].length = (uint16_t)pattern->text.n;
    a->nodes[at].alone = pattern->alone;
}

static uint32_t step(const automaton *a, uint32_t at, unsigned char byte)
{
    for (;;) {
        uint32_t next = child_of(a, at, byte);
        if (next || at == 0)
            return next;
        at = a->nodes[at].fail;
    }
}

/* Breadth first: what a node falls back to is nearer to the root, and known before. */
static void link_nodes(automaton *a)
{
    uint32_t *queue = iac_xcalloc(a->n, sizeof(*queue));
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < 256; i++)
        if (a->start[i])
            queue[tail++] = a->start[i];
    while (head < tail) {
        uint32_t at = queue[head++];
        for (uint32_t child = a->nodes[at].child; child; child = a->nodes[child].sibling) {
            uint32_t fail = step(a, a->nodes[at].fail, a->nodes[child].byte);
            a->nodes[child].fail = fail;
            a->nodes[child].shorter = a->nodes[fail].length ? fail : a->nodes[fail].shorter;
            queue[tail++] = child;
        }
    }
    free(queue);
}

static automaton *build(const iac_pattern *patterns, size_t first, size_t count)
{
    automaton *a = iac_xcalloc(1, sizeof(*a));
    size_t most = 1;
    for (size_t i = first; i < first + count; i++)
        most += patterns[i].text.n;
    a->first = first;
    a->count = count;
    a->nodes = iac_xcalloc(most, sizeof(*a->nodes));
    a->n = 1;
    for (size_t i = first; i < first + count; i++)
        insert(a, &patterns[i]);
    link_nodes(a);
    return a;
}

static void free_automaton(automaton *a)
{
    free(a->nodes);
    free(a);
}

void iac_matcher_build(iac_matcher_set *set)
{
    size_t first = set->built, count = set->patterns.n - set->built;
    if (!count)
        return;
    while (set->automata.n && set->automata.v[set->automata.n - 1]->count <= count) {
        automaton *last = set->automata.v[--set->automata.n];
        first = last->first;
        count += last->count;
        free_automaton(last);
    }
    iac_vec_push(&set->automata, build(set->patterns.v, first, count));
    set->built = set->patterns.n;
}

void iac_matcher_clear(iac_matcher_set *set)
{
    for (size_t i = 0; i < set->automata.n; i++)
        free_automaton(set->automata.v[i]);
    iac_vec_clear(&set->automata);
    iac_vec_clear(&set->patterns);
    set->built = 0;
}

/* ---- searching ---- */

static bool touches(iac_str text, size_t from, size_t to)
{
    return (from > 0 && isalnum((unsigned char)text.p[from - 1])) ||
           (to < text.n && isalnum((unsigned char)text.p[to]));
}

/* The longest pattern that ends before `end` and counts; 0: none. */
static uint32_t longest_at(const automaton *a, uint32_t at, iac_str text, size_t end, const iac_map *ignored)
{
    for (at = a->nodes[at].length ? at : a->nodes[at].shorter; at; at = a->nodes[at].shorter) {
        const node *found = &a->nodes[at];
        size_t from = end - found->length;
        if ((!found->alone || !touches(text, from, end)) &&
            (!ignored || !iac_map_has(ignored, iac_str_sub(text, from, end))))
            return found->length;
    }
    return 0;
}

static bool search_one(const automaton *a, iac_str text, const iac_map *ignored, uint32_t *reach)
{
    uint32_t at = 0;
    bool any = false;
    for (size_t i = 0; i < text.n; i++) {
        at = step(a, at, (unsigned char)text.p[i]);
        if (!at || (!a->nodes[at].length && !a->nodes[at].shorter))
            continue;
        uint32_t length = longest_at(a, at, text, i + 1, ignored);
        if (!length)
            continue;
        if (!reach)
            return true;
        any = true;
        reach[i + 1] = length > reach[i + 1] ? length : reach[i + 1];
    }
    return any;
}

bool iac_matcher_search(const iac_matcher_set *set, iac_str text, const iac_map *ignored, uint32_t *reach)
{
    bool any = false;
    for (size_t i = 0; i < set->automata.n && (reach || !any); i++)
        any |= search_one(set->automata.v[i], text, ignored, reach);
    return any;
}
