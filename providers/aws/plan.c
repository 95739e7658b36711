/* From what is configured, and what there is, to what is planned. */
#include "providers/aws/codec.h"
#include "providers/aws/hooks.h"
#include "providers/aws/resource.h"
#include <stdlib.h>
#include <string.h>

/* Where an object stands. In a set, what the configuration leaves out is planned as "", 0 or false, not as null. */
typedef enum place { AT_TOP, IN_LIST, IN_SET } place;

static sdk_val plan_object(iacp_call *call, const aws_attrs *attrs, sdk_val config, sdk_val prior, place where);

/* One element of a set with the text that it is recognised by. */
typedef struct keyed {
    char *key;
    sdk_val value;
} keyed;

static void add_key(iac_buf *key, const aws_attrs *attrs, sdk_val object);

/* What the configuration can say of an attribute, with nothing and the default made alike. */
static void add_attr_key(iac_buf *key, const aws_attr *a, sdk_val v)
{
    json_t *json;
    char *text;

    if (sdk_is_unknown(v)) {
        iac_buf_printf(key, "%s?", a->name);
        return;
    }
    if (a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET) {
        for (size_t i = 0; sdk_is_set(v) && i < sdk_host->length(v); i++) {
            iac_buf_printf(key, "%s{", a->name);
            add_key(key, &a->nested, sdk_host->element(v, i));
            iac_buf_char(key, '}');
        }
        return;
    }
    if (aws_is_zero(v) && !a->otherwise) {
        return;
    }
    json = aws_to_json(v);
    text = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
    if (!json && a->otherwise) {
        iac_buf_printf(key, a->type == AWS_T_STRING ? "%s=\"%s\"," : "%s=%s,", a->name, a->otherwise);
    } else if (text) {
        iac_buf_printf(key, "%s=%s,", a->name, text);
    }
    free(text);
    json_decref(json);
}

static void add_key(iac_buf *key, const aws_attrs *attrs, sdk_val object)
{
    for (size_t i = 0; i < attrs->n; i++) {
        if (!(attrs->v[i].flags & AWS_A_COMPUTED)) {
            add_attr_key(key, &attrs->v[i], sdk_get(object, attrs->v[i].name));
        }
    }
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const keyed *)a)->key, ((const keyed *)b)->key);
}

static keyed *keys_of(iacp_call *call, const aws_attr *a, sdk_val set, size_t *ret_n)
{
    size_t n = sdk_is_set(set) ? sdk_host->length(set) : 0;
    keyed *list = sdk_alloc(call, (n + 1) * sizeof(*list));
    iac_buf key;

    iac_buf_init(&key, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < n; i++) {
        iac_buf_reset(&key);
        list[i].value = sdk_host->element(set, i);
        add_key(&key, &a->nested, list[i].value);
        list[i].key = sdk_strndup(call, key.p, key.n);
    }
    iac_buf_clear(&key);
    if (n > 1) {
        qsort(list, n, sizeof(*list), by_key);
    }
    *ret_n = n;
    return list;
}

/* Elements that say the same as one in the prior set stay as they are there. */
static sdk_val plan_set(iacp_call *call, const aws_attr *a, sdk_val config, sdk_val prior)
{
    size_t n, m, at = 0;
    keyed *now = keys_of(call, a, config, &n), *was = keys_of(call, a, prior, &m);
    const iacp_value **items = sdk_alloc(call, (n + 1) * sizeof(*items));

    for (size_t i = 0; i < n; i++) {
        while (at < m && strcmp(was[at].key, now[i].key) < 0) {
            at++;
        }
        sdk_val match = at < m && strcmp(was[at].key, now[i].key) == 0 ? was[at++].value : NULL;
        items[i] = plan_object(call, &a->nested, now[i].value, match, IN_SET);
    }
    return sdk_host->convert(call, sdk_host->new_tuple(call, n, items), sdk_type(a->type_json));
}

