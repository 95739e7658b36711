#include "engine/view/diff.h"

#include <string.h>

/* A part of the change: what is there before and after. NULL is null; "explicit" tells a null that is written down
 * (an element of a map, an item of a list) from nothing at all. */
typedef struct part {
    const iac_value *before, *after;
    bool before_explicit, after_explicit;
    bool before_sensitive, after_sensitive;
    bool unknown;
    iac_action owner; /* of the object that it is an attribute of */
    iac_matcher replace, relevant;
} part;

/* ---- matching paths ---- */

static bool step_is(const iac_step *step, const iac_str *name, size_t index)
{
    if (name)
        return (step->kind == IAC_STEP_ATTR || step->kind == IAC_STEP_KEY) && iac_str_eq(step->name, *name);
    return step->kind == IAC_STEP_INDEX && step->index >= 0 && (size_t)step->index == index;
}

static bool matches_exactly(const iac_matcher *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->v[i].n == m->depth)
            return true;
    }
    return m->always;
}

static bool matches_partly(const iac_matcher *m)
{
    return m->always || m->n > 0;
}

/* inherit: what is within a path that matched matches, too. */
static iac_matcher match_step(iac_arena *arena, const iac_matcher *m, const iac_str *name, size_t index, bool inherit)
{
    iac_matcher ret = { .always = m->always || (inherit && matches_exactly(m)), .depth = m->depth + 1 };
    if (ret.always || !m->n)
        return ret;
    iac_path *v = iac_arena_array(arena, iac_path, m->n);
    for (size_t i = 0; i < m->n; i++) {
        if (m->v[i].n > m->depth && step_is(&m->v[i].steps[m->depth], name, index))
            v[ret.n++] = m->v[i];
    }
    ret.v = v;
    return ret;
}

/* ---- parts ---- */

static const iac_value *value_or_null(const iac_value *v)
{
    return v && v->state == IAC_KNOWN ? v : NULL;
}

static bool is_sensitive(const iac_value *v)
{
    return v && (v->marks & IAC_SENSITIVE);
}

static part part_of(const iac_value *before, const iac_value *after)
{
    return (part){
        .before = value_or_null(before),
        .after = value_or_null(after),
        .before_sensitive = is_sensitive(before),
        .after_sensitive = is_sensitive(after),
        .unknown = after && after->state == IAC_UNKNOWN,
    };
}

static part as_noop(part p)
{
    p.after = p.before;
    p.after_explicit = p.before_explicit;
    p.after_sensitive = p.before_sensitive;
    p.unknown = false;
    return p;
}

static part as_delete(part p)
{
    p.after = NULL;
    p.after_explicit = p.after_sensitive = p.unknown = false;
    return p;
}

static part as_create(part p)
{
    p.before = NULL;
    p.before_explicit = p.before_sensitive = false;
    return p;
}

static void step_matchers(iac_arena *arena, part *child, const part *parent, const iac_str *name, size_t index)
{
    child->replace = match_step(arena, &parent->replace, name, index, false);
    child->relevant = name ? match_step(arena, &parent->relevant, name, index, true) : (iac_matcher){ .always = true };
}

static part child_named(iac_arena *arena, const part *parent, iac_str name)
{
    const iac_value *before = parent->before ? iac_value_get(parent->before, name) : NULL;
    const iac_value *after = parent->after ? iac_value_get(parent->after, name) : NULL;
    part child = part_of(before, after);
    child.before_explicit = before != NULL;
    child.after_explicit = after != NULL;
    step_matchers(arena, &child, parent, &name, 0);
    return matches_partly(&child.relevant) ? child : as_noop(child);
}

static part child_at(iac_arena *arena, const part *parent, size_t in_before, size_t in_after)
{
    const iac_value *before = in_before == SIZE_MAX ? NULL : parent->before->items[in_before];
    const iac_value *after = in_after == SIZE_MAX ? NULL : parent->after->items[in_after];
    part child = part_of(before, after);
    child.before_explicit = before != NULL;
    child.after_explicit = after != NULL;
    step_matchers(arena, &child, parent, NULL, in_before == SIZE_MAX ? in_after : in_before);
    return child;
}

