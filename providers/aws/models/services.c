/* services.c - the table of services. Written by generate.py; do not edit. See NOTICE. */
#include "providers/aws/shape.h"

extern const aws_service aws_service_ec2;
extern const aws_service aws_service_ecs;
extern const aws_service aws_service_sts;

const aws_service *const aws_services[] = {
    &aws_service_ec2,
    &aws_service_ecs,
    &aws_service_sts,
    NULL,
};
