/* state/crypt.h - encryption at rest: what is sealed under which key, and the forms that sealed data take. Layer: state
 * (sees lang/base, lang/value). Where keys come from is in state/keys/.
 *
 * AES in Galois/Counter Mode with a random nonce. A key is told apart by its metadata, which is stored with what it
 * sealed: {"key_provider.TYPE.NAME":BASE64,..}, the provider's own JSON for each provider that took part. Whole files
 * are JSON as OpenTofu writes it ("encryption_version":"v0").
 *
 * Threads: an iac_encryption may be used by several at a time once it is set up. Keys are obtained once and kept until
 * iac_encryption_free, which wipes them; they never reach messages or logs. */
#ifndef IAC_STATE_CRYPT_H
#define IAC_STATE_CRYPT_H
#include "lang/base/base.h"
#include "lang/base/diag.h"

enum { IAC_KEY_MAX = 32, IAC_PASSPHRASE_MAX = 4096 };

typedef struct iac_encryption iac_encryption; /* all providers and their keys */
typedef struct iac_crypt iac_crypt;           /* how one kind of thing is sealed, and how it may have been before */
typedef struct iac_crypt_key iac_crypt_key;
typedef struct iac_key_provider iac_key_provider;

/* What a provider gives. Wiped by whoever asked for it. */
typedef struct iac_key_material {
    uint8_t seal[IAC_PASSPHRASE_MAX], open[IAC_PASSPHRASE_MAX]; /* for new data; for data stored with `stored` */
    size_t seal_size, open_size;
    iac_str meta; /* JSON, to be stored with what `seal` seals; in the arena */
} iac_key_material;

typedef struct iac_key_driver {
    /* stored: the metadata that the provider gave when the data was sealed; empty: there is none, and `open` is left
     * empty. chained: the material of the provider named by `chain`, or NULL. IAC_ERR after adding a diagnostic. */
    iac_status (*obtain)(void *self, iac_arena *arena, iac_str stored, const iac_key_material *chained,
                         iac_key_material *ret, iac_diags *diags);
    void (*free)(void *self); /* wipes its secrets */
} iac_key_driver;

/* ---- setting up ---- */
iac_encryption *iac_encryption_new(void);
void iac_encryption_free(iac_encryption *encryption); /* after everything that uses it; NULL is fine */
/* address: "key_provider.pbkdf2.NAME". Takes self over. chain: a provider added before, or NULL. */
iac_key_provider *iac_encryption_add_provider(iac_encryption *encryption, iac_str address, const iac_key_driver *driver,
                                              void *self, iac_key_provider *chain);
/* what: "state", "plan", as messages name it. */
iac_crypt *iac_encryption_add(iac_encryption *encryption, const char *what);
/* The first method seals, all of them open. provider NULL: not encrypted. */
void iac_crypt_add_method(iac_crypt *crypt, iac_key_provider *provider);

/* ---- states that terraform_remote_state reads ---- */
typedef struct iac_named_crypt {
    iac_str name; /* "net", "shared.net", "shared.net[0]": modules, and the name of the data source */
    iac_crypt *crypt;
} iac_named_crypt;
typedef struct iac_remote_crypts {
    const iac_named_crypt *named;
    size_t count;
    iac_crypt *otherwise; /* NULL: not encrypted */
} iac_remote_crypts;
/* For an instance: exact, with its keys; plain: its name without keys. remote NULL is fine. */
iac_crypt *iac_remote_crypt_of(const iac_remote_crypts *remote, iac_str exact, iac_str plain);

/* ---- keys ---- */
/* The key that new data is sealed with; *ret NULL: it is not encrypted (also where crypt is NULL). */
iac_status iac_crypt_sealing_key(iac_crypt *crypt, const iac_crypt_key **ret, iac_diags *diags);
/* The key that sealed the bytes, found among the methods by its metadata; what they hold is appended to out. IAC_ERR with
 * a diagnostic: no such key, a wrong one, or bytes that were changed. */
iac_status iac_crypt_unlock(iac_crypt *crypt, iac_str meta, iac_str associated, iac_str sealed,
                            const iac_crypt_key **ret, iac_buf *out, iac_diags *diags);
iac_str iac_crypt_key_meta(const iac_crypt_key *key); /* lives as long as the key */
/* Whether data that is not encrypted is taken as it is; else the diagnostic that refuses it is added. */
bool iac_crypt_takes_plain(iac_crypt *crypt, iac_diags *diags);

/* ---- sealing with a key at hand ---- */
/* Appends nonce, ciphertext and tag. `associated` must be the same when opening: it says what the bytes are. */
void iac_key_seal(const iac_crypt_key *key, iac_str associated, iac_str plain, iac_buf *out);
/* Appends what was sealed; false, nothing appended, when it was not sealed so. */
bool iac_key_open(const iac_crypt_key *key, iac_str associated, iac_str sealed, iac_buf *out);
/* HMAC-SHA256. */
void iac_key_digest(const iac_crypt_key *key, iac_str bytes, uint8_t ret[32]);
/* Appends a part of associated data, so that parts cannot run into each other. */
void iac_associate(iac_buf *associated, iac_str part);

/* ---- bytes that carry their key's metadata ---- */
/* With crypt NULL, or a method that does not encrypt, they are appended as they are. */
iac_status iac_crypt_seal(iac_crypt *crypt, iac_str associated, iac_str plain, iac_buf *out, iac_diags *diags);
iac_status iac_crypt_open(iac_crypt *crypt, iac_str associated, iac_str sealed, iac_buf *out, iac_diags *diags);

/* ---- whole files ---- */
typedef struct iac_envelope {
    iac_str lineage; /* of a snapshot, in clear; empty: it is none */
    int64_t serial;
} iac_envelope;
/* Whether the text is a sealed file. */
bool iac_crypt_is_wrapped(iac_str text);
/* Appends the file. head NULL: no snapshot. */
iac_status iac_crypt_wrap(iac_crypt *crypt, iac_str associated, const iac_envelope *head, iac_str plain, iac_buf *out,
                          iac_diags *diags);
/* What a file holds, in the arena; one that is not sealed is given back as it is, if that is allowed. ret_current (may be
 * NULL): whether it would be sealed with the same key today. head (may be NULL) is filled in. */
iac_status iac_crypt_unwrap(iac_crypt *crypt, const char *what, iac_str associated, iac_arena *arena, iac_str text,
                            iac_envelope *head, iac_str *ret, bool *ret_current, iac_diags *diags);
/* A state snapshot: sealed over with its lineage and serial, which are compared with those inside when opening. */
iac_status iac_snapshot_seal(iac_crypt *crypt, iac_str lineage, int64_t serial, iac_buf *json, iac_diags *diags);
iac_status iac_snapshot_open(iac_crypt *crypt, iac_arena *arena, iac_str *json, bool *ret_current, iac_diags *diags);
#endif
