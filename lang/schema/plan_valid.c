/* lang/schema/plan_valid.c - whether a provider's plan keeps to the rules: what is configured stays as configured,
 * and only computed attributes are the provider's to decide. */
#include "lang/schema/check.h"

typedef struct element_check {
    iac_arena *arena;
    const iac_block_schema *block;
} element_check;

static bool object_valid(iac_check *check, const iac_at *at, const iac_block_schema *block, const iac_value *prior,
                         const iac_value *config, const iac_value *planned);

static bool element_valid(void *arg, const iac_value *planned, const iac_value *config)
{
    element_check *with = arg;
    iac_check check = { .arena = with->arena };
    return object_valid(&check, NULL, with->block, &iac_null_dynamic, config, planned);
}

static const iac_value *prior_of(const iac_value *prior, const iac_value *planned, size_t i)
{
    const iac_value *was = NULL;

    if (!iac_is_set_value(prior))
        return &iac_null_dynamic;
    if (planned->kind == IAC_MAP || planned->kind == IAC_OBJECT)
        was = prior->kind == IAC_MAP || prior->kind == IAC_OBJECT ? iac_value_get(prior, planned->keys[i]) : NULL;
    else if ((prior->kind == IAC_LIST || prior->kind == IAC_TUPLE) && i < prior->n)
        was = prior->items[i];
    return was ? was : &iac_null_dynamic;
}

/* Elements of lists and maps one by one; what says how the faults are worded ("block" or "attribute" structure). */
static bool elements_valid(iac_check *check, const iac_at *at, iac_nesting nesting, const iac_block_schema *block,
                           const iac_value *prior, const iac_value *config, const iac_value *planned)
{
    if (nesting == IAC_NEST_SET) {
        element_check with = { check->arena, block };
        return iac_sets_correspond(check, at, planned, config, element_valid, &with);
    }
    if (nesting == IAC_NEST_LIST && planned->n != config->n)
        return iac_check_fail(check, at, "block count in plan (%zu) disagrees with count in config (%zu)", planned->n,
                              config->n);
    for (size_t i = 0; i < planned->n; i++) {
        iac_at here = iac_at_element(at, planned, i);
        const iac_value *wanted = nesting == IAC_NEST_LIST ? config->items[i]
                                                           : iac_value_get(config, planned->keys[i]);
        if (!wanted)
            return iac_check_fail(check, at, "block key \"%.*s\" from plan is not present in config",
                                  IAC_FMT(planned->keys[i]));
        if (!object_valid(check, &here, block, prior_of(prior, planned, i), wanted, planned->items[i]))
            return false;
    }
    for (size_t i = 0; nesting == IAC_NEST_MAP && i < config->n; i++)
        if (!iac_value_get(planned, config->keys[i]))
            return iac_check_fail(check, at, "block key \"%.*s\" from config is not present in plan",
                                  IAC_FMT(config->keys[i]));
    return true;
}

static bool mismatch(iac_check *check, const iac_at *at, const iac_attr_schema *attr, const iac_value *prior,
                     const iac_value *config, const iac_value *planned)
{
    bool had = prior && !iac_is_null(prior);

    if (attr->sensitive || ((planned->deep_marks | config->deep_marks) & IAC_SENSITIVE))
        return iac_check_fail(check, at, "sensitive planned value does not match config value%s",
                              had ? " nor prior value" : "");
    const char *got = iac_value_debug(check->arena, planned).p, *want = iac_value_debug(check->arena, config).p;
    if (!had)
        return iac_check_fail(check, at, "planned value %s does not match config value %s", got, want);
    return iac_check_fail(check, at, "planned value %s does not match config value %s nor prior value %s", got, want,
                          iac_value_debug(check->arena, prior).p);
}

