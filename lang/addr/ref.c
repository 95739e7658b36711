/* References: what the beginning of a traversal names. Nodes hang together top down (x.y.z is z's node over y's over
 * x's), so a traversal is first laid out from its root upwards. */
#include <stdio.h>

#include "lang/addr/addr.h"

enum { MAX_STEPS = 6 }; /* no reference is longer: data.type.name[key].attribute */

struct steps {
    const iac_expr *v[MAX_STEPS]; /* from the root upwards; what is longer is cut off */
    size_t n;
};

static const iac_expr *operand_of(const iac_expr *expr)
{
    if (expr->kind == IAC_EXPR_ATTR)
        return expr->attr.operand;
    return expr->kind == IAC_EXPR_INDEX ? expr->index.operand : NULL;
}

static bool lay_out(const iac_expr *top, struct steps *steps)
{
    size_t depth = 1;
    const iac_expr *node = top;
    for (const iac_expr *next; (next = operand_of(node)); node = next)
        depth++;
    if (node->kind != IAC_EXPR_ROOT)
        return false;
    steps->n = depth < MAX_STEPS ? depth : MAX_STEPS;
    node = top;
    for (size_t i = depth; i-- > 0; node = operand_of(node)) {
        if (i < MAX_STEPS)
            steps->v[i] = node;
    }
    return true;
}

static bool is_attr(const struct steps *steps, size_t i)
{
    return i < steps->n && steps->v[i]->kind == IAC_EXPR_ATTR;
}

iac_range iac_ref_step_range(const iac_expr *step)
{
    switch (step->kind) {
    case IAC_EXPR_ATTR:
        return step->attr.name_range;
    case IAC_EXPR_INDEX:
        return step->index.bracket_range;
    default:
        return step->range;
    }
}

bool iac_is_constant_step(const iac_expr *step)
{
    if (step->kind == IAC_EXPR_ATTR)
        return true;
    const iac_expr *key = step->index.key;
    if (key->kind != IAC_EXPR_TEMPLATE)
        return key->kind == IAC_EXPR_LITERAL;
    return key->tmpl.part_count == 0 || (key->tmpl.part_count == 1 && key->tmpl.parts[0]->kind == IAC_EXPR_LITERAL &&
                                         key->tmpl.parts[0]->literal->kind == IAC_STRING);
}

static bool invalid(iac_diags *diags, iac_range range, const char *format, const char *what)
{
    char detail[256];
    snprintf(detail, sizeof(detail), format, what);
    iac_diag_error(diags, range, "Invalid reference", "%s", detail);
    return false;
}

/* count.index, var.x and their like: one attribute after the root. */
static bool read_single(const struct steps *steps, iac_ref *ref, iac_diags *diags)
{
    const iac_expr *root = steps->v[0];
    if (steps->n < 2) {
        iac_diag_error(diags, root->range, "Invalid reference",
                       "The \"%.*s\" object cannot be accessed directly. Instead, access one of its attributes.",
                       IAC_FMT(root->root));
        return false;
    }
    if (!is_attr(steps, 1)) {
        iac_diag_error(diags, iac_ref_step_range(steps->v[1]), "Invalid reference",
                       "The \"%.*s\" object does not support this operation.", IAC_FMT(root->root));
        return false;
    }
    ref->subject = steps->v[1];
    ref->name = steps->v[1]->attr.name;
    if (is_attr(steps, 2))
        ref->attribute = steps->v[2]->attr.name;
    return true;
}

/* Instance keys are strings or whole numbers; only what is written as a literal can be told here. */
static bool check_key(const iac_expr *index, const char *what, iac_diags *diags)
{
    int64_t number;
    const iac_expr *key = index->index.key;
    if (key->kind != IAC_EXPR_LITERAL || key->literal->state != IAC_KNOWN || key->literal->kind != IAC_NUMBER ||
        iac_value_to_int(key->literal, &number))
        return true;
    iac_diag_error(diags, index->index.bracket_range, "Invalid index key",
                   "Invalid index for %s instance: value must be a whole number, between -9223372036854775808 and "
                   "9223372036854775807.",
                   what);
    return false;
}

/* What follows the subject at steps[i - 1]: an index, then an attribute. */
static bool read_tail(const struct steps *steps, size_t i, const char *what, iac_ref *ref, iac_diags *diags)
{
    if (i < steps->n && steps->v[i]->kind == IAC_EXPR_INDEX) {
        if (!check_key(steps->v[i], what, diags))
            return false;
        ref->key = steps->v[i++]->index.key;
    }
    if (is_attr(steps, i))
        ref->attribute = steps->v[i]->attr.name;
    return true;
}

