/* What of a live object concerns us: trees, ownership, projection, immutable fields, readiness, planning parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "providers/kubernetes/coerce.h"
#include "providers/kubernetes/discovery.h"
#include "providers/kubernetes/fields.h"
#include "providers/kubernetes/immutable.h"
#include "providers/kubernetes/plan.h"
#include "providers/kubernetes/wait.h"

/* JSON with single quotes, for readability; "?" stands for an unknown value. */
static json_t *tree(const char *text)
{
    char *copy = iac_xstrdup(text);
    for (char *p = copy; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }
    json_t *out = json_loads(copy, JSON_DECODE_ANY, NULL);
    if (!out) {
        fail_msg("bad JSON: %s", text);
    }
    free(copy);
    return out;
}

static json_t *with_unknowns(json_t *t)
{
    const char *key;
    json_t *value;
    void *next;
    size_t i;

    json_object_foreach_safe(t, next, key, value) {
        json_object_set_new(t, key, json_is_string(value) && strcmp(json_string_value(value), "?") == 0
                                        ? k8s_tree_unknown() : json_incref(with_unknowns(value)));
    }
    json_array_foreach(t, i, value) {
        json_array_set_new(t, i, json_is_string(value) && strcmp(json_string_value(value), "?") == 0
                                     ? k8s_tree_unknown() : json_incref(with_unknowns(value)));
    }
    return t;
}

/* Takes both references. */
static void expect_tree(json_t *got, json_t *want)
{
    if (!json_equal(got, want)) {
        char *a = json_dumps(got, JSON_SORT_KEYS | JSON_ENCODE_ANY), *b = json_dumps(want, JSON_SORT_KEYS);
        fail_msg("got  %s\nwant %s", a, b);
    }
    json_decref(got);
    json_decref(want);
}

static const char live_text[] =
    "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web','namespace':'default','uid':'u1',"
    "'resourceVersion':'7','labels':{'app':'web','foreign':'1'},'annotations':{'rev':'3'},'managedFields':["
    "{'manager':'iac','operation':'Apply','fieldsV1':{'f:metadata':{'f:labels':{'f:app':{}}},'f:spec':{'f:replicas':{},"
    "'f:selector':{},'f:strategy':{},'f:template':{'f:spec':{'f:containers':{'k:{\\'name\\':\\'a\\'}':{'.':{},'f:name':{},"
    "'f:image':{},'f:ports':{'k:{\\'containerPort\\':80,\\'protocol\\':\\'TCP\\'}':{'.':{},'f:containerPort':{}}}}}}}}}},"
    "{'manager':'kube-controller-manager','operation':'Update','subresource':'status','fieldsV1':{'f:status':{}}},"
    "{'manager':'hpa','operation':'Update','subresource':'scale','fieldsV1':{'f:spec':{'f:replicas':{}}}},"
    "{'manager':'editor','operation':'Update','fieldsV1':{'f:metadata':{'f:labels':{'f:foreign':{}}},"
    "'f:status':{'f:x':{}}}}]},"
    "'spec':{'replicas':3,'selector':{'matchLabels':{'app':'web'}},'strategy':{'type':'RollingUpdate'},'paused':false,"
    "'template':{'spec':{'containers':[{'name':'side','image':'s'},{'name':'a','image':'i','imagePullPolicy':'Always',"
    "'ports':[{'containerPort':80,'protocol':'TCP'}]}]}}},'status':{'replicas':3}}";

static json_t *live(void)
{
    char *copy = iac_xstrdup(live_text);
    json_t *out;

    /* the keys of list items hold escaped quotes */
    iac_buf text;
    iac_buf_init(&text, 65536);
    for (char *p = copy; *p; p++) {
        if (*p == '\\' && p[1] == '\'') {
            iac_buf_cstr(&text, "\\\"");
            p++;
        } else {
            iac_buf_char(&text, *p == '\'' ? '"' : *p);
        }
    }
    out = json_loads(text.p, 0, NULL);
    iac_buf_clear(&text);
    free(copy);
    assert_non_null(out);
    return out;
}

