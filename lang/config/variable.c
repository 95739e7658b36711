/* lang/config/variable.c - variable, locals and output blocks, and conditions in blocks of any kind. */
#include "lang/config/load.h"

#include "lang/syntax/parser.h"

/* ---- conditions ---- */

static void note_ref(void *arg, const iac_ref *ref)
{
    (void)ref;
    *(bool *)arg = true;
}

/* Whether the expression refers to anything; faults in its references are reported when they are checked. */
static bool has_reference(iac_arena *arena, const iac_expr *expr)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    bool found = false;

    iac_expr_refs(arena, expr, note_ref, &found, &ignored);
    found |= ignored.errors > 0;
    iac_diags_clear(&ignored);
    return found;
}

bool iac_decode_condition(iac_module_build *m, const iac_block *block, const char *kind, iac_condition *ret)
{
    static const iac_attribute_spec attributes[] = {
        { IAC_STR_INIT("condition"), true },
        { IAC_STR_INIT("error_message"), true },
    };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_content content = { 0 };

    *ret = (iac_condition){ 0 };
    if (m->overriding) {
        iac_diag_error(m->diags, block->header_range, iac_arena_printf(m->arena, "Can't override %s blocks", kind).p,
                       "Override files cannot override \"%s\" blocks.", kind);
        return false;
    }
    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    const iac_attribute *condition = content.attributes[0], *message = content.attributes[1];
    *ret = (iac_condition){ condition ? condition->expr : NULL, message ? message->expr : NULL, block->header_range };
    if (condition && !has_reference(m->arena, condition->expr)) {
        iac_str summary = iac_arena_printf(m->arena, "Invalid %s expression", kind);
        iac_diag_error(m->diags, condition->expr->range, summary.p,
                       "The condition expression must refer to at least one object from elsewhere in the "
                       "configuration, or else its result would not be checking anything.");
        return false;
    }
    return condition && message;
}

iac_conditions iac_decode_conditions(iac_module_build *m, const iac_content *content, const char *type)
{
    size_t count, n = 0;
    const iac_block **blocks = iac_content_blocks(m->arena, content, type, &count);
    iac_condition *conditions = iac_arena_array(m->arena, iac_condition, count);

    for (size_t i = 0; i < count; i++)
        n += iac_decode_condition(m, blocks[i], type, &conditions[n]);
    return (iac_conditions){ conditions, n };
}

typedef struct own_use {
    iac_addr addr;
    bool found;
} own_use;

static void note_own(void *arg, const iac_ref *ref)
{
    own_use *use = arg;
    use->found |= ref->kind == IAC_REF_RESOURCE && ref->addr.mode == use->addr.mode &&
                  iac_str_eq(ref->addr.type, use->addr.type) && iac_str_eq(ref->addr.name, use->addr.name);
}

void iac_check_own_conditions(iac_module_build *m, iac_addr addr, iac_conditions conditions, const char *type)
{
    for (size_t i = 0; i < conditions.n; i++) {
        const iac_expr *exprs[] = { conditions.v[i].condition, conditions.v[i].error_message };
        for (size_t k = 0; k < IAC_COUNT(exprs); k++) {
            own_use use = { addr, false };
            iac_diags ignored = IAC_DIAGS_INIT;
            iac_expr_refs(m->arena, exprs[k], note_own, &use, &ignored);
            iac_diags_clear(&ignored);
            if (use.found)
                iac_diag_error(m->diags, exprs[k]->range,
                               iac_arena_printf(m->arena, "Invalid reference in %s", type).p,
                               "Configuration for %.*s may not refer to itself.",
                               IAC_FMT(iac_addr_text(m->arena, addr)));
        }
    }
}

/* ---- variables ---- */

enum { VAR_DESCRIPTION, VAR_DEFAULT, VAR_TYPE, VAR_SENSITIVE, VAR_EPHEMERAL, VAR_NULLABLE };

static const iac_attribute_spec variable_attributes[] = {
    [VAR_DESCRIPTION] = { IAC_STR_INIT("description"), false },
    [VAR_DEFAULT] = { IAC_STR_INIT("default"), false },
    [VAR_TYPE] = { IAC_STR_INIT("type"), false },
    [VAR_SENSITIVE] = { IAC_STR_INIT("sensitive"), false },
    [VAR_EPHEMERAL] = { IAC_STR_INIT("ephemeral"), false },
    [VAR_NULLABLE] = { IAC_STR_INIT("nullable"), false },
};
static const iac_block_spec variable_blocks[] = { { IAC_STR_INIT("validation"), NULL, 0 } };
static const iac_body_spec variable_spec = {
    variable_attributes, IAC_COUNT(variable_attributes), variable_blocks, IAC_COUNT(variable_blocks)
};

