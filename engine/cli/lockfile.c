#include "engine/cli/lockfile.h"

#include "lang/base/crypto.h"
#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"
#include "lang/value/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char iac_lock_file_name[] = ".terraform.lock.hcl";

/* ---- reading ---- */

static iac_str text_of(iac_arena *arena, const iac_body *body, const char *name, iac_diags *diags)
{
    const iac_attribute *attr = iac_body_attribute(body, iac_str_of(name));

    if (!attr)
        return (iac_str){ 0 };
    const iac_value *v = iac_eval(NULL, attr->expr, arena, diags);
    if (v->kind == IAC_STRING && iac_is_set_value(v))
        return v->string;
    iac_diag_error(diags, attr->expr->range, "Invalid dependency lock file", "The \"%s\" argument must be a string.", name);
    return (iac_str){ 0 };
}

static void read_hashes(iac_arena *arena, const iac_body *body, iac_locked_provider *ret, iac_diags *diags)
{
    const iac_attribute *attr = iac_body_attribute(body, IAC_STR("hashes"));

    if (!attr)
        return;
    const iac_value *v = iac_eval(NULL, attr->expr, arena, diags);
    size_t count = v->kind == IAC_TUPLE && iac_is_set_value(v) ? v->n : 0;
    if (!count) {
        iac_diag_error(diags, attr->expr->range, "Invalid provider hash set",
                       "The \"hashes\" argument must either be omitted or contain at least one hash value.");
        return;
    }
    iac_str *hashes = iac_arena_array(arena, iac_str, count);
    for (size_t i = 0; i < count; i++) {
        const iac_value *hash = v->items[i];
        if (hash->kind == IAC_STRING && iac_is_set_value(hash) &&
            iac_str_find_char(hash->string, ':', 0) != SIZE_MAX)
            hashes[ret->hash_count++] = hash->string;
        else
            iac_diag_error(diags, attr->expr->range, "Invalid provider hash string",
                           "A hash must be a string that starts with a scheme keyword followed by a colon.");
    }
    ret->hashes = hashes;
}

static void read_provider(iac_arena *arena, const iac_block *block, iac_lock_file *file, iac_map *seen,
                          iac_diags *diags)
{
    iac_locked_provider locked = { .address = block->label_count == 1 ? block->labels[0].text : (iac_str){ 0 } };
    iac_provider_addr addr;

    if (!locked.address.n || !iac_provider_addr_parse(arena, locked.address, &addr)) {
        iac_diag_error(diags, block->header_range, "Invalid provider source address",
                       "The provider source address \"%.*s\" is not valid.", IAC_FMT(locked.address));
        return;
    }
    if (iac_map_has(seen, locked.address)) {
        iac_diag_error(diags, block->header_range, "Duplicate provider lock",
                       "This lockfile already declared a lock for provider %.*s.", IAC_FMT(locked.address));
        return;
    }
    iac_map_put(seen, locked.address, file);
    locked.version = text_of(arena, block->body, "version", diags);
    locked.constraints = text_of(arena, block->body, "constraints", diags);
    read_hashes(arena, block->body, &locked, diags);
    if (!locked.version.n)
        iac_diag_error(diags, block->header_range, "Missing required argument",
                       "The argument \"version\" is required, but no definition was found.");
    else
        iac_vec_push(&file->providers, locked);
}

iac_status iac_lock_file_read(iac_arena *arena, iac_lock_file *ret, iac_diags *diags)
{
    size_t errors = diags->errors;
    iac_str text = { 0 };
    iac_map seen = { 0 };

    *ret = (iac_lock_file){ .found = access(iac_lock_file_name, F_OK) == 0 };
    if (!ret->found)
        return IAC_OK;
    if (iac_config_reader_files.read(NULL, iac_lock_file_name, arena, &text, diags) != IAC_OK)
        return IAC_ERR;
    const iac_source *source = iac_source_new(arena, iac_str_of(iac_lock_file_name), text);
    const iac_file *file = iac_parse_file(arena, source, diags);
    for (size_t i = 0; i < file->body->block_count; i++)
        if (iac_str_is(file->body->blocks[i].type, "provider"))
            read_provider(arena, &file->body->blocks[i], ret, &seen, diags);
    iac_map_clear(&seen);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

iac_status iac_lock_file_readable(iac_cli *cli)
{
    iac_lock_file file = { 0 };
    iac_diags found = IAC_DIAGS_INIT;
    iac_buf text;

    iac_status status = iac_lock_file_read(cli->arena, &file, &found);
    iac_vec_clear(&file.providers);
    if (status != IAC_OK) {
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        iac_buf_cstr(&text, "failed to read dependency lock file: ");
        if (found.errors > 1)
            iac_buf_printf(&text, "%zu problems:\n", found.errors);
        for (size_t i = 0; i < found.list.n; i++) {
            const iac_diag *diag = &found.list.v[i];
            if (diag->severity == IAC_ERROR)
                iac_buf_printf(&text, "%s%.*s: %.*s", found.errors > 1 ? "\n- " : "", IAC_FMT(diag->summary),
                               IAC_FMT(diag->detail));
        }
        iac_diag_error(&cli->diags, IAC_NO_RANGE, text.p, "%s", "");
        iac_buf_clear(&text);
    }
    iac_diags_clear(&found);
    return status;
}

iac_locked_provider *iac_lock_file_find(const iac_lock_file *file, iac_str address)
{
    for (size_t i = 0; i < file->providers.n; i++)
        if (iac_str_eq(file->providers.v[i].address, address))
            return &file->providers.v[i];
    return NULL;
}

/* ---- writing ---- */

static int cmp_providers(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_locked_provider *)a)->address, ((const iac_locked_provider *)b)->address);
}

