/* engine/cli/encryption.c - the encryption block of the terraform block, and TF_ENCRYPTION: what seals state and plans. */
#include "engine/cli/cli.h"

#include "lang/eval/eval.h"
#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"
#include "state/keys/keys.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FALLBACKS = 8, MAX_REMOTE = 256 };

typedef struct method { /* NULL provider: not encrypted */
    iac_key_provider *provider;
} method;

typedef struct compiler {
    iac_cli *cli;
    iac_encryption *encryption;
    IAC_VEC(const iac_block *) blocks; /* of the environment first: those win */
    iac_map providers, methods;        /* by "key_provider.TYPE.NAME", "method.TYPE.NAME" */
    iac_map building;                  /* providers whose chain is followed */
} compiler;

static const char *const type_and_name[] = { "type", "name" };
static const iac_block_spec block_specs[] = {
    { IAC_STR_INIT("key_provider"), type_and_name, 2 }, { IAC_STR_INIT("method"), type_and_name, 2 },
    { IAC_STR_INIT("state"), NULL, 0 }, { IAC_STR_INIT("plan"), NULL, 0 },
    { IAC_STR_INIT("remote_state_data_sources"), NULL, 0 },
};
static const iac_body_spec encryption_spec = { NULL, 0, block_specs, IAC_COUNT(block_specs) };

static iac_status refuse(compiler *c, iac_range range, const char *detail)
{
    iac_diag_error(&c->cli->diags, range, "Invalid encryption configuration", "%s", detail);
    return IAC_ERR;
}

/* "method.aes_gcm.x" of the reference that the expression is; empty after a diagnostic. */
static iac_str reference(compiler *c, const iac_attribute *attr)
{
    iac_str names[3];
    size_t n = 3;
    size_t errors = c->cli->diags.errors;
    const iac_expr *e = attr->expr;

    if (e->kind != IAC_EXPR_TEMPLATE_WRAP) /* in JSON the reference may be written with ${} or without */
        e = iac_expr_static(c->cli->arena, e, &c->cli->diags);
    while (e && e->kind == IAC_EXPR_TEMPLATE_WRAP)
        e = e->wrapped;
    for (; e && n > 1 && e->kind == IAC_EXPR_ATTR; e = e->attr.operand)
        names[--n] = e->attr.name;
    if (c->cli->diags.errors == errors && e && n == 1 && e->kind == IAC_EXPR_ROOT)
        return iac_arena_printf(c->cli->arena, "%.*s.%.*s.%.*s", IAC_FMT(e->root), IAC_FMT(names[1]),
                                IAC_FMT(names[2]));
    if (c->cli->diags.errors == errors)
        refuse(c, attr->expr->range, "A reference of the form key_provider.TYPE.NAME or method.TYPE.NAME is needed.");
    return (iac_str){ 0 };
}

static iac_str address_of(compiler *c, const iac_block *block)
{
    return iac_arena_printf(c->cli->arena, "%.*s.%.*s.%.*s", IAC_FMT(block->type), IAC_FMT(block->labels[0].text),
                            IAC_FMT(block->labels[1].text));
}

/* The first block of that address: the environment's, where it has one. */
static const iac_block *find_block(compiler *c, iac_str address)
{
    for (size_t i = 0; i < c->blocks.n; i++)
        if (c->blocks.v[i]->label_count == 2 && iac_str_eq(address_of(c, c->blocks.v[i]), address))
            return c->blocks.v[i];
    return NULL;
}

static iac_status no_such_provider(compiler *c, const iac_block *block)
{
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&text, "iac has no key provider of this type. It has");
    for (const iac_key_source *const *kind = iac_key_sources; *kind; kind++)
        iac_buf_printf(&text, "%s \"%s\"", kind == iac_key_sources ? "" : kind[1] ? "," : " and", (*kind)->name);
    iac_buf_char(&text, '.');
    refuse(c, block->header_range, text.p);
    iac_buf_clear(&text);
    return IAC_ERR;
}

static iac_status provider_of(compiler *c, const iac_attribute *attr, iac_key_provider **ret);

/* What a key provider says against its block. */
static void refuse_by(compiler *c, const iac_block *block, const iac_diags *failure)
{
    const iac_diag *first = failure->list.n ? &failure->list.v[0] : NULL;

    refuse(c, block->header_range, !first ? "" : first->detail.n ? first->detail.p : first->summary.p);
}

