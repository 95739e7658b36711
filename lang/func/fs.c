/* Files, paths and templates. */
#include "lang/func/func_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 256 << 20 };

/* ---- lexical paths ---- */

/* The shortest equal path: no "." or needless "..", no repeated slashes. */
static iac_str clean(iac_arena *arena, iac_str path)
{
    bool rooted = path.n && path.p[0] == '/';
    IAC_VEC(iac_str) parts = { 0 };
    for (size_t i = 0; i < path.n;) {
        size_t end = iac_str_find_char(path, '/', i);
        if (end == SIZE_MAX)
            end = path.n;
        iac_str part = iac_str_sub(path, i, end);
        i = end + 1;
        if (part.n == 0 || iac_str_is(part, "."))
            continue;
        bool up = iac_str_is(part, "..");
        if (up && parts.n && !iac_str_is(parts.v[parts.n - 1], ".."))
            parts.n--;
        else if (!up || !rooted)
            iac_vec_push(&parts, part);
    }
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    if (rooted)
        iac_buf_char(&buf, '/');
    for (size_t i = 0; i < parts.n; i++) {
        if (i)
            iac_buf_char(&buf, '/');
        iac_buf_str(&buf, parts.v[i]);
    }
    if (buf.n == 0)
        iac_buf_char(&buf, '.');
    iac_vec_clear(&parts);
    iac_str result = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return result;
}

static iac_str home_directory(void)
{
    const char *home = getenv("HOME");
    if (home && *home)
        return iac_str_of(home);
    const struct passwd *user = getpwuid(getuid());
    return iac_str_of(user ? user->pw_dir : "/");
}

/* "~" and "~/x"; false for "~user". */
static bool expand_home(iac_arena *arena, iac_str path, iac_str *ret)
{
    *ret = path;
    if (path.n == 0 || path.p[0] != '~')
        return true;
    if (path.n > 1 && path.p[1] != '/')
        return false;
    *ret = clean(
        arena, iac_arena_printf(arena, "%.*s/%.*s", IAC_FMT(home_directory()), IAC_FMT(iac_str_sub(path, 1, path.n))));
    return true;
}

const char *iac_call_path(iac_call *call, iac_str path)
{
    iac_str expanded;
    iac_str base = call->context->base_dir;
    if (!expand_home(call->arena, path, &expanded))
        expanded = path;
    bool rooted = expanded.n && expanded.p[0] == '/';
    if (!rooted && base.n && !iac_str_is(base, "."))
        expanded = iac_arena_printf(call->arena, "%.*s/%.*s", IAC_FMT(base), IAC_FMT(expanded));
    return clean(call->arena, expanded).p;
}

const iac_value *iac_fn_basename(iac_call *call)
{
    iac_str path = iac_arg_str(call, 0);
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    for (size_t i = path.n; i-- > 0 && path.n > 1;)
        if (path.p[i] == '/') {
            path = iac_str_sub(path, i + 1, path.n);
            break;
        }
    return iac_value_string(call->arena, path.n ? path : IAC_STR("."));
}

const iac_value *iac_fn_dirname(iac_call *call)
{
    iac_str path = iac_arg_str(call, 0);
    while (path.n && path.p[path.n - 1] != '/')
        path.n--;
    return iac_value_string(call->arena, clean(call->arena, path));
}

const iac_value *iac_fn_abspath(iac_call *call)
{
    iac_str path = iac_arg_str(call, 0);
    char here[PATH_MAX];
    if (path.n && path.p[0] == '/')
        return iac_value_string(call->arena, clean(call->arena, path));
    if (!getcwd(here, sizeof(here)))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "getwd: %s", strerror(errno));
    iac_str whole = iac_arena_printf(call->arena, "%s/%.*s", here, IAC_FMT(path));
    return iac_value_string(call->arena, clean(call->arena, whole));
}

const iac_value *iac_fn_pathexpand(iac_call *call)
{
    iac_str expanded;
    if (!expand_home(call->arena, iac_arg_str(call, 0), &expanded))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "cannot expand user-specific home dir");
    return iac_value_string(call->arena, expanded);
}

/* ---- contents ---- */

/* The system's words for an error, as Go has them: without a capital. */
static const char *reason(iac_arena *arena, int error)
{
    char *text = iac_arena_cstr(arena, iac_str_of(strerror(error)));
    if (text[0] >= 'A' && text[0] <= 'Z')
        text[0] = (char)(text[0] - 'A' + 'a');
    return text;
}

/* Notes why the path cannot be opened or read. */
static void note_failure(iac_call *call, size_t arg, const char *what, const char *path, int error)
{
    if (arg == IAC_FUNC_NO_ARG) {
        iac_call_fail(call, arg, "%s %s: %s", what, path, reason(call->arena, error));
    } else if (error == ENOENT) {
        iac_call_fail(call, arg,
                      "no file exists at %.*s; this function works only with files that are distributed as part "
                      "of the configuration source code, so if this file will be created by a resource in this "
                      "configuration you must instead obtain this result from an attribute of that resource",
                      IAC_FMT(iac_call_quote(call, iac_arg_str(call, 0))));
    } else if (strcmp(what, "open") == 0) {
        iac_call_fail(call, arg, "open %s: %s", path, reason(call->arena, error));
    } else {
        iac_call_fail(call, arg, "failed to read file: %s %s: %s", what, path, reason(call->arena, error));
    }
}

