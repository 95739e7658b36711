/* Sealing: what was sealed comes back, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lang/value/json.h"
#include "state/keys/keys.h"
#include "state/store_internal.h"
#include <stdlib.h>
#include <string.h>

/* ---- a provider whose key is a variable ---- */

typedef struct fixed {
    char key[IAC_KEY_MAX + 1];
    int asked;
} fixed;

static iac_status obtain(void *self, iac_arena *arena, iac_str stored, const iac_key_material *chained,
                         iac_key_material *ret, iac_diags *diags)
{
    fixed *f = self;
    (void)chained;
    (void)arena;
    (void)diags;
    f->asked++;
    assert_true(iac_key_put(ret->seal, &ret->seal_size, iac_str_of(f->key)));
    if (stored.n)
        assert_true(iac_key_put(ret->open, &ret->open_size, iac_str_of(f->key)));
    if (stored.n && !iac_str_is(stored, "{\"n\":1}")) /* another key, as of another salt */
        ret->open[0] ^= 1;
    ret->meta = IAC_STR("{\"n\":1}");
    return IAC_OK;
}

static void let_go(void *self)
{
    (void)self;
}

static const iac_key_driver driver = { obtain, let_go };
static const char key_a[] = "0123456789abcdef0123456789abcdef", key_b[] = "0123456789abcdef0123456789abcdeF";

typedef struct sealing {
    iac_encryption *encryption;
    iac_crypt *crypt;
    fixed key;
} sealing;

static void set_up(sealing *s, const char *address, const char *key)
{
    *s = (sealing){ .encryption = iac_encryption_new() };
    strcpy(s->key.key, key);
    s->crypt = iac_encryption_add(s->encryption, "state");
    iac_crypt_add_method(s->crypt, iac_encryption_add_provider(s->encryption, iac_str_of(address), &driver, &s->key,
                                                               NULL));
}

static bool says(const iac_diags *diags, const char *text)
{
    for (size_t i = 0; i < diags->list.n; i++)
        if (strstr(diags->list.v[i].detail.p, text))
            return true;
    return false;
}

/* Whether it opens; what it holds must then be `plain`. */
static bool opens(iac_crypt *crypt, const char *associated, iac_str sealed, const char *plain)
{
    iac_buf out;
    iac_diags diags = IAC_DIAGS_INIT;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    bool ok = iac_crypt_open(crypt, iac_str_of(associated), sealed, &out, &diags) == IAC_OK;
    if (ok)
        assert_true(iac_str_is(iac_buf_view(&out), plain));
    else
        assert_int_equal(out.n, 0);
    assert_int_equal(diags.errors > 0, !ok);
    iac_diags_clear(&diags);
    iac_buf_clear(&out);
    return ok;
}

static void seal_as(sealing *s, const char *associated, const char *plain, iac_buf *out)
{
    iac_diags diags = IAC_DIAGS_INIT;
    iac_buf_init(out, IAC_BUF_UNLIMITED);
    assert_int_equal(iac_crypt_seal(s->crypt, iac_str_of(associated), iac_str_of(plain), out, &diags), IAC_OK);
    iac_diags_clear(&diags);
}

static void test_crypt__round_trip(void **state)
{
    (void)state;
    const char *const keys[] = { "0123456789abcdef", "0123456789abcdef01234567", key_a };
    const char *const texts[] = { "", "x", "a text that is longer than a block of the cipher" };
    for (size_t k = 0; k < IAC_COUNT(keys); k++) {
        for (size_t t = 0; t < IAC_COUNT(texts); t++) {
            sealing s;
            iac_buf one, two;
            set_up(&s, "key_provider.x.y", keys[k]);
            seal_as(&s, "ad", texts[t], &one);
            seal_as(&s, "ad", texts[t], &two);
            assert_false(iac_str_eq(iac_buf_view(&one), iac_buf_view(&two))); /* the nonce */
            assert_true(opens(s.crypt, "ad", iac_buf_view(&one), texts[t]));
            assert_true(opens(s.crypt, "ad", iac_buf_view(&two), texts[t]));
            assert_false(opens(s.crypt, "da", iac_buf_view(&one), texts[t]));
            assert_false(opens(s.crypt, "", iac_buf_view(&one), texts[t]));
            iac_buf_clear(&one);
            iac_buf_clear(&two);
            iac_encryption_free(s.encryption);
        }
    }
}

