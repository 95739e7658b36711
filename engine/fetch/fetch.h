/* engine/fetch/fetch.h - getting packages of modules from elsewhere: git, archives over http, registries.
 * Layer: engine/fetch (sees lang). The only code of the engine that opens connections. What comes from there is not
 * trusted: addresses never become options of programs, archives cannot write outside of where they are unpacked, and
 * sizes are limited. Not thread-safe: one fetcher, one thread. */
#ifndef IAC_FETCH_FETCH_H
#define IAC_FETCH_FETCH_H
#include "lang/base/base.h"
#include "lang/base/diag.h"
#include "lang/config/module_source.h"

typedef struct iac_fetcher iac_fetcher;

/* Reads the settings of the command line (TF_CLI_CONFIG_FILE, or .terraformrc and credentials.tfrc.json of the user):
 * credentials, and what `host` blocks say of services. Mistakes in them are passed over: the command line has told them.
 * Never NULL. */
iac_fetcher *iac_fetcher_new(void);
void iac_fetcher_free(iac_fetcher *fetcher); /* NULL is fine */

/* Gets a package (iac_module_source.package of a remote source) into dest, which is not there yet; its parent is. A
 * directory of this machine becomes a link. A package got before in this run is copied. False with a text in the arena
 * that says why; dest is then not there. */
bool iac_fetch_package(iac_fetcher *fetcher, iac_arena *arena, iac_str package, const char *dest, iac_str *ret_error);

/* Trees of files; removing what is not there is fine, and a link is removed rather than what it leads to. */
bool iac_fetch_remove(const char *path);
bool iac_fetch_copy(iac_arena *arena, const char *from, const char *to, iac_str *ret_error); /* without .git */

typedef enum iac_registry_result { IAC_REGISTRY_OK, IAC_REGISTRY_UNKNOWN, IAC_REGISTRY_FAILED } iac_registry_result;

/* The versions of a registry's module, as the registry has them. Asked for once a run and module. */
iac_registry_result iac_registry_versions(iac_fetcher *fetcher, const iac_module_source *module,
                                          const iac_str **ret_versions, size_t *ret_count, iac_str *ret_error);
/* Where the package of one version is: an address as a source argument may have it. */
bool iac_registry_location(iac_fetcher *fetcher, const iac_module_source *module, iac_str version, iac_str *ret_address,
                           iac_str *ret_error);
#endif
