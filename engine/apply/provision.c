/* Provisioners of an object: in their order after it was created, and before it is destroyed. */
#include "engine/apply/applier.h"
#include "engine/provision/provision.h"

struct provisioning {
    iac_applier *applier;
    iac_worker *worker;
    iac_place *place;
    const iac_addr *addr;
    iac_str type;
    uint8_t marks; /* of the configuration: what it prints might show what is in it */
};

static void tell(const struct provisioning *p, iac_event_kind kind, iac_str text)
{
    iac_event event = { .kind = kind, .addr = p->addr, .provisioner = p->type, .text = text };
    iac_run_event(&p->applier->run, &event);
}

static void output(void *user, iac_str text)
{
    const struct provisioning *p = user;
    if (p->marks == (IAC_SENSITIVE | IAC_EPHEMERAL))
        text = IAC_STR("(output suppressed due to sensitive, ephemeral value in config)");
    else if (p->marks & IAC_SENSITIVE)
        text = IAC_STR("(output suppressed due to sensitive value in config)");
    else if (p->marks & IAC_EPHEMERAL)
        text = IAC_STR("(output suppressed due to ephemeral value in config)");
    tell(p, IAC_EVENT_PROVISION_OUTPUT, text);
}

static bool still_unknown(iac_worker *worker, iac_range range)
{
    iac_diag_error(&worker->diags, range, "Configuration contains unknown value",
                   "The configuration of this provisioner still contains unknown values during apply. What it refers to "
                   "could not be computed.");
    return false;
}

/* False when what follows must not happen; then it is diagnosed. */
static bool run_one(struct provisioning *p, const iac_provisioner_config *provisioner)
{
    iac_worker *worker = p->worker;
    iac_diags diags = IAC_DIAGS_INIT;
    size_t errors = worker->diags.errors;
    const iac_block_schema *to = iac_connection_schema();
    const iac_value *config = iac_decode_body(&p->place->scope, provisioner->body,
                                              iac_provisioner_schema(provisioner->type), worker->scratch,
                                              &worker->diags);
    const iac_value *connection = iac_value_null(worker->scratch, to->type);
    if (provisioner->connection && worker->diags.errors == errors)
        connection = iac_decode_body(&p->place->scope, provisioner->connection, to, worker->scratch, &worker->diags);
    if (worker->diags.errors != errors)
        return false;
    if (config->deep_unknown || connection->deep_unknown)
        return still_unknown(worker, provisioner->range);
    p->type = provisioner->type;
    p->marks = config->deep_marks;
    tell(p, IAC_EVENT_PROVISION_START, IAC_STR(""));
    iac_provision_request request = {
        .type = provisioner->type,
        .config = iac_value_unmark_deep(worker->scratch, config),
        .connection = iac_value_unmark_deep(worker->scratch, connection),
        .secret = p->marks != 0,
        .arena = worker->scratch,
        .range = provisioner->body->missing_at,
        .output = output,
        .user = p,
        .stop = worker->run->stop,
    };
    bool ok = iac_provision(&request, &diags) == IAC_OK;
    tell(p, ok ? IAC_EVENT_PROVISION_DONE : IAC_EVENT_PROVISION_ERRORED, IAC_STR(""));
    if (!ok && !provisioner->continue_on_failure) {
        for (size_t i = 0; i < diags.list.n; i++)
            diags.list.v[i].address = iac_addr_text(diags.arena, *p->addr);
        iac_diags_append(&worker->diags, &diags);
    }
    iac_diags_clear(&diags);
    return ok || provisioner->continue_on_failure;
}

static bool run_all(struct provisioning *p, const iac_provisioner_config *provisioners, size_t count, bool on_destroy)
{
    for (size_t i = 0; i < count; i++)
        if (provisioners[i].on_destroy == on_destroy && !run_one(p, &provisioners[i]))
            return false;
    return true;
}

bool iac_has_create_provisioners(const iac_node *node)
{
    for (size_t i = 0; i < node->resource->provisioner_count; i++)
        if (!node->resource->provisioners[i].on_destroy)
            return true;
    return false;
}

bool iac_provision_created(iac_applier *applier, iac_worker *worker, const iac_node *node, const iac_addr *addr,
                           iac_place *place, const iac_value *object)
{
    struct provisioning p = { .applier = applier, .worker = worker, .place = place, .addr = addr };
    place->self = object;
    bool ok = run_all(&p, node->resource->provisioners, node->resource->provisioner_count, false);
    place->self = NULL;
    return ok;
}

bool iac_provision_destroyed(iac_applier *applier, iac_worker *worker, iac_node *node, const iac_addr *addr,
                             const iac_value *object)
{
    iac_place place;
    struct provisioning p = { .applier = applier, .worker = worker, .place = &place, .addr = addr };
    const iac_provisioner_config *provisioners = NULL;
    size_t count = 0;
    iac_run_module *module = node->module;
    if (node->kind == IAC_NODE_RESOURCE) {
        provisioners = node->resource->provisioners;
        count = node->resource->provisioner_count;
    } else {
        const iac_removed_config *removed = iac_run_removed(worker->run, worker, *addr, &module);
        provisioners = removed ? removed->provisioners : NULL;
        count = removed ? removed->provisioner_count : 0;
    }
    if (count == 0)
        return true;
    /* They may mention nothing but the object and its key: the module's instance may be gone. */
    iac_place_init(&place, worker->run, module, NULL);
    place.self = object;
    if (addr->key.kind == IAC_KEY_INT)
        place.count_index = iac_value_int(worker->scratch, addr->key.index);
    if (addr->key.kind == IAC_KEY_STRING)
        place.each_key = iac_value_string(worker->scratch, addr->key.name);
    return run_all(&p, provisioners, count, true);
}
