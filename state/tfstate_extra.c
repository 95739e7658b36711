#include "state/store_internal.h"

#include "lang/value/json.h"
#include <string.h>

/* The member "iac" of a state file: what Terraform has no place for, and ignores. It is there only while an operation is
 * under way, or after a lock that ran out was taken over. */

static void add_text(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, ", \"%s\": ", name);
    iac_json_string(out, text, true);
}

static void add_bytes(iac_buf *out, const char *name, iac_str bytes)
{
    iac_buf_printf(out, ", \"%s\": \"", name);
    iac_state_base64_add(out, bytes);
    iac_buf_char(out, '"');
}

static void add_intent(iac_buf *out, const iac_intent *intent)
{
    iac_buf addr;
    iac_buf_init(&addr, IAC_BUF_UNLIMITED);
    iac_addr_print(&addr, intent->addr);
    iac_buf_cstr(out, "\n      { \"token\": ");
    iac_json_string(out, intent->token, true);
    add_text(out, "addr", iac_buf_view(&addr));
    add_text(out, "deposed", intent->deposed);
    add_text(out, "provider", intent->provider);
    add_text(out, "action", intent->action);
    add_text(out, "begun", intent->begun);
    add_bytes(out, "prior", intent->prior);
    add_bytes(out, "planned", intent->planned);
    add_bytes(out, "private", intent->private_data);
    iac_buf_cstr(out, " }");
    iac_buf_clear(&addr);
}

void iac_tfstate_write_extra(iac_buf *out, const iac_tfstate_extra *extra)
{
    if (!extra->token && !extra->intent_count)
        return;
    while (out->n && out->p[out->n - 1] != '}')
        out->n--;
    out->n -= 2; /* the brace that closes the file, and the line break before it */
    iac_buf_printf(out, ",\n  \"iac\": {\n    \"token\": %lld,\n    \"intents\": [", (long long)extra->token);
    for (size_t i = 0; i < extra->intent_count; i++) {
        if (i)
            iac_buf_char(out, ',');
        add_intent(out, &extra->intents[i]);
    }
    iac_buf_cstr(out, extra->intent_count ? "\n    ]\n  }\n}\n" : "]\n  }\n}\n");
}

static iac_str text_of(const iac_value *v, const char *name)
{
    const iac_value *item = iac_value_get_cstr(v, name);
    return item && iac_is_set_value(item) && item->kind == IAC_STRING ? item->string : (iac_str){ 0 };
}

static bool read_intent(iac_arena *arena, const iac_value *v, iac_intent *intent, iac_diags *diags)
{
    intent->token = text_of(v, "token");
    intent->deposed = text_of(v, "deposed");
    intent->provider = text_of(v, "provider");
    intent->action = text_of(v, "action");
    intent->begun = text_of(v, "begun");
    return intent->token.n && iac_state_base64_decode(arena, text_of(v, "prior"), &intent->prior) &&
           iac_state_base64_decode(arena, text_of(v, "planned"), &intent->planned) &&
           iac_state_base64_decode(arena, text_of(v, "private"), &intent->private_data) &&
           iac_addr_parse(arena, text_of(v, "addr"), &intent->addr, diags) == IAC_OK;
}

iac_status iac_tfstate_read_extra(iac_arena *arena, iac_str json, iac_tfstate_extra *ret, iac_diags *diags)
{
    *ret = (iac_tfstate_extra){ 0 };
    if (iac_str_find(json, IAC_STR("\"iac\""), 0) == SIZE_MAX)
        return IAC_OK; /* nearly always: saves reading it all again */
    iac_str error;
    size_t offset;
    const iac_value *file = iac_value_from_json(arena, json, &error, &offset);
    const iac_value *extra = file ? iac_value_get_cstr(file, "iac") : NULL;
    if (!extra || !iac_is_set_value(extra) || extra->kind != IAC_OBJECT)
        return IAC_OK;
    const iac_value *token = iac_value_get_cstr(extra, "token"), *list = iac_value_get_cstr(extra, "intents");
    if (token && iac_is_set_value(token) && token->kind == IAC_NUMBER && !iac_value_to_int(token, &ret->token))
        ret->token = 0;
    if (!list || !iac_is_set_value(list) || list->kind != IAC_TUPLE)
        return IAC_OK;
    iac_intent *intents = iac_arena_array(arena, iac_intent, list->n);
    for (size_t i = 0; i < list->n; i++) {
        if (read_intent(arena, list->items[i], &intents[i], diags))
            continue;
        iac_diag_error(diags, IAC_NO_RANGE, "Invalid state file",
                       "The state file notes changes that were under way, in a form that cannot be understood.");
        return IAC_ERR;
    }
    ret->intents = intents;
    ret->intent_count = list->n;
    return IAC_OK;
}
