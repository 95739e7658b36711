/* state/backend/drivers.h - one driver a file of this folder. Layer: state/backend. */
#ifndef IAC_BACKEND_DRIVERS_H
#define IAC_BACKEND_DRIVERS_H
#include "state/backend.h"

extern const iac_backend_driver iac_backend_local, iac_backend_http, iac_backend_s3, iac_backend_pg,
    iac_backend_kubernetes;
#endif