bool iac_call_read_file(iac_call *call, size_t arg, iac_str *ret)
{
    iac_str given = iac_arg_str(call, 0);
    const char *path = iac_call_path(call, given);
    if (memchr(given.p, '\0', given.n)) {
        note_failure(call, arg, "open", path, EINVAL);
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        note_failure(call, arg, "open", path, errno);
        return false;
    }
    iac_buf buf;
    iac_buf_init(&buf, MAX_FILE);
    char chunk[65536];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof(chunk))) > 0 && !buf.full)
        iac_buf_add(&buf, chunk, (size_t)n);
    int error = n < 0 ? errno : buf.full ? EFBIG : 0;
    close(fd);
    if (error)
        note_failure(call, arg, "read", path, error);
    else
        *ret = iac_arena_str(call->arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return error == 0;
}

/* Reads a file that must be text. */
static bool read_text(iac_call *call, iac_str *ret)
{
    if (!iac_call_read_file(call, 0, ret))
        return false;
    if (iac_utf8_valid(*ret))
        return true;
    iac_call_fail(call, IAC_FUNC_NO_ARG,
                  "contents of \"%.*s\" are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded "
                  "contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results "
                  "instead",
                  IAC_FMT(iac_arg_str(call, 0)));
    return false;
}

const iac_value *iac_fn_file(iac_call *call)
{
    iac_str text;
    return read_text(call, &text) ? iac_value_string(call->arena, text) : NULL;
}

const iac_value *iac_fn_filebase64(iac_call *call)
{
    iac_str bytes;
    if (!iac_call_read_file(call, 0, &bytes))
        return NULL;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_base64_encode(&buf, bytes);
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_fileexists(iac_call *call)
{
    const char *path = iac_call_path(call, iac_arg_str(call, 0));
    struct stat st;
    if (stat(path, &st) != 0) {
        if (errno == ENOENT)
            return &iac_false;
        return iac_call_fail(call, 0, "failed to stat \"%s\": %s", path, reason(call->arena, errno));
    }
    if (S_ISREG(st.st_mode))
        return &iac_true;
    const char *what = S_ISDIR(st.st_mode)    ? "a directory"
                       : S_ISCHR(st.st_mode)  ? "a character device"
                       : S_ISBLK(st.st_mode)  ? "a device"
                       : S_ISFIFO(st.st_mode) ? "a named pipe"
                       : S_ISSOCK(st.st_mode) ? "a socket"
                                              : "an unknown kind of file";
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "\"%s\" is %s, not a file", path, what);
}

/* ---- templates ---- */

static bool is_variable_name(iac_str name)
{
    size_t i = 0;
    if (name.n == 0 || !iac_is_id_start(iac_utf8_next(name, &i)))
        return false;
    while (i < name.n) {
        uint32_t cp = iac_utf8_next(name, &i);
        if (cp != '-' && !iac_is_id_continue(cp))
            return false;
    }
    return true;
}

/* Whether the template is at odds with the variables, rather than at fault itself. */
static bool missing_name(iac_str error)
{
    return iac_str_starts(error, IAC_STR("vars map does not contain key "));
}

static const iac_value *render(iac_call *call, iac_str name, iac_str text)
{
    const iac_func_context *context = call->context;
    const iac_value *vars = call->args[1];
    if (vars->kind != IAC_OBJECT && vars->kind != IAC_MAP)
        return iac_call_fail(call, 1, "invalid vars value: must be a map");
    for (size_t i = 0; i < vars->n; i++)
        if (!is_variable_name(vars->keys[i]))
            return iac_call_fail(call, 1,
                                 "invalid template variable name \"%.*s\": must start with a letter, followed by zero "
                                 "or more letters, digits, and underscores",
                                 IAC_FMT(vars->keys[i]));
    if (!context->render)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "cannot recursively call %s from inside another template function",
                             call->func->name);
    iac_str error = { "", 0 };
    const iac_value *v = context->render(context->render_arg, call->arena, name, text, vars, &error);
    return v ? v : iac_call_fail(call, missing_name(error) ? 1 : IAC_FUNC_NO_ARG, "%.*s", IAC_FMT(error));
}

const iac_value *iac_fn_templatefile(iac_call *call)
{
    iac_str text;
    return read_text(call, &text) ? render(call, iac_arg_str(call, 0), text) : NULL;
}

const iac_value *iac_fn_templatestring(iac_call *call)
{
    return render(call, IAC_STR("<templatestring argument>"), iac_arg_str(call, 0));
}
