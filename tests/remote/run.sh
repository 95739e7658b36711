#!/usr/bin/env bash
# file and remote-exec against a real sshd on loopback, started here on a port of its own with keys made here. It runs
# as whoever runs this; nothing of the system's own ssh is used or changed.
#
# IAC names the program (default: build/iac). Skipped, visibly, where sshd is not installed. The last line of the
# output is the summary.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export IAC=${IAC:-$root/build/iac}
export IAC_PLUGIN_PATH=${IAC_PLUGIN_PATH:-$(dirname "$IAC")/providers}
sshd=$(command -v sshd || { [ -x /usr/sbin/sshd ] && echo /usr/sbin/sshd; })
if [ -z "$sshd" ] || ! command -v ssh >/dev/null || ! command -v scp >/dev/null; then
    echo "remote: no sshd is installed (package openssh-server)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
work=$(mktemp -d)
server= agent=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    [ -z "$agent" ] || kill "$agent" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
. "$root/tests/lib.sh"
unset SSH_AUTH_SOCK
export HOME=$work/home TMPDIR=$work
mkdir -p "$HOME"

# ---- keys and the server ----
keygen() { ssh-keygen -q -t ed25519 -N "${2:-}" -C test -f "$work/$1"; }
for key in host user other authority certified bastion agent; do keygen $key; done
keygen locked passphrase
ssh-keygen -q -s "$work/authority" -I test -n "$(id -un)" "$work/certified.pub"
cat "$work"/{user,bastion,agent}.pub >"$work/authorized"
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
start_server() { # PORT
    cat >"$work/sshd_config" <<EOF
Port $1
ListenAddress 127.0.0.1
HostKey $work/host
AuthorizedKeysFile $work/authorized
TrustedUserCAKeys $work/authority.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 50
EOF
    "$sshd" -D -e -f "$work/sshd_config" 2>"$work/sshd.log" &
    server=$!
    listens() {
        grep -q 'Server listening' "$work/sshd.log" || ended "$server"
    }
    await listens && ! ended "$server"
}
port=
for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000)) # below those that connections get
    start_server $port && break
    port=
done
if [ -z "$port" ]; then
    cat "$work/sshd.log"
    echo "remote: sshd did not start"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

