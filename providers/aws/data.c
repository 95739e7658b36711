/* Data sources. */
#include "providers/aws/hooks.h"
#include <stdlib.h>
#include <string.h>

/* The configuration with nothing but null where it sets nothing. */
static sdk_object from_config(iacp_call *call, const aws_desc *desc, sdk_val config)
{
    const char **names = sdk_alloc(call, (desc->attrs.n + 1) * sizeof(*names));
    const iacp_value **values = sdk_alloc(call, (desc->attrs.n + 1) * sizeof(*values));

    for (size_t i = 0; i < desc->attrs.n; i++) {
        const aws_attr *a = &desc->attrs.v[i];
        sdk_val v = sdk_get(config, a->name);
        bool blocks = a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET;
        names[i] = a->name;
        values[i] = sdk_is_set(v) && !(blocks && aws_is_zero(v)) ? v : aws_null(call, a);
    }
    return (sdk_object){ call, sdk_host->new_object(call, desc->attrs.n, names, values) };
}

int32_t aws_read_data(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_read_data *request)
{
    aws_ctx ctx = aws_ctx_open(in, call, desc, request->config);
    sdk_object state = from_config(call, desc, request->config);
    const aws_hooks *hooks = desc->hooks;
    json_t *input = aws_keep(&ctx, json_object()), *answer = NULL;
    const aws_step *step = desc->steps.n ? &desc->steps.v[0] : NULL;
    int32_t status = IACP_OK;
    aws_error error;

    if (step && !hooks->data_needs_no_call) {
        if (hooks->data_request) {
            hooks->data_request(&ctx, request->config, input);
        }
        answer = aws_run_step(&ctx, step, input, &error);
        if (!answer) {
            status = aws_diagnose(call, desc->service, step->op, &error,
                                  hooks->data_doing ? hooks->data_doing : sdk_printf(call, "reading %s", desc->label));
        }
    }
    for (size_t i = 0; answer && i < desc->attrs.n; i++) {
        const aws_attr *a = &desc->attrs.v[i];
        sdk_val v = a->read ? aws_from_json(call, a, aws_tree_get(answer, a->read)) : NULL;
        if (v) {
            sdk_set(&state, a->name, v);
        }
    }
    if (status == IACP_OK) {
        status = hooks->data_state(&ctx, request->config, answer, &state);
    }
    if (status == IACP_OK) {
        request->ret_state = sdk_host->convert(call, state.value, sdk_type(desc->type_json));
    }
    aws_ctx_close(&ctx);
    return status;
}

/* ---- aws_availability_zones ---- */

static void zones_request(aws_ctx *ctx, sdk_val config, json_t *input)
{
    sdk_val filters = sdk_get(config, "filter"), state = sdk_get(config, "state");
    json_t *list = json_array();

    (void)ctx;
    if (sdk_is_set(sdk_get(config, "all_availability_zones"))) {
        json_object_set_new(input, "AllAvailabilityZones",
                            json_boolean(sdk_bool(sdk_get(config, "all_availability_zones"), false)));
    }
    if (sdk_is_set(state)) {
        json_array_append_new(list, json_pack("{s:s,s:[s]}", "Name", "state", "Values", sdk_cstr(state, "")));
    }
    for (size_t i = 0; sdk_is_set(filters) && i < sdk_host->length(filters); i++) {
        sdk_val filter = sdk_host->element(filters, i);
        json_t *values = aws_to_json(sdk_get(filter, "values"));
        json_array_append_new(list, json_pack("{s:s,s:o}", "Name", sdk_cstr(sdk_get(filter, "name"), ""), "Values",
                                              values ? values : json_array()));
    }
    if (json_array_size(list)) {
        json_object_set_new(input, "Filters", list);
    } else {
        json_decref(list);
    }
}

static bool contains(sdk_val set, const char *text)
{
    for (size_t i = 0; sdk_is_set(set) && i < sdk_host->length(set); i++) {
        if (strcmp(sdk_cstr(sdk_host->element(set, i), ""), text) == 0) {
            return true;
        }
    }
    return false;
}

