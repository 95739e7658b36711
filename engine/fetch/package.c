/* engine/fetch/package.c - a package's address to a directory. */
#include "engine/fetch/fetch_internal.h"
#include "lang/base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_HOPS = 10 }; /* addresses that lead to addresses */

iac_fetcher *iac_fetcher_new(void)
{
    iac_fetcher *fetcher = iac_xcalloc(1, sizeof(*fetcher));

    fetcher->arena = iac_arena_new();
    iac_settings_read(fetcher);
    return fetcher;
}

void iac_fetcher_free(iac_fetcher *fetcher)
{
    if (!fetcher)
        return;
    iac_map_clear(&fetcher->tokens);
    iac_map_clear(&fetcher->services);
    iac_map_clear(&fetcher->hosts);
    iac_map_clear(&fetcher->versions);
    iac_map_clear(&fetcher->packages);
    iac_arena_free(fetcher->arena);
    free(fetcher);
}

/* ---- checksums ---- */

/* "sha256:HEX" or HEX alone, whose length says what it is. */
static const EVP_MD *digest_of(iac_str *checksum)
{
    static const struct {
        const char *name;
        size_t length;
    } kinds[] = { { "md5", 32 }, { "sha1", 40 }, { "sha256", 64 }, { "sha512", 128 } };
    size_t colon = iac_str_find_char(*checksum, ':', 0);
    iac_str named = colon == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(*checksum, 0, colon);

    if (colon != SIZE_MAX)
        *checksum = iac_str_sub(*checksum, colon + 1, checksum->n);
    for (size_t i = 0; i < IAC_COUNT(kinds); i++)
        if (checksum->n == kinds[i].length && (!named.n || iac_str_is(named, kinds[i].name)))
            return EVP_get_digestbyname(kinds[i].name);
    return NULL;
}