static bool read_module(const struct steps *steps, iac_ref *ref, iac_diags *diags)
{
    if (!read_single(steps, ref, diags))
        return false;
    ref->attribute = (iac_str){ 0 };
    if (!read_tail(steps, 2, "module", ref, diags))
        return false;
    size_t after = ref->key ? 3 : 2;
    if (after < steps->n && !is_attr(steps, after))
        return invalid(diags, iac_ref_step_range(steps->v[after]), "Module instance objects do not support this operation.",
                       "");
    ref->output = ref->attribute;
    return true;
}

/* Type and name at steps[first] and steps[first + 1]. */
static bool read_resource(const struct steps *steps, size_t first, iac_mode mode, iac_ref *ref, iac_diags *diags)
{
    static const char name_missing[] =
        "A reference to a %s must be followed by at least one attribute access, specifying the resource name.";
    const char *what = mode == IAC_DATA                 ? "data source"
                       : mode == IAC_EPHEMERAL_RESOURCE ? "ephemeral resource type"
                                                        : "resource type";
    if (steps->n < first + 2)
        return invalid(diags, steps->v[first]->range, name_missing, what);
    if (first > 0 && !is_attr(steps, first))
        return invalid(diags, iac_ref_step_range(steps->v[first]), "The \"%s\" object does not support this operation.",
                       mode == IAC_DATA      ? "data"
                       : mode == IAC_MANAGED ? "resource"
                                             : "ephemeral");
    if (!is_attr(steps, first + 1))
        return invalid(diags, iac_ref_step_range(steps->v[first + 1]), name_missing, what);
    ref->addr.mode = mode;
    ref->addr.type = first > 0 ? steps->v[first]->attr.name : steps->v[0]->root;
    ref->addr.name = steps->v[first + 1]->attr.name;
    ref->subject = steps->v[first + 1];
    return read_tail(steps, first + 2, "resource", ref, diags);
}

static bool read_prefixed(const struct steps *steps, iac_mode mode, const char *what, iac_ref *ref, iac_diags *diags)
{
    if (steps->n < 3)
        return invalid(diags, steps->v[steps->n - 1]->range, what, "");
    return read_resource(steps, 1, mode, ref, diags);
}

static bool is_reserved(iac_str root)
{
    return iac_str_is(root, "template") || iac_str_is(root, "lazy") || iac_str_is(root, "arg");
}

static bool read_ref(const struct steps *steps, iac_ref *ref, iac_diags *diags)
{
    static const struct {
        const char *name;
        iac_ref_kind kind;
    } singles[] = {
        { "var", IAC_REF_VARIABLE }, { "local", IAC_REF_LOCAL }, { "each", IAC_REF_EACH },
        { "count", IAC_REF_COUNT },  { "path", IAC_REF_PATH },   { "terraform", IAC_REF_TERRAFORM },
    };
    iac_str root = steps->v[0]->root;
    for (size_t i = 0; i < IAC_COUNT(singles); i++) {
        if (iac_str_is(root, singles[i].name)) {
            ref->kind = singles[i].kind;
            return read_single(steps, ref, diags);
        }
    }
    if (iac_str_is(root, "module")) {
        ref->kind = IAC_REF_MODULE;
        return read_module(steps, ref, diags);
    }
    if (iac_str_is(root, "self")) {
        ref->kind = IAC_REF_SELF;
        ref->subject = steps->v[0];
        if (is_attr(steps, 1))
            ref->attribute = steps->v[1]->attr.name;
        return true;
    }
    ref->kind = IAC_REF_RESOURCE;
    if (iac_str_is(root, "data"))
        return read_prefixed(
            steps, IAC_DATA,
            "The \"data\" object must be followed by two attribute names: the data source type and the "
            "resource name.",
            ref, diags);
    if (iac_str_is(root, "resource"))
        return read_prefixed(steps, IAC_MANAGED,
                             "The \"resource\" object must be followed by two attribute names: the resource type and "
                             "the resource name.",
                             ref, diags);
    if (iac_str_is(root, "ephemeral"))
        return read_prefixed(steps, IAC_EPHEMERAL_RESOURCE,
                             "The \"ephemeral\" object must be followed by two attribute names: the ephemeral resource "
                             "type and the resource name.",
                             ref, diags);
    if (is_reserved(root)) {
        iac_diag_error(diags, steps->v[0]->range, "Reserved symbol name",
                       "The symbol name \"%.*s\" is reserved for use in a future Terraform version. If you are using a "
                       "provider that already uses this as a resource type name, add the prefix \"resource.\" to force "
                       "interpretation as a resource type name.",
                       IAC_FMT(root));
        return false;
    }
    return read_resource(steps, 0, IAC_MANAGED, ref, diags);
}

