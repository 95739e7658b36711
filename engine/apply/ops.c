/* What apply asks providers to do, one function an opcode. The order in each is the same: say what is about to happen
 * (durably), ask the provider, check its answer, save what exists, then let go of what waits. */
#include "engine/apply/applier.h"
#include "lang/value/json.h"
#include "lang/value/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const iac_task_result FAILED = { IAC_TASK_FAILED, 0 };
static const iac_task_result ASYNC = { IAC_TASK_ASYNC, 0 };

/* ---- shared steps ---- */

static iac_node *node_of(iac_applier *applier, iac_worker *worker, iac_addr addr)
{
    addr.module = iac_module_addr_static(worker->scratch, addr.module);
    addr.key = (iac_key){ 0 };
    return iac_map_get(&applier->run.resource_nodes, iac_addr_text(worker->scratch, addr));
}

static void random_hex(char *text, size_t digits)
{
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof(bytes), 0) < 0)
        abort(); /* Linux gives up to 256 bytes without fail once started */
    for (size_t i = 0; i < digits; i++)
        text[i] = "0123456789abcdef"[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
    text[digits] = '\0';
}

static void make_token(char token[40])
{
    char hex[33];
    random_hex(hex, 32);
    hex[12] = '4';
    hex[16] = "89ab"[hex[16] & 3];
    snprintf(token, 40, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static iac_str time_text(iac_arena *arena)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return iac_arena_str(arena, iac_str_of(text));
}

static void mark_begun(iac_applier *applier, iac_operation_run *op, const iac_change *change, int action,
                       const iac_value *object)
{
    op->action = action;
    op->begun = iac_now();
    op->next_tick = op->begun + 10;
    pthread_mutex_lock(&applier->lock);
    op->under_way_at = (uint32_t)applier->under_way.n;
    iac_vec_push(&applier->under_way, op->id);
    pthread_mutex_unlock(&applier->lock);
    iac_instance_event(&applier->run, IAC_EVENT_APPLY_START, &change->addr, op->deposed, object, action, 0);
}

static void mark_ended(iac_applier *applier, const iac_operation_run *op)
{
    pthread_mutex_lock(&applier->lock);
    if (op->begun > 0) { /* the last one takes its place */
        uint32_t last = applier->under_way.v[--applier->under_way.n];
        applier->under_way.v[op->under_way_at] = last;
        applier->ops[last].under_way_at = op->under_way_at;
    }
    pthread_mutex_unlock(&applier->lock);
}

/* A diagnostic from a thread that is no worker. */
static void late_error(iac_applier *applier, const iac_operation_run *op, const char *text)
{
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_change *change = &applier->plan->changes[applier->plan->operations[op->id].change];
    iac_str address = iac_addr_text(applier->run.arena, change->addr); /* under the lock below: see caller */
    iac_diag_error(&diags, IAC_NO_RANGE, "Failed to save state",
                   "The result of the operation on %.*s could not be saved: %s. The object may exist without being "
                   "recorded: check it before running iac again.",
                   IAC_FMT(address), text);
    iac_vec_push(&applier->run.kept, ((iac_kept_diags){ op->id, 0, diags }));
}

static void import_event(iac_applier *applier, iac_event_kind kind, const iac_change *change)
{
    iac_event event = { .kind = kind, .addr = &change->addr, .action = change->action, .id_key = IAC_STR("id"),
                        .id_value = change->import_id };
    iac_run_event(&applier->run, &event);
}

/* The object was read while planning: to import it is to record it, which its first operation does. */
static void import(iac_applier *applier, const iac_operation_run *op, const iac_change *change)
{
    if (!change->import_id.n || op->pending)
        return;
    import_event(applier, IAC_EVENT_IMPORT_START, change);
    pthread_mutex_lock(&applier->lock);
    applier->counts[3]++;
    pthread_mutex_unlock(&applier->lock);
    import_event(applier, IAC_EVENT_IMPORT_DONE, change);
}

/* On the store's thread, once the result is durable. */
static void saved(void *arg, const char *error)
{
    iac_operation_run *op = arg;
    iac_applier *applier = op->applier;
    const iac_operation *operation = &applier->plan->operations[op->id];
    const iac_change *change = &applier->plan->changes[operation->change];
    mark_ended(applier, op);
    bool ok = !error && !op->failed;
    if (error) {
        pthread_mutex_lock(&applier->run.lock);
        late_error(applier, op, error);
        pthread_mutex_unlock(&applier->run.lock);
    }
    if (op->instance)
        op->instance->value = op->result;
    if (ok && op->begun > 0) {
        pthread_mutex_lock(&applier->lock);
        applier->counts[op->action == IAC_ACTION_CREATE ? 0 : op->action == IAC_ACTION_UPDATE ? 1 : 2]++;
        pthread_mutex_unlock(&applier->lock);
    }
    if (op->begun > 0)
        iac_instance_event(&applier->run, ok ? IAC_EVENT_APPLY_DONE : IAC_EVENT_APPLY_ERRORED, &change->addr,
                           op->deposed, op->result ? op->result : change->before, op->action, iac_now() - op->begun);
    iac_walk_complete(op->walk, op->id, IAC_PART_BEGIN, ok && !op->unfit);
}

struct waiting { /* for a write that must be durable before the next step */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
    char error[256];
};

static void written(void *arg, const char *error)
{
    struct waiting *waiting = arg;
    pthread_mutex_lock(&waiting->lock);
    waiting->done = true;
    snprintf(waiting->error, sizeof(waiting->error), "%s", error ? error : "");
    pthread_cond_signal(&waiting->wake);
    pthread_mutex_unlock(&waiting->lock);
}

static bool write_and_wait(iac_applier *applier, iac_worker *worker, const iac_write *writes, size_t n)
{
    struct waiting waiting = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER };
    iac_store_submit(applier->options->store, writes, n, written, &waiting);
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.done)
        pthread_cond_wait(&waiting.wake, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_mutex_destroy(&waiting.lock);
    pthread_cond_destroy(&waiting.wake);
    if (!waiting.error[0])
        return true;
    iac_diag_error(&worker->diags, IAC_NO_RANGE, "Failed to save state",
                   "The operation does not go on, because the state could not be written: %s.", waiting.error);
    return false;
}

