#include "engine/cli/record.h"

#include "engine/cli/git_head.h"
#include "engine/plan/config_files.h"
#include "lang/value/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char iac_rollback_moves_file[] = "rollback_moves.tf";

/* ---- what is kept ---- */

static void add_string(iac_buf *out, iac_str text)
{
    if (out->p[out->n - 1] != '[' && out->p[out->n - 1] != '{')
        iac_buf_char(out, ',');
    iac_json_string(out, text, false);
}

/* Options whose values may be secrets: of these the names of what is set are kept alone. */
static iac_str without_secret(iac_arena *arena, const char *word)
{
    static const char *const names[] = { "var=", "backend-config=" };
    const char *name = word + strspn(word, "-");
    for (size_t i = 0; *word == '-' && i < IAC_COUNT(names); i++) {
        if (strncmp(name, names[i], strlen(names[i])) != 0)
            continue;
        const char *value = strchr(name + strlen(names[i]), '=');
        return value ? iac_arena_printf(arena, "%.*s...", (int)(value - word + 1), word) : iac_str_of(word);
    }
    return iac_str_of(word);
}

static iac_str arguments_of(iac_cli *cli)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_char(&json, '[');
    for (size_t i = 0; i < cli->words.n; i++) {
        const char *name = cli->words.v[i] + strspn(cli->words.v[i], "-");
        bool apart = *cli->words.v[i] == '-' && (strcmp(name, "var") == 0 || strcmp(name, "backend-config") == 0);
        add_string(&json, without_secret(cli->arena, cli->words.v[i]));
        if (apart && i + 1 < cli->words.n) { /* -var NAME=VALUE */
            iac_str both = iac_arena_printf(cli->arena, "-var=%s", cli->words.v[++i]);
            iac_str shown = without_secret(cli->arena, both.p);
            add_string(&json, iac_str_sub(shown, strlen("-var="), shown.n));
        }
    }
    iac_buf_char(&json, ']');
    iac_str text = iac_arena_str(cli->arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return text;
}

static bool is_default(const iac_cli *cli, iac_str name, const iac_value *v)
{
    const iac_variable_config *variable = cli->config ? iac_map_get(&cli->config->root->variable_map, name) : NULL;
    const iac_value *value = variable ? variable->default_value : NULL;
    return value && iac_value_same(iac_value_unmark_deep(cli->arena, value), iac_value_unmark_deep(cli->arena, v));
}

/* {"values":{NAME:{"type":..,"value":..}},"sensitive":[NAME],"omitted":[NAME]}. Sensitive values are kept where the
 * history is sealed. */
static iac_str variables_of(iac_cli *cli, const iac_map *variables, bool sealed)
{
    iac_buf json, sensitive, omitted;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_init(&sensitive, IAC_BUF_UNLIMITED);
    iac_buf_init(&omitted, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&json, "{\"values\":{");
    iac_buf_char(&sensitive, '[');
    iac_buf_char(&omitted, '[');
    for (size_t i = 0; variables && i < variables->n; i++) {
        const iac_value *v = variables->entries[i].value;
        iac_str name = variables->entries[i].key;
        uint8_t marks = v->marks | v->deep_marks;
        if ((marks & IAC_EPHEMERAL) || (marks && !sealed)) {
            if (!is_default(cli, name, v)) /* which comes back by itself */
                add_string(&omitted, name);
            continue;
        }
        if (marks)
            add_string(&sensitive, name);
        const iac_type *type = iac_value_type(cli->arena, v);
        add_string(&json, name);
        iac_buf_cstr(&json, ":{\"type\":");
        iac_type_to_json(&json, type);
        iac_buf_cstr(&json, ",\"value\":");
        iac_value_to_typed_json(&json, v, type);
        iac_buf_char(&json, '}');
    }
    iac_buf_printf(&json, "},\"sensitive\":%.*s],\"omitted\":%.*s]}", IAC_FMT(iac_buf_view(&sensitive)),
                   IAC_FMT(iac_buf_view(&omitted)));
    iac_str text = iac_arena_str(cli->arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    iac_buf_clear(&sensitive);
    iac_buf_clear(&omitted);
    return text;
}

static const iac_value *array_of(const iac_value *v, const char *name)
{
    const iac_value *item = v && iac_is_set_value(v) && v->kind == IAC_OBJECT ? iac_value_get_cstr(v, name) : NULL;
    return item && iac_is_set_value(item) ? item : NULL;
}

static iac_status not_understood(iac_cli *cli)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Variables cannot be read",
                   "The variables that the history has kept make no sense.");
    return IAC_ERR;
}

static const iac_value *kept_value(iac_cli *cli, const iac_value *item)
{
    const iac_value *type_value = array_of(item, "type"), *value = item ? iac_value_get_cstr(item, "value") : NULL;
    iac_buf json;
    iac_str error;
    if (!type_value || !value)
        return NULL;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_value_to_json(&json, type_value);
    const iac_type *type = iac_type_from_json(cli->arena, iac_buf_view(&json));
    iac_buf_reset(&json);
    iac_value_to_json(&json, value);
    const iac_value *v = type ? iac_value_from_typed_json(cli->arena, iac_buf_view(&json), type, &error) : NULL;
    iac_buf_clear(&json);
    return v;
}

