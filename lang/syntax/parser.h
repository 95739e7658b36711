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
/* Whether an expression's text leaves a bracket or a heredoc open, so that another line may complete it. */
bool iac_expression_is_open(iac_str text);
/* A template without quotes around it: templatefile, JSON strings. */
const iac_expr *iac_parse_template(iac_arena *arena, const iac_source *source, iac_diags *diags);
/* Whether the text is an identifier. */
bool iac_is_identifier(iac_str s);
/* A configuration file in the JSON syntax. */
const iac_file *iac_parse_json_file(iac_arena *arena, const iac_source *source, iac_diags *diags);

/* The objects and arrays of a JSON text, which need not be well formed, in the arena; text must stay. */
typedef struct iac_json_outline iac_json_outline;
iac_json_outline *iac_json_outline_new(iac_arena *arena, iac_str text);
/* The innermost of them around the byte at offset, e.g. resource.terraform_data.a; empty for the outermost one. */
iac_str iac_json_outline_path(const iac_json_outline *outline, size_t offset, iac_arena *arena);
#endif