static size_t count_of(const iac_value *v)
{
    return v ? v->n : 0;
}

static iac_action join(iac_action current, iac_action next)
{
    if (next == IAC_ACTION_NOOP || current == next)
        return current;
    return IAC_ACTION_UPDATE;
}

static iac_action starting_action(const part *p)
{
    if (!p->before == !p->after)
        return IAC_ACTION_NOOP;
    return p->before ? IAC_ACTION_DELETE : IAC_ACTION_CREATE;
}

/* ---- equality regardless of how collections are typed: what a person would call the same ---- */

typedef enum shape { SHAPE_NULL, SHAPE_STRING, SHAPE_NUMBER, SHAPE_BOOL, SHAPE_ARRAY, SHAPE_OBJECT } shape;

static shape shape_of(const iac_value *v)
{
    if (!v || v->state != IAC_KNOWN)
        return SHAPE_NULL;
    switch (v->kind) {
    case IAC_STRING:
        return SHAPE_STRING;
    case IAC_NUMBER:
    case IAC_DYNAMIC: /* within JSON */
        return SHAPE_NUMBER;
    case IAC_BOOL:
        return SHAPE_BOOL;
    case IAC_LIST:
    case IAC_SET:
    case IAC_TUPLE:
        return SHAPE_ARRAY;
    default:
        return SHAPE_OBJECT;
    }
}

static bool equal(const iac_value *a, const iac_value *b)
{
    if (a == b)
        return !a || !a->deep_unknown;
    shape s = shape_of(a);
    if (s != shape_of(b) || (a && a->deep_unknown) || (b && b->deep_unknown))
        return false;
    switch (s) {
    case SHAPE_NULL:
        return true;
    case SHAPE_STRING:
        return iac_str_eq(a->string, b->string);
    case SHAPE_NUMBER:
        if (a->kind == IAC_DYNAMIC || b->kind == IAC_DYNAMIC)
            return a->kind == b->kind && iac_str_eq(a->string, b->string);
        return iac_number_cmp(a, b) == 0;
    case SHAPE_BOOL:
        return a->boolean == b->boolean;
    default:
        break;
    }
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if ((s == SHAPE_OBJECT && !iac_str_eq(a->keys[i], b->keys[i])) || !equal(a->items[i], b->items[i]))
            return false;
    }
    return true;
}

static uint64_t hash_of(const iac_value *v)
{
    shape s = shape_of(v);
    uint64_t hash = s;
    switch (s) {
    case SHAPE_NULL:
        return hash;
    case SHAPE_STRING:
        return iac_hash_mix(hash, iac_str_hash(v->string));
    case SHAPE_NUMBER:
        if (v->kind == IAC_DYNAMIC)
            return iac_hash_mix(hash, iac_str_hash(v->string));
        return iac_hash_mix(hash, v->number.big ? 1 : (uint64_t)v->number.small);
    case SHAPE_BOOL:
        return iac_hash_mix(hash, v->boolean);
    default:
        break;
    }
    for (size_t i = 0; i < v->n; i++) {
        if (s == SHAPE_OBJECT)
            hash = iac_hash_mix(hash, iac_str_hash(v->keys[i]));
        hash = iac_hash_mix(hash, hash_of(v->items[i]));
    }
    return hash;
}

/* Numbers for the items of two collections: equal items get equal ones. */
typedef struct classes {
    uint32_t *before, *after;
} classes;

typedef struct class_slot {
    const iac_value *value;
    uint64_t hash;
    uint32_t id;
} class_slot;

static uint32_t class_of(class_slot *slots, size_t mask, const iac_value *v, uint32_t *next)
{
    uint64_t hash = hash_of(v);
    size_t at = hash & mask;
    while (slots[at].value) {
        if (slots[at].hash == hash && equal(slots[at].value, v))
            return slots[at].id;
        at = (at + 1) & mask;
    }
    slots[at] = (class_slot){ v, hash, (*next)++ };
    return slots[at].id;
}

