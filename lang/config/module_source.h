/* lang/config/module_source.h - where a module comes from: the address in a call's source argument. Knows no network.
 * Layer: lang/config (sees base). */
#ifndef IAC_CONFIG_MODULE_SOURCE_H
#define IAC_CONFIG_MODULE_SOURCE_H
#include "lang/base/base.h"

typedef enum iac_module_source_kind {
    IAC_SOURCE_NONE,     /* could not be read */
    IAC_SOURCE_LOCAL,    /* ./x, ../x: within the package of the module that calls */
    IAC_SOURCE_REGISTRY, /* [host/]namespace/name/provider: asked of a module registry */
    IAC_SOURCE_REMOTE,   /* a package to be fetched as its address says */
} iac_module_source_kind;

typedef struct iac_module_source {
    iac_module_source_kind kind;
    iac_str text;    /* in full, as modules.json has it: "registry.terraform.io/a/b/c", "git::https://h/r.git//sub" */
    iac_str package; /* of REGISTRY and REMOTE: text without the subdirectory */
    iac_str subdir;  /* within the package, without "." and ".." parts; may be empty */
    iac_str host, namespace_, name, provider; /* of REGISTRY */
} iac_module_source;

/* Reads an address. `versioned`: a version constraint stands beside it, so that it can only be a registry's. false with
 * *ret_summary and *ret_detail (in the arena) as Terraform words them. */
bool iac_module_source_parse(iac_arena *arena, iac_str text, bool versioned, iac_module_source *ret,
                             const char **ret_summary, iac_str *ret_detail);
/* "git::https://h/r.git//a?ref=b" to its package "git::https://h/r.git?ref=b" and the subdirectory "a" (or none). */
void iac_module_source_split(iac_arena *arena, iac_str address, iac_str *ret_package, iac_str *ret_subdir);
/* The part before "::", which names the way to fetch; empty when there is none. *ret_rest is what follows. */
iac_str iac_module_source_forced(iac_str package, iac_str *ret_rest);
/* A path without ".", empty and inner ".." parts; "." for nothing. */
char *iac_path_clean(iac_arena *arena, iac_str path);
#endif
