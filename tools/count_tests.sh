#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints "<passed> <failed> <skipped>" for one CTest run. Criterion programs are counted by their test cases
# (their XML reports), other tests as one each. A program that failed without a failed case in its report (a
# crash, a time-out, a leak) counts as one failure more; so does one that never ran.
#   tools/count_tests.sh <junit file of ctest> <folder of Criterion reports>
set -euo pipefail
[ $# -eq 2 ] || { sed -n '3,6p' "$0" >&2; exit 2; }

awk -v reports="$2" '
function attribute(line, name,    from) {
    from = match(line, " " name "=\"[^\"]*\"")
    return from ? substr(line, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
}
function finish(    file, line, found, bad) {
    if (test == "") return
    bad = status != "run" && !skip
    file = reports "/" test ".xml"
    while (!found && (getline line < file) > 0)
        if (line ~ /<testsuites /) found = 1
    close(file)
    if (!found) {
        if (skip) skipped++; else if (bad) failed++; else passed++
    } else {
        cases_failed = attribute(line, "failures") + 0 # crashes ("errors") included
        cases_skipped = attribute(line, "disabled") + 0
        passed += attribute(line, "tests") - cases_failed - cases_skipped
        failed += cases_failed + (bad && cases_failed == 0)
        skipped += cases_skipped
    }
    test = ""
}
/<testcase / { finish(); test = attribute($0, "name"); status = attribute($0, "status"); skip = 0 }
/<skipped message="SKIP_/ || /<skipped message="Disabled/ { skip = 1 }
END { finish(); print passed + 0, failed + 0, skipped + 0 }
' "$1"