static int cmp_texts(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static void print_hashes(iac_buf *out, const iac_locked_provider *locked)
{
    iac_str *sorted = iac_xcalloc(locked->hash_count + 1, sizeof(*sorted));

    for (size_t i = 0; i < locked->hash_count; i++)
        sorted[i] = locked->hashes[i];
    qsort(sorted, locked->hash_count, sizeof(*sorted), cmp_texts);
    iac_buf_cstr(out, "  hashes = [\n");
    for (size_t i = 0; i < locked->hash_count; i++) {
        iac_buf_cstr(out, "    ");
        iac_json_string(out, sorted[i], false);
        iac_buf_cstr(out, ",\n");
    }
    iac_buf_cstr(out, "  ]\n");
    free(sorted);
}

void iac_lock_file_print(iac_buf *out, iac_lock_file *file)
{
    if (file->providers.n)
        qsort(file->providers.v, file->providers.n, sizeof(*file->providers.v), cmp_providers);
    iac_buf_cstr(out, "# This file is maintained automatically by \"iac init\".\n"
                      "# Manual edits may be lost in future updates.\n");
    for (size_t i = 0; i < file->providers.n; i++) {
        const iac_locked_provider *locked = &file->providers.v[i];
        iac_buf_printf(out, "\nprovider \"%.*s\" {\n  version%s = \"%.*s\"\n", IAC_FMT(locked->address),
                       locked->constraints.n ? "    " : "", IAC_FMT(locked->version));
        if (locked->constraints.n)
            iac_buf_printf(out, "  constraints = \"%.*s\"\n", IAC_FMT(locked->constraints));
        if (locked->hash_count)
            print_hashes(out, locked);
        iac_buf_cstr(out, "}\n");
    }
}

iac_status iac_lock_file_write(iac_arena *arena, iac_lock_file *file, iac_diags *diags)
{
    const char *fresh = iac_arena_printf(arena, "%s.part", iac_lock_file_name).p;
    iac_buf out;
    bool good = false;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_lock_file_print(&out, file);
    FILE *stream = fopen(fresh, "we");
    if (stream) {
        good = fwrite(out.p, 1, out.n, stream) == out.n;
        good = fclose(stream) == 0 && good && rename(fresh, iac_lock_file_name) == 0;
    }
    iac_buf_clear(&out);
    if (!good)
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to update dependency lock file",
                       "Error while writing new dependency lock information to %s: %s.", iac_lock_file_name,
                       strerror(errno));
    return good ? IAC_OK : IAC_ERR;
}

/* ---- hashes ---- */

static bool digest_file(const char *path, unsigned char *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char bytes[65536];
    ssize_t got = -1;
    bool good = fd >= 0 && context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);

    while (good && (got = read(fd, bytes, sizeof(bytes))) > 0)
        good = EVP_DigestUpdate(context, bytes, (size_t)got);
    good = good && got == 0 && EVP_DigestFinal_ex(context, ret, NULL);
    EVP_MD_CTX_free(context);
    if (fd >= 0)
        close(fd);
    return good;
}

iac_str iac_lock_file_hash(iac_arena *arena, iac_str path)
{
    unsigned char digest[32], encoded[64];
    iac_buf line;

    if (!digest_file(iac_arena_cstr(arena, path), digest))
        return (iac_str){ 0 };
    size_t slash = path.n;
    while (slash && path.p[slash - 1] != '/')
        slash--;
    iac_buf_init(&line, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < sizeof(digest); i++)
        iac_buf_printf(&line, "%02x", digest[i]);
    iac_buf_printf(&line, "  %.*s\n", IAC_FMT(iac_str_sub(path, slash, path.n)));
    bool good = EVP_Digest(line.p, line.n, digest, NULL, EVP_sha256(), NULL);
    iac_buf_clear(&line);
    if (!good)
        return (iac_str){ 0 };
    int length = EVP_EncodeBlock(encoded, digest, sizeof(digest));
    return iac_arena_printf(arena, "iac1:%.*s", length, (const char *)encoded);
}

bool iac_lock_file_admits(const iac_locked_provider *locked, iac_str hash)
{
    bool any = false;

    for (size_t i = 0; i < locked->hash_count; i++) {
        if (iac_str_eq(locked->hashes[i], hash))
            return true;
        any |= iac_str_starts(locked->hashes[i], IAC_STR("iac1:"));
    }
    return !any;
}