static iac_status build_provider(compiler *c, const iac_block *block, iac_str address, iac_key_provider **ret)
{
    static const iac_attribute_spec chain_attribute = { IAC_STR_INIT("chain"), false };
    static const iac_body_spec chain_spec = { &chain_attribute, 1, NULL, 0 };
    const iac_key_source *source = iac_key_source_find(block->labels[0].text);
    iac_content content = { 0 };
    iac_key_provider *chain = NULL;
    const iac_value *config = NULL;
    iac_diags failure = IAC_DIAGS_INIT;
    void *self = NULL;

    if (!source)
        return no_such_provider(c, block);
    const iac_body *body = block->body;
    if (source->chains) {
        if (iac_body_content(c->cli->arena, body, &chain_spec, true, &content, &c->cli->diags) != IAC_OK)
            return IAC_ERR;
        body = content.remain;
        if (content.attributes[0] && provider_of(c, content.attributes[0], &chain) != IAC_OK)
            return IAC_ERR;
    }
    if (iac_cli_early_body(c->cli, body, iac_cli_argument_schema(c->cli->arena, source->arguments, false),
                           block->header_range, "encryption", &config) != IAC_OK)
        return IAC_ERR;
    iac_status status = source->configure(config, chain != NULL, &self, &failure);
    if (status != IAC_OK)
        refuse_by(c, block, &failure);
    else
        *ret = iac_encryption_add_provider(c->encryption, address, source->driver, self, chain);
    iac_diags_clear(&failure);
    return status;
}

static iac_status provider_of(compiler *c, const iac_attribute *attr, iac_key_provider **ret)
{
    iac_str address = reference(c, attr);

    if (!address.n)
        return IAC_ERR;
    if ((*ret = iac_map_get(&c->providers, address)))
        return IAC_OK;
    const iac_block *block = iac_str_starts(address, IAC_STR("key_provider.")) ? find_block(c, address) : NULL;
    if (!block)
        return refuse(c, attr->expr->range, "There is no key provider of that name.");
    if (iac_map_get(&c->building, address))
        return refuse(c, attr->expr->range, "The key providers are chained in a circle.");
    iac_map_put(&c->building, address, (void *)block);
    if (build_provider(c, block, address, ret) != IAC_OK)
        return IAC_ERR;
    iac_map_put(&c->providers, address, *ret);
    return IAC_OK;
}

static iac_status build_method(compiler *c, const iac_block *block, method *ret)
{
    static const iac_attribute_spec keys_attribute = { IAC_STR_INIT("keys"), true };
    static const iac_body_spec aes_spec = { &keys_attribute, 1, NULL, 0 }, plain_spec = { 0 };
    bool plain = iac_str_is(block->labels[0].text, "unencrypted");
    iac_content content = { 0 };

    if (!plain && !iac_str_is(block->labels[0].text, "aes_gcm"))
        return refuse(c, block->header_range, "There is no encryption method of this type. Supported are \"aes_gcm\" and "
                                              "\"unencrypted\".");
    if (iac_body_content(c->cli->arena, block->body, plain ? &plain_spec : &aes_spec, false, &content,
                         &c->cli->diags) != IAC_OK)
        return IAC_ERR;
    return plain ? IAC_OK : provider_of(c, content.attributes[0], &ret->provider);
}

static iac_status method_of(compiler *c, const iac_attribute *attr, const method **ret)
{
    iac_str address = reference(c, attr);

    if (!address.n)
        return IAC_ERR;
    if ((*ret = iac_map_get(&c->methods, address)))
        return IAC_OK;
    const iac_block *block = iac_str_starts(address, IAC_STR("method.")) ? find_block(c, address) : NULL;
    if (!block)
        return refuse(c, attr->expr->range, "There is no encryption method of that name.");
    method *built = iac_arena_new_of(c->cli->arena, method);
    *built = (method){ 0 };
    if (build_method(c, block, built) != IAC_OK)
        return IAC_ERR;
    iac_map_put(&c->methods, address, built);
    *ret = built;
    return IAC_OK;
}

/* Adds the method of a target, and those of the fallbacks within it. */
static iac_status add_target(compiler *c, const iac_body *body, iac_crypt *crypt, int depth, bool *enforced)
{
    static const iac_attribute_spec attributes[] = { { IAC_STR_INIT("method"), true },
                                                     { IAC_STR_INIT("enforced"), false } };
    static const iac_block_spec fallback = { IAC_STR_INIT("fallback"), NULL, 0 };
    const iac_body_spec spec = { attributes, depth ? 1 : 2, &fallback, 1 };
    iac_content content = { 0 };
    const method *m = NULL;

    if (iac_body_content(c->cli->arena, body, &spec, false, &content, &c->cli->diags) != IAC_OK ||
        method_of(c, content.attributes[0], &m) != IAC_OK)
        return IAC_ERR;
    if (!depth && content.attributes[1]) {
        const iac_value *v = iac_eval(NULL, content.attributes[1]->expr, c->cli->arena, &c->cli->diags);
        *enforced = v->kind == IAC_BOOL && iac_is_set_value(v) && v->boolean;
    }
    if (*enforced && !m->provider)
        return refuse(c, content.attributes[0]->expr->range, "The method \"unencrypted\" cannot be used here: encryption "
                                                             "is enforced.");
    iac_crypt_add_method(crypt, m->provider);
    if (content.block_count && (content.block_count > 1 || depth >= MAX_FALLBACKS))
        return refuse(c, content.blocks[0]->header_range, "There can be one \"fallback\" block.");
    bool ignored = *enforced;
    return content.block_count ? add_target(c, content.blocks[0]->body, crypt, depth + 1, &ignored) : IAC_OK;
}

