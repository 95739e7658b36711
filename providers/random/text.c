/* random_string and random_password, which differ in what is secret. */
#include "providers/random/random.h"
#include "providers/sdk/plan.h"

#include <inttypes.h>
#include <string.h>

#define MAX_LENGTH (16 << 20)

#define FLAG(name, what) \
    "\"" name "\":{\"type\":\"bool\",\"optional\":true,\"computed\":true," \
    "\"description\":\"Whether the result may hold " what ". Default is true.\"},"
#define LEAST(name, what) \
    "\"" name "\":{\"type\":\"number\",\"optional\":true,\"computed\":true," \
    "\"description\":\"Least number of " what " in the result. Default is 0.\"},"
#define COMMON \
    "\"length\":{\"type\":\"number\",\"required\":true,\"description\":\"Number of characters.\"}," \
    FLAG("lower", "lower-case letters") FLAG("upper", "upper-case letters") FLAG("numeric", "digits") \
    FLAG("special", "special characters") \
    LEAST("min_lower", "lower-case letters") LEAST("min_upper", "upper-case letters") \
    LEAST("min_numeric", "digits") LEAST("min_special", "special characters") \
    "\"override_special\":{\"type\":\"string\",\"optional\":true," \
    "\"description\":\"Special characters to use instead of the usual ones.\"},"
#define NUMBER \
    "\"number\":{\"type\":\"bool\",\"optional\":true,\"computed\":true,\"deprecated\":true," \
    "\"description\":\"The older name of numeric.\"},"
#define HASH \
    "\"bcrypt_hash\":{\"type\":\"string\",\"computed\":true,\"sensitive\":true," \
    "\"description\":\"A bcrypt hash of the result, of its first 72 bytes.\"},"

static const char string_schema[] =
    "{\"version\":2,\"block\":{\"attributes\":{" RANDOM_KEEPERS COMMON NUMBER
    "\"id\":{\"type\":\"string\",\"computed\":true,\"description\":\"The result.\"},"
    "\"result\":{\"type\":\"string\",\"computed\":true,\"description\":\"The random string.\"}}}}";

static const char password_schema[] =
    "{\"version\":3,\"block\":{\"attributes\":{" RANDOM_KEEPERS COMMON NUMBER HASH
    "\"id\":{\"type\":\"string\",\"computed\":true,\"description\":\"Always \\\"none\\\".\"},"
    "\"result\":{\"type\":\"string\",\"computed\":true,\"sensitive\":true,"
    "\"description\":\"The random string.\"}}}}";

