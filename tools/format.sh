#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats every C file with clang-format as .clang-format says, or with --check says which ones are not.
#   tools/format.sh [--check] [FILE ...]
# Another version than 14 lays out some lines in another way, so only 14 is taken. Ends with 77 where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

check=no
[ "${1:-}" != --check ] || { check=yes; shift; }
formatter=""
for name in clang-format-14 clang-format; do
    if "$name" --version 2>/dev/null | grep -q 'version 14\.'; then formatter=$name && break; fi
done
[ -n "$formatter" ] || { echo "skipped: clang-format 14 is missing (Debian: clang-format-14)"; exit 77; }

files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(find src include cl tests benchmarks examples -name '*.[ch]' | sort)
[ ${#files[@]} -gt 0 ] || { echo "no files"; exit 1; }
if [ "$check" = yes ]; then
    # It can fail: a file that is laid out in another way is refused.
    ! printf 'int  main( void ){return 0 ;}\n' | "$formatter" --assume-filename=x.c --dry-run -Werror 2>/dev/null \
        || { echo "$formatter refuses nothing"; exit 1; }
    unlike=$({ "$formatter" --dry-run -Werror "${files[@]}" 2>&1 || true; } \
        | sed -n 's/^\([^ :]*\):\([0-9]*\):.*/\1:\2: not formatted/p' | sort -u -t: -k1,1)
    [ -z "$unlike" ] || { echo "$unlike"; echo "run tools/format.sh"; exit 1; }
    echo "${#files[@]} files are formatted"
    exit 0
fi
# What it makes of a file it may lay out once more in another way, so until nothing changes.
for _ in 1 2 3 4; do
    "$formatter" -i "${files[@]}"
    ! "$formatter" --dry-run -Werror "${files[@]}" >/dev/null 2>&1 || exit 0
done
echo "some files change each time they are formatted"
exit 1
