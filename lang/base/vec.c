#include "lang/base/vec.h"

#include <stdint.h>

void *iac_vec_grow_(void *v, size_t *cap, size_t want, size_t item_size)
{
    size_t next = *cap < 8 ? 8 : *cap * 2;
    if (next < want)
        next = want;
    if (next > SIZE_MAX / item_size)
        return iac_xmalloc(SIZE_MAX); /* aborts */
    *cap = next;
    return iac_xrealloc(v, next * item_size);
}
