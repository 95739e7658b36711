#!/bin/bash
# The Kubernetes provider against real API servers: every case runs iac and asks kubectl what came of it.
#
# Servers: the binaries that KUBEBUILDER_ASSETS names (etcd, kube-apiserver and perhaps kube-controller-manager); else
# those of ../shared/envtest, where that folder is present; else, with IAC_ACC=1, the cluster of KUBECONFIG. With none
# of these the tests are skipped. IAC names the program (default build/iac), PLUGINS the folder of its providers.
# Arguments name the cases to run; all by default.
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/kubernetes
IAC=$(realpath -m "${IAC:-$root/build/iac}")
PLUGINS=$(realpath -m "${PLUGINS:-$(dirname "$IAC")/providers}")
work=$(mktemp -d)
started=()
passed=0
failed=0
skipped=0
only=("$@")

finish() {
    local run
    for run in "${started[@]}"; do
        "$here/server.sh" stop "$run"
    done
    rm -rf "$work"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

skip_all() {
    echo "SKIP tests/kubernetes: $1"
    skipped=$((skipped + 1))
    finish
    exit 0
}

# ---- what cases use ----

case_failed=0
fail() {
    case_failed=1
    case_output+=$*$'\n'
}

run_iac() { # output and status are left in $out and $status
    out=$(cd "$dir" && IAC_PLUGIN_PATH=$PLUGINS "$IAC" "$@" 2>&1)
    status=$?
}

ok() { # iac arguments: must succeed
    run_iac "$@"
    [ "$status" -eq 0 ] || fail "iac $* gave $status:"$'\n'"$out"
}

refused() { # iac arguments: must fail with status 1
    run_iac "$@"
    [ "$status" -eq 1 ] || fail "iac $* gave $status, not 1:"$'\n'"$out"
}

no_changes() {
    run_iac plan -input=false -no-color -detailed-exitcode
    [ "$status" -eq 0 ] || fail "a plan with no changes gave $status:"$'\n'"$out"
}

apply() {
    ok apply -auto-approve -input=false -no-color "$@"
}

says() { # text: must be in the last output, whatever its line breaks
    local flat
    flat=$(printf '%s' "$out" | tr -s '\n │' ' ')
    [[ $flat == *"$1"* ]] || fail "the output does not say \"$1\":"$'\n'"$out"
}

silent_on() {
    [[ $out != *"$1"* ]] || fail "the output says \"$1\":"$'\n'"$out"
}

sees() { # expected, kubectl arguments
    local want=$1 got
    shift
    got=$(kubectl "$@" 2>&1)
    [ "$got" = "$want" ] || fail "kubectl $* says \"$got\", not \"$want\""
}

gone() { # kubectl arguments of a get
    local got
    got=$(kubectl get "$@" -o name --ignore-not-found 2>&1)
    [ -z "$got" ] || fail "kubectl still sees $got"
}

configure() { # writes main.tf from the standard input below the provider's requirements
    cat > "$dir/main.tf" <<EOF
terraform {
  required_providers {
    kubernetes = { source = "hashicorp/kubernetes" }
  }
}
EOF
    cat >> "$dir/main.tf"
    ok init -input=false -no-color
}

# ---- the cases ----

case_seed_applies_unchanged() {
    cp "$here/seed/deployment.yml" "$dir/deployment.yml"
    if ! kubectl api-versions | grep -qx autoscaling/v2; then # a server from before autoscaling/v2
        sed -i 's|autoscaling/v2|autoscaling/v2beta2|' "$dir/deployment.yml"
    fi
    configure <<'EOF'
resource "kubernetes_manifest" "app" {
  for_each = { for m in provider::kubernetes::manifest_decode_multi(file("${path.module}/deployment.yml")) : "${m.kind}/${m.metadata.name}" => m }
  manifest = each.value
}
EOF
    ok plan -input=false -no-color
    says "Plan: 3 to add, 0 to change, 0 to destroy."
    gone deployment/myapp
    apply
    says "Apply complete! Resources: 3 added, 0 changed, 0 destroyed."
    sees "3 registry.example.com/myapp:latest" get deployment myapp \
        -o 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image}'
    sees "LoadBalancer 80" get service myapp -o 'jsonpath={.spec.type} {.spec.ports[0].port}'
    sees "10" get hpa myapp -o 'jsonpath={.spec.maxReplicas}'
    no_changes

    kubectl annotate deployment myapp somebody=else > /dev/null
    no_changes

    sed -i 's|replicas: 3|replicas: 5|; s|myapp:latest|myapp:v2|' "$dir/deployment.yml"
    ok plan -input=false -no-color
    says "Plan: 0 to add, 1 to change, 0 to destroy."
    says '-> 5'
    says '-> "registry.example.com/myapp:v2"'
    local uid
    uid=$(kubectl get deployment myapp -o 'jsonpath={.metadata.uid}')
    apply
    sees "5 registry.example.com/myapp:v2 $uid else" get deployment myapp \
        -o 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image} {.metadata.uid} {.metadata.annotations.somebody}'
    no_changes
    ok destroy -auto-approve -input=false -no-color
    says "Destroy complete! Resources: 3 destroyed."
    gone deployment/myapp
    gone service/myapp
    gone hpa/myapp
}

