/* schema.h - schemas as JSON, from descriptions. Layer: providers/aws. Thread-safe. */
#ifndef AWS_SCHEMA_H
#define AWS_SCHEMA_H
#include "providers/aws/desc.h"

/* The schema of a type, in arena. `legacy` says that the type follows the rules of Terraform's older plug-in kit, where
 * what was planned as null may come back as "", 0, false or an empty collection. */
const char *aws_schema_json(iac_arena *arena, const aws_attrs *attrs, long version, bool legacy);
/* The type of an object with these attributes, and of one attribute, as the ABI writes types. */
void aws_type_json(iac_buf *ret, const aws_attrs *attrs);
void aws_attr_type_json(iac_buf *ret, const aws_attr *attr);
#endif