static void test_kubernetes_fields__projection_shows_what_we_own(void **state)
{
    (void)state;
    json_t *l = live(), *body = tree("{'spec':{'strategy':{}}}"), *extra = tree("['status.replicas','status.none']");
    expect_tree(k8s_project(l, k8s_fields_own(l, "iac"), NULL, body, extra),
                tree("{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web','namespace':'default',"
                     "'uid':'u1','labels':{'app':'web'}},'spec':{'replicas':3,'selector':{'matchLabels':{'app':'web'}},"
                     "'strategy':{},'template':{'spec':{'containers':[{'name':'a','image':'i','ports':["
                     "{'containerPort':80}]}]}}},'status':{'replicas':3,'none':null}}"));
    json_decref(l);
    json_decref(body);
    json_decref(extra);
}

static void test_kubernetes_fields__what_was_lost_stays_in_view(void **state)
{
    (void)state;
    json_t *l = live();
    json_t *shape = tree("{'metadata':{'labels':{'foreign':'0','gone':'1'},'annotations':{'never':null}},"
                         "'spec':{'paused':true}}");
    expect_tree(k8s_project(l, NULL, shape, NULL, NULL),
                tree("{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web','namespace':'default',"
                     "'uid':'u1','labels':{'foreign':'1'},'annotations':{'never':null}},'spec':{'paused':false}}"));
    json_decref(l);
    json_decref(shape);
}

static void test_kubernetes_fields__owners(void **state)
{
    (void)state;
    json_t *l = live();
    assert_non_null(k8s_fields_own(l, "iac"));
    assert_null(k8s_fields_own(l, "editor")); /* an update is no apply */
    assert_true(k8s_fields_has_replicas(k8s_fields_own(l, "iac")));
    assert_string_equal(k8s_fields_scaler(l, "iac"), "hpa");
    json_t *authored = k8s_fields_authored(l);
    assert_non_null(k8s_tree_at(authored, "[\"f:metadata\"][\"f:labels\"][\"f:foreign\"]"));
    assert_non_null(k8s_tree_at(authored, "[\"f:spec\"][\"f:replicas\"]"));
    assert_null(json_object_get(authored, "f:status"));
    json_decref(authored);
    json_decref(l);
}

static void test_kubernetes_tree__paths(void **state)
{
    (void)state;
    json_t *t = tree("{'a':{'b.c/d':[{'x':1},{'x':2}]},'n':null}");
    assert_int_equal(k8s_tree_int(t, "a[\"b.c/d\"][1].x", 0), 2);
    assert_int_equal(k8s_tree_int(t, "a['b.c/d'].0.x", 0), 1);
    assert_null(k8s_tree_at(t, "a.b[7]"));
    json_t *five = json_integer(5);
    k8s_tree_put(t, "new.deep.x", five);
    k8s_tree_put(t, "a[\"b.c/d\"][0].x", five);
    k8s_tree_put(t, "n.x", five);
    json_decref(five);
    k8s_tree_remove(t, "a[\"b.c/d\"][1]");
    expect_tree(t, tree("{'a':{'b.c/d':[{'x':5}]},'n':null,'new':{'deep':{'x':5}}}"));
    static const char *const bad[] = { "a..b", ".a", "a.", "a[", "a[x]", "a[\"x]", "a[1", "[99999999999999999999]" };
    for (size_t i = 0; i < IAC_COUNT(bad); i++) {
        k8s_path path;
        assert_false(k8s_path_parse(bad[i], &path));
    }
}

