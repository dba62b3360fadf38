#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every command that README.md shows, as it stands there, in a folder of its own: ./start and ./test aside,
# which build and train everything. Three devices of PoCL stand in for several cards; the examples are those of
# the repository, cut to a few samples. Exits with 77 where what it needs is not installed.
#   readme_commands.sh <repository> <build folder> <scratch folder>
set -euo pipefail
root=$1 build=$2 work=$3
data=/usr/share/datasets/fashion-mnist

skip() {
    echo "skipped: $*"
    exit 77
}
[ -r "$data/train-images-idx3-ubyte.gz" ] || skip "dataset-fashion-mnist is not installed"
command -v pkg-config >/dev/null || skip "pkg-config is not installed"

rm -rf "$work"
mkdir -p "$work/bin" "$work/build-release"
cd "$work"
export POCL_DEVICES="pthread pthread pthread" XDG_DATA_HOME=$work XDG_CACHE_HOME=$work PATH=$work/bin:$PATH
unset SOCLE_DEVICE
ln -s "$build/socle" bin/socle
ln -s "$build/socle" build-release/socle
[ "$(socle devices 2>/dev/null | grep -c '^opencl:')" -ge 3 ] || skip "PoCL does not offer three devices"

cp -r "$root/examples" .
sed -i -E 's/(-labels-idx1-ubyte\.gz)\}/\1, limit: 640}/' examples/*.yaml
grep -q 'limit: 640' examples/fashion-first.yaml
cp "$data/t10k-images-idx3-ubyte.gz" images-idx3-ubyte.gz
sed -e 's/epochs: 5/epochs: 1/' examples/fashion-first.yaml >net.yaml
awk '/^```c$/ {shown = 1; next} /^```$/ {if (shown) exit} shown' "$root/README.md" >main.c
cmake --install "$build" --prefix "$work/root" >install.log
PKG_CONFIG_PATH=$(dirname "$(find "$work/root" -name socle.pc)")
export PKG_CONFIG_PATH

count=0
while IFS= read -r line; do
    echo "+ $line"
    bash -euo pipefail -c "$line" >out.log 2>err.log </dev/null || {
        echo "exit code $?"
        tail -n 5 out.log err.log
        exit 1
    }
    count=$((count + 1))
done < <(sed -nE 's/^    ((build-release\/)?socle |cc )/\1/p' "$root/README.md")
[ "$count" -ge 10 ] || { echo "README.md shows only $count commands; are they still indented by four spaces?"; exit 1; }
[ -x main ] && [ -s runs/first/model.safetensors ]
cd /
rm -rf "$work"
echo "$count commands of README.md run as they stand"
