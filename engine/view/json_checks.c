#include "engine/view/json_checks.h"

#include "engine/view/json_util.h"
#include "lang/value/json.h"

/* Results are of instances; the document gathers those of one object of the configuration. */

typedef struct subject {
    iac_addr addr; /* of a resource: all of it; of anything else: module and name */
    iac_str shown; /* the configuration object, without keys */
} subject;

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

static bool is_resource(const iac_check_result *check)
{
    return iac_str_is(check->kind, "resource");
}

static subject subject_of(iac_arena *arena, const iac_check_result *check)
{
    subject s = { .shown = check->address };
    iac_diags ignored = IAC_DIAGS_INIT;
    if (is_resource(check)) {
        if (iac_addr_parse(arena, check->address, &s.addr, &ignored) == IAC_OK) {
            iac_addr fixed = s.addr;
            fixed.key = (iac_key){ 0 };
            fixed.module = iac_module_addr_static(arena, fixed.module);
            s.shown = iac_addr_text(arena, fixed);
        }
        iac_diags_clear(&ignored);
        return s;
    }
    size_t dot = check->address.n, kind;
    while (dot > 0 && check->address.p[dot - 1] != '.')
        dot--;
    kind = dot ? dot - 1 : 0;
    while (kind > 0 && check->address.p[kind - 1] != '.')
        kind--;
    s.addr.name = iac_str_sub(check->address, dot, check->address.n);
    s.addr.module = module_of(arena, check->address, kind ? kind - 1 : 0);
    if (s.addr.module.n)
        s.shown = iac_arena_printf(arena, "%.*s.%.*s",
                                   IAC_FMT(iac_module_addr_text(arena, iac_module_addr_static(arena, s.addr.module))),
                                   IAC_FMT(iac_str_sub(check->address, kind, check->address.n)));
    return s;
}

/* The worst of them. */
static int rank(iac_str status)
{
    return iac_str_is(status, "error") ? 3 : iac_str_is(status, "fail") ? 2 : iac_str_is(status, "unknown") ? 1 : 0;
}

static void add_subject(iac_buf *out, iac_arena *arena, const iac_check_result *check, const subject *s)
{
    bool first = true;
    iac_buf_char(out, '{');
    iac_json_string_member(out, &first, "kind", check->kind);
    if (is_resource(check)) {
        iac_json_string_member(out, &first, "mode", s->addr.mode == IAC_DATA ? IAC_STR("data") : IAC_STR("managed"));
        iac_json_string_member(out, &first, "type", s->addr.type);
    }
    iac_json_string_member(out, &first, "name", s->addr.name);
    if (s->addr.module.n) {
        iac_json_member(out, &first, "module");
        iac_json_module(out, iac_module_addr_static(arena, s->addr.module));
    }
    iac_json_string_member(out, &first, "to_display", s->shown);
    iac_buf_char(out, '}');
}

static void add_instance(iac_buf *out, const iac_check_result *check, const subject *s)
{
    bool first = true;
    iac_buf_cstr(out, "{\"address\":{");
    iac_json_string_member(out, &first, "to_display", check->address);
    if (s->addr.module.n) {
        iac_json_member(out, &first, "module");
        iac_json_module(out, s->addr.module);
    }
    if (s->addr.key.kind != IAC_KEY_NONE) {
        iac_json_member(out, &first, "instance_key");
        iac_json_key(out, s->addr.key);
    }
    iac_buf_printf(out, "},\"status\":\"%.*s\"", IAC_FMT(check->status));
    for (size_t i = 0; i < check->message_count; i++) {
        iac_buf_cstr(out, i ? ",{\"message\":" : ",\"problems\":[{\"message\":");
        iac_json_string(out, check->messages[i], true);
        iac_buf_char(out, '}');
    }
    iac_buf_cstr(out, check->message_count ? "]}" : "}");
}

void iac_json_checks(iac_buf *out, bool *first, const iac_plan *plan)
{
    if (!plan->check_count)
        return;
    iac_arena *arena = iac_arena_new();
    subject *subjects = iac_arena_array(arena, subject, plan->check_count);
    for (size_t i = 0; i < plan->check_count; i++)
        subjects[i] = subject_of(arena, &plan->checks[i]);
    iac_json_member(out, first, "checks");
    for (size_t i = 0, end; i < plan->check_count; i = end) {
        iac_str worst = plan->checks[i].status;
        for (end = i + 1; end < plan->check_count && iac_str_eq(subjects[end].shown, subjects[i].shown); end++) {
            if (rank(plan->checks[end].status) > rank(worst))
                worst = plan->checks[end].status;
        }
        iac_buf_cstr(out, i ? ",{\"address\":" : "[{\"address\":");
        add_subject(out, arena, &plan->checks[i], &subjects[i]);
        iac_buf_printf(out, ",\"status\":\"%.*s\",\"instances\":", IAC_FMT(worst));
        for (size_t k = i; k < end; k++) {
            iac_buf_char(out, k > i ? ',' : '[');
            add_instance(out, &plan->checks[k], &subjects[k]);
        }
        iac_buf_cstr(out, "]}");
    }
    iac_buf_char(out, ']');
    iac_arena_free(arena);
}
