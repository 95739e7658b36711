/* Where a cluster's address and credentials come from, and exec credential plugins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/net/kubeexec.h"
#include "lang/net/kubeconfig.h"
#include "providers/kubernetes/tree.h"

static char folder[200];
static struct {
    const char *name, *value;
} variables[16];

static const char *variable(const char *name)
{
    for (size_t i = 0; i < IAC_COUNT(variables); i++) {
        if (variables[i].name && strcmp(variables[i].name, name) == 0) {
            return variables[i].value;
        }
    }
    return NULL;
}

static k8s_access access_;
static iac_buf why;

static void set(const char *name, const char *value)
{
    size_t i = 0;
    while (variables[i].name) {
        i++;
    }
    variables[i].name = name;
    variables[i].value = value;
}

static const char *put_file(const char *name, const char *text, mode_t mode)
{
    static char paths[8][300];
    static size_t next;
    char *path = paths[next++ % 8];

    snprintf(path, 300, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    chmod(path, mode);
    return path;
}

static bool resolve(const char *settings)
{
    json_t *tree = json_loads(settings, 0, NULL);
    const k8s_surroundings around = { variable, folder };

    assert_non_null(tree);
    k8s_access_clear(&access_);
    iac_buf_reset(&why);
    bool ok = k8s_access_resolve(tree, &around, &access_, &why);
    json_decref(tree);
    return ok;
}

static bool resolve_path(const char *path, const char *more)
{
    char settings[1000];
    snprintf(settings, sizeof(settings), "{\"config_path\":\"%s\"%s}", path, more);
    return resolve(settings);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/iac-test-kubeconfig-%d", (int)getpid());
    mkdir(folder, 0700);
    memset(variables, 0, sizeof(variables));
    iac_buf_init(&why, 65536);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = { "a", "b", "ca", "cert", "key", "token", "ca.crt", "namespace", "plugin", "count" };
    char path[400];

    (void)state;
    k8s_access_clear(&access_);
    iac_buf_clear(&why);
    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}

static const char first[] =
    "apiVersion: v1\nkind: Config\ncurrent-context: one\n"
    "clusters:\n"
    "- name: c1\n  cluster: {server: 'https://one:6443/', certificate-authority-data: Y2E=, tls-server-name: kube.one, "
    "proxy-url: 'http://proxy:3128'}\n"
    "- name: c2\n  cluster: {server: 'https://two:6443', certificate-authority: ca}\n"
    "users:\n"
    "- name: u1\n  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}\n"
    "- name: u2\n  user: {token: t2, as: boss, as-groups: [g1, g2], as-user-extra: {scope: [x]}}\n"
    "- name: u3\n  user: {tokenFile: token}\n"
    "- name: u4\n  user: {username: joe, password: '123'}\n"
    "- name: u5\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [x], "
    "env: [{name: A, value: b}], interactiveMode: Never, provideClusterInfo: true}}\n"
    "- name: u6\n  user: {auth-provider: {name: gcp}}\n"
    "contexts:\n"
    "- name: one\n  context: {cluster: c1, user: u1}\n"
    "- name: two\n  context: {cluster: c2, user: u2, namespace: shop}\n";

static void test_kubernetes_kubeconfig__current_context_with_embedded_data(void **state)
{
    (void)state;
    assert_true(resolve_path(put_file("a", first, 0600), ""));
    assert_string_equal(access_.server, "https://one:6443");
    assert_string_equal(access_.ca_pem, "ca");
    assert_string_equal(access_.cert_pem, "cert");
    assert_string_equal(access_.key_pem, "key");
    assert_string_equal(access_.tls_server_name, "kube.one");
    assert_string_equal(access_.proxy_url, "http://proxy:3128");
    assert_null(access_.namespace_);
    assert_null(access_.token);
}

static void test_kubernetes_kubeconfig__named_context_and_files_beside_the_config(void **state)
{
    (void)state;
    const char *path = put_file("a", first, 0600);
    put_file("ca", "CA FILE", 0600);
    assert_true(resolve_path(path, ",\"config_context\":\"two\""));
    assert_string_equal(access_.server, "https://two:6443");
    assert_string_equal(access_.ca_pem, "CA FILE");
    assert_string_equal(access_.token, "t2");
    assert_string_equal(access_.namespace_, "shop");
    assert_string_equal(access_.as_user, "boss");
    assert_int_equal(json_array_size(access_.as_groups), 2);
    assert_string_equal(k8s_tree_text(access_.as_extra, "scope[0]"), "x");
    set("KUBE_CTX", "two");
    assert_true(resolve_path(path, ",\"config_context_auth_info\":\"u4\""));
    assert_string_equal(access_.username, "joe");
    assert_string_equal(access_.password, "123");
    assert_true(resolve_path(path, ",\"config_context_auth_info\":\"u3\",\"config_context_cluster\":\"c1\""));
    assert_string_equal(access_.server, "https://one:6443");
    assert_string_equal(strrchr(access_.token_file, '/'), "/token");
    assert_true(resolve_path(path, ",\"config_context_auth_info\":\"u5\""));
    assert_string_equal(strrchr(k8s_tree_text(access_.exec, "command"), '/'), "/plugin");
    assert_int_equal(k8s_tree_text(access_.exec, "command")[0], '/');
    assert_string_equal(k8s_tree_text(access_.exec, "env.A"), "b");
}

static void test_kubernetes_kubeconfig__several_files_first_entry_wins(void **state)
{
    (void)state;
    char settings[1000];
    const char *a = put_file("a", "clusters: [{name: c, cluster: {server: 'https://a'}}]\n"
                                  "contexts: [{name: x, context: {cluster: c, user: u}}]\n", 0600);
    const char *b = put_file("b", "clusters: [{name: c, cluster: {server: 'https://b'}}]\ncurrent-context: x\n"
                                  "users: [{name: u, user: {token: tb}}]\n", 0600);
    snprintf(settings, sizeof(settings), "{\"config_paths\":[\"%s\",\"%s\"]}", a, b);
    assert_true(resolve(settings));
    assert_string_equal(access_.server, "https://a");
    assert_string_equal(access_.token, "tb");
    char list[1000];
    snprintf(list, sizeof(list), "/nonexistent:%s:%s", a, b);
    set("KUBECONFIG", list);
    assert_true(resolve("{}")); /* a missing file of a list is passed over */
    assert_string_equal(access_.server, "https://a");
    assert_true(resolve("{\"host\":\"https://other\"}")); /* credentials of another cluster stay away */
    assert_string_equal(access_.server, "https://other");
    assert_null(access_.token);
}

