#!/usr/bin/env bash
# What must not break iac: interrupts, a killed run, two runs at once, a damaged state, a full disk, servers that are
# not there or refuse. After each the state must hold exactly what exists. Needs IAC (default build/iac).
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
IAC=${IAC:-$root/build/iac}
CC=${CC:-cc}
work=$(mktemp -d)
mounted=""
server=""
cleanup() {
    [ "$BASHPID" = $$ ] || return # a child that a signal ends before it runs its program
    [ -z "$server" ] || kill "$server" 2>/dev/null
    [ -z "$mounted" ] || umount "$mounted" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
. "$root/tests/lib.sh"
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    [ -f "$work/out" ] && sed 's/^/    /' "$work/out" | tail -30
}
skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1"
}
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

# run NAME WANTED-STATUS PATTERN COMMAND...: output (all blanks and box lines made one space) must match the pattern
run() {
    local name=$1 want=$2 pattern=$3 status
    shift 3
    "$@" >"$work/out" 2>&1
    status=$?
    judge "$name" "$want" "$pattern" "$status"
}
judge() {
    local flat
    flat=$(tr '\n│╷╵' '    ' <"$work/out" | tr -s ' ')
    if [ "$4" -ne "$2" ]; then
        fail "$1 (exit status $4, not $2)"
    elif [ -n "$3" ] && ! grep -Eq -- "$3" <<<"$flat"; then
        fail "$1 (output does not match: $3)"
    else
        pass
    fi
}
say_same() { # NAME: files that exist and files that the state has are the same
    local have recorded
    have=$(ls files 2>/dev/null | sort)
    recorded=$("$IAC" state list 2>/dev/null | while read -r address; do
        "$IAC" state show -no-color "$address" | sed -nE 's/^ *id *= "files\/(.*)"$/\1/p'
    done | sort)
    if [ "$have" = "$recorded" ]; then
        pass
    else
        diff <(echo "$have") <(echo "$recorded") >"$work/out"
        fail "$1: state and files differ"
    fi
}
fresh() { # a new directory with the slow provider at hand; nothing of the run before can be taken for output
    rm -f "$work/out"
    project=$work/$1
    mkdir -p "$project/files" "$project/.iac/providers"
    cp "$work/iac-provider-slow.so" "$project/.iac/providers/"
    cd "$project" || exit 1
}

"$CC" -std=c11 -shared -fPIC -fvisibility=hidden -I"$root" -o "$work/iac-provider-slow.so" \
    "$root/tests/fault/slowprovider.c" || { fail "the slow provider builds"; finish; }

slow() { # COUNT DELAY [GATE]
    local gate=${3:-null}
    cat <<TF
terraform {
  required_providers {
    slow = { source = "example.com/example/slow" }
  }
}
resource "slow_file" "f" {
  count = $1
  path  = "files/\${count.index}"
  delay = $2
  gate  = $gate
}
TF
}

# ---- interrupts ----

creating() { # COUNT LOG: so many creations are under way, or were
    local n
    n=$(grep -cs 'Creating\.\.\.' "$2")
    [ "${n:-0}" -ge "$1" ]
}
at_least() { # COUNT: at least so many files are there
    [ "$(ls files | wc -l)" -ge "$1" ]
}

for signal in INT TERM; do
    fresh interrupt-$signal
    slow 8 0 '"go"' >main.tf
    "$IAC" apply -no-color -auto-approve -parallelism=4 >"$work/out" 2>&1 &
    pid=$!
    await creating 4 "$work/out"
    kill -$signal $pid
    await grep -qs "Interrupt received" "$work/out"
    touch go
    wait $pid
    judge "SIG$signal ends an apply early, with what runs finished" 1 "Operation interrupted" $?
    [ "$(ls files | wc -l)" -eq 4 ] && pass || fail "SIG$signal: $(ls files | wc -l) files, not 4"
    say_same "after SIG$signal"
    run "the rest is done by the next run" 0 "Apply complete" "$IAC" apply -no-color -auto-approve
    say_same "after the rest"
    [ "$(ls files | wc -l)" -eq 8 ] && pass || fail "after the rest: not all files are there"
done

fresh interrupt-twice
slow 8 0 '"never"' >main.tf
"$IAC" apply -no-color -auto-approve >"$work/out" 2>&1 &
pid=$!
await creating 8 "$work/out"
kill -INT $pid
await grep -qs "Interrupt received" "$work/out"
kill -INT $pid
await ended $pid || { fail "SIGINT twice waited for the provider"; kill -KILL $pid; }
wait $pid
judge "SIGINT twice cancels what runs" 1 "Cancelled" $?
say_same "after SIGINT twice"

