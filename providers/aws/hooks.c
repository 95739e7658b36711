/* What single types do beside their description. */
#include "providers/aws/hooks.h"
#include <string.h>

#define POLL_MS 500
#define ASSOCIATION_POLLS 360

/* Runs an operation that a hook names; the answer is kept by ctx, NULL after a diagnostic. */
static json_t *run(aws_ctx *ctx, const char *op_name, json_t *input, const char *doing)
{
    const aws_op *op = aws_op_find(ctx->desc->service, op_name);
    aws_request request = { .service = ctx->desc->service, .op = op, .input = aws_keep(ctx, input) };
    json_t *answer = NULL;
    aws_error error;

    if (!aws_call(ctx->in, ctx->call, &request, &answer, &error)) {
        aws_diagnose(ctx->call, ctx->desc->service, op, &error, doing);
        return NULL;
    }
    return aws_keep(ctx, answer);
}

/* How the IPv6 ranges of VPCs and subnets are told apart. */
typedef struct ranges {
    const char *associate, *disassociate; /* operations */
    const char *describe, *ids, *list;
    const char *association; /* in the answer of associate */
} ranges;

static const ranges vpc_ranges = { "AssociateVpcCidrBlock",
                                   "DisassociateVpcCidrBlock",
                                   "DescribeVpcs",
                                   "VpcIds",
                                   "Vpcs",
                                   "Ipv6CidrBlockAssociation.AssociationId" };
static const ranges subnet_ranges = { "AssociateSubnetCidrBlock", "DisassociateSubnetCidrBlock", "DescribeSubnets",
                                      "SubnetIds", "Subnets", "Ipv6CidrBlockAssociation.AssociationId" };

/* Waits until the association is in the state, or (state NULL) is gone. */
static int32_t wait_for_range(aws_ctx *ctx, const ranges *r, const char *association, const char *state,
                              const char *doing)
{
    const char *path = sdk_printf(
        ctx->call, "%s.0.Ipv6CidrBlockAssociationSet[AssociationId=%s].Ipv6CidrBlockState.State", r->list, association);

    for (unsigned i = 0; i < ASSOCIATION_POLLS; i++) {
        json_t *answer = run(ctx, r->describe, json_pack("{s:[s]}", r->ids, ctx->id), doing);
        if (!answer) {
            return IACP_ERROR;
        }
        const char *now = aws_tree_str(answer, path);
        bool gone = !now[0] || strcmp(now, "disassociated") == 0;
        if (state ? strcmp(now, state) == 0 : gone) {
            return IACP_OK;
        }
        if (strcmp(now, "failed") == 0) {
            return sdk_error(ctx->call, "ipv6_cidr_block", sdk_printf(ctx->call, "%s: the association failed", doing),
                             NULL);
        }
        if (sdk_host->wait(ctx->call, POLL_MS)) {
            return sdk_error(ctx->call, NULL, sdk_printf(ctx->call, "%s: interrupted", doing), NULL);
        }
    }
    return sdk_error(ctx->call, "ipv6_cidr_block",
                     sdk_printf(ctx->call, "%s: timeout while waiting for state to become '%s'", doing,
                                state ? state : "disassociated"), NULL);
}

static int32_t drop_range(aws_ctx *ctx, const ranges *r, const char *association)
{
    const char *doing = sdk_printf(ctx->call, "disassociating %s (%s) IPv6 CIDR block (%s)", ctx->desc->label, ctx->id,
                                   association);

    if (!association[0]) {
        return IACP_OK;
    }
    if (!run(ctx, r->disassociate, json_pack("{s:s}", "AssociationId", association), doing)) {
        return IACP_ERROR;
    }
    return wait_for_range(ctx, r, association, NULL, doing);
}

static int32_t add_range(aws_ctx *ctx, const ranges *r, json_t *input)
{
    const char *doing = sdk_printf(ctx->call, "associating %s (%s) IPv6 CIDR block", ctx->desc->label, ctx->id);
    json_t *answer = run(ctx, r->associate, input, doing);

    if (!answer) {
        return IACP_ERROR;
    }
    return wait_for_range(ctx, r, aws_tree_str(answer, r->association), "associated", doing);
}

static void set_text(json_t *input, const char *member, sdk_val v)
{
    if (sdk_str(v).n) {
        json_object_set_new(input, member, json_string(sdk_cstr(v, "")));
    }
}

static bool differs(sdk_val prior, sdk_val planned, const char *name)
{
    return !aws_same(sdk_get(prior, name), sdk_get(planned, name));
}

