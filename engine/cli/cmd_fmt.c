/* engine/cli/cmd_fmt.c - the fmt command. */
#include "engine/cli/cli.h"

#include "engine/cli/text_diff.h"
#include "lang/syntax/format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_NOT_READ = 2,      /* something could not be read, or is no configuration */
    EXIT_NOT_FORMATTED = 3, /* -check: something would change */
    MAX_DEPTH = 128,        /* of folders within each other */
    MAX_TEXT = 256 << 20,
};

#define AT(member) offsetof(iac_args, member)
static const iac_option options[] = {
    { "check", IAC_OPTION_BOOL, AT(check), NULL,
      "Write nothing; end with status 3 when something is not formatted." },
    { "diff", IAC_OPTION_BOOL, AT(diff), NULL, "Show what changes." },
    { "list", IAC_OPTION_BOOL, AT(list), "=false", "Do not list the files that change." },
    { "recursive", IAC_OPTION_BOOL, AT(recursive), NULL, "Also go through folders within folders." },
    { "write", IAC_OPTION_BOOL, AT(write), "=false", "Do not change files." },
};
static const iac_option_group fmt_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &fmt_group, &iac_options_common, NULL };

typedef struct fmt_run {
    iac_cli *cli;
    bool list, write, diff;
    bool changed; /* something was, or would be */
    iac_buf out;
} fmt_run;

static bool has_known_suffix(iac_str name)
{
    static const char *const suffixes[] = { ".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl", ".iac" };

    for (size_t i = 0; i < IAC_COUNT(suffixes); i++)
        if (iac_str_ends(name, iac_str_of(suffixes[i])))
            return true;
    return false;
}

/* What editors leave behind, and hidden files. */
static bool is_ignored(iac_str name)
{
    return name.p[0] == '.' || iac_str_ends(name, IAC_STR("~")) ||
           (name.p[0] == '#' && iac_str_ends(name, IAC_STR("#")));
}

static bool write_all(int fd, iac_str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = iac_str_sub(bytes, (size_t)n, bytes.n);
    }
    return true;
}

/* Puts bytes in the place of the file at once, so that it is never seen half written. A link stays one. */
static bool replace_file(const char *path, iac_str bytes)
{
    struct stat info;
    char *real = realpath(path, NULL);
    bool done = false;

    if (!real)
        return false;
    iac_arena *arena = iac_arena_new();
    char *temporary = iac_arena_cstr(arena, iac_arena_printf(arena, "%s.XXXXXX", real));
    int fd = stat(real, &info) == 0 && access(real, W_OK) == 0 ? mkostemp(temporary, O_CLOEXEC) : -1;
    if (fd >= 0) {
        done = write_all(fd, bytes) && fchmod(fd, info.st_mode & 07777) == 0 &&
               (fchown(fd, info.st_uid, info.st_gid) == 0 || errno == EPERM) && fsync(fd) == 0;
        done = close(fd) == 0 && done && rename(temporary, real) == 0;
        if (!done)
            unlink(temporary);
    }
    iac_arena_free(arena);
    free(real);
    return done;
}

static void fail(fmt_run *run, const char *what, const char *path)
{
    iac_diag_error(&run->cli->diags, IAC_NO_RANGE, iac_arena_printf(run->cli->arena, "%s %s", what, path).p, "%s", "");
}

static void format_text(fmt_run *run, const char *path, iac_str text, bool is_file)
{
    iac_arena *arena = iac_arena_new();
    const iac_source *source = iac_source_new(arena, iac_str_of(path), text);
    iac_buf result;

    iac_buf_init(&result, IAC_BUF_UNLIMITED);
    if (iac_format_source(source, &result, &run->cli->diags) != IAC_OK) {
        iac_arena_adopt(run->cli->arena, arena); /* messages point into it */
        iac_buf_clear(&result);
        return;
    }
    if (!iac_str_eq(text, iac_buf_view(&result))) {
        run->changed = true;
        if (run->list)
            iac_buf_printf(&run->out, "%s\n", path);
        if (run->write && is_file && !replace_file(path, iac_buf_view(&result)))
            fail(run, "Failed to write", path);
        if (run->diff)
            iac_text_diff(&run->out, path, text, iac_buf_view(&result));
    }
    if (!run->list && !run->write && !run->diff && !run->cli->args.check) {
        iac_buf_str(&run->out, iac_buf_view(&result));
        if (!iac_str_ends(iac_buf_view(&result), IAC_STR("\n")))
            iac_buf_char(&run->out, '\n');
    }
    iac_buf_clear(&result);
    iac_arena_free(arena);
}

static bool read_all(int fd, iac_buf *out)
{
    char chunk[65536];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            iac_buf_add(out, chunk, (size_t)n);
    }
    return !out->full;
}

/* fd is closed, unless it is standard input. */
static void format_fd(fmt_run *run, const char *path, int fd)
{
    iac_buf text;

    iac_buf_init(&text, MAX_TEXT);
    if (fd >= 0 && read_all(fd, &text))
        format_text(run, path, iac_buf_view(&text), fd != STDIN_FILENO);
    else
        fail(run, "Failed to read file", path);
    iac_buf_clear(&text);
    if (fd > STDIN_FILENO)
        close(fd);
}

static void format_file(fmt_run *run, const char *path)
{
    format_fd(run, path, open(path, O_RDONLY | O_CLOEXEC));
}

typedef struct folder_entry {
    iac_str name;
    bool folder;
} folder_entry;

static int by_name(const void *a, const void *b)
{
    return iac_str_cmp(((const folder_entry *)a)->name, ((const folder_entry *)b)->name);
}