static classes classify(iac_arena *arena, const iac_value *before, const iac_value *after)
{
    size_t n = count_of(before), m = count_of(after), size = 8;
    while (size < (n + m) * 2)
        size *= 2;
    class_slot *slots = iac_arena_array(arena, class_slot, size);
    classes ret = { iac_arena_array(arena, uint32_t, n + 1), iac_arena_array(arena, uint32_t, m + 1) };
    uint32_t next = 0;
    for (size_t i = 0; i < n; i++)
        ret.before[i] = class_of(slots, size - 1, before->items[i], &next);
    for (size_t i = 0; i < m; i++)
        ret.after[i] = class_of(slots, size - 1, after->items[i], &next);
    return ret;
}

/* ---- nodes ---- */

static iac_diff *new_diff(iac_arena *arena, iac_diff_kind kind, iac_action action, bool replace)
{
    iac_diff *diff = iac_arena_new_of(arena, iac_diff);
    diff->kind = kind;
    diff->action = action;
    diff->replace = replace;
    return diff;
}

static iac_action action_of(const part *p)
{
    bool before = p->before || p->before_explicit, after = p->after || p->after_explicit;
    if (before != after)
        return before ? IAC_ACTION_DELETE : IAC_ACTION_CREATE;
    if (equal(p->before, p->after) && p->before_sensitive == p->after_sensitive)
        return IAC_ACTION_NOOP;
    return IAC_ACTION_UPDATE;
}

typedef const iac_diff *differ(iac_arena *arena, const part *p, const void *arg);

static const iac_diff *sensitive(iac_arena *arena, const part *p, iac_diff_kind kind, differ *compute,
                                 const void *arg)
{
    part open = *p; /* what is marked within does not matter any more */
    open.before_sensitive = open.after_sensitive = false;
    open.before = p->before ? iac_value_unmark_deep(arena, p->before) : NULL;
    open.after = p->after ? iac_value_unmark_deep(arena, p->after) : NULL;
    const iac_diff *inner = compute(arena, &open, arg);
    iac_action action = inner->action;
    bool nothing = !p->before && !p->before_explicit && !p->after && !p->after_explicit && !p->unknown;
    if (action == IAC_ACTION_NOOP && p->before_sensitive != p->after_sensitive && !nothing)
        action = IAC_ACTION_UPDATE;
    iac_diff *diff = new_diff(arena, kind, action, matches_exactly(&p->replace));
    diff->inner = inner;
    diff->before_sensitive = p->before_sensitive;
    diff->after_sensitive = p->after_sensitive;
    return diff;
}

static const iac_diff *unknown(iac_arena *arena, const part *p, differ *compute, const void *arg)
{
    bool replace = matches_exactly(&p->replace);
    if (!p->before)
        return new_diff(arena, IAC_DIFF_UNKNOWN, IAC_ACTION_CREATE, replace);
    part old = as_delete(*p);
    old.replace = (iac_matcher){ 0 };
    iac_diff *diff = new_diff(arena, IAC_DIFF_UNKNOWN, IAC_ACTION_UPDATE, replace);
    diff->inner = compute(arena, &old, arg);
    return diff;
}

/* As a whole, an empty string whose type is dynamic counts as none, but was there. */
static const iac_diff *unknown_dynamic(iac_arena *arena, const part *p, differ *compute, const void *arg)
{
    if (!p->before || p->before->kind != IAC_STRING || p->before->string.n)
        return unknown(arena, p, compute, arg);
    iac_diff *none = new_diff(arena, IAC_DIFF_PRIMITIVE, IAC_ACTION_DELETE, false);
    none->blank = true;
    iac_diff *diff = new_diff(arena, IAC_DIFF_UNKNOWN, IAC_ACTION_UPDATE, matches_exactly(&p->replace));
    diff->inner = none;
    return diff;
}

