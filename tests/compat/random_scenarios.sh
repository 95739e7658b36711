#!/usr/bin/env bash
# Random scenarios through Terraform and through iac, step by step; --seeds N for more of them. See random_scenarios.py.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export IAC=${IAC:-$here/../../build/iac}
export IAC_PLUGIN_PATH=${IAC_PLUGIN_PATH:-$(dirname "$IAC")/providers}
if [ -z "${COMPAT_TERRAFORM_CONFIG:-}" ]; then
    COMPAT_TERRAFORM_CONFIG=$(mktemp)
    export COMPAT_TERRAFORM_CONFIG
    trap 'rm -f "$COMPAT_TERRAFORM_CONFIG"' EXIT
    echo 'disable_checkpoint = true' >"$COMPAT_TERRAFORM_CONFIG"
fi
python3 -B "$here/random_scenarios.py" "$@"
