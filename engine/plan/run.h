/* engine/plan/run.h - what planning and applying have in common: the configuration laid out as nodes of a graph, and
 * the values that nodes have so far. Layer: engine/plan; used by engine/apply, by nobody else.
 *
 * A node is an object of the configuration: a variable, local, output, provider configuration, module call, resource.
 * Modules with several instances, and resources with several, are expanded within the node. The walk gives the order:
 * a node's results are written by its own visits only and read by the visits of nodes that wait for it, so that no lock
 * is needed for them. */
#ifndef IAC_PLAN_RUN_H
#define IAC_PLAN_RUN_H
#include "engine/dag/walk.h"
#include "engine/event/event.h"
#include "engine/host/host.h"
#include "engine/plan/plan.h"
#include "state/crypt.h"
#include <pthread.h>

typedef enum iac_node_kind {
    IAC_NODE_VARIABLE,
    IAC_NODE_LOCAL,
    IAC_NODE_OUTPUT,
    IAC_NODE_PROVIDER,
    IAC_NODE_CALL,       /* expands a module call */
    IAC_NODE_MODULE_END, /* waits for everything in the module */
    IAC_NODE_RESOURCE,
    IAC_NODE_ORPHAN,     /* a resource that only the state knows */
    IAC_NODE_CHECK,
    IAC_NODE_RELEASE,    /* another node, and all that depends on it, is done: closes it where it is ephemeral */
} iac_node_kind;

typedef enum iac_repetition { IAC_SINGLE, IAC_BY_COUNT, IAC_BY_FOR_EACH } iac_repetition;

typedef struct iac_run iac_run;
typedef struct iac_ephemerals iac_ephemerals; /* what is open (ephemeral.c) */
typedef struct iac_node iac_node;
typedef struct iac_run_module iac_run_module;

typedef struct iac_module_instance {
    iac_module_addr addr;
    struct iac_module_instance *parent; /* NULL for the root */
    uint32_t index;                     /* within its module */
    const iac_value *count_index, *each_key, *each_value; /* of the call */
    const iac_mock_values *override; /* set: its outputs are these, and nothing is in it */
} iac_module_instance;

typedef struct iac_resource_instance {
    iac_key key;
    const iac_value *each_value;
    const iac_value *value; /* what references see; NULL: not known, because something failed */
    const iac_change *change;
    bool unread;            /* nested in a check: it could not be read */
    bool absent;            /* not in the state, and not to be made by this run: no part of the collection */
} iac_resource_instance;

typedef struct iac_expansion { /* of a resource or a module call, in one instance of its module */
    bool done;
    iac_repetition repetition;
    iac_resource_instance *v; /* resource: in order of keys */
    uint32_t n;
    iac_resource_instance *leftovers; /* resource: what only the state has, and keeps; in order of keys */
    uint32_t leftover_count;
    uint32_t first; /* call: the first of its n instances in the child module */
    const iac_value *whole; /* the collection as a value, once somebody asked; guarded by the run's lock */
} iac_expansion;

/* What is asked about an object: one configured instance of a provider, and its name in the state. */
typedef struct iac_provider_choice {
    iac_str text; /* provider["registry.terraform.io/hashicorp/aws"].west, with the module path */
    iac_instance *instance;
} iac_provider_choice;

/* The configuration of a provider that resources use. */
typedef struct iac_provider_use {
    iac_node *node;
    iac_provider_addr addr;
    iac_str text;   /* as above; with for_each, without the key */
    iac_str source; /* registry.terraform.io/hashicorp/aws */
    const iac_provider_config *config; /* NULL: implied, without arguments */
    iac_run_module *module;
    const iac_provider *provider; /* loaded; NULL when it could not be */
    bool failed;                  /* to load, and it was said */
    iac_instance *instance;       /* open after the node was visited; NULL when that failed. With for_each it is never
                                     configured, and stands for all of them where any will do */
    iac_provider_choice *each;    /* with for_each, once visited: one for each key */
    uint32_t each_count;
    iac_map each_map;             /* text -> its iac_provider_choice * */
} iac_provider_use;

