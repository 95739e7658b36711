/* lang/value/value.h - values of the Terraform language, with the semantics of its type system (cty): null, unknown
 * with refinements, marks. Layer: lang/value (sees base).
 *
 * Values are immutable and readable from any thread once made. They live in the arena given to the function that made
 * them; parts are shared, not copied, so a value must not outlive the arenas of its parts: iac_value_copy moves one
 * into another arena. No operation costs more than n log n in a collection's size. */
#ifndef IAC_VALUE_VALUE_H
#define IAC_VALUE_VALUE_H
#include "lang/base/base.h"
#include "lang/value/type.h"
#include <mpfr.h>

typedef enum iac_vstate { IAC_KNOWN, IAC_NULL, IAC_UNKNOWN } iac_vstate;

enum { /* marks */
    IAC_SENSITIVE = 1,
    IAC_EPHEMERAL = 2,
};

/* A binary number of a precision of its own, which shows when it is computed with and printed: 512 bits when it was
 * written or read, 64 when counted, 53 when made from a double. big is NULL while the number fits an int64, but for
 * negative zero and for doubles of 2^53 and more. */
typedef struct iac_number {
    int64_t small;
    mpfr_srcptr big;
    uint16_t precision; /* of small; 0 stands for IAC_PRECISION */
} iac_number;

/* What is known of an unknown value. */
typedef struct iac_refinement {
    bool not_null;
    iac_str prefix;                   /* string: known beginning */
    const iac_number *min, *max;      /* number: bounds, or NULL */
    bool min_open, max_open;          /* the bound itself is excluded */
    int64_t length_min, length_max;   /* collections: 0 and INT64_MAX when not known */
} iac_refinement;

typedef struct iac_value iac_value;
struct iac_value {
    uint8_t kind;  /* iac_kind; of a null or unknown value: type->kind */
    uint8_t state; /* iac_vstate */
    uint8_t marks; /* of the value as a whole */
    bool deep_unknown;   /* it, or anything within, is unknown */
    uint8_t deep_marks;  /* marks of it and of anything within */
    const iac_type *type; /* null and unknown: the value's type; list, set and map: the collection's type; else NULL */
    union {
        bool boolean;
        iac_str string; /* NFC, valid UTF-8, NUL-terminated */
        iac_number number;
        const iac_refinement *refinement; /* unknown: or NULL */
        struct {
            size_t n;
            const iac_value *const *items; /* list, tuple: in order; set: in set order; map, object: in key order */
            const iac_str *keys;           /* map, object: in byte order */
        };
    };
};

/* ---- making ---- */
extern const iac_value iac_true, iac_false, iac_null_dynamic, iac_unknown_dynamic, iac_empty_object, iac_empty_tuple;

const iac_value *iac_value_null(iac_arena *arena, const iac_type *type);
const iac_value *iac_value_unknown(iac_arena *arena, const iac_type *type);
/* refinement is copied; when it leaves just one possible value, that value is returned. */
const iac_value *iac_value_refined(iac_arena *arena, const iac_type *type, const iac_refinement *refinement);
const iac_value *iac_value_not_null(iac_arena *arena, const iac_value *v); /* v, refined when it is unknown */
static inline const iac_value *iac_value_bool(bool b) { return b ? &iac_true : &iac_false; }
/* The text is copied and brought to NFC; invalid UTF-8 is replaced by U+FFFD. */
const iac_value *iac_value_string(iac_arena *arena, iac_str s);
const iac_value *iac_value_cstr(iac_arena *arena, const char *s);
const iac_value *iac_value_int(iac_arena *arena, int64_t n); /* 64 bits */
const iac_value *iac_value_double(iac_arena *arena, double n);
const iac_value *iac_value_number(iac_arena *arena, mpfr_srcptr n); /* copied, as precise; small when it fits */
/* n, of at least 53 bits; small only when it is exact in that many. */
const iac_value *iac_value_int_of(iac_arena *arena, int64_t n, mpfr_prec_t precision);
/* Decimal with optional fraction and exponent; NULL when the text is no number. */
const iac_value *iac_value_number_parse(iac_arena *arena, iac_str decimal);

/* Collections. items (and keys) are copied as arrays, the values themselves are shared. Items must all have the element
 * type (or be of it where it is dynamic); see iac_convert to make them so. A set takes any order and drops duplicates;
 * marks of its items move to the set. Keys of maps and objects come in any order, each once (the last of a repeated one
 * wins). */
