#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./test itself: every test is in exactly one part, and parts are remembered as they should be. The second is tried in
# a repository of its own, with programs in the place of cmake and ctest.
#   check_parts.sh <root of the project> <build folder> <folder to work in>
set -euo pipefail
root=$1 build=$2 work=$3

fail() { echo "check_parts: $*"; exit 1; }

# shellcheck source=tools/test_parts.sh
source "$root/tools/test_parts.sh"

names() { ctest --test-dir "$build" -N "$@" | sed -n 's/^ *Test *#[0-9]*: //p' | sort; }
every=$(names)
[ -n "$every" ] || fail "ctest lists no test"
twice=$(for part in $(part_names); do
    [ "$(part_preset "$part")" != developer ] && continue
    mapfile -t selection < <(part_selection "$part")
    names "${selection[@]}"
done | sort)
[ "$twice" = "$every" ] || fail "not in exactly one part:" "$(diff <(echo "$twice") <(echo "$every"))"
for part in $(part_names); do
    [ -n "$(part_preset "$part")" ] || fail "$part has no preset"
done
! part_is_known fas || fail "part of a name passes for the name"

command -v git >/dev/null || { echo "skipped: git is missing"; exit 77; }
rm -rf "$work"
mkdir -p "$work/repository/tools" "$work/programs"
cp "$root/test" "$work/repository/"
cp "$root"/tools/*.sh "$work/repository/tools/"
cp "$root/.gitignore" "$work/repository/"
# Three parts are enough.
sed -i -E "/^    '(verify|random|drivers|gpu-compilers|full|long|faults-.*|sanitizers-.*)\|/d" "$work/repository/tools/test_parts.sh"
succeed() { printf '#!/bin/sh\necho 1\n' >"$work/programs/$1" && chmod +x "$work/programs/$1"; }
break_it() { printf '#!/bin/sh\nexit 1\n' >"$work/programs/$1" && chmod +x "$work/programs/$1"; }
succeed cmake
succeed clang
# Writes down its arguments; fails where a file says so; one test passes, one is skipped.
cat >"$work/programs/ctest" <<'END'
#!/bin/bash
echo "$*" >>"$WORK/runs"
status=run code=0
if [ -f "$WORK/broken" ] && [[ "$*" == *"$(cat "$WORK/broken")"* ]]; then status=fail code=8; fi
if [ -f "$WORK/touch" ]; then touch "$WORK/repository/appeared"; fi
while [ "$1" != --output-junit ]; do shift; done
mkdir -p "$(dirname "$2")"
cat >"$2" <<XML
<testsuite>
	<testcase name="works" classname="works" time="1" status="$status">
		<system-out>[SKIP] file::case: no device &apos;a &amp; b&apos; here
</system-out>
	</testcase>
	<testcase name="absent" classname="absent" time="1" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<system-out>trying
skipped: no such thing here
</system-out>
	</testcase>
</testsuite>
XML
exit $code
END
chmod +x "$work"/programs/ctest
export WORK=$work PATH=$work/programs:$PATH
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
unset GIT_DIR GIT_WORK_TREE
cd "$work/repository"
git init -q . && git add . && git commit -qm first

# expect <status> <runs of ctest> <last line> [argument of ./test ...]
expect() {
    local status=$1 runs=$2 last=$3 got=0 output
    shift 3
    : >"$WORK/runs"
    output=$(./test --no-install "$@" 2>&1) || got=$?
    [ "$got" -eq "$status" ] || fail "./test $* ends with $got instead of $status: $output"
    [ "$(wc -l <"$WORK/runs")" -eq "$runs" ] || fail "./test $*: not $runs runs of ctest: $(cat "$WORK/runs")"
    [ "$(tail -n 1 <<<"$output")" = "$last" ] || fail "./test $*: the last line is not \"$last\": $output"
    said=$output
}

count=3 rest=2 # parts: fast, kill, fuzz; all but one
expect 0 1 "1 passed, 0 failed, 1 skipped" --part kill
[[ $said == *"1: no device 'a & b' here (works file::case)"* ]] || fail "the reason of a case is not told: $said"
[[ $said == *"1: no such thing here (absent)"* ]] || fail "the reason of a program is not told: $said"
expect 0 1 "1 passed, 0 failed, 1 skipped" --part kill # asked for by name, it runs again
expect 0 $rest "$count passed, 0 failed, $count skipped" --all
expect 0 0 "$count passed, 0 failed, $count skipped" --all
git commit -q --allow-empty -m second
listed=$(./test --list-parts)
[ "$(grep -c 'passed on' <<<"$listed")" -eq "$count" ] || fail "--list-parts lacks what passed"
echo '^kill$' >"$work/broken" # one part fails: the others are remembered, that one is not
expect 1 "$count" "$rest passed, 1 failed, $count skipped" --all
expect 1 1 "$rest passed, 1 failed, $count skipped" --all
rm "$work/broken"
expect 0 1 "$count passed, 0 failed, $count skipped" --all
touch new # a tree with changes
expect 0 "$count" "$count passed, 0 failed, $count skipped" --all
rm new
expect 0 "$count" "$count passed, 0 failed, $count skipped" --all
git commit -q --allow-empty -m third
touch "$work/touch" # a tree that changes meanwhile
expect 0 1 "1 passed, 0 failed, 1 skipped" --part kill
rm "$work/touch" appeared
expect 0 "$count" "$count passed, 0 failed, $count skipped" --all
expect 2 0 "./test: unknown part nothing (known: fast kill fuzz )" --part nothing
break_it cmake
expect 1 0 "0 passed, 1 failed, 0 skipped" --part fast
succeed cmake
expect 0 1 "$count passed, 0 failed, $count skipped" --all
break_it clang # other compilers: nothing is known, and the fuzzers cannot run
expect 0 "$rest" "$rest passed, 0 failed, $count skipped" --all
[[ $said == *"clang has no libFuzzer here"* ]] || fail "a part that cannot run does not say why: $said"

# A part that --all requires, and that is left out elsewhere.
sed -i "s/^parts=(/&\n    'gpu-compilers|developer|required'/" tools/test_parts.sh
git commit -qam fourth
export SOCLE_GPU_COMPILERS_DIR=$work/none
expect 1 "$rest" "$rest passed, 1 failed, $count skipped" --all
[[ $said == *"gpu-compilers: failed: the compiler for nvidia is not installed"* ]] || fail "a required part does not say why: $said"
expect 1 0 "0 passed, 0 failed, 1 skipped" --part gpu-compilers
