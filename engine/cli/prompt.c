/* engine/cli/prompt.c - questions to the user. */
#include "engine/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { MAX_ANSWER = 1 << 20 };

bool iac_input_enabled(const iac_cli *cli)
{
    const char *input = getenv("TF_INPUT");
    return cli->args.input && !(input && (strcmp(input, "0") == 0 || strcmp(input, "false") == 0));
}

/* Byte by byte, so that what follows the line is left for the next question. */
static iac_status read_line(iac_buf *line)
{
    char c;

    for (;;) {
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR && !iac_signals_seen())
            continue;
        if (got < 0)
            return errno == EINTR ? IAC_CANCELLED : IAC_NOT_FOUND;
        if (got == 0)
            return IAC_NOT_FOUND; /* what was begun is no answer */
        if (c == '\n')
            return IAC_OK;
        iac_buf_char(line, c);
    }
}

iac_status iac_prompt_answer(iac_arena *arena, bool echo, iac_str *ret)
{
    struct termios before, hidden;
    bool terminal = !echo && tcgetattr(STDIN_FILENO, &before) == 0;
    iac_buf line;

    if (terminal) {
        hidden = before;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    iac_buf_init(&line, MAX_ANSWER);
    iac_status status = read_line(&line);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    if (status == IAC_OK) {
        iac_str answer = iac_buf_view(&line);
        while (answer.n && strchr(" \t\r\v\f", answer.p[answer.n - 1]))
            answer.n--;
        *ret = iac_arena_str(arena, answer);
    }
    iac_buf_clear(&line);
    return status;
}

iac_status iac_prompt(iac_arena *arena, const char *question, bool echo, iac_str *ret)
{
    iac_cli_printf("%s\n  Enter a value: ", question);
    iac_status status = iac_prompt_answer(arena, echo, ret);
    if (status == IAC_OK)
        iac_cli_printf("\n");
    return status;
}

iac_status iac_prompt_approval(iac_cli *cli, bool destroy)
{
    bool named = !iac_str_is(cli->workspace, "default");
    iac_str in = { 0 }, question, answer = { 0 };

    if (named)
        in = iac_arena_printf(cli->arena, " in workspace \"%.*s\"", IAC_FMT(cli->workspace));

    if (destroy)
        question = iac_arena_printf(cli->arena,
                                    "\nDo you really want to destroy all resources%.*s?\n"
                                    "  iac will destroy all your managed infrastructure, as shown above.\n"
                                    "  There is no undo. Only 'yes' will be accepted to confirm.\n", IAC_FMT(in));
    else
        question = iac_arena_printf(cli->arena,
                                    "\nDo you want to perform these actions%.*s?\n"
                                    "  iac will perform the actions described above.\n"
                                    "  Only 'yes' will be accepted to approve.\n", IAC_FMT(in));
    iac_status status = iac_prompt(cli->arena, question.p, true, &answer);
    if (status == IAC_NOT_FOUND) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "error asking for approval: EOF", "%s", "");
        return IAC_ERR;
    }
    if (status == IAC_CANCELLED || !iac_str_is(answer, "yes")) {
        iac_cli_printf("%s cancelled.\n", destroy ? "Destroy" : "Apply");
        return IAC_CANCELLED;
    }
    return IAC_OK;
}
