/* Any bytes as an address of a resource, of a module and of a provider. What was read must print to what reads as the
 * same. */
#include "lang/addr/addr.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_target(iac_arena *arena, iac_str text, iac_diags *diags)
{
    iac_addr addr, again;
    bool is_module, again_module;
    if (iac_target_parse(arena, text, &addr, &is_module, diags) != IAC_OK)
        return;
    iac_str printed = is_module ? iac_module_addr_text(arena, addr.module) : iac_addr_text(arena, addr);
    if (iac_target_parse(arena, printed, &again, &again_module, diags) != IAC_OK || is_module != again_module ||
        (is_module ? iac_module_addr_cmp(addr.module, again.module) : iac_addr_cmp(addr, again)) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str text = { (const char *)data, size };
    iac_provider_addr provider, provider_again;
    iac_addr addr, again;

    if (iac_addr_parse(arena, text, &addr, &diags) == IAC_OK &&
        (iac_addr_parse(arena, iac_addr_text(arena, addr), &again, &diags) != IAC_OK || !iac_addr_equal(addr, again)))
        abort();
    check_target(arena, text, &diags);
    if (iac_provider_addr_parse(arena, text, &provider) &&
        (!iac_provider_addr_parse(arena, iac_provider_addr_text(arena, provider), &provider_again) ||
         !iac_provider_addr_equal(provider, provider_again)))
        abort();
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}
