#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the files of a release, once, with that release's tool; later programs must read them (tests/tool/test_tool_released.c).
#   tests/released/make.sh <socle> <folder>      e.g. build/socle tests/released/0.1
# The run ends within its second epoch, so the checkpoint has all there is: states of the optimizer, running statistics, the best
# weights, a place in the data. predicted.txt: what the model file says of the first training images.
set -euo pipefail
tool=$(realpath "$1") out=$2
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
[ ! -e "$out/model.safetensors" ] || { echo "$out has files of a release already; they are never made again"; exit 1; }
work=/tmp/socle-released # a checkpoint has the path of its data: one that tells nothing of a machine
mkdir "$work"
trap 'rm -rf "$work"' EXIT
mkdir "$work/golden" "$work/released"
cp "$here"/../golden/{images,labels}-idx?-ubyte "$work/golden/"
cp "$here/net.yaml" "$work/released/"
"$tool" train "$work/released/net.yaml" -o "$work/run" --device cpu --threads 1 --set train.steps=13 --quiet
"$tool" predict -m "$work/run/model.safetensors" --input "$work/golden/images-idx3-ubyte" --device cpu --threads 1 --all >"$work/predicted.txt"
mkdir -p "$out"
cp "$work"/run/{model,checkpoint}.safetensors "$out/"
head -n 64 "$work/predicted.txt" >"$out/predicted.txt"
ls -l "$out"
