/* The provider "local": files of this machine. */
#include "providers/local/file.h"
#include "providers/sdk/base64.h"
#include "providers/sdk/plan.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- schemas ---- */

#define ATTR(name, type, flags, description) \
    "\"" name "\":{\"type\":\"" type "\"," flags ",\"description\":\"" description "\"}"
#define COMPUTED "\"computed\":true"
#define OPTIONAL "\"optional\":true"
#define REQUIRED "\"required\":true"
#define SENSITIVE ",\"sensitive\":true"

#define CHECKSUMS \
    ATTR("content_base64sha256", "string", COMPUTED, "SHA256 checksum of the file content, in base64.") "," \
    ATTR("content_base64sha512", "string", COMPUTED, "SHA512 checksum of the file content, in base64.") "," \
    ATTR("content_md5", "string", COMPUTED, "MD5 checksum of the file content.") "," \
    ATTR("content_sha1", "string", COMPUTED, "SHA1 checksum of the file content.") "," \
    ATTR("content_sha256", "string", COMPUTED, "SHA256 checksum of the file content.") "," \
    ATTR("content_sha512", "string", COMPUTED, "SHA512 checksum of the file content.") "," \
    ATTR("id", "string", COMPUTED, "The SHA1 checksum of the file content, in hexadecimal.")

#define RESOURCE(sensitive, mode, more) \
    "{\"version\":0,\"block\":{\"attributes\":{" \
    ATTR("content", "string", OPTIONAL sensitive, "What the file holds, as UTF-8 text.") "," \
    ATTR("content_base64", "string", OPTIONAL sensitive, "What the file holds, in base64.") "," \
    ATTR("source", "string", OPTIONAL, "Path of a file that is copied.") "," \
    ATTR("filename", "string", REQUIRED, "Path of the file; missing directories are created.") "," \
    ATTR("file_permission", "string", OPTIONAL "," COMPUTED, \
         "Permissions of the file before umask, in octal. Default is \\\"" mode "\\\".") "," \
    ATTR("directory_permission", "string", OPTIONAL "," COMPUTED, \
         "Permissions of directories created, before umask, in octal. Default is \\\"" mode "\\\".") "," \
    more CHECKSUMS "}}}"

#define DATA(sensitive) \
    "{\"version\":0,\"block\":{\"attributes\":{" \
    ATTR("content", "string", COMPUTED sensitive, "What the file holds, as UTF-8 text.") "," \
    ATTR("content_base64", "string", COMPUTED sensitive, "What the file holds, in base64.") "," \
    ATTR("filename", "string", REQUIRED, "Path of the file to read.") "," CHECKSUMS "}}}"

static const char *const content_attributes[] = { "content", "sensitive_content", "content_base64", "source", NULL };
static const char *const sensitive_attributes[] = { "content", "content_base64", "source", NULL };

static const struct file_type {
    const char *name, *resource, *data;
    const char *default_mode;
    const char *const *content; /* exactly one of these is given */
} types[] = {
    { "local_file",
      RESOURCE("", "0777",
               ATTR("sensitive_content", "string", OPTIONAL SENSITIVE ",\"deprecated\":true",
                    "What the file holds; use local_sensitive_file instead.") ","),
      DATA(""), "0777", content_attributes },
    { "local_sensitive_file", RESOURCE(SENSITIVE, "0700", ""), DATA(SENSITIVE), "0700", sensitive_attributes },
};

static const char direxists_schema[] =
    "{\"summary\":\"Determines whether a directory exists at a given path.\","
    "\"description\":\"True when there is a directory at the path, false when there is nothing.\","
    "\"return_type\":\"bool\",\"parameters\":[{\"name\":\"path\",\"type\":\"string\","
    "\"description\":\"Relative or absolute path to check.\"}]}";

static const struct file_type *type_of(const char *name)
{
    return &types[strcmp(name, types[1].name) == 0];
}

static const char *const *type_names(uint32_t kind)
{
    static const char *const names[] = { "local_file", "local_sensitive_file", NULL };
    static const char *const functions[] = { "direxists", NULL };
    return kind == IACP_SCHEMA_RESOURCE || kind == IACP_SCHEMA_DATA ? names
           : kind == IACP_SCHEMA_FUNCTION                           ? functions
                                                                    : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    if (kind == IACP_SCHEMA_FUNCTION)
        return direxists_schema;
    return kind == IACP_SCHEMA_RESOURCE ? type_of(type)->resource
           : kind == IACP_SCHEMA_DATA   ? type_of(type)->data
                                        : NULL;
}

