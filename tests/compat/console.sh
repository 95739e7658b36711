#!/usr/bin/env bash
# `iac console` beside Terraform's: expressions against recorded answers, then sessions through both programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
iac=${IAC:-$here/../../build/iac}
passed=0 failed=0 skipped=0
for part in recorded console; do
    text=$("$here/$part.py" "$iac" --verbose)
    echo "$text"
    if [[ $(tail -1 <<<"$text") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
