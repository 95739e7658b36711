/* file and remote-exec: what is done on another machine. */
#include "engine/provision/internal.h"
#include "engine/provision/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A path with "~/" replaced by the home directory. */
static iac_str expand_home(const iac_provision_request *request, iac_str path)
{
    const char *home = getenv("HOME");
    if (!home || !(iac_str_is(path, "~") || iac_str_starts(path, IAC_STR("~/"))))
        return path;
    return iac_arena_printf(request->arena, "%s%.*s", home, IAC_FMT(iac_str_sub(path, 1, path.n)));
}

static const char *error_words(const iac_provision_request *request)
{
    char text[128];
    char *words = iac_arena_cstr(request->arena, iac_str_of(strerror_r(errno, text, sizeof(text))));
    if (words[0] >= 'A' && words[0] <= 'Z')
        words[0] = (char)(words[0] - 'A' + 'a');
    return words;
}

/* ---- file ---- */

const char *iac_provision_file(const iac_provision_request *request)
{
    const iac_value *content = iac_value_get_cstr(request->config, "content");
    const iac_value *source = iac_value_get_cstr(request->config, "source");
    const iac_value *destination = iac_value_get_cstr(request->config, "destination");
    iac_str path = expand_home(request, iac_provision_text(request->config, "source"));
    iac_connection connection;
    iac_ssh *ssh;
    struct stat info;

    const char *error = iac_connection_read(request, &connection);
    if (error)
        return error;
    if (!iac_is_set_value(destination))
        return "destination must not be null";
    if (iac_is_set_value(content) == iac_is_set_value(source))
        return "Must provide one of 'source' or 'content'";
    if (!iac_is_set_value(content) && stat(iac_arena_cstr(request->arena, path), &info) != 0)
        return iac_provision_message(request, "stat %.*s: %s", IAC_FMT(path), error_words(request));
    error = iac_ssh_open(request, &connection, false, &ssh);
    if (error)
        return error;
    error = iac_is_set_value(content) ? iac_ssh_put_text(ssh, request, content->string, destination->string)
                                      : iac_ssh_put_path(ssh, request, path, destination->string);
    iac_ssh_close(ssh);
    return error ? iac_provision_message(request, "Upload failed: %s", error) : NULL;
}

/* ---- remote-exec: the scripts ---- */

static const char *read_script(const iac_provision_request *request, iac_str path, iac_str *ret)
{
    char bytes[65536];
    iac_buf text;
    ssize_t n = 0;
    const char *name = iac_arena_cstr(request->arena, expand_home(request, path));
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    iac_buf_init(&text, (size_t)64 << 20);
    while (fd >= 0 && ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0)
            iac_buf_add(&text, bytes, (size_t)n);
    const char *error = NULL;
    if (fd < 0 || n < 0)
        error = iac_provision_message(request, "Failed to open script '%.*s': open %s: %s", IAC_FMT(path), name,
                                      error_words(request));
    else if (text.full)
        error = iac_provision_message(request, "Failed to open script '%.*s': it is larger than 64 MiB",
                                      IAC_FMT(path));
    else
        *ret = iac_arena_str(request->arena, iac_buf_view(&text));
    if (fd >= 0)
        close(fd);
    iac_buf_clear(&text);
    return error;
}

static const char *check_text(const iac_provision_request *request, const iac_value *v, const char *where)
{
    if (iac_is_null(v))
        return iac_provision_message(request, "invalid null string in '%s'", where);
    return v->string.n ? NULL : iac_provision_message(request, "invalid empty string in '%s'", where);
}

static const char *join_lines(const iac_provision_request *request, const iac_value *lines, iac_str *ret)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    const char *error = NULL;
    for (size_t i = 0; !error && i < lines->n; i++) {
        error = check_text(request, lines->items[i], "scripts");
        if (!error) {
            iac_buf_str(&text, lines->items[i]->string);
            iac_buf_char(&text, '\n');
        }
    }
    *ret = iac_arena_str(request->arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return error;
}