static int32_t vpc_update(aws_ctx *ctx, sdk_val prior, sdk_val planned)
{
    bool amazon = sdk_bool(sdk_get(planned, "assign_generated_ipv6_cidr_block"), false);
    sdk_val pool = sdk_get(planned, "ipv6_ipam_pool_id");

    if (!differs(prior, planned, "assign_generated_ipv6_cidr_block") && !differs(prior, planned, "ipv6_ipam_pool_id") &&
        !differs(prior, planned, "ipv6_cidr_block")) {
        return IACP_OK;
    }
    if (drop_range(ctx, &vpc_ranges, sdk_cstr(sdk_get(prior, "ipv6_association_id"), "")) != IACP_OK) {
        return IACP_ERROR;
    }
    if (!amazon && !sdk_str(pool).n) {
        return IACP_OK;
    }
    json_t *input = json_pack("{s:s}", "VpcId", ctx->id);
    if (amazon) {
        json_object_set_new(input, "AmazonProvidedIpv6CidrBlock", json_true());
    }
    set_text(input, "Ipv6CidrBlockNetworkBorderGroup", sdk_get(planned, "ipv6_cidr_block_network_border_group"));
    set_text(input, "Ipv6IpamPoolId", pool);
    set_text(input, "Ipv6CidrBlock", sdk_get(planned, "ipv6_cidr_block"));
    if (sdk_int(sdk_get(planned, "ipv6_netmask_length"), 0)) {
        json_object_set_new(input, "Ipv6NetmaskLength",
                            json_integer(sdk_int(sdk_get(planned, "ipv6_netmask_length"), 0)));
    }
    return add_range(ctx, &vpc_ranges, input);
}

static int32_t subnet_update(aws_ctx *ctx, sdk_val prior, sdk_val planned)
{
    sdk_val range = sdk_get(planned, "ipv6_cidr_block");

    if (!differs(prior, planned, "ipv6_cidr_block")) {
        return IACP_OK;
    }
    /* The range cannot go while new interfaces get addresses from it. */
    if (sdk_bool(sdk_get(prior, "assign_ipv6_address_on_creation"), false) &&
        !run(ctx, "ModifySubnetAttribute",
             json_pack("{s:s,s:{s:b}}", "SubnetId", ctx->id, "AssignIpv6AddressOnCreation", "Value", 0),
             sdk_printf(ctx->call, "updating %s (%s)", ctx->desc->label, ctx->id))) {
        return IACP_ERROR;
    }
    if (drop_range(ctx, &subnet_ranges, sdk_cstr(sdk_get(prior, "ipv6_cidr_block_association_id"), "")) != IACP_OK) {
        return IACP_ERROR;
    }
    if (!sdk_str(range).n) {
        return IACP_OK;
    }
    return add_range(ctx, &subnet_ranges, json_pack("{s:s,s:s}", "SubnetId", ctx->id, "Ipv6CidrBlock",
                                                    sdk_cstr(range, "")));
}

/* "arn:...:task-definition/family:3" without the ":3". */
static void task_definition_read(aws_ctx *ctx, json_t *answer, sdk_object *state)
{
    iac_str arn = sdk_str(sdk_get(state->value, "arn"));
    size_t n = arn.n;

    (void)answer;
    while (n > 0 && arn.p[n - 1] != ':') {
        n--;
    }
    sdk_set(state, "arn_without_revision", sdk_new_str(ctx->call, n > 0 ? iac_str_sub(arn, 0, n - 1) : arn));
    if (sdk_is_null(sdk_get(state->value, "track_latest"))) {
        sdk_set(state, "track_latest", sdk_host->new_bool(ctx->call, 0));
    }
}

static int32_t task_definition_import(aws_ctx *ctx, sdk_object *state)
{
    iac_str arn = iac_str_of(ctx->import_id);
    size_t slash = iac_str_find_char(arn, '/', 0), colon = arn.n;

    while (colon > 0 && arn.p[colon - 1] != ':') {
        colon--;
    }
    if (slash == SIZE_MAX || colon <= slash + 1 || !iac_str_starts(arn, IAC_STR("arn:"))) {
        return sdk_error(ctx->call, NULL,
                         sdk_printf(ctx->call,
                                    "unexpected format for ID (%s), expected the ARN of a task "
                                    "definition",
                                    ctx->import_id),
                         NULL);
    }
    iac_str family = iac_str_sub(arn, slash + 1, colon - 1);
    sdk_set(state, "id", sdk_new_str(ctx->call, family));
    sdk_set(state, "family", sdk_new_str(ctx->call, family));
    sdk_set(state, "arn", sdk_new_str(ctx->call, arn));
    return IACP_OK;
}


static const aws_hooks vpc = { .name = "vpc", .update = vpc_update };
static const aws_hooks subnet = { .name = "subnet", .update = subnet_update };
static const aws_hooks ecs_task_definition = { .name = "ecs_task_definition", .after_read = task_definition_read,
                                               .import = task_definition_import };

const aws_hooks *aws_hooks_find(const char *name)
{
    static const aws_hooks *const all[] = { &vpc, &subnet, &ecs_task_definition, &aws_hooks_availability_zones,
                                            &aws_hooks_caller_identity, &aws_hooks_region };

    for (size_t i = 0; i < IAC_COUNT(all); i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}
