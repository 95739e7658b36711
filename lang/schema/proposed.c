/* lang/schema/proposed.c - what a planned object is proposed to be, from the configuration and the prior object.
 * The rules are Terraform's, with one difference that spares each provider the step: what is computed, not
 * configured and has no prior object is proposed as unknown rather than as null. */
#include "lang/schema/schema.h"

static const iac_value *propose_object(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                                       const iac_value *config);

/* A nested attribute's structure seen as a block, so that both share the walks. */
static iac_block_schema as_block(const iac_attr_schema *attr)
{
    return (iac_block_schema){ .attributes = attr->nested, .attribute_count = attr->nested_count };
}

/* ---- matching the elements of sets, which have no name ---- */

static const iac_value *fixed_part(iac_arena *arena, const iac_block_schema *block, const iac_value *v);

static const iac_value *fixed_elements(iac_arena *arena, iac_nesting nesting, const iac_block_schema *block,
                                       const iac_value *v)
{
    if (!iac_is_set_value(v))
        return v;
    if (nesting == IAC_NEST_SINGLE || nesting == IAC_NEST_GROUP)
        return fixed_part(arena, block, v);
    const iac_value **items = iac_arena_array(arena, const iac_value *, v->n);
    for (size_t i = 0; i < v->n; i++)
        items[i] = fixed_part(arena, block, v->items[i]);
    return iac_value_with_items(arena, v, items);
}

/* v with everything null that the provider may compute: what two elements that stand for the same thing share. */
static const iac_value *fixed_part(iac_arena *arena, const iac_block_schema *block, const iac_value *v)
{
    if (!iac_is_set_value(v) || v->kind != IAC_OBJECT)
        return v;

    const iac_value **items = iac_arena_array(arena, const iac_value *, v->n);
    for (size_t i = 0; i < v->n; i++) {
        const iac_attr_schema *attr = iac_schema_attribute(block, v->keys[i]);
        const iac_nested_schema *nested = attr ? NULL : iac_schema_block(block, v->keys[i]);
        items[i] = v->items[i];
        if (attr && attr->computed) {
            items[i] = iac_value_null(arena, attr->type);
        } else if (attr && attr->nested) {
            iac_block_schema inner = as_block(attr);
            items[i] = fixed_elements(arena, attr->nesting, &inner, v->items[i]);
        } else if (nested) {
            items[i] = fixed_elements(arena, nested->nesting, nested->block, v->items[i]);
        }
    }
    return iac_value_object(arena, v->keys, items, v->n);
}

/* Whether prior may be what came of config: whatever differs is computed and was not configured. */
static bool stems_from(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                       const iac_value *config);

static bool elements_stem_from(iac_arena *arena, iac_nesting nesting, const iac_block_schema *block,
                               const iac_value *prior, const iac_value *config)
{
    if (!iac_is_set_value(prior) || !iac_is_set_value(config))
        return false;
    if (nesting == IAC_NEST_SINGLE || nesting == IAC_NEST_GROUP)
        return stems_from(arena, block, prior, config);
    if (prior->n != config->n)
        return false;
    if (nesting == IAC_NEST_SET)
        return iac_value_same(fixed_elements(arena, nesting, block, prior),
                              fixed_elements(arena, nesting, block, config));
    for (size_t i = 0; i < prior->n; i++) {
        if (nesting == IAC_NEST_MAP && !iac_str_eq(prior->keys[i], config->keys[i]))
            return false;
        if (!stems_from(arena, block, prior->items[i], config->items[i]))
            return false;
    }
    return true;
}

static bool stems_from(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                       const iac_value *config)
{
    if (iac_value_same(prior, config))
        return true;
    if (!iac_is_set_value(prior) || !iac_is_set_value(config) || prior->kind != IAC_OBJECT ||
        config->kind != IAC_OBJECT || prior->n != config->n)
        return false;
    for (size_t i = 0; i < prior->n; i++) {
        const iac_value *was = prior->items[i], *wanted = config->items[i];
        if (iac_value_same(was, wanted))
            continue;
        const iac_attr_schema *attr = iac_schema_attribute(block, prior->keys[i]);
        const iac_nested_schema *nested = attr ? NULL : iac_schema_block(block, prior->keys[i]);
        if (attr && attr->computed && iac_is_null(wanted))
            continue;
        if (attr && attr->nested) {
            iac_block_schema inner = as_block(attr);
            if (!elements_stem_from(arena, attr->nesting, &inner, was, wanted))
                return false;
        } else if (!nested || !elements_stem_from(arena, nested->nesting, nested->block, was, wanted)) {
            return false;
        }
    }
    return true;
}

/* Elements of the prior set by the hash of their fixed part, so that matching stays linear. */
typedef struct candidates {
    const iac_value *set; /* NULL: none */
    uint32_t *first, *next; /* index + 1; first by hash & mask */
    bool *used;
    uint64_t mask;
} candidates;

static candidates index_candidates(iac_arena *arena, const iac_block_schema *block, const iac_value *prior)
{
    candidates c = { 0 };

    if (!iac_is_set_value(prior) || prior->n == 0)
        return c;
    size_t slots = 8;
    while (slots < prior->n)
        slots *= 2;
    c.set = prior;
    c.mask = slots - 1;
    c.first = iac_arena_array(arena, uint32_t, slots);
    c.next = iac_arena_array(arena, uint32_t, prior->n);
    c.used = iac_arena_array(arena, bool, prior->n);
    for (size_t i = prior->n; i-- > 0;) {
        uint64_t slot = iac_value_hash(fixed_part(arena, block, prior->items[i])) & c.mask;
        c.next[i] = c.first[slot];
        c.first[slot] = (uint32_t)(i + 1);
    }
    return c;
}

