#!/usr/bin/env bash
# What examples/ promises: the quick start runs through, and the provider there builds outside of the tree against
# the installed header and is loaded.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
IAC=${IAC:-$root/build/iac}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "examples: $name"
        tail -30 "$work/output" | sed 's/^/    /'
    fi
}

quickstart() {
    rm -rf "$root/build/quickstart"
    "$root/examples/quickstart" && [ -e "$root/build/quickstart/out/web.conf" ] &&
        cd "$root/build/quickstart" && IAC_PLUGIN_PATH=$root/build/providers "$IAC" destroy -auto-approve &&
        [ ! -e out/web.conf ]
}

installed() {
    cmake --install "$root/build" --prefix "$work/prefix" && [ -x "$work/prefix/bin/iac" ] &&
        env -u IAC_PLUGIN_PATH "$work/prefix/bin/iac" version
}

own_provider() {
    local project=$work/project
    cmake -S "$root/examples/provider" -B "$work/provider" -DCMAKE_PREFIX_PATH="$work/prefix" &&
        cmake --build "$work/provider" && mkdir -p "$project" && cp "$root/examples/provider/main.tf" "$project" &&
        cd "$project" || return 1
    local program=$work/prefix/bin/iac where=-plugin-dir=$work/provider
    "$program" init "$where" && "$program" apply -auto-approve "$where" &&
        "$program" plan -detailed-exitcode "$where" && "$program" destroy -auto-approve "$where"
}

check quickstart quickstart
check install installed
check provider own_provider
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
