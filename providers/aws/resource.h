/* resource.h - the interpreter of descriptions: plans, makes, changes, reads and deletes objects of any described type.
 * Layer: providers/aws. Thread-safe: everything of one operation is in its aws_ctx. */
#ifndef AWS_RESOURCE_H
#define AWS_RESOURCE_H
#include "providers/aws/client.h"
#include "providers/aws/desc.h"

/* One operation on one object. */
typedef struct aws_ctx {
    aws_instance *in;
    iacp_call *call;
    const aws_desc *desc;
    json_t *keep;      /* a list that owns the trees made on the way */
    const char *id;    /* "" while there is none */
    const char *token; /* idempotency token of the change, or NULL */
    const char *token_tag; /* the token that the object was seen to bear when it was read last, or NULL */
    bool tags_token;       /* the create request gives the object its token as a tag */
    const char *import_id; /* while importing */
    sdk_val state;     /* what {references} read: the planned or the prior object */
} aws_ctx;

aws_ctx aws_ctx_open(aws_instance *in, iacp_call *call, const aws_desc *desc, sdk_val state);
void aws_ctx_close(aws_ctx *ctx);
/* Gives a tree into the operation's keeping and returns it. */
json_t *aws_keep(aws_ctx *ctx, json_t *tree);

/* expr.c: text with {references} to attributes, id, region, partition, account, dns_suffix, import. */
const char *aws_expand(aws_ctx *ctx, const char *text);
/* The same for an argument of a call: a lone {attr} keeps its type. NULL: nothing to send. */
json_t *aws_expand_json(aws_ctx *ctx, const char *text);
/* attr=value or attr!=value. A NULL condition holds. */
bool aws_condition(aws_ctx *ctx, const char *condition);

/* value.c: values of the language and trees. */
json_t *aws_to_json(sdk_val v); /* new reference; NULL for null and unknown */
/* By the type of the attribute; NULL when json does not fit it. */
sdk_val aws_from_json(iacp_call *call, const aws_attr *attr, const json_t *json);
sdk_val aws_zero(iacp_call *call, const aws_attr *attr);
sdk_val aws_null(iacp_call *call, const aws_attr *attr);
bool aws_is_zero(sdk_val v); /* null, "", 0, false or empty */
bool aws_same(sdk_val a, sdk_val b);
sdk_val aws_default(iacp_call *call, const aws_attr *attr); /* NULL: it has none */
bool aws_json_equal(iac_str a, iac_str b); /* two JSON texts that mean the same */

/* request.c: the members of a request that attributes fill. */
typedef enum aws_which { AWS_FOR_CREATE, AWS_FOR_UPDATE } aws_which;
void aws_fill_request(aws_ctx *ctx, const aws_op *op, aws_which which, sdk_val object, json_t *input);
void aws_fill_args(aws_ctx *ctx, const aws_step *step, json_t *input);
/* A value as the request wants it; new reference or NULL. */
json_t *aws_request_value(aws_ctx *ctx, const aws_attr *attr, sdk_val v, const aws_shape *shape, aws_which which);
const aws_shape *aws_shape_at(const aws_service *service, const aws_op *op, const char *path);

/* read.c */
typedef enum aws_read_result { AWS_READ_OK, AWS_READ_GONE, AWS_READ_ERROR } aws_read_result;
/* Reads the object ctx->id; with AWS_READ_ERROR a diagnostic was given. `known` is the state or plan that says what the
 * API does not; `main` is the answer's node when it was read already (in a batch), else NULL. */
aws_read_result aws_read_object(aws_ctx *ctx, sdk_val known, json_t *main, sdk_val *ret);
/* The main node of the object's answer, kept by ctx; NULL when it cannot be read. Gives no diagnostic. */
json_t *aws_read_node(aws_ctx *ctx);
/* Runs one call of the description; the answer is kept by ctx, NULL with *ret_error set. */
json_t *aws_run_step(aws_ctx *ctx, const aws_step *step, json_t *input, aws_error *ret_error);
bool aws_is_not_found(const aws_desc *desc, const aws_error *error);
int32_t aws_read_many(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_read *const *requests, size_t n);

/* wait.c */
int32_t aws_wait(aws_ctx *ctx, aws_verb verb, const char *doing);
/* Seconds that timeouts { name } gives, else `otherwise`. */
long aws_timeout(aws_ctx *ctx, const char *name, long otherwise);
/* Tells whether a failed call is to be tried again: the description's retry lines. */
bool aws_should_retry(const aws_desc *desc, aws_verb verb, const aws_error *error, long *ret_seconds);

/* tags.c: tag maps as values of the language; NULL for none. */
sdk_val aws_tags_merged(aws_instance *in, iacp_call *call, sdk_val tags); /* with default_tags */
void aws_tags_plan(aws_ctx *ctx, sdk_val prior, sdk_object *planned);
void aws_tags_fill_create(aws_ctx *ctx, sdk_val planned, json_t *input);
int32_t aws_tags_update(aws_ctx *ctx, sdk_val prior, sdk_val planned);
/* The tag that holds a change's token tells an object from others like it until its id is in the journal. Whether one
 * as planned can have it: there is a limit to the number of tags. */
bool aws_tags_can_bear_token(const aws_ctx *ctx, sdk_val planned);
/* Takes it off the object, which bears the token given; warns when it cannot. */
void aws_tags_drop_token(aws_ctx *ctx, const char *token);
void aws_tags_read(aws_ctx *ctx, json_t *answer, sdk_val known, sdk_object *state);

/* plan.c, crud.c, validate.c, data.c: the functions of the ABI. */
int32_t aws_plan(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_plan *request);
int32_t aws_apply(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_apply *request);
int32_t aws_apply_poll(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_apply *request);
typedef enum aws_pending {
    AWS_PENDING_NOT,      /* the bytes are not of a pending creation */
    AWS_PENDING_UNTAGGED, /* the object was to be made without the token as a tag */
    AWS_PENDING_MADE,     /* it was made: ctx has its id and what else the answer told */
} aws_pending;
/* Takes up a creation from what apply was pending with. */
aws_pending aws_take_up(aws_ctx *ctx, iacp_bytes pending);
int32_t aws_find(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_find *request);
int32_t aws_import(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_import *request);
int32_t aws_validate_object(iacp_call *call, const aws_desc *desc, sdk_val config);
int32_t aws_read_data(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_read_data *request);
#endif
