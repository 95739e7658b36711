/* engine/cli/retention.c - how long entries of the history are kept: options, the environment, the history block of the
 * terraform block. */
#include "engine/cli/cli.h"
#include "engine/cli/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_KEEP = 100 };

bool iac_age_parse(const char *text, int64_t *ret_seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 } };
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (end == text || errno || n <= 0 || n > 1000000 || !*end || end[1])
        return false;
    for (size_t i = 0; i < IAC_COUNT(units); i++) {
        if (units[i].unit == *end) {
            *ret_seconds = n * units[i].seconds;
            return true;
        }
    }
    return false;
}

static const iac_backend_argument arguments[] = {
    { .name = "keep", .type = "\"string\"" }, { .name = "max_age", .type = "\"string\"" }, { .name = NULL },
};

static iac_status refuse(iac_cli *cli, iac_range range, const char *format, const char *name)
{
    iac_diag_error(&cli->diags, range, "Invalid retention of the history", format, name);
    return IAC_ERR;
}

static iac_status read_keep(iac_cli *cli, const char *text, iac_range range, const char *name, iac_retention *ret)
{
    char *end = "";

    errno = 0;
    ret->keep = strcmp(text, "all") == 0 ? -1 : strtoll(text, &end, 10);
    return *end || errno || ret->keep < -1 || (ret->keep == -1 && strcmp(text, "all") != 0)
               ? refuse(cli, range, "%s must be a number of entries, or \"all\".", name) : IAC_OK;
}

static iac_status read_age(iac_cli *cli, const char *text, iac_range range, const char *name, iac_retention *ret)
{
    return iac_age_parse(text, &ret->max_age)
               ? IAC_OK : refuse(cli, range, "%s must be a number and a unit, like \"90d\" or \"12h\".", name);
}

/* history { keep = 50, max_age = "90d" } */
static iac_status read_block(iac_cli *cli, const iac_config *config, iac_retention *ret)
{
    const iac_body *body = config && config->root ? config->root->history : NULL;
    const iac_config *before = cli->config;
    const iac_value *v = NULL;

    if (!body)
        return IAC_OK;
    cli->config = config;
    iac_status status = iac_cli_early_body(cli, body, iac_cli_argument_schema(cli->arena, arguments, false),
                                           config->root->history_range, "history", &v);
    cli->config = before;
    if (status != IAC_OK)
        return status;
    const char *keep = iac_backend_text(cli->arena, v, "keep"), *age = iac_backend_text(cli->arena, v, "max_age");
    if (keep)
        status = read_keep(cli, keep, config->root->history_range, "The argument \"keep\" of the history block", ret);
    if (status == IAC_OK && age)
        status = read_age(cli, age, config->root->history_range, "The argument \"max_age\" of the history block", ret);
    return status;
}

iac_status iac_retention_read(iac_cli *cli, iac_retention *ret)
{
    const char *keep = getenv("IAC_HISTORY_KEEP"), *age = getenv("IAC_HISTORY_MAX_AGE");

    *ret = (iac_retention){ .keep = USUAL_KEEP };
    if (read_block(cli, iac_cli_glance(cli), ret) != IAC_OK)
        return IAC_ERR;
    if (keep && *keep &&
        read_keep(cli, keep, IAC_NO_RANGE, "The environment variable IAC_HISTORY_KEEP", ret) != IAC_OK)
        return IAC_ERR;
    return age && *age ? read_age(cli, age, IAC_NO_RANGE, "The environment variable IAC_HISTORY_MAX_AGE", ret) : IAC_OK;
}