static bool check_sum(iac_arena *arena, int fd, iac_str checksum, iac_str *ret_error)
{
    iac_str wanted = checksum;
    const EVP_MD *digest = digest_of(&wanted);
    unsigned char sum[EVP_MAX_MD_SIZE], bytes[65536];
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    unsigned length = 0;
    ssize_t got = -1;

    if (!digest) {
        *ret_error = iac_arena_printf(arena, "unsupported checksum \"%.*s\": it is to be md5, sha1, sha256 or sha512 in "
                                             "hexadecimal digits", IAC_FMT(checksum));
        return false;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, digest, NULL) && lseek(fd, 0, SEEK_SET) == 0;
    while (good && (got = read(fd, bytes, sizeof(bytes))) > 0)
        good = EVP_DigestUpdate(context, bytes, (size_t)got);
    good = good && got == 0 && EVP_DigestFinal_ex(context, sum, &length);
    EVP_MD_CTX_free(context);
    for (unsigned i = 0; good && i < length; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", sum[i]);
    if (good && wanted.n == 2 * (size_t)length && strncasecmp(hex, wanted.p, wanted.n) == 0)
        return true;
    *ret_error = iac_arena_printf(arena, "Checksums did not match.\nExpected: %.*s\nGot: %s", IAC_FMT(wanted), hex);
    return false;
}

/* ---- archives ---- */

static bool is_archive_name(iac_str path)
{
    static const char *const ends[] = { ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip", ".tar" };

    for (size_t i = 0; i < IAC_COUNT(ends); i++)
        if (iac_str_ends(path, iac_str_of(ends[i])))
            return true;
    return false;
}

static bool is_archive_kind(iac_str kind)
{
    return iac_str_is(kind, "tar.gz") || iac_str_is(kind, "tgz") ||
           iac_str_is(kind, "tar.bz2") || iac_str_is(kind, "tbz2") || iac_str_is(kind, "tar.xz") ||
           iac_str_is(kind, "txz") || iac_str_is(kind, "zip") || iac_str_is(kind, "tar");
}

static bool unpack(iac_arena *arena, const char *file, const char *dest, iac_str *ret_error)
{
    if (mkdir(dest, 0777) != 0) {
        *ret_error = iac_arena_printf(arena, "%s: %s", dest, strerror(errno));
        return false;
    }
    return iac_archive_unpack(arena, file, dest, ret_error);
}

static bool download(iac_arena *arena, iac_str url, iac_str checksum, const char *dest, iac_str *ret_error)
{
    const char *file = iac_arena_printf(arena, "%s.download", dest).p;
    iac_http_answer answer = { 0 };
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = false;

    if (fd < 0) {
        *ret_error = iac_arena_printf(arena, "%s: %s", file, strerror(errno));
        return false;
    }
    iac_http_request request = { .url = url, .fd = fd };
    if (!iac_http_get(arena, &request, &answer, ret_error))
        goto out;
    if (answer.status != 200) {
        *ret_error = iac_arena_printf(arena, "bad response code: %ld", answer.status);
        goto out;
    }
    good = (!checksum.n || check_sum(arena, fd, checksum, ret_error)) && unpack(arena, file, dest, ret_error);
out:
    close(fd);
    unlink(file);
    return good;
}

/* ---- http ---- */

/* <meta name="terraform-get" content="..."> of a page; empty when there is none. */
static iac_str meta_tag(iac_str page)
{
    for (size_t at = 0; (at = iac_str_find(page, IAC_STR("<meta"), at)) != SIZE_MAX; at++) {
        size_t end = iac_str_find_char(page, '>', at);
        iac_str tag = iac_str_sub(page, at, end);
        size_t content = iac_str_find(tag, IAC_STR("content="), 0);
        if (iac_str_find(tag, IAC_STR("terraform-get"), 0) == SIZE_MAX || content == SIZE_MAX || content + 9 >= tag.n)
            continue;
        char quote = tag.p[content + 8];
        size_t close = iac_str_find_char(tag, quote, content + 9);
        if ((quote == '"' || quote == '\'') && close != SIZE_MAX)
            return iac_str_sub(tag, content + 9, close);
    }
    return (iac_str){ 0 };
}

static bool fetch(iac_fetcher *fetcher, iac_arena *arena, iac_str package, const char *dest, size_t hops,
                  iac_str *ret_error);

/* The subdirectory of another package becomes this one. */
static bool fetch_part(iac_fetcher *fetcher, iac_arena *arena, const iac_module_source *source, const char *dest,
                       size_t hops, iac_str *ret_error)
{
    if (!source->subdir.n)
        return fetch(fetcher, arena, source->package, dest, hops, ret_error);
    const char *whole = iac_arena_printf(arena, "%s.whole", dest).p;
    bool good = fetch(fetcher, arena, source->package, whole, hops, ret_error) &&
                iac_check_links(arena, whole, ret_error) &&
                iac_fetch_copy(arena, iac_arena_printf(arena, "%s/%.*s", whole, IAC_FMT(source->subdir)).p, dest,
                              ret_error);
    iac_fetch_remove(whole);
    return good;
}

/* An address that answers with another one. */
static bool follow(iac_fetcher *fetcher, iac_arena *arena, iac_str url, const char *dest, size_t hops,
                   iac_str *ret_error)
{
    iac_str asked = iac_arena_printf(arena, "%.*s%sterraform-get=1", IAC_FMT(url),
                                     iac_str_find_char(url, '?', 0) == SIZE_MAX ? "?" : "&");
    iac_http_request request = { .url = asked, .fd = -1 };
    iac_module_source source = { 0 };
    iac_http_answer answer = { 0 };
    const char *summary = NULL;

    if (!iac_http_get(arena, &request, &answer, ret_error))
        return false;
    if (answer.status < 200 || answer.status >= 300) {
        *ret_error = iac_arena_printf(arena, "bad response code: %ld", answer.status);
        return false;
    }
    iac_str next = answer.terraform_get.n ? answer.terraform_get : meta_tag(answer.body);
    if (!next.n) {
        *ret_error = IAC_STR("no source URL was returned");
        return false;
    }
    if (iac_str_starts(next, IAC_STR("/")) || iac_str_starts(next, IAC_STR("./")) ||
        iac_str_starts(next, IAC_STR("../")))
        next = iac_url_resolve(arena, answer.url, next);
    if (!iac_module_source_parse(arena, next, false, &source, &summary, ret_error))
        return false;
    if (source.kind != IAC_SOURCE_REMOTE || iac_str_starts(source.package, IAC_STR("file:"))) {
        *ret_error = iac_arena_printf(arena, "the address \"%.*s\", given by the server, is not one of a package",
                                      IAC_FMT(next));
        return false;
    }
    return fetch_part(fetcher, arena, &source, dest, hops + 1, ret_error);
}

static bool fetch_http(iac_fetcher *fetcher, iac_arena *arena, iac_str url, const char *dest, size_t hops,
                       iac_str *ret_error)
{
    iac_str archive = iac_url_take(arena, &url, "archive"), checksum = iac_url_take(arena, &url, "checksum");
    bool none = iac_str_is(archive, "false") || iac_str_is(archive, "0");
    iac_str path = iac_str_sub(url, 0, iac_str_find_char(url, '?', 0));

    if (archive.n && !none && !is_archive_kind(archive)) {
        *ret_error = iac_arena_printf(arena, "archives of the kind \"%.*s\" cannot be unpacked", IAC_FMT(archive));
        return false;
    }
    if (!none && (archive.n || is_archive_name(path)))
        return download(arena, url, checksum, dest, ret_error);
    return follow(fetcher, arena, url, dest, hops, ret_error);
}

/* ---- this machine ---- */

static bool fetch_file(iac_arena *arena, iac_str url, const char *dest, iac_str *ret_error)
{
    iac_str archive = iac_url_take(arena, &url, "archive"), checksum = iac_url_take(arena, &url, "checksum");
    iac_str rest = iac_str_sub(url, iac_str_starts(url, IAC_STR("file://")) ? 7 : 0, url.n);
    const char *path = iac_arena_cstr(arena, iac_url_decode(arena, iac_str_sub(rest, 0, iac_str_find_char(rest, '?',
                                                                                                        0))));
    struct stat info;
    char why[128];

    if (stat(path, &info) != 0) {
        *ret_error = iac_arena_printf(arena, "source path error: stat %s: %s", path,
                                      iac_errno_text(errno, why, sizeof(why)));
        return false;
    }
    if (S_ISDIR(info.st_mode)) {
        if (symlink(path, dest) == 0)
            return true;
        *ret_error = iac_arena_printf(arena, "%s: %s", dest, strerror(errno));
        return false;
    }
    if (!is_archive_name(iac_str_of(path)) && !is_archive_kind(archive)) {
        *ret_error = IAC_STR("source path must be a directory");
        return false;
    }
    int fd = checksum.n ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool good = !checksum.n || (fd >= 0 && check_sum(arena, fd, checksum, ret_error));
    if (fd >= 0)
        close(fd);
    return good && unpack(arena, path, dest, ret_error);
}

/* ---- all of them ---- */

static bool fetch(iac_fetcher *fetcher, iac_arena *arena, iac_str package, const char *dest, size_t hops,
                  iac_str *ret_error)
{
    iac_str url, forced = iac_module_source_forced(package, &url);
    size_t scheme = iac_str_find(url, IAC_STR("://"), 0);
    iac_str way = forced.n ? forced : iac_str_sub(url, 0, scheme == SIZE_MAX ? 0 : scheme);

    if (hops > MAX_HOPS) {
        *ret_error = IAC_STR("too many addresses that lead to other addresses");
        return false;
    }
    if (iac_str_is(way, "http") || iac_str_is(way, "https"))
        return fetch_http(fetcher, arena, url, dest, hops, ret_error);
    iac_str why = { 0 };
    bool good = false;
    if (iac_str_is(way, "git"))
        good = iac_git_get(arena, url, dest, &why) && iac_check_links(arena, dest, &why);
    else if (iac_str_is(way, "file"))
        good = fetch_file(arena, url, dest, &why);
    else if (iac_str_is(way, "s3") || iac_str_is(way, "gcs") || iac_str_is(way, "hg"))
        why = iac_arena_printf(arena, "packages cannot be got by \"%.*s\"; they can be got by git, and as archives over "
                                      "http and https", IAC_FMT(way));
    else
        why = iac_arena_printf(arena, "download not supported for scheme '%.*s'", IAC_FMT(way));
    if (!good)
        *ret_error = iac_arena_printf(arena, "error downloading '%.*s': %.*s", IAC_FMT(url), IAC_FMT(why));
    return good;
}

/* What was got for one module is copied for the next. */
static bool copy_known(iac_arena *arena, const char *known, const char *dest, iac_str *ret_error)
{
    char target[PATH_MAX];
    ssize_t length = readlink(known, target, sizeof(target) - 1);

    if (length < 0)
        return iac_fetch_copy(arena, known, dest, ret_error);
    target[length] = '\0';
    if (symlink(target, dest) == 0)
        return true;
    *ret_error = iac_arena_printf(arena, "%s: %s", dest, strerror(errno));
    return false;
}

bool iac_fetch_package(iac_fetcher *fetcher, iac_arena *arena, iac_str package, const char *dest, iac_str *ret_error)
{
    const char *known = iac_map_get(&fetcher->packages, package);
    const char *slash = strrchr(dest, '/'), *name = slash ? slash + 1 : dest;
    /* beside it, under a name that no module's key has */
    const char *fresh = iac_arena_printf(arena, "%.*s.%s.part", (int)(name - dest), dest, name).p;
    bool good = false;

    iac_fetch_remove(fresh);
    if (known)
        good = copy_known(arena, known, fresh, ret_error);
    else
        good = fetch(fetcher, arena, package, fresh, 0, ret_error);
    if (good && rename(fresh, dest) != 0) {
        *ret_error = iac_arena_printf(arena, "%s: %s", dest, strerror(errno));
        good = false;
    }
    if (!good) {
        iac_fetch_remove(fresh);
        return false;
    }
    iac_map_put(&fetcher->packages, iac_arena_str(fetcher->arena, package),
                iac_arena_cstr(fetcher->arena, iac_str_of(dest)));
    return true;
}