config_map() { # data
    configure <<EOF
resource "kubernetes_manifest" "cm" {
  manifest = {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = "iac-cm", namespace = "default" }
    data       = $1
  }
  $2
}
EOF
}

case_drift_is_seen_and_conflicts_are_shown_by_the_plan() {
    config_map '{ a = "1" }' ''
    apply
    kubectl patch configmap iac-cm --field-manager=somebody -p '{"data":{"a":"9","b":"theirs"}}' > /dev/null
    refused plan -input=false -no-color
    says "Conflict with another field manager"
    says 'conflict with "somebody"'
    config_map '{ a = "1" }' 'field_manager { force_conflicts = true }'
    apply
    sees "1 theirs" get configmap iac-cm -o 'jsonpath={.data.a} {.data.b}'
    no_changes
    config_map '{ c = "3" }' 'field_manager { force_conflicts = true }'
    apply
    sees '{"b":"theirs","c":"3"}' get configmap iac-cm -o 'jsonpath={.data}'
    no_changes
    kubectl delete configmap iac-cm > /dev/null
    ok plan -input=false -no-color
    says "Plan: 1 to add, 0 to change, 0 to destroy."
}

job() { # image
    configure <<EOF
resource "kubernetes_manifest" "job" {
  manifest = {
    apiVersion = "batch/v1"
    kind       = "Job"
    metadata   = { name = "iac-job", namespace = "default" }
    spec = { template = { spec = { restartPolicy = "Never", containers = [{ name = "a", image = "$1" }] } } }
  }
}
EOF
}

case_immutable_fields_replace() {
    job one
    apply
    local uid
    uid=$(kubectl get job iac-job -o 'jsonpath={.metadata.uid}')
    job two
    ok plan -input=false -no-color
    says "must be replaced"
    apply
    sees two get job iac-job -o 'jsonpath={.spec.template.spec.containers[0].image}'
    [ "$(kubectl get job iac-job -o 'jsonpath={.metadata.uid}')" != "$uid" ] || fail "the job is still the old one"
    no_changes
}

case_unknown_values_are_planned_and_settled() {
    configure <<'EOF'
resource "terraform_data" "v" {
  input = "hello"
}
resource "kubernetes_manifest" "cm" {
  manifest = {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = "iac-unknown", namespace = "default" }
    data       = { a = terraform_data.v.output, b = "known" }
  }
}
output "uid" {
  value = kubernetes_manifest.cm.object.metadata.uid
}
EOF
    ok plan -input=false -no-color
    says "(known after apply)"
    apply
    sees "hello known" get configmap iac-unknown -o 'jsonpath={.data.a} {.data.b}'
    ok output -raw uid
    [ "$out" = "$(kubectl get configmap iac-unknown -o 'jsonpath={.metadata.uid}')" ] || fail "output uid is $out"
    no_changes
}

case_kind_and_object_in_one_apply() {
    configure <<'EOF'
resource "kubernetes_manifest" "crd" {
  manifest = {
    apiVersion = "apiextensions.k8s.io/v1"
    kind       = "CustomResourceDefinition"
    metadata   = { name = "gadgets.iac.example.com" }
    spec = {
      group = "iac.example.com"
      scope = "Namespaced"
      names = { plural = "gadgets", singular = "gadget", kind = "Gadget" }
      versions = [{
        name    = "v1"
        served  = true
        storage = true
        schema  = { openAPIV3Schema = { type = "object", properties = { spec = { type = "object", properties = { size = { type = "integer" } } } } } }
      }]
    }
  }
}
resource "kubernetes_manifest" "space" {
  manifest = { apiVersion = "v1", kind = "Namespace", metadata = { name = "iac-gadgets" } }
}
resource "kubernetes_manifest" "gadget" {
  manifest = {
    apiVersion = "iac.example.com/v1"
    kind       = "Gadget"
    metadata   = { name = "one", namespace = "iac-gadgets" }
    spec       = { size = 3 }
  }
  depends_on = [kubernetes_manifest.crd, kubernetes_manifest.space]
}
EOF
    ok plan -input=false -no-color
    says "Plan: 3 to add, 0 to change, 0 to destroy."
    apply
    sees 3 get gadgets.iac.example.com one -n iac-gadgets -o 'jsonpath={.spec.size}'
    no_changes
}

