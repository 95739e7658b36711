/* lang/base/diag.h - the one type for messages that reach a user, and the list they are collected in. Functions
 * return a status and add here; nothing prints on its way. A list belongs to one thread; lists are joined with
 * iac_diags_append. Wording follows Terraform's. */
#ifndef IAC_BASE_DIAG_H
#define IAC_BASE_DIAG_H
#include "lang/base/base.h"
#include "lang/base/source.h"

typedef enum iac_severity { IAC_ERROR, IAC_WARNING } iac_severity;

/* A value that took part in what went wrong: shown as "TRAVERSAL STATEMENT", e.g. "var.x" "is 5". */
typedef struct iac_diag_value {
    iac_str traversal, statement;
} iac_diag_value;

typedef struct iac_diag {
    iac_severity severity;
    iac_str summary; /* one line, no full stop */
    iac_str detail;  /* sentences; may hold newlines; may be empty */
    iac_str address; /* resource instance or module concerned, or empty */
    iac_range subject, context; /* context encloses subject, or is nowhere */
    iac_str block;    /* the enclosing block's header, e.g. resource "a" "b"; or empty */
    iac_diag_value *values;
    size_t value_count;
    iac_str function; /* name of the function called, and its signature, where a call failed; or empty */
    iac_str signature, signature_json;
    iac_str checked;   /* the object whose condition failed: "var.n", "module.m.output.o", "check.c"; or empty */
    bool of_check;     /* a check block's: it is checked again, and told again, when the plan is applied */
    iac_str attribute; /* attribute path within a provider's object, e.g. ".tags["a"]"; or empty */
} iac_diag;

typedef struct iac_diags {
    iac_arena *arena; /* owns every text of the list; made on first use */
    struct { iac_diag *v; size_t n, cap; } list;
    size_t errors; /* how many of the list are errors */
} iac_diags;

#define IAC_DIAGS_INIT { 0 }

/* Adds a diagnostic; texts are formatted and copied. The pointer is valid until the next addition: use it to set the
 * optional fields (copy their texts into diags->arena). */
iac_diag *iac_diag_error(iac_diags *diags, iac_range subject, const char *summary, const char *detail_format, ...)
    IAC_PRINTF(4, 5);
iac_diag *iac_diag_warning(iac_diags *diags, iac_range subject, const char *summary, const char *detail_format, ...)
    IAC_PRINTF(4, 5);
/* As above with summary and detail ready-made; every text of `diag` is copied. */
iac_diag *iac_diag_add(iac_diags *diags, const iac_diag *diag);

/* Moves everything in `from` to the end of `to`; from is empty after. */
void iac_diags_append(iac_diags *to, iac_diags *from);
/* Puts the list in Terraform's order: warnings first, then those without a place, then by file and position. Stable. */
void iac_diags_sort(iac_diags *diags);
bool iac_diags_has_errors(const iac_diags *diags);
/* Drops everything added since the list had `count` items (for try() and can()). */
void iac_diags_truncate(iac_diags *diags, size_t count);
void iac_diags_clear(iac_diags *diags);
#endif
