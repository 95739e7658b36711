/* lang/net/curl.h - libcurl, loaded when it is first used. Layer: lang/net. */
#ifndef IAC_NET_CURL_H
#define IAC_NET_CURL_H
#include "lang/base/lazy.h"
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define NET_CURL_FUNCTIONS(X) \
    X(curl_easy_cleanup) X(curl_easy_getinfo) X(curl_easy_init) X(curl_easy_perform) X(curl_easy_reset) \
    X(curl_easy_setopt) X(curl_easy_strerror) X(curl_free) X(curl_global_init) X(curl_multi_add_handle) \
    X(curl_multi_cleanup) X(curl_multi_info_read) X(curl_multi_init) X(curl_multi_perform) \
    X(curl_multi_poll) X(curl_multi_remove_handle) X(curl_slist_append) X(curl_slist_free_all) X(curl_url) \
    X(curl_url_cleanup) X(curl_url_get) X(curl_url_set)
#undef curl_easy_getinfo
#undef curl_easy_setopt
IAC_LAZY_TABLE(net_curl, NET_CURL_FUNCTIONS)

#define curl_easy_cleanup net_curl()->curl_easy_cleanup
#define curl_easy_getinfo net_curl()->curl_easy_getinfo
#define curl_easy_init net_curl()->curl_easy_init
#define curl_easy_perform net_curl()->curl_easy_perform
#define curl_easy_reset net_curl()->curl_easy_reset
#define curl_easy_setopt net_curl()->curl_easy_setopt
#define curl_easy_strerror net_curl()->curl_easy_strerror
#define curl_free net_curl()->curl_free
#define curl_global_init net_curl()->curl_global_init
#define curl_multi_add_handle net_curl()->curl_multi_add_handle
#define curl_multi_cleanup net_curl()->curl_multi_cleanup
#define curl_multi_info_read net_curl()->curl_multi_info_read
#define curl_multi_init net_curl()->curl_multi_init
#define curl_multi_perform net_curl()->curl_multi_perform
#define curl_multi_poll net_curl()->curl_multi_poll
#define curl_multi_remove_handle net_curl()->curl_multi_remove_handle
#define curl_slist_append net_curl()->curl_slist_append
#define curl_slist_free_all net_curl()->curl_slist_free_all
#define curl_url net_curl()->curl_url
#define curl_url_cleanup net_curl()->curl_url_cleanup
#define curl_url_get net_curl()->curl_url_get
#define curl_url_set net_curl()->curl_url_set
#endif
