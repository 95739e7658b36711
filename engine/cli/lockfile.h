/* engine/cli/lockfile.h - .terraform.lock.hcl: which version of each provider was chosen, and what its files hash to.
 *
 * Hashes are texts "SCHEME:VALUE". Those of Terraform's packages ("h1:", "zh:") say nothing about the shared objects that
 * providers are here, and are kept as they are. Ours have the scheme "iac1": the base64 form of the SHA-256 of the line
 *     HEX  NAME\n
 * where HEX is the SHA-256 of the provider's file and NAME its name without directories - what "h1" is of a package that
 * holds this one file. Terraform passes over schemes that it does not know, so either program reads the other's file. */
#ifndef IAC_CLI_LOCKFILE_H
#define IAC_CLI_LOCKFILE_H
#include "engine/cli/cli.h"

typedef struct iac_locked_provider {
    iac_str address; /* host/namespace/type */
    iac_str version, constraints;
    const iac_str *hashes;
    size_t hash_count;
} iac_locked_provider;

typedef struct iac_lock_file {
    IAC_VEC(iac_locked_provider) providers;
    bool found; /* there is a file */
} iac_lock_file;

extern const char iac_lock_file_name[]; /* ".terraform.lock.hcl" */

/* Reads the file of the working directory; none gives an empty one. Free with iac_vec_clear(&ret->providers). */
iac_status iac_lock_file_read(iac_arena *arena, iac_lock_file *ret, iac_diags *diags);
/* Appends the file's text; providers are put in the order of their addresses. */
void iac_lock_file_print(iac_buf *out, iac_lock_file *file);
iac_status iac_lock_file_write(iac_arena *arena, iac_lock_file *file, iac_diags *diags);
iac_locked_provider *iac_lock_file_find(const iac_lock_file *file, iac_str address); /* NULL: not locked */
/* The hash of a provider's file; empty when it cannot be read. */
iac_str iac_lock_file_hash(iac_arena *arena, iac_str path);
/* Whether the file may be used: one of the recorded hashes of our scheme, or none of that scheme is recorded. */
bool iac_lock_file_admits(const iac_locked_provider *locked, iac_str hash);

/* ---- selecting (select.c) ---- */
/* Chooses a version of each provider that the configuration needs, tells it, and keeps the lock file up to date. */
iac_status iac_select_providers(iac_cli *cli);
/* For the commands that may use providers: whether the lock file, where there is one, can be read. */
iac_status iac_lock_file_readable(iac_cli *cli);
/* For the commands that use providers: where there is a lock file, it has to fit the configuration and the files. */
iac_status iac_check_lock_file(iac_cli *cli);
#endif