typedef struct iac_intended { /* what the journal is told of an operation */
    const char *action;
    const iac_value *prior, *planned; /* may be NULL */
} iac_intended;

/* Makes n writes durable, and with them the intent, where the provider does things outside the state. writes has room for
 * it. */
static bool write_intent(iac_applier *applier, iac_worker *worker, const iac_operation_run *op, const iac_change *change,
                         const iac_intended *intended, iac_str private_data, iac_write *writes, size_t n)
{
    iac_buf prior_bytes, planned_bytes;
    iac_buf_init(&prior_bytes, IAC_BUF_UNLIMITED);
    iac_buf_init(&planned_bytes, IAC_BUF_UNLIMITED);
    if (!iac_is_builtin(change->provider_addr)) {
        if (intended->prior)
            iac_value_encode(&prior_bytes, intended->prior);
        if (intended->planned)
            iac_value_encode(&planned_bytes, intended->planned);
        writes[n++] = (iac_write){
            .kind = IAC_WRITE_INTENT,
            .addr = change->addr,
            .intent = { .token = iac_str_of(op->token), .addr = change->addr, .deposed = op->deposed,
                        .provider = change->provider, .action = iac_str_of(intended->action),
                        .prior = iac_buf_view(&prior_bytes), .planned = iac_buf_view(&planned_bytes),
                        .private_data = private_data, .begun = time_text(worker->scratch) },
        };
    }
    bool ok = n == 0 || write_and_wait(applier, worker, writes, n);
    iac_buf_clear(&prior_bytes);
    iac_buf_clear(&planned_bytes);
    return ok;
}

static iac_write set_aside(const iac_applier *applier, const iac_operation_run *op, const iac_change *change)
{
    return (iac_write){ .kind = IAC_WRITE_DEPOSE, .addr = change->addr, .provider = change->provider,
                        .deposed = iac_str_of(applier->set_aside[applier->plan->operations[op->id].change]) };
}

/* Makes the intent durable, and with it sets the current object aside for create-before-destroy. Where there is no intent,
 * since nothing happens outside the state, that is part of the result. */