/* ---- validate and plan ---- */

/* An octal mode of three or four digits. */
static bool parse_mode(const char *text, mode_t *ret)
{
    size_t n = strlen(text);
    mode_t mode = 0;
    if (n < 3 || n > 4)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '7')
            return false;
        mode = mode * 8 + (mode_t)(*text - '0');
    }
    *ret = mode;
    return true;
}

static bool check_mode(iacp_call *call, sdk_val config, const char *attribute)
{
    mode_t mode;
    sdk_val v = sdk_get(config, attribute);
    if (!sdk_is_set(v) || parse_mode(sdk_cstr(v, ""), &mode))
        return true;
    sdk_error(call, attribute, "Invalid Attribute Value",
              "Attribute %s must be a mode in octal notation of 3 or 4 digits, such as \"0644\", got: \"%s\".",
              attribute, sdk_cstr(v, ""));
    return false;
}

static int32_t validate(void *instance, iacp_call *call, iacp_validate *request)
{
    (void)instance;
    if (request->kind != IACP_SCHEMA_RESOURCE)
        return IACP_OK;
    bool ok = sdk_check_exactly_one(call, request->config, type_of(request->type)->content);
    ok = check_mode(call, request->config, "file_permission") && ok;
    ok = check_mode(call, request->config, "directory_permission") && ok;
    iac_str bytes;
    sdk_val encoded = sdk_get(request->config, "content_base64");
    if (sdk_is_set(encoded) && !sdk_base64_decode(call, sdk_str(encoded), false, &bytes)) {
        sdk_error(call, "content_base64", "Invalid Attribute Value", "The value is not valid base64.");
        ok = false;
    }
    return ok ? IACP_OK : IACP_ERROR;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const replace[] = { "content",  "sensitive_content", "content_base64",      "source",
                                           "filename", "file_permission",   "directory_permission", NULL };
    const struct file_type *type = type_of(request->type);
    sdk_object planned = { call, request->proposed };

    (void)instance;
    if (sdk_is_null(sdk_get(request->config, "file_permission")))
        sdk_set(&planned, "file_permission", sdk_new_cstr(call, type->default_mode));
    if (sdk_is_null(sdk_get(request->config, "directory_permission")))
        sdk_set(&planned, "directory_permission", sdk_new_cstr(call, type->default_mode));
    sdk_requires_replace(call, request, planned.value, replace);
    request->ret_planned = planned.value;
    request->ret_reversible = IACP_REVERSIBLE_FULLY;
    return IACP_OK;
}

/* ---- read and apply ---- */

/* The bytes that the object says the file holds. False with a diagnostic. */
static bool wanted_bytes(iacp_call *call, sdk_val object, iac_str *ret)
{
    sdk_val content = sdk_get(object, "content"), encoded = sdk_get(object, "content_base64");
    sdk_val sensitive = sdk_get(object, "sensitive_content"), source = sdk_get(object, "source");

    if (sdk_is_set(encoded)) {
        if (sdk_base64_decode(call, sdk_str(encoded), false, ret))
            return true;
        sdk_error(call, "content_base64", "Create local file error", "The value is not valid base64.");
        return false;
    }
    if (sdk_is_set(source)) {
        int error = local_read(call, sdk_cstr(source, ""), ret);
        if (error)
            sdk_error(call, "source", "Create local file error",
                      "The source file cannot be read.\n\nOriginal error: open %s: %s", sdk_cstr(source, ""),
                      strerror(error));
        return error == 0;
    }
    *ret = sdk_is_set(content) ? sdk_str(content) : sdk_str(sensitive);
    return true;
}

static int32_t destroy(iacp_call *call, sdk_val prior)
{
    const char *path = sdk_cstr(sdk_get(prior, "filename"), "");
    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return sdk_error(call, "filename", "Delete local file error",
                         "The file cannot be removed.\n\nOriginal error: remove %s: %s", path, strerror(errno));
    return IACP_OK;
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    sdk_object state = { call, request->planned };
    const char *path = sdk_cstr(sdk_get(request->planned, "filename"), ""), *step = "";
    mode_t file_mode = 0777, dir_mode = 0777;
    iac_str bytes;

    (void)instance;
    if (sdk_is_null(request->planned))
        return destroy(call, request->prior);
    if (!wanted_bytes(call, request->planned, &bytes))
        return IACP_ERROR;
    parse_mode(sdk_cstr(sdk_get(request->planned, "file_permission"), ""), &file_mode);
    parse_mode(sdk_cstr(sdk_get(request->planned, "directory_permission"), ""), &dir_mode);
    int error = local_write(call, path, bytes, file_mode, dir_mode, &step);
    if (error)
        return sdk_error(call, "filename", "Create local file error",
                         "An unexpected error occurred while writing the file.\n\nOriginal error: cannot %s: %s", step,
                         strerror(error));
    local_set_checksums(&state, bytes);
    request->ret_state = state.value;
    return IACP_OK;
}

