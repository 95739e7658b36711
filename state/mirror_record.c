#include "state/mirror_internal.h"

#include "lang/base/crypto.h"
#include "lang/value/json.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_RECORD 65536

void iac_mirror_set_version(iac_mirror *m, iac_str version)
{
    free(m->version);
    m->version = version.n ? iac_xstrndup(version.p, version.n) : NULL;
}

void iac_mirror_digest(iac_str bytes, char ret[65])
{
    uint8_t digest[32];
    ret[0] = '\0';
    if (!bytes.n)
        return;
    if (!EVP_Digest(bytes.p, bytes.n, digest, NULL, EVP_sha256(), NULL))
        abort();
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

static int write_all(int fd, iac_str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

int iac_sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? iac_xstrndup(path, (size_t)(slash - path) + 1) : iac_xstrdup(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), failed = 0;
    free(folder);
    if (fd < 0)
        return errno;
    if (fsync(fd) != 0 && errno != EINVAL)
        failed = errno;
    close(fd);
    return failed;
}

int iac_write_file(const char *path, iac_str bytes, unsigned mode)
{
    iac_buf name;
    iac_buf_init(&name, IAC_BUF_UNLIMITED);
    iac_buf_printf(&name, "%s.%ld.tmp", path, (long)getpid());
    int fd = open(name.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int failed = fd < 0 ? errno : write_all(fd, bytes);
    if (fd >= 0 && close(fd) != 0 && !failed)
        failed = errno;
    if (!failed && rename(name.p, path) != 0)
        failed = errno;
    if (failed)
        unlink(name.p);
    iac_buf_clear(&name);
    return failed ? failed : iac_sync_folder(path);
}

static void add_text(iac_buf *out, const char *name, const char *text)
{
    iac_buf_printf(out, "%s\"%s\": ", out->n > 1 ? ", " : "", name);
    iac_json_string(out, iac_str_of(text), true);
}

iac_status iac_mirror_save_record(iac_mirror *m, iac_diags *diags)
{
    if (m->in_memory)
        return IAC_OK;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_char(&out, '{');
    add_text(&out, "backend", iac_backend_describe(m->backend));
    add_text(&out, "workspace", m->workspace);
    add_text(&out, "version", m->version);
    add_text(&out, "digest", m->digest);
    add_text(&out, "attempt", m->attempt);
    iac_buf_printf(&out, ", \"token\": %lld, \"ahead\": %s}\n", (long long)m->token, m->dirty ? "true" : "false");
    int failed = iac_write_file(m->record_path, iac_buf_view(&out), 0600);
    iac_buf_clear(&out);
    if (failed)
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to save state", "The file %s cannot be written: %s.",
                       m->record_path, strerror(failed));
    return failed ? IAC_ERR : IAC_OK;
}

static void copy_digest(const iac_value *record, const char *name, char ret[65])
{
    const iac_value *v = iac_value_get_cstr(record, name);
    if (v && iac_is_set_value(v) && v->kind == IAC_STRING && v->string.n == 64)
        memcpy(ret, v->string.p, 65);
}

iac_status iac_mirror_load_record(iac_mirror *m, iac_diags *diags)
{
    char *text = iac_xcalloc(1, MAX_RECORD);
    iac_arena *arena = iac_arena_new();
    int fd = open(m->record_path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, MAX_RECORD);
    iac_status status = IAC_OK;
    if (fd >= 0)
        close(fd);
    if (n > 0) {
        iac_str error;
        size_t offset;
        const iac_value *record = iac_value_from_json(arena, (iac_str){ text, (size_t)n }, &error, &offset);
        if (record && iac_is_set_value(record) && record->kind == IAC_OBJECT) {
            const iac_value *version = iac_value_get_cstr(record, "version");
            if (version && iac_is_set_value(version) && version->kind == IAC_STRING)
                iac_mirror_set_version(m, version->string);
            copy_digest(record, "digest", m->digest);
            copy_digest(record, "attempt", m->attempt);
            m->dirty = iac_backend_flag(record, "ahead");
            m->token = iac_backend_number(record, "token", 0);
        } else {
            iac_diag_error(diags, IAC_NO_RANGE, "Failed to load state",
                           "The file %s, which notes what of the working copy was saved to the backend, is damaged. "
                           "Delete it to go on with the state that the backend has.", m->record_path);
            status = IAC_ERR;
        }
    }
    iac_arena_free(arena);
    free(text);
    return status;
}

iac_status iac_save_errored(iac_str json, char ret_name[64], iac_diags *diags)
{
    snprintf(ret_name, 64, "errored.tfstate");
    for (int i = 2; access(ret_name, F_OK) == 0 && i < 10000; i++)
        snprintf(ret_name, 64, "errored-%d.tfstate", i);
    int failed = iac_write_file(ret_name, json, 0600);
    if (!failed)
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to create local state file",
                   "Error creating local state file for recovery: %s: %s.", ret_name, strerror(failed));
    return IAC_ERR;
}

iac_status iac_mirror_save_errored(iac_mirror *m, char ret_name[64], iac_diags *diags)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_status status = iac_mirror_snapshot(m, &json, NULL, diags);
    if (status == IAC_OK)
        status = iac_save_errored(iac_buf_view(&json), ret_name, diags);
    iac_buf_clear(&json);
    return status;
}

char *iac_working_copy(const char *data_dir, const char *place)
{
    char digest[65];
    iac_buf path;
    iac_mirror_digest(iac_str_of(place), digest);
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    iac_buf_printf(&path, "%s/backend/%.16s", data_dir, digest);
    return iac_buf_detach(&path);
}
