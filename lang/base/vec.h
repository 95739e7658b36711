/* lang/base/vec.h - a growing typed array: struct { T *v; size_t n, cap; }, zero-initialised is empty.
 *   IAC_VEC(int) numbers = { 0 };
 *   iac_vec_push(&numbers, 7);
 *   iac_vec_clear(&numbers);  frees the array, not what the items point to */
#ifndef IAC_BASE_VEC_H
#define IAC_BASE_VEC_H
#include "lang/base/alloc.h"
#include <stdlib.h>

#define IAC_VEC(T) struct { T *v; size_t n, cap; }

#define iac_vec_reserve(vec, count) \
    ((count) <= (vec)->cap ? (void)0 \
        : (void)((vec)->v = iac_vec_grow_((vec)->v, &(vec)->cap, (count), sizeof(*(vec)->v))))
#define iac_vec_push(vec, ...) \
    (iac_vec_reserve((vec), (vec)->n + 1), (void)((vec)->v[(vec)->n++] = (__VA_ARGS__)))
#define iac_vec_clear(vec) (free((vec)->v), (vec)->v = NULL, (vec)->n = (vec)->cap = 0)

void *iac_vec_grow_(void *v, size_t *cap, size_t want, size_t item_size);
#endif