/* What hides the rest of a part; NULL when nothing does. */
static const iac_diff *hidden(iac_arena *arena, const part *p, iac_diff_kind kind, differ *compute, const void *arg)
{
    if (p->before_sensitive || p->after_sensitive)
        return sensitive(arena, p, kind, compute, arg);
    return p->unknown ? unknown(arena, p, compute, arg) : NULL;
}

static const iac_diff *primitive(iac_arena *arena, const part *p, iac_action action)
{
    iac_diff *diff = new_diff(arena, IAC_DIFF_PRIMITIVE, action, matches_exactly(&p->replace));
    diff->before = p->before;
    diff->after = p->after;
    return diff;
}

static const iac_diff *string(iac_arena *arena, const part *p, bool blank)
{
    iac_diff *diff = new_diff(arena, IAC_DIFF_PRIMITIVE, action_of(p), matches_exactly(&p->replace));
    diff->before = p->before;
    diff->after = p->after;
    diff->blank = blank;
    return diff;
}

/* ---- collections ---- */

/* Keys of both, sorted. */
static iac_str *all_keys(iac_arena *arena, const part *p, size_t *ret_count)
{
    size_t n = count_of(p->before), m = count_of(p->after), i = 0, k = 0, count = 0;
    iac_str *keys = iac_arena_array(arena, iac_str, n + m);
    while (i < n || k < m) {
        int order = i >= n ? 1 : k >= m ? -1 : iac_str_cmp(p->before->keys[i], p->after->keys[k]);
        keys[count++] = order <= 0 ? p->before->keys[i] : p->after->keys[k];
        i += order <= 0;
        k += order >= 0;
    }
    *ret_count = count;
    return keys;
}

static iac_diff *by_key(iac_arena *arena, const part *p, iac_diff_kind kind, differ *compute, const void *arg)
{
    iac_diff *diff = new_diff(arena, kind, starting_action(p), matches_exactly(&p->replace));
    iac_str *keys = all_keys(arena, p, &diff->n);
    diff->keys = keys;
    diff->children = iac_arena_array(arena, const iac_diff *, diff->n);
    for (size_t i = 0; i < diff->n; i++) {
        part child = child_named(arena, p, keys[i]);
        diff->children[i] = compute(arena, &child, arg);
        diff->action = join(diff->action, diff->children[i]->action);
    }
    return diff;
}

typedef struct sequence_job {
    iac_arena *arena;
    const part *p;
    differ *compute;
    const void *arg;
    iac_diff *diff;
    enum { OBJECTS_NEVER, OBJECTS_ALWAYS, OBJECTS_BY_VALUE } objects;
} sequence_job;

static bool is_object(void *arg, bool in_b, size_t index)
{
    const sequence_job *job = arg;
    if (job->objects != OBJECTS_BY_VALUE)
        return job->objects == OBJECTS_ALWAYS;
    return shape_of((in_b ? job->p->after : job->p->before)->items[index]) == SHAPE_OBJECT;
}

static void visit_pair(void *arg, size_t in_a, size_t in_b)
{
    sequence_job *job = arg;
    part child = child_at(job->arena, job->p, in_a, in_b);
    const iac_diff *diff = job->compute(job->arena, &child, job->arg);
    job->diff->children[job->diff->n++] = diff;
    job->diff->action = join(job->diff->action, diff->action);
}

static iac_diff *in_sequence(iac_arena *arena, const part *p, int objects, differ *compute, const void *arg)
{
    sequence_job job = { .arena = arena, .p = p, .compute = compute, .arg = arg };
    job.objects = objects;
    job.diff = new_diff(arena, IAC_DIFF_LIST, starting_action(p), matches_exactly(&p->replace));
    job.diff->children = iac_arena_array(arena, const iac_diff *, count_of(p->before) + count_of(p->after));
    classes c = classify(arena, p->before, p->after);
    iac_diff_sequence(c.before, count_of(p->before), c.after, count_of(p->after), is_object, visit_pair, &job);
    return job.diff;
}

