#include "lang/config/version.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_tag(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '~';
}

/* Reads a number at *i; false when there is none or it is beyond any version. */
static bool read_number(iac_str text, size_t *i, int64_t *ret)
{
    size_t start = *i;
    int64_t n = 0;

    while (*i < text.n && is_digit(text.p[*i])) {
        if (n > INT64_MAX / 10 - 1)
            return false;
        n = n * 10 + (text.p[(*i)++] - '0');
    }
    *ret = n;
    return *i > start;
}

/* Reads what follows - or +; false when it is empty. */
static bool read_tag(iac_str text, size_t *i, iac_str *ret)
{
    size_t start = ++*i;

    while (*i < text.n && is_tag(text.p[*i]))
        ++*i;
    *ret = iac_str_sub(text, start, *i);
    return ret->n > 0;
}

bool iac_version_parse(iac_str text, iac_version *ret)
{
    iac_version version = { 0 };
    iac_str metadata;
    size_t i = text.n && text.p[0] == 'v' ? 1 : 0;

    do {
        if (version.n == IAC_VERSION_SEGMENTS || !read_number(text, &i, &version.segments[version.n++]))
            return false;
    } while (i < text.n && text.p[i] == '.' && ++i);
    if (i < text.n && text.p[i] == '-' && !read_tag(text, &i, &version.prerelease))
        return false;
    if (i < text.n && text.p[i] == '+' && !read_tag(text, &i, &metadata))
        return false;
    if (i != text.n)
        return false;
    *ret = version;
    return true;
}

static iac_str next_part(iac_str *rest)
{
    size_t dot = iac_str_find_char(*rest, '.', 0);
    iac_str part = iac_str_sub(*rest, 0, dot);
    *rest = dot == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(*rest, dot + 1, rest->n);
    return part;
}

