#include "providers/aws/desc.h"
#include "providers/aws/hooks.h"
#include "providers/aws/schema.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16
#define MAX_WORDS 64

typedef IAC_VEC(aws_attr) attr_vec;

/* The state of parsing one description. */
typedef struct parser {
    iac_arena *arena;
    aws_desc *desc;
    attr_vec open[MAX_DEPTH]; /* attributes of the blocks being read; [0] is the type itself */
    aws_attr blocks[MAX_DEPTH]; /* [i] becomes an attribute of open[i - 1] */
    size_t depth;
    IAC_VEC(aws_step) steps;
    IAC_VEC(aws_retry) retries;
    IAC_VEC(aws_recompute) recomputes;
    size_t line;
    const char *error;
    const char *words[MAX_WORDS]; /* of the line, each a NUL-terminated copy */
    size_t word_count;
} parser;

static bool fail(parser *p, const char *what, const char *word)
{
    if (!p->error) {
        p->error = iac_arena_printf(p->arena, "line %zu: %s \"%s\"", p->line, what, word ? word : "").p;
    }
    return false;
}

/* Splits a line at blanks; "..." keeps blanks within; # begins a comment. */
static bool split(parser *p, iac_str line)
{
    size_t i = 0;

    p->word_count = 0;
    for (;;) {
        while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t')) {
            i++;
        }
        if (i >= line.n || line.p[i] == '#') {
            return true;
        }
        if (p->word_count == MAX_WORDS) {
            return fail(p, "too many words at", "");
        }
        iac_buf word;
        bool quoted = false;
        iac_buf_init(&word, 4096);
        for (; i < line.n && (quoted || (line.p[i] != ' ' && line.p[i] != '\t')); i++) {
            if (line.p[i] == '"') {
                quoted = !quoted;
            } else {
                iac_buf_char(&word, line.p[i]);
            }
        }
        p->words[p->word_count++] = iac_arena_cstr(p->arena, iac_buf_view(&word));
        iac_buf_clear(&word);
    }
}

