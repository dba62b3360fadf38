#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What must hold under one vendor's driver alone (tools/drivers.sh); 77 and the reason where it is not installed.
#   on_driver.sh DRIVER verify [OPTION...]    socle verify passes, and rows did run
#   on_driver.sh DRIVER races [OPTION...]     the same, and oclgrind found no race and no access out of bounds
#   on_driver.sh DRIVER follow NETWORK        twenty steps of 16 samples of an example give the losses of the cpu backend
#   on_driver.sh DRIVER golden                the losses are PyTorch's: test_golden passes, and did run
#   on_driver.sh DRIVER+DRIVER lose           a fleet of both trains; each is lost once, and the other goes on
# SOCLE_TOOL, SOCLE_GOLDEN, SOCLE_FAULT_LAYER: what was built.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
driver=$1 what=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "on_driver: $driver, $what: $*"; exit 1; }
under() { "$root/tools/drivers.sh" run "$driver" "$@"; }

# What is not here is no failure; the reason has been printed.
under true || exit $?
verify() {
    under "$SOCLE_TOOL" verify --device opencl:0 --no-record "$@" >"$work/out" 2>&1 || { cat "$work/out"; fail "verify $*"; }
    tail -n 1 "$work/out"
    grep -qE '[1-9][0-9]* passed, 0 failed' "$work/out" || fail "no row passed"
}

# What the simulator writes is the verdict.
races() {
    export OCLGRIND_LOG=$work/log OCLGRIND_DATA_RACES=1
    verify --small "$@"
    [ ! -s "$work/log" ] || { head -n 40 "$work/log"; fail "oclgrind found something"; }
}

# train <run> <network> <devices> <command...>: twenty steps in four epochs, whose losses are then in <run>.losses
train() {
    local run=$1 network=$2 devices=$3
    shift 3
    "$@" "$SOCLE_TOOL" train "$root/examples/$network.yaml" --device "$devices" -o "$work/$run" \
        --set data.train.limit=80 --set data.test.limit=32 --set train.batch=16 --set train.epochs=4 \
        --set train.validation=0.0 >"$work/$run.out" 2>"$work/$run.log" || { cat "$work/$run.log"; fail "training on $devices"; }
    cut -d, -f2 "$work/$run/metrics.csv" | tail -n +2 >"$work/$run.losses"
    [ "$(wc -l <"$work/$run.losses")" -eq 4 ] || fail "not four epochs in $run"
}

# The losses of twenty steps differ by at most 1e-4 of their size, as in tests/train/test_golden.c.
same_losses() {
    paste "$work/$1.losses" "$work/$2.losses" | awk '
        { difference = ($1 - $2) / $2; print "loss " $1 ", expected " $2 ", relative difference " difference }
        !(difference <= 1e-4 && difference >= -1e-4) { bad = 1 }
        END { exit bad || NR != 4 }' || fail "the losses of $1 are not those of $2"
}

follow() {
    train cpu "$1" cpu env
    train driver "$1" opencl:0 under
    same_losses driver cpu
}

golden() {
    under "$SOCLE_GOLDEN" --jobs 1 --filter golden/opencl >"$work/out" 2>&1 || { cat "$work/out"; fail "test_golden"; }
    grep -q 'Passing: 1 ' "$work/out" || { cat "$work/out"; fail "test_golden did not run"; }
}

# Half of each step on either device; then one of them dies while the second epoch runs, each once.
lose() {
    local device launches
    export OPENCL_LAYERS=$SOCLE_FAULT_LAYER FAULT_CALL=clEnqueueNDRangeKernel FAULT_REOPEN=no
    export FAULT_COUNTS=$work/counts FAULT_DEVICE
    train cpu fashion-mlp cpu env
    for device in 0 1; do
        FAULT_DEVICE=$device
        train "whole$device" fashion-mlp opencl:0=1,opencl:1=1 under
        same_losses "whole$device" cpu
        launches=$(sed -n 's/^clEnqueueNDRangeKernel //p' "$FAULT_COUNTS")
        [ "$launches" -gt 0 ] || fail "opencl:$device launched nothing"
        train "lost$device" fashion-mlp opencl:0=1,opencl:1=1 under env FAULT_MODE=dead FAULT_AT=$((launches * 3 / 8))
        grep "warning: opencl:$device .* is lost; 1 device goes on" "$work/lost$device.log" || fail "no device was lost"
        grep -q "opencl:$device .*: lost; 0 of 16 samples" "$work/lost$device.log" || fail "opencl:$device went on"
        same_losses "lost$device" cpu
    done
}

case $what in
    verify | races | follow | golden | lose) "$what" "$@" ;;
    *) fail "unknown" ;;
esac
