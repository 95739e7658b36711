/* engine/view/diff.h - the difference of two values as a tree of what is to be drawn. Layer: engine/view, inside.
 *
 * The tree says for every part whether it is created, updated, removed or left alone; drawing it (diff_render.c) is a
 * walk. Trees live in the arena they were computed in and point into the values compared. */
#ifndef IAC_VIEW_DIFF_H
#define IAC_VIEW_DIFF_H
#include "engine/plan/plan.h"

typedef enum iac_diff_kind {
    IAC_DIFF_PRIMITIVE,
    IAC_DIFF_UNKNOWN,     /* after is not known yet; inner: what was before, or NULL */
    IAC_DIFF_SENSITIVE,   /* inner: what is not shown */
    IAC_DIFF_WRITE_ONLY,
    IAC_DIFF_TYPE_CHANGE, /* inner becomes other */
    IAC_DIFF_OBJECT,      /* children by key */
    IAC_DIFF_MAP,         /* children by key, keys quoted */
    IAC_DIFF_LIST,
    IAC_DIFF_SET,
    IAC_DIFF_BLOCK,       /* children by key, and groups of blocks */
    IAC_DIFF_SENSITIVE_BLOCK, /* inner: what is not shown */
} iac_diff_kind;

typedef struct iac_diff iac_diff;

typedef struct iac_diff_blocks { /* the nested blocks of one type */
    iac_str name;
    const iac_diff **blocks;
    const iac_str *keys; /* of a map of blocks; NULL otherwise */
    size_t n;
    bool replace; /* every change to it forces replacement */
    bool before_sensitive, after_sensitive;
} iac_diff_blocks;

struct iac_diff {
    iac_diff_kind kind;
    iac_action action; /* NOOP, CREATE, UPDATE, DELETE */
    bool replace;
    bool nested;    /* an attribute with a structure of its own: each part says "-> null" for itself */
    bool before_sensitive, after_sensitive;
    bool blank;     /* the string before is empty: drawn as null, which cannot become null */
    const iac_value *before, *after; /* primitive; NULL: null */
    const iac_diff *inner, *other;
    const iac_str *keys;
    const iac_diff **children;
    size_t n;
    const iac_diff_blocks *groups;
    size_t group_count;
};

/* Paths that what is visited may match: at each step down those that go on with it. */
typedef struct iac_matcher {
    bool always;
    const iac_path *v;
    size_t n, depth;
} iac_matcher;

/* What a resource's change is. relevant: which attributes count (drift); always: all. */
const iac_diff *iac_diff_resource(iac_arena *arena, const iac_block_schema *schema, const iac_value *before,
                                  const iac_value *after, iac_paths replace_paths, iac_matcher relevant);
/* Of values whose type says how they are drawn: outputs, and attributes of dynamic type. NULL: there is none. */
const iac_diff *iac_diff_values(iac_arena *arena, const iac_value *before, const iac_value *after);
/* Of values of one type, as a state shows its outputs. */
const iac_diff *iac_diff_typed(iac_arena *arena, const iac_value *before, const iac_value *after,
                               const iac_type *type);
/* As iac_diff_values, for text that holds JSON: with explicit, null is a value and not an absence. */
const iac_diff *iac_diff_json(iac_arena *arena, const iac_value *before, bool before_explicit, const iac_value *after,
                              bool after_explicit);

/* The steps of turning one sequence into another: visit is called with an index in either, or SIZE_MAX where there is
 * no counterpart; pairs may differ. a and b give each item's class: equal items have equal classes. */
void iac_diff_sequence(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count,
                       bool (*is_object)(void *arg, bool in_b, size_t index),
                       void (*visit)(void *arg, size_t in_a, size_t in_b), void *arg);

typedef struct iac_diff_style {
    bool color;
    bool show_unchanged;      /* draw what does not change, too */
    bool hide_symbols;        /* a state, not a change */
    bool no_null_suffix;      /* no "-> null" */
    bool all_force_replacement;
    bool never_force_replacement;
} iac_diff_style;

void iac_diff_render(iac_buf *out, const iac_diff *diff, int indent, iac_diff_style style);
/* "  +", "-/+" and so on, coloured. */
void iac_diff_symbol(iac_buf *out, iac_action action, bool color);
/* A name as it is written: quoted unless it is an identifier. */
iac_str iac_diff_name(iac_arena *arena, iac_str name);
size_t iac_diff_columns(iac_str text); /* code points */
#endif
