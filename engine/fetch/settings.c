/* engine/fetch/settings.c - the settings of the command line: credentials of hosts, and where their services are. */
#include "engine/fetch/fetch_internal.h"

#include "lang/config/config.h"
#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"
#include "lang/value/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The text that a static expression is, kept in the fetcher's arena; empty when it is none. */
static iac_str text_of(iac_fetcher *fetcher, const iac_expr *expr, iac_diags *diags)
{
    const iac_value *v = iac_eval(NULL, expr, fetcher->arena, diags);
    return v->kind == IAC_STRING && iac_is_set_value(v) ? v->string : (iac_str){ 0 };
}

static void put_text(iac_fetcher *fetcher, iac_map *map, iac_str key, iac_str value)
{
    iac_str *kept = iac_arena_new_of(fetcher->arena, iac_str);

    *kept = iac_arena_str(fetcher->arena, value);
    iac_map_put(map, iac_arena_str(fetcher->arena, key), kept);
}

static void read_credentials(iac_fetcher *fetcher, const iac_block *block, iac_diags *diags)
{
    const iac_attribute *token = iac_body_attribute(block->body, IAC_STR("token"));
    iac_str text = token ? text_of(fetcher, token->expr, diags) : (iac_str){ 0 };

    if (text.n && block->label_count == 1)
        put_text(fetcher, &fetcher->tokens, block->labels[0].text, text);
}

static void read_host(iac_fetcher *fetcher, const iac_block *block, iac_diags *diags)
{
    const iac_attribute *services = iac_body_attribute(block->body, IAC_STR("services"));

    if (!services || block->label_count != 1)
        return;
    const iac_value *v = iac_eval(NULL, services->expr, fetcher->arena, diags);
    iac_map_put(&fetcher->hosts, block->labels[0].text, fetcher);
    if (v->kind != IAC_OBJECT || !iac_is_set_value(v))
        return;
    const iac_value *url = iac_value_get_cstr(v, "modules.v1");
    if (url && url->kind == IAC_STRING && iac_is_set_value(url))
        put_text(fetcher, &fetcher->services,
                 iac_arena_printf(fetcher->arena, "%.*s modules.v1", IAC_FMT(block->labels[0].text)), url->string);
}

static iac_status read_native(iac_fetcher *fetcher, const char *path, iac_str text, iac_diags *diags)
{
    size_t errors = diags->errors;
    const iac_source *source = iac_source_new(fetcher->arena, iac_str_of(path), text);
    const iac_file *file = iac_parse_file(fetcher->arena, source, diags);

    for (size_t i = 0; i < file->body->block_count; i++) {
        const iac_block *block = &file->body->blocks[i];
        if (iac_str_is(block->type, "credentials"))
            read_credentials(fetcher, block, diags);
        else if (iac_str_is(block->type, "host"))
            read_host(fetcher, block, diags);
    }
    return diags->errors > errors ? IAC_ERR : IAC_OK;
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
        const iac_value *token =
            host->kind == IAC_OBJECT && iac_is_set_value(host) ? iac_value_get_cstr(host, "token") : NULL;
        if (token && token->kind == IAC_STRING && iac_is_set_value(token))
            put_text(fetcher, &fetcher->tokens, hosts->type->attrs[i].name, token->string);
    }
}

iac_status iac_settings_read(iac_fetcher *fetcher, iac_diags *diags)
{
    const char *path = getenv("TF_CLI_CONFIG_FILE"), *home = getenv("HOME");
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_str text = { 0 };
    bool named = path && *path;

    if (home && *home) {
        const char *stored = iac_arena_printf(fetcher->arena, "%s/.terraform.d/credentials.tfrc.json", home).p;
        if (iac_config_reader_files.read(NULL, stored, fetcher->arena, &text, &ignored) == IAC_OK)
            read_stored_credentials(fetcher, text);
        if (!named)
            path = iac_arena_printf(fetcher->arena, "%s/.terraformrc", home).p;
    }
    iac_status status = IAC_OK;
    if (path && *path && iac_config_reader_files.read(NULL, path, fetcher->arena, &text, &ignored) == IAC_OK)
        status = read_native(fetcher, path, text, diags);
    else if (named)
        iac_diag_warning(diags, IAC_NO_RANGE, "Unable to open CLI configuration file",
                         "The CLI configuration file at \"%s\" does not exist.", path);
    iac_diags_clear(&ignored);
    return status;
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
