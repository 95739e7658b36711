#!/bin/bash
# A provider built outside the tree against the installed header alone is loaded and used; broken ones are refused with
# a diagnostic. Needs IAC (the binary) and IAC_BUILD (the build directory it came from); defaults: build/iac, build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
IAC_BUILD=${IAC_BUILD:-$root/build}
IAC=${IAC:-$IAC_BUILD/iac}
CC=${CC:-cc}
work=$(mktemp -d)
trap '[ "$BASHPID" != $$ ] || rm -rf "$work"' EXIT # not by a child that a signal ends before it runs its program
. "$root/tests/lib.sh"
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    [ -f "$work/out" ] && sed 's/^/    /' "$work/out"
}
skip() { skipped=$((skipped + 1)); echo "skipped: $1"; }

# check NAME WANTED-STATUS PATTERN COMMAND...: runs it in $project; output must match the extended expression
check() {
    local name=$1 want=$2 pattern=$3 status
    shift 3
    (cd "$project" && "$@") >"$work/out" 2>&1
    status=$?
    if [ "$status" -ne "$want" ]; then
        fail "$name (exit status $status, not $want)"
    elif [ -n "$pattern" ] && ! tr '\n│╷╵' '    ' <"$work/out" | tr -s ' ' | grep -Eq -- "$pattern"; then
        fail "$name (output does not match: $pattern)"
    else
        pass
    fi
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

# ---- the header alone is enough to build a provider ----

project=$work
check "install" 0 "" cmake --install "$IAC_BUILD" --prefix "$work/prefix"
[ -f "$work/prefix/include/iac_provider.h" ] || { # so that the rest is still shown
    mkdir -p "$work/prefix/include" && cp "$root/providers/abi/iac_provider.h" "$work/prefix/include/"
}
cp -r "$root/examples/provider" "$work/example"
check "example configures" 0 "" cmake -S "$work/example" -B "$work/notes" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_COMPILER="$CC"
check "example builds" 0 "" cmake --build "$work/notes"
check "example exports two functions" 0 "^2 ?$" \
    sh -c "nm -D --defined-only $work/notes/iac-provider-notes.so | grep -c ' T '"

# build_test DIR FLAGS...: the test provider, as DIR/iac-provider-test.so
build_test() {
    local dir=$1
    shift
    mkdir -p "$dir/providers/abi"
    cp "$work/prefix/include/iac_provider.h" "$dir/providers/abi/"
    $CC -std=c11 -shared -fPIC -fvisibility=hidden -I"$dir" "$@" "$root/tests/provider/testprovider.c" \
        -o "$dir/iac-provider-test.so" || fail "the test provider does not build with $*"
}
build_test "$work/good"
build_test "$work/newer" -DTEST_ABI_MAJOR=2
build_test "$work/noentry" -DTEST_NO_ENTRY
build_test "$work/noplan" -DTEST_NO_PLAN
mkdir -p "$work/short" "$work/text" "$work/none"
head -c 6000 "$work/good/iac-provider-test.so" >"$work/short/iac-provider-test.so"
echo "not a shared object" >"$work/text/iac-provider-test.so"

if [ ! -x "$IAC" ]; then
    skip "using the providers: there is no $IAC"
    finish
fi

# ---- the example's life ----

project=$work/example
mkdir -p "$project/notes"
iac() { "$IAC" "$@"; }
plugins=-plugin-dir=$work/notes
check "init" 0 "" iac init -no-color "$plugins"
check "plan shows what the provider works out" 0 "words += 3" iac plan -no-color "$plugins"
check "apply" 0 "1 added" iac apply -no-color -auto-approve "$plugins"
check "the note was written" 0 "apples and pears" cat notes/shopping.txt
check "a second plan finds nothing to do" 0 "No changes" iac plan -no-color "$plugins"
echo "plums" >"$project/notes/shopping.txt"
check "a change outside is seen" 2 "apples and pears" iac plan -no-color -detailed-exitcode "$plugins"
rm "$project/notes/shopping.txt"
check "a note removed outside is made again" 0 "1 added" iac apply -no-color -auto-approve "$plugins"
sed -i 's/title = "shopping"/title = "market"/' "$project/main.tf"
check "another title replaces" 0 "forces replacement" iac plan -no-color "$plugins"
sed -i 's/title = "market"/title = "a b"/' "$project/main.tf"
check "an invalid title is refused" 1 "Invalid title" iac validate -no-color "$plugins"
sed -i 's/title = "a b"/title = "shopping"/' "$project/main.tf"
check "destroy" 0 "1 destroyed" iac destroy -no-color -auto-approve "$plugins"
check "the note is gone" 1 "" test -e notes/shopping.txt

# ---- long changes, and reads handed over together ----

project=$work/things
mkdir -p "$project"
cat >"$project/main.tf" <<'TF'
terraform {
  required_providers {
    test = { source = "example.com/example/test" }
  }
}

resource "test_thing" "many" {
  count = 5
  name  = "thing ${count.index}"
  polls = count.index
}

data "test_upper" "x" {
  name = test_thing.many[0].name
}

output "upper" {
  value = data.test_upper.x.upper
}
TF
plugins=-plugin-dir=$work/good
check "test provider: init" 0 "" iac init -no-color "$plugins"
check "test provider: pending changes finish" 0 "5 added" iac apply -no-color -auto-approve "$plugins"
check "test provider: data source" 0 "THING 0" iac output -no-color -raw upper
check "test provider: reads find no change" 0 "No changes" iac plan -no-color "$plugins"

# ---- a provider that makes mistakes ----

project=$work/mistakes
mkdir -p "$project"
cat >"$project/main.tf" <<'TF'
terraform {
  required_providers {
    test = { source = "example.com/example/test" }
  }
}

variable "how" {
}

resource "test_thing" "a" {
  name      = "a"
  size      = 4
  misbehave = var.how
}
TF
# What "misbehave" asks for, and what is said of it: in Terraform's words where Terraform has any.
while IFS='|' read -r how pattern; do
    rm -rf "$project/.iac"
    check "provider mistake: $how" 1 "$pattern" iac apply -no-color -auto-approve "$plugins" -var "how=$how"
done <<'CASES'
plan_changed|invalid plan Provider "example.com/example/test" planned an invalid value for test_thing.a.name: planned value cty.StringVal\("another"\) does not match config value cty.StringVal\("a"\)\. This is a bug
plan_computed|test_thing.a.size: planned value cty.UnknownVal\(cty.Number\) does not match config value cty.NumberIntVal\(4\)
plan_extra|unsupported attribute "colour"
plan_type|size: a number is required
plan_nothing|planned no object
plan_path|"requires replacement" on test_thing.a for a path that cannot be read
plan_nonsense|"requires replacement" on test_thing.a
plan_error|Error: Not like this .*Plan something else
silent|Provider failed without a reason
ok_with_error|Error: An error
apply_error|Error: Refused .*The server said no
apply_half|Error: Half done
apply_changed|inconsistent result after apply When applying changes to test_thing.a, provider "provider\[.*example.com/example/test.*\]" produced an unexpected new value: \.name: was cty.StringVal\("a"\), but now cty.StringVal\("another"\)
apply_missing|unexpected new value: \.size: was cty.NumberIntVal\(4\), but now null
apply_type|tags: a map of string is required
apply_unknown|still indicated an unknown value for test_thing.a.id
apply_nothing|returned no object
apply_secret|write-only attribute
CASES
for how in apply_bytes apply_huge; do
    rm -rf "$project/.iac"
    check "provider oddity: $how" 0 "1 added" iac apply -no-color -auto-approve "$plugins" -var "how=$how"
    check "provider oddity: $how is kept" 0 "No changes" iac plan -no-color "$plugins" -var "how=$how"
done

# hangs HOW STATUS PATTERN: interrupted once while the provider does not come back, the run ends by itself; what was
# made is known to the next one.
hangs() {
    local status
    rm -rf "$project/.iac"
    rm -f "$work/out" # of the run before
    (cd "$project" && exec "$IAC" apply -no-color -auto-approve "$plugins" -var "how=$1") >"$work/out" 2>&1 &
    local run=$!
    await grep -qs 'Creating\.\.\.' "$work/out"
    kill -INT "$run"
    wait "$run"
    status=$?
    if [ "$status" = "$2" ] && grep -q "$3" "$work/out"; then pass; else fail "an interrupt ends $1 (status $status)"; fi
    check "what became of $1 is known" 2 "test_thing.a will be updated in-place" \
        iac plan -no-color -detailed-exitcode "$plugins" -var how=well
}
hangs apply_hang 1 "Given up"

# Whatever it is doing when it is told to stop, and does not listen: iac ends, and what was made is known to the next run.
# stops NAME SHOWN SIGNALS PATTERN COMMAND...: signals (INT, INT INT) are sent once SHOWN was said
stops() {
    local name=$1 shown=$2 signals=$3 pattern=$4 run status
    shift 4
    rm -f "$work/out"
    (cd "$project" && exec "$@") >"$work/out" 2>&1 &
    run=$!
    await grep -qs -- "$shown" "$work/out"
    for signal in $signals; do
        kill -"$signal" "$run"
        await grep -qs "nterrupt received" "$work/out" # the second is another one once the first was seen
    done
    wait "$run"
    status=$?
    if [ "$status" = 1 ] && tr '\n' ' ' <"$work/out" | tr -s ' ' | grep -Eq -- "$pattern"; then
        pass
    else
        fail "$name (exit status $status)"
    fi
}
rm -rf "$project/.iac"
stops "a change that does not end, told once" 'Creating\.\.\.' TERM "Operation abandoned.*test_thing.a \(create\).*was begun is recorded" \
    "$IAC" apply -no-color -auto-approve "$plugins" -var how=apply_deaf
check "what became of it is known" 2 "test_thing.a will be updated in-place" \
    iac plan -no-color -detailed-exitcode "$plugins" -var how=well
check "the history says how it ended" 0 "failed" iac history -no-color
sed -i.kept -E 's/(misbehave *=).*/\1 "validate_deaf"/' "$project/main.tf" # variables are not known yet
stops "a check that does not end" 'checking' INT "Operation abandoned.*being checked" \
    env TF_LOG=debug "$IAC" plan -no-color "$plugins" -var how=well
mv "$project/main.tf.kept" "$project/main.tf"
rm -rf "$project/.iac"
check "a crash within a change" 137 "" iac apply -no-color -auto-approve "$plugins" -var how=apply_crash
check "what became of that is known" 2 "test_thing.a will be updated in-place" \
    iac plan -no-color -detailed-exitcode "$plugins" -var how=well

# ---- faults: said is which provider and which call it was, and the process dies of the signal ----

project=$work/faults
mkdir -p "$project"
cat >"$project/main.tf" <<'TF'
terraform {
  required_providers {
    test = { source = "example.com/example/test" }
  }
}

variable "how" {
  default = "well"
}

variable "argument" {
  default = "x"
}

variable "greeting" {
  default = "hello"
}

variable "lease" {
  default = "none"
}

provider "test" {
  greeting = var.greeting
}

ephemeral "test_lease" "l" {
  misbehave      = var.lease
  renew_after_ms = var.lease == "renew_segv" ? 1 : 0
}

resource "test_thing" "before" {
  name   = "before"
  secret = ephemeral.test_lease.l.token
  polls  = var.lease == "renew_segv" ? 50 : 0
}

resource "test_thing" "a" {
  name       = provider::test::join("a", var.argument)
  misbehave  = var.how
  depends_on = [test_thing.before]
}

data "test_upper" "d" {
  name       = "d"
  misbehave  = var.how
}
TF
ulimit -c 0
check "faults: init" 0 "" iac init -no-color "$plugins"
check "a provider that does not end is left behind" 0 "2 to add" iac plan -no-color "$plugins" -var greeting=close_deaf
with="Error: Plugin did not respond"
crashed="The plugin encountered an error, and failed to respond: the provider test crashed"
while IFS='|' read -r setting status pattern; do
    rm -rf "$project/.iac"
    check "fault: $setting" "$status" "$pattern.*What was completed before is saved.*This is always indicative of a bug" \
        iac apply -no-color -auto-approve "$plugins" -var "$setting"
done <<CASES
greeting=configure_segv|139|$with.*$crashed \(SIGSEGV, invalid memory reference\) when it was asked to take its configuration
how=validate_segv|139|asked to validate a configuration
how=plan_segv|139|$with with test_thing.a, $crashed .*asked to plan a change
how=plan_abort|134|\(SIGABRT, it gave up\) when it was asked to plan a change
how=plan_overflow|139|$with with test_thing.a, $crashed .*asked to plan a change
how=data_segv|139|with data.test_upper.d, .*asked to read a data source
how=data_overflow|139|with data.test_upper.d, .*asked to read a data source
how=apply_segv|139|test_thing.before: Creation complete.*with test_thing.a, .*asked to apply a change
how=apply_abort|134|with test_thing.a, .*asked to apply a change
how=apply_overflow|139|with test_thing.a, .*asked to apply a change
how=apply_exit|3|\(it ended the process\) when it was asked to apply a change
argument=function_segv|139|asked to call a function
lease=open_segv|139|with ephemeral.test_lease.l, .*asked to open an ephemeral resource
lease=renew_segv|139|asked to renew an ephemeral resource
lease=close_segv|139|asked to close an ephemeral resource
CASES
rm -rf "$project/.iac"
check "a fault in a provider's own thread" 139 \
    "Error: iac crashed There was a fault .*Calls under way: - test: apply a change for test_thing.a" \
    iac apply -no-color -auto-approve "$plugins" -var how=apply_aside
check "what became of the change is known" 2 "test_thing.a will be updated in-place" \
    iac plan -no-color -detailed-exitcode "$plugins"
check "a fault in a stream of messages" 139 \
    '@level":"error".*"detail":"The plugin encountered an error.*asked to plan a change.*"address":"test_thing.a"\},"type":"diagnostic"' \
    iac plan -json "$plugins" -var how=plan_segv
for how in read destroy; do
    rm -rf "$project/.iac"
    check "faults: what ${how}_segv is about is made" 0 "2 added" iac apply -no-color -auto-approve "$plugins" \
        -var "how=${how}_segv"
    check "fault: ${how}_segv" 139 "with test_thing.a, $crashed" iac destroy -no-color -auto-approve "$plugins" \
        -var "how=${how}_segv"
    check "nothing is lost by ${how}_segv" 0 "test_thing.a" iac state list
    check "the state can be used after ${how}_segv" 0 "removed" iac state rm -no-color test_thing.a
done
rm -rf "$project/.iac"
printf 'import {\n  to = test_thing.before\n  id = "import_segv"\n}\n' >"$project/import.tf"
check "fault: import_segv" 139 "with test_thing.before, $crashed .*asked to import a resource" iac plan -no-color "$plugins"

# ---- mistakes beside plan and apply ----

project=$work/others
mkdir -p "$project"
cat >"$project/main.tf" <<'TF'
terraform {
  required_providers {
    test = { source = "example.com/example/test" }
  }
}

variable "how" {
  default = "well"
}

variable "data" {
  default = "well"
}

variable "lease" {
  default = "none"
}

variable "argument" {
  default = "x"
}

resource "test_thing" "a" {
  name      = "a"
  size      = 4
  misbehave = var.how
}

data "test_upper" "d" {
  name      = "d"
  misbehave = var.data
}

ephemeral "test_lease" "l" {
  misbehave      = var.lease
  renew_after_ms = var.lease == "renew_deaf" ? 1 : 0
}

resource "test_thing" "b" {
  name   = "b"
  polls  = 50
  secret = ephemeral.test_lease.l.token
}

output "joined" {
  value = provider::test::join("a", var.argument)
}
TF
check "others: init" 0 "" iac init -no-color "$plugins"
bug="This is a bug in the provider"
# made HOW: what the mistake is about exists, and afterwards still does
made() {
    rm -rf "$project/.iac"
    check "others: $1 is made" 0 "2 added" iac apply -no-color -auto-approve "$plugins" -var "how=$1"
}
kept() {
    check "others: nothing is lost by $1" 0 "test_thing.a test_thing.b" iac state list
}
while IFS='|' read -r how status pattern; do
    made "$how"
    check "provider mistake: $how" "$status" "$pattern" iac apply -no-color -auto-approve "$plugins" -var "how=$how"
done <<CASES
read_error|1|Error: reading the thing .*with test_thing.a.*Code: InvalidThing.NotFound
read_silent|1|Provider failed without a reason.*failed to read a resource
read_type|1|invalid object .*Provider "example.com/example/test" planned an invalid value for test_thing.a during refresh: .tags: a map of string is required. $bug
read_extra|1|invalid value for test_thing.a during refresh: unsupported attribute "colour". $bug
read_unknown|1|returned a value for test_thing.a during refresh that is not wholly known. $bug
read_secret|1|write-only attribute of test_thing.a
read_identity|0|0 added, 0 changed, 0 destroyed
CASES
kept "what was read"
while IFS='|' read -r how pattern; do
    made "$how"
    iac -chdir="$project" state pull | sed 's/"schema_version": 2/"schema_version": 1/; s/"serial": [0-9]*/"serial": 99/' >"$project/old"
    check "provider mistake: $how is stored" 0 "" iac state push old
    check "provider mistake: $how" 1 "$pattern" iac plan -no-color -refresh=false "$plugins" -var "how=$how"
done <<CASES
upgrade_error|Error: Too old .*Nobody remembers
upgrade_nothing|Invalid resource state upgrade .*upgraded the state for test_thing.a from a previous version, but produced an invalid result: no object was returned
upgrade_type|Invalid resource state upgrade .*invalid result: .*required
upgrade_unknown|Invalid resource state upgrade .*invalid result: .*not wholly known
CASES
kept "upgrades"
made well
while IFS='|' read -r variable pattern; do
    check "provider mistake: $variable" 1 "$pattern" iac apply -no-color -auto-approve "$plugins" -var "$variable"
done <<CASES
data=data_error|Error: Not to be read with data.test_upper.d, on main.tf line [0-9]+.*The server is asleep
data=data_silent|Provider failed without a reason.*failed to read a data source
data=data_type|invalid object .*Provider "provider.*example.com/example/test.*" produced an invalid value for data.test_upper.d: .upper: a string is required. $bug
data=data_extra|invalid value for data.test_upper.d: unsupported attribute "colour". $bug
data=data_unknown|value for data.test_upper.d that is not wholly known. $bug
lease=open_nothing|produced null object .*null value for ephemeral.test_lease.l. $bug
lease=open_type|invalid value for ephemeral.test_lease.l: .token: a string is required. $bug
lease=open_unknown|value for ephemeral.test_lease.l that is not wholly known. $bug
argument=nothing|Error in function call .*Call to function "provider::test::join" failed: the provider gave no result
argument=silent|Call to function "provider::test::join" failed: The provider test failed to call a function
argument=list|failed: the provider returned a result of the wrong type: string required
argument=unknown|failed: the provider returned a result that is not wholly known
argument=bad|Invalid function argument .*Invalid value for "more" parameter: no bad words
CASES
kept "all that"
cat >"$project/import.tf" <<'TF'
variable "id" {
}

import {
  to = test_thing.i
  id = var.id
}

resource "test_thing" "i" {
  name = "imported"
}
TF
while IFS='|' read -r id pattern; do
    check "provider mistake: import of $id" 1 "$pattern" iac apply -no-color -auto-approve "$plugins" -var "id=$id"
done <<CASES
error|Error: Import refused with test_thing.i.*somebody else
none|Import returned no resources
missing|Cannot import non-existent remote object
extra|Provider "example.com/example/test" produced an invalid value for test_thing.i during import: unsupported attribute "colour". $bug
unknown|not wholly known. $bug
other|does not support resource type "test_upper"
CASES
kept "imports"
rm "$project/import.tf"
cat >"$project/moved.tf" <<'TF'
moved {
  from = null_resource.n
  to   = test_thing.n
}

resource "test_thing" "n" {
  name = "n"
}
TF
printf 'resource "null_resource" "n" {\n}\n' >"$project/before.tf"
mv "$project/moved.tf" "$project/moved"
both="-plugin-dir=$IAC_BUILD/providers"
check "others: init with another provider" 0 "" iac init -no-color "$plugins" "$both"
check "others: an object of another type" 0 "1 added" iac apply -no-color -auto-approve "$plugins" "$both"
rm "$project/before.tf"
mv "$project/moved" "$project/moved.tf"
check "provider mistake: a move it does not know" 1 "Cannot move .*From that type, no" \
    iac apply -no-color -auto-approve "$plugins" "$both"
check "others: nothing is lost by the move" 0 "null_resource.n" iac state list
rm "$project/moved.tf"
check "others: it goes" 0 "1 destroyed" iac apply -no-color -auto-approve "$plugins" "$both"
stops "a data source that does not end" 'Reading\.\.\.' "INT INT" "Operation abandoned.*Nothing was to be changed" \
    "$IAC" plan -no-color "$plugins" -var data=data_deaf
stops "a data source that ends when it is told to" 'Reading\.\.\.' "INT INT" "Plan interrupted" \
    "$IAC" plan -no-color "$plugins" -var data=data_hang
stops "a lease that is not given back" 'Closing\.\.\.' "INT INT" "Operation abandoned" \
    "$IAC" plan -no-color "$plugins" -var lease=close_deaf
stops "a lease whose renewal does not end" 'Renewing\.\.\.' "INT INT" "Operation abandoned" \
    "$IAC" apply -no-color -auto-approve "$plugins" -var lease=renew_deaf -replace=test_thing.b
made read_deaf
stops "a read that does not end" 'a: Refreshing state' "INT INT" "Operation abandoned" \
    "$IAC" plan -no-color "$plugins" -var how=read_deaf
check "others: the lock was given back" 0 "2 destroyed" \
    iac destroy -no-color -auto-approve -refresh=false "$plugins" -var how=well

# ---- ephemeral resources and write-only attributes ----

project=$work/leases
mkdir -p "$project"
cat >"$project/main.tf" <<'TF'
terraform {
  required_providers {
    test = { source = "example.com/example/test" }
  }
}

variable "lease" {
  default = "renewed"
}

variable "thing" {
  default = "want_secret"
}

variable "ms" {
  default = 20
}

ephemeral "test_lease" "l" {
  renew_after_ms = var.ms
  misbehave      = var.lease
}

provider "test" {
  alias    = "leased"
  greeting = ephemeral.test_lease.l.token
}

resource "test_thing" "t" {
  name      = "t"
  polls     = 800
  secret    = ephemeral.test_lease.l.token
  misbehave = var.thing
}

resource "test_thing" "u" {
  provider = test.leased
  name     = "u"
}
TF
check "leases: init" 0 "" iac init -no-color "$plugins"
check "leases: a write-only attribute is not shown" 0 "secret += \(write-only attribute\)" \
    iac plan -no-color "$plugins" -var lease=none -var ms=0
check "leases: a short one is not renewed" 1 "Lease not renewed" iac plan -no-color "$plugins" -var ms=0
check "leases: renewed while in use, and closed last" 0 "t: Creation complete.*l: Closing complete.*2 added" \
    iac apply -no-color -auto-approve "$plugins" -var lease=none
check "leases: nothing is kept" 1 "" sh -c "cat .iac/* | grep -a lease-secret"
check "leases: the provider is told the secret again" 0 "No changes" iac plan -no-color "$plugins" -var lease=none
check "leases: a saved plan does not hold it" 0 "" \
    iac plan -no-color "$plugins" -out saved -var lease=none -replace=test_thing.t
check "leases: nothing is kept in the plan" 1 "" grep -a lease-secret saved
check "leases: it is opened again for a saved plan" 0 "l: Opening complete.*l: Renew.*1 added.*1 destroyed" \
    iac apply -no-color "$plugins" saved
check "leases: one that cannot be opened" 1 "No lease.*with ephemeral.test_lease.l" \
    iac plan -no-color "$plugins" -var lease=refuse
check "leases: one that cannot be renewed" 1 "Lease lapsed" \
    iac apply -no-color -auto-approve "$plugins" -var lease=lapse -replace=test_thing.t
check "leases: one that cannot be closed" 1 "Lease stuck" iac plan -no-color "$plugins" -var lease=stuck -var ms=0
check "leases: a change of what nobody sees replaces" 0 "t must be replaced" \
    iac plan -no-color "$plugins" -var lease=none -var thing=secret_replaces
check "leases: a provider must not answer with it" 1 "write-only attribute" \
    iac plan -no-color "$plugins" -var lease=none -var thing=plan_secret
check "leases: destroying opens what its provider needs" 0 "u: Destruction complete.*l: Closing complete.*2 destroyed" \
    iac destroy -no-color -auto-approve "$plugins" -var lease=none

# ---- several instances of one provider ----

project=$work/each
mkdir -p "$project"
cat >"$project/main.tf" <<'TF'
terraform {
  required_providers {
    test = { source = "example.com/example/test" }
  }
}

variable "greetings" {
  type    = map(string)
  default = { en = "hello ", fr = "salut ", es = "hola " }
}

variable "used" {
  type    = list(string)
  default = ["en", "fr"]
}

provider "test" {
  alias    = "by_language"
  for_each = var.greetings
  greeting = each.value
}

resource "test_thing" "t" {
  for_each = toset(var.used)
  provider = test.by_language[each.key]
  name     = each.key
  polls    = 1
}

data "test_upper" "u" {
  for_each = toset(var.used)
  provider = test.by_language[each.key]
  name     = each.key
}

data "test_upper" "later" {
  for_each = test_thing.t
  provider = test.by_language[each.key]
  name     = each.value.id == "" ? "" : each.key
}

ephemeral "test_lease" "l" {
  provider = test.by_language["en"]
}

output "said" {
  value = join(", ", concat([for u in data.test_upper.u : u.upper], [for u in data.test_upper.later : u.upper]))
}
TF
check "provider for_each: init" 0 "" iac init -no-color "$plugins"
check "provider for_each: each object is asked of its own instance" 0 "hello EN, salut FR, hello EN, salut FR" \
    iac apply -no-color -auto-approve "$plugins"
check "provider for_each: a saved plan goes to the same instances" 0 "" \
    iac plan -no-color -out saved "$plugins" -var 'greetings={en="hi ",fr="salut ",es="hola "}' -replace 'test_thing.t["fr"]'
check "provider for_each: and is carried out" 0 "hi EN, salut FR" iac apply -no-color "$plugins" saved
check "provider for_each: an instance that cannot be configured" 1 "Bad greeting.*Say something else" \
    iac plan -no-color "$plugins" -var 'greetings={en="hi ",fr="bad"}'
check "provider for_each: reads together, by instance" 0 "No changes" \
    iac plan -no-color "$plugins" -var 'greetings={en="hi ",fr="salut "}'
check "provider for_each: an instance is needed to destroy what it made" 1 \
    "Provider instance not present To work with test_thing.t\[\"fr\"\] its original provider instance at .*by_language\[\"fr\"\]" \
    iac plan -no-color "$plugins" -var 'greetings={en="hi "}' -var 'used=["en"]'
check "provider for_each: destroy" 0 "2 destroyed" iac destroy -no-color -auto-approve "$plugins"

# ---- providers that cannot be used ----

for case in \
    "none|was not found" \
    "newer|version 2 of the provider interface" \
    "noentry|iac_provider_entry" \
    "noplan|no function \"plan\"" \
    "short|shorter than its header says" \
    "text|not a shared object"; do
    dir=${case%%|*}
    check "a broken provider is refused: $dir" 1 "${case#*|}" iac plan -no-color "-plugin-dir=$work/$dir"
done
finish