static iac_status compile_target(compiler *c, const char *what, iac_crypt **ret)
{
    bool enforced = false;

    *ret = NULL;
    for (size_t i = 0; i < c->blocks.n; i++) {
        if (!iac_str_is(c->blocks.v[i]->type, what))
            continue;
        *ret = iac_encryption_add(c->encryption, what);
        return add_target(c, c->blocks.v[i]->body, *ret, 0, &enforced);
    }
    return IAC_OK;
}

/* The blocks in one remote_state_data_sources block. Of a name, the first one found counts. */
static iac_status add_remote(compiler *c, const iac_body *body, iac_named_crypt *named, iac_remote_crypts *ret)
{
    static const char *const name[] = { "name" };
    static const iac_block_spec blocks[] = { { IAC_STR_INIT("default"), NULL, 0 },
                                             { IAC_STR_INIT("remote_state_data_source"), name, 1 } };
    static const iac_body_spec spec = { NULL, 0, blocks, IAC_COUNT(blocks) };
    iac_content content = { 0 };

    if (iac_body_content(c->cli->arena, body, &spec, false, &content, &c->cli->diags) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < content.block_count; i++) {
        const iac_block *block = content.blocks[i];
        bool enforced = false, known = !block->label_count && ret->otherwise;
        for (size_t k = 0; k < ret->count && block->label_count; k++)
            known |= iac_str_eq(named[k].name, block->labels[0].text);
        if (known)
            continue;
        if (ret->count == MAX_REMOTE)
            return refuse(c, block->header_range, "There are too many \"remote_state_data_source\" blocks.");
        iac_crypt *crypt = iac_encryption_add(c->encryption, "state");
        if (add_target(c, block->body, crypt, 1, &enforced) != IAC_OK)
            return IAC_ERR;
        if (block->label_count)
            named[ret->count++] = (iac_named_crypt){ block->labels[0].text, crypt };
        else
            ret->otherwise = crypt;
    }
    return IAC_OK;
}

static iac_status compile_remote(compiler *c, iac_remote_crypts *ret)
{
    iac_named_crypt *named = iac_arena_array(c->cli->arena, iac_named_crypt, MAX_REMOTE);

    *ret = (iac_remote_crypts){ .named = named };
    for (size_t i = 0; i < c->blocks.n; i++)
        if (iac_str_is(c->blocks.v[i]->type, "remote_state_data_sources") &&
            add_remote(c, c->blocks.v[i]->body, named, ret) != IAC_OK)
            return IAC_ERR;
    return IAC_OK;
}

static iac_status add_blocks(compiler *c, const iac_body *body)
{
    iac_content content = { 0 };

    if (iac_body_content(c->cli->arena, body, &encryption_spec, false, &content, &c->cli->diags) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < content.block_count; i++) {
        iac_vec_push(&c->blocks, content.blocks[i]);
    }
    return IAC_OK;
}

static iac_status add_environment(compiler *c)
{
    const char *text = getenv("TF_ENCRYPTION");
    size_t errors = c->cli->diags.errors;

    if (!text || !*text)
        return IAC_OK;
    bool json = iac_str_starts(iac_str_trim(iac_str_of(text)), IAC_STR("{"));
    const iac_source *source = iac_source_new(c->cli->arena, IAC_STR("TF_ENCRYPTION"), iac_str_of(text));
    const iac_file *file = json ? iac_parse_json_file(c->cli->arena, source, &c->cli->diags)
                                : iac_parse_file(c->cli->arena, source, &c->cli->diags);
    return c->cli->diags.errors > errors ? IAC_ERR : add_blocks(c, file->body);
}

iac_status iac_cli_encryption(iac_cli *cli, const iac_config *config)
{
    compiler c = { .cli = cli };
    const iac_config *before = cli->config;

    if (cli->encryption)
        return IAC_OK;
    c.encryption = cli->encryption = iac_encryption_new();
    cli->config = config;
    iac_status status = add_environment(&c);
    if (status == IAC_OK && config && config->root->encryption)
        status = add_blocks(&c, config->root->encryption);
    if (status == IAC_OK)
        status = compile_target(&c, "state", &cli->state_crypt);
    if (status == IAC_OK)
        status = compile_target(&c, "plan", &cli->plan_crypt);
    if (status == IAC_OK)
        status = compile_remote(&c, &cli->remote_crypts);
    cli->config = before;
    iac_vec_clear(&c.blocks);
    iac_map_clear(&c.providers);
    iac_map_clear(&c.methods);
    iac_map_clear(&c.building);
    if (status != IAC_OK) {
        iac_encryption_free(cli->encryption);
        cli->encryption = NULL;
        cli->state_crypt = cli->plan_crypt = NULL;
        cli->remote_crypts = (iac_remote_crypts){ 0 };
    }
    return status;
}

void iac_cli_encryption_free(iac_cli *cli)
{
    iac_encryption_free(cli->encryption);
    cli->encryption = NULL;
}
