/* lang/eval/eval_internal.h - what the files of lang/eval share: the evaluation under way. */
#ifndef IAC_EVAL_INTERNAL_H
#define IAC_EVAL_INTERNAL_H
#include "lang/eval/eval.h"

enum {
    MAX_DEPTH = 2000,      /* of nested expressions */
    MAX_BLOCK_DEPTH = 100, /* of nested blocks */
};

/* Local names, innermost first, on the C stack of whoever brought them in: a `for` (two names), a splat (its item) or
 * a dynamic block (its iterator, as value_name). */
struct frame {
    const struct frame *up;
    iac_str key_name, value_name; /* empty: none */
    const iac_value *key, *value;
    const iac_expr *item; /* splat: the node that stands for the element */
};

struct eval {
    const iac_scope *scope; /* NULL: no names, no functions */
    iac_arena *arena;
    iac_diags *diags;      /* where errors of values go; swapped for the arms of conditionals and for try() */
    iac_diags *hard_diags; /* where errors of names go: these are wrong whichever arm is taken */
    const struct frame *frames;
    const iac_value *vars; /* within a rendered template: the only names there are */
    unsigned depth;
    bool quiet;                       /* nobody looks at the values of diagnostics: leave them out */
    IAC_VEC(const iac_expr *) failed; /* names already complained about */
};

const iac_value *iac_eval_node_(struct eval *ev, const iac_expr *expr);
/* As above; *ret_errors counts the errors that its evaluation added. */
const iac_value *iac_eval_counted_(struct eval *ev, const iac_expr *expr, size_t *ret_errors);

/* Adds an error about `expr` (its references are the diagnostic's values; NULL: none). */
iac_diag *iac_eval_error_(struct eval *ev, iac_range subject, iac_range context, const iac_expr *expr,
                          const char *summary, const char *detail, ...) IAC_PRINTF(6, 7);
void iac_eval_add_values_(struct eval *ev, const iac_expr *expr, unsigned show, iac_diag *diag, iac_arena *texts);

const iac_value *iac_eval_traversal_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_for_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_splat_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_template_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_template_for_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_call_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_binary_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_unary_(struct eval *ev, const iac_expr *expr);
const iac_value *iac_eval_conditional_(struct eval *ev, const iac_expr *expr);

/* One step of a traversal. NULL after adding an error at `range` about `whole`. */
const iac_value *iac_eval_attr_(struct eval *ev, const iac_value *v, iac_str name, iac_range range,
                                const iac_expr *whole);
const iac_value *iac_eval_index_(struct eval *ev, const iac_value *v, const iac_value *key, iac_range range,
                                 const iac_expr *whole);
const iac_value *iac_eval_local_(const struct eval *ev, iac_str name); /* NULL: no local name */

/* Walking over the elements of a collection, tuple or object that is known and not null. */
struct each {
    const iac_value *key, *value;
};
bool iac_each_iterable_(const iac_value *v);
struct each iac_each_at_(iac_arena *arena, const iac_value *v, size_t i, bool want_key);

/* Calls fn for every traversal that begins with a name which is not local to the expression: its top node and its
 * root. Nesting beyond the limit is left out: evaluation complains of it. */
void iac_walk_names_(const iac_expr *expr, void (*fn)(void *arg, const iac_expr *top, const iac_expr *root), void *arg);

/* Why the expression cannot be what templatestring renders, or NULL: it takes references alone, so that nobody writes a
 * template within a template. */
const char *iac_templatestring_problem_(const iac_expr *expr);

/* The refined prefix of an unknown string: what later text cannot change. */
iac_str iac_safe_prefix_(iac_str text);
/* The text of a string written without interpolation. */
bool iac_literal_text_(const iac_expr *expr, iac_str *ret);

/* A body by its schema. Attributes that hold lists or sets of objects may be written as blocks: where a body does so,
 * `schema` is one in which they are. */
struct iac_layout {
    const iac_block_schema *schema;
    const iac_attribute **attributes; /* by position in the schema; NULL where absent */
    size_t attribute_count;
    const iac_block *const *blocks; /* in source order; dynamic ones as they are written */
    size_t block_count;
};
void iac_layout_read_(iac_arena *arena, const iac_body *body, const iac_block_schema *schema, struct iac_layout *ret,
                      iac_diags *diags);
/* The type of the block, or of the blocks that a dynamic one makes. */
iac_str iac_layout_type_(const iac_block *block);
const iac_nested_schema *iac_layout_nested_(const struct iac_layout *layout, iac_str type); /* NULL: none */

struct iac_dynamic {
    const iac_expr *for_each;
    iac_str iterator;
    const iac_expr *const *labels;
    size_t label_count;
    const iac_body *content;
};
/* false after errors: the block cannot be used. */
bool iac_dynamic_read_(iac_arena *arena, const iac_block *block, const iac_nested_schema *nested,
                       struct iac_dynamic *ret, iac_diags *diags);
#endif