/* The node just above the object that the reference names, and above its index with past_index; NULL: none. */
static const iac_expr *node_above(const iac_ref *ref, bool past_index)
{
    const iac_expr *above = NULL;
    for (const iac_expr *node = ref->whole; node && node != ref->subject;) {
        if (node->kind != IAC_EXPR_ATTR && node->kind != IAC_EXPR_INDEX)
            return NULL;
        if (past_index && ref->key && node->kind == IAC_EXPR_INDEX && node->index.operand == ref->subject)
            break;
        above = node;
        node = node->kind == IAC_EXPR_ATTR ? node->attr.operand : node->index.operand;
    }
    return above;
}

/* output.x, check.x and run.x: kept as resources of such types. */
static bool read_test_ref(const struct steps *steps, iac_ref *ref, iac_diags *diags)
{
    iac_str root = steps->v[0]->root;
    if (!iac_str_is(root, "output") && !iac_str_is(root, "check") && !iac_str_is(root, "run"))
        return read_ref(steps, ref, diags);
    if (!read_single(steps, ref, diags))
        return false;
    ref->kind = IAC_REF_RESOURCE;
    ref->addr = (iac_addr){ .mode = IAC_MANAGED, .type = root, .name = ref->name };
    return true;
}

static bool parse(const iac_expr *expr, bool testing, iac_ref *ret, iac_diags *diags)
{
    struct steps steps = { .n = 0 };
    iac_ref ref = { .whole = expr };
    if (!lay_out(expr, &steps)) {
        iac_diag_error(diags, expr->range, "Invalid reference", "A reference must begin with the name of an object.");
        return false;
    }
    if (!(testing ? read_test_ref : read_ref)(&steps, &ref, diags))
        return false;
    ref.range = ref.subject->range;
    const iac_expr *index = ref.key ? node_above(&ref, false) : NULL;
    if (index && iac_is_constant_step(index))
        ref.range = iac_range_join(ref.range, index->index.bracket_range);
    *ret = ref;
    return true;
}

bool iac_ref_parse(iac_arena *arena, const iac_expr *expr, iac_ref *ret, iac_diags *diags)
{
    (void)arena; /* names are borrowed from the tree */
    return parse(expr, false, ret, diags);
}

bool iac_ref_parse_test(const iac_expr *expr, iac_ref *ret, iac_diags *diags)
{
    return parse(expr, true, ret, diags);
}

iac_str iac_ref_text(iac_arena *arena, const iac_ref *ref)
{
    static const char *const roots[] = {
        [IAC_REF_VARIABLE] = "var",        [IAC_REF_LOCAL] = "local", [IAC_REF_MODULE] = "module",
        [IAC_REF_EACH] = "each",           [IAC_REF_COUNT] = "count", [IAC_REF_PATH] = "path",
        [IAC_REF_TERRAFORM] = "terraform",
    };
    switch (ref->kind) {
    case IAC_REF_RESOURCE:
        return iac_addr_text(arena, ref->addr);
    case IAC_REF_SELF:
        return IAC_STR("self");
    case IAC_REF_MODULE:
        if (ref->output.n > 0)
            return iac_arena_printf(arena, "module.%.*s.%.*s", IAC_FMT(ref->name), IAC_FMT(ref->output));
        break;
    default:
        break;
    }
    return iac_arena_printf(arena, "%s.%.*s", roots[ref->kind], IAC_FMT(ref->name));
}

iac_range iac_ref_index_range(const iac_ref *ref)
{
    const iac_expr *node = ref->key ? node_above(ref, false) : NULL;
    return node && node->kind == IAC_EXPR_INDEX ? node->index.bracket_range : IAC_NO_RANGE;
}

iac_range iac_ref_attribute_range(const iac_ref *ref)
{
    const iac_expr *node = node_above(ref, true);
    return node && node->kind == IAC_EXPR_ATTR ? node->attr.name_range : ref->range;
}