static int by_zone_name(const void *a, const void *b)
{
    return strcmp(aws_tree_str(*(json_t *const *)a, "ZoneName"), aws_tree_str(*(json_t *const *)b, "ZoneName"));
}

static int32_t zones_state(aws_ctx *ctx, sdk_val config, json_t *answer, sdk_object *state)
{
    json_t *zones = aws_tree_get(answer, "AvailabilityZones"), *zone;
    size_t n = json_array_size(zones), i, kept = 0;
    json_t **sorted = sdk_alloc(ctx->call, (n + 1) * sizeof(*sorted));
    const iacp_value **names = sdk_alloc(ctx->call, (n + 1) * sizeof(*names));
    const iacp_value **ids = sdk_alloc(ctx->call, (n + 1) * sizeof(*ids));
    const iacp_value **groups = sdk_alloc(ctx->call, (n + 1) * sizeof(*groups));
    const iacp_type *string = sdk_type("string");

    if (n == 0) {
        return sdk_error(ctx->call, NULL, "no matching AZ found", NULL);
    }
    json_array_foreach(zones, i, zone) {
        sorted[i] = zone;
    }
    if (n > 1) {
        qsort(sorted, n, sizeof(*sorted), by_zone_name);
    }
    for (i = 0; i < n; i++) {
        const char *name = aws_tree_str(sorted[i], "ZoneName"), *id = aws_tree_str(sorted[i], "ZoneId");
        if (contains(sdk_get(config, "exclude_names"), name) || contains(sdk_get(config, "exclude_zone_ids"), id)) {
            continue;
        }
        names[kept] = sdk_new_cstr(ctx->call, name);
        ids[kept] = sdk_new_cstr(ctx->call, id);
        groups[kept++] = sdk_new_cstr(ctx->call, aws_tree_str(sorted[i], "GroupName"));
    }
    sdk_set(state, "id", sdk_new_cstr(ctx->call, ctx->in->region));
    sdk_set(state, "names", sdk_host->new_list(ctx->call, string, kept, names));
    sdk_set(state, "zone_ids", sdk_host->new_list(ctx->call, string, kept, ids));
    sdk_set(state, "group_names", sdk_host->new_set(ctx->call, string, kept, groups));
    return IACP_OK;
}

const aws_hooks aws_hooks_availability_zones = { .name = "availability_zones", .data_request = zones_request,
                                                 .data_state = zones_state,
                                                 .data_doing = "fetching Availability Zones" };

/* ---- aws_caller_identity ---- */

static int32_t identity_state(aws_ctx *ctx, sdk_val config, json_t *answer, sdk_object *state)
{
    (void)ctx;
    (void)config;
    (void)answer;
    sdk_set(state, "id", sdk_get(state->value, "account_id"));
    return IACP_OK;
}

const aws_hooks aws_hooks_caller_identity = { .name = "caller_identity", .data_state = identity_state };

/* ---- aws_region ---- */

