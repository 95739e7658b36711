/* engine/fetch/cli_file.h - reads Terraform's CLI configuration file. Its syntax is the older one of the language, where
 * blocks may follow each other on one line, or JSON. Layer: engine/fetch. Thread-safe. */
#ifndef IAC_FETCH_CLI_FILE_H
#define IAC_FETCH_CLI_FILE_H
#include "lang/base/base.h"

/* Where it is: TF_CLI_CONFIG_FILE, else .terraformrc in the home directory; in the arena. NULL: neither is named. */
const char *iac_cli_file_path(iac_arena *arena);

/* Called for each text (NAME "LABEL" { NAME = "TEXT" }: path has three names) and, with value.p NULL, where an object or
 * block begins. Names and the value last until it returns. */
typedef void iac_cli_file_found(void *arg, const iac_str *path, size_t n, iac_str value);
/* Reads the text; found may be NULL. The first mistake as "At LINE:COLUMN: what", in the arena; NULL: there is none. */
const char *iac_cli_file_read(iac_arena *arena, iac_str text, iac_cli_file_found *found, void *arg);
#endif
