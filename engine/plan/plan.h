/* engine/plan/plan.h - the plan: flat data, decided once, stored in plan files, rendered by views, executed by apply.
 * Layer: engine/plan. Immutable once made; lives in its arena; readable from any thread. */
#ifndef IAC_PLAN_PLAN_H
#define IAC_PLAN_PLAN_H
#include "lang/config/config.h"
#include "lang/schema/mock.h"
#include "lang/schema/schema.h"
#include "state/state.h"

typedef enum iac_action {
    IAC_ACTION_NOOP,
    IAC_ACTION_CREATE,
    IAC_ACTION_READ,
    IAC_ACTION_UPDATE,
    IAC_ACTION_DELETE_CREATE, /* replace: destroy, then create */
    IAC_ACTION_CREATE_DELETE, /* replace: create, then destroy */
    IAC_ACTION_DELETE,
    IAC_ACTION_FORGET,
} iac_action;

#define IAC_REASONS(X) /* enumerator, name in the machine formats */ \
    X(IAC_REASON_NONE, "") \
    X(IAC_REASON_REPLACE_TAINTED, "replace_because_tainted") \
    X(IAC_REASON_REPLACE_REQUESTED, "replace_by_request") \
    X(IAC_REASON_REPLACE_TRIGGERED, "replace_by_triggers") \
    X(IAC_REASON_REPLACE_CANNOT_UPDATE, "replace_because_cannot_update") \
    X(IAC_REASON_DELETE_NO_CONFIG, "delete_because_no_resource_config") \
    X(IAC_REASON_DELETE_WRONG_REPETITION, "delete_because_wrong_repetition") \
    X(IAC_REASON_DELETE_COUNT_INDEX, "delete_because_count_index") \
    X(IAC_REASON_DELETE_EACH_KEY, "delete_because_each_key") \
    X(IAC_REASON_DELETE_NO_MODULE, "delete_because_no_module") \
    X(IAC_REASON_DELETE_NO_MOVE_TARGET, "delete_because_no_move_target") \
    X(IAC_REASON_DELETE_ENABLED_FALSE, "delete_because_enabled_false") \
    X(IAC_REASON_READ_CONFIG_UNKNOWN, "read_because_config_unknown") \
    X(IAC_REASON_READ_DEPENDENCY_PENDING, "read_because_dependency_pending") \
    X(IAC_REASON_READ_CHECK_NESTED, "read_because_check_nested")
typedef enum iac_reason {
#define X(name, text) name,
    IAC_REASONS(X)
#undef X
} iac_reason;

typedef struct iac_change {
    iac_addr addr;
    iac_addr previous; /* where it was before a move; the same as addr otherwise */
    bool moved;
    iac_str deposed;   /* key of the deposed object to be destroyed; empty: the current one */
    iac_action action;
    iac_reason reason;
    iac_str provider;  /* configuration: provider["registry.terraform.io/hashicorp/aws"].west */
    iac_provider_addr provider_addr;
    const iac_schema *schema; /* resource's or data source's; NULL when unknown (forget) */
    /* Objects of the schema's type, with marks; never C NULL: a null value where there is none. after may hold
     * unknowns. */
    const iac_value *before, *after;
    iac_paths replace_paths;
    iac_str private_data; /* planned, for apply */
    iac_str prior_private;
    iac_str import_id;    /* set: it is imported */
    iac_str generated;    /* set: nobody declared it, and this is the resource block made for it */
    iac_str note;         /* the provider's remark, or empty */
    uint32_t reversible;  /* IACP_REVERSIBLE_* */
    bool create_before_destroy;
    bool tainted;         /* before is */
    const iac_addr *dependencies; /* to be stored with the object */
    size_t dependency_count;
} iac_change;

typedef struct iac_output_change {
    iac_str name;
    bool sensitive;
    iac_action action; /* NOOP, CREATE, UPDATE, DELETE */
    const iac_value *before, *after; /* C NULL where there is none; after may be unknown */
} iac_output_change;

/* What apply does, in an array in which each names the earlier steps it waits for. Steps that evaluate or only order
 * others cost nothing at a provider. */
