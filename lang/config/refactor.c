/* lang/config/refactor.c - moved, removed, import and check blocks. */
#include "lang/config/load.h"

enum { MOVED_FROM, MOVED_TO };

void iac_read_moved(iac_module_build *m, const iac_top_block *top)
{
    static const iac_attribute_spec attributes[] = {
        [MOVED_FROM] = { IAC_STR_INIT("from"), true },
        [MOVED_TO] = { IAC_STR_INIT("to"), true },
    };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_moved_config moved = { .range = top->block->header_range };
    iac_content content = { 0 };
    iac_addr from, to;
    bool from_module = false, to_module = false;

    iac_body_content(m->arena, top->block->body, &spec, false, &content, m->diags);
    if (content.attributes[MOVED_FROM])
        moved.from = iac_static_address(m, content.attributes[MOVED_FROM]->expr);
    if (content.attributes[MOVED_TO])
        moved.to = iac_static_address(m, content.attributes[MOVED_TO]->expr);
    bool good = moved.from && iac_static_target(m, moved.from, &from, &from_module);
    if (!moved.to || !iac_static_target(m, moved.to, &to, &to_module) || !good)
        return;
    if (from_module != to_module) {
        iac_diag_error(m->diags, moved.range, "Invalid \"moved\" addresses",
                       "The \"from\" and \"to\" addresses must either both refer to resources or both refer to "
                       "modules.");
        return;
    }
    iac_vec_push(&m->moved, moved);
}

static void read_removed_lifecycle(iac_module_build *m, const iac_block *block, iac_removed_config *removed)
{
    static const iac_attribute_spec attributes[] = { { IAC_STR_INIT("destroy"), false } };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_content content = { 0 };

    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    iac_static_bool(m, content.attributes[0], &removed->destroy);
}

static void read_removed_provisioner(iac_module_build *m, const iac_block *block, iac_removed_config *removed,
                                     iac_provisioner_config *provisioners)
{
    if (!removed->from) {
        iac_diag_error(m->diags, block->header_range, "Invalid provisioner block",
                       "Provisioners are valid only when a removed block targets a managed resource.");
        return;
    }
    iac_provisioner_config *provisioner = &provisioners[removed->provisioner_count];
    if (!iac_decode_provisioner(m, block, provisioner))
        return;
    if (!provisioner->on_destroy) {
        iac_diag_error(m->diags, block->header_range, "Invalid provisioner block",
                       "Only destroy-time provisioners are valid in \"removed\" blocks. To declare a destroy-time "
                       "provisioner, use:\n    when = destroy");
        return;
    }
    removed->provisioner_count++;
}

/* from NULL: of no managed resource. */
static void read_removed_block(iac_module_build *m, const iac_block *block, iac_removed_config *removed,
                               const iac_block **connection, iac_provisioner_config *provisioners)
{
    if (iac_str_is(block->type, "lifecycle")) {
        read_removed_lifecycle(m, block, removed);
    } else if (iac_str_is(block->type, "provisioner")) {
        read_removed_provisioner(m, block, removed, provisioners);
    } else if (!removed->from) {
        iac_diag_error(m->diags, block->header_range, "Invalid connection block",
                       "Provisioner connection configuration is valid only when a removed block targets a managed "
                       "resource.");
    } else if (*connection) {
        iac_str place = iac_range_place(m->arena, (*connection)->header_range);
        iac_diag_error(m->diags, block->header_range, "Duplicate connection block",
                       "This resource already has a connection block at %.*s.", IAC_FMT(place));
    } else {
        *connection = block;
        removed->connection = block->body;
    }
}

static iac_str step_name(const iac_expr *step)
{
    return step->kind == IAC_EXPR_ROOT ? step->root : step->kind == IAC_EXPR_ATTR ? step->attr.name : (iac_str){ 0 };
}

static iac_range step_range(const iac_expr *step)
{
    return step->kind == IAC_EXPR_INDEX ? step->index.bracket_range : step->attr.name_range;
}

/* What names a whole resource or module has neither keys nor anything behind it. Of names that no resource can have
 * nothing is told, as there is nothing that could be removed. */
