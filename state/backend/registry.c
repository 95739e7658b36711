#include "state/backend.h"
#include "state/backend/drivers.h"

const iac_backend_driver *const iac_backend_drivers[] = {
    &iac_backend_local,
    &iac_backend_http,
    &iac_backend_s3,
    &iac_backend_pg,
    &iac_backend_kubernetes,
    NULL,
};

const iac_backend_driver *iac_backend_find(iac_str name)
{
    for (const iac_backend_driver *const *driver = iac_backend_drivers; *driver; driver++) {
        if (iac_str_is(name, (*driver)->name))
            return *driver;
    }
    return NULL;
}
