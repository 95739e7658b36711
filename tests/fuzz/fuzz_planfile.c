/* Any bytes as what follows the heading and the checksum of a saved plan; read into a plan. */
#include "engine/plan/planfile.h"
#include "tests/fuzz/scratch.h"

#include <openssl/evp.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char magic[] = "iac saved plan 1\n";
    unsigned char head[sizeof(magic) - 1 + EVP_MAX_MD_SIZE];
    unsigned int hash_size = EVP_MAX_MD_SIZE;
    memcpy(head, magic, sizeof(magic) - 1);
    EVP_Digest(data, size, head + sizeof(magic) - 1, &hash_size, EVP_sha256(), NULL);

    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_plan *plan;
    const char *path = fuzz_scratch(".plan", head, sizeof(magic) - 1 + hash_size, data, size);
    if (iac_planfile_read(arena, path, &plan, &diags) == IAC_OK) {
        iac_planfile_check(plan, IAC_STR("lineage"), 1, &diags);
        iac_plan_count(plan);
    }
    unlink(path);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}
