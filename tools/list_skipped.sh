#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints for each test that was skipped in one CTest run a line "<reason><tab><name>": for a Criterion program for each
# of its cases, from its line [SKIP]; for another program from its line "skipped: REASON", else from its last line.
#   tools/list_skipped.sh <junit file of ctest>
set -euo pipefail
[ $# -eq 1 ] || { sed -n '3,5p' "$0" >&2; exit 2; }

awk '
function attribute(line, name,    from) {
    from = match(line, " " name "=\"[^\"]*\"")
    return from ? substr(line, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
}
function plain(text) {
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text)
    gsub(/&amp;/, "\\&", text); gsub(/\t/, " ", text)
    return text
}
function finish() {
    if (whole) print plain(said ? said : last ? last : "no reason given") "\t" test
    whole = 0; said = last = ""
}
/<testcase / { finish(); test = attribute($0, "name") }
/<skipped message="SKIP_/ || /<skipped message="Disabled/ { whole = 1 }
{ sub(/^[ \t]*<system-out>/, "") }
/^\[SKIP\] / {
    sub(/^\[SKIP\] /, "")
    at = index($0, ": ")
    print plain(substr($0, at + 2)) "\t" test " " substr($0, 1, at - 1)
    next
}
/^ *skipped: / && !said { said = $0; sub(/^ *skipped: /, "", said) }
whole && /[^ \t]/ && !/^[ \t]*</ { last = $0 }
END { finish() }
' "$1"
