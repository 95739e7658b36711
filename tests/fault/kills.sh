# Runs killed with SIGKILL at random instants; sourced by run.sh. After each, the next run must end with files, state
# and configuration agreeing. KILLS is how many a campaign has (default 15); SEED repeats one. How many of them leave
# something to recover depends on how fast the machine is, and is told only.

SEED=${SEED:-$((RANDOM + 1))}
echo "kills: SEED=$SEED"
RANDOM=$SEED

pause() { # MOST: sleeps up to so many milliseconds
    sleep "$(printf '0.%03d' $((RANDOM % $1)))"
}
took() { # COMMAND...: sets window to somewhat more than the milliseconds that it takes
    local begun
    begun=$(date +%s%N)
    "$@" >"$work/out" 2>&1 || fail "before the first kill"
    window=$((($(date +%s%N) - begun) / 900000 + 10))
    [ $window -lt 900 ] || window=900
}
killed() { # MOST COMMAND...: runs it, and kills it within so many milliseconds
    local most=$1 pid
    shift
    rm -f "$work/killed.out"
    "$@" >"$work/killed.out" 2>&1 &
    pid=$!
    pause "$most"
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
}
recorded() { # ATTRIBUTE: what all objects in the state have there
    "$IAC" state pull | sed -nE "s/^ *\"$1\": \"files\/(.*)\",?\$/\1/p" | sort
}
agree() { # NAME ATTRIBUTE COUNT: the next run has succeeded, and so many files are there, all of them recorded
    local have want
    have=$(ls files | sort)
    want=$(recorded "$2")
    if [ "$have" != "$want" ] || [ "$(ls files | wc -l)" -ne "$3" ]; then
        { echo "expected $3 files"; diff <(echo "$have") <(echo "$want"); cat "$work/killed.out"; } >"$work/out"
        fail "$1: files and state differ (< files, > state)"
        return 1
    fi
    "$IAC" plan -no-color -detailed-exitcode >"$work/out" 2>&1 && return 0
    fail "$1: something is left to be done"
    return 1
}

# ---- objects that can be found again by the token of the operation ----

fresh kills
slow_random() { # sets count
    local linger=$((RANDOM % 120)) first=$((RANDOM % 2)) path=$((RANDOM % 3))
    count=$((RANDOM % 7))
    cat <<TF
terraform {
  required_providers {
    slow = { source = "example.com/example/slow" }
  }
}
TF
    [ $count -gt 0 ] && cat <<TF
resource "slow_file" "a" {
  count  = $count
  path   = "files/a$path-\${count.index}"
  unique = true
  delay  = $((RANDOM % 40))
  linger = $linger
  lifecycle {
    create_before_destroy = $([ $first = 1 ] && echo true || echo false)
  }
}
TF
    [ $count -gt 3 ] && cat <<TF
resource "slow_file" "b" {
  for_each = toset(["x", "y"])
  path     = "files/b-\${each.key}-\${slow_file.a[0].path == "" ? 0 : 1}"
  unique   = true
  linger   = $linger
}
TF
    [ $count -gt 3 ] && count=$((count + 2))
    return 0
}
rounds=0 recoveries=0
while [ $rounds -lt "${KILLS:-15}" ] && [ $failed -eq 0 ]; do
    rounds=$((rounds + 1))
    slow_random >main.tf
    case $((RANDOM % 4)) in
    0) killed 350 "$IAC" destroy -no-color -auto-approve ;;
    *) killed 450 "$IAC" apply -no-color -auto-approve ;;
    esac
    case $((RANDOM % 4)) in
    0) # something else is wanted by now: what was begun may be configured no more
        slow_random >main.tf
        ;;
    1) # killed again
        killed 400 "$IAC" apply -no-color -auto-approve
        ;;
    esac
    if [ $((RANDOM % 4)) -eq 0 ]; then
        "$IAC" destroy -no-color -auto-approve >"$work/out" 2>&1 || fail "kill $rounds: the next destroy"
        count=0
        echo >main.tf
    elif [ $((RANDOM % 3)) -eq 0 ]; then
        "$IAC" plan -no-color -out="$work/plan" >"$work/out" 2>&1 &&
            "$IAC" apply -no-color "$work/plan" >>"$work/out" 2>&1 || fail "kill $rounds: the next plan and its apply"
    else
        "$IAC" apply -no-color -auto-approve >"$work/out" 2>&1 || fail "kill $rounds: the next apply"
    fi
    grep -q "Recovered from" "$work/out" && recoveries=$((recoveries + 1))
    agree "kill $rounds" id $count && pass
done
echo "kills: $rounds runs killed, of which $recoveries left something to recover"

fresh killed-lingering
slow 3 0 | sed 's/delay = 0/linger = 600000/' >main.tf
rm -f "$work/killed.out"
"$IAC" apply -no-color -auto-approve >"$work/killed.out" 2>&1 &
pid=$!
await at_least 3
kill -KILL $pid
wait $pid 2>/dev/null
sed -i 's/linger = .*//' main.tf
run "what was made but not recorded is found" 0 "(was created; it is recorded now.*){3}" "$IAC" apply -no-color -auto-approve
agree "a lingering creation" id 3 && pass

# ---- files made by local_file, with contents from random_id ----

fresh kills-local
local_random() {
    count=$((1 + RANDOM % 12))
    cat <<TF
resource "random_id" "r" {
  count       = $count
  byte_length = 4
  keepers     = { v = $((RANDOM % 3)) }
}
resource "null_resource" "n" {
  triggers = { all = join(",", random_id.r[*].hex) }
}
resource "local_file" "f" {
  count    = $count
  filename = "files/f\${count.index}"
  content  = "\${random_id.r[count.index].hex}\n"
}
TF
}
local_random >main.tf
took "$IAC" apply -no-color -auto-approve
rounds=0 recoveries=0
while [ $rounds -lt "${KILLS:-15}" ] && [ $failed -eq 0 ]; do
    rounds=$((rounds + 1))
    local_random >main.tf
    case $((RANDOM % 4)) in
    0) killed $window "$IAC" destroy -no-color -auto-approve ;;
    *) killed $window "$IAC" apply -no-color -auto-approve ;;
    esac
    "$IAC" apply -no-color -auto-approve >"$work/out" 2>&1 || fail "local, kill $rounds: the next apply"
    grep -q "Recovered from" "$work/out" && recoveries=$((recoveries + 1))
    agree "local, kill $rounds" filename $count && pass
done
echo "kills: $rounds runs with local, random and null killed, of which $recoveries left something to recover"