/* The first unused prior element that may have come of config, or NULL. */
static const iac_value *take_candidate(iac_arena *arena, candidates *c, const iac_block_schema *block,
                                       const iac_value *config)
{
    if (!c->set)
        return NULL;
    uint64_t slot = iac_value_hash(fixed_part(arena, block, config)) & c->mask;
    uint32_t *link = &c->first[slot];
    while (*link) {
        uint32_t i = *link - 1;
        if (!c->used[i] && stems_from(arena, block, c->set->items[i], config)) {
            c->used[i] = true;
            *link = c->next[i]; /* unlinked, so that equal candidates are not walked over again */
            return c->set->items[i];
        }
        link = &c->next[i];
    }
    return NULL;
}

/* ---- proposing ---- */

static const iac_value *propose_set(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                                    const iac_value *config)
{
    candidates c = index_candidates(arena, block, prior);
    const iac_value **items = iac_arena_array(arena, const iac_value *, config->n);

    for (size_t i = 0; i < config->n; i++) {
        const iac_value *was = take_candidate(arena, &c, block, config->items[i]);
        items[i] = propose_object(arena, block, was ? was : &iac_null_dynamic, config->items[i]);
    }
    return iac_value_with_items(arena, config, items);
}

/* The prior element that config's element i continues, or a null one. */
static const iac_value *prior_element(const iac_value *prior, const iac_value *config, size_t i)
{
    const iac_value *was = NULL;

    if (iac_is_unknown(prior))
        return prior;
    if (iac_is_null(prior))
        return &iac_null_dynamic;
    if (config->kind == IAC_MAP || config->kind == IAC_OBJECT)
        was = prior->kind == IAC_MAP || prior->kind == IAC_OBJECT ? iac_value_get(prior, config->keys[i]) : NULL;
    else if (i < prior->n && (prior->kind == IAC_LIST || prior->kind == IAC_TUPLE))
        was = prior->items[i];
    return was ? was : &iac_null_dynamic;
}

static const iac_value *propose_nested(iac_arena *arena, iac_nesting nesting, const iac_block_schema *block,
                                       const iac_value *prior, const iac_value *config)
{
    if (!iac_is_set_value(config))
        return config;
    switch (nesting) {
    case IAC_NEST_SINGLE:
    case IAC_NEST_GROUP:
        return propose_object(arena, block, prior, config);
    case IAC_NEST_SET:
        return propose_set(arena, block, prior, config);
    case IAC_NEST_LIST:
    case IAC_NEST_MAP:
        break;
    }
    const iac_value **items = iac_arena_array(arena, const iac_value *, config->n);
    for (size_t i = 0; i < config->n; i++)
        items[i] = propose_object(arena, block, prior_element(prior, config, i), config->items[i]);
    return iac_value_with_items(arena, config, items);
}

/* Whether a value, which configuration no longer has, holds parts that only configuration can have set: then it is not
 * the provider's own, and does not stay. */
static bool was_configured(const iac_attr_schema *attributes, size_t n, const iac_value *v)
{
    if (!iac_is_set_value(v))
        return false;
    if (v->kind != IAC_OBJECT) {
        for (size_t i = 0; i < v->n; i++)
            if (was_configured(attributes, n, v->items[i]))
                return true;
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const iac_value *item = iac_value_get(v, attributes[i].name);
        if (!item || iac_is_null(item))
            continue;
        if (!attributes[i].computed)
            return true;
        if (attributes[i].nested && was_configured(attributes[i].nested, attributes[i].nested_count, item))
            return true;
    }
    return false;
}

/* prior NULL: there is no prior object. */
static const iac_value *propose_attribute(iac_arena *arena, const iac_attr_schema *attr, const iac_value *prior,
                                          const iac_value *config)
{
    if (attr->write_only)
        return iac_value_null(arena, attr->type);
    if (attr->computed && iac_is_null(config)) {
        if (!prior)
            return iac_value_unknown(arena, attr->type);
        if (attr->optional && attr->nested && was_configured(attr->nested, attr->nested_count, prior))
            return config;
        return prior;
    }
    if (!attr->nested)
        return config;
    iac_block_schema inner = as_block(attr);
    return propose_nested(arena, attr->nesting, &inner, prior ? prior : &iac_null_dynamic, config);
}

static const iac_value *propose_object(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                                       const iac_value *config)
{
    if (!iac_is_set_value(config) || config->kind != IAC_OBJECT)
        return config;

    const iac_value **items = iac_arena_array(arena, const iac_value *, config->n);
    for (size_t i = 0; i < config->n; i++) {
        iac_str name = config->keys[i];
        const iac_attr_schema *attr = iac_schema_attribute(block, name);
        const iac_nested_schema *nested = attr ? NULL : iac_schema_block(block, name);
        const iac_value *was = NULL;

        if (iac_is_set_value(prior))
            was = iac_value_get(prior, name);
        else if (iac_is_unknown(prior) && (attr || nested))
            was = iac_value_unknown(arena, attr ? attr->type : nested->block->type);
        if (attr)
            items[i] = propose_attribute(arena, attr, was, config->items[i]);
        else if (nested)
            items[i] = propose_nested(arena, nested->nesting, nested->block, was ? was : &iac_null_dynamic,
                                      config->items[i]);
        else
            items[i] = config->items[i];
    }
    return iac_value_object(arena, config->keys, items, config->n);
}

const iac_value *iac_schema_proposed(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                                     const iac_value *config)
{
    if (!iac_is_set_value(config))
        return prior;
    return propose_object(arena, block, prior, config);
}
