/* lang/config/variables.c - from given values to the values of variables. */
#include "lang/config/load.h"

#include "lang/syntax/parser.h"
#include "lang/value/secrets.h"

/* How many undeclared names from files are told one by one. */
enum { UNDECLARED_SHOWN = 2 };

/* "var.x" or "module.m.var.x" */
static iac_str variable_address(iac_arena *arena, const iac_variable_config *variable)
{
    iac_str path = iac_module_addr_text(arena, variable->module);
    return iac_arena_printf(arena, "%.*s%svar.%.*s", IAC_FMT(path), path.n ? "." : "", IAC_FMT(variable->name));
}

/* How a value came to be, for messages: an origin without a place of its own is described. */
typedef struct origin {
    iac_range range; /* nowhere: description says where it comes from */
    const char *description;
} origin;

static void required_is_null(iac_arena *arena, const iac_variable_config *variable, const origin *from, iac_diags *diags)
{
    iac_str address = variable_address(arena, variable), place = iac_range_place(arena, variable->range);

    if (from->range.src)
        iac_diag_error(diags, from->range, "Required variable not set",
                       "The given value is not suitable for %.*s defined at %.*s: required variable may not be set to "
                       "null.", IAC_FMT(address), IAC_FMT(place));
    else
        iac_diag_error(diags, variable->range, "Required variable not set",
                       "Unsuitable value for %.*s set %s: required variable may not be set to null.", IAC_FMT(address),
                       from->description);
}

/* Of a sensitive variable no value is shown, so not its place either. */
static void unsuitable(iac_arena *arena, const iac_variable_config *variable, const origin *from, iac_str problem,
                       iac_diags *diags)
{
    static const char summary[] = "Invalid value for input variable";
    iac_str address = variable_address(arena, variable);
    iac_str declared = iac_range_place(arena, variable->range), given = iac_range_place(arena, from->range);

    if (!from->range.src)
        iac_diag_error(diags, variable->range, summary, "Unsuitable value for %.*s set %s: %.*s.", IAC_FMT(address),
                       from->description, IAC_FMT(problem));
    else if (variable->sensitive)
        iac_diag_error(diags, variable->range, summary,
                       "The given value is not suitable for %.*s, which is sensitive: %.*s. Invalid value defined at "
                       "%.*s.", IAC_FMT(address), IAC_FMT(problem), IAC_FMT(given));
    else
        iac_diag_error(diags, from->range, summary, "The given value is not suitable for %.*s declared at %.*s: %.*s.",
                       IAC_FMT(address), IAC_FMT(declared), IAC_FMT(problem));
}

static const iac_value *marked(iac_arena *arena, const iac_variable_config *variable, const iac_value *v)
{
    uint8_t marks = (uint8_t)((variable->sensitive ? IAC_SENSITIVE : 0) | (variable->ephemeral ? IAC_EPHEMERAL : 0));
    return iac_value_note_secrets(marks ? iac_value_mark(arena, v, marks) : v);
}

/* given NULL: not set. */
static const iac_value *convert(iac_arena *arena, const iac_variable_config *variable, const iac_value *given,
                                const origin *from, iac_diags *diags)
{
    iac_str error = { 0 };

    if (!given || (iac_is_null(given) && !variable->nullable)) {
        if (variable->default_value)
            return marked(arena, variable, variable->default_value);
        if (given)
            required_is_null(arena, variable, from, diags);
        return marked(arena, variable, iac_value_unknown(arena, variable->type));
    }
    if (variable->defaults && !iac_is_null(given))
        given = iac_defaults_apply(arena, variable->defaults, given);
    const iac_value *v = iac_convert(arena, given, variable->type, &error, NULL);
    if (!v) {
        unsuitable(arena, variable, from, error, diags);
        return marked(arena, variable, iac_value_unknown(arena, variable->type));
    }
    return marked(arena, variable, v);
}

const iac_value *iac_variable_convert(iac_arena *arena, const iac_variable_config *variable, const iac_value *given,
                                      iac_range range, iac_diags *diags)
{
    origin from = { range, "in the configuration" };
    return convert(arena, variable, given, &from, diags);
}

