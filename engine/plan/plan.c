#include "engine/plan/plan.h"

#include <stdlib.h>

#include "lang/value/secrets.h"

static int compare_output(const void *name, const void *change)
{
    return iac_str_cmp(*(const iac_str *)name, ((const iac_output_change *)change)->name);
}

const iac_output_change *iac_plan_output(const iac_plan *plan, iac_str name)
{
    return plan->output_count ? bsearch(&name, plan->outputs, plan->output_count, sizeof(*plan->outputs),
                                        compare_output)
                              : NULL;
}

bool iac_plan_changes_output(const iac_plan *plan, iac_str name)
{
    const iac_output_change *change = iac_plan_output(plan, name);
    return change && change->action != IAC_ACTION_NOOP;
}

iac_plan_counts iac_plan_count(const iac_plan *plan)
{
    iac_plan_counts counts = { 0 };
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *change = &plan->changes[i];
        counts.import_ += change->import_id.n > 0;
        switch (change->action) {
        case IAC_ACTION_CREATE:
            counts.add++;
            break;
        case IAC_ACTION_UPDATE:
            counts.change++;
            break;
        case IAC_ACTION_DELETE_CREATE:
        case IAC_ACTION_CREATE_DELETE:
            counts.add++;
            counts.destroy++;
            break;
        case IAC_ACTION_DELETE:
            counts.destroy++;
            break;
        case IAC_ACTION_FORGET:
            counts.forget++;
            break;
        case IAC_ACTION_NOOP:
        case IAC_ACTION_READ:
            break;
        }
    }
    return counts;
}

const char *iac_reason_name(iac_reason reason)
{
    static const char *const names[] = {
#define X(name, text) text,
        IAC_REASONS(X)
#undef X
    };
    return (size_t)reason < IAC_COUNT(names) ? names[reason] : "";
}

const char *iac_action_name(iac_action action)
{
    switch (action) {
    case IAC_ACTION_NOOP:
        return "noop";
    case IAC_ACTION_CREATE:
        return "create";
    case IAC_ACTION_READ:
        return "read";
    case IAC_ACTION_UPDATE:
        return "update";
    case IAC_ACTION_DELETE_CREATE:
    case IAC_ACTION_CREATE_DELETE:
        return "replace";
    case IAC_ACTION_DELETE:
        return "delete";
    case IAC_ACTION_FORGET:
        return "remove";
    }
    return "";
}

static void note_changes(const iac_change *changes, size_t n, iac_arena *scratch)
{
    for (size_t i = 0; i < n; i++) {
        const iac_block_schema *block = changes[i].schema ? changes[i].schema->block : &iac_schema_empty;
        iac_schema_note_secrets(scratch, block, changes[i].before);
        iac_schema_note_secrets(scratch, block, changes[i].after);
        iac_arena_reset(scratch);
    }
}

/* A default is told by the configuration that a plan holds, even where another value was given. */
static void note_defaults(const iac_module_config *module)
{
    for (size_t i = 0; i < module->variable_count; i++)
        if (module->variables[i].sensitive)
            iac_value_add_secrets(module->variables[i].default_value);
    for (size_t i = 0; i < module->call_count; i++)
        if (module->calls[i].module)
            note_defaults(module->calls[i].module);
}

void iac_plan_note_secrets(const iac_plan *plan)
{
    iac_arena *scratch = iac_arena_new();
    note_changes(plan->changes, plan->change_count, scratch);
    note_changes(plan->drift, plan->drift_count, scratch);
    iac_arena_free(scratch);
    for (size_t i = 0; i < plan->output_count; i++) {
        if (plan->outputs[i].sensitive) {
            iac_value_add_output_secret(plan->outputs[i].before);
            iac_value_add_output_secret(plan->outputs[i].after);
        }
    }
    for (size_t i = 0; plan->variables && i < plan->variables->n; i++)
        iac_value_note_secrets(plan->variables->entries[i].value);
    if (plan->prior)
        iac_state_note_secrets(plan->prior);
    if (plan->config)
        note_defaults(plan->config->root);
}