/* How a resource selects one of a provider's instances. */
typedef struct iac_provider_key {
    const iac_expr *expr; /* NULL: the provider has no for_each */
    uint32_t up;          /* 0: it stands in the resource; n: in the call of the module n - 1 levels above its own */
} iac_provider_key;

struct iac_node {
    iac_node_kind kind;
    uint32_t id;
    iac_run_module *module;
    iac_str name; /* address: "module.a.local.x" */
    iac_range range;
    union {
        const iac_variable_config *variable;
        const iac_local_config *local;
        const iac_output_config *output;
        const iac_module_call *call;
        const iac_resource_config *resource;
        const iac_check_config *check;
    };
    iac_provider_use *provider; /* PROVIDER, RESOURCE, ORPHAN */
    iac_provider_key provider_key; /* RESOURCE */
    const iac_schema *schema;   /* RESOURCE, ORPHAN */
    const iac_value **values;   /* VARIABLE, LOCAL, OUTPUT: by module instance */
    iac_expansion *expansions;  /* RESOURCE, CALL: by module instance */
    uint32_t slots;             /* length of values or expansions */
    const iac_addr *dependencies; /* RESOURCE, PROVIDER: resources referred to, directly or through other kinds of nodes */
    size_t dependency_count;
    iac_addr resource_addr;     /* RESOURCE, ORPHAN: key NONE, module keys NONE */
    uint32_t *state_indexes;    /* RESOURCE, ORPHAN: its instances in the prior state */
    uint32_t state_count;
    bool create_before_destroy; /* RESOURCE: configured, or asked for by something that depends on it */
    const iac_import_config **imports; /* RESOURCE: import blocks that name it */
    size_t import_count;
    bool excluded;              /* left out by -target */
    atomic_bool pending;        /* RESOURCE: something of it will change */
    atomic_bool *pending_in;    /* the same by module instance; NULL before it is planned */
    bool unsettled;             /* a resource that it leads to is pending; set when it is visited */
    iac_node *released;         /* RELEASE: the other node */
    bool feeds_provider;        /* ephemeral RESOURCE: a provider's configuration depends on it */
    iac_node *nested;           /* RESOURCE: the check it is within; CHECK: the data source within it; NULL: none */
    void *work;                 /* of the plan or apply under way */
};

struct iac_run_module {
    const iac_module_config *config;
    iac_run_module *parent;
    iac_node *call; /* NULL for the root */
    iac_node *end;
    iac_run_module **children; /* by call, in the order of config->calls; NULL where not loaded */
    iac_node **variables, **locals, **outputs, **resources, **calls; /* in the order of the config's arrays */
    iac_map checked; /* "data.type.name" -> iac_node * of a data source within a check */
    iac_provider_use **providers;                                     /* likewise */
    iac_module_instance **instances;
    uint32_t instance_count;
};

typedef struct iac_checked { /* what became of one condition */
    uint32_t node, index; /* which of the object's conditions */
    char status;          /* 'p'ass, 'f'ail, 'u'nknown, 'e'rror */
    iac_str address;      /* of the instance */
    iac_str message;
} iac_checked;

typedef struct iac_worker {
    iac_run *run;
    iac_arena *keep;    /* lives as long as the run */
    iac_arena *scratch; /* emptied after each visit */
    iac_diags diags;    /* of the visit under way */
    IAC_VEC(iac_checked) checked; /* by its visits */
} iac_worker;

typedef struct iac_kept_diags {
    uint32_t node, part;
    iac_diags diags;
} iac_kept_diags;

