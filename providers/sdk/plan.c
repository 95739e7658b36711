#include "providers/sdk/plan.h"

#include <string.h>

void sdk_requires_replace(iacp_call *call, iacp_plan *request, sdk_val planned, const char *const *attributes)
{
    size_t count = 0, have = request->ret_requires_replace_count;

    if (sdk_is_null(request->prior))
        return;
    while (attributes[count])
        count++;
    const char **paths = sdk_alloc(call, (have + count) * sizeof(*paths));
    for (size_t i = 0; i < have; i++)
        paths[i] = request->ret_requires_replace[i];
    for (size_t i = 0; i < count; i++)
        if (!sdk_host->equal(sdk_get(request->prior, attributes[i]), sdk_get(planned, attributes[i])))
            paths[have++] = attributes[i];
    request->ret_requires_replace = paths;
    request->ret_requires_replace_count = have;
}

bool sdk_check_exactly_one(iacp_call *call, sdk_val config, const char *const *attributes)
{
    size_t set = 0;
    const char *list = "", *first = NULL;

    for (size_t i = 0; attributes[i]; i++) {
        sdk_val v = sdk_get(config, attributes[i]);
        if (sdk_is_unknown(v))
            return true;
        if (sdk_is_set(v)) {
            set++;
            first = first ? first : attributes[i];
        }
        list = sdk_printf(call, "%s%s%s", list, *list ? "," : "", attributes[i]);
    }
    if (set == 1)
        return true;
    if (set == 0)
        sdk_error(call, attributes[0], "Invalid Attribute Combination",
                  "No attribute specified when one (and only one) of [%s] is required", list);
    else
        sdk_error(call, first, "Invalid Attribute Combination",
                  "%zu attributes specified when one (and only one) of [%s] is required", set, list);
    return false;
}
