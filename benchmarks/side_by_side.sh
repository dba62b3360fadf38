#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A training step of fashion-cnn here and in PyTorch, alternating, so that both see the same machine. Prints each line and the ratio of
# the best and of the median steps (above 1: Socle is faster).
#   benchmarks/side_by_side.sh BUILD_DIRECTORY [device] [rounds]
set -euo pipefail
build=$1 device=${2:-opencl:0} rounds=${3:-5}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-/usr/bin/python3}
ours=() theirs=()
for _ in $(seq "$rounds"); do
  ours+=("$("$build/benchmarks/bench_step" "$device" 128 60)")
  theirs+=("$("$python" "$here/peers/torch_fashion_cnn.py" --batch 128 --threads 2 --steps 60)")
done
printf '%s\n' "${ours[@]}" "${theirs[@]}"
# least <key> <lines...>: the smallest value of a key over all lines
least() {
  local key=$1; shift
  printf '%s\n' "$@" | sed -n "s/.*\"$key\": *\([0-9.]*\).*/\1/p" | sort -g | head -n 1
}
for key in step_ms_min step_ms_median; do
  awk -v a="$(least $key "${ours[@]}")" -v b="$(least $key "${theirs[@]}")" -v key=$key \
    'BEGIN { printf "{\"key\": \"%s\", \"socle\": %s, \"pytorch\": %s, \"ratio\": %.3f}\n", key, a, b, b / a }'
done
