#include "engine/view/json_checks.h"

#include "engine/view/json_util.h"
#include "lang/value/json.h"

/* Results are of instances; the document gathers those of one object of the configuration. */

/* The module that "module.a[0].output.o" is in; the root when it cannot be read. */
static iac_module_addr module_of(iac_arena *arena, iac_str address, size_t end)
{
    iac_addr addr = { 0 };
    bool is_module = false;
    iac_diags ignored = IAC_DIAGS_INIT;
    if (!end || iac_target_parse(arena, iac_str_sub(address, 0, end), &addr, &is_module, &ignored) != IAC_OK)
        addr.module.n = 0;
    iac_diags_clear(&ignored);
    return addr.module;
}

/* The parts of an address, as of a resource; of anything else only module and name. */
static iac_addr parts_of(iac_arena *arena, iac_str kind, iac_str address)
{
    iac_addr addr = { 0 };
    if (iac_str_is(kind, "resource")) {
        iac_diags ignored = IAC_DIAGS_INIT;
        if (iac_addr_parse(arena, address, &addr, &ignored) != IAC_OK)
            addr = (iac_addr){ 0 };
        iac_diags_clear(&ignored);
        return addr;
    }
    size_t dot = address.n, step;
    while (dot > 0 && address.p[dot - 1] != '.')
        dot--;
    step = dot ? dot - 1 : 0;
    while (step > 0 && address.p[step - 1] != '.')
        step--;
    addr.name = iac_str_sub(address, dot, address.n);
    addr.module = module_of(arena, address, step ? step - 1 : 0);
    return addr;
}

static void add_object(iac_buf *out, iac_arena *arena, const iac_check_result *check)
{
    bool first = true;
    iac_addr addr = parts_of(arena, check->kind, check->object);
    iac_buf_char(out, '{');
    iac_json_string_member(out, &first, "kind", check->kind);
    if (addr.type.n) {
        iac_json_string_member(out, &first, "mode", addr.mode == IAC_DATA ? IAC_STR("data") : IAC_STR("managed"));
        iac_json_string_member(out, &first, "type", addr.type);
    }
    iac_json_string_member(out, &first, "name", addr.name);
    if (addr.module.n) {
        iac_json_member(out, &first, "module");
        iac_json_module(out, addr.module);
    }
    iac_json_string_member(out, &first, "to_display", check->object);
    iac_buf_char(out, '}');
}

static void add_instance(iac_buf *out, iac_arena *arena, const iac_check_result *check, bool redact)
{
    bool first = true;
    iac_addr addr = parts_of(arena, check->kind, check->address);
    iac_buf_cstr(out, "{\"address\":{");
    iac_json_string_member(out, &first, "to_display", check->address);
    if (addr.module.n) {
        iac_json_member(out, &first, "module");
        iac_json_module(out, addr.module);
    }
    if (addr.key.kind != IAC_KEY_NONE) {
        iac_json_member(out, &first, "instance_key");
        iac_json_key(out, addr.key);
    }
    iac_buf_printf(out, "},\"status\":\"%.*s\"", IAC_FMT(check->status));
    for (size_t i = 0; i < check->message_count; i++) {
        iac_buf_cstr(out, i ? ",{\"message\":" : ",\"problems\":[{\"message\":");
        iac_json_text(out, check->messages[i], redact);
        iac_buf_char(out, '}');
    }
    iac_buf_cstr(out, check->message_count ? "]}" : "}");
}

void iac_json_checks(iac_buf *out, bool *first, const iac_check_result *checks, size_t n, bool redact)
{
    if (!n)
        return;
    iac_arena *arena = iac_arena_new();
    iac_json_member(out, first, "checks");
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && iac_str_eq(checks[end].object, checks[i].object);)
            end++;
        iac_buf_cstr(out, i ? ",{\"address\":" : "[{\"address\":");
        add_object(out, arena, &checks[i]);
        iac_buf_printf(out, ",\"status\":\"%.*s\"", IAC_FMT(iac_checks_status(&checks[i], end - i)));
        for (size_t k = i; k < end && checks[k].address.n; k++) {
            iac_buf_cstr(out, k > i ? "," : ",\"instances\":[");
            add_instance(out, arena, &checks[k], redact);
        }
        iac_buf_cstr(out, checks[i].address.n ? "]}" : "}");
    }
    iac_buf_char(out, ']');
    iac_arena_free(arena);
}
