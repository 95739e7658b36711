/* engine/plan/generate.h - configuration for what import blocks name and nobody declared, made from the imported object
 * (`plan -generate-config-out`). Layer: engine/plan; used by engine/apply too. */
#ifndef IAC_PLAN_GENERATE_H
#define IAC_PLAN_GENERATE_H
#include "engine/plan/plan.h"

/* The resource block of the object in Terraform's form: required and optional attributes and blocks, sensitive values as
 * null, JSON texts as jsonencode(...). provider: as the import block names it, or implied (range nowhere). Without a
 * newline at its end; in the arena. */
iac_str iac_generate_block(iac_arena *arena, const iac_schema *schema, iac_addr addr, const iac_provider_ref *provider,
                           const iac_value *object);

/* The configuration with a resource added for each import block of the root module that names one which is not declared,
 * and
 * can be generated; config itself where there is none. Their bodies are
 * empty (iac_generate_body). */
const iac_config *iac_generate_add_missing(iac_arena *arena, const iac_config *config);
/* The configuration with the resources that the plan's changes bring along; config itself where there are none. */
const iac_config *iac_generate_add_planned(iac_arena *arena, const iac_config *config, const iac_plan *plan);
/* The body that the block's text says, without its provider argument. file: as messages name it. */
const iac_body *iac_generate_body(iac_arena *arena, iac_str file, iac_str block, iac_diags *diags);
#endif
