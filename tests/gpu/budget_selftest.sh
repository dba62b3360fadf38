#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The budget can be broken: budget.py with a compiler that is a script, and one text, in every way that must be a failure.
#   budget_selftest.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$1
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 77; }
rm -rf "$work"
mkdir -p "$work/sources/nvidia" "$work/sources/amd" "$work/sources/intel"

fail() { echo "budget_selftest: $*"; exit 1; }

# Its figures stand in files; how often it was asked to compile stands in one, too.
cat >"$work/compilers" <<'END'
#!/bin/sh
cd "$(dirname "$0")"
case $1 in
    list) for t in sm_80 sm_90 gfx1030 gfx1100 gfx942 dg2; do echo "$t $(cat state)"; done ;;
    versions) cat version ;;
    compile)
        case $2 in *dg2*) echo asked >>asked; cat said >&2; code=$(cat code) ;; *) code=0 ;; esac
        for t in $(echo "$2" | tr , ' '); do grep "^$t " rows; done
        exit "$code"
        ;;
esac
END
chmod +x "$work/compilers"
rows() { for t in sm_80 sm_90 gfx1030 gfx1100 gfx942; do echo "$t one 32 0 0"; done; echo "dg2 $*"; }
begin() {
    rm -rf "$work/objects" "$work/asked"
    echo installed >"$work/state"
    echo 1 >"$work/version"
    echo 0 >"$work/code"
    : >"$work/said"
    rows one 64 0 0 >"$work/rows"
    for vendor in nvidia amd intel; do
        printf '// options: -w\nkernel void one(void) {} // a word\n' >"$work/sources/$vendor/a.cl"
        echo one >"$work/sources/$vendor/a.kernels"
    done
    printf 'kernel a b c d e f\none 32 32 32 32 32 64\n' >"$work/budget"
}
judge() { "$here/budget.py" "$work/sources" "$work/objects" "$work/budget" --compilers "$work/compilers" >"$work/out" 2>&1; }
kept() { judge || { cat "$work/out"; fail "broken: $1"; }; }
broken() {
    ! judge || fail "kept: $1"
    grep -qF "$2" "$work/out" || { cat "$work/out"; fail "does not say '$2': $1"; }
}
asked() { [ "$(wc -l <"$work/asked")" -eq "$1" ] || fail "compiled $(wc -l <"$work/asked") times, not $1: $2"; }

begin && kept "what the budget allows"
kept "the same again" && asked 1 "nothing changed"
sed -i 's/a word/another/' "$work/sources/intel/a.cl" && kept "a comment" && asked 1 "a comment changed"
sed -i 's/{}/{ }/' "$work/sources/intel/a.cl" && kept "a text" && asked 2 "the text changed"
sed -i 's/-w/-g/' "$work/sources/intel/a.cl" && kept "an option" && asked 3 "an option changed"
echo 2 >"$work/version" && kept "a compiler" && asked 4 "a compiler changed"

begin && rows one 128 0 0 >"$work/rows" && broken "registers" "one on dg2: 128 registers, 64 allowed (intel/a.cl)"
begin && rows one 64 16 0 >"$work/rows" && broken "scratch" "one on dg2: 16 bytes of scratch memory, 0 allowed"
begin && rows one 64 0 8 >"$work/rows" && broken "a spill" "one on dg2: 8 bytes spilled, 0 allowed"
echo "except one dg2 0 8 it is small" >>"$work/budget" && kept "a spill with a reason"
echo "except one dg2 0 8" >>"$work/budget" && broken "without a reason" "an exception needs a reason"
begin && echo "except one dg2 0 8 it was small" >>"$work/budget" && broken "a reason of old" "allows more than it needs"
begin && sed -i '$d' "$work/budget" && broken "a new kernel" "one is not in the budget"
begin && echo "two 8 8 8 8 8 8" >>"$work/budget" && broken "a kernel that is gone" "two on dg2 is in the budget, but no text has it"
begin && echo two >>"$work/sources/intel/a.kernels" && broken "a lost kernel" "the compiler says nothing of the kernel two"
begin && rows refused >"$work/rows" && echo 1 >"$work/code" && echo "no such word" >"$work/said" &&
    broken "a text that does not compile" "no such word"
judge || asked 2 "what was refused is tried again"
begin && echo "nobody has it" >"$work/state" && { judge || [ $? -eq 77 ]; } && grep -q "^skipped: nobody has it" "$work/out" ||
    fail "without compilers it is not skipped"
