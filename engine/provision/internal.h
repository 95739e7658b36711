/* engine/provision/internal.h - what the files of engine/provision share. */
#ifndef IAC_PROVISION_INTERNAL_H
#define IAC_PROVISION_INTERNAL_H
#include "engine/provision/process.h"
#include "engine/provision/provision.h"

/* One function a provisioner. NULL when it went well, otherwise why it did not, in the request's arena. */
const char *iac_provision_local_exec(const iac_provision_request *request, const char **ret_summary);
const char *iac_provision_remote_exec(const iac_provision_request *request);
const char *iac_provision_file(const iac_provision_request *request);

/* A text attribute; empty when null. */
iac_str iac_provision_text(const iac_value *config, const char *name);
bool iac_provision_bool(const iac_value *config, const char *name);
const char *iac_provision_message(const iac_provision_request *request, const char *format, ...) IAC_PRINTF(2, 3);
#endif
