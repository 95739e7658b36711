/* lang/config/lifecycle.c - lifecycle blocks and provisioners. */
#include "lang/config/load.h"

enum { LC_CREATE_BEFORE_DESTROY, LC_PREVENT_DESTROY, LC_IGNORE_CHANGES, LC_REPLACE_TRIGGERED_BY, LC_ENABLED };

static const iac_attribute_spec lifecycle_attributes[] = {
    [LC_CREATE_BEFORE_DESTROY] = { IAC_STR_INIT("create_before_destroy"), false },
    [LC_PREVENT_DESTROY] = { IAC_STR_INIT("prevent_destroy"), false },
    [LC_IGNORE_CHANGES] = { IAC_STR_INIT("ignore_changes"), false },
    [LC_REPLACE_TRIGGERED_BY] = { IAC_STR_INIT("replace_triggered_by"), false },
    [LC_ENABLED] = { IAC_STR_INIT("enabled"), false }, /* of every kind of resource; OpenTofu's */
};
static const iac_block_spec lifecycle_blocks[] = {
    { IAC_STR_INIT("precondition"), NULL, 0 },
    { IAC_STR_INIT("postcondition"), NULL, 0 },
};
static const iac_body_spec lifecycle_spec = {
    lifecycle_attributes, IAC_COUNT(lifecycle_attributes), lifecycle_blocks, IAC_COUNT(lifecycle_blocks)
};

static void decode_ignore_changes(iac_module_build *m, const iac_expr *expr, iac_lifecycle *ret)
{
    const iac_expr *const *items;
    size_t count;
    iac_str text;

    bool keyword = expr->kind == IAC_EXPR_ROOT || (expr->from_json && iac_expr_literal_text(expr, &text));
    if (keyword && iac_str_is(iac_static_keyword(m, expr), "all")) {
        ret->ignore_all = true;
        return;
    }
    if (!iac_static_list(m, expr, &items, &count))
        return;
    iac_path *paths = iac_arena_array(m->arena, iac_path, count);
    iac_range *ranges = iac_arena_array(m->arena, iac_range, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (iac_expr_literal_text(items[i], &text) && iac_str_is(text, "*")) {
            iac_diag_error(m->diags, expr->range, "Invalid ignore_changes wildcard",
                           "The [\"*\"] form of ignore_changes wildcard is was deprecated and is now invalid. Use "
                           "\"ignore_changes = all\" to ignore changes to all attributes.");
            continue;
        }
        const iac_expr *traversal = iac_static_traversal(m, items[i]);
        if (!traversal || !iac_expr_path(m->arena, traversal, &paths[n], m->diags))
            continue;
        while (traversal->kind == IAC_EXPR_ATTR || traversal->kind == IAC_EXPR_INDEX)
            traversal = traversal->kind == IAC_EXPR_ATTR ? traversal->attr.operand : traversal->index.operand;
        ranges[n++] = traversal->range;
    }
    ret->ignore_changes = (iac_paths){ paths, n };
    ret->ignore_ranges = ranges;
}

typedef struct trigger {
    iac_module_build *m;
    iac_range range;
    size_t resources;
} trigger;

static void check_trigger_ref(void *arg, const iac_ref *ref)
{
    trigger *t = arg;
    static const char summary[] = "Invalid %s reference in replace_triggered_by expression";

    if (ref->kind == IAC_REF_RESOURCE)
        t->resources++;
    else if (ref->kind == IAC_REF_EACH && !iac_str_is(ref->name, "key"))
        iac_diag_error(t->m->diags, t->range, iac_arena_printf(t->m->arena, summary, "each").p,
                       "Only each.key may be used in replace_triggered_by.");
    else if (ref->kind == IAC_REF_COUNT && !iac_str_is(ref->name, "index"))
        iac_diag_error(t->m->diags, t->range, iac_arena_printf(t->m->arena, summary, "count").p,
                       "Only count.index may be used in replace_triggered_by.");
    else if (ref->kind != IAC_REF_EACH && ref->kind != IAC_REF_COUNT)
        iac_diag_error(t->m->diags, t->range, "Invalid reference in replace_triggered_by expression",
                       "Only resources, count.index, and each.key may be used in replace_triggered_by.");
}

