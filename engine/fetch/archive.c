/* engine/fetch/archive.c - unpacking what nobody vouches for. Every directory on the way to a file is opened by itself
 * without following links, and links are made last, so that nothing is ever written through one. */
#include "engine/fetch/fetch_internal.h"

#include "engine/fetch/libarchive.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_ENTRIES = 200000, MAX_PARTS = 200, BLOCK = 65536 };
static const int64_t max_bytes = (int64_t)2 << 30; /* of everything unpacked */

static const char too_large[] = "the archive unpacks to more than 2 GiB";

typedef struct pending_link {
    iac_str path, target;
    bool hard;
} pending_link;

typedef struct unpacking {
    iac_arena *arena;
    struct archive *archive;
    int root;
    size_t entries;
    int64_t bytes;
    IAC_VEC(pending_link) links;
    iac_str *error;
} unpacking;

static bool fail(unpacking *u, iac_str path, const char *why)
{
    *u->error = iac_arena_printf(u->arena, "the archive's entry \"%.*s\": %s", IAC_FMT(path), why);
    return false;
}

/* The path in parts; false for one that could lead elsewhere. */
static bool split(unpacking *u, iac_str path, iac_str *parts, size_t *ret_count)
{
    size_t n = 0, start = 0;

    if (path.n && path.p[0] == '/')
        return fail(u, path, "its path is absolute");
    for (size_t i = 0; i <= path.n; i++) {
        if (i < path.n && path.p[i] != '/')
            continue;
        iac_str part = iac_str_sub(path, start, i);
        start = i + 1;
        if (!part.n || iac_str_is(part, "."))
            continue;
        if (iac_str_is(part, ".."))
            return fail(u, path, "its path leads outside of the archive");
        if (n == MAX_PARTS)
            return fail(u, path, "its path is too deep");
        parts[n++] = part;
    }
    *ret_count = n;
    return true;
}