static bool announce(iac_applier *applier, iac_worker *worker, iac_operation_run *op, const iac_change *change,
                     const iac_intended *intended)
{
    iac_write writes[2];
    size_t n = 0;
    uint32_t index = applier->plan->operations[op->id].change;
    if (change->action == IAC_ACTION_CREATE_DELETE && strcmp(intended->action, "create") == 0) {
        random_hex(applier->set_aside[index], 8);
        op->sets_aside = iac_is_builtin(change->provider_addr);
        if (!op->sets_aside)
            writes[n++] = set_aside(applier, op, change);
    }
    return write_intent(applier, worker, op, change, intended, change->private_data, writes, n);
}

/* Adds the journal's "done" behind the n writes of op, and hands them over; the walk goes on when they are durable. */
static iac_task_result save(iac_applier *applier, iac_operation_run *op, const iac_change *change, size_t n)
{
    if (!iac_is_builtin(change->provider_addr) && op->token[0] && !op->unsettled)
        op->writes[n++] = (iac_write){ .kind = IAC_WRITE_INTENT_DONE, .addr = change->addr,
                                       .intent.token = iac_str_of(op->token) };
    if (n)
        iac_store_submit(applier->options->store, op->writes, n, saved, op);
    else
        saved(op, NULL); /* nothing has changed */
    return ASYNC;
}

static iac_object *make_object(iac_worker *worker, const iac_change *change, const iac_value *value,
                               iac_str private_data)
{
    iac_object *object = iac_object_new(worker->keep, value, change->schema->block->type, change->schema->version);
    object->private_data = iac_arena_str(worker->keep, private_data);
    object->create_before_destroy = change->create_before_destroy;
    object->dependencies = change->dependencies;
    object->dependency_count = change->dependency_count;
    return object;
}

/* The provider that the plan names. */
static bool provider_of(iac_worker *worker, const iac_node *node, const iac_change *change, iac_provider_choice *ret)
{
    return iac_choose_recorded_provider(worker, node, change->provider, iac_addr_text(worker->scratch, change->addr),
                                        ret);
}

static iac_status ask_once(iac_worker *worker, iac_operation_run *op, const iac_node *node, iac_apply_request *request,
                           const iac_change *change, iac_apply_answer *ret)
{
    iac_str address = iac_addr_text(worker->scratch, change->addr);
    iac_call_options options = iac_options_for(worker->run, node, address);
    iac_provider_choice provider;
    if (!provider_of(worker, node, change, &provider))
        return IAC_ERR;
    request->token = iac_str_of(op->token);
    if (!op->pending)
        return iac_instance_apply(provider.instance, &options, worker->keep, request, ret, &worker->diags);
    request->pending = (iac_str){ op->pending, op->pending_n };
    return iac_instance_apply_poll(provider.instance, &options, worker->keep, request, ret, &worker->diags);
}

/* Asks the provider until it has finished, or until it wants to be left alone for a while (ret->is_pending). What it is
 * pending with is kept on the heap until it is asked again, and is durable before that. */
static iac_status ask(iac_applier *applier, iac_worker *worker, iac_operation_run *op, const iac_node *node,
                      iac_apply_request *request, const iac_change *change, const iac_intended *intended,
                      iac_apply_answer *ret)
{
    for (;;) {
        iac_status status = ask_once(worker, op, node, request, change, ret);
        if (status != IAC_OK || !ret->is_pending)
            return status;
        bool same = op->pending && iac_str_eq((iac_str){ op->pending, op->pending_n }, ret->pending);
        iac_write writes[1];
        free(op->pending);
        op->pending = iac_xstrndup(ret->pending.p, ret->pending.n);
        op->pending_n = ret->pending.n;
        if (!same && !write_intent(applier, worker, op, change, intended, ret->pending, writes, 0)) {
            op->unsettled = true;
            *ret = (iac_apply_answer){ .state = request->prior };
            return IAC_ERR;
        }
        if (ret->poll_after_ms > 0)
            return IAC_OK;
    }
}

static iac_task_result again(const iac_apply_answer *answer)
{
    return (iac_task_result){ IAC_TASK_AGAIN,
                              answer->poll_after_ms < UINT32_MAX ? (uint32_t)answer->poll_after_ms : UINT32_MAX };
}