struct iac_run {
    iac_arena *arena; /* nodes and graph; written while building only */
    const iac_config *config;
    iac_host *host;
    const iac_state *state; /* prior; may be NULL */
    const iac_map *variables; /* root values */
    bool planning;            /* impure functions are unknown */
    bool validating;          /* and what comes from outside, too */
    bool lenient;             /* conditions that do not hold are warnings: nothing is to be prevented */
    iac_str workspace, timestamp;
    iac_str root_dir, cwd;    /* path.root, path.cwd */
    const iac_overrides *overrides; /* or NULL */
    const iac_remote_crypts *remote_crypts; /* of terraform_remote_state; may be NULL */
    const iac_map *ranges;          /* of root variables' values; or NULL */
    iac_event_sink sink;
    pthread_mutex_t sink_lock;
    const atomic_int *stop;       /* 1: start nothing new; 2: cancel what runs */
    atomic_bool cancelled;
    bool may_abandon;             /* what does not end when it is cancelled need not be waited for */
    atomic_bool abandoned;        /* and is not: soon the process ends */
    iac_run_module *root;
    iac_run_module **modules;
    size_t module_count;
    IAC_VEC(iac_node *) nodes;
    IAC_VEC(iac_edge) edges;
    IAC_VEC(iac_provider_use *) uses;
    iac_map resource_nodes;   /* resource address text -> iac_node *, orphans included */
    iac_map resource_states;  /* static resource address text -> struct of state indexes */
    iac_graph graph;
    iac_worker *workers;
    unsigned worker_count;
    pthread_mutex_t lock; /* guards `whole` of expansions and kept */
    IAC_VEC(iac_kept_diags) kept;
    unsigned hints; /* while validating: see iac_ref_site */
    iac_ephemerals *ephemerals; /* NULL: nothing was opened; guarded by the lock while the walk runs */
};

typedef struct iac_run_options {
    iac_host *host;
    const iac_state *state;
    const iac_map *variables;
    iac_str workspace, timestamp, root_dir, cwd;
    bool planning, validating, lenient;
    unsigned parallelism;
    const iac_overrides *overrides;
    const iac_map *ranges;
    const iac_remote_crypts *remote_crypts;
    const atomic_int *stop;
    bool may_abandon;
    iac_event_sink sink;
} iac_run_options;

/* Lays out the configuration: loads providers and schemas, makes nodes and edges, looks for cycles. IAC_ERR after
 * diagnostics; the run must be freed in any case. */
iac_status iac_run_build(iac_run *run, const iac_config *config, const iac_run_options *options, iac_diags *diags);
/* Sets each node's dependencies once all edges are there, and create_before_destroy where it spreads to. For
 * iac_run_build. */
void iac_run_find_dependencies(iac_run *run);
void iac_run_clear(iac_run *run);
uint32_t iac_schema_kind(iac_mode mode); /* IACP_SCHEMA_... */
/* Sets node->schema from its provider, which is loaded; NULL after adding an error. */
void iac_resource_schema(const iac_run *run, iac_node *node, iac_diags *diags);
/* As iac_run_clear, but what the run allocated lives on with `arena`: results may refer to it. */
void iac_run_hand_over(iac_run *run, iac_arena *arena);
/* Moves the diagnostics of all visits to diags, in the order of nodes and parts. */
void iac_run_collect(iac_run *run, iac_diags *diags);
/* To be called at the end of each visit: keeps the worker's diagnostics, empties its scratch arena. */
void iac_worker_end(iac_worker *worker, uint32_t node, uint32_t part);
void iac_run_event(iac_run *run, const iac_event *event);

/* ---- watch.c: a thread that looks after a walk ---- */
typedef struct iac_watch {
    iac_run *run;
    void (*tick)(void *arg, double now); /* ten times a second; may be NULL. now: iac_now() */
    void *arg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, over;
} iac_watch;
/* Tells the user once when a stop was asked for, and cancels running provider calls when it was asked for twice, or when
 * they have not ended some seconds later. Where the run may be abandoned, it is when that does not end them either. */
void iac_watch_start(iac_watch *watch, iac_run *run, void (*tick)(void *arg, double now), void *arg);
void iac_watch_end(iac_watch *watch);
/* Runs fn on a thread of its own and waits for it; false when the run was abandoned first: fn and arg are then still in
 * use. */
bool iac_watch_aside(iac_watch *watch, void (*fn)(void *arg), void *arg);
double iac_now(void); /* seconds on a clock that only goes forward */