static void test_kubernetes_tree__comparison_ignores_nulls_and_forms_of_numbers(void **state)
{
    (void)state;
    json_t *a = tree("{'x':1,'y':null,'l':[{'z':null}]}"), *b = tree("{'x':1.0,'l':[{}]}");
    json_t *c = tree("{'x':2,'l':[{}],'w':{'v':1}}");
    assert_true(k8s_tree_equal(a, b));
    assert_true(k8s_tree_hash(a) == k8s_tree_hash(b));
    assert_false(k8s_tree_equal(a, c));
    assert_null(k8s_tree_differences(a, b, 5));
    char *text = k8s_tree_differences(a, c, 5);
    assert_string_equal(text, "x, w");
    free(text);
    json_decref(a);
    json_decref(b);
    json_decref(c);
}

static void test_kubernetes_plan__body_takes_unknowns_from_the_state_or_leaves_them_out(void **state)
{
    (void)state;
    json_t *wanted = with_unknowns(tree("{'a':'?','b':{'c':'?','d':1},'l':[{'n':'x','i':'?'}],'m':['?',2]}"));
    json_t *known = tree("{'a':9,'l':[{'n':'x','i':'old'}]}");
    expect_tree(k8s_plan_body(wanted, known), tree("{'a':9,'b':{'d':1},'l':[{'n':'x','i':'old'}],'m':[2]}"));
    expect_tree(k8s_plan_body(wanted, NULL), tree("{'b':{'d':1},'l':[{'n':'x'}],'m':[2]}"));
    json_t *result = tree("{'a':9,'b':{'d':1},'l':[{'n':'x','i':'old','more':1}],'m':[2],'z':0}");
    expect_tree(k8s_plan_mark_unknown(result, wanted),
                with_unknowns(tree("{'a':'?','b':{'c':'?','d':1},'l':[{'n':'x','i':'?','more':1}],'m':'?','z':0}")));
    json_decref(result);
    result = tree("{'l':[{'n':'other','i':'old'}]}"); /* the items moved: which is which cannot be told */
    expect_tree(k8s_plan_mark_unknown(result, wanted),
                with_unknowns(tree("{'a':'?','b':{'c':'?'},'l':'?','m':'?'}")));
    json_decref(result);
    json_decref(wanted);
    json_decref(known);
}

static void test_kubernetes_plan__what_was_planned_is_what_is_stored(void **state)
{
    (void)state;
    json_t *planned = with_unknowns(tree("{'a':1,'u':'?','n':{'x':'?','y':2},'none':'?'}"));
    json_t *made = tree("{'a':5,'u':'id','n':{'x':7,'y':8},'extra':1}");
    expect_tree(k8s_apply_conform(planned, made), tree("{'a':1,'u':'id','n':{'x':7,'y':2},'none':null}"));
    json_decref(planned);
    json_decref(made);
}

static void test_kubernetes_immutable__by_table(void **state)
{
    (void)state;
    json_t *a = tree("{'spec':{'selector':{'x':1},'replicas':1}}"), *b = tree("{'spec':{'selector':{'x':2},'replicas':2}}");
    expect_tree(k8s_immutable_changes("apps", "Deployment", a, b), tree("['spec.selector']"));
    expect_tree(k8s_immutable_changes("example.com", "Deployment", a, b), tree("[]"));
    json_decref(a);
    json_decref(b);
    a = tree("{'immutable':true,'data':{'k':'1'}}");
    b = with_unknowns(tree("{'immutable':true,'data':{'k':'?'}}"));
    expect_tree(k8s_immutable_changes("", "ConfigMap", a, b), tree("[]"));
    json_object_set_new(b, "data", tree("{'k':'2'}"));
    expect_tree(k8s_immutable_changes("", "ConfigMap", a, b), tree("['data']"));
    json_decref(a);
    json_decref(b);
}

static void test_kubernetes_immutable__by_the_servers_refusal(void **state)
{
    (void)state;
    json_t *paths;
    json_t *s = tree("{'code':422,'details':{'causes':[{'field':'spec.selector','message':'field is immutable'}]}}");
    assert_true(k8s_immutable_refusal(s, &paths));
    expect_tree(paths, tree("['spec.selector']"));
    json_array_append_new(k8s_tree_at(s, "details.causes"), tree("{'field':'spec.x','message':'Required value'}"));
    assert_false(k8s_immutable_refusal(s, &paths)); /* another fault as well: replacing would not help */
    json_decref(s);
    s = tree("{'code':409,'message':'is immutable'}");
    assert_false(k8s_immutable_refusal(s, &paths));
    json_decref(s);
}