static const char *const reserved_variables[] = {
    "source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals",
};

static void check_variable_name(iac_module_build *m, const iac_label *label)
{
    iac_check_label(m, label, "Invalid variable name");
    for (size_t i = 0; i < IAC_COUNT(reserved_variables); i++) {
        if (iac_str_is(label->text, reserved_variables[i])) {
            iac_diag_error(m->diags, label->range, "Invalid variable name",
                           "The variable name \"%.*s\" is reserved due to its special meaning inside module blocks.",
                           IAC_FMT(label->text));
            return;
        }
    }
}

static void decode_type(iac_module_build *m, const iac_attribute *attr,
                        iac_variable_config *variable)
{
    const iac_type *type = iac_eval_type(attr->expr, m->arena, &variable->defaults, m->diags);

    variable->type_declared = true;
    if (type)
        variable->type = type;
}

static const char invalid_default[] = "Invalid default value for variable";

/* Gives the variable its default, converted to its type. After an error it is marked as optional all the same, so that
 * its absence is not reported as well. */
static void convert_default(iac_module_build *m, iac_variable_config *variable, const iac_value *v, bool with_path,
                            iac_range range, const char *what)
{
    iac_str error = { 0 };
    iac_path path = { 0 };

    variable->default_value = iac_convert(m->arena, v, variable->type, &error, &path);
    if (variable->default_value)
        return;
    if (path.n && with_path)
        error = iac_arena_printf(m->arena, "%.*s: %.*s", IAC_FMT(iac_path_text(m->arena, path)), IAC_FMT(error));
    iac_diag_error(m->diags, range, invalid_default, "%s: %.*s.", what, IAC_FMT(error));
    variable->default_value = iac_value_unknown(m->arena, variable->type);
}

static void decode_default(iac_module_build *m, const iac_attribute *attr, iac_variable_config *variable)
{
    const iac_value *v = iac_static_eval(m, attr->expr);

    if (!v) {
        variable->default_value = iac_value_unknown(m->arena, variable->type);
        return;
    }
    if (iac_is_null(v) && !variable->nullable)
        iac_diag_error(m->diags, attr->expr->range, invalid_default,
                       "A null default value is not valid when nullable=false.");
    variable->default_value = v;
    if (m->overriding && !variable->type_declared)
        return; /* converted to the type of what it overrides */
    if (variable->defaults && !iac_is_null(v))
        v = iac_defaults_apply(m->arena, variable->defaults, v);
    convert_default(m, variable, v, true, attr->expr->range,
                    "This default value is not compatible with the variable's type constraint");
}

typedef struct looking_for {
    iac_str name;
    bool found;
} looking_for;

static void note_own_ref(void *arg, const iac_ref *ref)
{
    looking_for *looking = arg;
    if (ref->kind == IAC_REF_VARIABLE && iac_str_eq(ref->name, looking->name))
        looking->found = true;
}

static void check_validation(iac_module_build *m, const iac_variable_config *variable, const iac_expr *condition)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    looking_for looking = { variable->name, false };
    iac_expr_refs(m->arena, condition, note_own_ref, &looking, &ignored);
    iac_diags_clear(&ignored);
    if (!looking.found)
        iac_diag_error(m->diags, condition->range, "Invalid variable validation condition",
                       "The condition for variable \"%.*s\" must refer to var.%.*s in order to test incoming "
                       "values.", IAC_FMT(variable->name), IAC_FMT(variable->name));
}

static void decode_validations(iac_module_build *m, const iac_content *content, iac_variable_config *variable)
{
    size_t count, n = 0;
    const iac_block **blocks = iac_content_blocks(m->arena, content, "validation", &count);
    iac_condition *validations = iac_arena_array(m->arena, iac_condition, count);

    for (size_t i = 0; i < count; i++) {
        bool complete = iac_decode_condition(m, blocks[i], "validation", &validations[n]);
        if (validations[n].condition)
            check_validation(m, variable, validations[n].condition);
        n += complete;
    }
    variable->validations = (iac_conditions){ validations, n };
}