/* What is wrong with a reference in it is told of the whole. */
static bool is_trigger(iac_module_build *m, const iac_expr *expr)
{
    iac_diags within = IAC_DIAGS_INIT;
    trigger t = { m, expr->range, 0 };
    size_t errors = m->diags->errors;

    iac_expr_refs(m->arena, expr, check_trigger_ref, &t, &within);
    bool good = !within.errors;
    for (size_t i = 0; i < within.list.n; i++) {
        within.list.v[i].subject = expr->range;
        within.list.v[i].context = IAC_NO_RANGE;
    }
    iac_diags_append(m->diags, &within);
    if (good && t.resources != 1)
        iac_diag_error(m->diags, expr->range, "Invalid replace_triggered_by expression",
                       "%s resource reference%s in replace_triggered_by expression.",
                       t.resources ? "Multiple" : "Missing", t.resources ? "s" : "");
    return m->diags->errors == errors;
}

static void decode_triggers(iac_module_build *m, const iac_expr *expr, iac_lifecycle *ret)
{
    const iac_expr *const *items;
    size_t count, n = 0, errors = m->diags->errors;

    if (!iac_static_list(m, expr, &items, &count))
        return;
    const iac_expr **triggers = iac_arena_array(m->arena, const iac_expr *, count);
    for (size_t i = 0; i < count; i++) {
        const iac_expr *item = iac_unquote(m, items[i]);
        if (item && m->diags->errors == errors && item->kind != IAC_EXPR_ERROR && is_trigger(m, item))
            triggers[n++] = item; /* up to the first that has something wrong */
    }
    ret->replace_triggered_by = triggers;
    ret->replace_triggered_by_count = n;
}

/* What only managed resources may say. */
static void check_mode(iac_module_build *m, const iac_content *content, iac_mode mode)
{
    const char *kind = mode == IAC_DATA ? "data" : "ephemeral";

    for (size_t i = 0; mode != IAC_MANAGED && i < LC_ENABLED; i++) {
        const iac_attribute *attr = content->attributes[i];
        if (!attr)
            continue;
        iac_str summary = iac_arena_printf(m->arena, "Invalid %s resource lifecycle argument", kind);
        iac_diag_error(m->diags, attr->name_range, summary.p,
                       "The lifecycle argument \"%.*s\" is defined only for managed resources (\"resource\" blocks), "
                       "and is not valid for %s resources.", IAC_FMT(attr->name), kind);
    }
}

void iac_check_enabled(iac_module_build *m, const iac_expr *enabled, const iac_expr *count, const iac_expr *for_each)
{
    const char *other = count ? "count" : "for_each";

    if (!enabled || (!count && !for_each))
        return;
    iac_str summary = iac_arena_printf(m->arena, "Invalid combination of \"%s\" and \"enabled\"", other);
    iac_diag_error(m->diags, enabled->range, summary.p,
                   "The \"%s\" and \"enabled\" meta-arguments are mutually-exclusive, only one should be used to be "
                   "explicit about the number of resources to be created.",
                   other);
}

void iac_decode_lifecycle(iac_module_build *m, const iac_block *block, iac_mode mode, iac_lifecycle *ret)
{
    iac_content content = { 0 };

    iac_body_content(m->arena, block->body, &lifecycle_spec, false, &content, m->diags);
    ret->range = block->header_range;
    ret->preconditions = iac_decode_conditions(m, &content, "precondition");
    ret->postconditions = iac_decode_conditions(m, &content, "postcondition");
    check_mode(m, &content, mode);
    if (content.attributes[LC_ENABLED])
        ret->enabled = content.attributes[LC_ENABLED]->expr;
    if (mode != IAC_MANAGED)
        return;
    ret->create_before_destroy_set = content.attributes[LC_CREATE_BEFORE_DESTROY] != NULL;
    ret->prevent_destroy_set = content.attributes[LC_PREVENT_DESTROY] != NULL;
    iac_static_bool(m, content.attributes[LC_CREATE_BEFORE_DESTROY], &ret->create_before_destroy);
    iac_static_bool(m, content.attributes[LC_PREVENT_DESTROY], &ret->prevent_destroy);
    if (content.attributes[LC_IGNORE_CHANGES])
        decode_ignore_changes(m, content.attributes[LC_IGNORE_CHANGES]->expr, ret);
    if (content.attributes[LC_REPLACE_TRIGGERED_BY])
        decode_triggers(m, content.attributes[LC_REPLACE_TRIGGERED_BY]->expr, ret);
}

