/* desc.h - descriptions of resource types and data sources: the text form (descriptors/NAME.rd, explained in
 * descriptors/README.md) parsed into tables. Descriptions are part of the program: a mistake in one is a bug, found by
 * the unit test that parses them all. Layer: providers/aws. Parsed once for each type, on first use; then read-only. */
#ifndef AWS_DESC_H
#define AWS_DESC_H
#include "providers/aws/shape.h"

typedef enum aws_type {
    AWS_T_STRING,
    AWS_T_NUMBER,
    AWS_T_BOOL,
    AWS_T_LIST,   /* of strings or numbers */
    AWS_T_SET,    /* of strings or numbers */
    AWS_T_MAP,    /* of strings */
    AWS_T_BLOCKS, /* nested blocks: a list */
    AWS_T_BLOCK_SET,
    AWS_T_BLOCK_SINGLE, /* only "timeouts" */
} aws_type;

#define AWS_A_REQUIRED (1u << 0)
#define AWS_A_OPTIONAL (1u << 1)
#define AWS_A_COMPUTED (1u << 2)
#define AWS_A_FORCE_NEW (1u << 3)
#define AWS_A_ZERO (1u << 4)      /* absent in an answer reads as "", 0, false or an empty collection */
#define AWS_A_SENSITIVE (1u << 5)
#define AWS_A_LOCAL (1u << 6)     /* never sent and never read: the configuration's value is the state's */
#define AWS_A_KEEP_ZERO (1u << 7) /* sent even when "", 0 or false */
#define AWS_A_JSON (1u << 8)      /* a JSON text: compared by meaning */

typedef struct aws_attr aws_attr;
typedef struct aws_attrs {
    aws_attr *v;
    size_t n;
} aws_attrs;

typedef struct aws_words {
    const char **v;
    size_t n;
} aws_words;

struct aws_attr {
    const char *name;
    aws_type type;
    aws_type element; /* of a list or set: AWS_T_STRING or AWS_T_NUMBER */
    uint32_t flags;
    const char *otherwise;     /* default, as text */
    const char *create;        /* where its value goes in the create request */
    const char *update;        /* and in the update request */
    const char *modifier;      /* the modify line that sets it */
    const char *modifier_path;
    const char *base;          /* what a modifier's value is after a create */
    const char *read;          /* where its value is in the answer */
    const char *template;      /* how it is put together from others */
    const char *codec;         /* see codec.c */
    aws_words one_of;          /* the values allowed */
    aws_words conflicts;       /* attributes that must not be set with it */
    aws_words needs;           /* attributes that must be set with it */
    bool has_range;
    long long min, max;
    const char *check;         /* a named check of validate.c */
    const char *in_place_from, *in_place_to; /* the one change of a force-new attribute that is made in place */
    long min_items, max_items; /* blocks; 0: none */
    aws_attrs nested;          /* blocks */
    const char *type_json;     /* its type, as the ABI writes types */
};

/* One argument of a call: a request path and an expression. */
typedef struct aws_arg {
    const char *path;
    const char *value; /* text with {references} */
} aws_arg;

typedef enum aws_verb {
    AWS_V_CREATE,
    AWS_V_READ,
    AWS_V_UPDATE,
    AWS_V_DELETE,
    AWS_V_MODIFY,
    AWS_V_FIND,
    AWS_V_WAIT_CREATE,
    AWS_V_WAIT_UPDATE,
    AWS_V_WAIT_DELETE,
} aws_verb;

typedef struct aws_step {
    aws_verb verb;
    const char *name; /* of a modifier, or of a further read without its '@'; else NULL */
    const aws_op *op;
    struct {
        aws_arg *v;
        size_t n;
    } args;
    const char *result;  /* -> path */
    const char *when;    /* a condition: attr=value or attr!=value */
    const char *path;    /* waits: where the status is; find: where the id is in an item of the list */
    bool unique;         /* find: there cannot be two objects that the arguments name */
    bool by_token;       /* find: the object is the one that bears the change's token as a tag */
    const char *known;   /* find: an attribute that the read needs, taken from the item; else NULL */
    aws_words target, pending;
    bool not_found_is_target, not_found_is_pending;
    long timeout_seconds;
} aws_step;

typedef struct aws_retry {
    aws_verb verb;
    long seconds;
    const char *code;
    const char *message; /* part of the message, or NULL */
} aws_retry;

typedef enum aws_tag_style { AWS_TAGS_NONE, AWS_TAGS_EC2, AWS_TAGS_LIST } aws_tag_style;

typedef struct aws_tags_desc {
    aws_tag_style style;
    const char *type;   /* ec2: the ResourceType of a TagSpecification */
    const char *read;   /* where they are in the answer */
    const char *member; /* list: member of the create request */
    const char *key, *value; /* list: names of the pair's members */
    const char *arn;    /* list: the request member that names the resource */
    const aws_op *set, *del;
    const char *del_keys;
} aws_tags_desc;

typedef struct aws_recompute {
    const char *when; /* when this attribute changes */
    aws_words attrs;  /* these become unknown */
} aws_recompute;

typedef struct aws_hooks aws_hooks;

typedef struct aws_desc {
    const char *name;  /* "aws_vpc" */
    const char *label; /* "EC2 VPC" */
    bool is_data;
    long version;
    const aws_service *service;
    aws_attrs attrs;
    struct {
        aws_step *v;
        size_t n;
    } steps;
    struct {
        aws_retry *v;
        size_t n;
    } retries;
    struct {
        aws_recompute *v;
        size_t n;
    } recomputes;
    aws_tags_desc tags;
    aws_words not_found;
    const char *gone_path, *gone_value;
    const char *create_id; /* what names the object in the error of a failed create, or NULL */
    const char *import_id, *import_arn;
    const char *batch_member, *batch_list, *batch_key; /* read_many */
    size_t batch_size;
    bool bears_token;      /* objects are made with a tag that holds the change's token: some find is by it */
    long settle_seconds;   /* how long to re-read until the answer shows what was sent */
    const aws_hooks *hooks; /* NULL: none */
    const char *schema;    /* JSON */
    const char *type_json; /* of the whole object */
} aws_desc;

/* The description of a type, NULL when there is none. Thread-safe. */
const aws_desc *aws_desc_find(const char *name, bool is_data);
/* Names of all types, ended by NULL. */
const char *const *aws_desc_names(bool is_data);
const aws_attr *aws_attr_find(const aws_attrs *attrs, const char *name);

/* Parses one text; everything lives in arena. NULL and *ret_error (in the arena) when it is wrong. */
aws_desc *aws_desc_parse(iac_arena *arena, iac_str text, const char **ret_error);

/* The texts, embedded by the build. */
typedef struct aws_embedded {
    const char *name;
    const unsigned char *bytes;
    size_t n;
} aws_embedded;
extern const aws_embedded aws_embedded_descriptors[];
extern const size_t aws_embedded_descriptor_count;
#endif