/* Opens the directory that the first n parts name, making what is missing; the caller closes it. Negative on error. */
static int open_parent(unpacking *u, const iac_str *parts, size_t n)
{
    int at = dup(u->root);

    for (size_t i = 0; i < n && at >= 0; i++) {
        const char *name = iac_arena_cstr(u->arena, parts[i]);
        if (mkdirat(at, name, 0777) != 0 && errno != EEXIST) {
            close(at);
            return -1;
        }
        int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(at);
        at = next;
    }
    return at;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t wrote = write(fd, bytes, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

static bool write_file(unpacking *u, iac_str path, int fd)
{
    char bytes[BLOCK];
    la_ssize_t got;

    while ((got = archive_read_data(u->archive, bytes, sizeof(bytes))) > 0) {
        u->bytes += got;
        if (u->bytes > max_bytes)
            return fail(u, path, too_large);
        if (!write_all(fd, bytes, (size_t)got))
            return fail(u, path, strerror(errno));
    }
    return got == 0 || fail(u, path, archive_error_string(u->archive));
}

static bool unpack_file(unpacking *u, iac_str path, const iac_str *parts, size_t n, mode_t mode)
{
    int parent = open_parent(u, parts, n - 1);
    const char *name = iac_arena_cstr(u->arena, parts[n - 1]);

    if (parent < 0)
        return fail(u, path, strerror(errno));
    unlinkat(parent, name, 0); /* a later entry of the same name wins */
    int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0111 ? 0777 : 0666);
    bool good = fd >= 0 ? write_file(u, path, fd) : fail(u, path, strerror(errno));
    if (fd >= 0 && close(fd) != 0 && good)
        good = fail(u, path, strerror(errno));
    close(parent);
    return good;
}

static bool unpack_entry(unpacking *u, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    const char *soft = archive_entry_symlink_utf8(entry), *hard = archive_entry_hardlink_utf8(entry);
    iac_str parts[MAX_PARTS];
    size_t n = 0;

    name = name ? name : archive_entry_pathname(entry);
    if (!name)
        return fail(u, (iac_str){ 0 }, "its name cannot be read");
    iac_str path = iac_arena_str(u->arena, iac_str_of(name));
    if (++u->entries > MAX_ENTRIES)
        return fail(u, path, "the archive has too many entries");
    if (!split(u, path, parts, &n))
        return false;
    if (!n)
        return true; /* the top directory itself */
    if (soft || hard) {
        iac_vec_push(&u->links, (pending_link){ path, iac_arena_str(u->arena, iac_str_of(soft ? soft : hard)), !soft });
        return true;
    }
    if (archive_entry_filetype(entry) == AE_IFREG && archive_entry_size_is_set(entry) &&
        archive_entry_size(entry) > max_bytes - u->bytes)
        return fail(u, path, too_large);
    if (archive_entry_filetype(entry) == AE_IFREG)
        return unpack_file(u, path, parts, n, archive_entry_mode(entry));
    if (archive_entry_filetype(entry) != AE_IFDIR)
        return true; /* devices and pipes have no place in a module */
    int made = open_parent(u, parts, n);
    if (made < 0)
        return fail(u, path, strerror(errno));
    close(made);
    return true;
}

static bool make_link(unpacking *u, const pending_link *link)
{
    iac_str parts[MAX_PARTS], target_parts[MAX_PARTS];
    size_t n = 0, target_n = 0;

    if (!split(u, link->path, parts, &n) || (link->hard && !split(u, link->target, target_parts, &target_n)))
        return false;
    int parent = open_parent(u, parts, n - 1);
    if (parent < 0)
        return fail(u, link->path, strerror(errno));
    const char *name = iac_arena_cstr(u->arena, parts[n - 1]);
    bool good;
    if (link->hard && target_n) {
        int from = open_parent(u, target_parts, target_n - 1);
        good = from >= 0 && linkat(from, iac_arena_cstr(u->arena, target_parts[target_n - 1]), parent, name, 0) == 0;
        if (from >= 0)
            close(from);
    } else {
        good = symlinkat(link->target.p, parent, name) == 0;
    }
    if (!good)
        fail(u, link->path, strerror(errno));
    close(parent);
    return good;
}

static bool unpack_all(unpacking *u)
{
    struct archive_entry *entry;
    int code;

    while ((code = archive_read_next_header(u->archive, &entry)) != ARCHIVE_EOF) {
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            *u->error = iac_arena_printf(u->arena, "the archive is damaged: %s", archive_error_string(u->archive));
            return false;
        }
        if (!unpack_entry(u, entry))
            return false;
    }
    for (size_t i = 0; i < u->links.n; i++) /* hard ones first: they name files, and no link is there yet */
        if (u->links.v[i].hard && !make_link(u, &u->links.v[i]))
            return false;
    for (size_t i = 0; i < u->links.n; i++)
        if (!u->links.v[i].hard && !make_link(u, &u->links.v[i]))
            return false;
    return true;
}

bool iac_archive_unpack(iac_arena *arena, const char *file, const char *dest, iac_str *ret_error)
{
    unpacking u = { .arena = arena, .error = ret_error, .archive = archive_read_new(), .root = -1 };
    bool good = false;

    archive_read_support_format_tar(u.archive);
    archive_read_support_format_zip(u.archive);
    archive_read_support_filter_gzip(u.archive);
    archive_read_support_filter_bzip2(u.archive);
    archive_read_support_filter_xz(u.archive);
    u.root = open(dest, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (u.root < 0)
        *ret_error = iac_arena_printf(arena, "%s: %s", dest, strerror(errno));
    else if (archive_read_open_filename(u.archive, file, BLOCK) != ARCHIVE_OK)
        *ret_error = iac_arena_printf(arena, "not an archive: %s", archive_error_string(u.archive));
    else
        good = unpack_all(&u);
    archive_read_free(u.archive);
    if (u.root >= 0)
        close(u.root);
    iac_vec_clear(&u.links);
    return good && iac_check_links(arena, dest, ret_error);
}

IAC_LAZY_LOADER(iac_libarchive, IAC_LIBARCHIVE_FUNCTIONS, "libarchive.so.13")
