#include "engine/cli/git_head.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 4 << 20 };

/* Empty when it cannot be read. */
static iac_str read_file(iac_arena *arena, iac_str path)
{
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    iac_str text = { 0 };
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 && info.st_size < MAX_FILE) {
        char *bytes = iac_arena_alloc(arena, (size_t)info.st_size + 1);
        ssize_t n = read(fd, bytes, (size_t)info.st_size);
        bytes[n > 0 ? n : 0] = '\0';
        text = iac_str_trim((iac_str){ bytes, n > 0 ? (size_t)n : 0 });
    }
    if (fd >= 0)
        close(fd);
    return iac_arena_str(arena, text);
}

static iac_str join(iac_arena *arena, iac_str dir, iac_str path)
{
    if (path.n && path.p[0] == '/')
        return path;
    return iac_arena_printf(arena, "%.*s/%.*s", IAC_FMT(dir), IAC_FMT(path));
}

/* The ".git" of the directory: itself, or the one that a file of that name points to. */
static bool find_dir(iac_arena *arena, iac_str at, iac_str *ret)
{
    static const iac_str mark = IAC_STR_INIT("gitdir:");
    struct stat info;
    iac_str path = join(arena, at, IAC_STR(".git"));
    if (stat(path.p, &info) != 0)
        return false;
    *ret = path;
    if (S_ISDIR(info.st_mode))
        return true;
    iac_str text = read_file(arena, path);
    if (!iac_str_starts(text, mark))
        return false;
    *ret = join(arena, at, iac_str_trim(iac_str_sub(text, mark.n, text.n)));
    return true;
}

static bool is_commit(iac_str text)
{
    return (text.n == 40 || text.n == 64) && strspn(text.p, "0123456789abcdef") >= text.n;
}

static iac_str packed(iac_arena *arena, iac_str dir, iac_str name)
{
    iac_str all = read_file(arena, join(arena, dir, IAC_STR("packed-refs")));
    for (size_t at = 0; at < all.n;) {
        size_t end = iac_str_find_char(all, '\n', at), blank = iac_str_find_char(all, ' ', at);
        end = end == SIZE_MAX ? all.n : end;
        if (blank < end && iac_str_eq(iac_str_sub(all, blank + 1, end), name))
            return iac_arena_str(arena, iac_str_sub(all, at, blank));
        at = end + 1;
    }
    return (iac_str){ 0 };
}

void iac_git_head(iac_arena *arena, const char *dir, iac_str *ret_commit, iac_str *ret_branch)
{
    static const iac_str mark = IAC_STR_INIT("ref:"), heads = IAC_STR_INIT("refs/heads/");
    char whole[PATH_MAX];
    iac_str git = { 0 };
    *ret_commit = *ret_branch = (iac_str){ 0 };
    if (!realpath(dir, whole))
        return;
    while (!find_dir(arena, iac_str_of(whole), &git)) {
        char *slash = strrchr(whole, '/');
        if (!slash || !*whole)
            return;
        *slash = '\0';
    }
    iac_str head = read_file(arena, join(arena, git, IAC_STR("HEAD"))), commit = head;
    if (iac_str_starts(head, mark)) {
        iac_str name = iac_arena_str(arena, iac_str_trim(iac_str_sub(head, mark.n, head.n)));
        iac_str common = read_file(arena, join(arena, git, IAC_STR("commondir")));
        iac_str shared = common.n ? join(arena, git, common) : git; /* of a linked working tree */
        if (iac_str_find(name, IAC_STR(".."), 0) != SIZE_MAX)
            return;
        commit = read_file(arena, join(arena, shared, name));
        if (!commit.n)
            commit = packed(arena, shared, name);
        if (iac_str_starts(name, heads))
            *ret_branch = iac_str_sub(name, heads.n, name.n);
    }
    if (is_commit(commit))
        *ret_commit = commit;
}
