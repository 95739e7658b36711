#include "providers/kubernetes/wait.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

static const json_t *condition_of(const json_t *live, const char *type)
{
    json_t *condition;
    size_t i;

    json_array_foreach(k8s_tree_at(live, "status.conditions"), i, condition) {
        if (strcmp(k8s_tree_text(condition, "type"), type) == 0) {
            return condition;
        }
    }
    return NULL;
}

static bool condition_is(const json_t *live, const char *type, const char *status)
{
    return strcmp(k8s_tree_text(condition_of(live, type), "status"), status) == 0;
}

static void add_condition(iac_buf *out, const json_t *condition)
{
    iac_buf_printf(out, "%s is %s", k8s_tree_text(condition, "type"), k8s_tree_text(condition, "status"));
    if (*k8s_tree_text(condition, "reason")) {
        iac_buf_printf(out, " (%s)", k8s_tree_text(condition, "reason"));
    }
    if (*k8s_tree_text(condition, "message")) {
        iac_buf_printf(out, ": %s", k8s_tree_text(condition, "message"));
    }
}

static k8s_readiness failed_by(const json_t *live, const char *type, iac_buf *why)
{
    add_condition(why, condition_of(live, type));
    return K8S_FAILED;
}

static bool observed(const json_t *live, iac_buf *why)
{
    if (k8s_tree_int(live, "status.observedGeneration", 0) < k8s_tree_int(live, "metadata.generation", 0)) {
        iac_buf_cstr(why, "its controller has not seen the change yet");
        return false;
    }
    return true;
}

/* count of want with a name; true when there are enough */
static bool enough(int64_t have, int64_t want, const char *what, iac_buf *why)
{
    if (have >= want) {
        return true;
    }
    iac_buf_printf(why, "%lld of %lld replicas are %s", (long long)have, (long long)want, what);
    return false;
}

static k8s_readiness deployment(const json_t *live, iac_buf *why)
{
    int64_t want = k8s_tree_int(live, "spec.replicas", 1);
    int64_t updated = k8s_tree_int(live, "status.updatedReplicas", 0);
    int64_t all = k8s_tree_int(live, "status.replicas", 0);

    if (k8s_tree_true(live, "spec.paused")) {
        return K8S_READY;
    }
    if (!observed(live, why)) {
        return K8S_WAITING;
    }
    if (strcmp(k8s_tree_text(condition_of(live, "Progressing"), "reason"), "ProgressDeadlineExceeded") == 0) {
        return failed_by(live, "Progressing", why);
    }
    if (!enough(updated, want, "updated", why)) {
        if (condition_is(live, "ReplicaFailure", "True")) {
            iac_buf_cstr(why, "; ");
            add_condition(why, condition_of(live, "ReplicaFailure"));
        }
        return K8S_WAITING;
    }
    if (all > updated) {
        iac_buf_printf(why, "%lld old replicas are still there", (long long)(all - updated));
        return K8S_WAITING;
    }
    return enough(k8s_tree_int(live, "status.availableReplicas", 0), updated, "available", why) ? K8S_READY
                                                                                              : K8S_WAITING;
}

static k8s_readiness stateful_set(const json_t *live, iac_buf *why)
{
    int64_t want = k8s_tree_int(live, "spec.replicas", 1);
    int64_t partition = k8s_tree_int(live, "spec.updateStrategy.rollingUpdate.partition", 0);

    if (strcmp(k8s_tree_text(live, "spec.updateStrategy.type"), "OnDelete") == 0) {
        return K8S_READY;
    }
    if (!observed(live, why) || !enough(k8s_tree_int(live, "status.readyReplicas", 0), want, "ready", why)) {
        return K8S_WAITING;
    }
    if (partition > 0) {
        return enough(k8s_tree_int(live, "status.updatedReplicas", 0), want - partition, "updated", why)
                   ? K8S_READY
                   : K8S_WAITING;
    }
    if (strcmp(k8s_tree_text(live, "status.currentRevision"), k8s_tree_text(live, "status.updateRevision")) != 0) {
        iac_buf_printf(why, "%lld of %lld replicas are updated",
                       (long long)k8s_tree_int(live, "status.updatedReplicas", 0), (long long)want);
        return K8S_WAITING;
    }
    return K8S_READY;
}

static k8s_readiness daemon_set(const json_t *live, iac_buf *why)
{
    int64_t want = k8s_tree_int(live, "status.desiredNumberScheduled", 0);

    if (strcmp(k8s_tree_text(live, "spec.updateStrategy.type"), "OnDelete") == 0) {
        return K8S_READY;
    }
    return observed(live, why) &&
                   enough(k8s_tree_int(live, "status.updatedNumberScheduled", 0), want, "updated", why) &&
                   enough(k8s_tree_int(live, "status.numberAvailable", 0), want, "available", why)
               ? K8S_READY
               : K8S_WAITING;
}