case_wait_for_a_rollout() {
    if [ "$controllers" = 0 ]; then
        skip_case "the server has no controllers"
        return
    fi
    configure <<'EOF'
resource "kubernetes_manifest" "web" {
  manifest = {
    apiVersion = "apps/v1"
    kind       = "Deployment"
    metadata   = { name = "iac-web", namespace = "default" }
    spec = {
      replicas = 1
      selector = { matchLabels = { app = "iac-web" } }
      template = {
        metadata = { labels = { app = "iac-web" } }
        spec     = { containers = [{ name = "a", image = "b" }] }
      }
    }
  }
  wait { rollout = true }
  timeouts { create = "600s" }
}
EOF
    ( # plays the kubelet: reports the pod as ready
        for _ in $(seq 600); do
            pod=$(kubectl get pods -l app=iac-web -o 'jsonpath={.items[0].metadata.name}' 2>/dev/null) && [ -n "$pod" ] && break
            sleep 0.2
        done
        sleep 1
        for _ in $(seq 10); do # the port may be somebody's
            port=$((20000 + RANDOM % 10000))
            kubectl proxy --port="$port" > /dev/null 2>&1 &
            proxy=$!
            for _ in $(seq 100); do
                curl -sf -o /dev/null "http://127.0.0.1:$port/version" && break 2
                kill -0 "$proxy" 2> /dev/null || break
                sleep 0.1
            done
            kill "$proxy" 2> /dev/null
        done
        now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
        curl -s -X PATCH -H 'Content-Type: application/merge-patch+json' -o /dev/null \
            "http://127.0.0.1:$port/api/v1/namespaces/default/pods/$pod/status" \
            -d "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"$now\"}]}}"
        kill "$proxy"
    ) &
    local kubelet=$!
    apply
    wait "$kubelet"
    sees 1 get deployment iac-web -o 'jsonpath={.status.availableReplicas}'
    no_changes
}

case_delete_waits_and_names_finalizers() {
    config_map '{ a = "1" }' 'timeouts { delete = "2s" }'
    apply
    kubectl patch configmap iac-cm -p '{"metadata":{"finalizers":["iac.example.com/hold"]}}' > /dev/null
    refused destroy -auto-approve -input=false -no-color
    says "iac.example.com/hold"
    ok state list
    says "kubernetes_manifest.cm"
    kubectl patch configmap iac-cm -p '{"metadata":{"finalizers":null}}' > /dev/null
    ok destroy -auto-approve -input=false -no-color
    gone configmap/iac-cm
}

case_existing_objects_are_left_alone_and_can_be_imported() {
    kubectl create configmap iac-cm --from-literal=a=1 > /dev/null
    config_map '{ a = "2" }' ''
    refused apply -auto-approve -input=false -no-color
    says "Object exists already"
    sees 1 get configmap iac-cm -o 'jsonpath={.data.a}'
    local uid
    uid=$(kubectl get configmap iac-cm -o 'jsonpath={.metadata.uid}')
    refused import -input=false -no-color kubernetes_manifest.cm nonsense
    says "Invalid import id"
    refused import -input=false -no-color kubernetes_manifest.cm apiVersion=v1,kind=ConfigMap,namespace=default,name=iac-none
    says "Cannot import non-existent remote object"
    ok import -input=false -no-color kubernetes_manifest.cm \
        apiVersion=v1,kind=ConfigMap,namespace=default,name=iac-cm
    config_map '{ b = "2" }' ''
    ok plan -input=false -no-color
    says "Plan: 0 to add, 1 to change, 0 to destroy."
    apply
    sees "$uid 2" get configmap iac-cm -o 'jsonpath={.metadata.uid} {.data.b}'
    no_changes
}

case_errors_are_told() {
    configure <<'EOF'
provider "kubernetes" {
  config_path    = "/nonexistent/kubeconfig"
}
resource "kubernetes_manifest" "x" {
  manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "iac-x", namespace = "default" } }
}
EOF
    refused plan -input=false -no-color
    says "/nonexistent/kubeconfig: No such file or directory"
    configure <<'EOF'
resource "kubernetes_manifest" "x" {
  manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "iac-x", namespace = "default" }, status = {} }
}
EOF
    refused plan -input=false -no-color
    says "'status' attribute key is not allowed"
    configure <<'EOF'
resource "kubernetes_manifest" "x" {
  manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "Not A Name", namespace = "default" } }
}
EOF
    refused plan -input=false -no-color
    says "422 Invalid"
}

case_nothing_configured_never_dials_localhost() {
    configure <<'EOF'
resource "kubernetes_manifest" "x" {
  manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "iac-x", namespace = "default" } }
}
EOF
    local saved=$KUBECONFIG
    unset KUBECONFIG
    refused plan -input=false -no-color
    export KUBECONFIG=$saved
    says "No cluster is configured"
    silent_on "localhost"
}

