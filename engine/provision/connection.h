/* engine/provision/connection.h - connection blocks: where a provisioner goes, and as whom. Layer: engine/provision,
 * internal. */
#ifndef IAC_PROVISION_CONNECTION_H
#define IAC_PROVISION_CONNECTION_H
#include "engine/provision/provision.h"

typedef struct iac_login { /* to one machine */
    iac_str host, user, password, private_key, certificate, host_key;
    int64_t port;
    bool agent;
} iac_login;

typedef struct iac_connection {
    iac_login target, bastion; /* bastion.host empty: none */
    iac_str agent_identity, script_path;
    bool windows;
    double timeout; /* seconds, for making the connection */
} iac_connection;

/* Reads the request's connection, with defaults filled in. NULL, or why it cannot be used. Texts are borrowed. */
const char *iac_connection_read(const iac_provision_request *request, iac_connection *ret);
#endif
