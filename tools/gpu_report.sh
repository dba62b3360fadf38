#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What one GPU does with Socle, all in one go, on a machine with nothing but a driver: verify, tune, bench, and fashion-cnn
# trained to its end. The result is one file, benchmarks/results/<device>.json.
#   tools/gpu_report.sh pack FILE.tar.gz       where Socle can be built: puts all that is needed there into one file, with a
#                                              tool that needs the C library alone (the preset static)
#   tools/gpu_report.sh run [OPTION...]        there, in the unpacked folder (or here, in the repository, once packed)
#     --device DEVICE   as `socle --device` names it; standard: gpu
#     --minutes N       for tune; standard: 10, 0: none
#     --quick           small tables, short runs: whether it works, not what the device does
#     --out FOLDER      where the result goes; standard: benchmarks/results
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=/usr/share/datasets/fashion-mnist

fail() { echo "tools/gpu_report.sh: $*" >&2; exit 1; }
usage() { sed -n '5,13p' "$0" >&2; exit 2; }

pack() {
    local archive=$1 work
    [ -d "$data" ] || fail "no $data (Debian: dataset-fashion-mnist)"
    cmake --preset static -S "$root" >/dev/null || fail "the preset static cannot be configured"
    cmake --build --preset static -j "$(nproc)" || fail "the preset static did not build"
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$work'" EXIT
    mkdir -p "$work/gpu-report/tools" "$work/gpu-report/build-static" "$work/gpu-report/examples" "$work/gpu-report/data"
    cp "$root/build-static/socle" "$root/build-static/socle-probe" "$work/gpu-report/build-static/"
    cp "$root/tools/gpu_report.sh" "$work/gpu-report/tools/"
    cp "$root/examples/fashion-cnn.yaml" "$work/gpu-report/examples/"
    cp "$data"/*.gz "$work/gpu-report/data/"
    tar -czf "$archive" -C "$work" gpu-report
    echo "$archive: unpack it there, then gpu-report/tools/gpu_report.sh run"
}

# The value of a word in a line of JSON: "name": "value"
value_of() { sed -nE "s/.*\"$1\": \"([^\"]*)\".*/\1/p" <<<"$2" | head -n 1; }

# step <name> <command...>: its standard output into <name>, how it ended and how long it took into <name>.end
step() {
    local name=$1 began code=0
    shift
    echo "== $name" >&2
    began=$(date +%s)
    "$@" >"$work/$name" || code=$?
    echo "{\"exit\": $code, \"seconds\": $(($(date +%s) - began))}" >"$work/$name.end"
    [ "$code" -eq 0 ] || echo "tools/gpu_report.sh: $name ended with $code; the report says so" >&2
}

# The lines of a file, each of which is JSON, as one array.
array() { [ ! -s "$1" ] || grep -E '^\{' "$1" | paste -sd, -; }

part() { [ ! -f "$work/$1" ] || printf ',\n"%s": {"end": %s, "rows": [%s]}' "$1" "$(cat "$work/$1.end")" "$(array "$work/$1")"; }

# What verify says of a row that passed is of no use here.
only_bad() { grep -vE '"state": "(pass|unsupported)"' "$work/verify" >"$work/bad" || true; mv "$work/bad" "$work/verify"; }

run() {
    local device=gpu minutes=10 out=$root/benchmarks/results tool=${SOCLE_TOOL:-$root/build-static/socle} small=() quick=() short=() facts name step
    while [ $# -gt 0 ]; do
        case $1 in
            --device) [ $# -gt 1 ] || usage; device=$2; shift ;;
            --minutes) [ $# -gt 1 ] || usage; minutes=$2; shift ;;
            --out) [ $# -gt 1 ] || usage; out=$2; shift ;;
            --quick) small=(--small) quick=(--quick) short=(--set data.train.limit=1280 --set train.epochs=1) ;;
            *) usage ;;
        esac
        shift
    done
    [[ "$minutes" =~ ^[0-9]+$ ]] || usage
    [ -x "$tool" ] || fail "no $tool; tools/gpu_report.sh pack makes it"
    [ ! -d "$root/data" ] || data=$root/data
    [ -d "$data" ] || fail "no pictures in $data"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    unset SOCLE_CACHE_DIR
    export XDG_DATA_HOME=$work/records XDG_CACHE_HOME=$work/cache # what was known here decides nothing
    "$tool" devices --json >"$work/devices" || fail "the devices cannot be listed"
    facts=$(grep -E "\"(device|id|name|type)\": \"$device\"" "$work/devices" | head -n 1) || fail "no device $device"
    name=$(value_of id "$facts" | tr -c 'A-Za-z0-9.\n' '-')
    [ -n "$name" ] || fail "$device says nothing of itself"
    device=$(value_of device "$facts")

    step verify "$tool" verify --device "$device" --no-record --json "${small[@]}"
    only_bad
    [ "$minutes" -eq 0 ] || step tune "$tool" tune --device "$device" --minutes "$minutes" --json
    step bench "$tool" bench --device "$device" --json "${quick[@]}"
    step train "$tool" train "$root/examples/fashion-cnn.yaml" --device "$device" --output "$work/run" --json \
        --set "data.train.images=$data/train-images-idx3-ubyte.gz" --set "data.train.labels=$data/train-labels-idx1-ubyte.gz" \
        --set "data.test.images=$data/t10k-images-idx3-ubyte.gz" --set "data.test.labels=$data/t10k-labels-idx1-ubyte.gz" \
        "${short[@]}"

    mkdir -p "$out"
    {
        printf '{"report": 1, "version": "%s", "when": "%s", "quick": %s,\n"device": %s' "$("$tool" --version | head -n 1)" \
            "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$([ ${#quick[@]} -gt 0 ] && echo true || echo false)" "$facts"
        for step in verify tune bench train; do part "$step"; done
        printf '}\n'
    } >"$work/report.json"
    [ ! -e "$out/$name.json" ] || mv "$out/$name.json" "$out/$name.json.before"
    mv "$work/report.json" "$out/$name.json"
    echo "$out/$name.json"
    ! grep -q '"exit": [^0]' "$work"/*.end
}

case ${1:-} in
    pack) [ $# -eq 2 ] || usage; pack "$2" ;;
    run) shift; run "$@" ;;
    *) usage ;;
esac
