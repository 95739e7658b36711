/* engine/cli/saved_variables.c - the ephemeral variables of a saved plan: no plan file holds their values, so that they
 * are given again when it is applied. */
#include "engine/cli/cli.h"

#include <string.h>

static bool is_given(const iac_variable_values *given, iac_str name)
{
    for (size_t i = 0; i < given->n; i++)
        if (iac_str_eq(given->v[i].name, name))
            return true;
    return false;
}

void iac_cli_ephemeral_given(iac_cli *cli, const iac_str **ret, size_t *ret_count)
{
    const iac_module_config *root = cli->config->root;
    iac_str *names = iac_arena_array(cli->arena, iac_str, root->variable_count);
    size_t n = 0;

    for (size_t i = 0; i < root->variable_count; i++)
        if (root->variables[i].ephemeral && is_given(&cli->given, root->variables[i].name))
            names[n++] = root->variables[i].name;
    *ret = names;
    *ret_count = n;
}

/* The module with nothing but its ephemeral variables. */
static const iac_module_config *only_ephemeral(iac_arena *arena, const iac_module_config *root)
{
    iac_module_config *copy = iac_arena_new_of(arena, iac_module_config);
    iac_variable_config *variables = iac_arena_array(arena, iac_variable_config, root->variable_count);

    *copy = *root;
    copy->variables = variables;
    copy->variable_count = 0;
    copy->variable_map = (iac_map){ 0 };
    for (size_t i = 0; i < root->variable_count; i++)
        if (root->variables[i].ephemeral)
            variables[copy->variable_count++] = root->variables[i];
    for (size_t i = 0; i < copy->variable_count; i++)
        iac_map_put(&copy->variable_map, variables[i].name, &variables[i]);
    iac_map_settle(&copy->variable_map, arena);
    return copy;
}

/* Files and the environment may well set variables that the plan holds already; arguments may not. */
static void drop_held(iac_variable_values *given, const iac_module_config *ephemeral)
{
    size_t kept = 0;

    for (size_t i = 0; i < given->n; i++)
        if (given->v[i].from == IAC_FROM_ARGUMENT || iac_map_has(&ephemeral->variable_map, given->v[i].name))
            given->v[kept++] = given->v[i];
    given->n = kept;
}

static bool is_expected(const iac_plan *plan, iac_str name)
{
    for (size_t i = 0; i < plan->ephemeral_count; i++)
        if (iac_str_eq(plan->ephemeral_set[i], name))
            return true;
    return false;
}

static iac_status check_given(iac_cli *cli, const iac_plan *plan, const iac_module_config *ephemeral)
{
    size_t errors = cli->diags.errors;

    for (size_t i = 0; i < ephemeral->variable_count; i++) {
        iac_str name = ephemeral->variables[i].name;
        if (is_given(&cli->given, name) && !is_expected(plan, name))
            iac_diag_error(&cli->diags, IAC_NO_RANGE, "Ephemeral variable was not set during planning",
                           "The ephemeral input variable \"%.*s\" was not set during the planning phase, and so must "
                           "remain unset during the apply phase.",
                           IAC_FMT(name));
    }
    for (size_t i = 0; cli->diags.errors == errors && i < plan->ephemeral_count; i++)
        if (!is_given(&cli->given, plan->ephemeral_set[i]))
            iac_diag_error(&cli->diags, IAC_NO_RANGE, "No value for required variable",
                           "The ephemeral input variable \"%.*s\" was set during the plan phase, and so must also be "
                           "set during the apply phase.",
                           IAC_FMT(plan->ephemeral_set[i]));
    return cli->diags.errors == errors ? IAC_OK : IAC_ERR;
}

iac_status iac_cli_saved_variables(iac_cli *cli, const iac_plan *plan, iac_map *ret)
{
    const iac_module_config *ephemeral = only_ephemeral(cli->arena, plan->config->root);
    iac_map values = { 0 };

    if (iac_cli_gather_variables(cli) != IAC_OK)
        return IAC_ERR;
    drop_held(&cli->given, ephemeral);
    iac_status status = iac_variables_resolve(cli->arena, ephemeral, &cli->given, &values, NULL, NULL, &cli->diags);
    if (status == IAC_OK)
        status = check_given(cli, plan, ephemeral);
    for (size_t i = 0; i < plan->variables->n; i++)
        iac_map_put(ret, plan->variables->entries[i].key, plan->variables->entries[i].value);
    for (size_t i = 0; i < values.n; i++)
        iac_map_put(ret, values.entries[i].key, values.entries[i].value);
    iac_map_clear(&values);
    iac_map_settle(ret, cli->arena);
    return status;
}