static void expect_rollout(const char *text, k8s_readiness want, const char *part)
{
    json_t *l = tree(text);
    iac_buf why;
    iac_buf_init(&why, 4096);
    k8s_readiness got = k8s_rollout_check(l, &why);
    if (got != want || !strstr(why.p, part)) {
        fail_msg("%s\n is %d (%s), want %d (%s)", text, (int)got, why.p, (int)want, part);
    }
    iac_buf_clear(&why);
    json_decref(l);
}

static void test_kubernetes_wait__rollouts(void **state)
{
    (void)state;
    expect_rollout("{'kind':'Deployment','metadata':{'generation':2},'spec':{'replicas':2},'status':"
                   "{'observedGeneration':1}}", K8S_WAITING, "has not seen");
    expect_rollout("{'kind':'Deployment','metadata':{'generation':2},'spec':{'replicas':2},'status':"
                   "{'observedGeneration':2,'replicas':3,'updatedReplicas':2,'availableReplicas':2}}", K8S_WAITING,
                   "1 old replicas");
    expect_rollout("{'kind':'Deployment','metadata':{'generation':2},'spec':{'replicas':2},'status':"
                   "{'observedGeneration':2,'replicas':2,'updatedReplicas':2,'availableReplicas':1}}", K8S_WAITING,
                   "1 of 2 replicas are available");
    expect_rollout("{'kind':'Deployment','metadata':{'generation':2},'spec':{'replicas':2},'status':"
                   "{'observedGeneration':2,'replicas':2,'updatedReplicas':2,'availableReplicas':2}}", K8S_READY, "");
    expect_rollout("{'kind':'Deployment','metadata':{'generation':1},'status':{'observedGeneration':1,'conditions':"
                   "[{'type':'Progressing','status':'False','reason':'ProgressDeadlineExceeded','message':'late'}]}}",
                   K8S_FAILED, "late");
    expect_rollout("{'kind':'StatefulSet','metadata':{'generation':1},'spec':{'replicas':1},'status':"
                   "{'observedGeneration':1,'readyReplicas':1,'currentRevision':'a','updateRevision':'b'}}", K8S_WAITING,
                   "updated");
    expect_rollout("{'kind':'StatefulSet','spec':{'updateStrategy':{'type':'OnDelete'}}}", K8S_READY, "");
    expect_rollout("{'kind':'DaemonSet','metadata':{'generation':1},'status':{'observedGeneration':1,"
                   "'desiredNumberScheduled':3,'updatedNumberScheduled':3,'numberAvailable':2}}", K8S_WAITING,
                   "2 of 3");
    expect_rollout("{'kind':'Job','status':{'conditions':[{'type':'Complete','status':'True'}]}}", K8S_READY, "");
    expect_rollout("{'kind':'Job','status':{'conditions':[{'type':'Failed','status':'True','reason':"
                   "'BackoffLimitExceeded'}]}}", K8S_FAILED, "BackoffLimitExceeded");
    expect_rollout("{'kind':'Service','spec':{'type':'LoadBalancer'}}", K8S_WAITING, "no address");
    expect_rollout("{'kind':'Widget','status':{'conditions':[{'type':'Ready','status':'False','message':'no'}]}}",
                   K8S_WAITING, "no");
    expect_rollout("{'kind':'Widget'}", K8S_READY, "");
}

