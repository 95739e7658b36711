#include "providers/sdk/retry.h"
#include "providers/sdk/http.h"

bool sdk_backoff_next(sdk_backoff *backoff, iacp_call *call, uint64_t retry_after_ms)
{
    net_call part = sdk_http_call(call);

    return net_backoff_next(backoff, &part, retry_after_ms);
}
