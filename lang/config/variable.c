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

static bool check_variable_name(iac_module_build *m, const iac_label *label)
{
    if (!iac_check_label(m, label, "Invalid variable name"))
        return false;
    for (size_t i = 0; i < IAC_COUNT(reserved_variables); i++) {
        if (iac_str_is(label->text, reserved_variables[i])) {
            iac_diag_error(m->diags, label->range, "Invalid variable name",
                           "The variable name \"%.*s\" is reserved due to its special meaning inside module blocks.",
                           IAC_FMT(label->text));
            return false;
        }
    }
    return true;
}

static void decode_type(iac_module_build *m, const iac_attribute *attr,
                        iac_variable_config *variable)
{
    const iac_expr *expr = iac_unquote(m, attr->expr);
    const iac_type *type = expr ? iac_eval_type(expr, m->arena, &variable->defaults, m->diags) : NULL;

    variable->type_declared = true;
    if (type)
        variable->type = type;
}

static void decode_default(iac_module_build *m, const iac_top_block *top, const iac_attribute *attr,
                           const iac_attribute *type_attr, iac_variable_config *variable)
{
    static const char summary[] = "Invalid default value for variable";
    const iac_value *v = iac_static_eval(m, attr->expr);
    iac_str error = { 0 };

    if (!v)
        return;
    if (iac_is_null(v) && !variable->nullable) {
        iac_diag_error(m->diags, attr->expr->range, summary,
                       "A null default value is not valid when nullable=false.");
        return;
    }
    if (variable->defaults && !iac_is_null(v))
        v = iac_defaults_apply(m->arena, variable->defaults, v);
    iac_path path = { 0 };
    const iac_value *converted = iac_convert(m->arena, v, variable->type, &error, &path);
    if (converted) {
        variable->default_value = converted;
        return;
    }
    if (path.n)
        error = iac_arena_printf(m->arena, "%.*s: %.*s", IAC_FMT(iac_path_text(m->arena, path)), IAC_FMT(error));
    if (top->patch && attr->range.src == top->patch->range.src && (!type_attr || type_attr->range.src != attr->range.src))
        iac_diag_error(m->diags, top->patch->header_range, summary,
                       "The overridden default value for this variable is not compatible with the variable's type "
                       "constraint: %.*s.", IAC_FMT(error));
    else if (top->patch && type_attr && type_attr->range.src != attr->range.src &&
        type_attr->range.src == top->patch->range.src)
        iac_diag_error(m->diags, top->patch->header_range, summary,
                       "Overriding this variable's type constraint has made its default value invalid: %.*s.",
                       IAC_FMT(error));
    else
        iac_diag_error(m->diags, attr->expr->range, summary,
                       "This default value is not compatible with the variable's type constraint: %.*s.",
                       IAC_FMT(error));
    /* Marked as optional all the same, so that its absence is not reported as well. */
    variable->default_value = iac_value_unknown(m->arena, variable->type);
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

void iac_read_variable(iac_module_build *m, const iac_top_block *top)
{
    const iac_label *label = &top->block->labels[0];
    iac_content content = { 0 };

    iac_body_content(m->arena, top->body, &variable_spec, false, &content, m->diags);
    if (!check_variable_name(m, label))
        return;

    iac_variable_config variable = {
        .name = label->text,
        .type = &iac_type_dynamic,
        .nullable = true,
        .range = top->block->header_range,
        .body = top->body,
        .module = m->module->path,
    };
    const iac_attribute *type = content.attributes[VAR_TYPE];
    iac_static_string(m, content.attributes[VAR_DESCRIPTION], &variable.description);
    if (type)
        decode_type(m, type, &variable);
    iac_static_bool(m, content.attributes[VAR_SENSITIVE], &variable.sensitive);
    iac_static_bool(m, content.attributes[VAR_EPHEMERAL], &variable.ephemeral);
    iac_static_bool(m, content.attributes[VAR_NULLABLE], &variable.nullable);
    if (content.attributes[VAR_DEFAULT])
        decode_default(m, top, content.attributes[VAR_DEFAULT], type, &variable);
    decode_validations(m, &content, &variable);

    void **slot = iac_map_at(&m->variable_index, variable.name);
    if (*slot) {
        iac_str place = iac_range_place(m->arena, m->variables.v[(uintptr_t)*slot - 1].range);
        iac_diag_error(m->diags, variable.range, "Duplicate variable declaration",
                       "A variable named \"%.*s\" was already declared at %.*s. Variable names must be unique within "
                       "a module.", IAC_FMT(variable.name), IAC_FMT(place));
        m->variables.v[(uintptr_t)*slot - 1] = variable; /* what a third one repeats */
        return;
    }
    iac_vec_push(&m->variables, variable);
    *slot = (void *)(uintptr_t)m->variables.n;
}

/* ---- locals ---- */

static void add_local(iac_module_build *m, const iac_attribute *attr, bool from_override)
{
    iac_local_config local = { attr->name, attr->expr, attr->range };

    if (!iac_is_identifier(attr->name)) {
        iac_diag_error(m->diags, attr->name_range, "Invalid local value name", IAC_NAME_RULE);
        return;
    }
    void **slot = iac_map_at(&m->local_index, local.name);
    if (from_override) {
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

    iac_body_attributes(m->arena, top->body, &attributes, &count, m->diags);
    for (size_t i = 0; i < count; i++)
        add_local(m, &attributes[i], top->from_override);
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

void iac_read_output(iac_module_build *m, const iac_top_block *top)
{
    const iac_label *label = &top->block->labels[0];
    iac_content content = { 0 };
    iac_output_config output = { .name = label->text, .range = top->block->header_range };
    size_t count;

    iac_body_content(m->arena, top->body, &output_spec, false, &content, m->diags);
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

    void **slot = iac_map_at(&m->output_index, output.name);
    if (*slot) {
        iac_str place = iac_range_place(m->arena, m->outputs.v[(uintptr_t)*slot - 1].range);
        iac_diag_error(m->diags, output.range, "Duplicate output definition",
                       "An output named \"%.*s\" was already defined at %.*s. Output names must be unique within a "
                       "module.", IAC_FMT(output.name), IAC_FMT(place));
        m->outputs.v[(uintptr_t)*slot - 1] = output;
        return;
    }
    iac_vec_push(&m->outputs, output);
    *slot = (void *)(uintptr_t)m->outputs.n;
}
