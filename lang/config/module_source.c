#include "lang/config/module_source.h"

#include <string.h>

static const char default_registry[] = "registry.terraform.io";

char *iac_path_clean(iac_arena *arena, iac_str path)
{
    bool absolute = path.n && path.p[0] == '/';
    iac_str *parts = iac_arena_array(arena, iac_str, path.n / 2 + 2);
    size_t n = 0, start = 0;

    for (size_t i = 0; i <= path.n; i++) {
        if (i < path.n && path.p[i] != '/')
            continue;
        iac_str part = iac_str_sub(path, start, i);
        start = i + 1;
        if (!part.n || iac_str_is(part, "."))
            continue;
        if (iac_str_is(part, "..") && n && !iac_str_is(parts[n - 1], ".."))
            n--;
        else if (!iac_str_is(part, "..") || !absolute)
            parts[n++] = part;
    }
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < n; i++) {
        if (i || absolute)
            iac_buf_char(&out, '/');
        iac_buf_str(&out, parts[i]);
    }
    char *cleaned = iac_arena_cstr(arena, n ? iac_buf_view(&out) : absolute ? IAC_STR("/") : IAC_STR("."));
    iac_buf_clear(&out);
    return cleaned;
}

/* ---- characters ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_registry_name(iac_str s)
{
    if (!s.n || s.n > 64 || !is_alnum(s.p[0]) || !is_alnum(s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return true;
}

static bool is_registry_provider(iac_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_lower(s.p[i]) && !is_digit(s.p[i]))
            return false;
    return s.n > 0 && s.n <= 64;
}

/* A host name with an optional port; one without a dot is a namespace of somebody who forgot "./". */
static bool is_host(iac_str s)
{
    size_t colon = iac_str_find_char(s, ':', 0);
    iac_str name = iac_str_sub(s, 0, colon), port = colon == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(s, colon + 1, s.n);

    if (!name.n || (colon != SIZE_MAX && (!port.n || port.n > 5)))
        return false;
    for (size_t i = 0; i < port.n; i++)
        if (!is_digit(port.p[i]))
            return false;
    for (size_t i = 0; i < name.n; i++) {
        bool edge = i == 0 || i + 1 == name.n || name.p[i - 1] == '.' || name.p[i + 1] == '.';
        if (!(is_alnum(name.p[i]) || (unsigned char)name.p[i] >= 0x80 ||
              (!edge && (name.p[i] == '-' || name.p[i] == '.')) || (name.p[i] == '.' && i && i + 1 < name.n &&
                                                                    name.p[i - 1] != '.' && name.p[i + 1] != '.')))
            return false;
    }
    return iac_str_find_char(name, '.', 0) != SIZE_MAX || iac_str_is(name, "localhost");
}