/* Whether the JSON array of names, or NULL, has the name. */
static bool names(const iac_value *array, iac_str name)
{
    for (size_t i = 0; array && array->kind == IAC_TUPLE && i < array->n; i++)
        if (array->items[i]->kind == IAC_STRING && iac_str_eq(array->items[i]->string, name))
            return true;
    return false;
}

iac_status iac_record_variables(iac_cli *cli, iac_str json, iac_kept_variables *ret)
{
    iac_str error;
    size_t offset;
    *ret = (iac_kept_variables){ 0 };
    if (!json.n)
        return IAC_OK;
    const iac_value *all = iac_value_from_json(cli->arena, json, &error, &offset);
    const iac_value *values = array_of(all, "values"), *omitted = array_of(all, "omitted");
    const iac_value *sensitive = array_of(all, "sensitive"); /* NULL: of a history that kept none */
    if (!values || values->kind != IAC_OBJECT || !omitted || omitted->kind != IAC_TUPLE)
        return not_understood(cli);
    for (size_t i = 0; i < values->n; i++) {
        const iac_value *v = kept_value(cli, values->items[i]);
        if (!v)
            return not_understood(cli);
        if (names(sensitive, values->keys[i]))
            v = iac_value_mark(cli->arena, v, IAC_SENSITIVE);
        iac_map_put(&ret->values, values->keys[i], (void *)(uintptr_t)v);
    }
    iac_map_settle(&ret->values, cli->arena);
    ret->omitted = iac_arena_array(cli->arena, iac_str, omitted->n);
    for (size_t i = 0; i < omitted->n; i++)
        if (omitted->items[i]->kind == IAC_STRING)
            ret->omitted[ret->omitted_count++] = omitted->items[i]->string;
    return IAC_OK;
}

/* Without the file that a rollback has added. */
static iac_history_config config_of(iac_cli *cli, const iac_config *config)
{
    iac_history_config all;
    iac_config_files_of(cli->arena, config, &all);
    iac_history_file *files = iac_arena_array(cli->arena, iac_history_file, all.file_count);
    size_t n = 0;
    for (size_t i = 0; i < all.file_count; i++)
        if (!iac_str_ends(all.files[i].path, iac_str_of(iac_rollback_moves_file)))
            files[n++] = all.files[i];
    all.files = files;
    all.file_count = n;
    return all;
}

iac_status iac_record_begin(iac_cli *cli, const iac_plan *plan)
{
    iac_history_entry entry = {
        .command = iac_str_of(cli->command->name),
        .arguments = arguments_of(cli),
        .origin = cli->origin,
        .cwd = iac_str_of(cli->started_in),
    };
    const iac_crypt_key *key = NULL; /* what the history is sealed with */
    iac_retention retention;         /* a mistake in it is told before anything is done */
    iac_buf packed;
    if (iac_retention_read(cli, &retention) != IAC_OK ||
        (plan && iac_crypt_sealing_key(cli->state_crypt, &key, &cli->diags) != IAC_OK))
        return IAC_ERR;
    iac_buf_init(&packed, IAC_BUF_UNLIMITED);
    iac_git_head(cli->arena, ".", &entry.git_commit, &entry.git_branch);
    if (plan) {
        iac_planfile_pack(plan, &packed);
        entry.plan = iac_buf_view(&packed);
        entry.config = config_of(cli, plan->config);
        entry.variables = variables_of(cli, plan->variables, key != NULL);
    }
    iac_status status = iac_history_begin(cli->store, &entry, &cli->entry, &cli->diags);
    cli->last_entry = cli->entry;
    iac_buf_clear(&packed);
    return status;
}

static iac_str errors_of(iac_cli *cli)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_char(&json, '[');
    for (size_t i = 0; i < cli->diags.list.n; i++) {
        const iac_diag *diag = &cli->diags.list.v[i];
        if (diag->severity != IAC_ERROR)
            continue;
        add_string(&json, diag->address.n ? iac_arena_printf(cli->arena, "%.*s: %.*s", IAC_FMT(diag->address),
                                                             IAC_FMT(diag->summary))
                                          : diag->summary);
    }
    iac_buf_char(&json, ']');
    iac_str text = iac_arena_str(cli->arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return text;
}

iac_status iac_record_end(iac_cli *cli, int exit, const iac_apply_result *result)
{
    iac_retention retention;
    int64_t number = cli->entry;
    iac_history_entry entry = { .status = exit == IAC_EXIT_OK ? IAC_STR("ok") : IAC_STR("failed"), .exit = exit };
    if (!number)
        return IAC_OK;
    cli->entry = 0;
    entry.errors = errors_of(cli);
    if (result) {
        entry.added = result->added;
        entry.changed = result->changed;
        entry.destroyed = result->destroyed;
        entry.imported = result->imported;
    }
    if (iac_history_end(cli->store, number, &entry, &cli->diags) != IAC_OK ||
        iac_retention_read(cli, &retention) != IAC_OK)
        return IAC_ERR;
    return iac_history_prune(cli->store, retention.keep, retention.max_age, NULL, &cli->diags);
}