# ---- cases ----
passed=0 failed=0
# A resource with a provisioner's blocks from standard input; $connection is put in for CONNECTION.
configure() {
    rm -rf "$work/case"
    mkdir -p "$work/case" "$work/out"
    cd "$work/case" || exit 1
    { echo 'resource "terraform_data" "a" {'; sed "s|CONNECTION|$connection|"; echo '}'; } >main.tf
}
apply() { "$IAC" apply -auto-approve -no-color >"$work/log" 2>&1; }
good() { # NAME: the last command must have done well
    local status=$?
    if [ $status = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "remote: $1"
        sed 's/^/    /' "$work/log"
    fi
}
says() { tr -s '[:space:]' ' ' <"$work/log" | grep -qF -- "$1"; } # lines are broken where they are full
base="host = \"127.0.0.1\"\n port = $port\n user = \"$(id -un)\"\n timeout = \"120s\"\n"
key_of() { echo "private_key = file(\\\"$work/$1\\\")\\n"; }
connection="connection {\n $base $(key_of user) }"

configure <<'EOF'
  CONNECTION
  provisioner "remote-exec" {
    inline = ["echo one $((1 + 1))", "echo two >&2", "tty >/dev/null && echo on a terminal", "false", "echo done"]
  }
EOF
apply && says '(remote-exec): one 2' && says '(remote-exec): two' && says '(remote-exec): on a terminal' &&
    says '(remote-exec): done' && says '(remote-exec): Connected!' && says 'Private key: true'
good "inline lines run as a script, on a terminal"

printf 'echo first $0\n' >"$work/first.sh"
printf '#!/bin/bash\necho second ${BASH_VERSION:+in bash}\nexit 7\n' >"$work/second.sh"
configure <<EOF
  CONNECTION
  provisioner "remote-exec" {
    scripts = ["$work/first.sh", "$work/second.sh", "$work/first.sh"]
    connection {
      script_path = "$work/script_%RAND%.sh"
    }
  }
EOF
! apply && says "first $work/script_" && says 'second in bash' && says 'Process exited with status 7' &&
    [ "$(grep -c 'first ' "$work/log")" = 1 ] && "$IAC" plan -no-color | grep -q 'is tainted' &&
    [ -z "$(find "$work" -maxdepth 1 -name 'script_*')" ]
good "scripts run in order up to the one that fails, which taints; none is left behind"

mkdir -p "$work/tree/sub" "$work/tree/empty"
echo a >"$work/tree/a file"
head -c 300000 /dev/urandom >"$work/tree/sub/large"
ln -s "a file" "$work/tree/link"
configure <<EOF
  CONNECTION
  provisioner "file" {
    content     = "text 'of' it\n"
    destination = "$work/out/it's.txt"
  }
  provisioner "file" {
    source      = "$work/tree"
    destination = "$work/out"
  }
  provisioner "file" {
    source      = "$work/tree/"
    destination = "$work/out/flat"
  }
  provisioner "file" {
    source      = "$work/tree/a file"
    destination = "$work/out/other name"
  }
EOF
mkdir -p "$work/out/flat"
apply && [ "$(cat "$work/out/it's.txt")" = "text 'of' it" ] && diff -r "$work/tree" "$work/out/tree" >>"$work/log" &&
    diff -r "$work/tree" "$work/out/flat" >>"$work/log" && cmp "$work/tree/a file" "$work/out/other name" &&
    [ ! -L "$work/out/tree/link" ]
good "files and directories are copied, with and without the slash at the end"

configure <<EOF
  CONNECTION
  provisioner "file" {
    source      = "$work/tree"
    destination = "$work/no/such/place"
  }
EOF
! apply && says 'Upload failed: scp: ' && says 'No such file or directory'
good "what the other side says of a copy that fails is told"

configure <<EOF
  CONNECTION
  provisioner "remote-exec" {
    when   = destroy
    inline = ["echo gone > $work/out/gone"]
  }
EOF
sed -i "s|file(\"$work/user\")|<<-KEY\n$(sed 's/$/\\n/' "$work/user" | tr -d '\n')KEY|" main.tf
apply && "$IAC" destroy -auto-approve -no-color >"$work/log" 2>&1 && [ "$(cat "$work/out/gone")" = gone ]
good "destroy-time provisioners run"

verify() { # EXPECTED-STATUS NAME
    configure <<'EOF'
  CONNECTION
  provisioner "remote-exec" {
    inline = ["echo was here"]
  }
EOF
    apply
    [ $? = "$1" ] && { [ "$1" != 0 ] || says 'was here'; } && says "$3"
    good "$2"
}
quick="host = \"127.0.0.1\"\n port = $port\n user = \"$(id -un)\"\n timeout = \"1s\"\n"
host_key() { echo "host_key = file(\\\"$work/$1.pub\\\")\\n"; }
connection="connection {\n $base $(key_of user) $(host_key host) }"
verify 0 "the right host key is accepted" 'Checking Host Key: true'
connection="connection {\n $quick $(key_of user) $(host_key other) }"
verify 1 "another host key is refused" 'knownhosts: key mismatch'
connection="connection {\n $quick $(key_of other) }"
verify 1 "a key that nobody knows is refused, after trying until the timeout" 'timeout - last error: SSH authentication failed'
connection="connection {\n $quick $(key_of locked) }"
verify 1 "a key with a passphrase is told apart" 'is protected by a passphrase'
connection="connection {\n $base $(key_of certified) certificate = file(\\\"$work/certified-cert.pub\\\")\n }"
verify 0 "a certificate opens the door" 'Certificate: true'
connection="connection {\n $base $(key_of user) $(host_key host) bastion_host = \"127.0.0.1\"\n bastion_private_key = file(\\\"$work/bastion\\\")\n bastion_host_key = file(\\\"$work/host.pub\\\")\n }"
verify 0 "a bastion leads on" 'Using configured bastion host...'
connection="connection {\n host = \"127.0.0.1\"\n port = 1\n timeout = \"1s\"\n }"
verify 1 "nobody at home" 'Connection refused'
connection="connection {\n type = \"winrm\"\n host = \"127.0.0.1\"\n }"
verify 1 "winrm is refused" "connection type 'winrm' is not supported"
connection="connection {\n host = \"127.0.0.1; touch $work/owned\"\n }"
verify 1 "what is no host name does not get into a command" 'is not a valid host name'
eval "$(ssh-agent -s)" >/dev/null
agent=$SSH_AGENT_PID
ssh-add -q "$work/agent"
connection="connection {\n $base }"
verify 0 "the agent's keys are offered" 'SSH Agent: true'
connection="connection {\n $base $(key_of user) }"
configure <<EOF
  CONNECTION
  provisioner "remote-exec" {
    inline = ["echo begun > $work/out/begun; sleep 60"]
  }
EOF
"$IAC" apply -auto-approve -no-color >"$work/log" 2>&1 &
run=$!
await test -e "$work/out/begun"
kill -INT $run
wait $run
[ $? = 1 ] && "$IAC" plan -no-color 2>&1 | grep -q 'is tainted' && says 'remote-exec provisioner error'
good "an interrupt ends a script there, and taints"

[ -z "$(find "$work" -maxdepth 1 -name 'iac-ssh-*')" ] && [ ! -e "$work/owned" ]
good "nothing of the connections is left behind"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
