/* lang/syntax/parser.h - source text to syntax tree. Layer: lang/syntax.
 * Native syntax: the HCL specification. Depth of nesting is limited; any bytes give a tree and diagnostics. */
#ifndef IAC_SYNTAX_PARSER_H
#define IAC_SYNTAX_PARSER_H
#include "lang/base/diag.h"
#include "lang/syntax/ast.h"

/* Parses a configuration file in the native syntax. The file and its nodes live in the arena. Never NULL: after errors
 * the tree holds what could be read. */
const iac_file *iac_parse_file(iac_arena *arena, const iac_source *source, iac_diags *diags);
/* One expression (the whole text): console input, -var values, TF_VAR_ of complex types. Never NULL: an
 * IAC_EXPR_ERROR node after errors. */
const iac_expr *iac_parse_expression(iac_arena *arena, const iac_source *source, iac_diags *diags);
/* A path of names and fixed indexes (the whole text), as it stands in strings that are read as references. After an error
 * as much of it as could be read, NULL where that is not even a name. */
const iac_expr *iac_parse_traversal(iac_arena *arena, const iac_source *source, iac_diags *diags);
/* What a string of a JSON file, written in the range, says without its escapes. */
iac_str iac_json_string_text(iac_arena *arena, iac_range range);
/* Whether an expression's text leaves a bracket or a heredoc open, so that another line may complete it. */
bool iac_expression_is_open(iac_str text);
/* A template without quotes around it: templatefile, JSON strings. */
const iac_expr *iac_parse_template(iac_arena *arena, const iac_source *source, iac_diags *diags);
/* Whether the text is an identifier. */
bool iac_is_identifier(iac_str s);
/* A configuration file in the JSON syntax. */
const iac_file *iac_parse_json_file(iac_arena *arena, const iac_source *source, iac_diags *diags);

/* The text of a source as an object or an array, an empty object after errors that leave neither. */
const struct iac_json_node *iac_json_parse(iac_arena *arena, const iac_source *source, iac_diags *diags);
/* Where in it an offset lies: the innermost object or array, e.g. resource.terraform_data.a; empty for the outermost
 * one. */
iac_str iac_json_path_at(const struct iac_json_node *node, size_t offset, iac_arena *arena);
#endif