static bool check_removed_steps(iac_module_build *m, const iac_expr *from)
{
    const iac_expr **steps = iac_arena_alloc_array(m->arena, (size_t)from->height + 1, sizeof(*steps));
    size_t n = 0, at = 0;
    const iac_expr *key = NULL;

    for (const iac_expr *e = from; e; e = e->kind == IAC_EXPR_ATTR ? e->attr.operand
                                          : e->kind == IAC_EXPR_INDEX ? e->index.operand : NULL)
        n++;
    for (const iac_expr *e = from; at < n; e = e->kind == IAC_EXPR_ATTR ? e->attr.operand : e->index.operand) {
        steps[n - 1 - at++] = e;
        if (e->kind == IAC_EXPR_ROOT)
            break;
    }
    at = 0;
    while (at + 1 < n && iac_str_is(step_name(steps[at]), "module") && step_name(steps[at + 1]).n) {
        at += 2;
        if (at < n && steps[at]->kind == IAC_EXPR_INDEX) {
            key = key ? key : steps[at];
            at++;
        }
    }
    if (key) {
        iac_diag_error(m->diags, step_range(key), "Module instance keys not allowed",
                       "Module address must be a module (e.g. \"module.foo\"), not a module instance (e.g. "
                       "\"module.foo[1]\").");
        return false;
    }
    at += at < n && iac_str_is(step_name(steps[at]), "data");
    bool named = n - at >= 2 && step_name(steps[at]).n && step_name(steps[at + 1]).n;
    if (named && n - at > 2) {
        iac_diag_error(m->diags, step_range(steps[at + 2]), "Resource instance keys not allowed",
                       "Resource address must be a resource (e.g. \"test_instance.foo\"), not a resource instance (e.g. "
                       "\"test_instance.foo[1]\").");
        return false;
    }
    return !named || !iac_addr_is_reserved(step_name(steps[at])) || iac_str_is(step_name(steps[at]), "module");
}

/* The address that from is, of a managed resource or of a module; NULL after an error. */
static const iac_expr *removed_target(iac_module_build *m, const iac_expr *from, bool *ret_is_module)
{
    iac_addr addr;

    *ret_is_module = false;
    from = iac_static_address(m, from);
    if (!from || !check_removed_steps(m, from) || !iac_static_target(m, from, &addr, ret_is_module))
        return NULL;
    if (!*ret_is_module && addr.mode == IAC_DATA) {
        iac_diag_error(m->diags, from->range, "Data source address not allowed",
                       "Data sources are never destroyed, so they are not valid targets of removed blocks. To remove the "
                       "data source from state, remove the data source block from configuration.");
        return NULL;
    }
    if (!*ret_is_module && addr.mode != IAC_MANAGED) {
        iac_diag_error(m->diags, from->range, "Invalid address", "Only managed resources can be removed.");
        return NULL;
    }
    return from;
}

void iac_read_removed(iac_module_build *m, const iac_top_block *top)
{
    static const char *const labels[] = { "type" };
    static const iac_attribute_spec attributes[] = { { IAC_STR_INIT("from"), true } };
    static const iac_block_spec blocks[] = {
        { IAC_STR_INIT("lifecycle"), NULL, 0 },
        { IAC_STR_INIT("connection"), NULL, 0 },
        { IAC_STR_INIT("provisioner"), labels, 1 },
    };
    static const iac_body_spec spec = { attributes, IAC_COUNT(attributes), blocks, IAC_COUNT(blocks) };
    iac_removed_config removed = { .destroy = true, .range = top->block->header_range };
    const iac_block *connection = NULL;
    iac_content content = { 0 };
    bool is_module = false;

    iac_body_content(m->arena, top->block->body, &spec, false, &content, m->diags);
    const iac_expr *from = content.attributes[0] ? removed_target(m, content.attributes[0]->expr, &is_module) : NULL;
    removed.from = is_module ? NULL : from;
    iac_provisioner_config *provisioners = iac_arena_array(m->arena, iac_provisioner_config, content.block_count);
    removed.provisioners = provisioners;
    for (size_t i = 0; i < content.block_count; i++)
        read_removed_block(m, content.blocks[i], &removed, &connection, provisioners);
    iac_merge_connections(m, removed.connection, provisioners, removed.provisioner_count);
    removed.from = from;
    if (from)
        iac_vec_push(&m->removed, removed);
}

/* ---- import ---- */

enum { IMPORT_PROVIDER, IMPORT_FOR_EACH, IMPORT_ID, IMPORT_TO };

/* The names of a target with the index that follows each, from the root; false where it is built in another way. */
typedef struct target_step {
    iac_str name;
    const iac_expr *key;
} target_step;

