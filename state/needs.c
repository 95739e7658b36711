#include "state/needs.h"

#include <stdlib.h>

struct iac_needs {
    iac_arena *arena;
    const iac_addr *of; /* the list that was asked about last */
    const iac_str *texts;
    size_t n;
};

iac_needs *iac_needs_new(void)
{
    iac_needs *needs = iac_xcalloc(1, sizeof(*needs));
    needs->arena = iac_arena_new();
    return needs;
}

static int compare_texts(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

const iac_str *iac_needs_of(iac_needs *needs, const iac_object *object, size_t *ret_n)
{
    *ret_n = object->dependency_count;
    if (*ret_n == 0 || (needs->of == object->dependencies && needs->n == *ret_n))
        return needs->texts;
    iac_arena_reset(needs->arena);
    iac_str *texts = iac_arena_array(needs->arena, iac_str, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        texts[i] = iac_addr_text(needs->arena, object->dependencies[i]);
    qsort(texts, *ret_n, sizeof(*texts), compare_texts);
    needs->of = object->dependencies;
    needs->texts = texts;
    needs->n = *ret_n;
    return texts;
}

void iac_needs_free(iac_needs *needs)
{
    if (needs)
        iac_arena_free(needs->arena);
    free(needs);
}
