#include "providers/local/file.h"
#include "lang/base/crypto.h"
#include "providers/sdk/base64.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE ((size_t)256 << 20)

/* ---- reading ---- */

static int read_all(iacp_call *call, int fd, size_t expected, iac_str *ret)
{
    size_t cap = expected + 1, n = 0;
    char *bytes = sdk_alloc(call, cap);

    for (;;) {
        if (n == cap) { /* it grew, or its size is not told beforehand */
            char *more = sdk_alloc(call, cap * 2);
            memcpy(more, bytes, n);
            bytes = more;
            cap *= 2;
        }
        ssize_t got = read(fd, bytes + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > MAX_FILE)
            return EFBIG;
    }
    *ret = (iac_str){ bytes, n };
    return 0;
}

int local_read(iacp_call *call, const char *path, iac_str *ret)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = 0;
    if (fstat(fd, &st) != 0)
        error = errno;
    else if (S_ISDIR(st.st_mode))
        error = EISDIR;
    else if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > MAX_FILE)
        error = EFBIG;
    else
        error = read_all(call, fd, S_ISREG(st.st_mode) ? (size_t)st.st_size : 4096, ret);
    close(fd);
    return error;
}

/* ---- writing ---- */

static int make_parents(iacp_call *call, const char *path, mode_t mode, const char **ret_step)
{
    char *dir = sdk_strndup(call, path, strlen(path));
    char *last = strrchr(dir, '/');
    struct stat st;

    if (!last || last == dir)
        return 0;
    *last = '\0';
    if (stat(dir, &st) == 0)
        return 0; /* whatever it is: opening the file in it says what is wrong */
    for (char *at = dir + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(dir, mode) != 0 && errno != EEXIST) {
            int error = errno;
            *ret_step = sdk_printf(call, "create the directory %s", dir);
            return error;
        }
        *at = kept;
        if (kept == '\0')
            return 0;
    }
}

static int write_all(int fd, iac_str bytes)
{
    for (size_t n = 0; n < bytes.n;) {
        ssize_t put = write(fd, bytes.p + n, bytes.n - n);
        if (put < 0 && errno != EINTR)
            return errno;
        n += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* A new file beside `path` under a name that nobody uses. -1 with errno. */
static int open_beside(iacp_call *call, const char *path, mode_t mode, const char **ret_name)
{
    for (int tries = 0; tries < 100; tries++) {
        uint64_t random = 0;
        if (getrandom(&random, sizeof(random), 0) < 0)
            return -1;
        char *name = sdk_printf(call, "%s.%08x.tmp", path, (unsigned)random);
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST) {
            *ret_name = name;
            return fd;
        }
    }
    return -1;
}

static int write_directly(const char *path, iac_str bytes, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return errno;
    int error = write_all(fd, bytes);
    if (close(fd) != 0 && !error)
        error = errno;
    return error;
}

/* A file without a name in the directory of `path`: nothing is left of it when the program is killed. -1 where the file
 * system has no such files. */
static int open_nameless(iacp_call *call, const char *path, mode_t mode)
{
    const char *slash = strrchr(path, '/');
    const char *dir = !slash ? "." : slash == path ? "/" : sdk_printf(call, "%.*s", (int)(slash - path), path);
    if (access("/proc/self/fd", X_OK) != 0)
        return -1; /* it could not be given a name */
    return open(dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
}

/* Names such a file `path`, or where there is one, something beside it that is to be renamed. 0 or errno. */
static int give_name(iacp_call *call, int fd, const char *path, const char **ret_temporary)
{
    const char *self = sdk_printf(call, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno != EEXIST)
        return errno;
    const char *beside = sdk_printf(call, "%s.%ld-%d.tmp", path, (long)getpid(), fd);
    if (linkat(AT_FDCWD, self, AT_FDCWD, beside, AT_SYMLINK_FOLLOW) != 0)
        return errno;
    *ret_temporary = beside;
    return 0;
}

static int replace_file(iacp_call *call, const char *path, iac_str bytes, mode_t mode)
{
    const char *temporary = NULL;
    int fd = open_nameless(call, path, mode);
    bool nameless = fd >= 0;
    if (!nameless)
        fd = open_beside(call, path, mode, &temporary);
    if (fd < 0) /* the file itself may be writable where its directory is not */
        return errno == EACCES || errno == EROFS || errno == ENAMETOOLONG ? write_directly(path, bytes, mode) : errno;
    int error = write_all(fd, bytes);
    if (!error && fsync(fd) != 0)
        error = errno;
    if (!error && nameless)
        error = give_name(call, fd, path, &temporary);
    if (close(fd) != 0 && !error)
        error = errno;
    if (!error && temporary && rename(temporary, path) != 0)
        error = errno;
    if (error && temporary)
        unlink(temporary);
    return error;
}

int local_write(iacp_call *call, const char *path, iac_str bytes, mode_t file_mode, mode_t dir_mode,
                const char **ret_step)
{
    struct stat st;
    char *target = NULL;
    int error = make_parents(call, path, dir_mode, ret_step);
    if (error)
        return error;
    *ret_step = sdk_printf(call, "write the file %s", path);
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) { /* written through, not replaced */
        target = realpath(path, NULL);
        if (!target || stat(target, &st) != 0)
            error = errno;
    }
    if (!error) {
        bool special = stat(target ? target : path, &st) == 0 && !S_ISREG(st.st_mode);
        if (special)
            error = write_directly(path, bytes, file_mode);
        else
            error = replace_file(call, target ? target : path, bytes, file_mode);
    }
    free(target);
    return error;
}

/* ---- checksums ---- */

static size_t digest(const EVP_MD *algorithm, iac_str bytes, uint8_t out[EVP_MAX_MD_SIZE])
{
    unsigned n = 0;
    EVP_Digest(bytes.p, bytes.n, out, &n, algorithm, NULL);
    return n;
}

char *local_sha1(iacp_call *call, iac_str bytes)
{
    uint8_t out[EVP_MAX_MD_SIZE];
    size_t n = digest(EVP_sha1(), bytes, out);
    return sdk_hex(call, out, n);
}

void local_set_checksums(sdk_object *object, iac_str bytes)
{
    const struct {
        const char *hex, *base64;
        const EVP_MD *algorithm;
    } rows[] = {
        { "content_md5", NULL, EVP_md5() },
        { "content_sha1", NULL, EVP_sha1() },
        { "content_sha256", "content_base64sha256", EVP_sha256() },
        { "content_sha512", "content_base64sha512", EVP_sha512() },
    };
    uint8_t out[EVP_MAX_MD_SIZE];
    iacp_call *call = object->call;

    for (size_t i = 0; i < IAC_COUNT(rows); i++) {
        size_t n = digest(rows[i].algorithm, bytes, out);
        sdk_set(object, rows[i].hex, sdk_new_cstr(call, sdk_hex(call, out, n)));
        if (rows[i].base64)
            sdk_set(object, rows[i].base64, sdk_new_cstr(call, sdk_base64(call, out, n)));
    }
    sdk_set(object, "id", sdk_new_cstr(call, local_sha1(call, bytes)));
}
