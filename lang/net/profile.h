/* lang/net/profile.h - the shared config and credentials files (~/.aws/config, ~/.aws/credentials). Layer: lang/net.
 * Format: "Shared config and credentials files" in the AWS SDKs and Tools reference. Read-only after loading, so
 * thread-safe. */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H
#include "lang/base/base.h"

typedef struct aws_profiles {
    iac_arena *arena; /* borrowed; owns everything below */
    iac_map settings; /* "profile NAME\nkey" or "services NAME\nservice.key" -> const char * */
} aws_profiles;

/* Reads files in order; later ones win. Missing files are skipped. `names` NULL: the environment's or the usual ones.
 */
void aws_profiles_load(aws_profiles *profiles, iac_arena *arena, const char *const *config_files, size_t config_count,
                       const char *const *credentials_files, size_t credentials_count);
/* Adds the settings of one text. `is_config`: sections are named "profile x" but for "default". */
void aws_profiles_parse(aws_profiles *profiles, iac_str text, bool is_config);
/* A setting of a profile, or NULL. */
const char *aws_profile_get(const aws_profiles *profiles, const char *profile, const char *key);
bool aws_profile_exists(const aws_profiles *profiles, const char *profile);
/* A setting of an [sso-session NAME] section, or NULL. */
const char *aws_profile_session(const aws_profiles *profiles, const char *session, const char *key);
/* A setting of a service in a [services NAME] section, or NULL. */
const char *aws_profile_service(const aws_profiles *profiles, const char *section, const char *service,
                                const char *key);
/* The whole file in the arena, or an empty text with p NULL when it cannot be read (1 MiB at most). */
iac_str aws_read_file(iac_arena *arena, const char *path);
#endif
