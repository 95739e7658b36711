/* The built-in provider "terraform": terraform_data, and functions that write expressions. It is written against the
 * provider ABI like any other. */
#include "engine/host/host_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const iacp_host *host;
static const iacp_type *string_type, *dynamic_type;

static int32_t fail(iacp_call *call, const char *summary, const char *detail)
{
    host->diagnostic(call, &(iacp_diagnostic){
                               .size = sizeof(iacp_diagnostic),
                               .severity = IACP_SEVERITY_ERROR,
                               .summary = summary,
                               .detail = detail,
                           });
    return IACP_ERROR;
}

/* ---- schemas ---- */

static const char data_schema[] = "{\"version\":0,\"block\":{\"attributes\":{"
                                  "\"id\":{\"type\":\"string\",\"computed\":true},"
                                  "\"input\":{\"type\":\"dynamic\",\"optional\":true},"
                                  "\"output\":{\"type\":\"dynamic\",\"computed\":true},"
                                  "\"triggers_replace\":{\"type\":\"dynamic\",\"optional\":true}}}}";

static const char remote_state_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"backend\":{\"type\":\"string\",\"required\":true,"
    "\"description\":\"The backend that holds the state, for example \\\"local\\\" or \\\"s3\\\".\"},"
    "\"config\":{\"type\":\"dynamic\",\"optional\":true,\"description\":\"The settings of the backend.\"},"
    "\"defaults\":{\"type\":\"dynamic\",\"optional\":true,"
    "\"description\":\"Values of outputs that the state does not have.\"},"
    "\"outputs\":{\"type\":\"dynamic\",\"computed\":true,"
    "\"description\":\"The values of the root module's outputs.\"},"
    "\"workspace\":{\"type\":\"string\",\"optional\":true,\"description\":\"The workspace whose state is read.\"}}}}";

static const char encode_expr_schema[] =
    "{\"summary\":\"Writes any value as an expression of the language\",\"return_type\":\"string\","
    "\"parameters\":[{\"name\":\"value\",\"type\":\"dynamic\"}]}";

static const char encode_tfvars_schema[] =
    "{\"summary\":\"Writes an object as the content of a .tfvars file\",\"return_type\":\"string\","
    "\"parameters\":[{\"name\":\"value\",\"type\":\"dynamic\"}]}";

static const char decode_tfvars_schema[] =
    "{\"summary\":\"Reads the content of a .tfvars file as an object\",\"return_type\":\"dynamic\","
    "\"parameters\":[{\"name\":\"src\",\"type\":\"string\"}]}";

static const char *const *type_names(uint32_t kind)
{
    static const char *const functions[] = { "decode_tfvars", "encode_expr", "encode_tfvars", NULL };
    static const char *const resources[] = { "terraform_data", NULL };
    static const char *const data[] = { "terraform_remote_state", NULL };
    return kind == IACP_SCHEMA_RESOURCE   ? resources
           : kind == IACP_SCHEMA_DATA     ? data
           : kind == IACP_SCHEMA_FUNCTION ? functions
                                          : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    if (kind == IACP_SCHEMA_FUNCTION)
        return strcmp(type, "encode_expr") == 0     ? encode_expr_schema
               : strcmp(type, "encode_tfvars") == 0 ? encode_tfvars_schema
                                                    : decode_tfvars_schema;
    return kind == IACP_SCHEMA_RESOURCE ? data_schema : kind == IACP_SCHEMA_DATA ? remote_state_schema : NULL;
}

/* ---- terraform_data ---- */

static int32_t validate(void *instance, iacp_call *call, iacp_validate *request)
{
    static const struct {
        const char *name, *summary;
    } computed[] = { { "id", "\"id\" attribute is read-only" }, { "output", "\"output\" attribute is read-only" } };
    int32_t result = IACP_OK;
    (void)instance;
    if (request->kind != IACP_SCHEMA_RESOURCE)
        return IACP_OK;
    for (size_t i = 0; i < sizeof(computed) / sizeof(*computed); i++) {
        if (host->state(host->get(request->config, computed[i].name)) == IACP_NULL)
            continue;
        host->diagnostic(call, &(iacp_diagnostic){
                                   .size = sizeof(iacp_diagnostic),
                                   .severity = IACP_SEVERITY_ERROR,
                                   .summary = computed[i].summary,
                                   .path = computed[i].name,
                               });
        result = IACP_ERROR;
    }
    return result;
}

static int32_t read_resource(void *instance, iacp_call *call, iacp_read *request)
{
    (void)instance;
    (void)call;
    request->ret_state = request->state;
    return IACP_OK;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const triggers[] = { "triggers_replace" };
    const iacp_value *prior = request->prior, *planned = request->proposed;
    const iacp_value *input = host->get(planned, "input");
    bool create = host->state(prior) == IACP_NULL;
    bool replace =
        !create && !host->equal(host->get(prior, "triggers_replace"), host->get(planned, "triggers_replace"));

    (void)instance;
    if (create || replace)
        planned = host->with(call, planned, "id", host->unknown_not_null(call, string_type));
    /* The output is the input, once that has been stored: of a new object it is known that it has none. */
    if ((create || replace) && host->state(input) == IACP_NULL)
        planned = host->with(call, planned, "output", input);
    else if (create || replace || !host->equal(host->get(prior, "input"), input))
        planned = host->with(call, planned, "output", host->unknown(call, host->type_of(call, input)));
    if (replace) {
        request->ret_requires_replace = triggers;
        request->ret_requires_replace_count = 1;
    }
    request->ret_reversible = replace ? IACP_REVERSIBLE_NEW_IDENTITY : IACP_REVERSIBLE_FULLY;
    request->ret_planned = planned;
    return IACP_OK;
}

