/* The resources of random bytes, numbers, names and orders. */
#include "providers/random/random.h"
#include "lang/base/crypto.h"
#include "providers/sdk/base64.h"
#include "providers/sdk/plan.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES 65536
#define MAX_WORDS 1000000
#define MAX_RESULTS 10000000

#define COMPUTED(name, type, description) \
    "\"" name "\":{\"type\":" type ",\"computed\":true,\"description\":\"" description "\"}"
#define GIVEN(name, type, flag, description) \
    "\"" name "\":{\"type\":" type "," flag ",\"description\":\"" description "\"},"
#define REQUIRED "\"required\":true"
#define OPTIONAL "\"optional\":true"
#define DEFAULTED "\"optional\":true,\"computed\":true"
#define STRING "\"string\""
#define NUMBER "\"number\""

static bool failed(iacp_call *call, const random_source *source)
{
    if (source->failed)
        sdk_error(call, NULL, "Random Read Error", "The operating system gave no random bytes.");
    return source->failed;
}

static bool check_range(iacp_call *call, sdk_val config, const char *attribute, int64_t least, int64_t most)
{
    sdk_val v = sdk_get(config, attribute);
    int64_t n;
    if (!sdk_is_set(v) || (sdk_host->int64(v, &n) && n >= least && n <= most))
        return true;
    sdk_error(call, attribute, "Invalid Attribute Value",
              "Attribute %s value must be a whole number between %" PRId64 " and %" PRId64 ", got: %s", attribute,
              least, most, sdk_host->number_text(call, v));
    return false;
}

static void set_text(sdk_object *object, const char *attribute, const char *prefix, const char *text)
{
    const char *joined = *prefix ? sdk_printf(object->call, "%s%s", prefix, text) : text;
    sdk_set(object, attribute, sdk_new_cstr(object->call, joined));
}

/* ---- random_id ---- */

