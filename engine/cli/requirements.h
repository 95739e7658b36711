/* engine/cli/requirements.h - which providers a configuration needs. */
#ifndef IAC_CLI_REQUIREMENTS_H
#define IAC_CLI_REQUIREMENTS_H
#include "lang/config/config.h"

typedef struct iac_requirement {
    iac_provider_addr addr;
    iac_str constraint; /* version constraints, joined by ", " */
    iac_range range;    /* where it is asked for; may be nowhere */
} iac_requirement;

/* In byte order of their addresses; free with iac_vec_clear. */
typedef IAC_VEC(iac_requirement) iac_requirements;

/* Declared, configured, or implied by the types of resources: of one module, or of it and all below. */
void iac_requirements_of_module(iac_arena *arena, const iac_module_config *module, iac_requirements *ret);
void iac_requirements_of_tree(iac_arena *arena, const iac_module_config *root, iac_requirements *ret);
/* "host/namespace/type" of provider["host/namespace/type"].alias. */
iac_str iac_requirement_in_state(iac_str provider);
#endif