static k8s_readiness job(const json_t *live, iac_buf *why)
{
    if (condition_is(live, "Failed", "True")) {
        return failed_by(live, "Failed", why);
    }
    if (condition_is(live, "FailureTarget", "True")) {
        return failed_by(live, "FailureTarget", why);
    }
    if (condition_is(live, "Complete", "True") || k8s_tree_true(live, "spec.suspend")) {
        return K8S_READY;
    }
    iac_buf_printf(why, "%lld of %lld completions", (long long)k8s_tree_int(live, "status.succeeded", 0),
                   (long long)k8s_tree_int(live, "spec.completions", 1));
    return K8S_WAITING;
}

static k8s_readiness pod(const json_t *live, iac_buf *why)
{
    const char *phase = k8s_tree_text(live, "status.phase");

    if (strcmp(phase, "Succeeded") == 0 || condition_is(live, "Ready", "True")) {
        return K8S_READY;
    }
    iac_buf_printf(why, "its phase is %s", *phase ? phase : "not set");
    if (*k8s_tree_text(live, "status.message")) {
        iac_buf_printf(why, ": %s", k8s_tree_text(live, "status.message"));
    }
    return strcmp(phase, "Failed") == 0 ? K8S_FAILED : K8S_WAITING;
}

static k8s_readiness claim(const json_t *live, iac_buf *why)
{
    const char *phase = k8s_tree_text(live, "status.phase");

    if (strcmp(phase, "Bound") == 0) {
        return K8S_READY;
    }
    iac_buf_printf(why, "its phase is %s", *phase ? phase : "not set");
    return strcmp(phase, "Lost") == 0 ? K8S_FAILED : K8S_WAITING;
}

static k8s_readiness load_balanced(const json_t *live, iac_buf *why)
{
    if (strcmp(k8s_tree_text(live, "kind"), "Service") == 0 &&
        strcmp(k8s_tree_text(live, "spec.type"), "LoadBalancer") != 0) {
        return K8S_READY;
    }
    if (json_array_size(k8s_tree_at(live, "status.loadBalancer.ingress")) > 0) {
        return K8S_READY;
    }
    iac_buf_cstr(why, "the load balancer has no address yet");
    return K8S_WAITING;
}

static k8s_readiness definition(const json_t *live, iac_buf *why)
{
    if (condition_is(live, "Established", "True")) {
        return K8S_READY;
    }
    if (condition_is(live, "NamesAccepted", "False")) {
        return failed_by(live, "NamesAccepted", why);
    }
    iac_buf_cstr(why, "the definition is not established yet");
    return K8S_WAITING;
}

/* Any other kind: what well-behaved controllers say about their objects. */
static k8s_readiness other_kind(const json_t *live, iac_buf *why)
{
    const json_t *ready = condition_of(live, "Ready");

    if (k8s_tree_at(live, "status.observedGeneration") && !observed(live, why)) {
        return K8S_WAITING;
    }
    if (condition_is(live, "Stalled", "True")) {
        return failed_by(live, "Stalled", why);
    }
    if (condition_is(live, "Reconciling", "True")) {
        add_condition(why, condition_of(live, "Reconciling"));
        return K8S_WAITING;
    }
    if (ready && strcmp(k8s_tree_text(ready, "status"), "True") != 0) {
        add_condition(why, ready);
        return K8S_WAITING;
    }
    return K8S_READY;
}

k8s_readiness k8s_rollout_check(const json_t *live, iac_buf *why)
{
    static const struct {
        const char *kind;
        k8s_readiness (*check)(const json_t *live, iac_buf *why);
    } kinds[] = {
        { "Deployment", deployment }, { "StatefulSet", stateful_set },
        { "DaemonSet", daemon_set },  { "Job", job },
        { "Pod", pod },               { "PersistentVolumeClaim", claim },
        { "Service", load_balanced }, { "Ingress", load_balanced },
        { "CustomResourceDefinition", definition },
    };
    const char *kind = k8s_tree_text(live, "kind");

    iac_buf_reset(why);
    for (size_t i = 0; i < IAC_COUNT(kinds); i++) {
        if (strcmp(kinds[i].kind, kind) == 0) {
            return kinds[i].check(live, why);
        }
    }
    return other_kind(live, why);
}

/* Patterns */

static pcre2_code *compile(const char *pattern, iac_buf *why)
{
    int code;
    size_t at;
    unsigned char message[200];
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &at, NULL);

    if (!compiled) {
        pcre2_get_error_message(code, message, sizeof(message));
        iac_buf_printf(why, "%s at character %zu", (const char *)message, at + 1);
    }
    return compiled;
}

bool k8s_pattern_valid(const char *pattern, iac_buf *why)
{
    if (strcmp(pattern, "*") == 0) {
        return true;
    }
    pcre2_code *compiled = compile(pattern, why);
    pcre2_code_free(compiled);
    return compiled != NULL;
}