static bool is_folder(DIR *dir, const struct dirent *entry)
{
    struct stat info;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

/* Files and folders in order of their names. Links to folders are not followed. */
static void format_folder(fmt_run *run, const char *path, unsigned depth)
{
    IAC_VEC(folder_entry) entries = { 0 };
    struct dirent *entry;
    DIR *dir = opendir(path);

    if (!dir || depth > MAX_DEPTH) {
        fail(run, "Cannot read directory", path);
        if (dir)
            closedir(dir);
        return;
    }
    iac_arena *arena = iac_arena_new();
    while ((entry = readdir(dir))) {
        iac_str name = iac_str_of(entry->d_name);
        bool folder = is_folder(dir, entry);
        if (is_ignored(name) || (folder ? !run->cli->args.recursive : !has_known_suffix(name)))
            continue;
        iac_vec_push(&entries, (folder_entry){ iac_arena_str(arena, name), folder });
    }
    closedir(dir);
    if (entries.n)
        qsort(entries.v, entries.n, sizeof(*entries.v), by_name);
    for (size_t i = 0; i < entries.n; i++) {
        iac_str name = entries.v[i].name;
        iac_str inner = strcmp(path, ".") == 0 ? name : iac_arena_printf(arena, "%s/%.*s", path, IAC_FMT(name));
        if (entries.v[i].folder)
            format_folder(run, inner.p, depth + 1);
        else
            format_file(run, inner.p);
    }
    iac_vec_clear(&entries);
    iac_arena_free(arena);
}

typedef IAC_VEC(iac_str) parts;

static void split_path(iac_str path, parts *ret)
{
    for (size_t at = 0; at < path.n;) {
        size_t slash = iac_str_find_char(path, '/', at);
        size_t end = slash == SIZE_MAX ? path.n : slash;
        iac_str part = iac_str_sub(path, at, end);
        if (iac_str_is(part, ".."))
            ret->n -= ret->n > 0;
        else if (part.n && !iac_str_is(part, "."))
            iac_vec_push(ret, part);
        at = end + 1;
    }
}

/* The path as seen from the working directory, without detours. */
static const char *normalise(iac_arena *arena, const char *path)
{
    char *cwd = getcwd(NULL, 0);
    parts here = { 0 }, there = { 0 };
    size_t common = 0;
    iac_buf out;

    split_path(iac_str_of(cwd), &here);
    if (path[0] != '/')
        split_path(iac_str_of(cwd), &there);
    split_path(iac_str_of(path), &there);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    while (common < here.n && common < there.n && iac_str_eq(here.v[common], there.v[common]))
        common++;
    for (size_t i = common; i < here.n; i++)
        iac_buf_cstr(&out, out.n ? "/.." : "..");
    for (size_t i = common; i < there.n; i++)
        iac_buf_printf(&out, "%s%.*s", out.n ? "/" : "", IAC_FMT(there.v[i]));
    const char *result = iac_arena_cstr(arena, out.n ? iac_buf_view(&out) : IAC_STR("."));
    iac_buf_clear(&out);
    iac_vec_clear(&here);
    iac_vec_clear(&there);
    free(cwd);
    return result;
}

/* False when there is no such thing: nothing after it is looked at then. */
static bool format_target(fmt_run *run, const char *given)
{
    const char *path = normalise(run->cli->arena, given);
    struct stat info;

    if (stat(path, &info) != 0) {
        fail(run, "No file or directory at", path);
        return false;
    }
    if (S_ISDIR(info.st_mode))
        format_folder(run, path, 0);
    else if (has_known_suffix(iac_str_of(path)))
        format_file(run, path);
    else
        iac_diag_error(&run->cli->diags, IAC_NO_RANGE,
                       "Only .tf, .tfvars, .tftest.hcl, .tfmock.hcl and .iac files can be processed with iac fmt", "%s",
                       "");
    return true;
}

static void format_targets(fmt_run *run)
{
    const iac_args *args = &run->cli->args;

    if (args->positional_count == 0)
        format_folder(run, ".", 0);
    for (size_t i = 0; i < args->positional_count; i++)
        if (!format_target(run, args->positional[i]))
            return;
}

static int run(iac_cli *cli)
{
    bool standard_input = cli->args.positional_count && strcmp(cli->args.positional[0], "-") == 0;
    fmt_run fmt = {
        .cli = cli,
        .list = cli->args.list && !standard_input,
        .write = cli->args.write && !cli->args.check && !standard_input,
        .diff = cli->args.diff,
    };
    bool quiet = cli->args.check && !fmt.list;

    iac_buf_init(&fmt.out, IAC_BUF_UNLIMITED);
    if (standard_input)
        format_fd(&fmt, "<stdin>", STDIN_FILENO);
    else
        format_targets(&fmt);
    bool failed = iac_diags_has_errors(&cli->diags);
    if (!quiet && !(failed && cli->args.check))
        iac_cli_print(&fmt.out);
    iac_buf_clear(&fmt.out);
    iac_cli_report(cli);
    return failed ? EXIT_NOT_READ : cli->args.check && fmt.changed ? EXIT_NOT_FORMATTED : IAC_EXIT_OK;
}

const iac_command iac_cmd_fmt = {
    .name = "fmt",
    .summary = "Reformat the configuration in the standard style",
    .usage = "[options] [target...]",
    .description = "Rewrites configuration files (.tf, .iac), files of variables (.tfvars) and of tests (.tftest.hcl, "
                   ".tfmock.hcl) in the standard layout, and lists those that changed. A target is a file or a folder; "
                   "the working directory when there is none; \"-\" stands for standard input, which is formatted to "
                   "standard output. Files in JSON are left alone.",
    .groups = groups,
    .max_positional = SIZE_MAX,
    .misuse = IAC_MISUSE_USAGE,
    .no_workspace = true,
    .run = run,
};