# ---- an interrupted test ----

interrupted_test() { # starts a test whose first run lasts until the file go is there; returns once that has begun
    cat >main.tf <<'TF'
resource "terraform_data" "a" {
  provisioner "local-exec" { command = "touch begun; until [ -e go ]; do sleep 0.1; done" }
}
TF
    printf 'run "one" {}\nrun "two" {}\n' >a.tftest.hcl
    "$IAC" test -no-color >"$work/out" 2>&1 &
    pid=$!
    await test -e begun
    kill -INT $pid
    await grep -qs "Interrupt received" "$work/out"
}

fresh interrupt-test
interrupted_test
touch go
wait $pid
judge "SIGINT ends a test after the run under way" 0 'run "one"... pass .*"two"... skip .*1 passed, 0 failed, 1 skipped' $?

fresh interrupt-test-twice
interrupted_test
kill -INT $pid
await ended $pid || { fail "SIGINT twice waited for the run of a test"; kill -KILL $pid; }
wait $pid
judge "SIGINT twice tells what a test leaves behind" 1 \
    'in the process of creating .* - terraform_data.a .*Test interrupted' $?
grep -q "passed" "$work/out" && fail "a cancelled test has no summary" || pass
touch go

# ---- a killed run; two runs at once ----

fresh killed
slow 60 50 >main.tf
"$IAC" apply -no-color -auto-approve -parallelism=1 >"$work/out" 2>&1 &
pid=$!
await at_least 5
kill -KILL $pid
wait $pid 2>/dev/null
recorded=$("$IAC" state list 2>/dev/null | wc -l)
made=$(ls files | wc -l)
# One operation at a time: at most the one under way is made and not recorded.
if [ "$recorded" -ge 4 ] && [ $((made - recorded)) -le 1 ] && [ "$made" -ge "$recorded" ]; then
    pass
else
    fail "after SIGKILL $made files are there and $recorded recorded"
fi
run "the lock of a killed run is taken over" 0 "Apply complete" "$IAC" apply -no-color -auto-approve
say_same "after SIGKILL and another run"

fresh locked
slow 1 0 '"go"' >main.tf
"$IAC" apply -no-color -auto-approve >"$work/holder" 2>&1 &
pid=$!
await creating 1 "$work/holder"
run "a second run is refused and names the holder" 1 \
    "Error acquiring the state lock.*ID: .*Operation: .*apply.*Who: .*@" "$IAC" apply -no-color -auto-approve
run "a plan too" 1 "Error acquiring the state lock" "$IAC" plan -no-color
"$IAC" plan -no-color -lock-timeout=120s >"$work/waiting" 2>&1 &
waiting=$!
await grep -qs "Acquiring state lock" "$work/waiting" && pass || fail "nobody is told that a lock is waited for"
touch go
wait $pid
wait $waiting
status=$?
mv "$work/waiting" "$work/out"
judge "a run that waits long enough goes on" 0 "No changes" $status
say_same "after two runs at once"

. "$root/tests/fault/kills.sh"

# ---- runs killed at each instant at which something durable happens: campaigns.py has more, and all of them ----

