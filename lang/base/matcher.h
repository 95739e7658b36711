/* lang/base/matcher.h - finds many strings in a text in one pass (Aho and Corasick, 1975). Layer: lang/base. Strings may
 * be added at any time: what was added since the last search is put into an automaton of its own, and automata of like
 * size are merged, so that n strings cost n log n and a search passes over the text log n times at most. No locks:
 * whoever shares one between threads has one. */
#ifndef IAC_BASE_MATCHER_H
#define IAC_BASE_MATCHER_H
#include "lang/base/arena.h"
#include "lang/base/map.h"
#include "lang/base/vec.h"

enum { IAC_MATCH_LONGEST = 4096 }; /* bytes of a pattern; longer ones are cut into pieces */

typedef struct iac_pattern {
    iac_str text;
    bool alone; /* counts only where neither letters nor digits touch it */
} iac_pattern;

struct iac_automaton;
typedef struct iac_matcher_set {
    IAC_VEC(iac_pattern) patterns; /* in the order of their automata; the last ones are in none yet */
    IAC_VEC(struct iac_automaton *) automata;
    size_t built; /* patterns that are in automata */
} iac_matcher_set;

/* Of at least one byte and at most IAC_MATCH_LONGEST, not empty; borrowed. Each is added once only. */
void iac_matcher_add(iac_matcher_set *set, iac_str text, bool alone);
void iac_matcher_build(iac_matcher_set *set); /* before searching, when patterns were added */
void iac_matcher_clear(iac_matcher_set *set);
/* Whether a pattern occurs in the text. ignored: those that do not count, by text; may be NULL. reach: NULL, or an array
 * of text.n + 1 numbers, each raised to the length of the longest occurrence that ends there. */
bool iac_matcher_search(const iac_matcher_set *set, iac_str text, const iac_map *ignored, uint32_t *reach);
#endif
