#include "providers/sdk/http.h"

static void *call_alloc(void *owner, size_t size)
{
    return sdk_alloc(owner, size);
}

static bool call_cancelled(void *owner)
{
    return sdk_host->cancelled(owner) != 0;
}

static bool call_wait(void *owner, uint64_t ms)
{
    return sdk_host->wait(owner, ms) == 0;
}

sdk_http *sdk_http_new(const sdk_http_options *options)
{
    return net_http_new(options);
}

void sdk_http_free(sdk_http *http)
{
    net_http_free(http);
}

net_call sdk_http_call(iacp_call *call)
{
    return (net_call){ .owner = call, .alloc = call_alloc, .cancelled = call_cancelled, .wait = call_wait };
}

void sdk_http_send(sdk_http *http, iacp_call *call, const sdk_request *request, sdk_response *ret)
{
    net_call part = sdk_http_call(call);
    net_http_send(http, &part, request, ret);
}

iac_str sdk_response_header(const sdk_response *response, const char *lower_case_name)
{
    return net_response_header(response, lower_case_name);
}