static void test_kubernetes_kubeconfig__attributes_win_over_files(void **state)
{
    (void)state;
    const char *path = put_file("a", first, 0600);
    assert_true(resolve_path(path, ",\"host\":\"https://mine\",\"token\":\"tok\",\"cluster_ca_certificate\":\"PEM\""));
    assert_string_equal(access_.server, "https://mine");
    assert_string_equal(access_.token, "tok");
    assert_string_equal(access_.ca_pem, "PEM");
    assert_null(access_.tls_server_name); /* it was for the other host */
    assert_true(resolve_path(path, ",\"insecure\":true"));
    assert_true(access_.insecure);
    assert_null(access_.ca_pem);
    set("KUBE_TOKEN", "env");
    set("KUBE_HOST", "cluster:6443");
    assert_true(resolve("{}"));
    assert_string_equal(access_.server, "https://cluster:6443");
    assert_string_equal(access_.token, "env");
    assert_true(resolve("{\"exec\":[{\"api_version\":\"client.authentication.k8s.io/v1\",\"command\":\"aws\","
                        "\"args\":null,\"env\":{\"A\":\"b\"}}]}"));
    assert_null(access_.token);
    assert_string_equal(k8s_tree_text(access_.exec, "command"), "aws");
}

static void test_kubernetes_kubeconfig__nothing_configured_is_no_server(void **state)
{
    (void)state;
    assert_true(resolve("{}"));
    assert_null(access_.server);
}

static void test_kubernetes_kubeconfig__in_cluster_account(void **state)
{
    (void)state;
    put_file("token", "abc\n", 0600);
    put_file("ca.crt", "CA", 0600);
    put_file("namespace", "prod\n", 0600);
    set("KUBERNETES_SERVICE_HOST", "fd00::1");
    set("KUBERNETES_SERVICE_PORT", "443");
    assert_true(resolve("{}"));
    assert_string_equal(access_.server, "https://[fd00::1]:443");
    assert_string_equal(access_.ca_pem, "CA");
    assert_string_equal(access_.namespace_, "prod");
    assert_string_equal(strrchr(access_.token_file, '/'), "/token");
}

