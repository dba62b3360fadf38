#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a network in a graph is good for stays short: counts the lines, without blank ones, of functions of the C examples.
#   example_lines.sh <folder of the examples>
set -eu
lines() { # <file> <function>...
    file=$1
    shift
    total=0
    for name in "$@"; do
        count=$(awk -v name="$name" '!inside && $0 ~ "^static .*[ *]" name "\\(" { inside = 1 }
            inside && NF { n++ } inside && /^}/ { exit } END { print n + 0 }' "$folder/$file")
        [ "$count" -gt 0 ] || { echo "$file has no function $name" >&2; exit 1; }
        total=$((total + count))
    done
    echo "$total"
}
folder=$1
attack=$(lines fgsm.c attack)
loop=$(lines two_networks.c make_net build loop)
phases=$(lines phases.c add_layers build loop show)
echo "an attack on a network: $attack lines; two networks and their loop: $loop lines, by a trainer $phases lines"
[ "$attack" -le 20 ] && [ "$loop" -le 60 ] && [ "$phases" -le 60 ]