static sdk_val plan_list(iacp_call *call, const aws_attr *a, sdk_val config, sdk_val prior, place where)
{
    size_t n = sdk_host->length(config), m = sdk_is_set(prior) ? sdk_host->length(prior) : 0;
    const iacp_value **items = sdk_alloc(call, (n + 1) * sizeof(*items));

    for (size_t i = 0; i < n; i++) {
        items[i] = plan_object(call, &a->nested, sdk_host->element(config, i),
                               i < m ? sdk_host->element(prior, i) : NULL, where == IN_SET ? IN_SET : IN_LIST);
    }
    return sdk_host->convert(call, sdk_host->new_tuple(call, n, items), sdk_type(a->type_json));
}

static sdk_val plan_blocks(iacp_call *call, const aws_attr *a, sdk_val config, sdk_val prior, place where, bool is_new)
{
    sdk_val planned;

    if (sdk_is_unknown(config)) {
        return config;
    }
    if ((a->flags & AWS_A_COMPUTED) && aws_is_zero(config)) {
        return is_new ? sdk_unknown(call, a->type_json) : prior ? prior : aws_zero(call, a);
    }
    if (!sdk_is_set(config)) {
        return aws_zero(call, a);
    }
    planned = a->type == AWS_T_BLOCK_SET ? plan_set(call, a, config, prior) : plan_list(call, a, config, prior, where);
    return sdk_is_set(prior) && aws_same(planned, prior) ? prior : planned;
}

static bool is_primitive(const aws_attr *a)
{
    return a->type == AWS_T_STRING || a->type == AWS_T_NUMBER || a->type == AWS_T_BOOL;
}

static sdk_val plan_value(iacp_call *call, const aws_attr *a, sdk_val config, sdk_val prior, place where, bool is_new)
{
    if (a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET) {
        return plan_blocks(call, a, config, prior, where, is_new);
    }
    if (a->type == AWS_T_BLOCK_SINGLE || sdk_is_unknown(config)) {
        return config;
    }
    if (a->type == AWS_T_MAP && sdk_is_set(config) && !sdk_host->wholly_known(config)) {
        return sdk_unknown(call,
                           a->type_json); /* a map is known as a whole or not at all, as in Terraform's provider */
    }
    if (sdk_is_set(config)) {
        sdk_val form = aws_planned_form(call, a, config);
        return sdk_is_set(prior) && aws_equivalent(a, form, prior) ? prior : form;
    }
    if (a->flags & AWS_A_COMPUTED) {
        return is_new ? sdk_unknown(call, a->type_json) : prior;
    }
    sdk_val otherwise = aws_default(call, a);
    if (otherwise) { /* what was imported without a value has none to lose */
        return !is_new && sdk_is_null(prior) && aws_is_zero(otherwise) ? NULL : otherwise;
    }
    if (where == IN_SET && is_primitive(a)) {
        return aws_zero(call, a);
    }
    /* Nothing asked for, and nothing there: "" or 0 in the state is no difference. A collection is emptied, not nulled.
     */
    if (sdk_is_set(prior) && aws_is_zero(prior)) {
        return prior;
    }
    return sdk_is_set(prior) && !is_primitive(a) ? aws_zero(call, a) : NULL;
}

/* prior NULL or null: the object is new. */
static sdk_val plan_object(iacp_call *call, const aws_attrs *attrs, sdk_val config, sdk_val prior, place where)
{
    const char **names = sdk_alloc(call, (attrs->n + 1) * sizeof(*names));
    const iacp_value **values = sdk_alloc(call, (attrs->n + 1) * sizeof(*values));
    bool is_new = !sdk_is_set(prior);

    for (size_t i = 0; i < attrs->n; i++) {
        const aws_attr *a = &attrs->v[i];
        sdk_val v = plan_value(call, a, sdk_get(config, a->name), is_new ? NULL : sdk_get(prior, a->name), where,
                               is_new);
        names[i] = a->name;
        values[i] = v ? v : aws_null(call, a);
    }
    return sdk_host->new_object(call, attrs->n, names, values);
}

typedef IAC_VEC(const char *) paths;