static void test_kubernetes_kubeconfig__mistakes_are_told(void **state)
{
    (void)state;
    const char *path = put_file("a", first, 0600);
    assert_false(resolve_path("/nonexistent/config", ""));
    assert_string_equal(why.p, "/nonexistent/config: No such file or directory");
    assert_false(resolve_path(path, ",\"config_context\":\"three\""));
    assert_non_null(strstr(why.p, "has no context named \"three\""));
    assert_false(resolve_path(path, ",\"config_context_auth_info\":\"u6\""));
    assert_non_null(strstr(why.p, "auth-provider"));
    assert_false(resolve_path(path, ",\"client_certificate\":\"x\""));
    assert_false(resolve_path(put_file("b", "a: [", 0600), ""));
    assert_non_null(strstr(why.p, "is not a kubeconfig file: line "));
    assert_false(resolve_path(put_file("b", "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
                                            "clusters: [{name: c, cluster: {server: 's', "
                                            "certificate-authority-data: '%'}}]\n",
                                       0600), ""));
    assert_string_equal(why.p, "certificate-authority-data of cluster \"c\" is not base64");
    assert_false(resolve_path(put_file("b", "clusters: []\n", 0600), ""));
    assert_non_null(strstr(why.p, "names no current context"));
    set("KUBECONFIG", "/nonexistent1:/nonexistent2");
    assert_false(resolve("{}"));
    assert_string_equal(why.p, "no file that KUBECONFIG names exists");
}

static void run_plugin(const char *script, k8s_credentials *credentials, bool *ret_ok)
{
    char config[1000];
    snprintf(config, sizeof(config),
             "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
             "clusters: [{name: c, cluster: {server: 'https://c'}}]\n"
             "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, "
             "args: [get, token], provideClusterInfo: true, env: [{name: SECRET, value: s3}]}}}]\n");
    put_file("plugin", script, 0700);
    assert_true(resolve_path(put_file("a", config, 0600), ""));
    iac_buf_reset(&why);
    *ret_ok = k8s_exec_run(&access_, NULL, NULL, credentials, &why);
}

static void test_kubernetes_exec__reads_the_credentials_a_plugin_prints(void **state)
{
    (void)state;
    k8s_credentials got;
    bool ok;
    run_plugin("#!/bin/sh\n"
               "case $KUBERNETES_EXEC_INFO in *'\"server\":\"https://c\"'*) ;; *) exit 3;; esac\n"
               "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":"
               "{\"token\":\"'$1-$2-$SECRET'\",\"expirationTimestamp\":\"2030-01-02T03:04:05Z\"}}'\n", &got, &ok);
    assert_true(ok);
    assert_string_equal(got.token, "get-token-s3");
    assert_int_equal(got.expires, 1893553445);
    k8s_credentials_clear(&got);
}

static void test_kubernetes_exec__failures_are_told_without_output(void **state)
{
    (void)state;
    k8s_credentials got;
    bool ok;
    run_plugin("#!/bin/sh\necho SECRET; echo no login >&2; exit 7\n", &got, &ok);
    assert_false(ok);
    assert_non_null(strstr(why.p, "failed with exit status 7: no login"));
    assert_null(strstr(why.p, "SECRET"));
    run_plugin("#!/bin/sh\necho hello\n", &got, &ok);
    assert_false(ok);
    assert_non_null(strstr(why.p, "did not print an ExecCredential"));
    run_plugin("#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\"}'\n",
               &got, &ok);
    assert_false(ok);
    assert_non_null(strstr(why.p, "API version"));
    run_plugin("#!/nonexistent/interpreter\n", &got, &ok);
    assert_false(ok);
    assert_non_null(strstr(why.p, "cannot be run"));
}

static void test_kubernetes_exec__times(void **state)
{
    (void)state;
    assert_int_equal(k8s_time_parse("1970-01-01T00:00:10Z"), 10);
    assert_int_equal(k8s_time_parse("1970-01-01T01:00:10.5+01:00"), 10);
    assert_int_equal(k8s_time_parse("soon"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_kubernetes_kubeconfig__current_context_with_embedded_data),
        TEST(test_kubernetes_kubeconfig__named_context_and_files_beside_the_config),
        TEST(test_kubernetes_kubeconfig__several_files_first_entry_wins),
        TEST(test_kubernetes_kubeconfig__attributes_win_over_files),
        TEST(test_kubernetes_kubeconfig__nothing_configured_is_no_server),
        TEST(test_kubernetes_kubeconfig__in_cluster_account),
        TEST(test_kubernetes_kubeconfig__mistakes_are_told),
        TEST(test_kubernetes_exec__reads_the_credentials_a_plugin_prints),
        TEST(test_kubernetes_exec__failures_are_told_without_output),
        TEST(test_kubernetes_exec__times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
