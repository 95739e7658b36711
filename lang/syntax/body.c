#include "lang/syntax/body.h"

#include "lang/syntax/json_syntax.h"

#include <stdlib.h>

/* ---- names of a spec ---- */

void iac_spec_index_init(iac_spec_index *index, const iac_body_spec *spec)
{
    *index = (iac_spec_index){ .spec = spec };
    for (size_t i = 0; i < spec->block_count; i++)
        iac_map_put(&index->names, spec->blocks[i].type, (void *)-(intptr_t)(i + 1));
    for (size_t i = 0; i < spec->attribute_count; i++)
        iac_map_put(&index->names, spec->attributes[i].name, (void *)(intptr_t)(i + 1));
}

void iac_spec_index_clear(iac_spec_index *index)
{
    iac_map_clear(&index->names);
}

const iac_attribute_spec *iac_spec_attribute(const iac_spec_index *index, iac_str name, size_t *ret_position)
{
    intptr_t at = (intptr_t)iac_map_get(&index->names, name);
    if (at <= 0)
        return NULL;
    *ret_position = (size_t)at - 1;
    return &index->spec->attributes[at - 1];
}

const iac_block_spec *iac_spec_block(const iac_spec_index *index, iac_str name)
{
    intptr_t at = (intptr_t)iac_map_get(&index->names, name);
    return at < 0 ? &index->spec->blocks[-at - 1] : NULL;
}

iac_str iac_spec_similar(const iac_body_spec *spec, const iac_attribute *const *given, iac_str name, bool attributes,
                         bool blocks)
{
    size_t n = 0;
    iac_str *names = iac_xcalloc(spec->attribute_count + spec->block_count + 1, sizeof(*names));
    for (size_t i = 0; attributes && i < spec->attribute_count; i++)
        if (!given || !given[i])
            names[n++] = spec->attributes[i].name;
    for (size_t i = 0; blocks && i < spec->block_count; i++)
        names[n++] = spec->blocks[i].type;
    iac_str similar = iac_str_similar(name, names, n);
    free(names);
    return similar;
}

iac_body_spec iac_spec_of_override(iac_arena *arena, const iac_body_spec *spec)
{
    iac_attribute_spec *optional = iac_arena_array(arena, iac_attribute_spec, spec->attribute_count);
    for (size_t i = 0; i < spec->attribute_count; i++)
        optional[i].name = spec->attributes[i].name;
    return (iac_body_spec){ optional, spec->attribute_count, spec->blocks, spec->block_count };
}

void iac_spec_check_required(const iac_body *body, const iac_body_spec *spec, const iac_content *ret,
                             iac_diags *diags)
{
    const iac_body *under = body->under;
    while (under && under->under)
        under = under->under;
    for (size_t i = 0; i < spec->attribute_count; i++)
        if (spec->attributes[i].required &&
            (under ? !iac_body_attribute(under, spec->attributes[i].name) : !ret->attributes[i]))
            iac_diag_error(diags, body->missing_at, "Missing required argument",
                           "The argument \"%.*s\" is required, but no definition was found.",
                           IAC_FMT(spec->attributes[i].name));
}

/* ---- the native syntax ---- */

static void unsupported_argument(const iac_spec_index *index, const iac_content *content,
                                 const iac_attribute *attribute, iac_diags *diags)
{
    const char *before = "", *after = "";
    iac_str hint = { "", 0 };
    if (iac_spec_block(index, attribute->name)) {
        before = " Did you mean to define a block of type \"";
        hint = attribute->name;
        after = "\"?";
    } else if ((hint = iac_spec_similar(index->spec, content->attributes, attribute->name, true, false)).n > 0) {
        before = " Did you mean \"";
        after = "\"?";
    }
    iac_diag_error(diags, attribute->name_range, "Unsupported argument",
                   "An argument named \"%.*s\" is not expected here.%s%.*s%s", IAC_FMT(attribute->name), before,
                   IAC_FMT(hint), after);
}

static void unsupported_block(const iac_spec_index *index, const iac_block *block, iac_diags *diags)
{
    size_t position;
    const char *before = "", *after = "";
    iac_str hint = { "", 0 };
    if (iac_spec_attribute(index, block->type, &position)) {
        before = " Did you mean to define argument \"";
        hint = block->type;
        after = "\"? If so, use the equals sign to assign it a value.";
    } else if ((hint = iac_spec_similar(index->spec, NULL, block->type, false, true)).n > 0) {
        before = " Did you mean \"";
        after = "\"?";
    }
    iac_diag_error(diags, block->type_range, "Unsupported block type",
                   "Blocks of type \"%.*s\" are not expected here.%s%.*s%s", IAC_FMT(block->type), before,
                   IAC_FMT(hint), after);
}

static iac_str label_names(iac_diags *diags, const iac_block_spec *spec)
{
    iac_buf names;
    iac_buf_init(&names, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < spec->label_count; i++)
        iac_buf_printf(&names, "%s%s", i ? ", " : "", spec->labels[i]);
    if (!diags->arena)
        diags->arena = iac_arena_new();
    iac_str copy = iac_arena_str(diags->arena, iac_buf_view(&names));
    iac_buf_clear(&names);
    return copy;
}