/* ---- provisioners ---- */

enum { PV_WHEN, PV_ON_FAILURE };

static const iac_attribute_spec provisioner_attributes[] = {
    [PV_WHEN] = { IAC_STR_INIT("when"), false },
    [PV_ON_FAILURE] = { IAC_STR_INIT("on_failure"), false },
};
static const iac_block_spec provisioner_blocks[] = {
    { IAC_STR_INIT("connection"), NULL, 0 },
    { IAC_STR_INIT("_"), NULL, 0 },
    { IAC_STR_INIT("lifecycle"), NULL, 0 },
};
static const iac_body_spec provisioner_spec = {
    provisioner_attributes, IAC_COUNT(provisioner_attributes), provisioner_blocks, IAC_COUNT(provisioner_blocks)
};

static void decode_choice(iac_module_build *m, const iac_attribute *attr, const char *no,
                          const char *yes, const char *choices, bool *ret)
{
    if (!attr)
        return;
    iac_str word = iac_static_keyword(m, attr->expr);
    *ret = iac_str_is(word, yes);
    if (!*ret && !iac_str_is(word, no)) {
        iac_str summary = iac_arena_printf(m->arena, "Invalid \"%.*s\" keyword", IAC_FMT(attr->name));
        iac_diag_error(m->diags, attr->expr->range, summary.p,
                       "The \"%.*s\" argument requires one of the following keywords: %s.", IAC_FMT(attr->name),
                       choices);
    }
}

struct self_refs {
    iac_module_build *m;
    const iac_expr *expr;
};

static void check_self_ref(void *arg, const iac_ref *ref)
{
    const struct self_refs *within = arg;

    if (ref->kind == IAC_REF_SELF || ref->kind == IAC_REF_COUNT || ref->kind == IAC_REF_PATH ||
        ref->kind == IAC_REF_TERRAFORM || (ref->kind == IAC_REF_EACH && iac_str_is(ref->name, "key")))
        return;
    iac_diag_error(within->m->diags, within->expr->range, "Invalid reference from destroy provisioner",
                   "Destroy-time provisioners and their connection configurations may only reference attributes of the "
                   "related resource, via 'self', 'count.index', or 'each.key'.\n\nReferences to other resources "
                   "during the destroy phase can cause dependency cycles and interact poorly with "
                   "create_before_destroy.");
}

static void check_self_refs(iac_module_build *m, const iac_body *body)
{
    const iac_attribute *attributes = NULL;
    iac_diags ignored = IAC_DIAGS_INIT; /* the checks by schema tell */
    size_t count = 0;

    if (body)
        iac_body_attributes(m->arena, body, &attributes, &count, &ignored);
    for (size_t i = 0; i < count; i++) {
        struct self_refs within = { m, attributes[i].expr };
        iac_expr_refs(m->arena, attributes[i].expr, check_self_ref, &within, m->diags);
    }
    iac_diags_clear(&ignored);
}

static void check_removed_type(iac_module_build *m, const iac_label *type)
{
    static const char *const removed[] = { "chef", "habitat", "puppet", "salt-masterless" };
    for (size_t i = 0; i < IAC_COUNT(removed); i++) {
        if (!iac_str_is(type->text, removed[i]))
            continue;
        iac_str summary = iac_arena_printf(m->arena, "The \"%s\" provisioner has been removed", removed[i]);
        iac_diag_error(m->diags, type->range, summary.p,
                       "The \"%s\" provisioner was deprecated in Terraform 0.13.4 has been removed from Terraform. "
                       "Visit https://learn.hashicorp.com/collections/terraform/provision for alternatives to using "
                       "provisioners that are a better fit for the Terraform workflow.", removed[i]);
    }
}