static void merge_variable(iac_module_build *m, iac_variable_config *base, const iac_variable_config *over,
                           const iac_content *said)
{
    bool type = over->type_declared, value = said->attributes[VAR_DEFAULT];

    if (said->attributes[VAR_DESCRIPTION])
        base->description = over->description;
    if (said->attributes[VAR_SENSITIVE])
        base->sensitive = over->sensitive;
    if (said->attributes[VAR_EPHEMERAL])
        base->ephemeral = over->ephemeral;
    if (said->attributes[VAR_NULLABLE])
        base->nullable = over->nullable;
    if (type) {
        base->type = over->type;
        base->defaults = over->defaults;
        base->type_declared = true;
    }
    if (value)
        base->default_value = over->default_value;
    base->body = iac_body_merge(m->arena, base->body, over->body, false);
    if (!base->default_value)
        return;
    const iac_value *v = base->default_value;
    if (base->defaults && !iac_is_null(v) && iac_is_known(v))
        v = iac_defaults_apply(m->arena, base->defaults, v);
    convert_default(m, base, v, false, over->range,
                    type && !value ? "Overriding this variable's type constraint has made its default value invalid"
                    : value && !type ? "The overridden default value for this variable is not compatible with the "
                                       "variable's type constraint"
                                     : "This variable's default value is not compatible with its type constraint");
    if (!base->nullable && iac_is_null(base->default_value))
        iac_diag_error(m->diags, over->range, invalid_default,
                       "A null default value is not valid when nullable=false.");
}

static void add_variable(iac_module_build *m, const iac_variable_config *variable, const iac_content *said)
{
    void **slot = iac_map_at(&m->variable_index, variable->name);
    iac_variable_config *found = *slot ? &m->variables.v[(uintptr_t)*slot - 1] : NULL;

    if (m->overriding && found) {
        merge_variable(m, found, variable, said);
    } else if (m->overriding) {
        iac_diag_error(m->diags, variable->range, "Missing base variable declaration to override",
                       "There is no variable named \"%.*s\". An override file can only override a variable that was "
                       "already declared in a primary configuration file.", IAC_FMT(variable->name));
    } else if (found) {
        iac_str place = iac_range_place(m->arena, found->range);
        iac_diag_error(m->diags, variable->range, "Duplicate variable declaration",
                       "A variable named \"%.*s\" was already declared at %.*s. Variable names must be unique within "
                       "a module.", IAC_FMT(variable->name), IAC_FMT(place));
        *found = *variable; /* what a third one repeats */
    } else {
        iac_vec_push(&m->variables, *variable);
        *slot = (void *)(uintptr_t)m->variables.n;
    }
}

void iac_read_variable(iac_module_build *m, const iac_top_block *top)
{
    const iac_label *label = &top->block->labels[0];
    iac_content content = { 0 };

    iac_body_content(m->arena, top->block->body, &variable_spec, false, &content, m->diags);
    check_variable_name(m, label);
    iac_variable_config variable = {
        .name = label->text,
        .type = &iac_type_dynamic,
        .range = top->block->header_range,
        .body = top->block->body,
        .module = m->module->path,
    };
    iac_static_string(m, content.attributes[VAR_DESCRIPTION], &variable.description);
    if (content.attributes[VAR_TYPE])
        decode_type(m, content.attributes[VAR_TYPE], &variable);
    iac_static_bool(m, content.attributes[VAR_SENSITIVE], &variable.sensitive);
    iac_static_bool(m, content.attributes[VAR_EPHEMERAL], &variable.ephemeral);
    variable.nullable = content.attributes[VAR_NULLABLE] == NULL;
    iac_static_bool(m, content.attributes[VAR_NULLABLE], &variable.nullable);
    if (content.attributes[VAR_DEFAULT])
        decode_default(m, content.attributes[VAR_DEFAULT], &variable);
    decode_validations(m, &content, &variable);
    add_variable(m, &variable, &content);
}

/* ---- locals ---- */

static void add_local(iac_module_build *m, const iac_attribute *attr)
{
    iac_local_config local = { attr->name, attr->expr, attr->range };

    if (!iac_is_identifier(attr->name)) {
        iac_diag_error(m->diags, attr->name_range, "Invalid local value name", IAC_NAME_RULE);
        return;
    }
    void **slot = iac_map_at(&m->local_index, local.name);
    if (m->overriding) {
        if (*slot)
            m->locals.v[(uintptr_t)*slot - 1] = local;
        else
            iac_diag_error(m->diags, local.range, "Missing base local value definition to override",
                           "There is no local value named \"%.*s\". An override file can only override a local value "
                           "that was already defined in a primary configuration file.", IAC_FMT(local.name));
        return;
    }
    if (*slot) {
        iac_str place = iac_range_place(m->arena, m->locals.v[(uintptr_t)*slot - 1].range);
        iac_diag_error(m->diags, local.range, "Duplicate local value definition",
                       "A local value named \"%.*s\" was already defined at %.*s. Local value names must be unique "
                       "within a module.", IAC_FMT(local.name), IAC_FMT(place));
        m->locals.v[(uintptr_t)*slot - 1] = local;
        return;
    }
    iac_vec_push(&m->locals, local);
    *slot = (void *)(uintptr_t)m->locals.n;
}