cd "$root" || exit 1
add() { # counts, and what failed, of a program whose last line is "N passed, N failed, N skipped"
    local counts
    "$@" >"$work/out" 2>&1
    read -r -a counts < <(tail -1 "$work/out" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' | tr -dc '0-9 ')
    [ ${#counts[@]} -eq 3 ] || { fail "$*"; return; }
    sed '$d' "$work/out"
    passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
}
add python3 tests/fault/campaigns.py --runs 20 data local
add python3 tests/fault/campaigns.py --runs 8 rollback
add python3 tests/fault/campaigns.py --runs 12 --fault power data
add python3 tests/fault/campaigns.py --runs 15 --fault errors data
add python3 tests/fault/campaigns.py --runs 4 --fault clock data
add python3 tests/fault/campaigns.py --concurrent 12

# ---- failures ----

fresh failing
cat >main.tf <<'TF'
terraform {
  required_providers {
    slow = { source = "example.com/example/slow" }
  }
}
resource "slow_file" "good" {
  path = "files/good"
}
resource "slow_file" "bad" {
  path = "files/bad"
  fail = true
}
resource "slow_file" "after_bad" {
  path = "files/${basename(slow_file.bad.id)}-after"
}
resource "slow_file" "after_good" {
  path = "files/${basename(slow_file.good.id)}-after"
}
TF
run "one failure is reported with its address" 1 "Error: Refused.*slow_file\.bad" "$IAC" apply -no-color -auto-approve
[ "$(ls files | tr '\n' ' ')" = "good good-after " ] && pass || fail "what does not depend on a failure goes on"
say_same "after a failure"

fresh gone
slow 3 0 >main.tf
run "apply" 0 "3 added" "$IAC" apply -no-color -auto-approve
rm files/1
run "what vanished is planned anew" 0 "1 to add, 0 to change, 0 to destroy" "$IAC" plan -no-color

# ---- damaged and unwritable state ----

database() { find .iac -maxdepth 1 -name '*.db' | head -1; }
fresh damaged
slow 2 0 >main.tf
run "apply" 0 "2 added" "$IAC" apply -no-color -auto-approve
db=$(database)
cp "$db" "$work/good.db"
printf 'this is no database at all, not even nearly one ......................' >"$db"
rm -f "$db-wal" "$db-shm"
run "a file that is no database is refused" 1 "Error: .*(damaged|not a database|malformed)" "$IAC" plan -no-color
run "and not overwritten" 1 "" "$IAC" apply -no-color -auto-approve
grep -q "no database at all" "$db" && pass || fail "a damaged state was overwritten"
head -c 2000 "$work/good.db" >"$db"
run "a file cut short is refused" 1 "Error: " "$IAC" plan -no-color
cp "$work/good.db" "$db"
run "the file put back works" 0 "No changes" "$IAC" plan -no-color

fresh full
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=256k tmpfs "$project" 2>/dev/null; then
    mounted=$project
    cd "$project" || exit 1
    mkdir -p files .iac/providers
    slow 4000 0 >main.tf
    IAC_PLUGIN_PATH=$work "$IAC" apply -no-color -auto-approve >"$work/out" 2>&1
    judge "a full disk is told" 1 "Failed to save state|database or disk is full|No space left" $?
    rm -f files/1??? files/2??? files/3???
    export IAC_PLUGIN_PATH=$work
    run "the state can still be read" 0 "" "$IAC" state list
    unset IAC_PLUGIN_PATH
    cd / && umount "$mounted" && mounted=""
else
    skip "full disk: cannot mount a small file system here"
fi

fresh readonly
slow 1 0 >main.tf
run "a plan file that cannot be written is told" 1 "Failed to write plan file.*no such file" \
    "$IAC" plan -no-color -out=missing/plan

# ---- servers ----

export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true
fresh aws
cat >main.tf <<'TF'
provider "aws" {
  max_retries = 1
}
resource "aws_subnet" "main" {
  vpc_id     = "vpc-0123456789abcdef0"
  cidr_block = "10.0.0.0/24"
}
TF
AWS_ENDPOINT_URL=http://127.0.0.1:9 run "an endpoint where nobody listens" 1 \
    "Error: .*(Could not connect|Connection refused|connect to 127.0.0.1|Failed to connect)" \
    "$IAC" apply -no-color -auto-approve
if command -v moto_server >/dev/null; then
    start_moto "$work/moto" INITIAL_NO_AUTH_ACTION_COUNT=0 || fail "moto_server starts"
    server=$moto_pid
    AWS_ENDPOINT_URL=http://127.0.0.1:$moto_port run "refused credentials" 1 \
        "(InvalidClientTokenId|AuthFailure|SignatureDoesNotMatch|UnrecognizedClient)" \
        "$IAC" apply -no-color -auto-approve
    kill "$server"
    wait "$server" 2>/dev/null
    start_moto "$work/moto" || fail "moto_server starts"
    server=$moto_pid
    AWS_ENDPOINT_URL=http://127.0.0.1:$moto_port run "an API's own error has code, message and request id" 1 \
        "StatusCode: 400, RequestID: [^ ,]+.*InvalidVpcID.?NotFound" "$IAC" apply -no-color -auto-approve
    "$IAC" state list >"$work/out" 2>/dev/null
    [ -s "$work/out" ] && fail "a subnet that was refused is in the state" || pass
    . "$root/tests/fault/kills_aws.sh"
else
    skip "refused credentials, API errors: no moto_server"
fi
finish
