/* lang/syntax/ast.h - the syntax tree of the native syntax (HCL) and of the JSON syntax. Layer: lang/syntax (sees base
 * and value). Nodes are immutable after parsing and live in the arena of their file; every node has its source range.
 *
 * A file that had errors still gives a tree: what could not be parsed is an IAC_EXPR_ERROR node, or is left out. */
#ifndef IAC_SYNTAX_AST_H
#define IAC_SYNTAX_AST_H
#include "lang/base/base.h"
#include "lang/base/diag.h"
#include "lang/base/source.h"
#include "lang/value/value.h"

typedef enum iac_expr_kind {
    IAC_EXPR_ERROR,
    IAC_EXPR_LITERAL,       /* number, bool, null */
    IAC_EXPR_TEMPLATE,      /* quoted or heredoc template with parts (a plain string has one literal part, or none) */
    IAC_EXPR_TEMPLATE_WRAP, /* "${x}" alone: the value of x, type kept */
    IAC_EXPR_TEMPLATE_IF,   /* %{ if }: only as a part of a template; both arms are TEMPLATE nodes */
    IAC_EXPR_TEMPLATE_FOR,  /* %{ for }: only as a part of a template; body is a TEMPLATE node */
    IAC_EXPR_TUPLE,         /* [a, b] */
    IAC_EXPR_OBJECT,        /* {k = v} */
    IAC_EXPR_FOR,           /* [for ...] or {for ...} */
    IAC_EXPR_ROOT,          /* a name in scope: the start of every traversal (`var`, `aws_vpc`, a for variable) */
    IAC_EXPR_ATTR,          /* operand.name */
    IAC_EXPR_INDEX,         /* operand[key] and legacy operand.0 */
    IAC_EXPR_SPLAT,         /* operand[*].each and operand.*.each */
    IAC_EXPR_SPLAT_ITEM,    /* within `each` of a splat: the current element */
    IAC_EXPR_UNARY,
    IAC_EXPR_BINARY,
    IAC_EXPR_CONDITIONAL,
    IAC_EXPR_CALL,
    IAC_EXPR_PAREN,
} iac_expr_kind;

typedef enum iac_op {
    IAC_OP_NEGATE, IAC_OP_NOT,
    IAC_OP_MUL, IAC_OP_DIV, IAC_OP_MOD, IAC_OP_ADD, IAC_OP_SUB,
    IAC_OP_GT, IAC_OP_GE, IAC_OP_LT, IAC_OP_LE, IAC_OP_EQ, IAC_OP_NE,
    IAC_OP_AND, IAC_OP_OR,
} iac_op;

typedef struct iac_expr iac_expr;

typedef struct iac_object_item {
    const iac_expr *key;
    const iac_expr *value;
    bool bare_key; /* the key is an identifier taken literally: key is then a TEMPLATE/LITERAL string of it; a traversal
                    * such as a.b as key is not bare and is an error unless in parentheses, as in Terraform */
} iac_object_item;

