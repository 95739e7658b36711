/* providers/sdk/http.h - HTTP requests of a provider: lang/net/http.h, with the call's memory and its cancellation.
 * Layer: providers/sdk. Retrying is the caller's (providers/sdk/retry.h): one call here is one exchange. */
#ifndef IAC_SDK_HTTP_H
#define IAC_SDK_HTTP_H
#include "lang/net/http.h"
#include "providers/sdk/sdk.h"

typedef net_http sdk_http;
typedef net_http_options sdk_http_options;
typedef net_header sdk_header;
typedef net_request sdk_request;
typedef net_response sdk_response;

sdk_http *sdk_http_new(const sdk_http_options *options); /* options are copied; never NULL */
void sdk_http_free(sdk_http *http); /* NULL is fine; no request may be running */
/* The call as lang/net/ takes it: its memory, its cancellation. */
net_call sdk_http_call(iacp_call *call);
/* Sends and waits. Always fills *ret; gives no diagnostic. Credentials never reach error texts or logs. */
void sdk_http_send(sdk_http *http, iacp_call *call, const sdk_request *request, sdk_response *ret);
iac_str sdk_response_header(const sdk_response *response, const char *lower_case_name); /* empty when absent */
#endif
