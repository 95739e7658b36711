/* engine/provision/provision.h - provisioners: what runs once after an object was created, or before it is destroyed.
 * Layer: engine/provision (sees base, value, schema).
 *
 * local-exec runs a command here, file copies to another machine, remote-exec runs scripts there. Which of them run, and
 * when, is for the caller to know; this layer knows neither resources nor states. Everything may be called from any
 * thread, several at a time. */
#ifndef IAC_PROVISION_PROVISION_H
#define IAC_PROVISION_PROVISION_H
#include "lang/base/diag.h"
#include "lang/schema/schema.h"
#include <stdatomic.h>

typedef struct iac_provision_request {
    iac_str type;                /* one that iac_provisioner_schema knows */
    const iac_value *config;     /* of its schema's type; wholly known, without marks */
    const iac_value *connection; /* of iac_connection_schema's type, likewise; null: there is none */
    bool secret;                 /* the configuration holds what must not be shown: errors leave it out */
    iac_arena *arena;            /* scratch */
    iac_range range;             /* what errors point to */
    /* Something to show: a line, or several. Called on the caller's thread. */
    void (*output)(void *user, iac_str text);
    void *user;
    const atomic_int *stop; /* 1: interrupt what runs and wait a little for it; 2: kill it; may be NULL */
} iac_provision_request;

/* What a provisioner's block may hold; NULL when there is no such provisioner. */
const iac_block_schema *iac_provisioner_schema(iac_str type);
/* What a connection block may hold. */
const iac_block_schema *iac_connection_schema(void);
/* What the schema alone does not say of a configuration; unknown values pass. */
void iac_provisioner_validate(iac_str type, const iac_value *config, iac_diags *diags);
/* Runs it and waits for it. IAC_ERR after one error in diags, whose detail is safe to show. */
iac_status iac_provision(const iac_provision_request *request, iac_diags *diags);
#endif
