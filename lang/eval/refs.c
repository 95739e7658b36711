/* What expressions and bodies refer to, without evaluating them. */
#include <string.h>

#include "lang/eval/eval_internal.h"
#include "lang/syntax/body.h"

struct names { /* local names in reach, on the C stack */
    const struct names *up;
    iac_str a, b;
};

struct walk {
    void (*fn)(void *arg, const iac_expr *top, const iac_expr *root);
    void *arg;
    const struct names *names;
    unsigned depth;
};

static bool is_local(const struct walk *walk, iac_str name)
{
    for (const struct names *names = walk->names; names; names = names->up) {
        if (iac_str_eq(names->a, name) || iac_str_eq(names->b, name))
            return true;
    }
    return false;
}

static void visit(struct walk *walk, const iac_expr *expr);

static void visit_all(struct walk *walk, const iac_expr *const *exprs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        visit(walk, exprs[i]);
}

static void visit_traversal(struct walk *walk, const iac_expr *top)
{
    const iac_expr *node = top;
    IAC_VEC(const iac_expr *) keys = { 0 };
    for (;;) {
        if (node->kind == IAC_EXPR_ATTR) {
            node = node->attr.operand;
        } else if (node->kind == IAC_EXPR_INDEX) {
            iac_vec_push(&keys, node->index.key);
            node = node->index.operand;
        } else {
            break;
        }
    }
    if (node->kind != IAC_EXPR_ROOT)
        visit(walk, node);
    else if (!is_local(walk, node->root))
        walk->fn(walk->arg, top, node);
    while (keys.n) /* in the order of the source */
        visit(walk, keys.v[--keys.n]);
    iac_vec_clear(&keys);
}

static void visit_for(struct walk *walk, const iac_expr *expr)
{
    visit(walk, expr->for_.collection);
    struct names names = { .up = walk->names, .a = expr->for_.key_var, .b = expr->for_.value_var };
    walk->names = &names;
    visit(walk, expr->for_.key);
    visit(walk, expr->for_.value);
    visit(walk, expr->for_.condition);
    walk->names = names.up;
}

static void visit_object(struct walk *walk, const iac_expr *expr)
{
    for (size_t i = 0; i < expr->object.n; i++) {
        if (!expr->object.items[i].bare_key)
            visit(walk, expr->object.items[i].key);
        visit(walk, expr->object.items[i].value);
    }
}

static void visit_by_kind(struct walk *walk, const iac_expr *expr)
{
    switch (expr->kind) {
    case IAC_EXPR_ERROR:
    case IAC_EXPR_LITERAL:
    case IAC_EXPR_SPLAT_ITEM:
        return;
    case IAC_EXPR_TEMPLATE:
        visit_all(walk, expr->tmpl.parts, expr->tmpl.part_count);
        return;
    case IAC_EXPR_TEMPLATE_WRAP:
    case IAC_EXPR_PAREN:
        visit(walk, expr->wrapped);
        return;
    case IAC_EXPR_TEMPLATE_IF:
    case IAC_EXPR_CONDITIONAL:
        visit(walk, expr->cond.condition);
        visit(walk, expr->cond.yes);
        visit(walk, expr->cond.no);
        return;
    case IAC_EXPR_TUPLE:
        visit_all(walk, expr->tuple.items, expr->tuple.n);
        return;
    case IAC_EXPR_OBJECT:
        visit_object(walk, expr);
        return;
    case IAC_EXPR_FOR:
    case IAC_EXPR_TEMPLATE_FOR:
        visit_for(walk, expr);
        return;
    case IAC_EXPR_ROOT:
    case IAC_EXPR_ATTR:
    case IAC_EXPR_INDEX:
        visit_traversal(walk, expr);
        return;
    case IAC_EXPR_SPLAT:
        visit(walk, expr->splat.operand);
        visit(walk, expr->splat.each);
        return;
    case IAC_EXPR_UNARY:
        visit(walk, expr->binary.right);
        return;
    case IAC_EXPR_BINARY:
        visit(walk, expr->binary.left);
        visit(walk, expr->binary.right);
        return;
    case IAC_EXPR_CALL:
        visit_all(walk, expr->call.args, expr->call.arg_count);
        return;
    }
}