case_exec_plugins_and_expired_tokens() {
    local config=$dir/exec.kubeconfig
    cat > "$dir/plugin" <<'EOF'
#!/bin/sh
# The first answer is a token that the server refuses.
n=$(cat "$0.count" 2>/dev/null || echo 0)
echo $((n + 1)) > "$0.count"
token=admin-token
[ "$n" -eq 0 ] && token=expired
echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$token\"}}"
EOF
    chmod +x "$dir/plugin"
    if ! grep -q admin-token "$KUBECONFIG"; then
        skip_case "needs the token of the test server"
        return
    fi
    sed 's|^- name: token$|- name: plugin\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}}\n- name: token|; s|user: token}|user: plugin}|' \
        "$KUBECONFIG" > "$config"
    configure <<EOF
provider "kubernetes" {
  config_path    = "exec.kubeconfig"
  config_context = "token"
}
resource "kubernetes_manifest" "x" {
  manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "iac-exec", namespace = "default" } }
}
EOF
    apply
    sees configmap/iac-exec get configmap iac-exec -o name
}

case_data_sources() {
    configure <<'EOF'
data "kubernetes_resource" "ns" {
  api_version = "v1"
  kind        = "Namespace"
  metadata { name = "default" }
}
data "kubernetes_resources" "all" {
  api_version = "v1"
  kind        = "Namespace"
}
output "phase" { value = data.kubernetes_resource.ns.object.status.phase }
output "some" { value = length(data.kubernetes_resources.all.objects) > 0 }
EOF
    apply
    ok output -raw phase
    [ "$out" = Active ] || fail "the phase is $out"
}

# ---- running them ----

skip_case() {
    case_skipped=$1
}

clean_up() {
    kubectl delete deployment,hpa,configmap,job --all -n default --wait=false > /dev/null 2>&1
    kubectl delete service myapp --ignore-not-found > /dev/null 2>&1
    kubectl delete crd gadgets.iac.example.com --ignore-not-found > /dev/null 2>&1
    kubectl delete namespace iac-gadgets --ignore-not-found --wait=false > /dev/null 2>&1
}

run_cases() { # label of the server
    local name
    for name in $(declare -F | sed -n 's/^declare -f case_//p'); do
        if [ "${#only[@]}" -gt 0 ] && [[ " ${only[*]} " != *" $name "* ]]; then
            continue
        fi
        dir=$work/$1-$name
        mkdir -p "$dir"
        case_failed=0 case_output=
        case_skipped=
        [ "$own" = 1 ] && clean_up
        "case_$name"
        if [ -n "$case_skipped" ]; then
            echo "SKIP $1 $name: $case_skipped"
            skipped=$((skipped + 1))
        elif [ "$case_failed" -eq 0 ]; then
            echo "ok   $1 $name"
            passed=$((passed + 1))
        else
            echo "FAIL $1 $name"
            sed 's/^/    /' <<<"$case_output"
            failed=$((failed + 1))
        fi
        (cd "$dir" && IAC_PLUGIN_PATH=$PLUGINS "$IAC" destroy -auto-approve -input=false > /dev/null 2>&1)
    done
}

with_binaries() { # label, folder of the binaries
    local run=$work/server-$1
    mkdir -p "$run"
    started+=("$run")
    if ! KUBEBUILDER_ASSETS=$2 "$here/server.sh" start "$run"; then
        echo "FAIL $1: the server did not start"
        failed=$((failed + 1))
        return
    fi
    export KUBECONFIG=$run/kubeconfig
    controllers=0
    [ -x "$2/kube-controller-manager" ] && controllers=1
    own=1
    run_cases "$1"
    "$here/server.sh" stop "$run"
}

[ -x "$IAC" ] || skip_all "there is no $IAC"
command -v kubectl > /dev/null || skip_all "kubectl is not installed"
unset KUBE_CONFIG_PATH KUBE_CONFIG_PATHS KUBE_HOST KUBE_TOKEN KUBE_CTX
envtest=$root/../shared/envtest
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    with_binaries assets "$KUBEBUILDER_ASSETS"
elif [ -x "$envtest/unpack.sh" ]; then
    for flavour in ${FLAVOURS:-136 120}; do
        "$envtest/unpack.sh" "$flavour" "$work/bin$flavour" && with_binaries "$flavour" "$work/bin$flavour"
    done
elif [ "${IAC_ACC:-}" = 1 ] && [ -n "${KUBECONFIG:-}" ]; then
    controllers=1
    own=0
    run_cases cluster
else
    skip_all "no API server: set KUBEBUILDER_ASSETS, or KUBECONFIG with IAC_ACC=1"
fi
finish