/* ---- scope.c: names to values ---- */
typedef struct iac_place { /* where an expression is evaluated; the user of its scope */
    iac_run *run;
    iac_run_module *module;
    const iac_module_instance *instance;
    const iac_value *count_index, *each_key, *each_value, *self;
    const iac_node *validated; /* the variable whose validations these are; NULL: none */
    const iac_block_schema *self_block; /* self's attributes are looked for here first; may be NULL */
    iac_func_context functions;
    const iac_value *(*lookup)(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                               iac_diags *diags); /* of the scope, unless iac_place_check has set another one */
    iac_scope scope;
} iac_place;
/* Fills a place; its scope is place->scope. Must not be moved after. */
void iac_place_init(iac_place *place, iac_run *run, iac_run_module *module, const iac_module_instance *instance);
/* What is known of a variable whose value is not. */
const iac_value *iac_any_variable(iac_arena *arena, const iac_variable_config *variable);
/* What validation knows of a resource: at most that it is ephemeral. */
const iac_value *iac_any_resource(iac_arena *arena, const iac_node *node);
/* Sets count.index, and each.key and each.value, to what they are in any instance: unknown. */
void iac_place_any(iac_place *place, iac_arena *arena, bool by_count, bool by_each);
/* Of its scope, see iac_scope. `user` is the place. */
bool iac_place_selects(void *user, const iac_ref *ref);
iac_node *iac_run_resolve(iac_run_module *module, const iac_ref *ref); /* the node ref names; NULL when undeclared */
/* Of a resource reference: the instance under the key (NULL or a value) in an expansion, NULL when there is none. */
iac_resource_instance *iac_expansion_find(const iac_expansion *expansion, iac_key key);

/* ---- refs.c: validation alone ---- */
/* Whether the references are sound of what is to be evaluated; see iac_scope. `user` is the place. */
bool iac_place_admits(void *user, const iac_expr *expr, const iac_body *body, const iac_block_schema *schema,
                      iac_arena *arena, iac_diags *diags);
/* The same for expressions that belong together (NULL: none), which are evaluated in any case: what has no value is
 * unknown then, and with objects that are not declared no name has one. */
void iac_place_check(iac_worker *worker, iac_place *place, const iac_expr *const *exprs, size_t n);
void iac_place_uncheck(iac_place *place);
/* What stands in depends_on. */
void iac_validate_depends(iac_worker *worker, const iac_place *of, iac_depends depends);

/* ---- leftovers.c ---- */
/* Gives the expansions of a RESOURCE those instances that only the state has and for which value_of returns a value; it is
 * called in the order of the state. */
void iac_note_leftovers(iac_worker *worker, iac_node *node,
                        const iac_value *(*value_of)(void *user, const iac_state_instance *stored), void *user);

/* ---- visit.c: nodes other than resources ---- */
/* Computes the node's values, or expands it. Used by plan and apply alike. */
bool iac_visit_node(iac_worker *worker, iac_node *node);
/* Expands a resource: evaluates count or for_each for each module instance. With counts that are unknown: an error. */
bool iac_visit_expand(iac_worker *worker, iac_node *node);

/* ---- providers.c ---- */
/* Opens and configures a provider; with for_each, its instances. */
bool iac_visit_provider(iac_worker *worker, iac_node *node);
/* The choice for an instance of the configuration, by the key that it or its module selects. */
bool iac_choose_provider(iac_worker *worker, iac_node *node, const iac_module_instance *module,
                         const iac_resource_instance *resource, iac_str address, iac_provider_choice *ret);
/* That for a stored object, or a planned change, by the name it was recorded with. */
bool iac_choose_recorded_provider(iac_worker *worker, const iac_node *node, iac_str recorded, iac_str address,
                                  iac_provider_choice *ret);
/* Calls fn for every instance of the provider that is open. */
void iac_each_provider_instance(const iac_provider_use *use, void (*fn)(iac_instance *instance));

