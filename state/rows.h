/* state/rows.h - objects as rows of a database: reading them back into a state, and the texts that some of their columns
 * hold. Layer: state, inside. For one thread at a time. */
#ifndef IAC_STATE_ROWS_H
#define IAC_STATE_ROWS_H
#include "state/state.h"

/* A row: an instance has one for its current object and one for each deposed one. */
typedef struct iac_row {
    iac_addr addr;
    iac_str provider;
    const iac_object *object;
} iac_row;

/* Set arena, diags and place (the database, as shown to people). What many rows share is decoded once. */
typedef struct iac_row_reader {
    iac_arena *arena;
    iac_diags *diags;
    const char *place;
    struct { iac_row *v; size_t n, cap; } rows;
    iac_map providers, sensitive, dependencies; /* by their texts */
} iac_row_reader;

void iac_row_reader_clear(iac_row_reader *r);
/* Adds a row. In the arena: addr, and what `object` already has; its sensitive paths and dependencies are set here. */
iac_status iac_row_add(iac_row_reader *r, iac_str addr, iac_str provider, iac_object *object, iac_str sensitive,
                       iac_str dependencies);
/* The rows as instances of `state`. */
void iac_row_collect(iac_row_reader *r, iac_state *state);
iac_status iac_row_addr(iac_row_reader *r, iac_str text, iac_addr *ret);
/* Adds "Failed to load state"; IAC_ERR. */
iac_status iac_row_damaged(iac_row_reader *r, const char *what, iac_str text);

/* The texts of the columns "sensitive" (empty: none) and "dependencies". */
void iac_row_sensitive(iac_buf *out, const iac_object *object);
void iac_row_dependencies(iac_buf *out, const iac_object *object);
#endif
