/* engine/fetch/fetch_internal.h - private to engine/fetch. */
#ifndef IAC_FETCH_FETCH_INTERNAL_H
#define IAC_FETCH_FETCH_INTERNAL_H
#include "engine/fetch/fetch.h"

struct iac_fetcher {
    iac_arena *arena;
    iac_map tokens;   /* host to iac_str * */
    iac_map services; /* "host service" (modules.v1) to iac_str *, the URL; from host blocks or discovered */
    iac_map hosts;    /* those whose services are known */
    iac_map versions; /* "host/namespace/name/provider" to what the registry said */
    iac_map packages; /* got in this run: package address to the directory, a C string */
};

/* ---- settings.c ---- */
void iac_settings_read(iac_fetcher *fetcher);
/* The token for a host, from TF_TOKEN_... or the settings; empty: none. */
iac_str iac_settings_token(iac_fetcher *fetcher, iac_str host);

/* ---- http.c ---- */
typedef struct iac_http_answer {
    long status;
    iac_str body;          /* empty when it went to a file */
    iac_str terraform_get; /* the header X-Terraform-Get */
    iac_str url;           /* the last one, after redirections */
} iac_http_answer;

typedef struct iac_http_request {
    iac_str url;
    iac_str token;   /* of Authorization: Bearer, or empty */
    int fd;          /* where the body goes; negative: into the answer */
    long timeout_ms; /* of the whole; 0: only a stalled connection ends */
} iac_http_request;

/* GET, redirections followed (http and https alone). False: no answer; *ret_error says why. */
bool iac_http_get(iac_arena *arena, const iac_http_request *request, iac_http_answer *ret, iac_str *ret_error);
/* The relative address resolved against a URL. */
iac_str iac_url_resolve(iac_arena *arena, iac_str base, iac_str relative);
/* Takes the parameter out of the URL's query: its value decoded, empty when there is none. */
iac_str iac_url_take(iac_arena *arena, iac_str *url, const char *name);
iac_str iac_url_decode(iac_arena *arena, iac_str text);

/* ---- archive.c ---- */
/* Unpacks into the directory dest, which is empty. */
bool iac_archive_unpack(iac_arena *arena, const char *file, const char *dest, iac_str *ret_error);

/* ---- git.c ---- */
/* Clones `url` (without git::, its query parameters read here) into dest. */
bool iac_git_get(iac_arena *arena, iac_str url, const char *dest, iac_str *ret_error);

/* ---- files.c ---- */
/* Whether every symbolic link below dir leads to something below dir; those that lead nowhere are removed. */
bool iac_check_links(iac_arena *arena, const char *dir, iac_str *ret_error);
#endif
