#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A training step here and in PyTorch, alternating, so that both see the same machine. Prints each line, then the ratio of the best and
# of the median steps on two threads, and of the processor time of a step, PyTorch's on one thread (above 1: Socle is faster).
#   benchmarks/side_by_side.sh BUILD_DIRECTORY [device] [rounds] [network] [batch]
set -euo pipefail
build=$1 device=${2:-opencl:0} rounds=${3:-5} network=${4:-fashion-cnn} batch=${5:-128}
here=$(cd "$(dirname "$0")" && pwd)
peer=("${PYTHON:-/usr/bin/python3}" "$here/peers/torch_step.py" --net "$network" --batch "$batch" --steps 60)
ours=() theirs=() alone=()
for _ in $(seq "$rounds"); do
  ours+=("$("$build/benchmarks/bench_step" "$device" "$batch" 60 --net "$network")")
  theirs+=("$("${peer[@]}" --threads 2)")
  alone+=("$("${peer[@]}" --threads 1)")
done
printf '%s\n' "${ours[@]}" "${theirs[@]}" "${alone[@]}"
# least <key> <lines...>: the smallest value of a key over all lines
least() {
  local key=$1; shift
  printf '%s\n' "$@" | sed -n "s/.*\"$key\": *\([0-9.]*\).*/\1/p" | sort -g | head -n 1
}
# ratio <key> <lines of the peer...>
ratio() {
  local key=$1; shift
  awk -v a="$(least "$key" "${ours[@]}")" -v b="$(least "$key" "$@")" -v key="$key" \
    'BEGIN { printf "{\"key\": \"%s\", \"socle\": %s, \"pytorch\": %s, \"ratio\": %.3f}\n", key, a, b, b / a }'
}
ratio step_ms_min "${theirs[@]}"
ratio step_ms_median "${theirs[@]}"
ratio processor_ms_min "${alone[@]}"
ratio processor_ms_median "${alone[@]}"