static void test_crypt__keys_are_obtained_once(void **state)
{
    (void)state;
    sealing s;
    iac_buf sealed;
    set_up(&s, "key_provider.x.y", key_a);
    for (int i = 0; i < 3; i++) {
        seal_as(&s, "", "text", &sealed);
        assert_true(opens(s.crypt, "", iac_buf_view(&sealed), "text"));
        iac_buf_clear(&sealed);
    }
    assert_int_equal(s.key.asked, 1);
    iac_encryption_free(s.encryption);
}

static void test_crypt__every_changed_byte_is_refused(void **state)
{
    (void)state;
    sealing s;
    iac_buf sealed;
    set_up(&s, "key_provider.x.y", key_a);
    seal_as(&s, "ad", "the plain text", &sealed);
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] ^= 0x20;
        assert_false(opens(s.crypt, "ad", iac_buf_view(&sealed), ""));
        sealed.p[i] ^= 0x20;
    }
    assert_true(opens(s.crypt, "ad", iac_buf_view(&sealed), "the plain text"));
    iac_buf_clear(&sealed);
    iac_encryption_free(s.encryption);
}

static void test_crypt__every_truncation_is_refused(void **state)
{
    (void)state;
    sealing s;
    iac_buf sealed;
    set_up(&s, "key_provider.x.y", key_a);
    seal_as(&s, "ad", "the plain text", &sealed);
    for (size_t n = 0; n < sealed.n; n++) {
        char *copy = malloc(n + 1); /* reading past the end is seen by the sanitizer */
        memcpy(copy, sealed.p, n);
        assert_false(opens(s.crypt, "ad", (iac_str){ copy, n }, ""));
        free(copy);
    }
    iac_buf_char(&sealed, 'x');
    assert_false(opens(s.crypt, "ad", iac_buf_view(&sealed), ""));
    iac_buf_clear(&sealed);
    iac_encryption_free(s.encryption);
}

static void test_crypt__another_key_is_refused(void **state)
{
    (void)state;
    sealing a, b, c;
    iac_buf sealed;
    set_up(&a, "key_provider.x.y", key_a);
    set_up(&b, "key_provider.x.y", key_b);
    set_up(&c, "key_provider.x.z", key_a);
    seal_as(&a, "", "text", &sealed);
    assert_false(opens(b.crypt, "", iac_buf_view(&sealed), ""));
    assert_false(opens(c.crypt, "", iac_buf_view(&sealed), "")); /* a provider of another name */
    assert_false(opens(NULL, "", iac_buf_view(&sealed), ""));
    iac_buf_clear(&sealed);
    iac_encryption_free(a.encryption);
    iac_encryption_free(b.encryption);
    iac_encryption_free(c.encryption);
}

static void test_crypt__fallbacks(void **state)
{
    (void)state;
    sealing old, s;
    iac_buf sealed, now;
    fixed former = { .asked = 0 };
    set_up(&old, "key_provider.x.old", key_b);
    seal_as(&old, "", "text", &sealed);
    set_up(&s, "key_provider.x.new", key_a);
    assert_false(opens(s.crypt, "", iac_buf_view(&sealed), "text"));
    assert_false(opens(s.crypt, "", IAC_STR("clear"), "clear"));
    strcpy(former.key, key_b);
    iac_crypt_add_method(s.crypt, iac_encryption_add_provider(s.encryption, IAC_STR("key_provider.x.old"), &driver,
                                                              &former, NULL));
    assert_true(opens(s.crypt, "", iac_buf_view(&sealed), "text"));
    iac_crypt_add_method(s.crypt, NULL);
    assert_true(opens(s.crypt, "", IAC_STR("clear"), "clear"));
    seal_as(&s, "", "text", &now); /* always with the first */
    assert_false(opens(old.crypt, "", iac_buf_view(&now), ""));
    iac_buf_clear(&now);
    iac_buf_clear(&sealed);
    iac_encryption_free(old.encryption);
    iac_encryption_free(s.encryption);
}

static void test_crypt__a_key_of_no_known_size(void **state)
{
    (void)state;
    sealing s;
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_crypt_key *key;
    set_up(&s, "key_provider.x.y", "short");
    assert_int_equal(iac_crypt_sealing_key(s.crypt, &key, &diags), IAC_ERR);
    assert_true(says(&diags, "a key of 5 bytes"));
    iac_diags_clear(&diags);
    iac_encryption_free(s.encryption);
}