static int32_t read_resource(void *instance, iacp_call *call, iacp_read *request)
{
    const char *path = sdk_cstr(sdk_get(request->state, "filename"), "");
    iac_str bytes;
    int error = local_read(call, path, &bytes);

    (void)instance;
    if (error == ENOENT || error == ENOTDIR)
        return IACP_OK;
    if (error)
        return sdk_error(call, "filename", "Read local file error",
                         "An unexpected error occurred while reading the file.\n\nOriginal error: open %s: %s", path,
                         strerror(error));
    /* The id is the checksum: a file that was changed is another one, and this one is gone. */
    if (strcmp(local_sha1(call, bytes), sdk_cstr(sdk_get(request->state, "id"), "")) == 0)
        request->ret_state = request->state;
    return IACP_OK;
}

/* A file is written in one step, so its content tells whether the step was made. */
static int32_t find(void *instance, iacp_call *call, iacp_find *request)
{
    bool destroyed = sdk_is_null(request->planned);
    sdk_val object = destroyed ? request->prior : request->planned;
    iac_str found, wanted;
    int error = local_read(call, sdk_cstr(sdk_get(object, "filename"), ""), &found);

    (void)instance;
    request->ret_found = IACP_FOUND_NOTHING;
    if (error == ENOENT || error == ENOTDIR)
        return IACP_OK;
    if (error) {
        request->ret_found = IACP_FOUND_UNKNOWN;
        return IACP_OK;
    }
    if (destroyed) {
        if (strcmp(local_sha1(call, found), sdk_cstr(sdk_get(object, "id"), "")) == 0) {
            request->ret_found = IACP_FOUND_CERTAIN;
            request->ret_state = object;
        }
        return IACP_OK;
    }
    if (!wanted_bytes(call, object, &wanted))
        return IACP_ERROR;
    if (iac_str_eq(found, wanted)) {
        sdk_object state = { call, object };
        local_set_checksums(&state, found);
        request->ret_found = IACP_FOUND_CERTAIN;
        request->ret_state = state.value;
    }
    return IACP_OK;
}

/* ---- data sources and functions ---- */

static int32_t read_data(void *instance, iacp_call *call, iacp_read_data *request)
{
    sdk_object state = { call, request->config };
    const char *path = sdk_cstr(sdk_get(request->config, "filename"), "");
    iac_str bytes;
    int error = local_read(call, path, &bytes);

    (void)instance;
    if (error)
        return sdk_error(call, "filename", "Read local file data source error",
                         "The file at given path cannot be read.\n\nOriginal error: open %s: %s", path,
                         strerror(error));
    sdk_set(&state, "content", sdk_new_str(call, bytes));
    sdk_set(&state, "content_base64", sdk_new_cstr(call, sdk_base64(call, bytes.p, bytes.n)));
    local_set_checksums(&state, bytes);
    request->ret_state = state.value;
    return IACP_OK;
}

static int32_t call_function(void *instance, iacp_call *call, iacp_function *request)
{
    struct stat st;
    const char *path = sdk_cstr(request->arguments[0], "");
    bool exists = stat(path, &st) == 0;

    (void)instance;
    if (exists ? !S_ISDIR(st.st_mode) : errno != ENOENT && errno != ENOTDIR) {
        request->ret_error_argument = 1;
        return sdk_error(call, NULL, "Error in function call",
                         exists ? "\"%s\" was found, but is not a directory" : "cannot look at \"%s\"", path);
    }
    request->ret_result = sdk_host->new_bool(call, exists);
    return IACP_OK;
}

static const iacp_provider table = {
    .size = sizeof(iacp_provider),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .name = "local",
    .version = "2.5.3", /* of the Terraform provider that this one follows */
    .type_names = type_names,
    .schema = schema,
    .read = read_resource,
    .plan = plan,
    .apply = apply,
    .read_data = read_data,
    .validate = validate,
    .find = find,
    .call_function = call_function,
};

SDK_PROVIDER(table);