void iac_read_locals(iac_module_build *m, const iac_top_block *top)
{
    const iac_attribute *attributes = NULL;
    size_t count = 0;

    iac_body_attributes(m->arena, top->block->body, &attributes, &count, m->diags);
    for (size_t i = 0; i < count; i++)
        add_local(m, &attributes[i]);
}

/* ---- outputs ---- */

enum { OUT_DESCRIPTION, OUT_VALUE, OUT_DEPENDS_ON, OUT_SENSITIVE, OUT_EPHEMERAL };

static const iac_attribute_spec output_attributes[] = {
    [OUT_DESCRIPTION] = { IAC_STR_INIT("description"), false },
    [OUT_VALUE] = { IAC_STR_INIT("value"), true },
    [OUT_DEPENDS_ON] = { IAC_STR_INIT("depends_on"), false },
    [OUT_SENSITIVE] = { IAC_STR_INIT("sensitive"), false },
    [OUT_EPHEMERAL] = { IAC_STR_INIT("ephemeral"), false },
};
static const iac_block_spec output_blocks[] = {
    { IAC_STR_INIT("precondition"), NULL, 0 },
    { IAC_STR_INIT("postcondition"), NULL, 0 },
};
static const iac_body_spec output_spec = {
    output_attributes, IAC_COUNT(output_attributes), output_blocks, IAC_COUNT(output_blocks)
};

static void merge_output(iac_module_build *m, iac_output_config *base, const iac_output_config *over,
                         const iac_content *said)
{
    if (over->description.n)
        base->description = over->description;
    if (said->attributes[OUT_VALUE])
        base->value = over->value;
    if (said->attributes[OUT_SENSITIVE])
        base->sensitive = over->sensitive;
    if (said->attributes[OUT_EPHEMERAL])
        base->ephemeral = over->ephemeral;
    iac_refuse_depends(m, over->depends_on);
}

static void add_output(iac_module_build *m, const iac_output_config *output, const iac_content *said)
{
    void **slot = iac_map_at(&m->output_index, output->name);
    iac_output_config *found = *slot ? &m->outputs.v[(uintptr_t)*slot - 1] : NULL;

    if (m->overriding && found) {
        merge_output(m, found, output, said);
    } else if (m->overriding) {
        iac_diag_error(m->diags, output->range, "Missing base output definition to override",
                       "There is no output named \"%.*s\". An override file can only override an output that was "
                       "already defined in a primary configuration file.", IAC_FMT(output->name));
    } else if (found) {
        iac_str place = iac_range_place(m->arena, found->range);
        iac_diag_error(m->diags, output->range, "Duplicate output definition",
                       "An output named \"%.*s\" was already defined at %.*s. Output names must be unique within a "
                       "module.", IAC_FMT(output->name), IAC_FMT(place));
        *found = *output;
    } else {
        iac_vec_push(&m->outputs, *output);
        *slot = (void *)(uintptr_t)m->outputs.n;
    }
}

void iac_read_output(iac_module_build *m, const iac_top_block *top)
{
    const iac_label *label = &top->block->labels[0];
    iac_content content = { 0 };
    iac_output_config output = { .name = label->text, .range = top->block->header_range };
    size_t count;

    iac_body_spec spec = m->overriding ? iac_spec_of_override(m->arena, &output_spec) : output_spec;
    iac_body_content(m->arena, top->block->body, &spec, false, &content, m->diags);
    iac_check_label(m, label, "Invalid output name");
    if (content.attributes[OUT_VALUE])
        output.value = content.attributes[OUT_VALUE]->expr;
    iac_static_string(m, content.attributes[OUT_DESCRIPTION], &output.description);
    iac_static_bool(m, content.attributes[OUT_SENSITIVE], &output.sensitive);
    iac_static_bool(m, content.attributes[OUT_EPHEMERAL], &output.ephemeral);
    iac_static_depends(m, content.attributes[OUT_DEPENDS_ON], &output.depends_on);
    output.preconditions = iac_decode_conditions(m, &content, "precondition");
    const iac_block **post = iac_content_blocks(m->arena, &content, "postcondition", &count);
    for (size_t i = 0; i < count; i++)
        iac_diag_error(m->diags, post[i]->type_range, "Postconditions are not allowed",
                       "Output values can only have preconditions, not postconditions.");
    if (!output.value)
        output.value = iac_arena_new_of(m->arena, iac_expr); /* IAC_EXPR_ERROR: so that references to it are found */
    add_output(m, &output, &content);
}
