/* lang/addr/addr.h - addresses of modules, resources and their instances, and references to objects. Immutable; texts
 * are borrowed from the arena or source they were made with. Layer: lang/addr (sees base and value; reads syntax
 * nodes). */
#ifndef IAC_ADDR_ADDR_H
#define IAC_ADDR_ADDR_H
#include "lang/base/diag.h"
#include "lang/syntax/ast.h"

typedef enum iac_key_kind { IAC_KEY_NONE, IAC_KEY_INT, IAC_KEY_STRING } iac_key_kind;

typedef struct iac_key { /* instance key: count index or for_each key */
    iac_key_kind kind;
    int64_t index;
    iac_str name;
} iac_key;

typedef struct iac_module_step {
    iac_str name;
    iac_key key;
} iac_module_step;

typedef struct iac_module_addr { /* path of a module instance; n 0 is the root. With all keys NONE: of a module */
    const iac_module_step *steps;
    size_t n;
} iac_module_addr;

typedef enum iac_mode { IAC_MANAGED, IAC_DATA, IAC_EPHEMERAL_RESOURCE } iac_mode;

typedef struct iac_addr { /* a resource (key NONE) or a resource instance */
    iac_module_addr module;
    iac_mode mode;
    iac_str type, name;
    iac_key key;
} iac_addr;

bool iac_key_equal(iac_key a, iac_key b);
int iac_key_cmp(iac_key a, iac_key b); /* none, then numbers by size, then names by bytes */
void iac_key_print(iac_buf *out, iac_key key); /* [0] or ["a"], with Terraform's escapes; nothing for NONE */
bool iac_module_addr_equal(iac_module_addr a, iac_module_addr b);
int iac_module_addr_cmp(iac_module_addr a, iac_module_addr b);
iac_module_addr iac_module_addr_copy(iac_arena *arena, iac_module_addr addr);
iac_module_addr iac_module_addr_child(iac_arena *arena, iac_module_addr parent, iac_str name, iac_key key);
iac_module_addr iac_module_addr_static(iac_arena *arena, iac_module_addr addr); /* all keys removed */
void iac_module_addr_print(iac_buf *out, iac_module_addr addr); /* module.a.module.b["x"] */
iac_str iac_module_addr_text(iac_arena *arena, iac_module_addr addr);

bool iac_addr_equal(iac_addr a, iac_addr b);
/* Terraform's order: module, data before managed..., type, name, key. */
int iac_addr_cmp(iac_addr a, iac_addr b);
iac_addr iac_addr_copy(iac_arena *arena, iac_addr addr);
/* module.a.data.t.n[0]; a managed resource of a type called data, ephemeral, module or resource keeps "resource." before
 * it, which Terraform leaves out, so that what is printed reads as the same. */
void iac_addr_print(iac_buf *out, iac_addr addr);
iac_str iac_addr_text(iac_arena *arena, iac_addr addr);
/* Parses "module.a[0].aws_vpc.main["k"]" (a resource or an instance). Errors as Terraform's "Invalid address" with
 * ranges in `source`. */
iac_status iac_addr_parse(iac_arena *arena, iac_str text, iac_addr *ret, iac_diags *diags);
/* The same; what stands in the place of a file's name in messages. */
iac_status iac_addr_parse_as(iac_arena *arena, iac_str text, const char *what, iac_addr *ret, iac_diags *diags);
/* Whether no resource type is called so, where an address begins. */
bool iac_addr_is_reserved(iac_str name);
/* As above, for what -target and moved accept: a module instance alone sets *ret_is_module. */
iac_status iac_target_parse(iac_arena *arena, iac_str text, iac_addr *ret, bool *ret_is_module, iac_diags *diags);

/* What a traversal in an expression refers to. */
typedef enum iac_ref_kind {
    IAC_REF_RESOURCE,  /* addr (module empty, key NONE): type.name, data.type.name, ephemeral.type.name */
    IAC_REF_VARIABLE,  /* name */
    IAC_REF_LOCAL,     /* name */
    IAC_REF_MODULE,    /* name: a module call; output is set where `.output` follows the (indexed) call */
    IAC_REF_EACH,      /* name: key or value */
    IAC_REF_COUNT,     /* name: index */
    IAC_REF_SELF,
    IAC_REF_PATH,      /* name: module, root, cwd */
    IAC_REF_TERRAFORM, /* name: workspace, applying */
} iac_ref_kind;

typedef struct iac_ref {
    iac_ref_kind kind;
    iac_addr addr;
    iac_str name, output;
    iac_range range;          /* of the part that names the object, with an index that is written out */
    const iac_expr *subject;  /* the node that names the object: type.name, var.x; evaluation goes on above it */
    const iac_expr *whole;    /* the longest traversal that contains it */
    /* Where an index follows at once: its key expression (a[k], module.m[k]); NULL otherwise. */
    const iac_expr *key;
    /* The attribute named right after the object and its index, or empty ("id" of aws_vpc.main[0].id). */
    iac_str attribute;
} iac_ref;

/* Reads the reference that a traversal starts with. false with diagnostics ("Invalid reference", "Reference to
 * undeclared ..." is not checked here). `expr` is the node at the top of the traversal. */
bool iac_ref_parse(iac_arena *arena, const iac_expr *expr, iac_ref *ret, iac_diags *diags);
/* The same in test files, where output.x, check.x and run.x are names too; they are told as resources of such types. */
bool iac_ref_parse_test(const iac_expr *expr, iac_ref *ret, iac_diags *diags);
iac_str iac_ref_text(iac_arena *arena, const iac_ref *ref);
iac_range iac_ref_index_range(const iac_ref *ref); /* of the [key], with its brackets; nowhere without a key */
/* Of an .attribute or [index] node: its own range; whether its name or key is written out. */
iac_range iac_ref_step_range(const iac_expr *step);
bool iac_is_constant_step(const iac_expr *step);
iac_range iac_ref_attribute_range(const iac_ref *ref); /* of the .attribute; that of the object without one */

/* Provider source address. */
typedef struct iac_provider_addr {
    iac_str host, namespace_, type; /* "registry.terraform.io", "hashicorp", "aws"; "terraform.io", "builtin", "terraform" */
} iac_provider_addr;
bool iac_provider_addr_equal(iac_provider_addr a, iac_provider_addr b);
/* "aws", "hashicorp/aws", "host/ns/type"; false when malformed. */
bool iac_provider_addr_parse(iac_arena *arena, iac_str source, iac_provider_addr *ret);
iac_provider_addr iac_provider_addr_default(iac_str local_name); /* hashicorp/NAME; terraform is built in */
iac_str iac_provider_addr_text(iac_arena *arena, iac_provider_addr addr); /* full, with host */
iac_str iac_provider_addr_display(iac_arena *arena, iac_provider_addr addr); /* without the default host */
#endif
