/* hooks.h - what no description can say: C functions that a description names in its `hooks` line. Any may be NULL.
 * Layer: providers/aws. */
#ifndef AWS_HOOKS_H
#define AWS_HOOKS_H
#include "providers/aws/resource.h"

struct aws_hooks {
    const char *name;
    /* Before the update calls; IACP_OK or IACP_ERROR with a diagnostic. */
    int32_t (*update)(aws_ctx *ctx, sdk_val prior, sdk_val planned);
    /* After the answer was read into state. */
    void (*after_read)(aws_ctx *ctx, json_t *answer, sdk_object *state);
    /* Sets what import knows beside the id. */
    int32_t (*import)(aws_ctx *ctx, sdk_object *state);
    /* A data source: completes the request, and makes the state from the answer (NULL: no call was made). */
    void (*data_request)(aws_ctx *ctx, sdk_val config, json_t *input);
    int32_t (*data_state)(aws_ctx *ctx, sdk_val config, json_t *answer, sdk_object *state);
    bool data_needs_no_call;
    const char *data_doing; /* for error texts; NULL: "reading" and the label */
};

const aws_hooks *aws_hooks_find(const char *name);
extern const aws_hooks aws_hooks_availability_zones, aws_hooks_caller_identity, aws_hooks_region; /* data.c */

/* containers.c: the container definitions of an ECS task, as JSON texts. */
/* The normal form in which they are kept; new text in the call, or NULL when text is no list of objects. */
const char *aws_containers_normal(iacp_call *call, iac_str text);
bool aws_containers_equal(iac_str a, iac_str b, bool awsvpc);
/* containers_check.c: what is wrong with the text, in the call; NULL: nothing. */
const char *aws_containers_complaint(iacp_call *call, iac_str text);
#endif