/* The value that a text from the command line, the environment or a prompt stands for. */
static const iac_value *read_raw(iac_arena *arena, const iac_variable_config *variable, iac_str raw, iac_diags *diags)
{
    if (!variable->type_declared || iac_type_is_primitive(variable->type))
        return iac_value_string(arena, raw);
    iac_str name = iac_arena_printf(arena, "<value for var.%.*s>", IAC_FMT(variable->name));
    size_t errors = diags->errors;
    const iac_expr *expr = iac_parse_expression(arena, iac_source_new(arena, name, raw), diags);
    if (diags->errors > errors)
        return NULL;
    const iac_value *v = iac_eval(NULL, expr, arena, diags);
    return diags->errors > errors ? NULL : v;
}

const iac_value *iac_variable_read(iac_arena *arena, const iac_variable_config *variable,
                                   const iac_variable_value *given, iac_diags *diags)
{
    size_t errors = diags->errors;

    if (given->value)
        return given->value;
    if (!given->expr)
        return read_raw(arena, variable, given->raw, diags);
    const iac_value *v = iac_eval(NULL, given->expr, arena, diags);
    return diags->errors > errors ? NULL : v;
}

/* v: what was given. */
static const iac_value *convert_given(iac_arena *arena, const iac_variable_config *variable,
                                      const iac_variable_value *given, const iac_value *v, iac_diags *diags)
{
    origin from = { given->range, "in a variables file" };

    switch (given->from) {
    case IAC_FROM_ENVIRONMENT:
        from.description = iac_arena_printf(arena, "using the TF_VAR_%.*s environment variable",
                                            IAC_FMT(variable->name)).p;
        break;
    case IAC_FROM_ARGUMENT:
        from.description = iac_arena_printf(arena, "using -var=\"%.*s=...\"", IAC_FMT(variable->name)).p;
        break;
    case IAC_FROM_PROMPT:
        from.description = "using an interactive prompt";
        break;
    case IAC_FROM_PLAN:
        from.description = "by the saved plan";
        break;
    case IAC_FROM_FILE:
        break;
    }
    return convert(arena, variable, v, &from, diags);
}

static const iac_value *given_value(iac_arena *arena, const iac_variable_config *variable,
                                    const iac_variable_value *given, iac_diags *diags)
{
    const iac_value *v = iac_variable_read(arena, variable, given, diags);
    if (!v) /* reported: not missing, so that this is not told as well */
        return marked(arena, variable, iac_value_unknown(arena, variable->type));
    return convert_given(arena, variable, given, v, diags);
}

static const iac_value *parse_undeclared(iac_arena *arena, const iac_variable_value *given, iac_diags *diags)
{
    iac_variable_config any = { .name = given->name, .type = &iac_type_dynamic, .type_declared = true };

    return iac_variable_read(arena, &any, given, diags);
}

const iac_value *iac_variable_given(iac_arena *arena, const iac_variable_config *variable,
                                    const iac_variable_value *given, iac_diags *diags)
{
    return variable ? given_value(arena, variable, given, diags) : parse_undeclared(arena, given, diags);
}

/* What cannot be read is not missed. */
static void report_undeclared(iac_arena *arena, const iac_variable_value *given, size_t *in_files, iac_diags *diags)
{
    iac_diags ignored = IAC_DIAGS_INIT;

    if (given->from == IAC_FROM_ARGUMENT)
        iac_diag_error(diags, IAC_NO_RANGE, "Value for undeclared variable",
                       "A variable named \"%.*s\" was assigned on the command line, but the root module does not "
                       "declare a variable of that name. To use this value, add a \"variable\" block to the "
                       "configuration.", IAC_FMT(given->name));
    bool readable = given->from == IAC_FROM_FILE && parse_undeclared(arena, given, &ignored);
    iac_diags_clear(&ignored);
    if (!readable || ++*in_files > UNDECLARED_SHOWN)
        return;
    iac_diag_warning(diags, IAC_NO_RANGE, "Value for undeclared variable",
                     "The root module does not declare a variable named \"%.*s\" but a value was found in file "
                     "\"%.*s\". If you meant to use this value, add a \"variable\" block to the configuration.\n\n"
                     "To silence these warnings, use TF_VAR_... environment variables to provide certain \"global\" "
                     "settings to all configurations in your organization. To reduce the verbosity of these warnings, "
                     "use the -compact-warnings option.", IAC_FMT(given->name),
                     IAC_FMT(given->source ? given->source->name : (iac_str){ 0 }));
}

