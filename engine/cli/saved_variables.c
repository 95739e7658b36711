/* engine/cli/saved_variables.c - the variables of a saved plan. No plan file holds the values of ephemeral ones, so that
 * they are given again when it is applied; the others are to stay what they are. */
#include "engine/cli/cli.h"

#include "lang/eval/eval.h"

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

static bool is_held(const iac_plan *plan, iac_str name)
{
    return plan->given && iac_map_has(plan->given, name);
}

/* The module with nothing but the variables that may be given: those that are ephemeral, and those that were given when
 * the plan was made. */
static const iac_module_config *only_settable(iac_arena *arena, const iac_plan *plan)
{
    const iac_module_config *root = plan->config->root;
    iac_module_config *copy = iac_arena_new_of(arena, iac_module_config);
    iac_variable_config *variables = iac_arena_array(arena, iac_variable_config, root->variable_count);

    *copy = *root;
    copy->variables = variables;
    copy->variable_count = 0;
    copy->variable_map = (iac_map){ 0 };
    for (size_t i = 0; i < root->variable_count; i++)
        if (root->variables[i].ephemeral || is_held(plan, root->variables[i].name))
            variables[copy->variable_count++] = root->variables[i];
    for (size_t i = 0; i < copy->variable_count; i++)
        iac_map_put(&copy->variable_map, variables[i].name, &variables[i]);
    iac_map_settle(&copy->variable_map, arena);
    return copy;
}

/* Files that are read by themselves may set what the plan holds: that is not looked at. */
static void drop_automatic(iac_variable_values *given, const iac_plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < given->n; i++)
        if (given->v[i].from != IAC_FROM_FILE || given->v[i].named_file || !is_held(plan, given->v[i].name))
            given->v[kept++] = given->v[i];
    given->n = kept;
}

static iac_str brief(iac_arena *arena, const iac_variable_config *variable, const iac_value *v)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_value_brief(arena, v, &out);
    iac_str text = variable->sensitive ? IAC_STR("(sensitive value)") : iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return text;
}

/* Refuses another value than the plan's, or warns of it where it comes from the environment. */
static void tell_other(iac_cli *cli, const iac_variable_config *variable, const iac_variable_value *given,
                       const iac_value *v, const iac_value *held)
{
    bool ignored = given->from == IAC_FROM_ENVIRONMENT;
    const char *source = ignored                        ? "an environment variable"
                         : given->from == IAC_FROM_FILE ? "a .tfvars file passed through -var-file argument"
                                                        : "a CLI argument";
    iac_str before = brief(cli->arena, variable, held), now = brief(cli->arena, variable, v);
    iac_str detail = iac_arena_printf(
        cli->arena,
        "The variable %.*s cannot be %s when applying a saved plan file, because a saved plan includes the variable values "
        "that were set when it was created. The saved plan specifies %.*s as the value whereas during apply the value %.*s "
        "was set by %s. To declare an ephemeral variable which is not saved in the plan file, use ephemeral = true.",
        IAC_FMT(variable->name), ignored ? "overriden" : "set using the -var and -var-file options", IAC_FMT(before),
        IAC_FMT(now), source);
    if (ignored)
        iac_diag_warning(&cli->diags, IAC_NO_RANGE, "Ignoring variable when applying a saved plan", "%.*s",
                         IAC_FMT(detail));
    else
        iac_diag_error(&cli->diags, given->range, "Can't change variable when applying a saved plan", "%.*s",
                       IAC_FMT(detail));
}

/* What was given for a variable that the plan holds is compared, and the plan's value put in its place. */
static iac_status check_held(iac_cli *cli, const iac_plan *plan, const iac_module_config *settable)
{
    size_t errors = cli->diags.errors;
    iac_map seen = { 0 };

    for (size_t i = cli->given.n; i-- > 0;) { /* the last of a name counts */
        iac_variable_value *given = &cli->given.v[i];
        if (!is_held(plan, given->name) || iac_map_has(&seen, given->name))
            continue;
        const iac_variable_config *variable = iac_map_get(&settable->variable_map, given->name);
        const iac_value *held = iac_map_get(plan->given, given->name);
        const iac_value *v = iac_variable_read(cli->arena, variable, given, &cli->diags);
        if (v && !iac_value_same(v, held))
            tell_other(cli, variable, given, v, held);
        given->value = held;
        iac_map_put(&seen, given->name, given);
    }
    iac_map_clear(&seen);
    return cli->diags.errors == errors ? IAC_OK : IAC_ERR;
}

static bool is_expected(const iac_plan *plan, iac_str name)
{
    for (size_t i = 0; i < plan->ephemeral_count; i++)
        if (iac_str_eq(plan->ephemeral_set[i], name))
            return true;
    return false;
}

static iac_status check_given(iac_cli *cli, const iac_plan *plan, const iac_module_config *settable)
{
    size_t errors = cli->diags.errors;

    for (size_t i = 0; i < settable->variable_count; i++) {
        iac_str name = settable->variables[i].name;
        if (settable->variables[i].ephemeral && is_given(&cli->given, name) && !is_expected(plan, name))
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
    const iac_module_config *settable = only_settable(cli->arena, plan);
    iac_map values = { 0 };

    if (iac_cli_gather_variables(cli) != IAC_OK)
        return IAC_ERR;
    drop_automatic(&cli->given, plan);
    iac_status status = check_held(cli, plan, settable);
    if (iac_variables_resolve(cli->arena, settable, &cli->given, &values, NULL, NULL, &cli->diags) != IAC_OK)
        status = IAC_ERR;
    if (status == IAC_OK)
        status = check_given(cli, plan, settable);
    for (size_t i = 0; i < plan->variables->n; i++)
        iac_map_put(ret, plan->variables->entries[i].key, plan->variables->entries[i].value);
    for (size_t i = 0; i < values.n; i++)
        if (!is_held(plan, values.entries[i].key))
            iac_map_put(ret, values.entries[i].key, values.entries[i].value);
    iac_map_clear(&values);
    iac_map_settle(ret, cli->arena);
    return status;
}