static iac_str lowered(iac_arena *arena, iac_str s)
{
    char *copy = iac_arena_cstr(arena, s);

    for (size_t i = 0; i < s.n; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    return (iac_str){ copy, s.n };
}

/* ---- parts of an address ---- */

void iac_module_source_split(iac_arena *arena, iac_str address, iac_str *ret_package, iac_str *ret_subdir)
{
    size_t query = iac_str_find_char(address, '?', 0);
    size_t stop = query == SIZE_MAX ? address.n : query;
    size_t scheme = iac_str_find(iac_str_sub(address, 0, stop), IAC_STR("://"), 0);
    size_t at = iac_str_find(iac_str_sub(address, 0, stop), IAC_STR("//"), scheme == SIZE_MAX ? 0 : scheme + 3);

    *ret_package = address;
    *ret_subdir = (iac_str){ 0 };
    if (at == SIZE_MAX)
        return;
    *ret_subdir = iac_str_sub(address, at + 2, stop);
    *ret_package = iac_arena_printf(arena, "%.*s%.*s", (int)at, address.p,
                                    IAC_FMT(iac_str_sub(address, stop, address.n)));
}

iac_str iac_module_source_forced(iac_str package, iac_str *ret_rest)
{
    size_t i = 0;

    while (i < package.n && (is_alnum(package.p[i]) || package.p[i] == '-'))
        i++;
    *ret_rest = package;
    if (!i || i + 1 >= package.n || package.p[i] != ':' || package.p[i + 1] != ':')
        return (iac_str){ 0 };
    *ret_rest = iac_str_sub(package, i + 2, package.n);
    return iac_str_sub(package, 0, i);
}

static bool has_scheme(iac_str s)
{
    size_t i = 0;

    while (i < s.n && (is_alnum(s.p[i]) || s.p[i] == '+' || s.p[i] == '-' || s.p[i] == '.'))
        i++;
    return i && i + 1 < s.n && s.p[i] == ':' && is_lower((char)(s.p[0] | 0x20));
}

static iac_str with_subdir(iac_arena *arena, iac_str package, iac_str subdir)
{
    size_t query = iac_str_find_char(package, '?', 0);

    if (!subdir.n)
        return package;
    return iac_arena_printf(arena, "%.*s//%.*s%.*s", IAC_FMT(iac_str_sub(package, 0, query)), IAC_FMT(subdir),
                            IAC_FMT(query == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(package, query, package.n)));
}

/* ---- kinds ---- */

static bool is_local(iac_str s)
{
    return iac_str_starts(s, IAC_STR("./")) || iac_str_starts(s, IAC_STR("../"));
}

static bool parse_local(iac_arena *arena, iac_str given, iac_module_source *ret)
{
    const char *cleaned = iac_path_clean(arena, given);
    bool above = strncmp(cleaned, "../", 3) == 0 || strcmp(cleaned, "..") == 0;

    *ret = (iac_module_source){ .kind = IAC_SOURCE_LOCAL,
                                .text = iac_arena_printf(arena, "%s%s", above ? "" : "./", cleaned) };
    return true;
}

/* false: no registry's address. */
static bool parse_registry(iac_arena *arena, iac_str given, iac_module_source *ret)
{
    iac_str package, subdir, parts[5];
    size_t n = 0, start = 0;

    iac_module_source_split(arena, given, &package, &subdir);
    for (size_t i = 0; i <= package.n && n < IAC_COUNT(parts); i++) {
        if (i < package.n && package.p[i] != '/')
            continue;
        parts[n++] = iac_str_sub(package, start, i);
        start = i + 1;
    }
    if (n != 3 && n != 4)
        return false;
    iac_str host = n == 4 ? lowered(arena, parts[0]) : iac_str_of(default_registry);
    const iac_str *names = parts + (n - 3);
    if (!is_host(host) || iac_str_is(host, "github.com") || iac_str_is(host, "bitbucket.org") ||
        iac_str_is(host, "gist.github.com") || !is_registry_name(names[0]) || !is_registry_name(names[1]) ||
        !is_registry_provider(names[2]))
        return false;
    package = iac_arena_printf(arena, "%.*s/%.*s/%.*s/%.*s", IAC_FMT(host), IAC_FMT(names[0]), IAC_FMT(names[1]),
                               IAC_FMT(names[2]));
    *ret = (iac_module_source){ IAC_SOURCE_REGISTRY, package, package, subdir, host, names[0], names[1], names[2] };
    return true;
}

/* user@host:path to ssh://user@host/path; empty when it is not of that form. Without git:: before it the user is to be
 * "git", so that nothing else is taken for it. */
static iac_str from_scp(iac_arena *arena, iac_str s, bool forced)
{
    size_t at = iac_str_find_char(s, '@', 0), colon = iac_str_find_char(s, ':', 0);

    if (at == SIZE_MAX || colon == SIZE_MAX || colon < at || at == 0 || colon == at + 1 || colon + 1 >= s.n ||
        iac_str_find_char(iac_str_sub(s, 0, colon), '/', 0) != SIZE_MAX ||
        (!forced && !iac_str_is(iac_str_sub(s, 0, at), "git")))
        return (iac_str){ 0 };
    iac_str path = iac_str_sub(s, colon + 1, s.n);
    return iac_arena_printf(arena, "git::ssh://%.*s/%.*s", IAC_FMT(iac_str_sub(s, 0, colon)),
                            IAC_FMT(iac_str_sub(path, path.p[0] == '/', path.n)));
}

/* github.com/owner/repository[/more]: the repository's address, with .git. */
static iac_str from_host(iac_arena *arena, iac_str s)
{
    size_t query = iac_str_find_char(s, '?', 0), slashes = 0, end = 0;
    iac_str path = iac_str_sub(s, 0, query), rest = query == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(s, query, s.n);

    for (end = 0; end < path.n; end++)
        if (path.p[end] == '/' && ++slashes == 3)
            break;
    iac_str repository = iac_str_sub(path, 0, end), more = iac_str_sub(path, end, path.n);
    if (slashes < 2 || iac_str_ends(repository, IAC_STR("/")))
        return (iac_str){ 0 };
    return iac_arena_printf(arena, "git::https://%.*s%s%.*s%.*s", IAC_FMT(repository),
                            iac_str_ends(repository, IAC_STR(".git")) ? "" : ".git", IAC_FMT(more), IAC_FMT(rest));
}

/* The address in full, with a scheme and where needed the way to fetch. Empty after setting *ret_detail. */
static iac_str detect(iac_arena *arena, iac_str package, iac_str *ret_detail)
{
    iac_str rest, forced = iac_module_source_forced(package, &rest), found = { 0 };

    if (has_scheme(rest))
        return package;
    bool github = iac_str_starts(rest, IAC_STR("github.com/"));
    if (github || iac_str_starts(rest, IAC_STR("bitbucket.org/"))) {
        found = from_host(arena, rest);
        if (!found.n)
            *ret_detail = iac_arena_printf(arena, "Failed to parse module source address: %s URLs should be "
                                                  "%s/username/repo.", github ? "GitHub" : "BitBucket",
                                           github ? "github.com" : "bitbucket.org");
        return found;
    }
    found = from_scp(arena, rest, iac_str_is(forced, "git"));
    if (found.n)
        return found;
    if (iac_str_find(rest, IAC_STR(".amazonaws.com/"), 0) != SIZE_MAX)
        return iac_arena_printf(arena, "s3::https://%.*s", IAC_FMT(rest));
    if (iac_str_find(rest, IAC_STR("googleapis.com/"), 0) != SIZE_MAX)
        return iac_arena_printf(arena, "gcs::https://%.*s", IAC_FMT(rest));
    if (rest.n && rest.p[0] == '/')
        return iac_arena_printf(arena, "%.*s%sfile://%.*s", IAC_FMT(forced), forced.n ? "::" : "", IAC_FMT(rest));
    *ret_detail = iac_arena_printf(
        arena, "iac failed to determine your intended installation method for remote module package \"%.*s\".\n\nIf "
               "you intended this as a path relative to the current module, use \"./%.*s\" instead. The \"./\" prefix "
               "indicates that the address is a relative filesystem path.", IAC_FMT(rest), IAC_FMT(rest));
    return found;
}

static bool parse_remote(iac_arena *arena, iac_str given, iac_module_source *ret, iac_str *ret_detail)
{
    iac_str package, subdir, more;

    iac_module_source_split(arena, given, &package, &subdir);
    package = detect(arena, package, ret_detail);
    if (!package.n)
        return false;
    iac_module_source_split(arena, package, &package, &more);
    *ret = (iac_module_source){ .kind = IAC_SOURCE_REMOTE, .package = package,
                                .subdir = more.n && subdir.n
                                              ? iac_arena_printf(arena, "%.*s/%.*s", IAC_FMT(more), IAC_FMT(subdir))
                                              : more.n ? more : subdir };
    return true;
}

static bool clean_subdir(iac_arena *arena, iac_module_source *source, iac_str *ret_detail)
{
    if (source->subdir.n) {
        iac_str cleaned = iac_str_of(iac_path_clean(arena, source->subdir));
        if (iac_str_is(cleaned, "..") || iac_str_starts(cleaned, IAC_STR("../")) ||
            iac_str_starts(cleaned, IAC_STR("/"))) {
            *ret_detail = iac_arena_printf(arena, "Failed to parse module source address: subdirectory path \"%.*s\" "
                                                  "leads outside of the module package.", IAC_FMT(source->subdir));
            return false;
        }
        source->subdir = iac_str_is(cleaned, ".") ? (iac_str){ 0 } : cleaned;
    }
    source->text = with_subdir(arena, source->package, source->subdir);
    return true;
}

bool iac_module_source_parse(iac_arena *arena, iac_str text, bool versioned, iac_module_source *ret,
                             const char **ret_summary, iac_str *ret_detail)
{
    iac_module_source source = { 0 };

    *ret_summary = "Invalid module source address";
    if (is_local(text) && !versioned)
        return parse_local(arena, text, ret);
    if (is_local(text) || !parse_registry(arena, text, &source)) {
        if (versioned) {
            *ret_summary = "Invalid registry module source address";
            *ret_detail = iac_arena_printf(
                arena, "Failed to parse module registry address: %s\"%.*s\"%s.\n\niac assumed that you intended a "
                       "module registry source address because you also set the argument \"version\", which applies "
                       "only to registry modules.",
                is_local(text) ? "can't use local directory " : "invalid module registry address ", IAC_FMT(text),
                is_local(text) ? " as a module registry address" : "");
            return false;
        }
        if (!text.n) {
            *ret_detail = IAC_STR("Failed to parse module source address: invalid source address: .");
            return false;
        }
        if (!parse_remote(arena, text, &source, ret_detail))
            return false;
    }
    if (!clean_subdir(arena, &source, ret_detail))
        return false;
    *ret = source;
    return true;
}