static bool changes_in_place(const aws_attr *a, sdk_val prior, sdk_val planned)
{
    return a->in_place_from && strcmp(sdk_cstr(prior, ""), a->in_place_from) == 0 &&
           strcmp(sdk_cstr(planned, ""), a->in_place_to) == 0;
}

/* The paths of changes that only a replacement makes. Within a list of blocks they go down to the attributes, and
 * where blocks come or go the list is named as well. */
static void find_replacements(iacp_call *call, const char *prefix, const aws_attrs *attrs, sdk_val prior,
                              sdk_val planned, paths *ret)
{
    for (size_t i = 0; i < attrs->n; i++) {
        const aws_attr *a = &attrs->v[i];
        sdk_val was = sdk_get(prior, a->name), now = sdk_get(planned, a->name);
        const char *path = sdk_printf(call, "%s%s", prefix, a->name);
        bool blocks = a->type == AWS_T_BLOCKS;
        if (aws_same(was, now) || (aws_is_zero(was) && aws_is_zero(now))) {
            continue;
        }
        size_t n = blocks && sdk_is_set(was) ? sdk_host->length(was) : 0;
        size_t m = blocks && sdk_is_set(now) ? sdk_host->length(now) : 0;
        bool back_to_default = !planned && a->otherwise && strcmp(sdk_cstr(was, ""), a->otherwise) == 0;
        if ((a->flags & AWS_A_FORCE_NEW) && (!blocks || n != m) && !back_to_default && !changes_in_place(a, was, now)) {
            iac_vec_push(ret, path);
        }
        for (size_t k = 0; k < n || k < m; k++) {
            find_replacements(call, sdk_printf(call, "%s[%zu].", path, k), &a->nested,
                              k < n ? sdk_host->element(was, k) : NULL, k < m ? sdk_host->element(now, k) : NULL, ret);
        }
    }
}

static void recompute(aws_ctx *ctx, sdk_val prior, sdk_object *planned)
{
    for (size_t i = 0; i < ctx->desc->recomputes.n; i++) {
        const aws_recompute *r = &ctx->desc->recomputes.v[i];
        if (aws_same(sdk_get(prior, r->when), sdk_get(planned->value, r->when))) {
            continue;
        }
        for (size_t k = 0; k < r->attrs.n; k++) {
            const aws_attr *a = aws_attr_find(&ctx->desc->attrs, r->attrs.v[k]);
            sdk_set(planned, a->name, sdk_unknown(ctx->call, a->type_json));
        }
    }
}

int32_t aws_plan(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_plan *request)
{
    sdk_val prior = sdk_is_null(request->prior) ? NULL : request->prior;
    paths replaced = { 0 };

    if (sdk_is_null(request->proposed)) {
        request->ret_planned = request->proposed;
        request->ret_reversible = IACP_REVERSIBLE_NEW_IDENTITY;
        return IACP_OK;
    }
    aws_ctx ctx = aws_ctx_open(in, call, desc, request->proposed);
    sdk_object planned = { call, plan_object(call, &desc->attrs, request->config, prior, AT_TOP) };
    if (prior) {
        recompute(&ctx, prior, &planned);
    }
    if (desc->tags.style != AWS_TAGS_NONE) {
        aws_tags_plan(&ctx, prior, &planned);
    }
    request->ret_planned = sdk_host->convert(call, planned.value, sdk_type(desc->type_json));
    request->ret_reversible = IACP_REVERSIBLE_FULLY;
    if (prior) {
        find_replacements(call, "", &desc->attrs, prior, request->ret_planned, &replaced);
        const char **list = sdk_alloc(call, (replaced.n + 1) * sizeof(*list));
        for (size_t i = 0; i < replaced.n; i++) {
            list[i] = replaced.v[i];
        }
        request->ret_requires_replace = list;
        request->ret_requires_replace_count = replaced.n;
        request->ret_reversible = replaced.n ? IACP_REVERSIBLE_NEW_IDENTITY : IACP_REVERSIBLE_FULLY;
    }
    iac_vec_clear(&replaced);
    aws_ctx_close(&ctx);
    return IACP_OK;
}
