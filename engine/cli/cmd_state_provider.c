/* engine/cli/cmd_state_provider.c - the state replace-provider command. */
#include "engine/cli/requirements.h"
#include "engine/cli/state_match.h"

#include "engine/view/style.h"

static const iac_option options[] = {
    { "auto-approve", IAC_OPTION_BOOL, offsetof(iac_args, auto_approve), NULL, "Do not ask." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_lock, &iac_options_state_file,
                                                 &iac_options_common, NULL };

static iac_status parse_provider(iac_cli *cli, const char *which, const char *text, iac_str *ret)
{
    iac_provider_addr addr;

    if (iac_provider_addr_parse(cli->arena, iac_str_of(text), &addr)) {
        if (iac_str_is(iac_str_of(text), "terraform")) /* here, unlike in a configuration, not the one built in */
            addr = (iac_provider_addr){ IAC_STR("registry.terraform.io"), IAC_STR("hashicorp"), addr.type };
        *ret = iac_provider_addr_text(cli->arena, addr);
        return IAC_OK;
    }
    iac_diag_error(&cli->diags, IAC_NO_RANGE,
                   iac_arena_printf(cli->arena, "Invalid \"%s\" provider \"%s\"", which, text).p,
                   "Invalid provider source string: The \"source\" attribute must be in the format "
                   "\"[hostname/][namespace/]name\"");
    return IAC_ERR;
}

/* The same configuration of another provider: provider["FROM"].alias becomes provider["TO"].alias. */
static iac_str renamed(iac_arena *arena, iac_str provider, iac_str from, iac_str to)
{
    size_t at = (size_t)(from.p - provider.p);
    return iac_arena_printf(arena, "%.*s%.*s%.*s", (int)at, provider.p, IAC_FMT(to),
                            IAC_FMT(iac_str_sub(provider, at + from.n, provider.n)));
}

static bool same_resource(iac_addr a, iac_addr b)
{
    a.key = b.key;
    return iac_addr_equal(a, b);
}

/* A line for each resource of the provider `from`, and the writes that give its objects to `to`. */
static size_t plan_change(iac_cli *cli, const iac_state *state, iac_str from, iac_str to, iac_buf *out,
                          iac_write_list *writes)
{
    const iac_state_instance *last = NULL;
    size_t resources = 0;

    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        iac_str used = iac_requirement_in_state(instance->provider);
        if (!iac_str_eq(used, from))
            continue;
        iac_str provider = renamed(cli->arena, instance->provider, used, to);
        for (size_t k = instance->current ? 0 : 1; k <= instance->deposed_count; k++) {
            const iac_object *object = k ? instance->deposed[k - 1] : instance->current;
            iac_vec_push(writes, (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = instance->addr, .provider = provider,
                                              .object = object, .deposed = object->deposed });
        }
        if (!last || !same_resource(last->addr, instance->addr)) {
            iac_addr resource = instance->addr;
            resource.key = (iac_key){ .kind = IAC_KEY_NONE };
            iac_buf_cstr(out, "  ");
            iac_addr_print(out, resource);
            iac_buf_char(out, '\n');
            resources++;
        }
        last = instance;
    }
    return resources;
}

static void print_change(const iac_cli *cli, iac_str from, iac_str to, size_t count, const iac_buf *resources)
{
    bool color = cli->out_view.color;
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&out, "iac will perform the following actions:\n\n  ");
    iac_styled(&out, color, IAC_YELLOW, "~");
    iac_buf_cstr(&out, " Updating provider:\n    ");
    iac_styled(&out, color, IAC_RED, "-");
    iac_buf_printf(&out, " %.*s\n    ", IAC_FMT(from));
    iac_styled(&out, color, IAC_GREEN, "+");
    iac_buf_printf(&out, " %.*s\n\n", IAC_FMT(to));
    iac_styled(&out, color, IAC_BOLD, "Changing");
    iac_buf_printf(&out, " %zu resources:\n\n%s", count, resources->p);
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

/* IAC_CANCELLED when the answer is not yes, IAC_NOT_FOUND at the end of input. */
static iac_status ask(iac_cli *cli)
{
    iac_str answer = { 0 };
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_char(&out, '\n');
    iac_styled(&out, cli->out_view.color, IAC_BOLD, "Do you want to make these changes?");
    iac_buf_cstr(&out, "\nOnly 'yes' will be accepted to continue.\n\nEnter a value: ");
    iac_cli_print(&out);
    iac_buf_clear(&out);
    iac_signals_watch(false);
    iac_status status = iac_prompt_answer(cli->arena, true, &answer);
    if (status == IAC_OK && !iac_str_is(answer, "yes"))
        status = IAC_CANCELLED;
    return status;
}

static int carry_out(iac_cli *cli, const iac_state *state, iac_str from, iac_str to, iac_buf *resources,
                     iac_write_list *writes)
{
    size_t count = plan_change(cli, state, from, to, resources, writes);

    if (!count) {
        iac_cli_printf("No matching resources found.\n");
        return IAC_EXIT_OK;
    }
    print_change(cli, from, to, count, resources);
    iac_status approval = cli->args.auto_approve ? IAC_OK : ask(cli);
    if (approval == IAC_NOT_FOUND)
        return iac_cli_refuse(cli, "Error asking for approval: EOF");
    if (approval != IAC_OK) {
        iac_cli_printf("Cancelled replacing providers.\n");
        return IAC_EXIT_OK;
    }
    if (iac_state_write(cli, writes) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_printf("\nSuccessfully replaced provider for %zu resources.\n", count);
    return IAC_EXIT_OK;
}

static int run(iac_cli *cli)
{
    const iac_state *state = NULL;
    iac_str from, to;
    iac_write_list writes = { 0 };
    iac_buf resources;

    if (cli->args.positional_count != 2)
        return iac_cli_refuse_usage(cli, "Exactly two arguments expected.\n");
    iac_state_keep_each_backup(cli);
    if (iac_state_open_for_change(cli, "state-replace-provider", IAC_OPENING_EXPLAINED, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!iac_state_exists(state))
        return iac_state_refuse_missing(cli);
    if (parse_provider(cli, "from", cli->args.positional[0], &from) != IAC_OK ||
        parse_provider(cli, "to", cli->args.positional[1], &to) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_buf_init(&resources, IAC_BUF_UNLIMITED);
    int status = carry_out(cli, state, from, to, &resources, &writes);
    iac_buf_clear(&resources);
    iac_vec_clear(&writes);
    return status;
}

const iac_command iac_cmd_state_replace_provider = {
    .name = "state replace-provider",
    .summary = "Replace provider in the state",
    .usage = "[options] FROM TO",
    .description = "Gives the resources of the state that belong to the provider FROM to the provider TO. Both are "
                   "source addresses, such as hashicorp/aws.",
    .groups = groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_AND_HELP,
    .run = run,
};