/* Items are the same or not; nothing of a set is changed in place. */
static iac_diff *in_set(iac_arena *arena, const part *p, differ *compute, const void *arg)
{
    size_t n = count_of(p->before), m = count_of(p->after);
    sequence_job job = { .arena = arena, .p = p, .compute = compute, .arg = arg };
    job.diff = new_diff(arena, IAC_DIFF_SET, starting_action(p), matches_exactly(&p->replace));
    job.diff->children = iac_arena_array(arena, const iac_diff *, n + m);
    classes c = classify(arena, p->before, p->after);
    size_t *where = iac_arena_array(arena, size_t, n + m); /* by class: index after, plus one */
    bool *used = iac_arena_array(arena, bool, m + 1);
    for (size_t i = m; i-- > 0;)
        where[c.after[i]] = i + 1;
    for (size_t i = 0; i < n; i++) {
        size_t at = where[c.before[i]];
        bool same = at && !used[at - 1];
        visit_pair(&job, i, same ? at - 1 : SIZE_MAX);
        if (same)
            used[at - 1] = true;
    }
    for (size_t i = 0; i < m; i++) {
        if (!used[i])
            visit_pair(&job, SIZE_MAX, i);
    }
    return job.diff;
}

/* ---- values that tell themselves how to be drawn ---- */

static const iac_diff *diff_any(iac_arena *arena, const part *p, const void *unused);

static const iac_diff *diff_shape(iac_arena *arena, const part *p, shape s)
{
    if (s == SHAPE_OBJECT)
        return by_key(arena, p, IAC_DIFF_OBJECT, diff_any, NULL);
    if (s == SHAPE_ARRAY)
        return in_sequence(arena, p, OBJECTS_BY_VALUE, diff_any, NULL);
    bool before = p->before || p->before_explicit, after = p->after || p->after_explicit;
    if (before != after)
        return primitive(arena, p, before ? IAC_ACTION_DELETE : IAC_ACTION_CREATE);
    return primitive(arena, p, equal(p->before, p->after) ? IAC_ACTION_NOOP : IAC_ACTION_UPDATE);
}

static const iac_diff *diff_any(iac_arena *arena, const part *p, const void *unused)
{
    (void)unused;
    const iac_diff *instead = hidden(arena, p, IAC_DIFF_SENSITIVE, diff_any, NULL);
    if (instead)
        return instead;
    /* Replacement is told of only where the whole is hidden: what is within has no paths of its own. */
    part plain = *p;
    plain.replace = (iac_matcher){ 0 };
    p = &plain;
    shape before = shape_of(p->before), after = shape_of(p->after);
    bool created = before == SHAPE_NULL && !p->before_explicit;
    bool deleted = after == SHAPE_NULL && !p->after_explicit;
    if (before == after || created || deleted)
        return diff_shape(arena, p, before == SHAPE_NULL ? after : before);
    part old = as_delete(*p), new = as_create(*p);
    iac_diff *diff = new_diff(arena, IAC_DIFF_TYPE_CHANGE, IAC_ACTION_UPDATE, matches_exactly(&p->replace));
    diff->inner = diff_shape(arena, &old, before);
    diff->other = diff_shape(arena, &new, after);
    return diff;
}

/* ---- values of a type ---- */

static const iac_value *none_if_empty(const iac_value *v)
{
    return v && v->kind == IAC_STRING && !v->string.n ? NULL : v;
}

/* An attribute of an object: what is null is absent. *absent: it is not even worth counting. */
static part child_attribute(iac_arena *arena, const part *parent, iac_str name, bool *absent)
{
    part child = child_named(arena, parent, name);
    *absent = !child.before && !child.after;
    child.owner = starting_action(parent);
    child.before_explicit = child.after_explicit = false;
    return child;
}

static const iac_diff *diff_type(iac_arena *arena, const part *p, const void *arg);