static bool target_steps(iac_arena *arena, const iac_expr *to, target_step **ret, size_t *ret_count)
{
    target_step *steps = iac_arena_array(arena, target_step, (size_t)to->height + 1);
    size_t n = 0;
    const iac_expr *key = NULL;

    for (const iac_expr *at = to;; ) {
        if (at->kind == IAC_EXPR_INDEX && !key) {
            key = at->index.key;
            at = at->index.operand;
        } else if (at->kind == IAC_EXPR_ATTR || at->kind == IAC_EXPR_ROOT) {
            steps[n++] = (target_step){ at->kind == IAC_EXPR_ATTR ? at->attr.name : at->root, key };
            key = NULL;
            if (at->kind == IAC_EXPR_ROOT)
                break;
            at = at->attr.operand;
        } else {
            return false;
        }
    }
    for (size_t i = 0; i < n / 2; i++) {
        target_step swap = steps[i];
        steps[i] = steps[n - 1 - i];
        steps[n - 1 - i] = swap;
    }
    *ret = steps;
    *ret_count = n;
    return true;
}

bool iac_import_target(iac_arena *arena, const iac_expr *to, iac_addr *ret, const iac_expr ***ret_keys)
{
    target_step *steps;
    size_t n, at = 0, depth = 0;

    *ret = (iac_addr){ 0 };
    if (!target_steps(arena, to, &steps, &n))
        return false;
    iac_module_step *path = iac_arena_array(arena, iac_module_step, n);
    const iac_expr **keys = iac_arena_array(arena, const iac_expr *, n);
    while (at + 1 < n && iac_str_is(steps[at].name, "module") && !steps[at].key) {
        keys[depth] = steps[at + 1].key;
        path[depth++].name = steps[at + 1].name;
        at += 2;
    }
    if (at < n && iac_str_is(steps[at].name, "resource") && !steps[at].key)
        at++;
    if (n - at != 2 || steps[at].key)
        return false;
    keys[depth] = steps[at + 1].key;
    ret->module = (iac_module_addr){ path, depth };
    ret->type = steps[at].name;
    ret->name = steps[at + 1].name;
    if (ret_keys)
        *ret_keys = keys;
    return true;
}

static void check_target_ref(void *arg, const iac_ref *ref)
{
    iac_module_build *m = arg;
    const iac_expr *root = ref->whole;

    while (root->kind == IAC_EXPR_ATTR || root->kind == IAC_EXPR_INDEX)
        root = root->kind == IAC_EXPR_ATTR ? root->attr.operand : root->index.operand;
    if (ref->kind != IAC_REF_EACH)
        iac_diag_error(m->diags, root->range, "Unknown variable",
                       "There is no variable named \"%.*s\".Only \"each.key\" and \"each.value\" can be used in import "
                       "address index expressions.", IAC_FMT(iac_range_text(root->range)));
}

static bool refuse_unmanaged(iac_module_build *m, const iac_attribute *attr)
{
    iac_diag_error(m->diags, attr->range, "Invalid import address", "Only managed resources can be imported.");
    return false;
}

/* With for_each, the keys of the target's address may be made of each.key and each.value. */
static bool check_import_target(iac_module_build *m, const iac_attribute *attr, const iac_expr *to, bool for_each)
{
    iac_addr addr;
    const iac_expr **keys;
    bool is_module = false;

    if (to->kind == IAC_EXPR_ERROR)
        return false;
    if (iac_expr_is_traversal(to)) {
        if (!iac_static_target(m, to, &addr, &is_module))
            return refuse_unmanaged(m, attr);
        if (is_module)
            iac_diag_error(m->diags, to->range, "Invalid address",
                           "A resource instance address is required here. The module path must be followed by a "
                           "resource instance specification.");
        return (!is_module && addr.mode == IAC_MANAGED) || refuse_unmanaged(m, attr);
    }
    if (!for_each) {
        iac_diag_error(m->diags, to->range, "Invalid expression",
                       "A single static variable reference is required: only attribute access and indexing with constant "
                       "keys. No calculations, function calls, template expressions, etc are allowed here.");
        return refuse_unmanaged(m, attr);
    }
    if (!iac_import_target(m->arena, to, &addr, &keys)) {
        iac_diag_error(m->diags, to->range, "Invalid import address expression",
                       "Import address must be a reference to a resource's address, and only allows for indexing with "
                       "dynamic keys. For example: module.my_module[expression1].aws_s3_bucket.my_buckets[expression2] "
                       "for resources inside of modules, or simply aws_s3_bucket.my_bucket for a resource in the root "
                       "module");
        return false;
    }
    size_t errors = m->diags->errors;
    for (size_t i = 0; i <= addr.module.n; i++)
        if (keys[i])
            iac_expr_refs(m->arena, keys[i], check_target_ref, m, m->diags);
    return m->diags->errors == errors;
}

