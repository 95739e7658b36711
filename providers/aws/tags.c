/* tags, tags_all, default_tags and ignore_tags. */
#include "providers/aws/resource.h"
#include <string.h>

#define TOKEN_TAG "iac:operation"
#define MOST_TAGS 50 /* of an object, in every service */

/* A map of tags being put together in a tree of texts. */
static sdk_val to_map(iacp_call *call, const json_t *tags)
{
    static const aws_attr map = { .type = AWS_T_MAP };

    return aws_from_json(call, &map, tags);
}

static json_t *from_map(sdk_val tags)
{
    json_t *json = aws_to_json(tags);

    return json ? json : json_object();
}

static bool is_ignored(const aws_instance *in, const char *key)
{
    if (strncmp(key, "aws:", 4) == 0 || strcmp(key, TOKEN_TAG) == 0) {
        return true;
    }
    for (size_t i = 0; i < in->ignore_keys.n; i++) {
        if (strcmp(in->ignore_keys.v[i], key) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < in->ignore_prefixes.n; i++) {
        if (strncmp(key, in->ignore_prefixes.v[i], strlen(in->ignore_prefixes.v[i])) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *merged(const aws_instance *in, sdk_val tags)
{
    json_t *all = json_object(), *own = from_map(tags);

    for (size_t i = 0; i < in->default_tag_count; i++) {
        json_object_set_new(all, in->default_tags[i].key, json_string(in->default_tags[i].value));
    }
    json_object_update(all, own);
    json_decref(own);
    return all;
}

static void drop_ignored(const aws_instance *in, json_t *tags)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(tags, next, key, value) {
        if (is_ignored(in, key)) {
            json_object_del(tags, key);
        }
    }
}

sdk_val aws_tags_merged(aws_instance *in, iacp_call *call, sdk_val tags)
{
    json_t *all = merged(in, tags);
    sdk_val v;

    drop_ignored(in, all);
    v = to_map(call, all);
    json_decref(all);
    return v;
}

static bool has_empty_value(sdk_val tags)
{
    for (size_t i = 0; sdk_is_set(tags) && i < sdk_host->length(tags); i++) {
        sdk_val v = sdk_host->element(tags, i);
        if (sdk_is_set(v) && sdk_str(v).n == 0) {
            return true;
        }
    }
    return false;
}

/* tags_all is what the provider's default_tags and the resource's tags make together. On a create without any, and when
 * a value is not known or empty, Terraform's provider leaves it to be known after apply; so is it here. */
void aws_tags_plan(aws_ctx *ctx, sdk_val prior, sdk_object *planned)
{
    sdk_val tags = sdk_get(planned->value, "tags");
    sdk_val unknown = sdk_unknown(ctx->call, "[\"map\",\"string\"]");

    if (!ctx->in->configured || sdk_is_unknown(tags) || (tags && !sdk_host->wholly_known(tags))) {
        sdk_set(planned, "tags_all", unknown);
        return;
    }
    sdk_val all = aws_tags_merged(ctx->in, ctx->call, tags), old = sdk_get(prior, "tags_all");
    if (!sdk_is_set(prior)) {
        sdk_set(planned, "tags_all", aws_is_zero(all) || has_empty_value(all) ? unknown : all);
    } else if (aws_same(all, old)) {
        sdk_set(planned, "tags_all", old);
    } else {
        sdk_set(planned, "tags_all", has_empty_value(all) ? unknown : all);
    }
}

/* Tags as an API wants them: a list of key and value members. */
static json_t *pairs(const aws_tags_desc *t, const json_t *tags)
{
    bool ec2 = t->style == AWS_TAGS_EC2;
    json_t *list = json_array(), *value;
    const char *key;

    json_object_foreach((json_t *)tags, key, value) {
        json_t *pair = json_object();
        json_object_set_new(pair, ec2 ? "Key" : t->key, json_string(key));
        json_object_set(pair, ec2 ? "Value" : t->value, value);
        json_array_append_new(list, pair);
    }
    return list;
}

void aws_tags_fill_create(aws_ctx *ctx, sdk_val planned, json_t *input)
{
    const aws_tags_desc *t = &ctx->desc->tags;
    json_t *all = merged(ctx->in, sdk_get(planned, "tags"));

    drop_ignored(ctx->in, all);
    if (ctx->tags_token) {
        json_object_set_new(all, TOKEN_TAG, json_string(ctx->token));
    }
    if (t->style != AWS_TAGS_NONE && json_object_size(all) > 0) {
        json_t *list = pairs(t, all);
        if (t->style == AWS_TAGS_EC2) {
            json_object_set_new(input, "TagSpecifications",
                                json_pack("[{s:s,s:o}]", "ResourceType", t->type, "Tags", list));
        } else {
            json_object_set_new(input, t->member, list);
        }
    }
    json_decref(all);
}

/* One of the two calls of an update. `tags`: what is set, or the keys that go. */
static bool call_change(aws_ctx *ctx, const aws_op *op, json_t *tags, bool remove, aws_error *ret_error)
{
    const aws_tags_desc *t = &ctx->desc->tags;
    json_t *input = aws_keep(ctx, json_object()), *answer = NULL, *value;
    aws_request request = { .service = ctx->desc->service, .op = op, .input = input };
    const char *key;

    if (t->style == AWS_TAGS_EC2) {
        json_object_set_new(input, "Resources", json_pack("[s]", ctx->id));
    } else {
        json_object_set_new(input, t->arn, json_string(aws_expand(ctx, "{arn}")));
    }
    if (t->style == AWS_TAGS_LIST && remove) {
        json_t *keys = json_array();
        json_object_foreach(tags, key, value) {
            json_array_append_new(keys, json_string(key));
        }
        json_object_set_new(input, t->del_keys, keys);
    } else {
        json_object_set_new(input, t->style == AWS_TAGS_EC2 ? "Tags" : t->member, pairs(t, tags));
    }
    if (!aws_call(ctx->in, ctx->call, &request, &answer, ret_error)) {
        return false;
    }
    aws_keep(ctx, answer);
    return true;
}

static int32_t change(aws_ctx *ctx, const aws_op *op, json_t *tags, bool remove)
{
    aws_error error;

    if (call_change(ctx, op, tags, remove, &error)) {
        return IACP_OK;
    }
    return aws_diagnose(ctx->call, ctx->desc->service, op, &error,
                        sdk_printf(ctx->call, "updating tags for %s (%s): %s", ctx->desc->label, ctx->id,
                                   remove ? "untagging resource" : "tagging resource"));
}

bool aws_tags_can_bear_token(const aws_ctx *ctx, sdk_val planned)
{
    json_t *all = merged(ctx->in, sdk_get(planned, "tags"));
    size_t n;

    drop_ignored(ctx->in, all);
    n = json_object_size(all);
    json_decref(all);
    return ctx->token && ctx->desc->bears_token && n < MOST_TAGS;
}

void aws_tags_drop_token(aws_ctx *ctx, const char *token)
{
    json_t *tag = aws_keep(ctx, json_pack("{s:s}", TOKEN_TAG, token));
    aws_error error;

    if (!call_change(ctx, ctx->desc->tags.del, tag, true, &error)) {
        sdk_warning(ctx->call, NULL, sdk_printf(ctx->call, "The tag %s is left on %s (%s)", TOKEN_TAG,
                                                ctx->desc->label, ctx->id),
                    "The object was made with it, so that it can be told from others should the run be interrupted. It "
                    "could not be removed: %s: %s", error.code, error.message);
    }
}

int32_t aws_tags_update(aws_ctx *ctx, sdk_val prior, sdk_val planned)
{
    const aws_tags_desc *t = &ctx->desc->tags;
    json_t *old = aws_keep(ctx, from_map(sdk_get(prior, "tags_all")));
    json_t *all = aws_keep(ctx, merged(ctx->in, sdk_get(planned, "tags")));
    json_t *removed = aws_keep(ctx, json_object()), *set = aws_keep(ctx, json_object()), *value;
    const char *key;

    if (t->style == AWS_TAGS_NONE) {
        return IACP_OK;
    }
    drop_ignored(ctx->in, all);
    json_object_foreach(old, key, value) {
        if (!json_object_get(all, key) && !is_ignored(ctx->in, key)) {
            json_object_set(removed, key, value);
        }
    }
    json_object_foreach(all, key, value) {
        if (!json_equal(value, json_object_get(old, key))) {
            json_object_set(set, key, value);
        }
    }
    if (json_object_size(removed) && change(ctx, t->del, removed, true) != IACP_OK) {
        return IACP_ERROR;
    }
    return json_object_size(set) ? change(ctx, t->set, set, false) : IACP_OK;
}

/* A default tag belongs to tags only where the resource's own configuration sets it too. */
static bool is_default(const aws_instance *in, const char *key, const char *value, sdk_val own)
{
    for (size_t i = 0; i < in->default_tag_count; i++) {
        if (strcmp(in->default_tags[i].key, key) == 0) {
            return strcmp(in->default_tags[i].value, value) == 0 && !sdk_is_set(sdk_get(own, key));
        }
    }
    return false;
}

void aws_tags_read(aws_ctx *ctx, json_t *answer, sdk_val known, sdk_object *state)
{
    const aws_tags_desc *t = &ctx->desc->tags;
    bool ec2 = t->style == AWS_TAGS_EC2;
    json_t *all = aws_keep(ctx, json_object()), *own = aws_keep(ctx, json_object()), *pair, *value;
    sdk_val was = sdk_get(known, "tags");
    const char *key;
    size_t i;

    ctx->token_tag = NULL;
    json_array_foreach(answer, i, pair) {
        key = aws_tree_str(pair, ec2 ? "Key" : t->key);
        if (strcmp(key, TOKEN_TAG) == 0) {
            const char *token = aws_tree_str(pair, ec2 ? "Value" : t->value);
            ctx->token_tag = sdk_strndup(ctx->call, token, strlen(token));
        }
        if (key[0] && !is_ignored(ctx->in, key)) {
            json_object_set_new(all, key, json_string(aws_tree_str(pair, ec2 ? "Value" : t->value)));
        }
    }
    json_object_foreach(all, key, value) {
        if (!is_default(ctx->in, key, json_string_value(value), was)) {
            json_object_set(own, key, value);
        }
    }
    sdk_set(state, "tags", to_map(ctx->call, own));
    sdk_set(state, "tags_all", to_map(ctx->call, all));
}