static const iac_diff *diff_object(iac_arena *arena, const part *p, const iac_type *type)
{
    iac_diff *diff = new_diff(arena, IAC_DIFF_OBJECT, starting_action(p), matches_exactly(&p->replace));
    iac_str *keys = iac_arena_array(arena, iac_str, type->n);
    diff->keys = keys;
    diff->children = iac_arena_array(arena, const iac_diff *, type->n);
    for (size_t i = 0; i < type->n; i++) {
        bool absent;
        part child = child_attribute(arena, p, type->names[i], &absent);
        const iac_diff *d = diff_type(arena, &child, type->items[i]);
        if (d->action == IAC_ACTION_NOOP && absent)
            continue;
        keys[diff->n] = type->names[i];
        diff->children[diff->n++] = d;
        diff->action = join(diff->action, d->action);
    }
    return diff;
}

static const iac_diff *diff_tuple(iac_arena *arena, const part *p, const iac_type *type)
{
    iac_diff *diff = new_diff(arena, IAC_DIFF_LIST, starting_action(p), matches_exactly(&p->replace));
    size_t n = count_of(p->before), m = count_of(p->after);
    diff->children = iac_arena_array(arena, const iac_diff *, type->n);
    for (size_t i = 0; i < type->n && (i < n || i < m); i++) {
        part child = child_at(arena, p, i < n ? i : SIZE_MAX, i < m ? i : SIZE_MAX);
        diff->children[diff->n++] = diff_type(arena, &child, type->items[i]);
        diff->action = join(diff->action, diff->children[i]->action);
    }
    return diff;
}

static const iac_diff *diff_type(iac_arena *arena, const part *p, const void *arg)
{
    const iac_type *type = arg;
    part told = *p;
    bool blank = p->before && type->kind == IAC_STRING && !none_if_empty(p->before);
    if (type->kind == IAC_STRING) { /* older providers cannot tell an empty string from none */
        told.before = none_if_empty(p->before);
        told.after = none_if_empty(p->after);
        p = &told;
    }
    bool dynamic = type->kind == IAC_DYNAMIC;
    const iac_diff *instead = dynamic && p->unknown && !p->before_sensitive && !p->after_sensitive
                                  ? unknown_dynamic(arena, p, diff_type, type)
                                  : hidden(arena, p, IAC_DIFF_SENSITIVE, diff_type, type);
    if (instead)
        return instead;
    switch (type->kind) {
    case IAC_STRING:
        return string(arena, p, blank);
    case IAC_NUMBER:
    case IAC_BOOL:
        return primitive(arena, p, action_of(p));
    case IAC_OBJECT:
        return diff_object(arena, p, type);
    case IAC_MAP:
        return by_key(arena, p, IAC_DIFF_MAP, diff_type, type->element);
    case IAC_LIST:
        return in_sequence(arena, p, type->element->kind == IAC_OBJECT ? OBJECTS_ALWAYS : OBJECTS_NEVER, diff_type,
                           type->element);
    case IAC_SET:
        return in_set(arena, p, diff_type, type->element);
    case IAC_TUPLE:
        return diff_tuple(arena, p, type);
    default:
        return diff_any(arena, p, NULL);
    }
}

/* ---- attributes and blocks ---- */

static const iac_diff *diff_nested(iac_arena *arena, const part *p, const void *arg);

/* One object of an attribute that has a structure of its own. */
static const iac_diff *diff_nested_object(iac_arena *arena, const part *p, const void *arg)
{
    const iac_attr_schema *attr = arg;
    const iac_diff *instead = hidden(arena, p, IAC_DIFF_SENSITIVE, diff_nested_object, attr);
    if (instead)
        return instead;
    iac_diff *diff = new_diff(arena, IAC_DIFF_OBJECT, starting_action(p), matches_exactly(&p->replace));
    iac_str *keys = iac_arena_array(arena, iac_str, attr->nested_count);
    diff->nested = true;
    diff->keys = keys;
    diff->children = iac_arena_array(arena, const iac_diff *, attr->nested_count);
    for (size_t i = 0; i < attr->nested_count; i++) {
        bool absent;
        part child = child_attribute(arena, p, attr->nested[i].name, &absent);
        const iac_diff *d = diff_nested(arena, &child, &attr->nested[i]);
        if (d->action == IAC_ACTION_NOOP && absent)
            continue;
        keys[diff->n] = attr->nested[i].name;
        diff->children[diff->n++] = d;
        diff->action = join(diff->action, d->action);
    }
    return diff;
}

