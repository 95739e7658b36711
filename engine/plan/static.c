/* What a resource's schema says of its configuration beyond the types of values. */
#include "engine/plan/run.h"

#include "lang/syntax/body.h"

/* ---- ephemeral values ---- */

/* The attribute that the path leads into, *ret_name its name with those of the blocks around; NULL: none. */
static const iac_attr_schema *attribute_at(iac_arena *arena, const iac_block_schema *block, iac_path path,
                                           iac_str *ret_name)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.steps[i].kind != IAC_STEP_ATTR)
            continue;
        const iac_nested_schema *nested = iac_schema_block(block, path.steps[i].name);
        if (nested) {
            block = nested->block;
            continue;
        }
        iac_str text = iac_path_text(arena, (iac_path){ path.steps, i + 1 });
        *ret_name = iac_str_sub(text, text.n && text.p[0] == '.', text.n);
        return iac_schema_attribute(block, path.steps[i].name);
    }
    return NULL;
}

static iac_range written_at(iac_arena *arena, const iac_node *node, iac_path path)
{
    const iac_attribute *given = path.n && path.steps[0].kind == IAC_STEP_ATTR
                                     ? iac_body_find(arena, node->resource->body, path.steps[0].name)
                                     : NULL;
    return given ? given->expr->range : node->resource->range;
}

bool iac_check_ephemeral(iac_worker *worker, const iac_node *node, const iac_value *config)
{
    iac_str told = { 0 };
    bool good = true;
    if (!(config->deep_marks & IAC_EPHEMERAL))
        return true;
    iac_paths paths = iac_value_marked_paths(worker->scratch, config, IAC_EPHEMERAL);
    for (size_t i = 0; i < paths.n; i++) {
        iac_str name = { 0 };
        const iac_attr_schema *attr = attribute_at(worker->scratch, node->schema->block, paths.v[i], &name);
        if ((attr && attr->write_only) || (name.n && iac_str_eq(name, told)))
            continue;
        told = name;
        good = false;
        iac_range at = written_at(worker->scratch, node, paths.v[i]);
        iac_diag *diag = iac_diag_error(&worker->diags, at, "Invalid use of ephemeral value",
                                        "Ephemeral values are not valid for \"%.*s\", because it is not a write-only "
                                        "attribute and must be persisted to state.",
                                        IAC_FMT(name));
        diag->address = iac_arena_str(worker->diags.arena, node->name);
    }
    return good;
}

/* ---- names of attributes ---- */

bool iac_check_attribute(const iac_block_schema *block, iac_str name, iac_range range, iac_arena *arena,
                         iac_diags *diags)
{
    if (iac_type_attribute(block->type, name))
        return true;
    size_t n = block->attribute_count + block->block_count;
    iac_str *names = iac_arena_array(arena, iac_str, n);
    for (size_t i = 0; i < n; i++)
        names[i] = i < block->attribute_count ? block->attributes[i].name
                                              : block->blocks[i - block->attribute_count].name;
    iac_str near = iac_str_nearest(name, names, n);
    iac_diag_error(diags, range, "Unsupported attribute",
                   "This object has no argument, nested block, or exported attribute named \"%.*s\".%s%.*s%s",
                   IAC_FMT(name), near.n ? " Did you mean \"" : "", IAC_FMT(near), near.n ? "\"?" : "");
    return false;
}

void iac_check_ignored(iac_worker *worker, const iac_node *node)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    for (size_t i = 0; i < lifecycle->ignore_changes.n; i++) {
        iac_path path = lifecycle->ignore_changes.v[i];
        iac_str name = path.n && path.steps[0].kind == IAC_STEP_ATTR ? path.steps[0].name : (iac_str){ 0 };
        if (!name.n || !iac_check_attribute(node->schema->block, name, lifecycle->ignore_ranges[i], worker->scratch,
                                            &worker->diags))
            continue;
        const iac_attr_schema *attr = iac_schema_attribute(node->schema->block, name);
        if (attr && attr->computed && !attr->optional)
            iac_diag_warning(&worker->diags, node->resource->type_range, "Redundant ignore_changes element",
                             "Adding an attribute name to ignore_changes tells iac to ignore future changes to the "
                             "argument in configuration after the object has been created, retaining the value "
                             "originally configured.\n\nThe attribute %.*s is decided by the provider alone and "
                             "therefore there can be no configured value to compare with. Including this attribute in "
                             "ignore_changes has no effect. Remove the attribute from ignore_changes to quiet this "
                             "warning.",
                             IAC_FMT(name));
    }
}
