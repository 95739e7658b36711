/* lang/config/tfvars.c - variable values from files and from the environment. */
#include "lang/config/config.h"

#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"
#include "lang/value/json.h"

#include <string.h>

extern char **environ;

/* Refuses blocks that declare variables, which stand elsewhere. True where there are any. */
static bool refuse_declarations(iac_arena *arena, const iac_file *file, iac_diags *diags)
{
    static const char *const labels[] = { "name" };
    static const iac_block_spec block = { IAC_STR_INIT("variable"), labels, 1 };
    static const iac_body_spec spec = { .blocks = &block, .block_count = 1 };
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_content content = { 0 };
    iac_str path = file->source->name;

    iac_body_content(arena, file->body, &spec, true, &content, &ignored);
    iac_diags_clear(&ignored);
    for (size_t i = 0; i < content.block_count; i++) {
        iac_str name = content.blocks[i]->labels[0].text;
        iac_diag_error(diags, content.blocks[i]->type_range, "Variable declaration in .tfvars file",
                       "A .tfvars file is used to assign values to variables that have already been declared in .tf "
                       "files, not to declare new variables. To declare variable \"%.*s\", place this block in one of "
                       "your .tf files, such as variables.tf.\n\nTo set a value for this variable in %.*s, use the "
                       "definition syntax instead:\n    %.*s = <value>", IAC_FMT(name), IAC_FMT(path), IAC_FMT(name));
    }
    return content.block_count > 0;
}

static void read_native(iac_arena *arena, const iac_source *source, iac_variable_values *add, iac_diags *diags)
{
    size_t errors = diags->errors, count = 0;
    const iac_file *file = iac_parse_file(arena, source, diags);
    const iac_attribute *attributes = NULL;

    if (refuse_declarations(arena, file, diags) || diags->errors > errors)
        return;
    iac_body_attributes(arena, file->body, &attributes, &count, diags);
    for (size_t i = 0; i < count; i++)
        iac_vec_push(add, (iac_variable_value){ .name = attributes[i].name, .expr = attributes[i].expr,
                                                .source = source, .range = attributes[i].expr->range,
                                                .from = IAC_FROM_FILE });
}

/* Strings are taken literally here, unlike in configuration files: so the tree only says where things are. */
static void read_json(iac_arena *arena, const iac_source *source, iac_variable_values *add, iac_diags *diags)
{
    iac_diags of_tree = IAC_DIAGS_INIT;
    const iac_file *file = iac_parse_json_file(arena, source, &of_tree);
    const iac_attribute *attributes = NULL;
    iac_str error = { 0 };
    size_t count = 0, offset = 0;

    if (of_tree.errors || refuse_declarations(arena, file, &of_tree)) {
        iac_diags_append(diags, &of_tree);
        return;
    }
    iac_body_attributes(arena, file->body, &attributes, &count, &of_tree);
    const iac_value *whole = iac_value_from_json(arena, source->text, &error, &offset);
    if (!whole || whole->kind != IAC_OBJECT || of_tree.errors) {
        iac_diags_append(diags, &of_tree);
        if (!whole && !diags->errors)
            iac_diag_error(diags, (iac_range){ source, (uint32_t)offset, (uint32_t)offset }, "Invalid JSON", "%.*s",
                           IAC_FMT(error));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const iac_value *v = iac_value_get(whole, attributes[i].name);
        if (v)
            iac_vec_push(add, (iac_variable_value){ .name = attributes[i].name, .value = v, .source = source,
                                                    .range = attributes[i].expr->range, .from = IAC_FROM_FILE });
    }
    iac_diags_clear(&of_tree);
}

iac_status iac_tfvars_read(iac_arena *arena, const char *path, iac_variable_values *add, iac_diags *diags)
{
    static const char summary[] = "Failed to read variables file";
    const iac_config_reader *reader = &iac_config_reader_files;
    iac_diags reading = IAC_DIAGS_INIT;
    size_t errors = diags->errors;
    iac_str text = { 0 };

    iac_status status = reader->read(reader->user, path, arena, &text, &reading);
    iac_str problem = status == IAC_OK ? text : iac_config_read_problem(arena, path);
    if (status == IAC_NOT_FOUND)
        iac_diag_error(diags, IAC_NO_RANGE, summary, "Given variables file %s does not exist.", path);
    else if (status != IAC_OK)
        iac_diag_error(diags, IAC_NO_RANGE, summary, "Error while reading %s: %.*s.", path, IAC_FMT(problem));
    iac_diags_clear(&reading);
    if (status != IAC_OK)
        return status;

    const iac_source *source = iac_source_new(arena, iac_str_of(path), text);
    if (iac_str_ends(iac_str_of(path), IAC_STR(".json")))
        read_json(arena, source, add, diags);
    else
        read_native(arena, source, add, diags);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

static void read_environment(iac_arena *arena, iac_variable_values *add)
{
    static const char prefix[] = "TF_VAR_";

    for (char **entry = environ; entry && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (strncmp(*entry, prefix, sizeof(prefix) - 1) != 0 || !equals)
            continue;
        iac_str name = { *entry + sizeof(prefix) - 1, (size_t)(equals - *entry) - (sizeof(prefix) - 1) };
        if (!name.n)
            continue;
        iac_vec_push(add, (iac_variable_value){
                              .name = iac_arena_str(arena, name),
                              .raw = iac_arena_str(arena, iac_str_of(equals + 1)),
                              .from = IAC_FROM_ENVIRONMENT,
                          });
    }
}

static int cmp_names(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static void read_listed(iac_arena *arena, const char *dir, iac_str name, iac_variable_values *add, iac_diags *diags)
{
    iac_str path = strcmp(dir, ".") == 0 ? iac_arena_str(arena, name)
                                         : iac_arena_printf(arena, "%s/%.*s", dir, IAC_FMT(name));
    iac_tfvars_read(arena, path.p, add, diags);
}

static iac_status read_dir(iac_arena *arena, const char *dir, bool may_be_missing, iac_variable_values *add,
                           iac_diags *diags)
{
    static const char *const fixed[] = { "terraform.tfvars", "terraform.tfvars.json" };
    const iac_config_reader *reader = &iac_config_reader_files;
    size_t errors = diags->errors, told = diags->list.n, count = 0;
    iac_str *names = NULL;

    iac_status status = reader->list(reader->user, dir, arena, &names, &count, diags);
    if (status == IAC_NOT_FOUND && may_be_missing)
        iac_diags_truncate(diags, told);
    if (status != IAC_OK)
        return diags->errors > errors ? IAC_ERR : IAC_OK;
    if (count)
        qsort(names, count, sizeof(*names), cmp_names);
    for (size_t i = 0; i < IAC_COUNT(fixed); i++)
        for (size_t j = 0; j < count; j++)
            if (iac_str_is(names[j], fixed[i]))
                read_listed(arena, dir, names[j], add, diags);
    for (size_t i = 0; i < count; i++)
        if (iac_str_ends(names[i], IAC_STR(".auto.tfvars")) || iac_str_ends(names[i], IAC_STR(".auto.tfvars.json")))
            read_listed(arena, dir, names[i], add, diags);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

iac_status iac_tfvars_auto(iac_arena *arena, const char *dir, iac_variable_values *add, iac_diags *diags)
{
    read_environment(arena, add);
    return read_dir(arena, dir, false, add, diags);
}

iac_status iac_tfvars_of_dir(iac_arena *arena, const char *dir, iac_variable_values *add, iac_diags *diags)
{
    return read_dir(arena, dir, true, add, diags);
}