const iac_value *iac_value_list(iac_arena *arena, const iac_type *element, const iac_value *const *items, size_t n);
const iac_value *iac_value_set(iac_arena *arena, const iac_type *element, const iac_value *const *items, size_t n);
const iac_value *iac_value_map(iac_arena *arena, const iac_type *element, const iac_str *keys,
                               const iac_value *const *items, size_t n);
const iac_value *iac_value_tuple(iac_arena *arena, const iac_value *const *items, size_t n);
const iac_value *iac_value_object(iac_arena *arena, const iac_str *names, const iac_value *const *items, size_t n);
/* A collection or structure of the kind, element type and keys of v, with other parts, as many. */
const iac_value *iac_value_with_items(iac_arena *arena, const iac_value *v, const iac_value *const *items);
/* Object v with attribute name set to item (added when absent). */
const iac_value *iac_value_with(iac_arena *arena, const iac_value *v, iac_str name, const iac_value *item);
/* A deep copy. Parts that are static stay shared. */
const iac_value *iac_value_copy(iac_arena *arena, const iac_value *v);

/* ---- reading ---- */
static inline bool iac_is_null(const iac_value *v) { return v->state == IAC_NULL; }
static inline bool iac_is_unknown(const iac_value *v) { return v->state == IAC_UNKNOWN; }
static inline bool iac_is_known(const iac_value *v) { return v->state != IAC_UNKNOWN; } /* null included */
static inline bool iac_is_wholly_known(const iac_value *v) { return !v->deep_unknown; }
static inline bool iac_is_set_value(const iac_value *v) { return v->state == IAC_KNOWN; } /* neither null nor unknown */
const iac_type *iac_value_type(iac_arena *arena, const iac_value *v);
/* Whether that is v's type; unlike iac_value_type it builds nothing. */
bool iac_value_has_type(const iac_value *v, const iac_type *type);
/* Attribute of an object or element of a map by key; NULL when absent or v is not a known one. log n. */
const iac_value *iac_value_get(const iac_value *v, iac_str name);
const iac_value *iac_value_get_cstr(const iac_value *v, const char *name);
bool iac_value_set_has(const iac_value *set, const iac_value *item);
/* Whether the number is whole and fits; *ret only then. */
bool iac_value_to_int(const iac_value *number, int64_t *ret);
double iac_value_to_double(const iac_value *number);
mpfr_prec_t iac_number_precision(const iac_value *number);
/* The number as mpfr, put into scratch where it is small. scratch must have enough bits for it. */
mpfr_srcptr iac_number_mpfr(const iac_value *number, mpfr_ptr scratch);
/* Shortest decimal that reads back the same; never an exponent; "+Inf", "-Inf". */
iac_str iac_number_text(iac_arena *arena, const iac_value *number);
int iac_number_cmp(const iac_value *a, const iac_value *b);
#define IAC_PRECISION 512

/* Same type and same value, unknowns equal to unknowns of the same type and refinement, marks ignored ("raw equals").
 * O(1) for the same pointer. */
bool iac_value_same(const iac_value *a, const iac_value *b);
/* As iac_value_same, but marks must agree too, at every depth. */
bool iac_value_identical(const iac_value *a, const iac_value *b);
uint64_t iac_value_hash(const iac_value *v); /* equal under iac_value_same: equal hash */
/* A total order of values of one type, used within sets (numbers by size, strings by bytes, false < true, the rest by
 * a stable order of their content; nulls and unknowns last). */
int iac_value_order(const iac_value *a, const iac_value *b);
/* The digest that orders compound values within sets. */
iac_str iac_value_content(iac_arena *arena, const iac_value *v);

/* ---- marks ---- */
const iac_value *iac_value_mark(iac_arena *arena, const iac_value *v, uint8_t marks); /* adds */
const iac_value *iac_value_unmark(iac_arena *arena, const iac_value *v);              /* v's own only */
const iac_value *iac_value_unmark_deep(iac_arena *arena, const iac_value *v);

/* ---- the language's operators on values: nulls, unknowns and marks are handled; NULL on error with a message in
 * *ret_error (static or in the arena) ---- */
const iac_value *iac_value_equals(iac_arena *arena, const iac_value *a, const iac_value *b); /* ==; bool, maybe unknown */
#endif
