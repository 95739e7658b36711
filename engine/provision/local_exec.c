/* local-exec: a command on this machine. */
#include "engine/provision/internal.h"

#include "lang/value/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

static bool overrides(const iac_value *environment, const char *entry)
{
    const char *equals = strchr(entry, '=');
    const iac_value *v = equals ? iac_value_get(environment, (iac_str){ entry, (size_t)(equals - entry) }) : NULL;
    return v && !iac_is_null(v);
}

/* This process's environment with what the configuration sets; NULL when it sets nothing. */
static char **make_env(const iac_provision_request *request)
{
    const iac_value *environment = iac_value_get_cstr(request->config, "environment");
    size_t count = 0, n = 0;
    if (!environment || !iac_is_set_value(environment) || environment->n == 0)
        return NULL;
    while (environ[count])
        count++;
    char **env = iac_arena_array(request->arena, char *, count + environment->n + 1);
    for (size_t i = 0; i < count; i++)
        if (!overrides(environment, environ[i]))
            env[n++] = environ[i];
    for (size_t i = 0; i < environment->n; i++) {
        const iac_value *v = environment->items[i];
        if (!iac_is_null(v)) {
            iac_str entry = iac_arena_printf(request->arena, "%.*s=%.*s", IAC_FMT(environment->keys[i]),
                                             IAC_FMT(v->string));
            env[n++] = iac_arena_cstr(request->arena, entry);
        }
    }
    return env;
}

static const char **make_argv(const iac_provision_request *request, iac_str command)
{
    const iac_value *interpreter = iac_value_get_cstr(request->config, "interpreter");
    size_t given = interpreter && iac_is_set_value(interpreter) ? interpreter->n : 0, n = 0;
    const char **argv = iac_arena_array(request->arena, const char *, given + 4);
    for (size_t i = 0; i < given; i++)
        if (!iac_is_null(interpreter->items[i]))
            argv[n++] = iac_arena_cstr(request->arena, interpreter->items[i]->string);
    if (n == 0) {
        argv[n++] = "/bin/sh";
        argv[n++] = "-c";
    }
    argv[n++] = iac_arena_cstr(request->arena, command);
    return argv;
}

static void tell_command(const iac_provision_request *request, const char *const *argv)
{
    iac_buf text;
    if (iac_provision_bool(request->config, "quiet")) {
        request->output(request->user, IAC_STR("local-exec: Executing: Suppressed by quiet=true"));
        return;
    }
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&text, "Executing: [");
    for (size_t i = 0; argv[i]; i++) {
        if (i)
            iac_buf_char(&text, ' ');
        iac_quote(&text, iac_str_of(argv[i]));
    }
    iac_buf_char(&text, ']');
    request->output(request->user, iac_buf_view(&text));
    iac_buf_clear(&text);
}

static const char *failure(const iac_provision_request *request, iac_str command, const char *why, iac_str output)
{
    if (request->secret)
        return iac_provision_message(request,
                                     "Error running command '(sensitive value)': %s. Output: (output suppressed due to "
                                     "sensitive value in config)", why);
    return iac_provision_message(request, "Error running command '%.*s': %s. Output: %.*s", IAC_FMT(command), why,
                                 IAC_FMT(output));
}

/* Why a program did not start, in the words people look for. */
static const char *start_failure(const iac_provision_request *request, const char *program, const char *dir, int error)
{
    struct stat info;
    char text[128];
    if (dir && stat(dir, &info) != 0)
        return iac_provision_message(request, "chdir %s: no such file or directory", dir);
    if (error == ENOENT && !strchr(program, '/'))
        return iac_provision_message(request, "exec: \"%s\": executable file not found in $PATH", program);
    const char *words = strerror_r(error, text, sizeof(text));
    iac_str lower = iac_arena_str(request->arena, iac_str_of(words));
    char *first = (char *)(uintptr_t)lower.p;
    if (lower.n && first[0] >= 'A' && first[0] <= 'Z')
        first[0] = (char)(first[0] - 'A' + 'a');
    return iac_provision_message(request, "fork/exec %s: %.*s", program, IAC_FMT(lower));
}

const char *iac_provision_local_exec(const iac_provision_request *request, const char **ret_summary)
{
    iac_str command = iac_provision_text(request->config, "command");
    iac_str dir = iac_provision_text(request->config, "working_dir");
    iac_process process;
    iac_buf tail, why;

    if (command.n == 0) {
        *ret_summary = "Invalid local-exec provisioner command";
        return "The command must be a non-empty string.";
    }
    const char **argv = make_argv(request, command);
    iac_process_options options = {
        .argv = argv,
        .env = make_env(request),
        .dir = dir.n ? iac_arena_cstr(request->arena, dir) : NULL,
        .stop = request->stop,
    };
    tell_command(request, argv);
    int error = iac_process_start(&process, &options);
    if (error)
        return failure(request, command, start_failure(request, argv[0], options.dir, error), IAC_STR(""));
    iac_buf_init(&tail, IAC_BUF_UNLIMITED);
    iac_process_lines(&process, request->output, request->user, &tail);
    int status = iac_process_finish(&process);
    iac_buf_clear(&process.errors);
    const char *message = NULL;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        iac_buf_init(&why, IAC_BUF_UNLIMITED);
        iac_process_print_status(&why, status);
        message = failure(request, command, why.p, iac_buf_view(&tail));
        iac_buf_clear(&why);
    }
    iac_buf_clear(&tail);
    return message;
}
