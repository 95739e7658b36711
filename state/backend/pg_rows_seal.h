/* state/backend/pg_rows_seal.h - encryption of the rows of the backend "pg" with resource_locks. Layer: state/backend.
 *
 * iac_workspaces.sealing says which key the rows of a workspace are sealed with (empty: none). Contents are sealed column
 * by column, each bound to the workspace's name, its row and the columns that stay readable; objects, outputs and checks
 * also to the lineage and to the serial of the transaction that wrote them, which stands in front ("17:BASE64").
 * iac_workspaces.tally is the sum of a keyed digest of each of these rows with its serial, sealed and bound to lineage and
 * serial of the whole: so a row that was removed, added, moved or put back as it was before is noticed. Not noticed is a
 * workspace put back as a whole, or a change that was begun (iac_journal) and was removed.
 *
 * Everything here is called within a transaction, with the mutex of pg_backend held. */
#ifndef IAC_BACKEND_PG_ROWS_SEAL_H
#define IAC_BACKEND_PG_ROWS_SEAL_H
#include "state/backend/pg_rows.h"

/* What a row is of. Its cells: two keys, what is sealed, what that is bound to. */
typedef enum pg_place { PG_OBJECTS, PG_OUTPUTS, PG_JOURNAL, PG_CHECKS, PG_PLACES } pg_place;

enum { PG_ADDRESS, PG_DEPOSED, PG_ATTRIBUTES, PG_SENSITIVE, PG_PRIVATE, PG_PROVIDER, PG_TYPE, PG_SCHEMA_VERSION,
       PG_TAINTED, PG_BEFORE_DESTROY, PG_DEPENDENCIES, PG_OBJECT_CELLS };
#define PG_OBJECT_COLUMNS "address, deposed, attributes, sensitive, private, provider, type, schema_version, tainted, " \
                          "create_before_destroy, dependencies"
enum { PG_NAME, PG_VALUE = 2, PG_VALUE_TYPE, PG_VALUE_SENSITIVE, PG_OUTPUT_CELLS };
#define PG_OUTPUT_COLUMNS "name, '', value, type, sensitive"
enum { PG_TOKEN, PG_PRIOR = 2, PG_PLANNED, PG_INTENT_PRIVATE, PG_INTENT_ADDRESS, PG_INTENT_DEPOSED, PG_INTENT_PROVIDER,
       PG_ACTION, PG_BEGUN, PG_INTENT_CELLS };
#define PG_INTENT_COLUMNS "token, '', prior, planned, private, address, deposed, provider, action, begun"
enum { PG_CHECK_RESULTS = 2, PG_CHECK_CELLS, PG_CELLS = PG_OBJECT_CELLS };

typedef struct pg_seal {
    const iac_crypt_key *key; /* NULL: rows are not sealed, and what follows does nothing */
    iac_str workspace, lineage, serial;
    uint8_t tally[32];
} pg_seal;

/* The row of a workspace. */
typedef struct pg_head {
    iac_str lineage, sealing, tally;
    int64_t serial;
} pg_head;

/* How the rows are sealed now, with a tally of nothing. */
iac_status pg_seal_find(pg_rows *r, const pg_head *head, iac_arena *arena, pg_seal *ret, iac_diags *diags);
/* For writing, with the row of the workspace locked: brings all rows under the key that is configured now, if they are
 * not. */
iac_status pg_seal_begin(pg_rows *r, pg_head *head, iac_arena *arena, pg_seal *ret, iac_diags *diags);
/* The tally becomes the one that is stored. */
iac_status pg_seal_take_tally(const pg_rows *r, const pg_head *head, iac_arena *arena, pg_seal *seal, iac_diags *diags);
/* Seals the cells in place, as of seal->serial; what is sealed is in the arena. */
void pg_seal_row(const pg_seal *seal, pg_place place, iac_arena *arena, iac_str *cells);
/* The way back, counting the row. false: it was changed. */
bool pg_unseal_row(pg_seal *seal, pg_place place, iac_arena *arena, iac_str *cells);
/* Adds the rows of objects and outputs as they are now to the tally, or takes them away. addresses: an array of addresses
 * and of names as "output.NAME"; NULL: all. */
bool pg_seal_count(pg_seal *seal, pg_backend *p, const char *id, const char *addresses, bool add, iac_diags *diags);
/* The same for checks. */
void pg_seal_count_checks(pg_seal *seal, iac_str sealed, bool add);
/* The tally, sealed, in the arena. */
iac_str pg_seal_tally(const pg_seal *seal, iac_arena *arena);
/* Whether the rows that were unsealed are all that there should be. */
bool pg_seal_complete(const pg_seal *seal, iac_arena *arena, iac_str tally);
iac_status pg_seal_damaged(const pg_rows *r, iac_diags *diags);
#endif
