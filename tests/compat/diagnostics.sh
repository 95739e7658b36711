#!/usr/bin/env bash
# What is said of bad input, compared with Terraform: see diagnostics.py. Arguments are passed on.
set -u
here=$(cd "$(dirname "$0")" && pwd)
iac=${IAC:-$here/../../build/iac}
if [ ! -x "$iac" ]; then
    echo "diagnostics: no program at $iac"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
exec python3 "$here/diagnostics.py" "$iac" "$@"
