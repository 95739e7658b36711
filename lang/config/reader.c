/* lang/config/reader.c - configuration files from the file system. */
#include "lang/config/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No configuration file comes near it; positions are 32 bits wide. */
enum { MAX_FILE = 256 << 20 };

static bool is_directory(DIR *dir, const struct dirent *entry)
{
    struct stat info;

    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(dir), entry->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

static iac_status list_files(void *user, const char *dir, iac_arena *arena, iac_str **ret, size_t *ret_count,
                             iac_diags *diags)
{
    (void)user;
    DIR *handle = opendir(dir);
    if (!handle) {
        if (errno == ENOENT || errno == ENOTDIR)
            return IAC_NOT_FOUND;
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to read module directory",
                       "Module directory %s does not exist or cannot be read: %s.", dir, strerror(errno));
        return IAC_ERR;
    }

    IAC_VEC(iac_str) names = { 0 };
    const struct dirent *entry;
    while ((entry = readdir(handle)))
        if (!is_directory(handle, entry))
            iac_vec_push(&names, iac_arena_str(arena, iac_str_of(entry->d_name)));
    closedir(handle);
    *ret = iac_arena_array(arena, iac_str, names.n);
    if (names.n)
        memcpy(*ret, names.v, names.n * sizeof(iac_str));
    *ret_count = names.n;
    iac_vec_clear(&names);
    return IAC_OK;
}

static bool read_all(int fd, iac_buf *out)
{
    char chunk[65536];
    ssize_t got;

    while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        iac_buf_add(out, chunk, (size_t)got);
        if (out->full) {
            errno = EFBIG;
            return false;
        }
    }
    return true;
}

static iac_status read_file(void *user, const char *path, iac_arena *arena, iac_str *ret, iac_diags *diags)
{
    (void)user;
    iac_buf bytes;
    iac_status status = IAC_OK;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to read file", "The file \"%s\" could not be read: %s.", path,
                       strerror(error));
        errno = error;
        return error == ENOENT ? IAC_NOT_FOUND : IAC_ERR;
    }
    iac_buf_init(&bytes, MAX_FILE);
    bool whole = read_all(fd, &bytes);
    int error = errno;
    if (whole) {
        *ret = iac_arena_str(arena, iac_buf_view(&bytes));
    } else {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to read file", "The file \"%s\" could not be read: %s.", path,
                       strerror(error));
        status = IAC_ERR;
    }
    iac_buf_clear(&bytes);
    close(fd);
    errno = error;
    return status;
}

iac_str iac_config_read_problem(iac_arena *arena, const char *path)
{
    int error = errno; /* what may be opened and not read is a directory */
    char why[128];
    return iac_arena_printf(arena, "%s %s: %s", error == EISDIR ? "read" : "open", path,
                            iac_errno_text(error, why, sizeof(why)));
}

const iac_config_reader iac_config_reader_files = { NULL, list_files, read_file };
