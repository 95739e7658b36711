#include "engine/provision/internal.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- schemas ---- */

#define TEXT(name) "\"" name "\":{\"type\":\"string\",\"optional\":true}"
#define FLAG(name) "\"" name "\":{\"type\":\"bool\",\"optional\":true}"
#define NUMBER(name) "\"" name "\":{\"type\":\"number\",\"optional\":true}"
#define TEXTS(name, kind) "\"" name "\":{\"type\":[\"" kind "\",\"string\"],\"optional\":true}"
#define NEEDED(name) "\"" name "\":{\"type\":\"string\",\"required\":true}"
#define BLOCK(attributes) "{\"version\":0,\"block\":{\"attributes\":{" attributes "}}}"

static const char local_exec_json[] = BLOCK(
    NEEDED("command") "," TEXTS("interpreter", "list") "," TEXT("working_dir") "," TEXTS("environment", "map") ","
    FLAG("quiet"));
static const char file_json[] = BLOCK(TEXT("source") "," TEXT("content") "," NEEDED("destination"));
static const char remote_exec_json[] = BLOCK(TEXTS("inline", "list") "," TEXT("script") "," TEXTS("scripts", "list"));
/* Every argument of every kind of connection: which of them count is only known with the type. */
static const char connection_json[] = BLOCK(
    NEEDED("host") "," TEXT("type") "," TEXT("user") "," TEXT("password") "," NUMBER("port") "," TEXT("timeout") ","
    TEXT("script_path") "," TEXT("target_platform") "," TEXT("private_key") "," TEXT("certificate") ","
    TEXT("host_key") "," FLAG("agent") "," TEXT("agent_identity") "," TEXT("proxy_scheme") "," TEXT("proxy_host") ","
    NUMBER("proxy_port") "," TEXT("proxy_user_name") "," TEXT("proxy_user_password") "," TEXT("bastion_host") ","
    TEXT("bastion_host_key") "," NUMBER("bastion_port") "," TEXT("bastion_user") "," TEXT("bastion_password") ","
    TEXT("bastion_private_key") "," TEXT("bastion_certificate") "," FLAG("https") "," FLAG("insecure") ","
    FLAG("use_ntlm") "," TEXT("cacert"));

static struct {
    const iac_block_schema *local_exec, *file, *remote_exec, *connection;
} schemas; /* made once, kept for the life of the process */

static const iac_block_schema *parse(iac_arena *arena, const char *json)
{
    iac_str error;
    const iac_schema *schema = iac_schema_from_json(arena, iac_str_of(json), &error);
    if (!schema)
        abort(); /* the texts above are constant */
    return schema->block;
}

static void make_schemas(void)
{
    static iac_arena *arena;
    arena = iac_arena_new();
    schemas.local_exec = parse(arena, local_exec_json);
    schemas.file = parse(arena, file_json);
    schemas.remote_exec = parse(arena, remote_exec_json);
    schemas.connection = parse(arena, connection_json);
}

static void need_schemas(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_schemas);
}

const iac_block_schema *iac_provisioner_schema(iac_str type)
{
    need_schemas();
    return iac_str_is(type, "local-exec")    ? schemas.local_exec
           : iac_str_is(type, "file")        ? schemas.file
           : iac_str_is(type, "remote-exec") ? schemas.remote_exec
                                             : NULL;
}

const iac_block_schema *iac_connection_schema(void)
{
    need_schemas();
    return schemas.connection;
}

/* ---- validation ---- */

static bool given(const iac_value *config, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    return v && !iac_is_null(v);
}

void iac_provisioner_validate(iac_str type, const iac_value *config, iac_diags *diags)
{
    if (!iac_is_set_value(config))
        return;
    if (iac_str_is(type, "file")) {
        bool source = given(config, "source"), content = given(config, "content");
        if (source && content)
            iac_diag_error(diags, IAC_NO_RANGE, "Cannot set both 'source' and 'content'", "%s", "");
        else if (!source && !content)
            iac_diag_error(diags, IAC_NO_RANGE, "Must provide one of 'source' or 'content'", "%s", "");
    } else if (iac_str_is(type, "remote-exec")) {
        if (given(config, "inline") + given(config, "script") + given(config, "scripts") != 1)
            iac_diag_error(diags, IAC_NO_RANGE, "Invalid remote-exec provisioner configuration",
                           "Only one of \"inline\", \"script\", or \"scripts\" must be set");
    }
}

/* ---- running ---- */

iac_str iac_provision_text(const iac_value *config, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    return v && iac_is_set_value(v) ? v->string : IAC_STR("");
}

bool iac_provision_bool(const iac_value *config, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    return v && iac_is_set_value(v) && v->boolean;
}

const char *iac_provision_message(const iac_provision_request *request, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    iac_str text = iac_arena_vprintf(request->arena, format, args);
    va_end(args);
    return text.p;
}

iac_status iac_provision(const iac_provision_request *request, iac_diags *diags)
{
    const char *summary = iac_arena_printf(request->arena, "%.*s provisioner error", IAC_FMT(request->type)).p;
    const char *error = iac_str_is(request->type, "local-exec")    ? iac_provision_local_exec(request, &summary)
                        : iac_str_is(request->type, "remote-exec") ? iac_provision_remote_exec(request)
                                                                   : iac_provision_file(request);
    if (!error)
        return IAC_OK;
    iac_diag_error(diags, request->range, summary, "%s", error);
    return IAC_ERR;
}