/* Allocated only as large as its kind needs: never copied by assignment. */
struct iac_expr {
    iac_expr_kind kind;
    uint16_t height; /* of the tree below: bounded by the parser, so that walking it may recurse */
    bool from_json;  /* JSON syntax: see iac_expr_static */
    iac_range range;
    union {
        const iac_source *faulty; /* ERROR: a template in JSON with faults that are not told yet, or NULL */
        const iac_value *literal; /* LITERAL; a string part within a template is a LITERAL too */
        struct {                  /* TEMPLATE */
            const iac_expr *const *parts;
            size_t part_count;
            bool heredoc;
        } tmpl;
        const iac_expr *wrapped; /* TEMPLATE_WRAP, PAREN */
        struct {                 /* TEMPLATE_IF, CONDITIONAL */
            const iac_expr *condition, *yes, *no; /* TEMPLATE_IF without else: no is NULL */
        } cond;
        struct { /* TUPLE */
            const iac_expr *const *items;
            size_t n;
        } tuple;
        struct { /* OBJECT */
            const iac_object_item *items;
            size_t n;
        } object;
        struct { /* FOR, TEMPLATE_FOR */
            iac_str key_var; /* empty when not named */
            iac_str value_var;
            const iac_expr *collection;
            const iac_expr *key;       /* {for}: key result; NULL for [for] and TEMPLATE_FOR */
            const iac_expr *value;     /* result, or body of TEMPLATE_FOR */
            const iac_expr *condition; /* NULL when there is none */
            bool group;                /* `...` */
            iac_range open_range;      /* the opening bracket to the colon, for messages */
        } for_;
        iac_str root; /* ROOT */
        struct {      /* ATTR */
            const iac_expr *operand;
            iac_str name;
            iac_range name_range; /* with the dot */
        } attr;
        struct { /* INDEX */
            const iac_expr *operand, *key;
            bool legacy;             /* written .0 */
            iac_range bracket_range; /* "[key]" or ".0" */
        } index;
        struct { /* SPLAT */
            const iac_expr *operand;
            const iac_expr *each;  /* holds exactly one SPLAT_ITEM of this splat at its root */
            const iac_expr *item;  /* that SPLAT_ITEM */
            iac_range marker_range;
        } splat;
        struct { /* UNARY: right only. BINARY */
            iac_op op;
            const iac_expr *left, *right;
            iac_range op_range;
        } binary;
        struct { /* CALL */
            iac_str name; /* with its namespaces: "provider::aws::arn_parse" */
            const iac_expr *const *args;
            size_t arg_count;
            bool expand_final; /* last argument followed by ... */
            iac_range name_range, open_range, close_range;
        } call;
    };
};

typedef struct iac_attribute {
    iac_str name;
    iac_range name_range, equals_range, range; /* range: name to the end of the expression */
    const iac_expr *expr;
} iac_attribute;

typedef struct iac_label {
    iac_str text;
    iac_range range;
} iac_label;

typedef struct iac_body iac_body;

typedef struct iac_block {
    iac_str type;
    const iac_label *labels;
    size_t label_count;
    const iac_body *body;
    iac_range type_range, open_range, close_range;
    iac_range header_range; /* type to the last label: what diagnostics underline */
    iac_range range;
} iac_block;

/* A body keeps attributes and blocks apart, each in source order. */
struct iac_body {
    const iac_attribute *attributes;
    size_t attribute_count;
    const iac_block *blocks;
    size_t block_count;
    iac_range range;      /* between the braces; the whole file for the top level */
    iac_range missing_at; /* where to say that something required is missing: the opening brace, or the file's end */
    /* JSON syntax: a body whose members cannot be told apart into attributes and blocks without a schema. When json is
     * set, attributes and blocks are empty and the body is read through iac_body_content (body.h). */
    const struct iac_json_node *json;
    /* Two bodies merged of which one at least is in the JSON syntax: read in the same way. */
    const struct iac_body_pair *pair;
    /* Of a body that another one was put on top of: that one. Names unknown to a schema are passed over then, and what is
     * required must be said below. */
    const struct iac_body *under;
};

typedef struct iac_body_pair {
    const iac_body *base, *over;
    bool add; /* blocks of over come after those of base, and do not replace them */
} iac_body_pair;

typedef struct iac_file {
    const iac_source *source;
    const iac_body *body;
} iac_file;

/* A node with everything but kind and range zero. */
iac_expr *iac_expr_alloc(iac_arena *arena, iac_expr_kind kind, iac_range range);
/* The attribute of a native body, or NULL. */
const iac_attribute *iac_body_attribute(const iac_body *body, iac_str name);
/* A path of names from a static traversal (var.x, a.b["c"][0]): false when the expression is no such thing. The parts
 * are the nodes from the root to expr itself. */
bool iac_expr_is_traversal(const iac_expr *expr);
/* Whether it is a whole string of the JSON syntax. */
bool iac_expr_is_json_string(const iac_expr *expr);
/* The expression where the language wants a reference or a type instead of a value (depends_on, type, provider): in the
 * JSON syntax such a thing is written as a string, whose content is parsed here; any other expression is returned as it
 * is. An IAC_EXPR_ERROR node after errors. */
const iac_expr *iac_expr_static(iac_arena *arena, const iac_expr *expr, iac_diags *diags);
/* Where messages about the whole expression point: for a call, an operator or brackets, at their beginning only. */
iac_range iac_expr_start(const iac_expr *expr);
/* The header of the block as Terraform shows it: resource "a" "b". */
iac_str iac_block_title(iac_arena *arena, const iac_block *block);
#endif
