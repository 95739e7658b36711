/* lang/eval/eval.h - expressions and bodies to values, against a scope given by the caller. Layer: lang/eval (sees
 * base, value, addr, schema, syntax, func). Evaluating never fails halfway: after an error the value is an unknown of
 * a suitable type (iac_unknown_dynamic when nothing is known), so that one run reports all errors. Results live in the
 * arena given. Thread-safe as far as the scope's callbacks are. */
#ifndef IAC_EVAL_EVAL_H
#define IAC_EVAL_EVAL_H
#include "lang/addr/addr.h"
#include "lang/base/diag.h"
#include "lang/func/func.h"
#include "lang/schema/schema.h"
#include "lang/syntax/ast.h"
#include "lang/value/convert.h"
#include "lang/value/value.h"

/* Where names get their values: implemented by the engine (and by tests and the console). */
typedef struct iac_scope {
    void *user;
    /* The value of ref's object, or NULL after adding an error.
     * key NULL: the object as a whole (a resource with count is a tuple of objects, with for_each an object).
     * key set (known, unmarked, a number or string; only for RESOURCE and MODULE references directly followed by an
     * index): the one instance's object, or NULL with the usual error when there is no such instance; the evaluator
     * then goes on above the index. This makes a[each.key].x a look-up. For a MODULE reference with ref->output set
     * the value is that output's. A key is as written: "0" may stand for 0.
     * Errors for an object as a whole count wherever it is mentioned, also within try() and the arm not taken of a
     * conditional, and are asked for once an expression; errors for one instance or output are errors of values. */
    const iac_value *(*lookup)(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                               iac_diags *diags);
    /* provider::NAME::FUNCTION; NULL when there are none. The result is NULL after adding an error at `range`. */
    const iac_value *(*call_provider)(void *user, iac_str provider, iac_str function, const iac_value *const *args,
                                      size_t n, iac_range range, iac_arena *arena, iac_diags *diags);
    const iac_func_context *functions;
    /* Whether what a RESOURCE reference names is a single value, so that an index after it is part of that value and
     * lookup is asked for the whole; NULL: never. */
    bool (*is_value)(void *user, const iac_ref *ref);
    /* Whether a MODULE reference's output names one of the object it refers to; else lookup is asked for that object or
     * collection, and the attribute is taken from it. NULL: always. */
    bool (*selects)(void *user, const iac_ref *ref);
    /* Asked before anything of an expression (body NULL) or a body is evaluated: false, after adding errors, and nothing
     * is. NULL: all is. */
    bool (*admits)(void *user, const iac_expr *expr, const iac_body *body, const iac_block_schema *schema,
                   iac_arena *arena, iac_diags *diags);
} iac_scope;

/* scope NULL: no names, as in tfvars files ("Variables not allowed", "Function calls not allowed"). */
const iac_value *iac_eval(const iac_scope *scope, const iac_expr *expr, iac_arena *arena, iac_diags *diags);
/* Evaluates and converts ("Incorrect attribute value type" style messages are the caller's: this one says
 * "Unsuitable value type"). On failure an unknown of the type. */
const iac_value *iac_eval_as(const iac_scope *scope, const iac_expr *expr, const iac_type *type, iac_arena *arena,
                             iac_diags *diags);

/* Whether attributes and indices of constant keys, from the innermost, lead anywhere in v: an error that shows no values,
 * for the first that does not. */
void iac_eval_steps(const iac_value *v, const iac_expr *const *steps, size_t n, iac_arena *arena, iac_diags *diags);

/* Adds to diag the values of what expr refers to, as the source snippet of a message shows them ("var.x" "is 5").
 * Texts go to texts (the diagnostics' arena). Sensitive and unknown values are told of only where `show` says that the
 * message is about them. */
enum { IAC_EXPLAIN_UNKNOWN = 1, IAC_EXPLAIN_SENSITIVE = 2, IAC_EXPLAIN_EPHEMERAL = 4 };
void iac_eval_explain(const iac_scope *scope, const iac_expr *expr, unsigned show, iac_diag *diag, iac_arena *texts);
/* A known value in a few words: a primitive one as it is, "tuple with 2 elements". */
void iac_value_brief(iac_arena *arena, const iac_value *v, iac_buf *out);

/* For iac_func_context.render, with the scope as render_arg: the template may use the functions of the scope, without
 * templatefile and templatestring in it, and the members of vars as its variables. */
const iac_value *iac_eval_render(void *scope, iac_arena *arena, iac_str name, iac_str text, const iac_value *vars,
                                 iac_str *ret_error);

/* Appends v as the console and `output` show it: strings quoted, collections over several lines, tolist(...) and the
 * like around collections. */
void iac_eval_print(iac_buf *out, const iac_value *v);

/* References, without evaluating. Local names of `for` and splats are left out. fn is called for each. What is no
 * reference (bad traversals) gives diagnostics and is left out. */
void iac_expr_refs(iac_arena *arena, const iac_expr *expr, void (*fn)(void *arg, const iac_ref *ref), void *arg,
                   iac_diags *diags);
/* Of a whole body: attributes and blocks of the schema, with dynamic blocks (their iterators left out). */
void iac_body_refs(iac_arena *arena, const iac_body *body, const iac_block_schema *schema,
                   void (*fn)(void *arg, const iac_ref *ref), void *arg, iac_diags *diags);

/* A body to an object of the schema's type: attributes converted ("Incorrect attribute value type"), unsupported and
 * missing ones reported, dynamic blocks expanded, block counts checked ("Insufficient NAME blocks", "Too many NAME
 * blocks"). On errors the parts at fault are unknown. */
const iac_value *iac_decode_body(const iac_scope *scope, const iac_body *body, const iac_block_schema *schema,
                                 iac_arena *arena, iac_diags *diags);
/* Static checks only, for validate: the same without a scope: names, block counts, required attributes. */
void iac_check_body(const iac_body *body, const iac_block_schema *schema, iac_arena *arena, iac_diags *diags);

/* A type constraint expression (variable type = ...), with the defaults of optional(); NULL after errors. */
const iac_type *iac_eval_type(const iac_expr *expr, iac_arena *arena, const iac_defaults **ret_defaults,
                              iac_diags *diags);
/* A static traversal as a path (ignore_changes). false after adding an error. */
bool iac_expr_path(iac_arena *arena, const iac_expr *expr, iac_path *ret, iac_diags *diags);
#endif