/* The value given last for each name; undeclared names are reported once. */
static void gather(iac_arena *arena, const iac_module_config *root, iac_variable_values *given, iac_map *ret_last,
                   iac_diags *diags)
{
    size_t in_files = 0;

    for (size_t i = 0; i < given->n; i++)
        iac_map_put(ret_last, given->v[i].name, &given->v[i]);
    for (size_t i = 0; i < given->n; i++)
        if (iac_map_get(ret_last, given->v[i].name) == &given->v[i] &&
            !iac_map_has(&root->variable_map, given->v[i].name))
            report_undeclared(arena, &given->v[i], &in_files, diags);
    if (in_files > UNDECLARED_SHOWN)
        iac_diag_warning(diags, IAC_NO_RANGE, "Values for undeclared variables",
                         "In addition to the other similar warnings shown, %zu other variable(s) defined without being "
                         "declared.", in_files - UNDECLARED_SHOWN);
}

void iac_variable_missing(const iac_variable_config *variable, iac_diags *diags)
{
    iac_diag_error(diags, variable->range, "No value for required variable",
                   "The root module input variable \"%.*s\" is not set, and has no default value. Use a -var or "
                   "-var-file command line argument to provide a value for this variable.", IAC_FMT(variable->name));
}

iac_status iac_variables_resolve(iac_arena *arena, const iac_module_config *root, iac_variable_values *given,
                                 iac_map *ret_values, const iac_variable_config ***ret_missing,
                                 size_t *ret_missing_count, iac_diags *diags)
{
    size_t errors = diags->errors, missing_count = 0;
    const iac_variable_config **missing = iac_arena_array(arena, const iac_variable_config *, root->variable_count);
    const iac_value **values = iac_arena_array(arena, const iac_value *, root->variable_count);
    iac_map last = { 0 };

    gather(arena, root, given, &last, diags);
    for (size_t i = 0; i < root->variable_count; i++) {
        const iac_variable_config *variable = &root->variables[i];
        iac_variable_value *found = iac_map_get(&last, variable->name);
        if (found)
            values[i] = found->value = iac_variable_read(arena, variable, found, diags);
        else if (!variable->default_value)
            missing[missing_count++] = variable;
    }
    for (size_t i = 0; i < root->variable_count; i++) /* what could not be read is no value */
        if (!values[i] && !root->variables[i].default_value && iac_map_has(&last, root->variables[i].name))
            iac_variable_missing(&root->variables[i], diags);
    bool complete = diags->errors == errors && (!ret_missing || missing_count == 0);
    for (size_t i = 0; complete && i < root->variable_count; i++) {
        const iac_variable_config *variable = &root->variables[i];
        const iac_variable_value *found = iac_map_get(&last, variable->name);
        const iac_value *v = found ? convert_given(arena, variable, found, values[i], diags)
                                   : convert(arena, variable, NULL, NULL, diags);
        iac_map_put(ret_values, variable->name, (void *)v);
    }
    iac_map_clear(&last);
    if (ret_missing) {
        *ret_missing = missing;
        *ret_missing_count = missing_count;
    }
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

void iac_variables_as_given(iac_arena *arena, const iac_module_config *root, const iac_variable_values *given,
                            iac_map *ret)
{
    for (size_t i = given->n; i-- > 0;) { /* the last of a name counts */
        const iac_variable_value *one = &given->v[i];
        const iac_variable_config *variable = iac_map_get(&root->variable_map, one->name);
        if (variable && !variable->ephemeral && one->value && !iac_map_has(ret, one->name))
            iac_map_put(ret, variable->name, (void *)(uintptr_t)iac_value_unmark_deep(arena, one->value));
    }
}

const iac_value *iac_variable_resolve(iac_arena *arena, const iac_variable_config *variable,
                                      const iac_variable_values *given, iac_diags *diags)
{
    size_t errors = diags->errors;

    for (size_t i = given->n; i-- > 0;) {
        if (!iac_str_eq(given->v[i].name, variable->name))
            continue;
        const iac_value *v = given_value(arena, variable, &given->v[i], diags);
        return diags->errors > errors ? NULL : v;
    }
    if (variable->default_value)
        return marked(arena, variable, variable->default_value);
    iac_variable_missing(variable, diags);
    return NULL;
}
