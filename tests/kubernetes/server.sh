#!/bin/bash
# server.sh start|stop RUN_DIR: an API server on loopback for tests, from the binaries in $KUBEBUILDER_ASSETS (etcd,
# kube-apiserver and, where it is there, kube-controller-manager). start writes RUN_DIR/kubeconfig with the contexts
# cert and token (administrators) and nobody (no rights), and waits until the server is ready; stop ends what start
# started. PORT (default: a free one) is the server's.
set -euo pipefail

free_port() {
    local port
    for port in $(shuf -i 20000-32000 -n 200); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

certificates() { # into $1
    local p=$1
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=iac-test-ca -keyout "$p/ca.key" -out "$p/ca.crt" 2>/dev/null
    certificate() { # name, subject, usage, alternative names
        openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$p/$1.key" -out "$p/$1.csr" 2>/dev/null
        printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%s\n%s\n' "$3" "${4:+subjectAltName=$4}" > "$p/$1.ext"
        openssl x509 -req -days 30 -in "$p/$1.csr" -CA "$p/ca.crt" -CAkey "$p/ca.key" -CAcreateserial \
            -extfile "$p/$1.ext" -out "$p/$1.crt" 2>/dev/null
    }
    certificate server /CN=kube-apiserver serverAuth DNS:localhost,IP:127.0.0.1
    certificate admin /O=system:masters/CN=admin clientAuth
    openssl genrsa -out "$p/sa.key" 2048 2>/dev/null
    openssl rsa -in "$p/sa.key" -pubout -out "$p/sa.pub" 2>/dev/null
    printf 'admin-token,admin,1,"system:masters"\nnobody-token,nobody,2\n' > "$p/tokens.csv"
    chmod 600 "$p"/*.key "$p/tokens.csv"
}

kubeconfig() { # run folder, port
    local p=$1/pki
    cat > "$1/kubeconfig" <<EOF
apiVersion: v1
kind: Config
current-context: cert
clusters:
- name: test
  cluster: {server: "https://127.0.0.1:$2", certificate-authority-data: $(base64 -w0 "$p/ca.crt")}
users:
- name: cert
  user: {client-certificate-data: $(base64 -w0 "$p/admin.crt"), client-key-data: $(base64 -w0 "$p/admin.key")}
- name: token
  user: {token: admin-token}
- name: nobody
  user: {token: nobody-token}
contexts:
- {name: cert, context: {cluster: test, user: cert}}
- {name: token, context: {cluster: test, user: token}}
- {name: nobody, context: {cluster: test, user: nobody}}
EOF
    chmod 600 "$1/kubeconfig"
}

spawn() { # name, command...
    local name=$1
    shift
    setsid nohup "$@" > "$run/$name.log" 2>&1 < /dev/null &
    echo "$!" >> "$run/pids"
}

wait_for() { # seconds, command...
    local i n=$(($1 * 10))
    shift
    for ((i = 0; i < n; i++)); do
        "$@" > /dev/null 2>&1 && return 0
        sleep 0.1
    done
    return 1
}

start() {
    local p=$run/pki bin=$KUBEBUILDER_ASSETS port=${PORT:-$(free_port)} etcd_port peer_port
    etcd_port=$(free_port)
    peer_port=$(free_port)
    mkdir -p "$p"
    : > "$run/pids"
    certificates "$p"
    kubeconfig "$run" "$port"
    spawn etcd "$bin/etcd" --name t --data-dir "$run/etcd" --log-level warn \
        --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
        --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
        --initial-cluster "t=http://127.0.0.1:$peer_port"
    wait_for 120 curl -sf "http://127.0.0.1:$etcd_port/health" || { echo "etcd did not start: $run/etcd.log" >&2; return 1; }
    spawn apiserver "$bin/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd_port" --bind-address 127.0.0.1 \
        --advertise-address 127.0.0.1 --endpoint-reconciler-type none --secure-port "$port" \
        --tls-cert-file "$p/server.crt" --tls-private-key-file "$p/server.key" --client-ca-file "$p/ca.crt" \
        --token-auth-file "$p/tokens.csv" --service-account-issuer https://kubernetes.default.svc \
        --service-account-key-file "$p/sa.pub" --service-account-signing-key-file "$p/sa.key" \
        --service-cluster-ip-range 10.96.0.0/16 --authorization-mode RBAC --allow-privileged=true \
        --disable-admission-plugins ServiceAccount
    wait_for 240 curl -sf --cacert "$p/ca.crt" --cert "$p/admin.crt" --key "$p/admin.key" \
        "https://127.0.0.1:$port/readyz" || { echo "kube-apiserver did not start: $run/apiserver.log" >&2; return 1; }
    if [ -x "$bin/kube-controller-manager" ]; then
        local insecure=() # old ones open a second port unless told not to
        "$bin/kube-controller-manager" --help 2>&1 | grep -q -- ' --port int' && insecure=(--port 0)
        spawn controllers "$bin/kube-controller-manager" --kubeconfig "$run/kubeconfig" --leader-elect=false \
            --bind-address 127.0.0.1 --secure-port "$(free_port)" "${insecure[@]}" \
            --service-account-private-key-file "$p/sa.key" --root-ca-file "$p/ca.crt" \
            --controllers deployment,replicaset,statefulset,daemonset,job,namespace,garbagecollector,serviceaccount,endpoint
    fi
}

stop() {
    local pid
    [ -s "$run/pids" ] || return 0
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
    done < <(tac "$run/pids")
    while read -r pid; do
        wait_for 10 test ! -d "/proc/$pid" || kill -9 "$pid" 2>/dev/null || true
    done < "$run/pids"
    rm -f "$run/pids"
}

run=${2:?a folder}
case ${1:-} in
start) start || { stop; exit 1; } ;;
stop) stop ;;
*) echo "usage: server.sh start|stop RUN_DIR" >&2; exit 2 ;;
esac
