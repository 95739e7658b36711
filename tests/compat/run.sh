#!/usr/bin/env bash
# The same cases through Terraform and through iac: standard output, standard error and exit status must agree once
# what differs from run to run, and the name of the program, is taken out. Text is compared by words, and diagnostics of
# one place in any order (texts.py). The cases are those of tests/cli, except where a file `iac-only` says why not, and
# those of cases/ here, whose output is JSON.
#
#   run.sh [CASE...]
#
# Skipped, visibly, where no terraform is installed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
iac=${IAC:-$root/build/iac}
export IAC_PLUGIN_PATH=${IAC_PLUGIN_PATH:-$(dirname "$iac")/providers}
if ! command -v terraform >/dev/null; then
    echo "compat: no terraform is installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
if [ ! -x "$iac" ]; then
    echo "compat: no program at $iac"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
export COMPAT=$here
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${COMPAT_TERRAFORM_CONFIG:-}" ]; then
    echo 'disable_checkpoint = true' >"$work/terraformrc"
    export COMPAT_TERRAFORM_CONFIG=$work/terraformrc
fi

run() { # WHO PROGRAM CASE
    local out=$work/$1
    rm -rf "$out"
    mkdir -p "$out/dir"
    cp -R "$3/." "$out/dir/"
    rm -f "$out"/dir/*.golden "$out/dir/cmd" "$out/dir/exit"
    (
        cd "$out/dir" || exit 1
        unset ${!TF_@}
        HOME=$out/dir IAC=$2 timeout 300 bash "$3/cmd" >"$out/stdout" 2>"$out/stderr" </dev/null
        echo $? >"$out/exit"
    )
    "$root/tests/cli/normalise" "$out/dir" "$out/stdout" "$out/stderr"
}

cases=("$@")
[ ${#cases[@]} -gt 0 ] ||
    mapfile -t cases < <(find "$root/tests/cli" "$here/cases" -mindepth 2 -maxdepth 2 -name cmd -printf '%h\n' | sort)
passed=0 failed=0 skipped=0
for case in "${cases[@]}"; do
    case=$(cd "$case" && pwd) || exit 1
    if [ -e "$case/iac-only" ]; then
        skipped=$((skipped + 1))
        continue
    fi
    run terraform "$here/terraform-as-iac" "$case"
    run iac "$iac" "$case"
    if python3 -B "$here/texts.py" "$case" "$work/terraform" "$work/iac" stdout stderr exit >"$work/differences"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "compat: $(basename "$case")"
        cat "$work/differences"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