static const iacp_value *new_uuid(iacp_call *call)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    char text[36], *at = text;

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        fail(call, "Error generating id", "The operating system gave no random bytes.");
        return NULL;
    }
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 0x0f];
    }
    return host->new_string(call, text, sizeof(text));
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    const iacp_value *state = request->planned;

    (void)instance;
    if (host->state(state) == IACP_NULL)
        return IACP_OK;
    if (!host->wholly_known(host->get(state, "output")))
        state = host->with(call, state, "output", host->get(state, "input"));
    if (host->state(host->get(state, "id")) == IACP_UNKNOWN) {
        const iacp_value *id = new_uuid(call);
        if (!id)
            return IACP_ERROR;
        state = host->with(call, state, "id", id);
    }
    request->ret_state = state;
    return IACP_OK;
}

/* Nothing exists outside of the state: a change whose end is unknown made nothing. */
static int32_t find(void *instance, iacp_call *call, iacp_find *request)
{
    (void)instance;
    (void)call;
    request->ret_found = IACP_FOUND_NOTHING;
    return IACP_OK;
}

static const iacp_value *object_with_id(iacp_call *call, const iacp_value *id, const iacp_value *triggers)
{
    const char *const names[] = { "id", "input", "output", "triggers_replace" };
    const iacp_value *nothing = host->null(call, dynamic_type);
    const iacp_value *const items[] = { id, nothing, nothing, triggers ? triggers : nothing };
    return host->new_object(call, 4, names, items);
}

static int32_t import(void *instance, iacp_call *call, iacp_import *request)
{
    iacp_imported *object = host->alloc(call, sizeof(*object));
    const iacp_imported **list = host->alloc(call, sizeof(*list));

    (void)instance;
    object->size = sizeof(*object);
    object->state = object_with_id(call, host->new_string(call, request->id, strlen(request->id)), NULL);
    list[0] = object;
    request->ret_objects = list;
    request->ret_count = 1;
    return IACP_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* A null_resource becomes a terraform_data: its triggers become triggers_replace. */
static int32_t move(void *instance, iacp_call *call, iacp_move *request)
{
    static const char null_resource[] = "[\"object\",{\"id\":\"string\",\"triggers\":[\"map\",\"string\"]}]";

    (void)instance;
    if (strcmp(request->source_type, "null_resource") != 0 || !ends_with(request->source_provider, "hashicorp/null"))
        return fail(call, "Unsupported source provider for move operation",
                    "Only moving from null_resource to terraform_data resources is supported.");
    const iacp_value *source = host->from_json(call, request->source_state_json.p, request->source_state_json.n,
                                               host->type_parse(null_resource));
    if (!source || host->state(host->get(source, "id")) != IACP_KNOWN)
        return fail(call, "Unable to read source state", "The stored state of the null_resource cannot be read.");

    const iacp_value *triggers = host->get(source, "triggers");
    if (host->state(triggers) == IACP_NULL) {
        triggers = NULL;
    } else { /* a literal in configuration is an object, not a map: so the move plans no replacement */
        size_t n = host->length(triggers);
        const char **names = host->alloc(call, n * sizeof(*names));
        const iacp_value **items = host->alloc(call, n * sizeof(*items));
        for (size_t i = 0; i < n; i++) {
            names[i] = host->key(triggers, i, NULL);
            items[i] = host->element(triggers, i);
        }
        triggers = host->new_object(call, n, names, items);
    }
    request->ret_state = object_with_id(call, host->get(source, "id"), triggers);
    return IACP_OK;
}

/* ---- terraform_remote_state ---- */

static int32_t read_data(void *instance, iacp_call *call, iacp_read_data *request)
{
    (void)instance;
    (void)request;
    return fail(call, "Data source read by the engine",
                "A terraform_remote_state is read from its backend, by the engine itself.");
}

static int32_t call_function(void *instance, iacp_call *call, iacp_function *request)
{
    (void)instance;
    if (strcmp(request->name, "decode_tfvars") == 0)
        return iac_builtin_decode_tfvars(host, call, request);
    return iac_builtin_encode(host, call, request);
}

const iacp_provider *iac_builtin_terraform(const iacp_host *given)
{
    static const iacp_provider table = {
        .size = sizeof(table),
        .abi_major = IACP_ABI_MAJOR,
        .abi_minor = IACP_ABI_MINOR,
        .name = "terraform",
        .version = IAC_VERSION,
        .type_names = type_names,
        .schema = schema,
        .read = read_resource,
        .plan = plan,
        .apply = apply,
        .read_data = read_data,
        .import = import,
        .move = move,
        .find = find,
        .call_function = call_function,
        .validate = validate,
    };
    host = given;
    string_type = host->type_parse("string");
    dynamic_type = host->type_parse("dynamic");
    return &table;
}