static const iac_diff *diff_nested_list(iac_arena *arena, const part *p, const iac_attr_schema *attr)
{
    size_t n = count_of(p->before), m = count_of(p->after);
    sequence_job job = { .arena = arena, .p = p, .compute = diff_nested_object, .arg = attr };
    job.diff = new_diff(arena, IAC_DIFF_LIST, starting_action(p), matches_exactly(&p->replace));
    job.diff->children = iac_arena_array(arena, const iac_diff *, n + m);
    for (size_t i = 0; i < n || i < m; i++)
        visit_pair(&job, i < n ? i : SIZE_MAX, i < m ? i : SIZE_MAX);
    job.diff->nested = true;
    return job.diff;
}

static const iac_diff *diff_nested(iac_arena *arena, const part *p, const void *arg)
{
    const iac_attr_schema *attr = arg;
    if (attr->write_only) /* nobody knows whether it changes: it shares its object's fate */
        return new_diff(arena, IAC_DIFF_WRITE_ONLY, p->owner, matches_exactly(&p->replace));
    if (!attr->nested)
        return diff_type(arena, p, attr->type);
    const iac_diff *instead = hidden(arena, p, IAC_DIFF_SENSITIVE, diff_nested, attr);
    if (instead)
        return instead;
    iac_diff *diff;
    switch (attr->nesting) {
    case IAC_NEST_LIST:
        return diff_nested_list(arena, p, attr);
    case IAC_NEST_SET:
        diff = in_set(arena, p, diff_nested_object, attr);
        diff->nested = true;
        return diff;
    case IAC_NEST_MAP:
        diff = by_key(arena, p, IAC_DIFF_MAP, diff_nested_object, attr);
        diff->nested = true;
        return diff;
    default:
        return diff_nested_object(arena, p, attr);
    }
}

static const iac_diff *diff_block(iac_arena *arena, const part *p, const void *arg);

static void add_attributes(iac_arena *arena, iac_diff *diff, const part *p, const iac_block_schema *schema)
{
    iac_str *keys = iac_arena_array(arena, iac_str, schema->attribute_count);
    diff->keys = keys;
    diff->children = iac_arena_array(arena, const iac_diff *, schema->attribute_count);
    for (size_t i = 0; i < schema->attribute_count; i++) {
        const iac_attr_schema *attr = &schema->attributes[i];
        bool absent;
        part child = child_attribute(arena, p, attr->name, &absent);
        const iac_diff *d = diff_nested(arena, &child, attr);
        if (d->action == IAC_ACTION_NOOP && absent && d->kind != IAC_DIFF_WRITE_ONLY)
            continue;
        keys[diff->n] = attr->name;
        diff->children[diff->n++] = d;
        diff->action = join(diff->action, d->action);
    }
}

static const iac_diff *diff_blocks_of(iac_arena *arena, const part *p, const iac_nested_schema *type)
{
    switch (type->nesting) {
    case IAC_NEST_LIST:
        return in_sequence(arena, p, OBJECTS_ALWAYS, diff_block, type->block);
    case IAC_NEST_SET:
        return in_set(arena, p, diff_block, type->block);
    case IAC_NEST_MAP:
        return by_key(arena, p, IAC_DIFF_MAP, diff_block, type->block);
    default:
        return diff_block(arena, p, type->block);
    }
}

