/* providers/random/random.h - what the files of the random provider share. */
#ifndef IAC_RANDOM_H
#define IAC_RANDOM_H
#include "providers/sdk/sdk.h"

/* A source of random numbers: the operating system's, or a sequence that a seed determines. */
typedef struct random_source {
    bool seeded;
    uint64_t state;
    uint8_t pool[256];
    size_t left;
    bool failed; /* the operating system gave nothing; numbers are worthless */
} random_source;

random_source random_new(void);
random_source random_seeded(iac_str seed); /* the same seed always gives the same numbers */
void random_bytes(random_source *source, void *out, size_t n);
uint64_t random_below(random_source *source, uint64_t limit); /* evenly from 0 to limit - 1; limit is not 0 */
void random_permute(random_source *source, size_t *indexes, size_t n); /* fills in a permutation of 0 to n - 1 */

/* How a string is made up. */
typedef struct random_text {
    int64_t length;
    bool upper, lower, numeric, special;
    int64_t min_upper, min_lower, min_numeric, min_special;
    iac_str specials; /* which special characters; empty: the usual ones */
} random_text;

/* A string of `length` characters in the call's memory. False with a diagnostic. */
bool random_string(iacp_call *call, const random_text *wish, iac_str *ret);
/* The bcrypt hash of (the first 72 bytes of) a password. NULL with a diagnostic. */
const char *random_bcrypt(iacp_call *call, iac_str password);
/* `words` words joined by the separator: adverbs, an adjective, a name. */
char *random_pet(iacp_call *call, random_source *source, int64_t words, const char *separator);

/* The kinds of resources: each makes what is unknown in *object from the planned values. False with a diagnostic. */
typedef struct random_type {
    const char *name, *schema;
    const char *const *replace; /* attributes that cannot change in place, beside keepers; ended by NULL */
    bool (*create)(sdk_object *object);
    void (*defaults)(sdk_object *planned, sdk_val config); /* NULL: none */
    bool (*validate)(iacp_call *call, sdk_val config);     /* NULL: nothing to check */
    bool (*import)(sdk_object *object, const char *id);    /* NULL: cannot be imported */
    bool (*upgrade)(sdk_object *object, int64_t from);     /* NULL: nothing but decoding */
} random_type;

extern const random_type random_type_bytes, random_type_id, random_type_integer, random_type_password, random_type_pet,
    random_type_shuffle, random_type_string, random_type_uuid;

/* The ephemeral random_password: fills in an empty object. */
extern const char random_ephemeral_schema[];
bool random_ephemeral_open(sdk_object *object, sdk_val config);

#define RANDOM_KEEPERS \
    "\"keepers\":{\"type\":[\"map\",\"string\"],\"optional\":true," \
    "\"description\":\"Any values; a change of one makes a new random value.\"},"
#endif