const char random_ephemeral_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{" COMMON HASH
    "\"result\":{\"type\":\"string\",\"computed\":true,\"sensitive\":true,"
    "\"description\":\"The random string.\"}}}}";

static const char *const flags[] = { "special", "upper", "lower", "numeric" };
static const char *const minimums[] = { "min_special", "min_upper", "min_lower", "min_numeric" };
static const char *const replace[] = { "length",      "special",     "upper",       "lower",
                                       "number",      "numeric",     "min_special", "min_upper",
                                       "min_lower",   "min_numeric", "override_special", NULL };

/* ---- validate and plan ---- */

static bool check_flags(iacp_call *call, sdk_val config)
{
    bool number = sdk_bool(sdk_get(config, "number"), true);
    for (size_t i = 0; i < IAC_COUNT(flags); i++) {
        sdk_val v = sdk_get(config, flags[i]);
        if (sdk_is_unknown(v) || sdk_bool(v, strcmp(flags[i], "numeric") != 0 || number))
            return true;
    }
    sdk_error(call, "special", "Invalid Attribute Combination",
              "At least one attribute out of [special,upper,lower,numeric] must be specified as true");
    return false;
}

static bool check_minimums(iacp_call *call, sdk_val config)
{
    sdk_val length = sdk_get(config, "length");
    int64_t sum = 0, n;

    for (size_t i = 0; i < IAC_COUNT(minimums); i++) {
        sdk_val v = sdk_get(config, minimums[i]);
        if (sdk_is_unknown(v))
            return true;
        n = sdk_int(v, 0);
        if (n < 0 || (sdk_is_set(v) && !sdk_host->int64(v, &n)) || n > MAX_LENGTH) {
            sdk_error(call, minimums[i], "Invalid Attribute Value",
                      "Attribute %s value must be a whole number between 0 and %d, got: %s", minimums[i], MAX_LENGTH,
                      sdk_host->number_text(call, v));
            return false;
        }
        sum += n;
    }
    if (!sdk_is_set(length))
        return true;
    if (!sdk_host->int64(length, &n) || n < 1 || n > MAX_LENGTH) {
        sdk_error(call, "length", "Invalid Attribute Value",
                  n < 1 ? "Attribute length value must be at least 1, got: %s"
                        : "Attribute length value must be a whole number of at most 16777216, got: %s",
                  sdk_host->number_text(call, length));
        return false;
    }
    if (n < sum) {
        sdk_error(call, "length", "Invalid Attribute Value",
                  "Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, "
                  "that is %" PRId64 ", got: %" PRId64, sum, n);
        return false;
    }
    return true;
}

static bool validate(iacp_call *call, sdk_val config)
{
    sdk_val number = sdk_get(config, "number"), numeric = sdk_get(config, "numeric");
    bool ok = check_flags(call, config);
    ok = check_minimums(call, config) && ok;
    if (sdk_is_set(number) && sdk_is_set(numeric) && !sdk_host->equal(number, numeric)) {
        sdk_error(call, "number", "Number numeric mismatch",
                  "number and numeric are two names of one setting, and are given different values. number is "
                  "deprecated: use numeric.");
        ok = false;
    }
    return ok;
}

static void defaults(sdk_object *planned, sdk_val config)
{
    iacp_call *call = planned->call;
    sdk_val yes = sdk_host->new_bool(call, 1), none = sdk_host->new_int64(call, 0);
    sdk_val number = sdk_get(config, "number"), numeric = sdk_get(config, "numeric");

    for (size_t i = 0; i < IAC_COUNT(flags); i++)
        if (sdk_is_null(sdk_get(config, flags[i])))
            sdk_set(planned, flags[i], yes);
    for (size_t i = 0; i < IAC_COUNT(minimums); i++)
        if (sdk_is_null(sdk_get(config, minimums[i])))
            sdk_set(planned, minimums[i], none);
    sdk_val digits = !sdk_is_null(numeric) ? numeric : !sdk_is_null(number) ? number : yes;
    sdk_set(planned, "numeric", digits);
    sdk_set(planned, "number", !sdk_is_null(number) ? number : digits);
}

/* ---- create ---- */

static bool make(iacp_call *call, sdk_val planned, iac_str *ret)
{
    random_text wish = {
        .length = sdk_int(sdk_get(planned, "length"), 0),
        .upper = sdk_bool(sdk_get(planned, "upper"), true),
        .lower = sdk_bool(sdk_get(planned, "lower"), true),
        .numeric = sdk_bool(sdk_get(planned, "numeric"), true),
        .special = sdk_bool(sdk_get(planned, "special"), true),
        .min_upper = sdk_int(sdk_get(planned, "min_upper"), 0),
        .min_lower = sdk_int(sdk_get(planned, "min_lower"), 0),
        .min_numeric = sdk_int(sdk_get(planned, "min_numeric"), 0),
        .min_special = sdk_int(sdk_get(planned, "min_special"), 0),
        .specials = sdk_str(sdk_get(planned, "override_special")),
    };
    return validate(call, planned) && random_string(call, &wish, ret);
}

static bool create_string(sdk_object *object)
{
    iac_str result;
    if (!make(object->call, object->value, &result))
        return false;
    sdk_set(object, "result", sdk_new_str(object->call, result));
    sdk_set(object, "id", sdk_new_str(object->call, result));
    return true;
}

static bool set_password(sdk_object *object, iac_str result)
{
    const char *hash = random_bcrypt(object->call, result);
    if (!hash)
        return false;
    sdk_set(object, "result", sdk_new_str(object->call, result));
    sdk_set(object, "bcrypt_hash", sdk_new_cstr(object->call, hash));
    return true;
}

static bool create_password(sdk_object *object)
{
    iac_str result;
    if (!make(object->call, object->value, &result) || !set_password(object, result))
        return false;
    sdk_set(object, "id", sdk_new_cstr(object->call, "none"));
    return true;
}

bool random_ephemeral_open(sdk_object *object, sdk_val config)
{
    sdk_object given = { object->call, config };
    iac_str result;

    defaults(&given, config);
    if (!make(object->call, given.value, &result))
        return false;
    for (size_t i = 0; i < sdk_host->length(given.value); i++) {
        const char *name = sdk_host->key(given.value, i, NULL);
        if (strcmp(name, "number") != 0) /* which the ephemeral form does not have */
            sdk_set(object, name, sdk_host->element(given.value, i));
    }
    return set_password(object, result);
}

/* ---- import and upgrade ---- */

static bool import_string(sdk_object *object, const char *id)
{
    sdk_object nothing = sdk_object_from(object->call, NULL);
    defaults(object, nothing.value);
    sdk_set(object, "length", sdk_host->new_int64(object->call, (int64_t)strlen(id)));
    sdk_set(object, "result", sdk_new_cstr(object->call, id));
    sdk_set(object, "id", sdk_new_cstr(object->call, id));
    return true;
}

static bool import_password(sdk_object *object, const char *id)
{
    import_string(object, id);
    sdk_set(object, "id", sdk_new_cstr(object->call, "none"));
    return set_password(object, iac_str_of(id));
}

static bool upgrade_string(sdk_object *object, int64_t from)
{
    (void)from;
    if (sdk_is_null(sdk_get(object->value, "numeric")))
        sdk_set(object, "numeric", sdk_get(object->value, "number"));
    return true;
}

static bool upgrade_password(sdk_object *object, int64_t from)
{
    upgrade_string(object, from);
    if (sdk_is_null(sdk_get(object->value, "bcrypt_hash")))
        return set_password(object, sdk_str(sdk_get(object->value, "result")));
    return true;
}

const random_type random_type_string = {
    .name = "random_string",
    .schema = string_schema,
    .replace = replace,
    .create = create_string,
    .defaults = defaults,
    .validate = validate,
    .import = import_string,
    .upgrade = upgrade_string,
};

const random_type random_type_password = {
    .name = "random_password",
    .schema = password_schema,
    .replace = replace,
    .create = create_password,
    .defaults = defaults,
    .validate = validate,
    .import = import_password,
    .upgrade = upgrade_password,
};
