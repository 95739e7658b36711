#!/usr/bin/env bash
# Runs each check of this folder. The last line is the summary.
cd "$(dirname "$0")" || exit 1
passed=0 failed=0
for check in layers banned headers; do
    if output=$("./$check" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "lint: $check"
        echo "$output" | sed 's/^/    /'
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
