/* Any bytes as a version and as a constraint; of a text with a line break, the one against the other. */
#include "lang/config/version.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_str text = { (const char *)data, size };
    size_t line = iac_str_find_char(text, '\n', 0);
    iac_version version;

    iac_version_constraint_valid(text);
    if (iac_version_parse(text, &version) && iac_version_cmp(&version, &version) != 0)
        abort();
    if (line != SIZE_MAX) {
        iac_str constraint = iac_str_sub(text, line + 1, text.n);
        if (iac_version_meets(iac_str_sub(text, 0, line), constraint) && !iac_version_constraint_valid(constraint))
            abort();
    }
    return 0;
}
