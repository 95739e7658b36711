/* iac-provider-notes: notes, each a file in a folder. A complete provider against iac_provider.h alone. */
#include <iac_provider.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const iacp_host *host;

/* One configured provider: what `open` makes and every other function gets. */
struct notes {
    char directory[512];
};

/* ---- schemas, in the form of `terraform providers schema -json` ---- */

static const char own_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"directory\":{\"type\":\"string\",\"required\":true,\"description\":\"Where the notes are kept.\"}}}}";

static const char note_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"id\":{\"type\":\"string\",\"computed\":true,\"description\":\"The title.\"},"
    "\"title\":{\"type\":\"string\",\"required\":true,\"description\":\"Letters, digits, - and _.\"},"
    "\"text\":{\"type\":\"string\",\"required\":true,\"description\":\"What the note says.\"},"
    "\"words\":{\"type\":\"number\",\"computed\":true,\"description\":\"How many words that is.\"}}}}";

static const char *const *type_names(uint32_t kind)
{
    static const char *const resources[] = { "notes_note", NULL };
    return kind == IACP_SCHEMA_RESOURCE ? resources : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    (void)type; /* there is one type only */
    return kind == IACP_SCHEMA_PROVIDER ? own_schema : kind == IACP_SCHEMA_RESOURCE ? note_schema : NULL;
}

/* ---- small helpers ---- */

static int32_t fail(iacp_call *call, const char *attribute, const char *summary, const char *detail)
{
    iacp_diagnostic diagnostic = {
        .size = sizeof(diagnostic),
        .severity = IACP_SEVERITY_ERROR,
        .summary = summary,
        .detail = detail,
        .path = attribute,
    };
    host->diagnostic(call, &diagnostic);
    return IACP_ERROR;
}

static const char *text_of(const iacp_value *object, const char *attribute)
{
    return host->string(host->get(object, attribute), NULL);
}

static const iacp_value *new_text(iacp_call *call, const char *text)
{
    return host->new_string(call, text, strlen(text));
}

/* The file of a note, in the call's memory. */
static const char *file_of(const struct notes *self, iacp_call *call, const char *title)
{
    size_t n = strlen(self->directory) + strlen(title) + 6;
    char *path = host->alloc(call, n);
    snprintf(path, n, "%s/%s.txt", self->directory, title);
    return path;
}

static int64_t count_words(const char *text)
{
    int64_t words = 0;
    int inside = 0;
    for (; *text; text++) {
        int blank = *text == ' ' || *text == '\n' || *text == '\t';
        words += !blank && !inside;
        inside = !blank;
    }
    return words;
}

static const iacp_value *new_note(iacp_call *call, const char *title, const char *text)
{
    const char *const names[] = { "id", "title", "text", "words" };
    const iacp_value *const items[] = {
        new_text(call, title),
        new_text(call, title),
        new_text(call, text),
        host->new_int64(call, count_words(text)),
    };
    return host->new_object(call, 4, names, items);
}

/* ---- the life of an instance ---- */

static int32_t open_instance(iacp_call *call, void **ret_instance)
{
    *ret_instance = calloc(1, sizeof(struct notes));
    return *ret_instance ? IACP_OK : fail(call, NULL, "Out of memory", NULL);
}

static int32_t configure(void *instance, iacp_call *call, iacp_configure *request)
{
    struct notes *self = instance;
    const char *directory = text_of(request->config, "directory");

    if (strlen(directory) >= sizeof(self->directory))
        return fail(call, "directory", "Directory name too long", "It must have fewer than 512 bytes.");
    memcpy(self->directory, directory, strlen(directory) + 1); /* copied: the value ends with this call */
    return IACP_OK;
}

static void close_instance(void *instance)
{
    free(instance);
}

/* ---- the resource ---- */