/* The blocks within a provisioner. */
static void decode_provisioner_block(iac_module_build *m, const iac_block *block, const iac_block **connection,
                                     const iac_block **escape, iac_provisioner_config *ret)
{
    if (iac_str_is(block->type, "lifecycle")) {
        iac_diag_error(m->diags, block->type_range, "Reserved block type name in provisioner block",
                       "The block type name \"%.*s\" is reserved for use by Terraform in a future version.",
                       IAC_FMT(block->type));
    } else if (iac_str_is(block->type, "_")) {
        if (*escape) {
            iac_str place = iac_range_place(m->arena, (*escape)->header_range);
            iac_diag_error(m->diags, block->header_range, "Duplicate escaping block",
                           "The special block type \"_\" can be used to force particular arguments to be interpreted "
                           "as provisioner-typpe-specific rather than as meta-arguments, but each provisioner block "
                           "can have only one such block. The first escaping block was at %.*s.", IAC_FMT(place));
            return;
        }
        *escape = block;
        const iac_body *merged = iac_body_merge(m->arena, ret->body, block->body, true);
        ret->body = merged ? merged : ret->body;
    } else if (*connection) {
        iac_str place = iac_range_place(m->arena, (*connection)->header_range);
        iac_diag_error(m->diags, block->header_range, "Duplicate connection block",
                       "This provisioner already has a connection block at %.*s.", IAC_FMT(place));
    } else {
        *connection = block;
        ret->connection = ret->own_connection = block->body;
    }
}

bool iac_decode_provisioner(iac_module_build *m, const iac_block *block, iac_provisioner_config *ret)
{
    iac_content content = { 0 };
    const iac_block *connection = NULL, *escape = NULL;

    iac_body_content(m->arena, block->body, &provisioner_spec, true, &content, m->diags);
    *ret = (iac_provisioner_config){
        .type = block->labels[0].text,
        .body = content.remain,
        .range = block->header_range,
    };
    check_removed_type(m, &block->labels[0]);
    decode_choice(m, content.attributes[PV_WHEN], "create", "destroy", "create or destroy",
                  &ret->on_destroy);
    decode_choice(m, content.attributes[PV_ON_FAILURE], "fail", "continue", "continue or fail",
                  &ret->continue_on_failure);
    if (!ret->body)
        return false;
    for (size_t i = 0; i < content.block_count; i++)
        decode_provisioner_block(m, content.blocks[i], &connection, &escape, ret);
    if (ret->on_destroy) {
        check_self_refs(m, ret->body);
        check_self_refs(m, ret->own_connection);
    }
    return true;
}

static void merge_connection(iac_module_build *m, const iac_body *base, iac_provisioner_config *provisioner)
{
    const iac_attribute *given = NULL, *own = NULL;
    size_t given_count = 0, own_count = 0, n = 0;
    if (!base || !provisioner->connection) {
        provisioner->connection = base ? base : provisioner->connection;
        return;
    }
    iac_body_attributes(m->arena, base, &given, &given_count, m->diags);
    iac_body_attributes(m->arena, provisioner->connection, &own, &own_count, m->diags);
    iac_attribute *all = iac_arena_array(m->arena, iac_attribute, given_count + own_count);
    for (size_t i = 0; i < given_count; i++) {
        bool masked = false;
        for (size_t k = 0; k < own_count; k++)
            masked |= iac_str_eq(given[i].name, own[k].name);
        if (!masked)
            all[n++] = given[i];
    }
    for (size_t k = 0; k < own_count; k++)
        all[n++] = own[k];
    iac_body *merged = iac_arena_new_of(m->arena, iac_body);
    *merged = (iac_body){ .attributes = all, .attribute_count = n, .range = base->range,
                          .missing_at = base->missing_at };
    provisioner->connection = merged;
}

void iac_merge_connections(iac_module_build *m, const iac_body *base, iac_provisioner_config *provisioners, size_t count)
{
    bool destroys = false;

    for (size_t i = 0; i < count; i++) {
        merge_connection(m, base, &provisioners[i]);
        destroys |= provisioners[i].on_destroy;
    }
    if (destroys)
        check_self_refs(m, base);
}
