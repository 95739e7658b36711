/* lang/func/regex_syntax.h - RE2's syntax, checked and written as PCRE2 reads it. Only for lang/func.
 *
 * Source: https://github.com/google/re2/wiki/Syntax and the messages of Go's regexp/syntax. What means the same to both
 * stays as it is; the rest (classes, escapes, braces, names of groups) is written out, and what RE2 does not know
 * (look-around, back-references, possessive quantifiers, ...) is refused. */
#ifndef IAC_FUNC_REGEX_SYNTAX_H
#define IAC_FUNC_REGEX_SYNTAX_H
#include "lang/base/base.h"

typedef struct iac_regex_fault { /* what is wrong with a pattern, in RE2's words */
    const char *code;
    iac_str part; /* of the pattern, or nothing */
} iac_regex_fault;

typedef struct iac_regex_groups {
    IAC_VEC(iac_str) names; /* one for each capturing group; empty for those without a name; slices of the pattern */
} iac_regex_groups;

/* Appends the pattern for PCRE2 to out, and the groups' names to groups (to be cleared by the caller with
 * iac_vec_clear). false with *ret_fault set. */
bool iac_regex_translate(iac_str pattern, iac_buf *out, iac_regex_groups *groups, iac_regex_fault *ret_fault);
#endif