/* ---- create and update ---- */

/* What is still unknown in the plan is planned again now that the configuration is known; nothing that was known may
 * come out differently. */
static const iac_value *final_plan(iac_worker *worker, const iac_node *node, const iac_change *change,
                                   const iac_value *prior, const iac_value *config, iac_str *private_data)
{
    const iac_block_schema *block = change->schema->block;
    iac_arena *arena = worker->keep;
    const iac_value *planned = iac_value_unmark_deep(arena, change->after);
    if (!planned->deep_unknown)
        return planned;
    const iac_value *plain_prior = prior ? iac_value_unmark_deep(arena, prior) : iac_value_null(arena, block->type);
    const iac_value *plain = iac_value_unmark_deep(arena, config);
    iac_str address = iac_addr_text(worker->scratch, change->addr);
    iac_call_options options = iac_options_for(worker->run, node, address);
    iac_plan_request request = {
        .type = change->addr.type,
        .prior = prior ? plain_prior : NULL,
        .proposed = iac_schema_null_write_only(arena, block, iac_schema_proposed(arena, block, plain_prior, plain)),
        .config = plain,
        .private_data = prior ? change->prior_private : IAC_STR(""),
    };
    iac_plan_answer answer = { 0 };
    iac_provider_choice provider;
    if (!provider_of(worker, node, change, &provider) ||
        iac_instance_plan(provider.instance, &options, arena, &request, &answer, &worker->diags) != IAC_OK)
        return NULL;
    iac_str error;
    if (!iac_instance_keeps_legacy_values(node->provider->instance) &&
        !iac_schema_assert_compatible(worker->scratch, block, planned, answer.planned, &error)) {
        iac_str source = iac_provider_addr_text(worker->scratch, node->provider->addr);
        iac_diag_error(&worker->diags, IAC_NO_RANGE, "Provider produced inconsistent final plan",
                       "When expanding the plan for %.*s to include new values learned so far during apply, provider "
                       "\"%.*s\" produced an invalid new value for %.*s.\n\nThis is a bug in the provider, which should "
                       "be reported in the provider's own issue tracker.",
                       IAC_FMT(address), IAC_FMT(source), IAC_FMT(error));
        return NULL;
    }
    *private_data = answer.private_data;
    return answer.planned;
}

static bool check_result(iac_worker *worker, const iac_node *node, const iac_change *change,
                         const iac_value *planned, const iac_value *result)
{
    iac_str error;
    if (iac_instance_keeps_legacy_values(node->provider->instance) ||
        iac_schema_assert_compatible(worker->scratch, change->schema->block, planned, result, &error))
        return true;
    iac_str address = iac_addr_text(worker->scratch, change->addr);
    iac_buf provider;
    iac_buf_init(&provider, IAC_BUF_UNLIMITED);
    iac_quote(&provider, change->provider);
    iac_diag_error(&worker->diags, IAC_NO_RANGE, "Provider produced inconsistent result after apply",
                   "When applying changes to %.*s, provider %s produced an unexpected new value: %.*s.\n\nThis is a bug in "
                   "the provider, which should be reported in the provider's own issue tracker.",
                   IAC_FMT(address), provider.p, IAC_FMT(error));
    iac_buf_clear(&provider);
    return false;
}

static bool meets_postconditions(iac_worker *worker, const iac_node *node, const iac_change *change, iac_place *place,
                                 const iac_value *self)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    if (!lifecycle->postconditions.n)
        return true;
    iac_subject subject = { node, iac_addr_text(worker->scratch, change->addr), lifecycle->preconditions.n };
    place->self = self;
    return iac_visit_conditions(worker, place, lifecycle->postconditions, subject, "Resource postcondition failed",
                                false);
}

