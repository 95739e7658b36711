/* lang/base/str.h - a slice of bytes that somebody else owns. p may be NULL only when n is 0. Not NUL-terminated
 * unless said so. */
#ifndef IAC_BASE_STR_H
#define IAC_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct iac_str {
    const char *p;
    size_t n;
} iac_str;

#define IAC_STR(literal) ((iac_str){ "" literal, sizeof(literal) - 1 })
#define IAC_STR_INIT(literal) { "" literal, sizeof(literal) - 1 } /* for static initialisers */
/* printf("%.*s", IAC_FMT(s)) */
#define IAC_FMT(s) (int)(s).n, ((s).p ? (s).p : "")

iac_str iac_str_of(const char *cstr); /* borrows; NULL gives the empty slice */
bool iac_str_eq(iac_str a, iac_str b);
bool iac_str_is(iac_str a, const char *cstr);
int iac_str_cmp(iac_str a, iac_str b); /* byte order: <0, 0, >0 */
bool iac_str_starts(iac_str s, iac_str prefix);
bool iac_str_ends(iac_str s, iac_str suffix);
iac_str iac_str_sub(iac_str s, size_t from, size_t to); /* clamped to s */
iac_str iac_str_trim(iac_str s);                         /* without ASCII blanks at both ends */
/* Index of the first occurrence at or after from, or SIZE_MAX. */
size_t iac_str_find(iac_str s, iac_str needle, size_t from);
size_t iac_str_find_char(iac_str s, char c, size_t from);
/* Index of s in names, which are in byte order, or SIZE_MAX. */
size_t iac_str_search(const iac_str *names, size_t n, iac_str s);
uint64_t iac_str_hash(iac_str s);
uint64_t iac_hash_mix(uint64_t a, uint64_t b);
/* Edit distance, for "did you mean": the nearest of count candidates, or an empty slice when none is near. */
iac_str iac_str_nearest(iac_str given, const iac_str *candidates, size_t count);
/* The first at fewer than three edits, which is what Terraform suggests where it has an order; empty when none is. */
iac_str iac_str_similar(iac_str given, const iac_str *candidates, size_t count);
/* What the system says of an error, in the letters of Terraform: "no such file or directory". Into text, which it gives. */
const char *iac_errno_text(int code, char *text, size_t size);
#endif
