# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # limits are used by ./test
# The parts of the tests: what each runs, and which passed on which commit. Sourced by ./test. Every test belongs
# to exactly one part, by its labels; a long test without the label of a part belongs to `long`.

fast_minutes=6  # what the tests of the fast part may take on two cores, building aside
part_minutes=40 # what one part may take on two cores, building included
all_minutes=150 # and all of them

# name|preset|what it is
parts=(
    'fast|developer|everything but the long tests: what a plain ./test runs'
    'verify|developer|the complete tables of verify'
    'random|developer|thousands of random shapes of every family of operations'
    'drivers|developer|OpenCL drivers of other vendors'
    'gpu-compilers|developer|what the compilers of GPU vendors make of every kernel'
    'full|developer|the tests of fast that are whole here, with the OpenCL kernels that users have'
    'long|developer|long tests of no other part'
    'kill|developer|hundreds of SIGKILLs'
    'faults-one-device|developer|calls to the driver fail, on one device'
    'faults-fleets|developer|the same while several devices train'
    'sanitizers-address|asan|all but the long tests with AddressSanitizer and UndefinedBehaviorSanitizer'
    'sanitizers-thread|tsan|the programs about threads with ThreadSanitizer'
    'fuzz|fuzz|every fuzzer for a minute'
)
long_parts='verify|random|drivers|gpu-compilers|full|kill|faults-one-device|faults-fleets' # those that take long tests by a label

part_names() { printf '%s\n' "${parts[@]%%|*}"; }

part_is_known() { grep -qxF -- "$1" <<<"$(part_names)"; } # no pipe: grep ends early, and the writer of a pipe would fail

part_preset() {
    local row
    for row in "${parts[@]}"; do
        [ "${row%%|*}" != "$1" ] || { row=${row#*|} && echo "${row%%|*}"; }
    done
}

# The arguments of ctest that choose the tests of a part, one a line.
part_selection() {
    case $1 in
        fast | sanitizers-*) printf '%s\n' --label-exclude '^long$' ;;
        long) printf '%s\n' --label-regex '^long$' --label-exclude "^($long_parts)\$" ;;
        fuzz) printf '%s\n' --label-regex '^fuzz$' ;;
        *) printf '%s\n' --label-regex '^long$' --label-regex "^$1\$" ;;
    esac
}

# What a part needs and this machine lacks; empty: nothing.
part_obstacle() {
    case $1 in
        fuzz)
            command -v clang >/dev/null || { echo "clang is missing (Debian: clang)" && return; }
            clang -fsanitize=fuzzer -x c - -o /dev/null >/dev/null 2>&1 \
                <<<'int LLVMFuzzerTestOneInput(const char *d, long n) { return !d && n; }' ||
                echo "clang has no libFuzzer here (Debian: libclang-rt-14-dev, or the one of your clang)"
            ;;
        gpu-compilers) tools/gpu_compilers.sh list | # to its end: the writer of a pipe that is closed would fail
            awk '!/ installed$/ && !said { sub(/^[^ ]* /, ""); print; said = 1 }' ;;
    esac
}

# Whether ./test --all fails where a part has an obstacle, instead of leaving it out.
part_is_required() { [ "$1" = gpu-compilers ]; }

# The commit, if the tree is exactly that; empty: something is changed, new, or not under git.
clean_commit() {
    [ -z "$(git status --porcelain 2>&1)" ] && git rev-parse HEAD 2>/dev/null
}

# What else decides whether tests pass: compilers and OpenCL drivers, as one word.
test_conditions() {
    { cc --version; clang --version; nproc; ls /etc/OpenCL/vendors; printenv OCL_ICD_VENDORS;
        tools/drivers.sh list; tools/gpu_compilers.sh list; true; } 2>/dev/null |
        cksum | tr ' ' -
}

# The memory: lines "<part> <commit> <conditions> <passed> <failed> <skipped> <seconds>", one for each part, of its
# last run that passed.
memory=build/test-parts

# remember_part <part> <commit> <conditions> <passed> <failed> <skipped> <seconds>
remember_part() {
    forget_part "$1"
    mkdir -p "$(dirname "$memory")"
    echo "$*" >>"$memory"
}

forget_part() {
    [ -f "$memory" ] || return 0
    grep -v "^$1 " "$memory" >"$memory.new" || true
    mv "$memory.new" "$memory"
}

# recall_part <part>: "<commit> <conditions> <passed> <failed> <skipped> <seconds>", or nothing
recall_part() {
    [ ! -f "$memory" ] || sed -n "s/^$1 //p" "$memory"
}

list_parts() {
    local row name record commit conditions seconds
    for row in "${parts[@]}"; do
        name=${row%%|*}
        record=$(recall_part "$name")
        if [ -n "$record" ]; then
            read -r commit conditions _ _ _ seconds <<<"$record"
            [ "$conditions" = "$(test_conditions)" ] || commit="$commit, with other compilers or drivers,"
            record="passed on $commit in $seconds s"
        fi
        printf '%-20s %s%s\n' "$name" "${row##*|}" "${record:+; $record}"
    done
}