/* ---- parts of associated data ---- */

static void test_crypt__parts_do_not_run_together(void **state)
{
    (void)state;
    iac_buf one, two;
    iac_buf_init(&one, IAC_BUF_UNLIMITED);
    iac_buf_init(&two, IAC_BUF_UNLIMITED);
    iac_associate(&one, IAC_STR("ab"));
    iac_associate(&one, IAC_STR("c"));
    iac_associate(&two, IAC_STR("a"));
    iac_associate(&two, IAC_STR("bc"));
    assert_false(iac_str_eq(iac_buf_view(&one), iac_buf_view(&two)));
    iac_buf_clear(&one);
    iac_buf_clear(&two);
}

/* ---- snapshots ---- */

#define LINEAGE "11111111-2222-3333-4444-555555555555"
static const char snapshot[] = "{\"version\":4,\"terraform_version\":\"1.11.4\",\"serial\":7,\"lineage\":\"" LINEAGE
                               "\",\"outputs\":{\"o\":{\"value\":\"x\",\"type\":\"string\"}},\"resources\":[],"
                               "\"check_results\":null}";
static const char empty_snapshot[] = "{\"version\":4,\"serial\":0,\"lineage\":\"\",\"outputs\":{},\"resources\":[]}";

static iac_status open_snapshot(sealing *s, iac_str text, bool *current)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_status status = iac_snapshot_open(s->crypt, arena, &text, current, &diags);
    if (status == IAC_OK)
        assert_true(iac_str_is(text, snapshot));
    assert_int_equal(diags.errors > 0, status != IAC_OK);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return status;
}

static void test_crypt__snapshots(void **state)
{
    (void)state;
    sealing s;
    iac_diags diags = IAC_DIAGS_INIT;
    iac_buf json;
    bool current = false;
    set_up(&s, "key_provider.x.y", key_a);
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&json, snapshot);
    assert_int_equal(iac_snapshot_seal(s.crypt, IAC_STR(LINEAGE), 7, &json, &diags), IAC_OK);
    assert_true(iac_crypt_is_wrapped(iac_buf_view(&json)));
    assert_int_equal(open_snapshot(&s, iac_buf_view(&json), &current), IAC_OK);
    assert_true(current);
    char *serial = strstr(json.p, "\"serial\":7");
    assert_non_null(serial);
    serial[9] = '8';
    assert_int_equal(open_snapshot(&s, iac_buf_view(&json), &current), IAC_ERR);
    serial[9] = '7';
    assert_int_equal(open_snapshot(&s, iac_buf_view(&json), &current), IAC_OK);
    for (size_t n = 0; n < json.n; n++)
        assert_int_equal(open_snapshot(&s, iac_str_sub(iac_buf_view(&json), 0, n), &current), IAC_ERR);
    assert_int_equal(open_snapshot(&s, iac_str_of(snapshot), &current), IAC_ERR); /* clear, which is not allowed */
    iac_str empty = iac_str_of(empty_snapshot); /* in which there is nothing to be sealed */
    iac_arena *arena = iac_arena_new();
    assert_int_equal(iac_snapshot_open(s.crypt, arena, &empty, &current, &diags), IAC_OK);
    assert_false(current);
    iac_arena_free(arena);
    iac_buf_clear(&json);
    iac_encryption_free(s.encryption);
}

/* ---- arguments of providers ---- */

static bool takes(const char *provider, const char *json, bool chained, const char *complaint)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str error;
    size_t offset;
    void *self = NULL;
    const iac_key_source *source = iac_key_source_find(iac_str_of(provider));
    const iac_value *config = iac_value_from_json(arena, iac_str_of(json), &error, &offset);
    assert_non_null(source);
    assert_non_null(config);
    bool ok = source->configure(config, chained, &self, &diags) == IAC_OK;
    if (ok)
        source->driver->free(self);
    else
        assert_true(says(&diags, complaint));
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return ok;
}

#define PASS "\"passphrase\":\"sixteen letters.\""

