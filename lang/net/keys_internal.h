/* lang/net/keys_internal.h - the ways to AWS keys, between keys.c, sts.c, metadata.c and sso.c. Layer: lang/net. */
#ifndef IAC_NET_KEYS_INTERNAL_H
#define IAC_NET_KEYS_INTERNAL_H
#include "lang/net/keys.h"

enum { NET_MAX_ANSWER = 256 << 10, NET_MAX_CHAIN = 16 };

/* One search. */
typedef struct net_search {
    const net_key_source *source;
    iac_arena *arena;   /* all texts of the search */
    net_call call;      /* its memory is the arena, its cancellation that of who asked */
    net_call *outer;
    const char *seen[NET_MAX_CHAIN]; /* profiles being resolved, to find circles */
    size_t depth;
    const char *error;  /* why the last way failed */
    const net_role *role; /* of the source, that was refused; or NULL */
} net_search;

bool net_search_fail(net_search *search, const char *format, ...) IAC_PRINTF(2, 3); /* false */
const char *net_env(const char *name); /* NULL: not set, or empty */
/* Reads { AccessKeyId, SecretAccessKey, Token or SessionToken, Expiration }. */
bool net_keys_from_json(iac_arena *arena, iac_str text, net_keys *ret);
long long net_parse_time(const char *text); /* of "2026-01-02T03:04:05Z"; 0 when it is none */

/* by: the keys that sign; unused with a web identity. */
bool net_assume_role(net_search *search, const net_role *role, const net_keys *by, net_keys *ret);
bool net_container_keys(net_search *search, net_keys *ret);
bool net_instance_keys(net_search *search, net_keys *ret);
bool net_sso_keys(net_search *search, const char *profile, net_keys *ret);
#endif