static bool matches(const char *pattern, const char *text, iac_buf *why)
{
    if (strcmp(pattern, "*") == 0) {
        return true;
    }
    pcre2_code *compiled = compile(pattern, why);
    if (!compiled) {
        return false;
    }
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(compiled, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(limits, 1000000); /* a pattern may need exponential time */
    int rc = pcre2_match(compiled, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, data, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    pcre2_code_free(compiled);
    return rc >= 0;
}

static void next_reason(iac_buf *why)
{
    iac_buf_cstr(why, why->n ? "; " : "");
}

static k8s_readiness fields_check(const json_t *live, const json_t *fields, iac_buf *why)
{
    const char *path;
    json_t *pattern;
    k8s_readiness all = K8S_READY;

    json_object_foreach((json_t *)fields, path, pattern) {
        const json_t *value = k8s_tree_at(live, path);
        char *text = json_is_string(value) ? iac_xstrdup(json_string_value(value))
                     : value && !json_is_null(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT)
                                                     : NULL;
        if (!text || !json_is_string(pattern) || !matches(json_string_value(pattern), text, why)) {
            next_reason(why);
            iac_buf_printf(why, "%s is %.200s", path, text ? text : "not set");
            all = K8S_WAITING;
        }
        free(text);
    }
    return all;
}

static k8s_readiness conditions_check(const json_t *live, const json_t *wanted, iac_buf *why)
{
    json_t *want;
    size_t i;
    k8s_readiness all = K8S_READY;

    json_array_foreach(wanted, i, want) {
        const char *type = k8s_tree_text(want, "type"), *status = k8s_tree_text(want, "status");
        status = *status ? status : "True";
        if (condition_is(live, type, status)) {
            continue;
        }
        next_reason(why);
        if (condition_of(live, type)) {
            add_condition(why, condition_of(live, type));
        } else {
            iac_buf_printf(why, "condition %s is not there", type);
        }
        all = K8S_WAITING;
    }
    return all;
}

k8s_readiness k8s_wait_check(const json_t *live, const json_t *wait, iac_buf *why)
{
    iac_buf_reset(why);
    if (json_is_true(json_object_get(wait, "rollout"))) {
        k8s_readiness rollout = k8s_rollout_check(live, why);
        if (rollout != K8S_READY) {
            return rollout;
        }
    }
    k8s_readiness conditions = conditions_check(live, json_object_get(wait, "condition"), why);
    k8s_readiness fields = fields_check(live, json_object_get(wait, "fields"), why);
    return conditions == K8S_READY ? fields : conditions;
}

/* A container that is waiting or has ended badly. */
static bool container_trouble(const json_t *status, iac_buf *out)
{
    const json_t *waiting = k8s_tree_at(status, "state.waiting"), *ended = k8s_tree_at(status, "state.terminated");
    const json_t *trouble = waiting ? waiting : ended;
    const char *reason = k8s_tree_text(trouble, "reason"), *message = k8s_tree_text(trouble, "message");

    if (!trouble || strcmp(reason, "Completed") == 0 || strcmp(reason, "ContainerCreating") == 0) {
        return false;
    }
    iac_buf_printf(out, "container %s: %s%s%.300s", k8s_tree_text(status, "name"), *reason ? reason : "not running",
                   *message ? ": " : "", message);
    if (ended) {
        iac_buf_printf(out, " (exit code %lld)", (long long)k8s_tree_int(ended, "exitCode", 0));
    }
    return true;
}

void k8s_pod_troubles(const json_t *pods, size_t limit, iac_buf *out)
{
    static const char *const lists[] = { "status.initContainerStatuses", "status.containerStatuses" };
    json_t *pod, *status;
    size_t i, j, shown = 0;

    json_array_foreach(json_object_get(pods, "items"), i, pod) {
        const char *name = k8s_tree_text(pod, "metadata.name");
        if (condition_is(pod, "PodScheduled", "False") && shown < limit) {
            iac_buf_printf(out, "\n  - pod %s: ", name);
            add_condition(out, condition_of(pod, "PodScheduled"));
            shown++;
        }
        for (size_t l = 0; l < IAC_COUNT(lists); l++) {
            json_array_foreach(k8s_tree_at(pod, lists[l]), j, status) {
                iac_buf line;
                iac_buf_init(&line, 4096);
                if (shown < limit && container_trouble(status, &line)) {
                    iac_buf_printf(out, "\n  - pod %s: %s", name, line.p);
                    shown++;
                }
                iac_buf_clear(&line);
            }
        }
    }
}

void k8s_deletion_blockers(const json_t *live, iac_buf *out)
{
    json_t *item;
    size_t i;

    json_array_foreach(k8s_tree_at(live, "metadata.finalizers"), i, item) {
        iac_buf_printf(out, "\n  - finalizer %s", json_string_value(item) ? json_string_value(item) : "?");
    }
    json_array_foreach(k8s_tree_at(live, "spec.finalizers"), i, item) {
        iac_buf_printf(out, "\n  - finalizer %s", json_string_value(item) ? json_string_value(item) : "?");
    }
    json_array_foreach(k8s_tree_at(live, "status.conditions"), i, item) {
        const char *type = k8s_tree_text(item, "type");
        if (strncmp(type, "Namespace", 9) == 0 && strcmp(k8s_tree_text(item, "status"), "True") == 0) {
            iac_buf_printf(out, "\n  - %s: %s", type, k8s_tree_text(item, "message"));
        }
    }
}
