#include "lang/base/map.h"

#include <stdlib.h>
#include <string.h>

static size_t find_slot(const iac_map *map, iac_str key, uint64_t hash)
{
    size_t mask = map->slot_count - 1;
    size_t i = (size_t)hash & mask;
    while (map->slots[i]) {
        const iac_map_entry *entry = &map->entries[map->slots[i] - 1];
        if (entry->hash == hash && iac_str_eq(entry->key, key))
            break;
        i = (i + 1) & mask;
    }
    return i;
}

static void grow(iac_map *map)
{
    if ((map->n + 1) * 4 > map->slot_count * 3) {
        size_t count = map->slot_count ? map->slot_count * 2 : 16;
        free(map->slots);
        map->slots = iac_xcalloc(count, sizeof(*map->slots));
        map->slot_count = count;
        for (size_t e = 0; e < map->n; e++)
            map->slots[find_slot(map, map->entries[e].key, map->entries[e].hash)] = (uint32_t)(e + 1);
    }
    if (map->n == map->cap) {
        map->cap = map->cap ? map->cap * 2 : 8;
        map->entries = iac_xrealloc(map->entries, map->cap * sizeof(*map->entries));
    }
}

static iac_map_entry *lookup(const iac_map *map, iac_str key)
{
    if (map->n == 0)
        return NULL;
    size_t i = find_slot(map, key, iac_str_hash(key));
    return map->slots[i] ? &map->entries[map->slots[i] - 1] : NULL;
}

void *iac_map_get(const iac_map *map, iac_str key)
{
    iac_map_entry *entry = lookup(map, key);
    return entry ? entry->value : NULL;
}

bool iac_map_has(const iac_map *map, iac_str key)
{
    return lookup(map, key) != NULL;
}

void **iac_map_at(iac_map *map, iac_str key)
{
    grow(map);
    uint64_t hash = iac_str_hash(key);
    size_t i = find_slot(map, key, hash);
    if (!map->slots[i]) {
        map->entries[map->n] = (iac_map_entry){ .key = key, .hash = hash };
        map->slots[i] = (uint32_t)++map->n;
    }
    return &map->entries[map->slots[i] - 1].value;
}

void *iac_map_put(iac_map *map, iac_str key, void *value)
{
    void **at = iac_map_at(map, key);
    void *old = *at;
    *at = value;
    return old;
}

void iac_map_settle(iac_map *map, iac_arena *arena)
{
    iac_map settled = *map;
    settled.cap = map->n;
    settled.entries = iac_arena_array(arena, iac_map_entry, map->n);
    settled.slots = iac_arena_array(arena, uint32_t, map->slot_count);
    if (map->n)
        memcpy(settled.entries, map->entries, map->n * sizeof(*map->entries));
    if (map->slot_count)
        memcpy(settled.slots, map->slots, map->slot_count * sizeof(*map->slots));
    iac_map_clear(map);
    *map = settled;
}

void iac_map_clear(iac_map *map)
{
    free(map->entries);
    free(map->slots);
    *map = (iac_map){ 0 };
}