typedef enum iac_opcode {
    IAC_DO_EVALUATE,  /* node: variable, local, output, provider configuration: compute its value */
    IAC_DO_APPLY,     /* change: create or update; CREATE_DELETE first sets the current object aside (deposed) */
    IAC_DO_DESTROY,   /* change: destroy the object; of CREATE_DELETE, the one set aside */
    IAC_DO_READ,      /* change: read a data source */
    IAC_DO_FORGET,    /* change: remove from the state only */
    IAC_DO_BARRIER,   /* everything it waits for is done: carries order between sets of steps */
} iac_opcode;

typedef struct iac_operation {
    iac_opcode code;
    uint32_t change; /* index into changes, or IAC_NONE */
    iac_str node;    /* EVALUATE, BARRIER: the configuration object, e.g. "module.a.local.x" */
    const uint32_t *after; /* indexes of operations */
    uint32_t after_count;
} iac_operation;
#define IAC_NONE UINT32_MAX

typedef enum iac_plan_mode { IAC_PLAN_NORMAL, IAC_PLAN_DESTROY, IAC_PLAN_REFRESH_ONLY } iac_plan_mode;

typedef struct iac_relevant {
    iac_addr addr;
    iac_path path;
} iac_relevant;

/* What stands in for objects of the configuration, by address: of an instance, or of all instances of a resource or
 * module call in one module instance. */
typedef struct iac_overrides {
    iac_map resources; /* const iac_mock_values * */
    iac_map modules;   /* const iac_mock_values *: outputs */
} iac_overrides;

/* A schema that showing the plan takes, beside those of its changes. */
typedef struct iac_plan_schema {
    iac_mode mode;
    iac_str type;     /* empty: of the provider's own configuration */
    iac_str provider; /* as views ask for it */
    const iac_schema *schema;
} iac_plan_schema;

typedef struct iac_plan {
    iac_plan_mode mode;
    iac_str timestamp; /* RFC 3339 */
    bool errored, complete, applyable;
    const iac_change *changes; /* managed and data, in iac_addr_cmp order, no-ops included */
    size_t change_count;
    const iac_change *drift;   /* what refresh found changed outside; action UPDATE or DELETE */
    size_t drift_count;
    const iac_output_change *outputs; /* by name, no-ops included */
    size_t output_count;
    const iac_operation *operations;
    size_t operation_count;
    const iac_state *prior;     /* after refresh; serial and lineage those of the store that was read */
    const iac_state *previous;  /* as it was stored */
    const iac_config *config;
    const iac_map *variables;   /* root: name to const iac_value * (converted, marked); a file lacks ephemeral ones */
    const iac_map *given;       /* those of them that were given a value, as it was before conversion; may be NULL */
    const iac_str *ephemeral_set; /* ephemeral variables that were given a value */
    size_t ephemeral_count;
    const iac_check_result *checks; /* by object and address */
    size_t check_count;
    const iac_relevant *relevant;
    size_t relevant_count;
    const iac_str *targets, *excludes, *replaces; /* as given */
    size_t target_count, exclude_count, replace_count;
    iac_str workspace;
    /* Tokens of what interrupted runs had begun: settled ones are known to the prior state, and removed from the journal
     * with saving it; reported ones nobody can tell about, and they are removed once the plan was carried out. */
    const iac_str *settled, *reported;
    size_t settled_count, reported_count;
    const iac_plan_schema *schemas; /* of saved plans */
    size_t schema_count;
    const iac_str *released; /* texts that the configuration declares not to be sensitive; of saved plans */
    size_t released_count;
} iac_plan;

typedef struct iac_plan_counts {
    size_t add, change, destroy, import_, forget;
} iac_plan_counts;
iac_plan_counts iac_plan_count(const iac_plan *plan); /* as the summary line counts: a replace is one add, one destroy */
/* NULL when the plan has nothing about the output of the root module. */
const iac_output_change *iac_plan_output(const iac_plan *plan, iac_str name);
/* Whether the output of the root module is to be another one. */
bool iac_plan_changes_output(const iac_plan *plan, iac_str name);
/* What is sensitive in the plan becomes secret (lang/base/secrets.h). */
void iac_plan_note_secrets(const iac_plan *plan);
const char *iac_reason_name(iac_reason reason);
const char *iac_action_name(iac_action action); /* stream names: noop create read update replace delete remove */
#endif
