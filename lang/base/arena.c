#include "lang/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    FIRST_BLOCK = 4096,
    MAX_BLOCK = 4 << 20,
    LARGE = 256 << 10, /* what is larger gets a block of its own */
    HUGE_PAGE = 2 << 20,
    ALIGNMENT = 16,
};

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(ALIGNMENT) char data[];
};

struct iac_arena {
    struct block *head; /* the block being filled; older ones follow */
    size_t next_size;
    size_t total;
    iac_arena *adopted; /* arenas that are freed with this one, linked by next_sibling */
    iac_arena *next_sibling;
};

iac_arena *iac_arena_new(void)
{
    iac_arena *arena = iac_xcalloc(1, sizeof(*arena));
    arena->next_size = FIRST_BLOCK;
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

static void free_adopted(iac_arena *arena)
{
    while (arena->adopted) {
        iac_arena *child = arena->adopted;
        arena->adopted = child->next_sibling;
        iac_arena_free(child);
    }
}

void iac_arena_adopt(iac_arena *arena, iac_arena *child)
{
    child->next_sibling = arena->adopted;
    arena->adopted = child;
}

void iac_arena_free(iac_arena *arena)
{
    if (!arena)
        return;
    free_adopted(arena);
    free_blocks(arena->head);
    free(arena);
}

void iac_arena_reset(iac_arena *arena)
{
    free_adopted(arena);
#ifdef IAC_DEBUG_ARENA
    free_blocks(arena->head);
    arena->head = NULL;
#else
    if (arena->head) { /* keep the newest block: it is the largest */
        free_blocks(arena->head->next);
        arena->head->next = NULL;
        arena->head->used = 0;
    }
#endif
    arena->total = 0;
}

/* Arenas grow that large with much input only: there, faulting in small pages one by one would take a quarter of the
 * time. */
static void *new_block(size_t size)
{
    void *block = NULL;
    if (size < MAX_BLOCK || posix_memalign(&block, HUGE_PAGE, size) != 0)
        return iac_xmalloc(size);
    madvise(block, size, MADV_HUGEPAGE); /* merely advice */
    return block;
}

static struct block *add_block(iac_arena *arena, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block))
        size = SIZE_MAX - sizeof(struct block); /* malloc refuses and the allocator aborts */
    struct block *block = new_block(sizeof(*block) + size);
    block->size = size;
    block->used = 0;
    block->next = arena->head;
    arena->head = block;
    return block;
}

void *iac_arena_alloc(iac_arena *arena, size_t size)
{
    size_t need = size > SIZE_MAX - ALIGNMENT ? SIZE_MAX : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (need == 0)
        need = ALIGNMENT;
    arena->total += need;
#ifdef IAC_DEBUG_ARENA
    struct block *block = add_block(arena, size ? size : 1);
    memset(block->data, 0, size ? size : 1);
    return block->data;
#else
    struct block *block = arena->head;
    if (!block || block->size - block->used < need) {
        if (need > LARGE) { /* large: a block of its own, behind the one being filled */
            struct block *filling = arena->head;
            block = add_block(arena, need);
            if (filling) {
                arena->head = filling;
                block->next = filling->next;
                filling->next = block;
            }
        } else {
            size_t block_size = arena->next_size < need ? need : arena->next_size;
            block = add_block(arena, block_size);
            if (arena->next_size < MAX_BLOCK)
                arena->next_size *= 2;
        }
    }
    void *p = block->data + block->used;
    block->used += need;
    memset(p, 0, need);
    return p;
#endif
}

void *iac_arena_alloc_array(iac_arena *arena, size_t count, size_t size)
{
    return iac_arena_alloc(arena, size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
}

char *iac_arena_cstr(iac_arena *arena, iac_str s)
{
    char *copy = iac_arena_alloc(arena, s.n + 1);
    if (s.n)
        memcpy(copy, s.p, s.n);
    return copy;
}

iac_str iac_arena_str(iac_arena *arena, iac_str s)
{
    return (iac_str){ iac_arena_cstr(arena, s), s.n };
}

iac_str iac_arena_vprintf(iac_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0)
        return (iac_str){ "", 0 };
    char *text = iac_arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, args);
    return (iac_str){ text, (size_t)n };
}

iac_str iac_arena_printf(iac_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    iac_str s = iac_arena_vprintf(arena, format, args);
    va_end(args);
    return s;
}

size_t iac_arena_used(const iac_arena *arena)
{
    return arena->total;
}