/* The configuration as it is now, and the plan that goes with it; made once, kept while the provider takes its time. */
static bool prepare(iac_worker *worker, iac_node *node, iac_operation_run *op, const iac_change *change,
                    const iac_value *prior, iac_place *place, iac_str *private_data)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    iac_subject subject = { node, iac_addr_text(worker->scratch, change->addr), 0 };
    if (!iac_visit_conditions(worker, place, lifecycle->preconditions, subject, "Resource precondition failed", false))
        return false;
    const iac_value *config = iac_decode_body(&place->scope, node->resource->body, node->schema->block, worker->scratch,
                                              &worker->diags);
    if (worker->diags.errors)
        return false;
    op->config = prior ? iac_ignore_changes(worker, node, prior, config) : config;
    op->config = iac_value_copy(worker->keep, op->config);
    if (op->config->deep_unknown) {
        iac_diag_error(&worker->diags, node->range, "Configuration contains unknown value",
                       "The configuration of this resource still contains unknown values during apply. What it refers "
                       "to could not be computed.");
        return false;
    }
    op->planned = final_plan(worker, node, change, prior, op->config, private_data);
    return op->planned != NULL;
}

/* After a failed create: nothing of it exists. What was set aside takes its place again. A provider that was told to
 * give up may not know: the intent stays for the next run. */
static iac_task_result give_back(iac_applier *applier, iac_operation_run *op, const iac_change *change)
{
    uint32_t index = applier->plan->operations[op->id].change;
    size_t n = 0;
    op->unsettled |= atomic_load(&applier->run.cancelled) && !iac_is_builtin(change->provider_addr);
    if (!op->unsettled && change->action == IAC_ACTION_CREATE_DELETE && !op->sets_aside)
        op->writes[n++] = (iac_write){ .kind = IAC_WRITE_RESTORE, .addr = change->addr, .provider = change->provider,
                                       .deposed = iac_str_of(applier->set_aside[index]) };
    return save(applier, op, change, n);
}

/* Runs what is to run after creation. The object is recorded before, and as tainted, which is what it is if nobody comes
 * back from here. */
static bool provision(iac_applier *applier, iac_worker *worker, iac_operation_run *op, const iac_node *node,
                      const iac_change *change, iac_place *place, const iac_object *object)
{
    iac_object unready = *object;
    iac_write writes[3];
    size_t n = 0;
    unready.tainted = true;
    if (op->sets_aside)
        writes[n++] = set_aside(applier, op, change);
    writes[n++] = (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = change->addr, .provider = change->provider,
                               .object = &unready };
    if (!iac_is_builtin(change->provider_addr) && op->token[0])
        writes[n++] = (iac_write){ .kind = IAC_WRITE_INTENT_DONE, .addr = change->addr,
                                   .intent.token = iac_str_of(op->token) };
    if (!write_and_wait(applier, worker, writes, n))
        return false;
    op->token[0] = '\0';
    op->sets_aside = false;
    return iac_provision_created(applier, worker, node, &change->addr, place, op->result);
}

