#include "lang/config/manifest.h"

#include "lang/value/json.h"

static iac_str text_of(const iac_value *object, const char *name)
{
    const iac_value *v = iac_value_get_cstr(object, name);
    return v && v->kind == IAC_STRING && iac_is_set_value(v) ? v->string : (iac_str){ 0 };
}

void iac_manifest_read(iac_arena *arena, iac_str json, iac_manifest *add)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, json, &error, &offset);
    const iac_value *modules =
        v && v->kind == IAC_OBJECT && iac_is_set_value(v) ? iac_value_get_cstr(v, "Modules") : NULL;

    if (!modules || modules->kind != IAC_TUPLE || !iac_is_set_value(modules))
        return;
    for (size_t i = 0; i < modules->n; i++) {
        const iac_value *module = modules->items[i];
        if (module->kind != IAC_OBJECT || !iac_is_set_value(module))
            continue;
        iac_manifest_entry entry = { text_of(module, "Key"), text_of(module, "Source"), text_of(module, "Version"),
                                     text_of(module, "Dir") };
        if (entry.dir.n)
            iac_vec_push(add, entry);
    }
}

static int cmp_entries(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_manifest_entry *)a)->key, ((const iac_manifest_entry *)b)->key);
}

void iac_manifest_write(iac_buf *out, iac_manifest *manifest)
{
    if (manifest->n)
        qsort(manifest->v, manifest->n, sizeof(*manifest->v), cmp_entries);
    iac_buf_cstr(out, "{\"Modules\":[");
    for (size_t i = 0; i < manifest->n; i++) {
        const iac_manifest_entry *entry = &manifest->v[i];
        iac_buf_cstr(out, i ? ",{\"Key\":" : "{\"Key\":");
        iac_json_string(out, entry->key, true);
        iac_buf_cstr(out, ",\"Source\":");
        iac_json_string(out, entry->source, true);
        if (entry->version.n) {
            iac_buf_cstr(out, ",\"Version\":");
            iac_json_string(out, entry->version, true);
        }
        iac_buf_cstr(out, ",\"Dir\":");
        iac_json_string(out, entry->dir, true);
        iac_buf_char(out, '}');
    }
    iac_buf_cstr(out, "]}");
}