static bool labels_fit(const iac_block *block, const iac_block_spec *spec, iac_diags *diags)
{
    if (block->label_count == spec->label_count)
        return true;
    iac_str names = label_names(diags, spec);
    if (block->label_count < spec->label_count) {
        iac_str summary = iac_arena_printf(diags->arena, "Missing %s for %.*s", spec->labels[block->label_count],
                                           IAC_FMT(block->type));
        iac_diag_error(diags, block->open_range, summary.p, "All %.*s blocks must have %zu labels (%.*s).",
                       IAC_FMT(block->type), spec->label_count, IAC_FMT(names));
        return false;
    }
    iac_str summary = iac_arena_printf(diags->arena, "Extraneous label for %.*s", IAC_FMT(block->type));
    iac_range where = block->labels[spec->label_count].range;
    if (spec->label_count == 0)
        iac_diag_error(diags, where, summary.p, "No labels are expected for %.*s blocks.", IAC_FMT(block->type));
    else
        iac_diag_error(diags, where, summary.p, "Only %zu labels (%.*s) are expected for %.*s blocks.",
                       spec->label_count, IAC_FMT(names), IAC_FMT(block->type));
    return false;
}

static iac_status native_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                                 iac_content *ret, iac_diags *diags)
{
    iac_spec_index index;
    iac_spec_index_init(&index, spec);
    size_t errors = diags->errors, rest_attributes = 0, rest_blocks = 0, position;
    iac_attribute *attributes = iac_arena_array(arena, iac_attribute, partial ? body->attribute_count : 0);
    iac_block *other_blocks = iac_arena_array(arena, iac_block, partial ? body->block_count : 0);
    const iac_block **blocks = iac_arena_alloc_array(arena, body->block_count, sizeof(*blocks));
    *ret = (iac_content){ .attributes = iac_arena_alloc_array(arena, spec->attribute_count,
                                                              sizeof(*ret->attributes)) };
    for (size_t i = 0; i < body->attribute_count; i++) {
        const iac_attribute *attribute = &body->attributes[i];
        if (iac_spec_attribute(&index, attribute->name, &position))
            ret->attributes[position] = attribute;
        else if (partial)
            attributes[rest_attributes++] = *attribute;
    }
    for (size_t i = 0; !partial && !body->under && i < body->attribute_count; i++)
        if (!iac_spec_attribute(&index, body->attributes[i].name, &position))
            unsupported_argument(&index, ret, &body->attributes[i], diags);
    iac_spec_check_required(body, spec, ret, diags);
    for (size_t i = 0; i < body->block_count; i++) {
        const iac_block *block = &body->blocks[i];
        const iac_block_spec *known = iac_spec_block(&index, block->type);
        if (known && labels_fit(block, known, diags))
            blocks[ret->block_count++] = block;
        else if (!known && partial)
            other_blocks[rest_blocks++] = *block;
        else if (!known && !body->under)
            unsupported_block(&index, block, diags);
    }
    ret->blocks = blocks;
    if (partial) {
        iac_body *remain = iac_arena_new_of(arena, iac_body);
        *remain = (iac_body){ .attributes = attributes, .attribute_count = rest_attributes,
                              .blocks = other_blocks, .block_count = rest_blocks,
                              .range = body->range, .missing_at = body->missing_at, .under = body->under };
        ret->remain = remain;
    }
    iac_spec_index_clear(&index);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

static iac_status native_attributes(const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                                    iac_diags *diags)
{
    *ret = body->attributes;
    *ret_count = body->attribute_count;
    if (body->block_count == 0)
        return IAC_OK;
    const iac_block *first = &body->blocks[0];
    if (!diags->arena)
        diags->arena = iac_arena_new();
    iac_str summary = iac_arena_printf(diags->arena, "Unexpected \"%.*s\" block", IAC_FMT(first->type));
    iac_diag_error(diags, first->type_range, summary.p, "Blocks are not allowed here.");
    return IAC_ERR;
}

iac_status iac_body_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                            iac_content *ret, iac_diags *diags)
{
    if (body->pair)
        return iac_pair_content(arena, body, spec, partial, ret, diags);
    return body->json ? iac_json_content(arena, body, spec, partial, ret, diags)
                      : native_content(arena, body, spec, partial, ret, diags);
}

iac_status iac_body_attributes(iac_arena *arena, const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                               iac_diags *diags)
{
    if (body->pair)
        return iac_pair_attributes(arena, body, ret, ret_count, diags);
    return body->json ? iac_json_attributes(arena, body, ret, ret_count, diags)
                      : native_attributes(body, ret, ret_count, diags);
}

const iac_attribute *iac_body_find(iac_arena *arena, const iac_body *body, iac_str name)
{
    iac_attribute_spec attribute = { name, false };
    iac_body_spec spec = { &attribute, 1, NULL, 0 };
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_content content = { 0 };

    if (!body->json && !body->pair)
        return iac_body_attribute(body, name);
    iac_body_content(arena, body, &spec, true, &content, &ignored);
    iac_diags_clear(&ignored);
    return content.attributes[0];
}