iac_task_result iac_do_apply(iac_applier *applier, iac_worker *worker, uint32_t id)
{
    iac_operation_run *op = &applier->ops[id];
    const iac_change *change = &applier->plan->changes[applier->plan->operations[id].change];
    iac_node *node = node_of(applier, worker, change->addr);
    const iac_module_instance *module = node && node->module
                                            ? iac_run_module_instance(node->module, change->addr.module)
                                            : NULL;
    op->instance = module && node->expansions ? iac_expansion_find(&node->expansions[module->index], change->addr.key)
                                              : NULL;
    if (!op->instance) {
        iac_diag_error(&worker->diags, IAC_NO_RANGE, "Instance missing from configuration",
                       "The plan holds a change for this instance, but the configuration no longer expands to it: "
                       "\"count\" or \"for_each\" gives another result than when the plan was made.");
        return FAILED;
    }
    iac_provider_choice provider; /* looked for before anything is announced */
    if (!provider_of(worker, node, change, &provider))
        return FAILED;
    op->applier = applier;
    op->id = id;
    const iac_value *prior = change->action == IAC_ACTION_UPDATE ? change->before : NULL;
    iac_str private_data = change->private_data;
    iac_place place;
    iac_place_for(&place, worker, node, module, op->instance);

    if (change->action != IAC_ACTION_DELETE_CREATE)
        import(applier, op, change);
    if (change->action == IAC_ACTION_NOOP) { /* imported, and nothing to change */
        op->result = change->after;
        op->writes[0] = (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = change->addr, .provider = change->provider,
                                     .object = make_object(worker, change, change->after, change->private_data) };
        return save(applier, op, change, 1);
    }
    iac_intended intended = { prior ? "update" : "create", prior, NULL };
    if (!op->pending && !prepare(worker, node, op, change, prior, &place, &private_data))
        return FAILED;
    intended.planned = iac_copy_marks(worker->scratch, change->schema->block, op->planned, op->config);
    if (!op->pending && prior && !change->import_id.n && iac_value_identical(prior, intended.planned)) {
        op->result = prior; /* what was not known while planning turns out to be what is there */
        op->unfit = !meets_postconditions(worker, node, change, &place, prior);
        return save(applier, op, change, 0);
    }
    if (!op->pending) {
        make_token(op->token);
        if (!announce(applier, worker, op, change, &intended))
            return FAILED;
        mark_begun(applier, op, change, prior ? IAC_ACTION_UPDATE : IAC_ACTION_CREATE, prior);
    }
    const iac_value *plain_prior = prior ? iac_value_unmark_deep(worker->keep, prior) : NULL;
    iac_apply_answer answer = { 0 };
    bool ok = true;
    if (plain_prior && iac_value_same(plain_prior, op->planned)) {
        answer.state = op->planned; /* only what is sensitive has changed: nothing to ask */
        answer.private_data = private_data;
    } else {
        iac_apply_request request = { .type = change->addr.type, .prior = plain_prior, .planned = op->planned,
                                      .config = iac_value_unmark_deep(worker->keep, op->config),
                                      .private_data = private_data };
        ok = ask(applier, worker, op, node, &request, change, &intended, &answer) == IAC_OK;
        if (ok && answer.is_pending)
            return again(&answer);
    }
    if (answer.state && !iac_is_null(answer.state) && ok)
        ok = check_result(worker, node, change, op->planned, answer.state);
    op->failed = !ok;
    if (!answer.state || iac_is_null(answer.state)) {
        op->instance = NULL;
        if (ok) {
            iac_diag_error(&worker->diags, node->range, "Provider returned invalid result object after apply",
                           "After the apply operation, the provider gave no object for this resource.");
            op->failed = true;
        }
        return give_back(applier, op, change);
    }
    const iac_value *value = iac_copy_marks(worker->keep, change->schema->block, answer.state, op->config);
    iac_object *object = make_object(worker, change, value, answer.private_data);
    object->tainted = !ok && !prior;
    op->result = value;
    if (ok && !prior && iac_has_create_provisioners(node) &&
        !provision(applier, worker, op, node, change, &place, object)) {
        op->failed = true;
        return save(applier, op, change, 0);
    }
    if (ok)
        op->unfit = !meets_postconditions(worker, node, change, &place, value);
    size_t n = 0;
    if (op->sets_aside)
        op->writes[n++] = set_aside(applier, op, change);
    op->writes[n++] = (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = change->addr, .provider = change->provider,
                                   .object = object };
    return save(applier, op, change, n);
}

/* ---- destroy ---- */