static const struct {
    const char *name, *description;
} regions[] = {
    { "af-south-1", "Africa (Cape Town)" },       { "ap-east-1", "Asia Pacific (Hong Kong)" },
    { "ap-east-2", "Asia Pacific (Taipei)" },     { "ap-northeast-1", "Asia Pacific (Tokyo)" },
    { "ap-northeast-2", "Asia Pacific (Seoul)" }, { "ap-northeast-3", "Asia Pacific (Osaka)" },
    { "ap-south-1", "Asia Pacific (Mumbai)" },    { "ap-south-2", "Asia Pacific (Hyderabad)" },
    { "ap-southeast-1", "Asia Pacific (Singapore)" }, { "ap-southeast-2", "Asia Pacific (Sydney)" },
    { "ap-southeast-3", "Asia Pacific (Jakarta)" }, { "ap-southeast-4", "Asia Pacific (Melbourne)" },
    { "ap-southeast-5", "Asia Pacific (Malaysia)" }, { "ap-southeast-7", "Asia Pacific (Thailand)" },
    { "ca-central-1", "Canada (Central)" },       { "ca-west-1", "Canada West (Calgary)" },
    { "cn-north-1", "China (Beijing)" },          { "cn-northwest-1", "China (Ningxia)" },
    { "eu-central-1", "Europe (Frankfurt)" },     { "eu-central-2", "Europe (Zurich)" },
    { "eu-north-1", "Europe (Stockholm)" },       { "eu-south-1", "Europe (Milan)" },
    { "eu-south-2", "Europe (Spain)" },           { "eu-west-1", "Europe (Ireland)" },
    { "eu-west-2", "Europe (London)" },           { "eu-west-3", "Europe (Paris)" },
    { "il-central-1", "Israel (Tel Aviv)" },      { "me-central-1", "Middle East (UAE)" },
    { "me-south-1", "Middle East (Bahrain)" },    { "mx-central-1", "Mexico (Central)" },
    { "sa-east-1", "South America (Sao Paulo)" }, { "us-east-1", "US East (N. Virginia)" },
    { "us-east-2", "US East (Ohio)" },            { "us-gov-east-1", "AWS GovCloud (US-East)" },
    { "us-gov-west-1", "AWS GovCloud (US-West)" }, { "us-iso-east-1", "US ISO East" },
    { "us-iso-west-1", "US ISO WEST" },           { "us-isob-east-1", "US ISOB East (Ohio)" },
    { "us-west-1", "US West (N. California)" },   { "us-west-2", "US West (Oregon)" },
};

static const char *region_endpoint(iacp_call *call, const char *region)
{
    return sdk_printf(call, "ec2.%s.%s", region, aws_partition_of(region)->dns_suffix);
}

static int32_t region_state(aws_ctx *ctx, sdk_val config, json_t *answer, sdk_object *state)
{
    const char *name = sdk_cstr(sdk_get(config, "name"), NULL), *endpoint = sdk_cstr(sdk_get(config, "endpoint"), NULL);
    const char *wanted = name || endpoint ? name : ctx->in->region, *missing = "couldn't find resource";
    size_t by_name = SIZE_MAX, by_endpoint = SIZE_MAX;

    (void)answer;
    for (size_t i = 0; i < IAC_COUNT(regions); i++) {
        if (wanted && strcmp(regions[i].name, wanted) == 0) {
            by_name = i;
        }
        if (endpoint && strcmp(region_endpoint(ctx->call, regions[i].name), endpoint) == 0) {
            by_endpoint = i;
        }
    }
    if (endpoint && by_endpoint == SIZE_MAX) {
        return sdk_error(ctx->call, NULL, sdk_printf(ctx->call, "finding Region by endpoint (%s)", endpoint), "%s",
                         missing);
    }
    if (name && by_name == SIZE_MAX) {
        return sdk_error(ctx->call, NULL, sdk_printf(ctx->call, "finding Region by name (%s)", name), "%s", missing);
    }
    if (name && endpoint && by_name != by_endpoint) {
        return sdk_error(ctx->call, NULL, "multiple Regions matched",
                         "use additional constraints to reduce matches to a single Region");
    }
    size_t at = endpoint ? by_endpoint : by_name; /* the provider's own region may be a new one */
    const char *found = at == SIZE_MAX ? wanted : regions[at].name;
    const char *description = at == SIZE_MAX ? "" : regions[at].description;
    sdk_set(state, "id", sdk_new_cstr(ctx->call, found));
    sdk_set(state, "name", sdk_new_cstr(ctx->call, found));
    sdk_set(state, "description", sdk_new_cstr(ctx->call, description));
    sdk_set(state, "endpoint", sdk_new_cstr(ctx->call, region_endpoint(ctx->call, found)));
    return IACP_OK;
}

const aws_hooks aws_hooks_region = { .name = "region", .data_state = region_state, .data_needs_no_call = true };
