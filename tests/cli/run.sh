#!/usr/bin/env bash
# Golden cases of the command line. Each folder here is one: a configuration; `cmd`, lines of shell that use $IAC;
# stdout.golden; stderr.golden where something is to be seen there; `exit`, the status of the last line, where not 0.
# A case runs in a copy of its folder.
#
#   run.sh [--bless] [CASE...]     --bless takes what comes out as what is expected
#
# IAC names the program (default: build/iac). The last line of the output is the summary.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export IAC=${IAC:-$root/build/iac}
export IAC_PLUGIN_PATH=${IAC_PLUGIN_PATH:-$(dirname "$IAC")/providers}
bless=
if [ "${1:-}" = --bless ]; then
    bless=1
    shift
fi
if [ ! -x "$IAC" ]; then
    echo "cli: no program at $IAC"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs the case and leaves stdout, stderr and exit in the folder $work/NAME.
run_case() { # CASE
    local out=$work/$(basename "$1")
    mkdir -p "$out/dir"
    cp -R "$1/." "$out/dir/"
    rm -f "$out"/dir/*.golden "$out/dir/cmd" "$out/dir/exit"
    (
        cd "$out/dir" || exit 1
        unset ${!TF_@} ${!IAC_STATE@}
        HOME=$out/dir timeout 300 bash "$1/cmd" >"$out/stdout" 2>"$out/stderr" </dev/null
        echo $? >"$out/exit"
    )
    "$here/normalise" "$out/dir" "$out/stdout" "$out/stderr"
}

differs() { # WHAT EXPECTED ACTUAL
    cmp -s "$2" "$3" && return 1
    echo "cli: $name: $1"
    diff -u "$2" "$3" | sed 's/^/    /'
}

check_case() { # CASE
    local case=$1 out failed=0
    name=$(basename "$case")
    out=$work/$name
    run_case "$case"
    if [ -n "$bless" ]; then
        cp "$out/stdout" "$case/stdout.golden"
        rm -f "$case/stderr.golden" "$case/exit"
        [ -s "$out/stderr" ] && cp "$out/stderr" "$case/stderr.golden"
        [ "$(cat "$out/exit")" = 0 ] || cp "$out/exit" "$case/exit"
        return 0
    fi
    [ -e "$case/exit" ] && cp "$case/exit" "$out/exit.expected" || echo 0 >"$out/exit.expected"
    [ -e "$case/stderr.golden" ] && cp "$case/stderr.golden" "$out/stderr.expected" || : >"$out/stderr.expected"
    differs "exit status" "$out/exit.expected" "$out/exit" && failed=1
    differs stdout "$case/stdout.golden" "$out/stdout" && failed=1
    differs stderr "$out/stderr.expected" "$out/stderr" && failed=1
    return $failed
}

cases=("$@")
[ ${#cases[@]} -gt 0 ] || mapfile -t cases < <(find "$here" -mindepth 2 -maxdepth 2 -name cmd -printf '%h\n' | sort)
passed=0 failed=0
for case in "${cases[@]}"; do
    [ -d "$case" ] || case=$here/$case
    if [ ! -e "$case/cmd" ]; then # else the root of the file system would be taken for one
        echo "cli: no case $case"
        failed=$((failed + 1))
        continue
    fi
    case=$(cd "$case" && pwd) || exit 1
    if check_case "$case"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    rm -rf "${work:?}/$(basename "$case")"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