void iac_read_import(iac_module_build *m, const iac_top_block *top)
{
    static const iac_attribute_spec attributes[] = {
        [IMPORT_PROVIDER] = { IAC_STR_INIT("provider"), false },
        [IMPORT_FOR_EACH] = { IAC_STR_INIT("for_each"), false },
        [IMPORT_ID] = { IAC_STR_INIT("id"), true },
        [IMPORT_TO] = { IAC_STR_INIT("to"), true },
    };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_import_config import = { .range = top->block->header_range };
    iac_content content = { 0 };

    iac_body_content(m->arena, top->block->body, &spec, false, &content, m->diags);
    if (m->module->path.n) {
        iac_diag_error(m->diags, import.range, "Invalid import configuration",
                       "An import block was detected in \"%.*s\". Import blocks are only allowed in the root module.",
                       IAC_FMT(iac_module_addr_text(m->arena, m->module->path)));
        return;
    }
    const iac_attribute *to = content.attributes[IMPORT_TO];
    if (content.attributes[IMPORT_PROVIDER])
        iac_static_provider_ref(m, content.attributes[IMPORT_PROVIDER]->expr, "provider", &import.provider);
    if (content.attributes[IMPORT_FOR_EACH])
        import.for_each = content.attributes[IMPORT_FOR_EACH]->expr;
    if (!to || !content.attributes[IMPORT_ID])
        return;
    import.to = iac_unquote(m, to->expr);
    import.id = content.attributes[IMPORT_ID]->expr;
    if (!import.to || !check_import_target(m, to, import.to, import.for_each != NULL))
        return;
    if (m->overriding)
        return;
    void **slot = iac_map_at(&m->import_index, iac_range_text(import.to->range));
    if (*slot) {
        iac_str target = iac_range_text(import.to->range), place = iac_range_place(m->arena, *(iac_range *)*slot);
        iac_diag_error(m->diags, import.to->range,
                       iac_arena_printf(m->arena, "Duplicate import configuration for \"%.*s\"", IAC_FMT(target)).p,
                       "An import block for the resource \"%.*s\" was already declared at %.*s. A resource can have "
                       "only one import block.",
                       IAC_FMT(target), IAC_FMT(place));
        return;
    }
    iac_range *range = iac_arena_new_of(m->arena, iac_range);
    *range = import.range;
    *slot = range;
    iac_vec_push(&m->imports, import);
}

/* ---- check ---- */

static void read_check_data(iac_module_build *m, const iac_content *content, iac_check_config *check)
{
    size_t count;
    const iac_block **blocks = iac_content_blocks(m->arena, content, "data", &count);
    iac_resource_config *data = iac_arena_new_of(m->arena, iac_resource_config);

    if (count > 1) {
        iac_str place = iac_range_place(m->arena, blocks[0]->header_range);
        iac_diag_error(m->diags, blocks[1]->header_range, "Multiple data resource blocks",
                       "This check block already has a data resource defined at %.*s.", IAC_FMT(place));
    }
    if (count && iac_decode_resource(m, blocks[0], IAC_DATA, true, data))
        check->data = data;
}

void iac_read_check(iac_module_build *m, const iac_top_block *top)
{
    static const char *const labels[] = { "type", "name" };
    static const iac_block_spec blocks[] = {
        { IAC_STR_INIT("data"), labels, 2 },
        { IAC_STR_INIT("assert"), NULL, 0 },
    };
    static const iac_body_spec spec = { .blocks = blocks, .block_count = IAC_COUNT(blocks) };
    const iac_label *label = &top->block->labels[0];
    iac_check_config check = { .name = label->text, .range = top->block->header_range };
    iac_content content = { 0 };

    iac_body_content(m->arena, top->block->body, &spec, false, &content, m->diags);
    bool named = iac_check_label(m, label, "Invalid check block name");
    read_check_data(m, &content, &check);
    check.asserts = iac_decode_conditions(m, &content, "assert");
    if (check.asserts.n == 0)
        iac_diag_error(m->diags, check.range, "Zero assert blocks",
                       "Check blocks must have at least one assert block.");
    if (!named)
        return;

    void **slot = iac_map_at(&m->check_index, check.name);
    if (*slot) {
        iac_str summary = iac_arena_printf(m->arena, "Duplicate check \"%.*s\" configuration", IAC_FMT(check.name));
        iac_str place = iac_range_place(m->arena, m->checks.v[(uintptr_t)*slot - 1].range);
        iac_diag_error(m->diags, check.range, summary.p,
                       "A check block named \"%.*s\" was already declared at %.*s. Check blocks must be unique within "
                       "each module.", IAC_FMT(check.name), IAC_FMT(place));
        return;
    }
    iac_vec_push(&m->checks, check);
    *slot = (void *)(uintptr_t)m->checks.n;
}
