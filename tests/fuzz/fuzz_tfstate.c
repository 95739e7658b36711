/* Any bytes as a state file of Terraform's. What was read must be written and read again, with as many instances. */
#include "state/state.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_state *state, *again;
    if (iac_tfstate_read(arena, (iac_str){ (const char *)data, size }, &state, &diags) == IAC_OK) {
        for (size_t i = 0; i < state->instance_count; i++)
            if (state->instances[i].current)
                iac_object_value(arena, state->instances[i].current);
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        iac_tfstate_write(&out, state);
        if (iac_tfstate_read(arena, iac_buf_view(&out), &again, &diags) != IAC_OK ||
            again->instance_count != state->instance_count || again->output_count != state->output_count)
            abort();
        iac_buf_clear(&out);
    }
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}
