#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one of the C examples on a device as its user would, and looks at what it prints and leaves.
#   run_example.sh <has_device> <program> <device> [<argument>...]
# Ends with 77, and the reason, where the device or the data are not there.
set -eu
has_device=$1 program=$2 device=$3
shift 3
"$has_device" "$device" || { echo "skipped: no device $device"; exit 77; }
name=$(basename "$program")
images=/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz
if [ "$name" = fit ] && [ ! -f "$images" ]; then
    echo "skipped: $images is missing; on Debian: apt-get install dataset-fashion-mnist"
    exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
code=0
"$program" "$device" "$@" > output || code=$?
cat output
[ "$code" = 0 ] || { echo "$name ended with $code"; exit 1; }
case $name in
    tensors) pattern='y = 2\.0000 x \+ 1\.0000' ;;
    backprop) pattern='^weights that differ from the built-in ones: 0$' ;;
    training_step) pattern='^step 600: loss 0\.00' ;;
    fgsm) pattern='^accuracy (1\.00|0\.9[5-9]), after the attack 0\.[0-2]' ;;
    phases) pattern='^0\.[01][0-9]* from the circle$' ;;
    reader) pattern='^accuracy (1\.000|0\.9[5-9][0-9]) on 100000 points$' ;;
    two_networks) pattern='^step 1500: 0\.[01]' ;;
    fit) pattern='^test accuracy 0\.[5-9]' ;;
    *) echo "unknown example $name"; exit 1 ;;
esac
grep -Eq "$pattern" output || { echo "the output lacks \"$pattern\""; exit 1; }
files=$(ls)
wanted=output
[ "$name" != fit ] || wanted="model.safetensors
output"
[ "$name" != fgsm ] || wanted="fgsm.safetensors
output"
[ "$files" = "$wanted" ] || { echo "left behind: $files"; exit 1; }
