/* providers/sdk/plan.h - steps that many resources' plans and validations share. Layer: providers/sdk. */
#ifndef IAC_SDK_PLAN_H
#define IAC_SDK_PLAN_H
#include "providers/sdk/sdk.h"

/* Notes for each attribute (ended by NULL) that the planned object differs from the prior one in that it cannot be
 * changed in place. Does nothing for a create. Adds to what is noted already. */
void sdk_requires_replace(iacp_call *call, iacp_plan *request, sdk_val planned, const char *const *attributes);
/* Error unless exactly one of the attributes (ended by NULL) is set. Says nothing while one is unknown. */
bool sdk_check_exactly_one(iacp_call *call, sdk_val config, const char *const *attributes);
#endif