static void test_crypt__arguments_of_pbkdf2(void **state)
{
    (void)state;
    assert_true(takes("pbkdf2", "{" PASS "}", false, NULL));
    assert_true(takes("pbkdf2", "{" PASS ",\"iterations\":200000,\"key_length\":16,\"salt_length\":16,"
                                "\"hash_function\":\"sha256\"}", false, NULL));
    assert_true(takes("pbkdf2", "{}", true, NULL));
    assert_false(takes("pbkdf2", "{}", false, "passphrase or chain"));
    assert_false(takes("pbkdf2", "{" PASS "}", true, "passphrase or chain"));
    assert_false(takes("pbkdf2", "{\"passphrase\":\"fifteen letters\"}", false, "at least 16"));
    assert_false(takes("pbkdf2", "{" PASS ",\"iterations\":199999}", false, "iterations"));
    assert_false(takes("pbkdf2", "{" PASS ",\"iterations\":200000.5}", false, "iterations"));
    assert_false(takes("pbkdf2", "{" PASS ",\"iterations\":1e30}", false, "iterations"));
    assert_false(takes("pbkdf2", "{" PASS ",\"key_length\":17}", false, "key_length"));
    assert_false(takes("pbkdf2", "{" PASS ",\"salt_length\":-1}", false, "salt_length"));
    assert_false(takes("pbkdf2", "{" PASS ",\"salt_length\":1025}", false, "salt_length"));
    assert_false(takes("pbkdf2", "{" PASS ",\"hash_function\":\"md5\"}", false, "hash_function"));
}

static void test_crypt__arguments_of_external(void **state)
{
    (void)state;
    assert_true(takes("external", "{\"command\":[\"true\",\"x\"]}", false, NULL));
    assert_false(takes("external", "{\"command\":[]}", false, "command"));
    assert_false(takes("external", "{\"command\":null}", false, "command"));
    assert_false(takes("external", "{\"command\":[\"x\",null]}", false, "list of strings"));
    assert_null(iac_key_source_find(IAC_STR("none")));
}

/* The parameters that are stored with the data: whoever can write them must gain nothing. */
static void test_crypt__stored_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool good;
    } of[] = {
        { "{\"salt\":\"AAAA\",\"iterations\":1,\"hash_function\":\"sha256\",\"key_length\":32}", true },
        { "{\"salt\":\"\",\"iterations\":1,\"hash_function\":\"sha256\",\"key_length\":32}", false },
        { "{\"salt\":\"AAAA\",\"iterations\":0,\"hash_function\":\"sha256\",\"key_length\":32}", false },
        { "{\"salt\":\"AAAA\",\"iterations\":2147483648,\"hash_function\":\"sha256\",\"key_length\":32}", false },
        { "{\"salt\":\"AAAA\",\"iterations\":1,\"hash_function\":\"md5\",\"key_length\":32}", false },
        { "{\"salt\":\"AAAA\",\"iterations\":1,\"hash_function\":\"sha256\",\"key_length\":99999}", false },
        { "{\"salt\":\"*\",\"iterations\":1,\"hash_function\":\"sha256\",\"key_length\":32}", false },
        { "[]", false },
        { "{", false },
    };
    iac_arena *arena = iac_arena_new();
    iac_str error;
    size_t offset;
    void *self = NULL;
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_value *config = iac_value_from_json(arena, IAC_STR("{" PASS "}"), &error, &offset);
    assert_int_equal(iac_key_pbkdf2.configure(config, false, &self, &diags), IAC_OK);
    for (size_t i = 0; i < IAC_COUNT(of); i++) {
        iac_key_material *material = iac_xcalloc(1, sizeof(*material));
        iac_status status = iac_key_pbkdf2.driver->obtain(self, arena, iac_str_of(of[i].json), NULL, material, &diags);
        assert_int_equal(status, of[i].good ? IAC_OK : IAC_ERR);
        assert_int_equal(material->open_size, of[i].good ? 32 : 0);
        free(material);
    }
    iac_key_pbkdf2.driver->free(self);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crypt__round_trip),
        cmocka_unit_test(test_crypt__keys_are_obtained_once),
        cmocka_unit_test(test_crypt__every_changed_byte_is_refused),
        cmocka_unit_test(test_crypt__every_truncation_is_refused),
        cmocka_unit_test(test_crypt__another_key_is_refused),
        cmocka_unit_test(test_crypt__fallbacks),
        cmocka_unit_test(test_crypt__a_key_of_no_known_size),
        cmocka_unit_test(test_crypt__parts_do_not_run_together),
        cmocka_unit_test(test_crypt__snapshots),
        cmocka_unit_test(test_crypt__arguments_of_pbkdf2),
        cmocka_unit_test(test_crypt__arguments_of_external),
        cmocka_unit_test(test_crypt__stored_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
