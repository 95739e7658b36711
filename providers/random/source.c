/* Where the random numbers come from, and the texts made of them. */
#include "providers/random/random.h"

#include <crypt.h>
#include <string.h>
#include <sys/random.h>

random_source random_new(void)
{
    return (random_source){ .seeded = false };
}

random_source random_seeded(iac_str seed)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < seed.n; i++)
        hash = (hash ^ (uint8_t)seed.p[i]) * 0x100000001b3u;
    return (random_source){ .seeded = true, .state = hash };
}

static uint64_t next_seeded(random_source *source) /* splitmix64 */
{
    uint64_t z = source->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void refill(random_source *source)
{
    source->left = sizeof(source->pool);
    if (source->seeded) {
        for (size_t i = 0; i < sizeof(source->pool); i += 8) {
            uint64_t n = next_seeded(source);
            memcpy(source->pool + i, &n, 8);
        }
    } else if (getrandom(source->pool, sizeof(source->pool), 0) != (ssize_t)sizeof(source->pool)) {
        source->failed = true;
    }
}

void random_bytes(random_source *source, void *out, size_t n)
{
    uint8_t *at = out;
    while (n > 0) {
        if (source->left == 0)
            refill(source);
        size_t part = n < source->left ? n : source->left;
        memcpy(at, source->pool + sizeof(source->pool) - source->left, part);
        source->left -= part;
        at += part;
        n -= part;
    }
}

uint64_t random_below(random_source *source, uint64_t limit)
{
    uint64_t n, uneven = (UINT64_MAX - limit + 1) % limit; /* numbers below this would favour the small ones */
    do {
        random_bytes(source, &n, sizeof(n));
    } while (n < uneven && !source->failed);
    return n % limit;
}

void random_permute(random_source *source, size_t *indexes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)random_below(source, i + 1);
        indexes[i] = indexes[j];
        indexes[j] = i;
    }
}

/* ---- strings ---- */

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define SPECIAL "!@#$%&*()-_=+[]{}<>:?"

static void add_from(random_source *source, char *text, size_t *n, iac_str alphabet, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        text[(*n)++] = alphabet.p[random_below(source, alphabet.n)];
}

bool random_string(iacp_call *call, const random_text *wish, iac_str *ret)
{
    const struct {
        bool wanted;
        iac_str characters;
        int64_t least;
    } classes[] = {
        { wish->special, wish->specials.n ? wish->specials : IAC_STR(SPECIAL), wish->min_special },
        { wish->upper, IAC_STR(UPPER), wish->min_upper },
        { wish->lower, IAC_STR(LOWER), wish->min_lower },
        { wish->numeric, IAC_STR(DIGITS), wish->min_numeric },
    };
    random_source source = random_new();
    size_t total = 0, n = 0, length = (size_t)wish->length;
    char *text = sdk_alloc(call, length + 1);

    for (size_t i = 0; i < IAC_COUNT(classes); i++)
        total += classes[i].wanted ? classes[i].characters.n : 0;
    char *all = sdk_alloc(call, total + 1);
    total = 0;
    for (size_t i = 0; i < IAC_COUNT(classes); i++) {
        if (classes[i].wanted) {
            memcpy(all + total, classes[i].characters.p, classes[i].characters.n);
            total += classes[i].characters.n;
        }
        int64_t room = (int64_t)(length - n);
        add_from(&source, text, &n, classes[i].characters, classes[i].least < room ? classes[i].least : room);
    }
    if (total == 0 && n < length) {
        sdk_error(call, NULL, "Create Random Error", "No kind of character is allowed.");
        return false;
    }
    add_from(&source, text, &n, (iac_str){ all, total }, (int64_t)(length - n));
    for (size_t i = n; i > 1; i--) { /* so that the required ones do not stand in front */
        size_t j = (size_t)random_below(&source, i);
        char c = text[i - 1];
        text[i - 1] = text[j];
        text[j] = c;
    }
    if (source.failed) {
        sdk_error(call, NULL, "Random Read Error", "The operating system gave no random bytes.");
        return false;
    }
    *ret = (iac_str){ text, n };
    return true;
}

const char *random_bcrypt(iacp_call *call, iac_str password)
{
    enum { COST = 10, LONGEST = 72 };
    random_source source = random_new();
    char salt[CRYPT_GENSALT_OUTPUT_SIZE], bytes[16];
    char *key = sdk_strndup(call, password.p, password.n < LONGEST ? password.n : LONGEST);
    struct crypt_data *data = sdk_alloc(call, sizeof(*data));
    const char *hash = NULL;

    random_bytes(&source, bytes, sizeof(bytes));
    if (!source.failed && crypt_gensalt_rn("$2a$", COST, bytes, sizeof(bytes), salt, sizeof(salt)))
        hash = crypt_rn(key, salt, data, sizeof(*data));
    if (!hash || hash[0] == '*') {
        sdk_error(call, "bcrypt_hash", "Hash Generation Error", "The bcrypt hash of the password cannot be made.");
        return NULL;
    }
    return hash; /* in *data, that is, in the call's memory */
}