static void test_kubernetes_wait__says_what_is_wrong_with_pods(void **state)
{
    (void)state;
    json_t *pods = tree("{'items':[{'metadata':{'name':'p1'},'status':{'containerStatuses':[{'name':'a','state':"
                        "{'waiting':{'reason':'ImagePullBackOff','message':'no such image'}}},{'name':'b','state':"
                        "{'running':{}}}]}},{'metadata':{'name':'p2'},'status':{'conditions':[{'type':'PodScheduled',"
                        "'status':'False','reason':'Unschedulable','message':'no room'}]}},{'metadata':{'name':'p3'},"
                        "'status':{'containerStatuses':[{'name':'c','state':{'terminated':{'reason':'Error','exitCode':"
                        "7}}}]}}]}");
    iac_buf out;
    iac_buf_init(&out, 4096);
    k8s_pod_troubles(pods, 10, &out);
    assert_string_equal(out.p, "\n  - pod p1: container a: ImagePullBackOff: no such image"
                               "\n  - pod p2: PodScheduled is False (Unschedulable): no room"
                               "\n  - pod p3: container c: Error (exit code 7)");
    iac_buf_clear(&out);
    json_decref(pods);
}

static void test_kubernetes_wait__conditions_and_fields_together(void **state)
{
    (void)state;
    json_t *wait = tree("{'rollout':null,'condition':[{'type':'Ready','status':null}],'fields':{'status.phase':"
                        "'^(Run|Succ)','status.ip':'*'}}");
    json_t *l = tree("{'kind':'Pod','status':{'phase':'Pending'}}");
    iac_buf why;
    iac_buf_init(&why, 4096);
    assert_int_equal(k8s_wait_check(l, wait, &why), K8S_WAITING);
    assert_string_equal(why.p, "condition Ready is not there; status.phase is Pending; status.ip is not set");
    json_decref(l);
    l = tree("{'status':{'phase':'Running','ip':'10.0.0.1','conditions':[{'type':'Ready','status':'True'}]}}");
    assert_int_equal(k8s_wait_check(l, wait, &why), K8S_READY);
    assert_false(k8s_pattern_valid("(", &why));
    iac_buf_clear(&why);
    json_decref(l);
    json_decref(wait);
}

static void test_kubernetes_discovery__reads_both_forms(void **state)
{
    (void)state;
    k8s_kinds *kinds = k8s_kinds_new();
    json_t *a = tree("{'kind':'APIGroupDiscoveryList','items':[{'metadata':{'name':'apps'},'versions':[{'version':'v1',"
                     "'resources':[{'resource':'deployments','responseKind':{'kind':'Deployment'},'scope':'Namespaced'}]"
                     "}]}]}");
    json_t *b = tree("{'kind':'APIResourceList','groupVersion':'v1','resources':[{'name':'nodes','kind':'Node',"
                     "'namespaced':false},{'name':'pods/status','kind':'Pod','namespaced':true}]}");
    assert_true(k8s_kinds_add_aggregated(kinds, a));
    assert_false(k8s_kinds_add_aggregated(kinds, b));
    assert_true(k8s_kinds_add_list(kinds, b));
    assert_string_equal(k8s_kinds_get(kinds, "apps/v1", "Deployment")->plural, "deployments");
    assert_true(k8s_kinds_get(kinds, "apps/v1", "Deployment")->namespaced);
    assert_false(k8s_kinds_get(kinds, "v1", "Node")->namespaced);
    assert_null(k8s_kinds_get(kinds, "v1", "Pod"));
    json_decref(a);
    json_decref(b);
    k8s_kinds_free(kinds);
}