/* prior NULL: none. */
static bool attribute_valid(iac_check *check, const iac_at *at, const iac_attr_schema *attr, const iac_value *prior,
                            const iac_value *config, const iac_value *planned)
{
    if (attr->write_only)
        return iac_is_null(planned) || iac_check_fail(check, at, "write-only attribute must be null in the plan");
    if (iac_value_same(planned, config))
        return true;
    if (iac_is_null(config)) {
        if (attr->computed)
            return true;
        if (attr->sensitive)
            return iac_check_fail(check, at, "sensitive planned value for a non-computed attribute");
        return iac_check_fail(check, at, "planned value %s for a non-computed attribute",
                              iac_value_debug(check->arena, planned).p);
    }
    /* The same as before although configured otherwise: the provider holds the two for equivalent. */
    if (prior && !iac_is_null(prior) && iac_value_same(planned, prior))
        return true;
    if (attr->nested && iac_is_set_value(planned) && iac_is_set_value(config)) {
        iac_block_schema block = { .attributes = attr->nested, .attribute_count = attr->nested_count };
        const iac_value *was = prior ? prior : &iac_null_dynamic;
        if (attr->nesting == IAC_NEST_SINGLE || attr->nesting == IAC_NEST_GROUP)
            return object_valid(check, at, &block, was, config, planned);
        return elements_valid(check, at, attr->nesting, &block, was, config, planned);
    }
    return mismatch(check, at, attr, prior, config, planned);
}

static bool blocks_valid(iac_check *check, const iac_at *at, const iac_nested_schema *nested, const iac_value *prior,
                         const iac_value *config, const iac_value *planned)
{
    static const char *const kinds[] = {
        [IAC_NEST_LIST] = "list", [IAC_NEST_SET] = "set", [IAC_NEST_MAP] = "map"
    };

    if (iac_value_same(planned, config))
        return true;
    if (iac_is_unknown(config))
        return iac_check_fail(check, at, "planned value %s for unknown dynamic block",
                              iac_value_debug(check->arena, planned).p);
    if (iac_is_unknown(planned))
        return iac_check_fail(check, at, "attribute representing nested block must not be unknown itself; set nested "
                                         "attribute values to unknown instead");
    if (nested->nesting == IAC_NEST_SINGLE || nested->nesting == IAC_NEST_GROUP)
        return object_valid(check, at, nested->block, prior, config, planned);
    if (iac_is_null(planned))
        return iac_check_fail(check, at, "attribute representing a %s of nested blocks must be empty to represent no "
                                         "blocks, not null", kinds[nested->nesting]);
    if (iac_is_null(config))
        return true; /* configuration never has null here */
    return elements_valid(check, at, nested->nesting, nested->block, prior, config, planned);
}

static bool object_valid(iac_check *check, const iac_at *at, const iac_block_schema *block, const iac_value *prior,
                         const iac_value *config, const iac_value *planned)
{
    if (iac_is_null(planned))
        return iac_is_null(config) || iac_check_fail(check, at, "planned for absence but config wants existence");
    if (iac_is_null(config))
        return iac_check_fail(check, at, "planned for existence but config wants absence");
    if (!iac_is_set_value(planned) || !iac_is_set_value(config))
        return true;
    for (size_t i = 0; i < planned->n; i++) {
        iac_str name = planned->keys[i];
        iac_at here = IAC_AT_ATTR(at, name);
        const iac_value *wanted = iac_value_get(config, name);
        const iac_value *was = iac_is_set_value(prior) && prior->kind == IAC_OBJECT ? iac_value_get(prior, name) : NULL;
        const iac_attr_schema *attr = iac_schema_attribute(block, name);
        const iac_nested_schema *nested = attr ? NULL : iac_schema_block(block, name);
        if (!wanted || (!attr && !nested))
            return iac_check_fail(check, at, "unsupported attribute \"%.*s\"", IAC_FMT(name));
        if (attr ? !attribute_valid(check, &here, attr, was, wanted, planned->items[i])
                 : !blocks_valid(check, &here, nested, was ? was : &iac_null_dynamic, wanted, planned->items[i]))
            return false;
    }
    return true;
}

bool iac_schema_assert_plan_valid(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                                  const iac_value *config, const iac_value *planned, iac_str *ret_error)
{
    iac_check check = { .arena = arena };

    if (object_valid(&check, NULL, block, prior, config, planned))
        return true;
    *ret_error = check.error;
    return false;
}