/* Numbers before texts, a shorter list before a longer one, and every prerelease before the release. */
static int cmp_prerelease(iac_str a, iac_str b)
{
    if (!a.n || !b.n)
        return (a.n == 0) - (b.n == 0);
    while (a.n && b.n) {
        iac_str x = next_part(&a), y = next_part(&b);
        int64_t m = 0, n = 0;
        size_t i = 0, j = 0;
        bool x_number = read_number(x, &i, &m) && i == x.n, y_number = read_number(y, &j, &n) && j == y.n;
        int order = x_number && y_number ? (m > n) - (m < n)
                    : x_number != y_number ? (x_number ? -1 : 1)
                                           : iac_str_cmp(x, y);
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

int iac_version_cmp(const iac_version *a, const iac_version *b)
{
    for (size_t i = 0; i < IAC_VERSION_SEGMENTS; i++)
        if (a->segments[i] != b->segments[i])
            return a->segments[i] < b->segments[i] ? -1 : 1;
    return cmp_prerelease(a->prerelease, b->prerelease);
}

typedef enum op { OP_EQ, OP_NE, OP_GT, OP_LT, OP_GE, OP_LE, OP_PESSIMISTIC } op;

static bool parse_comparison(iac_str text, op *ret_op, iac_version *ret_version)
{
    static const struct {
        const char *text;
        op op;
    } ops[] = { /* longer ones first */
        { "!=", OP_NE }, { ">=", OP_GE }, { "<=", OP_LE }, { "~>", OP_PESSIMISTIC },
        { "=", OP_EQ },  { ">", OP_GT },  { "<", OP_LT },
    };

    text = iac_str_trim(text);
    *ret_op = OP_EQ;
    for (size_t i = 0; i < IAC_COUNT(ops); i++) {
        if (iac_str_starts(text, iac_str_of(ops[i].text))) {
            *ret_op = ops[i].op;
            text = iac_str_trim(iac_str_sub(text, iac_str_of(ops[i].text).n, text.n));
            break;
        }
    }
    return iac_version_parse(text, ret_version);
}

static bool same_segments(const iac_version *a, const iac_version *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a->segments[i] != b->segments[i])
            return false;
    return true;
}

static bool meets(const iac_version *version, op operation, const iac_version *bound)
{
    int order = iac_version_cmp(version, bound);

    if (operation == OP_EQ)
        return order == 0;
    if (operation == OP_NE)
        return order != 0;
    if (version->prerelease.n && (!bound->prerelease.n || !same_segments(version, bound, IAC_VERSION_SEGMENTS)))
        return false;
    switch (operation) {
    case OP_GT:
        return order > 0;
    case OP_LT:
        return order < 0;
    case OP_GE:
        return order >= 0;
    case OP_LE:
        return order <= 0;
    default: /* ~> 1.2.3 leaves only the last segment free */
        return order >= 0 && same_segments(version, bound, bound->n > 1 ? bound->n - 1 : 1);
    }
}

/* Walks the comparisons; version NULL checks the syntax alone. */
static bool walk_constraint(iac_str constraint, const iac_version *version)
{
    size_t from = 0;

    for (;;) {
        size_t comma = iac_str_find_char(constraint, ',', from);
        iac_version bound;
        op operation;
        if (!parse_comparison(iac_str_sub(constraint, from, comma), &operation, &bound) ||
            (version && !meets(version, operation, &bound)))
            return false;
        if (comma == SIZE_MAX)
            return true;
        from = comma + 1;
    }
}

bool iac_version_constraint_valid(iac_str constraint)
{
    return walk_constraint(constraint, NULL);
}

bool iac_version_meets(iac_str version, iac_str constraint)
{
    iac_version parsed;

    return iac_version_parse(version, &parsed) && walk_constraint(constraint, &parsed);
}

/* ---- in one form ---- */

typedef struct comparison {
    op operation;
    iac_version version;
} comparison;

static int cmp_comparisons(const void *a, const void *b)
{
    const comparison *x = a, *y = b;
    int order = iac_version_cmp(&x->version, &y->version);

    if (order)
        return order;
    if (x->operation != y->operation)
        return x->operation < y->operation ? -1 : 1;
    return (x->version.n > y->version.n) - (x->version.n < y->version.n);
}

static void print_comparison(iac_buf *out, const comparison *c)
{
    static const char *const names[] = {
        [OP_EQ] = "", [OP_NE] = "!= ", [OP_GT] = "> ", [OP_LT] = "< ", [OP_GE] = ">= ", [OP_LE] = "<= ",
        [OP_PESSIMISTIC] = "~> ",
    };
    size_t least = c->operation == OP_PESSIMISTIC ? 2 : 3, n = c->version.n > least ? c->version.n : least;

    iac_buf_cstr(out, names[c->operation]);
    for (size_t i = 0; i < n; i++)
        iac_buf_printf(out, "%s%lld", i ? "." : "", (long long)c->version.segments[i]);
    if (c->version.prerelease.n)
        iac_buf_printf(out, "-%.*s", IAC_FMT(c->version.prerelease));
}

iac_str iac_version_constraint_canonical(iac_arena *arena, iac_str constraint)
{
    IAC_VEC(comparison) all = { 0 };
    iac_buf out;

    if (!constraint.n || !iac_version_constraint_valid(constraint))
        return constraint;
    for (size_t from = 0;;) {
        size_t comma = iac_str_find_char(constraint, ',', from);
        comparison c;
        if (parse_comparison(iac_str_sub(constraint, from, comma), &c.operation, &c.version))
            iac_vec_push(&all, c);
        if (comma == SIZE_MAX)
            break;
        from = comma + 1;
    }
    if (all.n)
        qsort(all.v, all.n, sizeof(*all.v), cmp_comparisons);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < all.n; i++) {
        if (i && cmp_comparisons(&all.v[i - 1], &all.v[i]) == 0)
            continue;
        if (out.n)
            iac_buf_cstr(&out, ", ");
        print_comparison(&out, &all.v[i]);
    }
    iac_str text = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    iac_vec_clear(&all);
    return text;
}