static void test_kubernetes_coerce__strings_where_only_strings_are_known(void **state)
{
    (void)state;
    json_t *m = tree("{'apiVersion':'v1','kind':'ConfigMap','metadata':{'labels':{'a':1,'b':true}},'data':{'x':2.5}}");
    k8s_coerce_known(m);
    expect_tree(m, tree("{'apiVersion':'v1','kind':'ConfigMap','metadata':{'labels':{'a':'1','b':'true'}},"
                        "'data':{'x':'2.5'}}"));
    m = with_unknowns(tree("{'apiVersion':'apps/v1','kind':'Deployment','spec':{'replicas':3,'template':{'spec':{"
                           "'containers':[{'args':[1,'?'],'env':[{'name':'a','value':5}],'ports':[{'containerPort':80}]}]"
                           "}}}}"));
    k8s_coerce_known(m);
    expect_tree(m, with_unknowns(tree("{'apiVersion':'apps/v1','kind':'Deployment','spec':{'replicas':3,'template':{"
                                      "'spec':{'containers':[{'args':['1','?'],'env':[{'name':'a','value':'5'}],'ports':["
                                      "{'containerPort':80}]}]}}}}")));
    m = tree("{'apiVersion':'example.com/v1','kind':'X','spec':{'args':[1]}}");
    k8s_coerce_known(m);
    expect_tree(m, tree("{'apiVersion':'example.com/v1','kind':'X','spec':{'args':[1]}}"));
}

static void test_kubernetes_coerce__by_what_the_server_refuses(void **state)
{
    (void)state;
    json_t *b = tree("{'spec':{'size':'3','on':'true','list':[{'name':'a b','v':7}],'bad':'x'}}");
    assert_true(k8s_coerce_refused(b, "failed to create typed patch object (default/w; v1, Kind=W): errors:\n"
                                      "  .spec.size: expected numeric (int or float), got &value\n"
                                      "  .spec.on: expected boolean, got &{true}\n"
                                      "  .spec.list[name=\"a b\"].v: expected string, got &{7}\n"
                                      "  .spec.bad: expected boolean, got &{x}\n"));
    json_t *after = json_deep_copy(b);
    expect_tree(b, tree("{'spec':{'size':3,'on':true,'list':[{'name':'a b','v':'7'}],'bad':'x'}}"));
    assert_false(k8s_coerce_refused(after, ".spec.bad: expected boolean, got &{x}"));
    assert_false(k8s_coerce_refused(after, ".spec.none: expected string, got 1"));
    assert_false(k8s_coerce_refused(after, ": expected string, got 1"));
    json_decref(after);
}

static void test_kubernetes_object__durations(void **state)
{
    (void)state;
    uint64_t ms;
    assert_true(k8s_duration_parse("1h30m", &ms) && ms == 5400000);
    assert_true(k8s_duration_parse("1.5s", &ms) && ms == 1500);
    assert_true(k8s_duration_parse("300ms", &ms) && ms == 300);
    assert_false(k8s_duration_parse("", &ms));
    assert_false(k8s_duration_parse("10", &ms));
    assert_false(k8s_duration_parse("-1s", &ms));
    assert_false(k8s_duration_parse("m", &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubernetes_fields__projection_shows_what_we_own),
        cmocka_unit_test(test_kubernetes_fields__what_was_lost_stays_in_view),
        cmocka_unit_test(test_kubernetes_fields__owners),
        cmocka_unit_test(test_kubernetes_tree__paths),
        cmocka_unit_test(test_kubernetes_tree__comparison_ignores_nulls_and_forms_of_numbers),
        cmocka_unit_test(test_kubernetes_plan__body_takes_unknowns_from_the_state_or_leaves_them_out),
        cmocka_unit_test(test_kubernetes_plan__what_was_planned_is_what_is_stored),
        cmocka_unit_test(test_kubernetes_immutable__by_table),
        cmocka_unit_test(test_kubernetes_immutable__by_the_servers_refusal),
        cmocka_unit_test(test_kubernetes_wait__rollouts),
        cmocka_unit_test(test_kubernetes_wait__says_what_is_wrong_with_pods),
        cmocka_unit_test(test_kubernetes_wait__conditions_and_fields_together),
        cmocka_unit_test(test_kubernetes_discovery__reads_both_forms),
        cmocka_unit_test(test_kubernetes_coerce__strings_where_only_strings_are_known),
        cmocka_unit_test(test_kubernetes_coerce__by_what_the_server_refuses),
        cmocka_unit_test(test_kubernetes_object__durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
