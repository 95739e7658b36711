/* Any bytes as what follows the heading and the checksum of a saved plan; read into a plan. */
#include "engine/plan/planfile.h"
#include "lang/base/crypto.h"
#include "tests/fuzz/scratch.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char magic[] = "iac saved plan 3\n";
    enum { MAGIC_SIZE = sizeof(magic) - 1, HASH_SIZE = 32 };
    unsigned char head[MAGIC_SIZE + 2 * HASH_SIZE] = { 0 }; /* the second hash is that of a plan without a key */
    EVP_MD_CTX *hashing = EVP_MD_CTX_new();
    memcpy(head, magic, MAGIC_SIZE);
    if (!hashing || !EVP_DigestInit_ex(hashing, EVP_sha256(), NULL) ||
        !EVP_DigestUpdate(hashing, head + MAGIC_SIZE + HASH_SIZE, HASH_SIZE) || !EVP_DigestUpdate(hashing, data, size) ||
        !EVP_DigestFinal_ex(hashing, head + MAGIC_SIZE, NULL))
        abort();
    EVP_MD_CTX_free(hashing);

    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_plan *plan;
    const char *path = fuzz_scratch(".plan", head, sizeof(head), data, size);
    if (iac_planfile_read(arena, path, IAC_STR(""), NULL, &plan, &diags) == IAC_OK) {
        iac_planfile_check(plan, IAC_STR("lineage"), 1, &diags);
        iac_plan_count(plan);
    }
    unlink(path);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}