/* ---- expand.c ---- */
typedef struct iac_repeated { /* how often there is something; NULL: not given */
    const iac_expr *count, *for_each, *enabled;
} iac_repeated;
/* Fills an empty expansion; the values must be known. */
bool iac_expand(iac_worker *worker, iac_place *place, iac_repeated by, iac_expansion *expansion);
/* Only says what is wrong with them as far as they are known. */
void iac_validate_repetition(iac_worker *worker, iac_place *place, iac_repeated by);

/* ---- static.c ---- */
/* Whether no ephemeral value is where it would be kept; else diagnosed. */
bool iac_check_ephemeral(iac_worker *worker, const iac_node *node, const iac_value *config);
/* Whether the block has an attribute or nested block of that name; else diagnosed. */
bool iac_check_attribute(const iac_block_schema *block, iac_str name, iac_range range, iac_arena *arena,
                         iac_diags *diags);
/* Whether the attributes and blocks are there that the traversal of a reference names: an error, and a warning for each
 * deprecated one. */
void iac_check_traversal(const iac_block_schema *block, const iac_ref *ref, iac_arena *arena, iac_diags *diags);
/* Whether the resource does not refer to itself, and what would replace it is declared; else diagnosed. */
bool iac_check_own(iac_worker *worker, const iac_node *node);
/* Tells of names in ignore_changes that make no sense. */
void iac_check_ignored(iac_worker *worker, const iac_node *node);

/* ---- ephemeral.c ---- */
/* Expands the ephemeral resource and opens its instances; those that depend on something unknown are put off. */
bool iac_ephemeral_open(iac_worker *worker, iac_node *node);
/* Closes what the node has opened, where it is an ephemeral resource. */
bool iac_ephemeral_close(iac_worker *worker, const iac_node *node);
void iac_ephemeral_tick(iac_run *run, double now); /* tells of what takes long; from the thread that watches */
/* After the walk: closes what is still open. False when the run was abandoned meanwhile. */
bool iac_ephemeral_end(iac_watch *watch, iac_diags *diags);
void iac_ephemeral_add_releases(iac_run *run); /* while building: adds nodes and edges */

/* ---- remote_state.c ---- */
bool iac_is_remote_state(const iac_node *node); /* a terraform_remote_state, which is read here, by no provider */
/* What is wrong with its configuration as far as it is known; false after an error. */
bool iac_remote_state_validate(iac_worker *worker, const iac_node *node, iac_str address, const iac_value *config);
/* config: known, unmarked. *ret lives in keep. */
bool iac_remote_state_read(iac_worker *worker, const iac_node *node, iac_str address, const iac_value *config,
                           const iac_value **ret);

/* ---- imports.c ---- */
/* Evaluates the import blocks that name the node, and calls fn for each object to be imported (fn NULL: only to see
 * what is wrong with them). validating: what is not known yet is fine, and left out. id ends with a NUL. False after an
 * error, of fn too. */
typedef bool (*iac_import_fn)(void *arg, iac_worker *worker, const iac_import_config *import, iac_addr addr, iac_str id);
bool iac_visit_imports(iac_worker *worker, iac_node *node, bool validating, iac_import_fn fn, void *arg);

/* ---- conditions.c ---- */
typedef struct iac_subject { /* whose conditions they are */
    const iac_node *node;
    iac_str address; /* of the instance */
    size_t first;    /* the number of the first of them among all that the object has */
} iac_subject;
/* Evaluates conditions at a place, and notes what became of them. False when one fails (diagnosed as an error, or with
 * warn as a warning). Unknown ones pass. what: "Resource precondition failed" ... */
bool iac_visit_conditions(iac_worker *worker, iac_place *place, iac_conditions conditions, iac_subject subject,
                          const char *what, bool warn);
/* Whether conditions of a resource, and their messages, have values. */
void iac_validate_conditions(iac_worker *worker, iac_place *place, iac_conditions conditions);
/* Whether those of a check refer to what there is, and their messages have values. */
void iac_validate_asserts(iac_worker *worker, iac_place *place, iac_conditions asserts);
/* The variable's validations, at a place in its module. given: where its value was written, if there is such a place. */
bool iac_visit_validations(iac_worker *worker, iac_place *place, const iac_variable_config *variable, iac_range given,
                           iac_subject subject);