static void visit(struct walk *walk, const iac_expr *expr)
{
    if (!expr || walk->depth >= MAX_DEPTH)
        return;
    walk->depth++;
    visit_by_kind(walk, expr);
    walk->depth--;
}

void iac_walk_names_(const iac_expr *expr, void (*fn)(void *arg, const iac_expr *top, const iac_expr *root), void *arg)
{
    struct walk walk = { .fn = fn, .arg = arg };
    visit(&walk, expr);
}

/* ---- references ---- */

struct refs {
    iac_arena *arena;
    void (*fn)(void *arg, const iac_ref *ref);
    void *arg;
    iac_diags *diags;
    struct walk walk;
};

static void add_ref(void *arg, const iac_expr *top, const iac_expr *root)
{
    struct refs *refs = arg;
    iac_ref ref;
    (void)root;
    if (iac_ref_parse(refs->arena, top, &ref, refs->diags))
        refs->fn(refs->arg, &ref);
}

void iac_expr_refs(iac_arena *arena, const iac_expr *expr, void (*fn)(void *arg, const iac_ref *ref), void *arg,
                   iac_diags *diags)
{
    struct refs refs = { .arena = arena, .fn = fn, .arg = arg, .diags = diags };
    refs.walk = (struct walk){ .fn = add_ref, .arg = &refs };
    visit(&refs.walk, expr);
}

static void body_refs(struct refs *refs, const iac_body *body, const iac_block_schema *schema, unsigned depth);

/* labels and content see the iterator, for_each does not. */
static void dynamic_refs(struct refs *refs, const iac_block *block, const iac_nested_schema *nested, unsigned depth)
{
    struct iac_dynamic dynamic;
    iac_diags ignored = IAC_DIAGS_INIT; /* iac_check_body tells */
    if (iac_dynamic_read_(refs->arena, block, nested, &dynamic, &ignored)) {
        visit(&refs->walk, dynamic.for_each);
        struct names names = { .up = refs->walk.names, .a = dynamic.iterator };
        refs->walk.names = &names;
        for (size_t i = 0; i < dynamic.label_count; i++)
            visit(&refs->walk, dynamic.labels[i]);
        body_refs(refs, dynamic.content, nested->block, depth + 1);
        refs->walk.names = names.up;
    }
    iac_diags_clear(&ignored);
}

static void body_refs(struct refs *refs, const iac_body *body, const iac_block_schema *schema, unsigned depth)
{
    if (depth > MAX_BLOCK_DEPTH)
        return;
    iac_diags ignored = IAC_DIAGS_INIT;
    struct iac_layout layout;
    iac_layout_read_(refs->arena, body, schema, &layout, &ignored);
    for (size_t i = 0; i < layout.attribute_count; i++) {
        if (layout.attributes[i])
            visit(&refs->walk, layout.attributes[i]->expr);
    }
    for (size_t i = 0; i < layout.block_count; i++) {
        const iac_block *block = layout.blocks[i];
        const iac_nested_schema *nested = iac_layout_nested_(&layout, iac_layout_type_(block));
        if (!nested)
            continue;
        if (iac_str_is(block->type, "dynamic"))
            dynamic_refs(refs, block, nested, depth);
        else
            body_refs(refs, block->body, nested->block, depth + 1);
    }
    iac_diags_clear(&ignored);
}

void iac_body_refs(iac_arena *arena, const iac_body *body, const iac_block_schema *schema,
                   void (*fn)(void *arg, const iac_ref *ref), void *arg, iac_diags *diags)
{
    struct refs refs = { .arena = arena, .fn = fn, .arg = arg, .diags = diags };
    refs.walk = (struct walk){ .fn = add_ref, .arg = &refs };
    body_refs(&refs, body, schema, 0);
}
