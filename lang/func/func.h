/* lang/func/func.h - the builtin functions. Layer: lang/func (sees base, value).
 *
 * Each function is one row of the table in table.c. iac_func_call does what all have in common before a body runs:
 * arguments are converted to the parameters' types, nulls are refused, an unknown argument makes the result unknown
 * (of the right type, refined where something is known of it), and marks of the arguments go to the result. The flags
 * of a parameter say where a body wants to see these things itself. Rows are constant: any thread may call. */
#ifndef IAC_FUNC_FUNC_H
#define IAC_FUNC_FUNC_H
#include "lang/value/value.h"

typedef struct iac_func iac_func;

/* What a function may know of the world. Zero-initialised is usable: functions that need more then fail. */
typedef struct iac_func_context {
    iac_str base_dir;       /* relative paths start here; empty: the working directory of the process */
    iac_str plan_timestamp; /* plantimestamp(), RFC 3339; empty: unknown */
    bool planning;          /* timestamp(), uuid() and bcrypt() are unknown */
    /* Renders a template for templatefile (name: the path as given) and templatestring (name: "<templatestring
     * argument>"). vars is a known object or map. NULL on error with the message in *ret_error (in the arena). NULL
     * here: templates cannot be nested, the calls fail. */
    const iac_value *(*render)(void *arg, iac_arena *arena, iac_str name, iac_str text, const iac_value *vars,
                               iac_str *ret_error);
    void *render_arg;
} iac_func_context;

#define IAC_FUNC_NO_ARG SIZE_MAX

/* Why a call failed. With an argument at fault (an index into args), Terraform says
 *     Invalid function argument: Invalid value for "PARAMETER" parameter: TEXT.
 * and without one
 *     Error in function call: Call to function "NAME" failed: TEXT. */
typedef struct iac_func_error {
    iac_str text; /* in the arena, or static */
    size_t arg;
} iac_func_error;

typedef struct iac_param {
    const char *name;
    const iac_type *type; /* the type constraint; dynamic takes anything */
    bool allow_null;
    bool allow_unknown; /* the body sees an unknown argument */
    bool allow_dynamic; /* the return-type rule sees an argument of unknown type */
    bool allow_marked;  /* the body sees the marks, and takes care of them itself */
    const char *description;
} iac_param;

/* One call under way, as a body sees it. */
typedef struct iac_call {
    iac_arena *arena;
    const iac_func *func;
    const iac_func_context *context;
    const iac_value *const *args;
    size_t n;
    const iac_type *type;  /* body only: the result's type by the return-type rule */
    iac_func_error *error; /* set it, by iac_call_fail, when returning NULL */
} iac_call;

struct iac_func {
    const char *name;
    const char *category;    /* the section of the reference that it stands in */
    const char *description; /* one sentence */
    const char *example;     /* an expression */
    const iac_param *params;
    size_t param_count;
    const iac_param *variadic; /* any number of further arguments; NULL: none */
    const iac_type *returns;   /* NULL: return_type says */
    /* The result's type; args may be unknown, and hold no mark but where the parameter allows it. NULL on error. */
    const iac_type *(*return_type)(iac_call *call);
    bool nullable; /* the result may be null, so an unknown one is not refined as "not null" */
    /* NULL for can and try alone: the evaluator does these itself, for they look at expressions, not values. */
    const iac_value *(*body)(iac_call *call);
};

/* The function of that name ("core::" before it is fine), or NULL. */
const iac_func *iac_func_find(iac_str name);
/* All rows in the order of their names. */
const iac_func *iac_func_all(size_t *ret_count);
/* The parameter that takes argument i; NULL when there is none, that is, too many arguments. */
const iac_param *iac_func_param(const iac_func *func, size_t i);
/* "join(separator, lists...)", as diagnostics and help show it. */
iac_str iac_func_signature(iac_arena *arena, const iac_func *func);
/* The same as a JSON object: name, params, variadic_param, return_type. */
iac_str iac_func_signature_json(iac_arena *arena, const iac_func *func);

/* The type of what it returns where the arguments tell nothing beyond the types of its parameters. */
const iac_type *iac_func_usual_result(iac_arena *arena, const iac_func *func);

/* Calls func. The number of arguments must fit (the caller diagnoses that by param_count and variadic). NULL on error:
 * *ret_error is set only then. */
const iac_value *iac_func_call(iac_arena *arena, const iac_func *func, const iac_value *const *args, size_t n,
                               const iac_func_context *context, iac_func_error *ret_error);

/* For bodies: notes the error and returns NULL. */
void *iac_call_fail(iac_call *call, size_t arg, const char *format, ...) IAC_PRINTF(3, 4);
#endif