static const char id_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{" RANDOM_KEEPERS
    GIVEN("byte_length", NUMBER, REQUIRED, "Number of random bytes, at least 1.")
    GIVEN("prefix", STRING, OPTIONAL, "Put before every form of the result but id.")
    COMPUTED("b64_std", STRING, "The bytes in base64.") ","
    COMPUTED("b64_url", STRING, "The bytes in base64 for URLs.") ","
    COMPUTED("dec", STRING, "The bytes as a decimal number.") ","
    COMPUTED("hex", STRING, "The bytes in hexadecimal.") ","
    COMPUTED("id", STRING, "The bytes in base64 for URLs, without prefix.") "}}}";

static void set_id(sdk_object *object, const uint8_t *bytes, size_t n, const char *prefix)
{
    iacp_call *call = object->call;
    BIGNUM *number = BN_bin2bn(bytes, (int)n, NULL);
    char *decimal = BN_bn2dec(number);
    const char *url = sdk_base64_url(call, bytes, n);

    set_text(object, "b64_std", prefix, sdk_base64(call, bytes, n));
    set_text(object, "b64_url", prefix, url);
    set_text(object, "dec", prefix, decimal ? decimal : "");
    set_text(object, "hex", prefix, sdk_hex(call, bytes, n));
    set_text(object, "id", "", url);
    OPENSSL_free(decimal);
    BN_free(number);
}

static bool validate_id(iacp_call *call, sdk_val config)
{
    return check_range(call, config, "byte_length", 1, MAX_BYTES);
}

static bool create_id(sdk_object *object)
{
    random_source source = random_new();
    if (!validate_id(object->call, object->value))
        return false;
    size_t n = (size_t)sdk_int(sdk_get(object->value, "byte_length"), 1);
    uint8_t *bytes = sdk_alloc(object->call, n);
    random_bytes(&source, bytes, n);
    set_id(object, bytes, n, sdk_cstr(sdk_get(object->value, "prefix"), ""));
    return !failed(object->call, &source);
}

static bool import_id(sdk_object *object, const char *id)
{
    iac_str bytes;
    const char *comma = strrchr(id, ',');
    const char *prefix = comma ? sdk_strndup(object->call, id, (size_t)(comma - id)) : "";

    if (!sdk_base64_decode(object->call, iac_str_of(comma ? comma + 1 : id), true, &bytes) || bytes.n == 0 ||
        bytes.n > MAX_BYTES) {
        sdk_error(object->call, NULL, "Import Random ID Error",
                  "The id must be the bytes in base64 for URLs, or PREFIX,BASE64.");
        return false;
    }
    if (comma)
        set_text(object, "prefix", "", prefix);
    sdk_set(object, "byte_length", sdk_host->new_int64(object->call, (int64_t)bytes.n));
    set_id(object, (const uint8_t *)bytes.p, bytes.n, prefix);
    return true;
}

static const char *const id_replace[] = { "byte_length", "prefix", NULL };
const random_type random_type_id = {
    .name = "random_id",
    .schema = id_schema,
    .replace = id_replace,
    .create = create_id,
    .validate = validate_id,
    .import = import_id,
};

/* ---- random_bytes ---- */

static const char bytes_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{" RANDOM_KEEPERS
    GIVEN("length", NUMBER, REQUIRED, "Number of bytes, at least 1.")
    "\"base64\":{\"type\":\"string\",\"computed\":true,\"sensitive\":true,"
    "\"description\":\"The bytes in base64.\"},"
    "\"hex\":{\"type\":\"string\",\"computed\":true,\"sensitive\":true,"
    "\"description\":\"The bytes in hexadecimal.\"}}}}";

static bool validate_bytes(iacp_call *call, sdk_val config)
{
    return check_range(call, config, "length", 1, 1 << 20);
}

static bool create_bytes(sdk_object *object)
{
    random_source source = random_new();
    if (!validate_bytes(object->call, object->value))
        return false;
    size_t n = (size_t)sdk_int(sdk_get(object->value, "length"), 1);
    uint8_t *bytes = sdk_alloc(object->call, n);
    random_bytes(&source, bytes, n);
    set_text(object, "base64", "", sdk_base64(object->call, bytes, n));
    set_text(object, "hex", "", sdk_hex(object->call, bytes, n));
    return !failed(object->call, &source);
}

static bool import_bytes(sdk_object *object, const char *id)
{
    iac_str bytes;
    if (!sdk_base64_decode(object->call, iac_str_of(id), false, &bytes)) {
        sdk_error(object->call, NULL, "Import Random bytes Error", "The id must be the bytes in base64.");
        return false;
    }
    sdk_set(object, "length", sdk_host->new_int64(object->call, (int64_t)bytes.n));
    set_text(object, "base64", "", sdk_base64(object->call, bytes.p, bytes.n));
    set_text(object, "hex", "", sdk_hex(object->call, bytes.p, bytes.n));
    return true;
}

static const char *const bytes_replace[] = { "length", NULL };
const random_type random_type_bytes = {
    .name = "random_bytes",
    .schema = bytes_schema,
    .replace = bytes_replace,
    .create = create_bytes,
    .validate = validate_bytes,
    .import = import_bytes,
};

/* ---- random_integer ---- */

static const char integer_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{" RANDOM_KEEPERS
    GIVEN("max", NUMBER, REQUIRED, "The largest number that the result may be.")
    GIVEN("min", NUMBER, REQUIRED, "The smallest number that the result may be.")
    GIVEN("seed", STRING, OPTIONAL, "The same seed gives the same result.")
    COMPUTED("id", STRING, "The result as text.") ","
    COMPUTED("result", NUMBER, "The random number.") "}}}";

static bool validate_integer(iacp_call *call, sdk_val config)
{
    sdk_val min = sdk_get(config, "min"), max = sdk_get(config, "max");
    bool ok = check_range(call, config, "min", INT64_MIN, INT64_MAX);
    ok = check_range(call, config, "max", INT64_MIN, INT64_MAX) && ok;
    if (ok && sdk_is_set(min) && sdk_is_set(max) && sdk_int(min, 0) > sdk_int(max, 0)) {
        sdk_error(call, "min", "Create Random Integer Error",
                  "The minimum (min) value needs to be smaller than or equal to maximum (max) value.");
        return false;
    }
    return ok;
}

static bool create_integer(sdk_object *object)
{
    sdk_val seed = sdk_get(object->value, "seed");
    random_source source = sdk_is_set(seed) && sdk_str(seed).n ? random_seeded(sdk_str(seed)) : random_new();

    if (!validate_integer(object->call, object->value))
        return false;
    uint64_t min = (uint64_t)sdk_int(sdk_get(object->value, "min"), 0);
    uint64_t range = (uint64_t)sdk_int(sdk_get(object->value, "max"), 0) - min + 1;
    uint64_t n;
    if (range)
        n = min + random_below(&source, range);
    else
        random_bytes(&source, &n, sizeof(n));
    sdk_set(object, "result", sdk_host->new_int64(object->call, (int64_t)n));
    sdk_set(object, "id", sdk_new_cstr(object->call, sdk_printf(object->call, "%" PRId64, (int64_t)n)));
    return !failed(object->call, &source);
}

static bool import_integer(sdk_object *object, const char *id)
{
    static const char *const names[] = { "result", "min", "max" };
    const char *at = id;

    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        char *end;
        errno = 0;
        long long n = strtoll(at, &end, 10);
        if (end == at || errno || (*end != ',' && (*end != '\0' || i < 2))) {
            sdk_error(object->call, NULL, "Import Random Integer Error",
                      "Invalid import usage: expecting {result},{min},{max} or {result},{min},{max},{seed}");
            return false;
        }
        sdk_set(object, names[i], sdk_host->new_int64(object->call, n));
        if (i == 0)
            sdk_set(object, "id", sdk_new_cstr(object->call, sdk_printf(object->call, "%lld", n)));
        at = end + (*end == ',');
        if (i == 2 && *end == ',')
            set_text(object, "seed", "", at);
    }
    return true;
}

static const char *const integer_replace[] = { "min", "max", "seed", NULL };
const random_type random_type_integer = {
    .name = "random_integer",
    .schema = integer_schema,
    .replace = integer_replace,
    .create = create_integer,
    .validate = validate_integer,
    .import = import_integer,
};

/* ---- random_uuid ---- */

static const char uuid_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{" RANDOM_KEEPERS
    COMPUTED("id", STRING, "The UUID.") "," COMPUTED("result", STRING, "The UUID.") "}}}";

static bool create_uuid(sdk_object *object)
{
    random_source source = random_new();
    uint8_t b[16];

    random_bytes(&source, b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    const char *hex = sdk_hex(object->call, b, sizeof(b));
    const char *text = sdk_printf(object->call, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    set_text(object, "id", "", text);
    set_text(object, "result", "", text);
    return !failed(object->call, &source);
}

static bool import_uuid(sdk_object *object, const char *id)
{
    char *text = sdk_strndup(object->call, id, strlen(id));
    bool ok = strlen(text) == 36;

    for (size_t i = 0; ok && i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        ok = dash ? text[i] == '-' : isxdigit((unsigned char)text[i]) != 0;
        text[i] = (char)tolower((unsigned char)text[i]);
    }
    if (!ok) {
        sdk_error(object->call, NULL, "Import Random UUID Error", "\"%s\" is not a UUID.", id);
        return false;
    }
    set_text(object, "id", "", text);
    set_text(object, "result", "", text);
    return true;
}

static const char *const nothing[] = { NULL };
const random_type random_type_uuid = {
    .name = "random_uuid",
    .schema = uuid_schema,
    .replace = nothing,
    .create = create_uuid,
    .import = import_uuid,
};

/* ---- random_pet ---- */

static const char pet_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{" RANDOM_KEEPERS
    GIVEN("length", NUMBER, DEFAULTED, "Number of words. Default is 2.")
    GIVEN("prefix", STRING, OPTIONAL, "Put before the words, with a separator.")
    GIVEN("separator", STRING, DEFAULTED, "What stands between the words. Default is \\\"-\\\".")
    COMPUTED("id", STRING, "The pet's name.") "}}}";

static bool validate_pet(iacp_call *call, sdk_val config)
{
    return check_range(call, config, "length", 1, MAX_WORDS);
}

static void default_pet(sdk_object *planned, sdk_val config)
{
    if (sdk_is_null(sdk_get(config, "length")))
        sdk_set(planned, "length", sdk_host->new_int64(planned->call, 2));
    if (sdk_is_null(sdk_get(config, "separator")))
        sdk_set(planned, "separator", sdk_new_cstr(planned->call, "-"));
}

static bool create_pet(sdk_object *object)
{
    random_source source = random_new();
    const char *separator = sdk_cstr(sdk_get(object->value, "separator"), "-");
    const char *prefix = sdk_cstr(sdk_get(object->value, "prefix"), "");

    if (!validate_pet(object->call, object->value))
        return false;
    const char *pet = random_pet(object->call, &source, sdk_int(sdk_get(object->value, "length"), 2), separator);
    set_text(object, "id", *prefix ? sdk_printf(object->call, "%s%s", prefix, separator) : "", pet);
    return !failed(object->call, &source);
}

static const char *const pet_replace[] = { "length", "prefix", "separator", NULL };
const random_type random_type_pet = {
    .name = "random_pet",
    .schema = pet_schema,
    .replace = pet_replace,
    .create = create_pet,
    .defaults = default_pet,
    .validate = validate_pet,
};

/* ---- random_shuffle ---- */

#define LIST "[\"list\",\"string\"]"

static const char shuffle_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{" RANDOM_KEEPERS
    GIVEN("input", LIST, REQUIRED, "What to put into a random order.")
    GIVEN("result_count", NUMBER, OPTIONAL,
          "Number of results. Default is that of input; where it is more, items come up again.")
    GIVEN("seed", STRING, OPTIONAL, "The same seed gives the same order.")
    COMPUTED("id", STRING, "Always \\\"-\\\".") ","
    COMPUTED("result", LIST, "The items in a random order.") "}}}";

static bool validate_shuffle(iacp_call *call, sdk_val config)
{
    return check_range(call, config, "result_count", 0, MAX_RESULTS);
}

static bool create_shuffle(sdk_object *object)
{
    sdk_val input = sdk_get(object->value, "input"), seed = sdk_get(object->value, "seed");
    random_source source = sdk_is_set(seed) && sdk_str(seed).n ? random_seeded(sdk_str(seed)) : random_new();

    if (!validate_shuffle(object->call, object->value))
        return false;
    size_t n = sdk_host->length(input);
    size_t count = (size_t)sdk_int(sdk_get(object->value, "result_count"), 0);
    if (count == 0)
        count = n;
    if (n == 0)
        count = 0;
    size_t *order = sdk_alloc(object->call, n * sizeof(*order));
    sdk_val *result = sdk_alloc(object->call, count * sizeof(*result));
    for (size_t done = 0; done < count;) {
        random_permute(&source, order, n);
        for (size_t i = 0; i < n && done < count; i++)
            result[done++] = sdk_host->element(input, order[i]);
    }
    sdk_set(object, "result", sdk_host->new_list(object->call, sdk_type("string"), count, result));
    set_text(object, "id", "", "-");
    return !failed(object->call, &source);
}

static const char *const shuffle_replace[] = { "input", "result_count", "seed", NULL };
const random_type random_type_shuffle = {
    .name = "random_shuffle",
    .schema = shuffle_schema,
    .replace = shuffle_replace,
    .create = create_shuffle,
    .validate = validate_shuffle,
};
