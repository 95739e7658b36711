/* engine/fetch/files.c - trees of files. */
#include "engine/fetch/fetch_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 200, OPEN_DIRECTORIES = 32 };

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path) != 0 && errno != ENOENT;
}

bool iac_fetch_remove(const char *path)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return errno == ENOENT;
    if (!S_ISDIR(info.st_mode)) /* a link is removed, not what it leads to */
        return unlink(path) == 0;
    return nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) == 0;
}

static bool fail(iac_arena *arena, const char *path, iac_str *ret_error)
{
    *ret_error = iac_arena_printf(arena, "%s: %s", path, strerror(errno));
    return false;
}

static bool copy_file(iac_arena *arena, const char *from, const char *to, mode_t mode, iac_str *ret_error)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
    bool good = false;
    ssize_t got = -1;
    char bytes[65536];

    if (in < 0)
        return fail(arena, from, ret_error);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0777);
    while (out >= 0 && (got = read(in, bytes, sizeof(bytes))) > 0)
        if (write(out, bytes, (size_t)got) != got)
            break;
    good = out >= 0 && got == 0;
    if (!good)
        fail(arena, to, ret_error);
    if (out >= 0 && close(out) != 0 && good)
        good = fail(arena, to, ret_error);
    close(in);
    return good;
}

static bool copy_one(iac_arena *arena, const char *from, const char *to, size_t depth, iac_str *ret_error);

static bool copy_directory(iac_arena *arena, const char *from, const char *to, size_t depth, iac_str *ret_error)
{
    DIR *dir = opendir(from);
    const struct dirent *entry;
    bool good = true;

    if (!dir || (mkdir(to, 0777) != 0 && errno != EEXIST)) {
        good = fail(arena, dir ? to : from, ret_error);
        if (dir)
            closedir(dir);
        return good;
    }
    while (good && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strcmp(entry->d_name, ".git") == 0)
            continue;
        good = copy_one(arena, iac_arena_printf(arena, "%s/%s", from, entry->d_name).p,
                        iac_arena_printf(arena, "%s/%s", to, entry->d_name).p, depth + 1, ret_error);
    }
    closedir(dir);
    return good;
}

static bool copy_one(iac_arena *arena, const char *from, const char *to, size_t depth, iac_str *ret_error)
{
    char target[PATH_MAX];
    struct stat info;

    if (lstat(from, &info) != 0)
        return fail(arena, from, ret_error);
    if (S_ISDIR(info.st_mode) && depth < MAX_DEPTH)
        return copy_directory(arena, from, to, depth, ret_error);
    if (S_ISREG(info.st_mode))
        return copy_file(arena, from, to, info.st_mode, ret_error);
    if (S_ISLNK(info.st_mode)) {
        ssize_t length = readlink(from, target, sizeof(target) - 1);
        if (length < 0)
            return fail(arena, from, ret_error);
        target[length] = '\0';
        return symlink(target, to) == 0 || fail(arena, to, ret_error);
    }
    return true; /* sockets and the like are of no use in a module */
}

bool iac_fetch_copy(iac_arena *arena, const char *from, const char *to, iac_str *ret_error)
{
    return copy_directory(arena, from, to, 0, ret_error);
}

/* ---- links ---- */

/* nftw hands nothing through; fetching is one thread's work. */
static struct {
    char root[PATH_MAX];
    size_t length;
    iac_arena *arena;
    iac_str *error;
} checked;

static int check_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    char target[PATH_MAX];

    (void)info;
    (void)at;
    if (type != FTW_SL && type != FTW_SLN)
        return 0;
    if (!realpath(path, target))
        return unlink(path) != 0;
    if (strncmp(target, checked.root, checked.length) == 0 &&
        (target[checked.length] == '/' || target[checked.length] == '\0'))
        return 0;
    *checked.error = iac_arena_printf(checked.arena, "the symbolic link %s leads outside of the package",
                                      path + (strncmp(path, checked.root, checked.length) == 0 ? checked.length + 1 : 0));
    return 1;
}

bool iac_check_links(iac_arena *arena, const char *dir, iac_str *ret_error)
{
    if (!realpath(dir, checked.root))
        return fail(arena, dir, ret_error);
    checked.length = strlen(checked.root);
    checked.arena = arena;
    checked.error = ret_error;
    *ret_error = IAC_STR("the package could not be looked through");
    return nftw(checked.root, check_one, OPEN_DIRECTORIES, FTW_PHYS) == 0;
}