/* Nobody knows how many there will be: those that are there go, whatever comes. */
static const iac_diff *unknown_blocks(iac_arena *arena, const part *p, const iac_nested_schema *type)
{
    part old = as_delete(*p);
    old.replace = (iac_matcher){ 0 };
    const iac_diff *gone = old.before ? diff_blocks_of(arena, &old, type) : NULL;
    size_t n = gone ? gone->n : 0;
    iac_action action = n ? IAC_ACTION_UPDATE : IAC_ACTION_CREATE;
    iac_diff *diff = new_diff(arena, IAC_DIFF_LIST, action, false);
    diff->children = iac_arena_array(arena, const iac_diff *, n + 1);
    diff->children[diff->n++] = new_diff(arena, IAC_DIFF_UNKNOWN, action, matches_exactly(&p->replace));
    for (size_t i = 0; i < n; i++)
        diff->children[diff->n++] = gone->children[i];
    return diff;
}

static void add_blocks(iac_arena *arena, iac_diff *diff, const part *p, const iac_block_schema *schema)
{
    iac_diff_blocks *groups = iac_arena_array(arena, iac_diff_blocks, schema->block_count);
    diff->groups = groups;
    for (size_t i = 0; i < schema->block_count; i++) {
        const iac_nested_schema *type = &schema->blocks[i];
        part child = child_named(arena, p, type->name);
        child.before_explicit = child.after_explicit = false;
        iac_diff_blocks group = { .name = type->name, .replace = matches_exactly(&child.replace),
                                  .before_sensitive = child.before_sensitive,
                                  .after_sensitive = child.after_sensitive };
        bool single = type->nesting == IAC_NEST_SINGLE || type->nesting == IAC_NEST_GROUP;
        if (!single)
            child.before_sensitive = child.after_sensitive = false;
        const iac_diff *d = !child.unknown ? diff_blocks_of(arena, &child, type)
                            : single       ? unknown(arena, &child, diff_block, type->block)
                                           : unknown_blocks(arena, &child, type);
        if (d->action == IAC_ACTION_NOOP && !child.before && !child.after)
            continue;
        if (single) {
            const iac_diff **one = iac_arena_array(arena, const iac_diff *, 1);
            one[0] = d;
            group.blocks = one;
            group.n = 1;
            group.before_sensitive = group.after_sensitive = false;
        } else {
            group.blocks = d->children;
            group.keys = d->keys;
            group.n = d->n;
        }
        groups[diff->group_count++] = group;
        diff->action = join(diff->action, d->action);
    }
}

static const iac_diff *diff_block(iac_arena *arena, const part *p, const void *arg)
{
    const iac_block_schema *schema = arg;
    const iac_diff *instead = hidden(arena, p, IAC_DIFF_SENSITIVE_BLOCK, diff_block, schema);
    if (instead)
        return instead;
    iac_diff *diff = new_diff(arena, IAC_DIFF_BLOCK, starting_action(p), matches_exactly(&p->replace));
    add_attributes(arena, diff, p, schema);
    add_blocks(arena, diff, p, schema);
    return diff;
}

/* ---- from outside ---- */

const iac_diff *iac_diff_resource(iac_arena *arena, const iac_block_schema *schema, const iac_value *before,
                                  const iac_value *after, iac_paths replace_paths, iac_matcher relevant)
{
    part p = part_of(before, after);
    p.replace = (iac_matcher){ .v = replace_paths.v, .n = replace_paths.n };
    p.relevant = relevant;
    return diff_block(arena, &p, schema);
}

const iac_diff *iac_diff_typed(iac_arena *arena, const iac_value *before, const iac_value *after, const iac_type *type)
{
    part p = part_of(before, after);
    p.relevant.always = true;
    return diff_type(arena, &p, type);
}

const iac_diff *iac_diff_values(iac_arena *arena, const iac_value *before, const iac_value *after)
{
    part p = part_of(before, after);
    p.relevant.always = true;
    return diff_type(arena, &p, &iac_type_dynamic);
}

const iac_diff *iac_diff_json(iac_arena *arena, const iac_value *before, bool before_explicit, const iac_value *after,
                              bool after_explicit)
{
    part p = part_of(before, after);
    p.before_explicit = before_explicit;
    p.after_explicit = after_explicit;
    p.relevant.always = true;
    return diff_any(arena, &p, NULL);
}