static const char *collect(const iac_provision_request *request, iac_str **ret, size_t *ret_count)
{
    const iac_value *lines = iac_value_get_cstr(request->config, "inline");
    const iac_value *one = iac_value_get_cstr(request->config, "script");
    const iac_value *several = iac_value_get_cstr(request->config, "scripts");
    const char *error = NULL;

    if (iac_is_set_value(lines)) {
        *ret = iac_arena_array(request->arena, iac_str, 1);
        *ret_count = 1;
        return join_lines(request, lines, *ret);
    }
    if (iac_is_set_value(one)) {
        *ret = iac_arena_array(request->arena, iac_str, 1);
        *ret_count = 1;
        error = check_text(request, one, "script");
        return error ? error : read_script(request, one->string, *ret);
    }
    if (!iac_is_set_value(several))
        return "Only one of \"inline\", \"script\", or \"scripts\" must be set";
    *ret = iac_arena_array(request->arena, iac_str, several->n);
    for (size_t i = 0; !error && i < several->n; i++) {
        error = check_text(request, several->items[i], "scripts");
        if (!error)
            error = read_script(request, several->items[i]->string, &(*ret)[i]);
    }
    *ret_count = several->n;
    return error;
}

/* ---- remote-exec: running them ---- */

/* A command of our own, of which only a failure is of interest. */
static const char *quietly(iac_ssh *ssh, const iac_provision_request *request, const char *command)
{
    iac_process process;
    char bytes[1024];
    if (iac_ssh_start(ssh, command, false, false, &process) != 0)
        return "the ssh program could not be started";
    while (iac_process_read(&process, bytes, sizeof(bytes)) != 0)
        continue;
    const char *failure = iac_ssh_failure(request, iac_process_finish(&process));
    if (failure)
        failure = iac_provision_message(request, "error executing \"%s\": %s: %.*s", command, failure,
                                        IAC_FMT(iac_str_trim(iac_buf_view(&process.errors))));
    iac_buf_clear(&process.errors);
    return failure;
}

static const char *upload(iac_ssh *ssh, const iac_provision_request *request, const iac_connection *connection,
                          iac_str text, iac_str path)
{
    if (!connection->windows && !iac_str_starts(text, IAC_STR("#!")))
        text = iac_arena_printf(request->arena, "#!/bin/sh\n%.*s", IAC_FMT(text));
    const char *error = iac_ssh_put_text(ssh, request, text, path);
    if (error || connection->windows)
        return error;
    iac_buf command;
    iac_buf_init(&command, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&command, "chmod 0777 ");
    iac_ssh_quote(&command, path);
    error = quietly(ssh, request, command.p);
    iac_buf_clear(&command);
    return error ? iac_provision_message(request, "Error chmodding script file to 0777 in remote machine %s", error)
                 : NULL;
}

static const char *run_script(iac_ssh *ssh, const iac_provision_request *request, const iac_connection *connection,
                              iac_str text)
{
    iac_process process;
    iac_buf path, command;
    uint32_t number = 0;
    size_t at = iac_str_find(connection->script_path, IAC_STR("%RAND%"), 0);

    if (getrandom(&number, sizeof(number), 0) < 0)
        number = (uint32_t)getpid();
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    iac_buf_init(&command, IAC_BUF_UNLIMITED);
    iac_buf_str(&path, iac_str_sub(connection->script_path, 0, at));
    if (at != SIZE_MAX) {
        iac_buf_printf(&path, "%" PRIu32, number);
        iac_buf_str(&path, iac_str_sub(connection->script_path, at + 6, connection->script_path.n));
    }
    const char *error = upload(ssh, request, connection, text, iac_buf_view(&path));
    if (error) {
        error = iac_provision_message(request, "Failed to upload script: %s", error);
    } else if (iac_ssh_start(ssh, path.p, true, false, &process) != 0) {
        error = "the ssh program could not be started";
    } else {
        iac_process_lines(&process, request->output, request->user, NULL);
        error = iac_ssh_failure(request, iac_process_finish(&process));
        iac_buf_clear(&process.errors);
        if (error)
            error = iac_provision_message(request, "error executing \"%s\": %s", path.p, error);
        iac_buf_cstr(&command, connection->windows ? "del " : "rm -f ");
        iac_ssh_quote(&command, iac_buf_view(&path));
        if (!request->stop || atomic_load(request->stop) == 0)
            (void)quietly(ssh, request, command.p); /* what stays behind does no harm */
    }
    iac_buf_clear(&path);
    iac_buf_clear(&command);
    return error;
}

const char *iac_provision_remote_exec(const iac_provision_request *request)
{
    iac_connection connection;
    iac_str *scripts = NULL;
    size_t count = 0;
    iac_ssh *ssh;

    const char *error = iac_connection_read(request, &connection);
    if (!error)
        error = collect(request, &scripts, &count);
    if (!error)
        error = iac_ssh_open(request, &connection, true, &ssh);
    if (error)
        return error;
    for (size_t i = 0; !error && i < count; i++)
        error = run_script(ssh, request, &connection, scripts[i]);
    iac_ssh_close(ssh);
    return error;
}
