/* engine/fetch/settings.c - the settings of the command line: credentials of hosts, and where their services are. */
#include "engine/fetch/cli_file.h"
#include "engine/fetch/fetch_internal.h"

#include "lang/config/config.h"
#include "lang/value/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_text(iac_fetcher *fetcher, iac_map *map, iac_str key, iac_str value)
{
    iac_str *kept = iac_arena_new_of(fetcher->arena, iac_str);

    *kept = iac_arena_str(fetcher->arena, value);
    iac_map_put(map, iac_arena_str(fetcher->arena, key), kept);
}

static void found(void *arg, const iac_str *path, size_t n, iac_str value)
{
    iac_fetcher *fetcher = arg;

    if (n == 2 && !value.p && iac_str_is(path[0], "host")) /* what it says counts, and nothing is discovered */
        iac_map_put(&fetcher->hosts, iac_arena_str(fetcher->arena, path[1]), fetcher);
    if (n == 3 && value.p && iac_str_is(path[0], "credentials") && iac_str_is(path[2], "token"))
        put_text(fetcher, &fetcher->tokens, path[1], value);
    if (n == 4 && value.p && iac_str_is(path[0], "host") && iac_str_is(path[2], "services") &&
        iac_str_is(path[3], "modules.v1"))
        put_text(fetcher, &fetcher->services, iac_arena_printf(fetcher->arena, "%.*s modules.v1", IAC_FMT(path[1])),
                 value);
}

/* credentials.tfrc.json, as `login` of Terraform writes it: {"credentials":{"HOST":{"token":".."}}}. */
static void read_stored_credentials(iac_fetcher *fetcher, iac_str text)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(fetcher->arena, text, &error, &offset);
    const iac_value *hosts = v && v->kind == IAC_OBJECT && iac_is_set_value(v) ? iac_value_get_cstr(v, "credentials")
                                                                               : NULL;

    if (!hosts || hosts->kind != IAC_OBJECT || !iac_is_set_value(hosts))
        return;
    for (size_t i = 0; i < hosts->n; i++) {
        const iac_value *host = hosts->items[i];
        const iac_value *secret =
            host->kind == IAC_OBJECT && iac_is_set_value(host) ? iac_value_get_cstr(host, "token") : NULL;
        if (secret && secret->kind == IAC_STRING && iac_is_set_value(secret))
            put_text(fetcher, &fetcher->tokens, hosts->type->names[i], secret->string);
    }
}

void iac_settings_read(iac_fetcher *fetcher)
{
    const char *path = iac_cli_file_path(fetcher->arena), *home = getenv("HOME");
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_str text = { 0 };

    if (home && *home) {
        const char *stored = iac_arena_printf(fetcher->arena, "%s/.terraform.d/credentials.tfrc.json", home).p;
        if (iac_config_reader_files.read(NULL, stored, fetcher->arena, &text, &ignored) == IAC_OK)
            read_stored_credentials(fetcher, text);
    }
    if (path && iac_config_reader_files.read(NULL, path, fetcher->arena, &text, &ignored) == IAC_OK)
        (void)iac_cli_file_read(fetcher->arena, text, found, fetcher);
    iac_diags_clear(&ignored);
}

iac_str iac_settings_token(iac_fetcher *fetcher, iac_str host)
{
    iac_buf name;

    iac_buf_init(&name, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&name, "TF_TOKEN_");
    for (size_t i = 0; i < host.n; i++)
        iac_buf_cstr(&name, host.p[i] == '.' ? "_" : host.p[i] == '-' ? "__" : (char[]){ host.p[i], '\0' });
    const char *value = getenv(name.p);
    iac_buf_clear(&name);
    if (value && *value)
        return iac_str_of(value);
    const iac_str *kept = iac_map_get(&fetcher->tokens, host);
    return kept ? *kept : (iac_str){ 0 };
}
