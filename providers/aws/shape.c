#include "providers/aws/shape.h"
#include <stdlib.h>
#include <string.h>

const aws_service *aws_service_find(const char *name)
{
    for (size_t i = 0; aws_services[i]; i++) {
        if (strcmp(aws_services[i]->name, name) == 0) {
            return aws_services[i];
        }
    }
    return NULL;
}

static int op_cmp(const void *name, const void *op)
{
    return strcmp(name, ((const aws_op *)op)->name);
}

const aws_op *aws_op_find(const aws_service *service, const char *name)
{
    return bsearch(name, service->ops, service->op_count, sizeof(*service->ops), op_cmp);
}

const aws_member *aws_member_find(const aws_service *service, const aws_shape *shape, const char *name, size_t n)
{
    for (size_t i = 0; i < shape->count; i++) {
        const aws_member *m = &service->members[shape->first + i];
        if (strncmp(m->name, name, n) == 0 && m->name[n] == '\0') {
            return m;
        }
    }
    return NULL;
}