/* The text after "key=" when word begins so, else NULL. */
static const char *after(const char *word, const char *key)
{
    size_t n = strlen(key);

    return strncmp(word, key, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

static aws_words comma_list(parser *p, const char *text)
{
    IAC_VEC(const char *) found = { 0 };
    iac_str rest = iac_str_of(text);
    aws_words words = { 0 };

    while (rest.n > 0) {
        size_t comma = iac_str_find_char(rest, ',', 0);
        iac_str item = iac_str_sub(rest, 0, comma == SIZE_MAX ? rest.n : comma);
        iac_vec_push(&found, iac_arena_cstr(p->arena, item));
        rest = iac_str_sub(rest, item.n + 1, rest.n);
    }
    words.v = iac_arena_array(p->arena, const char *, found.n + 1);
    words.n = found.n;
    if (found.n) {
        memcpy(words.v, found.v, found.n * sizeof(*found.v));
    }
    iac_vec_clear(&found);
    return words;
}

static long seconds(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    return *end == 'm' ? n * 60 : *end == 'h' ? n * 3600 : n;
}

static bool parse_type(parser *p, const char *word, aws_attr *a)
{
    static const struct {
        const char *word;
        aws_type type, element;
    } types[] = {
        { "string", AWS_T_STRING, 0 },
        { "number", AWS_T_NUMBER, 0 },
        { "bool", AWS_T_BOOL, 0 },
        { "map", AWS_T_MAP, AWS_T_STRING },
        { "list(string)", AWS_T_LIST, AWS_T_STRING },
        { "list(number)", AWS_T_LIST, AWS_T_NUMBER },
        { "set(string)", AWS_T_SET, AWS_T_STRING },
        { "set(number)", AWS_T_SET, AWS_T_NUMBER },
    };

    for (size_t i = 0; i < IAC_COUNT(types); i++) {
        if (strcmp(types[i].word, word) == 0) {
            a->type = types[i].type;
            a->element = types[i].element;
            return true;
        }
    }
    return fail(p, "unknown type", word);
}

static bool parse_flags(parser *p, const char *word, aws_attr *a)
{
    static const char letters[] = "roc!zslkJ";
    static const uint32_t flags[] = {
        AWS_A_REQUIRED, AWS_A_OPTIONAL, AWS_A_COMPUTED, AWS_A_FORCE_NEW, AWS_A_ZERO, AWS_A_SENSITIVE, AWS_A_LOCAL,
        AWS_A_KEEP_ZERO, AWS_A_JSON,
    };

    for (const char *c = word; *c; c++) {
        const char *at = strchr(letters, *c);
        if (!at) {
            return fail(p, "unknown flag in", word);
        }
        a->flags |= flags[at - letters];
    }
    return true;
}

/* Splits "a:b" into two texts. */
static bool pair(parser *p, const char *text, const char **ret_a, const char **ret_b)
{
    const char *colon = strchr(text, ':');

    if (!colon) {
        return fail(p, "a colon is missing in", text);
    }
    *ret_a = iac_arena_cstr(p->arena, (iac_str){ text, (size_t)(colon - text) });
    *ret_b = colon + 1;
    return true;
}

static bool parse_option(parser *p, const char *word, aws_attr *a)
{
    const struct {
        const char *key;
        const char **text;
    } texts[] = {
        { "c", &a->create },     { "u", &a->update }, { "r", &a->read },   { "tmpl", &a->template },
        { "x", &a->codec },      { "base", &a->base }, { "check", &a->check },
    };
    const struct {
        const char *key;
        aws_words *words;
    } lists[] = { { "one-of", &a->one_of }, { "conflicts", &a->conflicts }, { "needs", &a->needs } };
    const char *value, *low, *high;

    if (word[0] == '=') {
        a->otherwise = word + 1;
        return true;
    }
    for (size_t i = 0; i < IAC_COUNT(texts); i++) {
        if ((value = after(word, texts[i].key))) {
            *texts[i].text = value;
            return true;
        }
    }
    for (size_t i = 0; i < IAC_COUNT(lists); i++) {
        if ((value = after(word, lists[i].key))) {
            *lists[i].words = comma_list(p, value);
            return true;
        }
    }
    if ((value = after(word, "m"))) {
        return pair(p, value, &a->modifier, &a->modifier_path);
    }
    if ((value = after(word, "in-place"))) {
        return pair(p, value, &a->in_place_from, &a->in_place_to);
    }
    if ((value = after(word, "range"))) {
        if (!pair(p, value, &low, &high)) {
            return false;
        }
        a->has_range = true;
        a->min = strtoll(low, NULL, 10);
        a->max = strtoll(high, NULL, 10);
        return true;
    }
    if ((value = after(word, "min"))) {
        a->min_items = strtol(value, NULL, 10);
        return true;
    }
    if ((value = after(word, "max"))) {
        a->max_items = strtol(value, NULL, 10);
        return true;
    }
    return fail(p, "unknown option", word);
}

/* attr NAME TYPE FLAGS OPTION... and block NAME list|set FLAGS OPTION... */
static bool parse_attr(parser *p, bool block)
{
    aws_attr a = { 0 };

    if (p->word_count < 4) {
        return fail(p, "too few words after", p->words[0]);
    }
    a.name = p->words[1];
    if (block) {
        a.type = strcmp(p->words[2], "set") == 0 ? AWS_T_BLOCK_SET : AWS_T_BLOCKS;
    } else if (!parse_type(p, p->words[2], &a)) {
        return false;
    }
    if (!parse_flags(p, p->words[3], &a)) {
        return false;
    }
    for (size_t i = 4; i < p->word_count; i++) {
        if (!parse_option(p, p->words[i], &a)) {
            return false;
        }
    }
    if (!block) {
        iac_vec_push(&p->open[p->depth], a);
        return true;
    }
    if (p->depth + 1 == MAX_DEPTH) {
        return fail(p, "blocks nest too deep at", a.name);
    }
    p->depth++;
    p->blocks[p->depth] = a;
    p->open[p->depth] = (attr_vec){ 0 };
    return true;
}

static aws_attrs take_attrs(parser *p, attr_vec *from)
{
    aws_attrs attrs = { iac_arena_array(p->arena, aws_attr, from->n + 1), from->n };

    if (from->n) {
        memcpy(attrs.v, from->v, from->n * sizeof(*from->v));
    }
    iac_vec_clear(from);
    return attrs;
}

static bool parse_end(parser *p)
{
    if (p->depth == 0) {
        return fail(p, "nothing is open at", "end");
    }
    aws_attr a = p->blocks[p->depth];
    a.nested = take_attrs(p, &p->open[p->depth]);
    p->depth--;
    iac_vec_push(&p->open[p->depth], a);
    return true;
}

static bool parse_timeouts(parser *p)
{
    aws_attr a = { .name = "timeouts", .type = AWS_T_BLOCK_SINGLE, .flags = AWS_A_OPTIONAL | AWS_A_LOCAL };
    attr_vec nested = { 0 };

    for (size_t i = 1; i < p->word_count; i++) {
        const char *equals = strchr(p->words[i], '=');
        if (!equals) {
            return fail(p, "no duration in", p->words[i]);
        }
        iac_vec_push(&nested, (aws_attr){
            .name = iac_arena_cstr(p->arena, (iac_str){ p->words[i], (size_t)(equals - p->words[i]) }),
            .type = AWS_T_STRING, .flags = AWS_A_OPTIONAL | AWS_A_LOCAL, .check = "duration" });
    }
    a.nested = take_attrs(p, &nested);
    iac_vec_push(&p->open[0], a);
    return true;
}

static bool find_op(parser *p, const char *name, const aws_op **ret)
{
    *ret = aws_op_find(p->desc->service, name);
    return *ret || fail(p, "no such operation:", name);
}

static bool parse_tags(parser *p)
{
    aws_tags_desc *t = &p->desc->tags;
    const char *value, *op;

    t->style = p->word_count > 1 && strcmp(p->words[1], "ec2") == 0 ? AWS_TAGS_EC2 : AWS_TAGS_LIST;
    for (size_t i = 2; i < p->word_count; i++) {
        const char *word = p->words[i];
        if ((value = after(word, "type"))) {
            t->type = value;
        } else if ((value = after(word, "read"))) {
            t->read = value;
        } else if ((value = after(word, "member"))) {
            t->member = value;
        } else if ((value = after(word, "key"))) {
            t->key = value;
        } else if ((value = after(word, "value"))) {
            t->value = value;
        } else if ((value = after(word, "arn"))) {
            t->arn = value;
        } else if ((value = after(word, "set"))) {
            if (!find_op(p, value, &t->set)) {
                return false;
            }
        } else if ((value = after(word, "del"))) {
            if (!pair(p, value, &op, &t->del_keys) || !find_op(p, op, &t->del)) {
                return false;
            }
        } else {
            return fail(p, "unknown option", word);
        }
    }
    if (t->style == AWS_TAGS_EC2 && (!find_op(p, "CreateTags", &t->set) || !find_op(p, "DeleteTags", &t->del))) {
        return false;
    }
    aws_attr tags = { .name = "tags", .type = AWS_T_MAP, .element = AWS_T_STRING, .flags = AWS_A_OPTIONAL };
    aws_attr all = { .name = "tags_all", .type = AWS_T_MAP, .element = AWS_T_STRING,
                     .flags = AWS_A_OPTIONAL | AWS_A_COMPUTED };
    iac_vec_push(&p->open[0], tags);
    iac_vec_push(&p->open[0], all);
    return true;
}

static bool verb_of(parser *p, bool wait, const char *word, aws_verb *ret)
{
    static const struct {
        const char *word;
        aws_verb plain, wait;
    } verbs[] = {
        { "create", AWS_V_CREATE, AWS_V_WAIT_CREATE }, { "read", AWS_V_READ, AWS_V_READ },
        { "update", AWS_V_UPDATE, AWS_V_WAIT_UPDATE }, { "delete", AWS_V_DELETE, AWS_V_WAIT_DELETE },
        { "modify", AWS_V_MODIFY, AWS_V_MODIFY }, { "find", AWS_V_FIND, AWS_V_FIND },
    };

    for (size_t i = 0; i < IAC_COUNT(verbs); i++) {
        if (strcmp(word, verbs[i].word) == 0) {
            *ret = wait ? verbs[i].wait : verbs[i].plain;
            return true;
        }
    }
    return fail(p, "unknown verb", word);
}

static bool step_option(parser *p, const char *word, aws_step *s)
{
    const char *value;

    if ((value = after(word, "when"))) {
        s->when = value;
    } else if ((value = after(word, "path"))) {
        s->path = value;
    } else if ((value = after(word, "unique"))) {
        s->unique = strcmp(value, "yes") == 0;
    } else if ((value = after(word, "by"))) {
        s->by_token = p->desc->bears_token = strcmp(value, "token") == 0;
    } else if ((value = after(word, "known"))) {
        s->known = value;
    } else if ((value = after(word, "target"))) {
        s->target = comma_list(p, value);
    } else if ((value = after(word, "pending"))) {
        s->pending = comma_list(p, value);
    } else if ((value = after(word, "timeout"))) {
        s->timeout_seconds = seconds(value);
    } else if ((value = after(word, "not-found"))) {
        s->not_found_is_target = strcmp(value, "target") == 0;
        s->not_found_is_pending = !s->not_found_is_target;
    } else {
        return false;
    }
    return true;
}

/* create|update|delete OP Path=expression... [-> result], read [@name] OP ..., modify NAME OP ..., wait VERB OP ...,
 * find OP ... -> list path=id [known=attr] [unique=yes] [by=token] */
static bool parse_step(parser *p)
{
    IAC_VEC(aws_arg) args = { 0 };
    bool wait = strcmp(p->words[0], "wait") == 0;
    size_t i = wait ? 2 : 1;
    aws_step s = { 0 };

    if (p->word_count <= i || !verb_of(p, wait, p->words[i - 1], &s.verb)) {
        return fail(p, "too few words after", p->words[0]);
    }
    if (s.verb == AWS_V_MODIFY) {
        s.name = p->words[i++];
    } else if (p->words[i][0] == '@') {
        s.name = p->words[i++] + 1;
    }
    if (i >= p->word_count || !find_op(p, p->words[i++], &s.op)) {
        return fail(p, "an operation is missing after", p->words[0]);
    }
    for (; i < p->word_count; i++) {
        const char *equals = strchr(p->words[i], '=');
        if (strcmp(p->words[i], "->") == 0 && i + 1 < p->word_count) {
            s.result = p->words[++i];
        } else if (!step_option(p, p->words[i], &s)) {
            if (!equals) {
                iac_vec_clear(&args);
                return fail(p, "unknown option", p->words[i]);
            }
            iac_vec_push(&args, (aws_arg){
                iac_arena_cstr(p->arena, (iac_str){ p->words[i], (size_t)(equals - p->words[i]) }), equals + 1 });
        }
    }
    s.args.v = iac_arena_array(p->arena, aws_arg, args.n + 1);
    s.args.n = args.n;
    if (args.n) {
        memcpy(s.args.v, args.v, args.n * sizeof(*args.v));
    }
    iac_vec_clear(&args);
    iac_vec_push(&p->steps, s);
    return true;
}

static bool parse_retry(parser *p)
{
    aws_retry r = { 0 };

    if (p->word_count < 4 || !verb_of(p, false, p->words[1], &r.verb)) {
        return fail(p, "too few words after", "retry");
    }
    r.seconds = seconds(p->words[2]);
    r.code = p->words[3];
    r.message = p->word_count > 4 ? p->words[4] : NULL;
    iac_vec_push(&p->retries, r);
    return true;
}

static bool parse_head(parser *p)
{
    aws_desc *d = p->desc;
    const char *value;

    bool is_provider = strcmp(p->words[0], "provider") == 0;

    d->is_data = strcmp(p->words[0], "data") == 0;
    if (p->word_count < 2) {
        return fail(p, "a name is missing after", p->words[0]);
    }
    d->name = p->words[1];
    for (size_t i = 2; i < p->word_count; i++) {
        if ((value = after(p->words[i], "service"))) {
            d->service = aws_service_find(value);
        } else if ((value = after(p->words[i], "version"))) {
            d->version = strtol(value, NULL, 10);
        } else if ((value = after(p->words[i], "label"))) {
            d->label = value;
        } else {
            return fail(p, "unknown option", p->words[i]);
        }
    }
    if (!d->service || !d->label) {
        return fail(p, "no known service or no label for", d->name);
    }
    aws_attr id = { .name = "id", .type = AWS_T_STRING,
                    .flags = AWS_A_OPTIONAL | AWS_A_COMPUTED | (d->is_data ? 0u : AWS_A_FORCE_NEW) };
    if (!is_provider) {
        iac_vec_push(&p->open[0], id);
    }
    return true;
}

static bool parse_hooks(parser *p)
{
    p->desc->hooks = p->word_count > 1 ? aws_hooks_find(p->words[1]) : NULL;
    return p->desc->hooks || fail(p, "no such hooks:", p->word_count > 1 ? p->words[1] : "");
}

static bool parse_rest(parser *p)
{
    aws_desc *d = p->desc;
    const char *first = p->words[0], *second = p->word_count > 1 ? p->words[1] : "";
    const char *third = p->word_count > 2 ? p->words[2] : "";

    if (strcmp(first, "recompute") == 0) {
        iac_vec_push(&p->recomputes, (aws_recompute){ second, comma_list(p, third) });
    } else if (strcmp(first, "not-found") == 0) {
        d->not_found = comma_list(p, second);
    } else if (strcmp(first, "gone") == 0) {
        const char *equals = strchr(second, '=');
        if (!equals) {
            return fail(p, "no value in", second);
        }
        d->gone_path = iac_arena_cstr(p->arena, (iac_str){ second, (size_t)(equals - second) });
        d->gone_value = equals + 1;
    } else if (strcmp(first, "create-name") == 0) {
        d->create_id = second;
    } else if (strcmp(first, "import") == 0) {
        d->import_id = second;
    } else if (strcmp(first, "settle") == 0) {
        d->settle_seconds = seconds(second);
    } else if (strcmp(first, "batch") == 0 && p->word_count == 5) {
        d->batch_member = second;
        d->batch_list = third;
        d->batch_key = p->words[3];
        d->batch_size = strtoul(p->words[4], NULL, 10);
    } else {
        return fail(p, "unknown line", first);
    }
    return true;
}

static bool parse_line(parser *p)
{
    static const struct {
        const char *word;
        bool (*parse)(parser *p);
    } lines[] = {
        { "resource", parse_head }, { "data", parse_head },   { "provider", parse_head }, { "end", parse_end },
        { "timeouts", parse_timeouts }, { "tags", parse_tags }, { "create", parse_step },
        { "read", parse_step },     { "update", parse_step }, { "delete", parse_step },
        { "modify", parse_step },   { "find", parse_step },   { "wait", parse_step },   { "retry", parse_retry },
        { "hooks", parse_hooks },
    };
    const char *first = p->words[0];

    if (!p->desc->name && strcmp(first, "resource") != 0 && strcmp(first, "data") != 0 &&
        strcmp(first, "provider") != 0) {
        return fail(p, "the first line must be resource, data or provider, not", first);
    }
    if (strcmp(first, "attr") == 0 || strcmp(first, "block") == 0) {
        return parse_attr(p, first[0] == 'b');
    }
    for (size_t i = 0; i < IAC_COUNT(lines); i++) {
        if (strcmp(first, lines[i].word) == 0) {
            return lines[i].parse(p);
        }
    }
    return parse_rest(p);
}

static const char *take_text(iac_arena *arena, iac_buf *text)
{
    const char *copy = iac_arena_cstr(arena, iac_buf_view(text));

    iac_buf_reset(text);
    return copy;
}

static void name_types(iac_arena *arena, const aws_attrs *attrs, iac_buf *text)
{
    for (size_t i = 0; i < attrs->n; i++) {
        aws_attr_type_json(text, &attrs->v[i]);
        attrs->v[i].type_json = take_text(arena, text);
        name_types(arena, &attrs->v[i].nested, text);
    }
}

/* What follows from the attributes: types and the schema. */
static void finish(iac_arena *arena, aws_desc *desc)
{
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    name_types(arena, &desc->attrs, &text);
    aws_type_json(&text, &desc->attrs);
    desc->type_json = take_text(arena, &text);
    desc->schema = aws_schema_json(arena, &desc->attrs, desc->version, !desc->is_data);
    iac_buf_clear(&text);
}

/* Copies a vector into the arena: ret->v and ret->n. */
#define TAKE(p, T, from, ret)                                             \
    do {                                                                  \
        (ret)->v = iac_arena_array((p)->arena, T, (from)->n + 1);         \
        (ret)->n = (from)->n;                                             \
        if ((from)->n) {                                                  \
            memcpy((ret)->v, (from)->v, (from)->n * sizeof(*(from)->v));  \
        }                                                                 \
        iac_vec_clear(from);                                              \
    } while (0)

aws_desc *aws_desc_parse(iac_arena *arena, iac_str text, const char **ret_error)
{
    parser p = { .arena = arena, .desc = iac_arena_new_of(arena, aws_desc) };
    bool fine = true;

    while (fine && text.n > 0) {
        size_t end = iac_str_find_char(text, '\n', 0);
        iac_str line = iac_str_sub(text, 0, end == SIZE_MAX ? text.n : end);
        text = iac_str_sub(text, line.n + 1, text.n);
        p.line++;
        fine = split(&p, line) && (p.word_count == 0 || parse_line(&p));
    }
    if (fine && (p.depth > 0 || !p.desc->name)) {
        fine = fail(&p, "the text ends within", p.depth > 0 ? p.blocks[p.depth].name : "nothing");
    }
    p.desc->attrs = take_attrs(&p, &p.open[0]);
    for (size_t i = 1; i <= p.depth; i++) {
        iac_vec_clear(&p.open[i]);
    }
    TAKE(&p, aws_step, &p.steps, &p.desc->steps);
    TAKE(&p, aws_retry, &p.retries, &p.desc->retries);
    TAKE(&p, aws_recompute, &p.recomputes, &p.desc->recomputes);
    if (!fine) {
        *ret_error = p.error;
        return NULL;
    }
    finish(arena, p.desc);
    return p.desc;
}

const aws_attr *aws_attr_find(const aws_attrs *attrs, const char *name)
{
    for (size_t i = 0; i < attrs->n; i++) {
        if (strcmp(attrs->v[i].name, name) == 0) {
            return &attrs->v[i];
        }
    }
    return NULL;
}

/* One entry of the cache for each embedded text. */
typedef struct entry {
    const char *type; /* "aws_vpc" */
    bool is_data;
    const aws_desc *desc; /* NULL until asked for */
} entry;

static struct {
    pthread_mutex_t lock;
    iac_arena *arena; /* lives as long as the process */
    entry *entries;
    const char **names[2];
} cache = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* With the lock held. Data sources' texts are called data_NAME. */
static void cache_open(void)
{
    size_t n = aws_embedded_descriptor_count, counts[2] = { 0, 0 };

    if (cache.arena) {
        return;
    }
    cache.arena = iac_arena_new();
    cache.entries = iac_arena_array(cache.arena, entry, n + 1);
    cache.names[0] = iac_arena_array(cache.arena, const char *, n + 1);
    cache.names[1] = iac_arena_array(cache.arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        const char *name = aws_embedded_descriptors[i].name;
        bool is_data = strncmp(name, "data_", 5) == 0;
        cache.entries[i] = (entry){ .type = is_data ? name + 5 : name, .is_data = is_data };
        if (strcmp(name, "provider") != 0) {
            cache.names[is_data][counts[is_data]++] = cache.entries[i].type;
        }
    }
}

const char *const *aws_desc_names(bool is_data)
{
    pthread_mutex_lock(&cache.lock);
    cache_open();
    pthread_mutex_unlock(&cache.lock);
    return cache.names[is_data];
}

const aws_desc *aws_desc_find(const char *name, bool is_data)
{
    const aws_desc *found = NULL;

    pthread_mutex_lock(&cache.lock);
    cache_open();
    for (size_t i = 0; i < aws_embedded_descriptor_count; i++) {
        entry *e = &cache.entries[i];
        if (e->is_data == is_data && strcmp(e->type, name) == 0) {
            const aws_embedded *text = &aws_embedded_descriptors[i];
            const char *error = NULL;
            if (!e->desc) {
                e->desc = aws_desc_parse(cache.arena, (iac_str){ (const char *)text->bytes, text->n }, &error);
            }
            found = e->desc;
            break;
        }
    }
    pthread_mutex_unlock(&cache.lock);
    return found;
}
