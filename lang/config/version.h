/* lang/config/version.h - versions and constraints on them, as in required_version and required_providers.
 * Layer: lang/config (sees base). */
#ifndef IAC_CONFIG_VERSION_H
#define IAC_CONFIG_VERSION_H
#include "lang/base/base.h"

/* The version of the language that configurations see in required_version. */
#define IAC_LANGUAGE_VERSION "1.11.4"

enum { IAC_VERSION_SEGMENTS = 8 };

typedef struct iac_version {
    int64_t segments[IAC_VERSION_SEGMENTS];
    size_t n; /* how many were given */
    iac_str prerelease; /* within the text parsed; empty for a release */
} iac_version;

/* "1", "v1.2", "1.2.3-beta1+meta"; false when the text is no version. */
bool iac_version_parse(iac_str text, iac_version *ret);
int iac_version_cmp(const iac_version *a, const iac_version *b); /* build metadata does not count */
/* Whether the text is a constraint: comparisons joined by commas, e.g. ">= 1.2, != 1.5, ~> 1.4". */
bool iac_version_constraint_valid(iac_str constraint);
/* The constraint as Terraform writes it: in the order of the versions, each once and in full ("~> 5" is "~> 5.0"). As
 * given when it is malformed. */
iac_str iac_version_constraint_canonical(iac_arena *arena, iac_str constraint);
/* Whether the version meets every comparison; false too when either text is malformed. A prerelease is met only by
 * comparisons that name a prerelease of the same version. */
bool iac_version_meets(iac_str version, iac_str constraint);
#endif
