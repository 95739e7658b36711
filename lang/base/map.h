/* lang/base/map.h - string-keyed hash map with insertion-order iteration. Keys are borrowed: they must outlive the map
 * (put them in an arena). Zero-initialised is empty. No deletion of single keys. Reading is thread-safe once no one
 * writes. */
#ifndef IAC_BASE_MAP_H
#define IAC_BASE_MAP_H
#include "lang/base/base.h"
#include "lang/base/str.h"

typedef struct iac_map_entry {
    iac_str key;
    void *value;
    uint64_t hash;
} iac_map_entry;

typedef struct iac_map {
    iac_map_entry *entries; /* in insertion order */
    size_t n, cap;
    uint32_t *slots; /* index + 1 into entries, 0 is empty */
    size_t slot_count;
} iac_map;

void *iac_map_get(const iac_map *map, iac_str key); /* NULL when absent (or when NULL was put) */
bool iac_map_has(const iac_map *map, iac_str key);
/* Adds or replaces; returns the value replaced, or NULL. */
void *iac_map_put(iac_map *map, iac_str key, void *value);
/* Where the value of key is kept, added as NULL when absent; valid until the next put. */
void **iac_map_at(iac_map *map, iac_str key);
void iac_map_clear(iac_map *map);
/* Moves the tables into the arena: the map is read-only from then on, and must not be cleared. */
void iac_map_settle(iac_map *map, iac_arena *arena);
#endif