static int32_t validate(void *instance, iacp_call *call, iacp_validate *request)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const iacp_value *title;

    (void)instance;
    if (request->kind != IACP_SCHEMA_RESOURCE)
        return IACP_OK;
    title = host->get(request->config, "title");
    if (host->state(title) != IACP_KNOWN) /* it may depend on something that is not made yet */
        return IACP_OK;
    if (!*host->string(title, NULL) || host->string(title, NULL)[strspn(host->string(title, NULL), allowed)])
        return fail(call, "title", "Invalid title", "A title is made of letters, digits, \"-\" and \"_\".");
    return IACP_OK;
}

static int32_t read_note(void *instance, iacp_call *call, iacp_read *request)
{
    const char *title = text_of(request->state, "title");
    FILE *file = fopen(file_of(instance, call, title), "rb");
    size_t cap = 64 * 1024, n;
    char *text;

    if (!file && errno == ENOENT)
        return IACP_OK; /* ret_state stays unset: the note is gone */
    if (!file)
        return fail(call, NULL, "Cannot read the note", strerror(errno));
    text = host->alloc(call, cap + 1);
    n = fread(text, 1, cap, file);
    text[n] = '\0';
    fclose(file);
    request->ret_state = new_note(call, title, text);
    return IACP_OK;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const replace[] = { "title" };
    const iacp_value *title = host->get(request->proposed, "title"), *text = host->get(request->proposed, "text");
    const iacp_value *words = host->unknown(call, host->type_parse("number"));

    (void)instance;
    /* The title names the file: another title is another note. */
    if (host->state(request->prior) != IACP_NULL && !host->equal(title, host->get(request->prior, "title"))) {
        request->ret_requires_replace = replace;
        request->ret_requires_replace_count = 1;
    }
    /* What can be worked out now is shown in the plan; the rest stays unknown until the text is known. */
    if (host->state(text) == IACP_KNOWN)
        words = host->new_int64(call, count_words(host->string(text, NULL)));
    request->ret_planned = host->with(call, host->with(call, request->proposed, "words", words), "id", title);
    return IACP_OK;
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    int destroy = host->state(request->planned) == IACP_NULL;
    const char *title = text_of(destroy ? request->prior : request->planned, "title");
    const char *path = file_of(instance, call, title), *text;
    FILE *file;

    if (destroy) {
        if (remove(path) != 0 && errno != ENOENT)
            return fail(call, NULL, "Cannot remove the note", strerror(errno));
        return IACP_OK;
    }
    text = text_of(request->planned, "text");
    if (mkdir(((struct notes *)instance)->directory, 0777) != 0 && errno != EEXIST)
        return fail(call, NULL, "Cannot make the directory of the notes", strerror(errno));
    file = fopen(path, "wb");
    if (!file)
        return fail(call, NULL, "Cannot write the note", strerror(errno));
    fputs(text, file);
    if (fclose(file) != 0)
        return fail(call, NULL, "Cannot write the note", strerror(errno));
    request->ret_state = new_note(call, title, text);
    return IACP_OK;
}

static int32_t import(void *instance, iacp_call *call, iacp_import *request)
{
    iacp_imported *object = host->alloc(call, sizeof(*object));
    const iacp_imported **objects = host->alloc(call, sizeof(*objects));

    (void)instance;
    object->size = sizeof(*object);
    object->state = new_note(call, request->id, ""); /* read, which follows, fills in the text */
    objects[0] = object;
    request->ret_objects = objects;
    request->ret_count = 1;
    return IACP_OK;
}

/* ---- what iac looks for ---- */

static const iacp_provider table = {
    .size = sizeof(iacp_provider),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .name = "notes",
    .version = "1.0.0",
    .type_names = type_names,
    .schema = schema,
    .open = open_instance,
    .configure = configure,
    .close = close_instance,
    .validate = validate,
    .read = read_note,
    .plan = plan,
    .apply = apply,
    .import = import,
};

const iacp_magic *iac_provider_magic(void)
{
    static const iacp_magic magic = IACP_MAGIC_INIT;
    return &magic;
}

const iacp_provider *iac_provider_entry(const iacp_host *given)
{
    host = given;
    return &table;
}
