#include "lang/net/curl.h"

IAC_LAZY_LOADER(net_curl, NET_CURL_FUNCTIONS, "libcurl.so.4")