/* ---- checks.c ---- */
/* Makes what went wrong with a data source within a check a failure of the check, and a warning. */
void iac_fail_check(iac_worker *worker, const iac_node *data, iac_resource_instance *instance,
                    const iac_module_instance *module);
/* A subject that is not a resource: node in an instance of its module. */
iac_subject iac_subject_in(iac_worker *worker, const iac_node *node, const iac_module_instance *instance);
void iac_note_check(iac_worker *worker, const iac_subject *subject, size_t index, char status, iac_str message);
/* The results of all objects that have conditions, after the walk: by object and address, in the arena. What was not
 * evaluated is as in `base` (NULL: a plan is being made), else unknown. */
void iac_run_checks(const iac_run *run, iac_arena *arena, iac_plan_mode mode, const iac_plan *base,
                    const iac_check_result **ret, size_t *ret_count);

/* ---- override.c ---- */
/* What stands in for a resource instance, or a module instance; NULL: nothing. */
const iac_mock_values *iac_override_of(const iac_run *run, const iac_node *node, iac_str address);
const iac_mock_values *iac_override_of_module(const iac_run *run, iac_arena *scratch, iac_module_addr addr);
/* An output of a module that something stands in for. */
const iac_value *iac_override_output(const iac_mock_values *override, iac_str name);

/* ---- objects.c ---- */
/* The instance of a module with that address; NULL when it has none (any more). */
const iac_module_instance *iac_run_module_instance(const iac_run_module *module, iac_module_addr addr);
/* The place of a resource instance: count.index or each.* set. */
void iac_place_for(iac_place *place, iac_worker *worker, iac_node *node, const iac_module_instance *instance,
                   const iac_resource_instance *resource);
/* The text that names an object to people, in progress lines: "id", "vpc-1". False when it has none. */
bool iac_object_id(const iac_value *object, iac_str *ret_key, iac_str *ret_value);
/* v with the marks that `from` has (by path) and those of the schema. */
const iac_value *iac_copy_marks(iac_arena *arena, const iac_block_schema *block, const iac_value *v,
                                const iac_value *from);
/* An object's current value: brought to the present schema, marked. NULL after an error. */
const iac_value *iac_stored_value(iac_worker *worker, const iac_node *node, const iac_call_options *options,
                                  const iac_object *object);
/* Its value as it was recorded, marked, if it is of the present schema's type; else NULL. No provider is asked. */
const iac_value *iac_recorded_value(iac_arena *arena, const iac_schema *schema, const iac_object *object);
/* Sends an event about an instance; object may be NULL or null. */
void iac_instance_event(iac_run *run, iac_event_kind kind, const iac_addr *addr, iac_str deposed,
                        const iac_value *object, int action, double elapsed);
iac_call_options iac_options_for(iac_run *run, const iac_node *node, iac_str address);
/* The configuration with what lifecycle.ignore_changes names taken from the prior object (NULL: none). */
const iac_value *iac_ignore_changes(iac_worker *worker, const iac_node *node, const iac_value *prior,
                                    const iac_value *config);
/* Has the provider check the configuration, and reads a data source into *ret (marked, in keep; NULL when the provider
 * puts it off). False after an error. */
bool iac_read_data(iac_worker *worker, iac_node *node, iac_provider_choice provider, const iac_addr *addr,
                   iac_str address, const iac_value *config, const iac_value **ret);
/* Whether the provider makes nothing outside the state. */
bool iac_is_builtin(iac_provider_addr addr);

/* ---- removed.c ---- */
/* The removed block that names the object's resource, and the module it stands in; NULL when there is none. */
const iac_removed_config *iac_run_removed(const iac_run *run, iac_worker *worker, iac_addr addr,
                                          iac_run_module **ret_module);
#endif