iac_task_result iac_do_destroy(iac_applier *applier, iac_worker *worker, uint32_t id)
{
    iac_operation_run *op = &applier->ops[id];
    uint32_t index = applier->plan->operations[id].change;
    const iac_change *change = &applier->plan->changes[index];
    iac_node *node = node_of(applier, worker, change->addr);
    if (!node || !node->provider || !node->provider->instance) {
        iac_diag_error(&worker->diags, IAC_NO_RANGE, "Provider configuration not present",
                       "The provider configuration that this object was made with is not available.");
        return FAILED;
    }
    iac_provider_choice provider; /* looked for before anything is announced */
    if (!provider_of(worker, node, change, &provider))
        return FAILED;
    op->applier = applier;
    op->id = id;
    op->deposed = change->action == IAC_ACTION_CREATE_DELETE ? iac_str_of(applier->set_aside[index])
                                                             : change->deposed;
    if (change->action == IAC_ACTION_DELETE_CREATE)
        import(applier, op, change);
    const iac_intended intended = { "delete", change->before, NULL };
    if (!op->pending) {
        make_token(op->token);
        if (!announce(applier, worker, op, change, &intended))
            return FAILED;
        mark_begun(applier, op, change, IAC_ACTION_DELETE, change->before);
        /* What was set aside, or never became complete, goes without ceremony. */
        if (op->deposed.n == 0 && !change->tainted &&
            !iac_provision_destroyed(applier, worker, node, &change->addr, change->before)) {
            op->failed = true;
            return save(applier, op, change, 0);
        }
    }
    iac_apply_request request = { .type = change->addr.type,
                                  .prior = iac_value_unmark_deep(worker->keep, change->before),
                                  .private_data = change->action == IAC_ACTION_DELETE ? change->private_data
                                                                                      : change->prior_private };
    iac_apply_answer answer = { 0 };
    bool ok = ask(applier, worker, op, node, &request, change, &intended, &answer) == IAC_OK;
    if (ok && answer.is_pending)
        return again(&answer);
    if (ok && answer.state && !iac_is_null(answer.state)) {
        iac_diag_error(&worker->diags, node->range, "Provider returned invalid result object after apply",
                       "After applying a destroy, the provider still returned an object for this resource.");
        ok = false;
    }
    op->failed = !ok;
    if (ok) {
        op->writes[0] = (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = change->addr, .deposed = op->deposed };
        return save(applier, op, change, 1);
    }
    if (!answer.state || iac_is_null(answer.state)) /* keep what was recorded: it may still be there */
        return save(applier, op, change, 0);
    const iac_value *value = iac_copy_marks(worker->keep, change->schema->block, answer.state, change->before);
    iac_object *object = make_object(worker, change, value, answer.private_data);
    object->tainted = change->tainted;
    object->deposed = op->deposed;
    op->writes[0] = (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = change->addr, .provider = change->provider,
                                 .object = object, .deposed = op->deposed };
    return save(applier, op, change, 1);
}

/* ---- the rest ---- */

iac_task_result iac_do_read(iac_applier *applier, iac_worker *worker, uint32_t id)
{
    iac_operation_run *op = &applier->ops[id];
    const iac_change *change = &applier->plan->changes[applier->plan->operations[id].change];
    iac_node *node = node_of(applier, worker, change->addr);
    const iac_module_instance *module = node ? iac_run_module_instance(node->module, change->addr.module) : NULL;
    op->instance = module && node->expansions ? iac_expansion_find(&node->expansions[module->index], change->addr.key)
                                              : NULL;
    if (!op->instance)
        return FAILED;
    op->applier = applier;
    op->id = id;
    iac_place place;
    iac_place_for(&place, worker, node, module, op->instance);
    iac_subject subject = { node, iac_addr_text(worker->scratch, change->addr), 0 };
    if (!iac_visit_conditions(worker, &place, node->resource->lifecycle.preconditions, subject,
                              "Resource precondition failed", false))
        return FAILED;
    const iac_value *config = iac_decode_body(&place.scope, node->resource->body, node->schema->block,
                                              worker->scratch, &worker->diags);
    if (worker->diags.errors)
        return FAILED;
    const iac_value *state = NULL;
    iac_str address = iac_addr_text(worker->keep, change->addr);
    iac_provider_choice provider;
    if (!provider_of(worker, node, change, &provider))
        return FAILED;
    if (!iac_read_data(worker, node, provider, &change->addr, address, config, &state)) {
        if (!node->nested)
            return FAILED;
        iac_fail_check(worker, node, op->instance, module);
        return (iac_task_result){ IAC_TASK_DONE, 0 };
    }
    if (!state) {
        iac_diag_error(&worker->diags, node->range, "Data source not ready",
                       "The provider could not read this data source even while applying.");
        return FAILED;
    }
    op->result = state;
    op->writes[0] = (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = change->addr, .provider = change->provider,
                                 .object = make_object(worker, change, state, IAC_STR("")) };
    op->unfit = !meets_postconditions(worker, node, change, &place, state);
    return save(applier, op, change, 1);
}

iac_task_result iac_do_forget(iac_applier *applier, iac_worker *worker, uint32_t id)
{
    (void)worker;
    iac_operation_run *op = &applier->ops[id];
    const iac_change *change = &applier->plan->changes[applier->plan->operations[id].change];
    op->applier = applier;
    op->id = id;
    op->writes[0] = (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = change->addr, .deposed = change->deposed };
    return save(applier, op, change, 1);
}
