#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Gathers in FOLDER/nvidia, amd and intel the texts of all programs that a plan can build for a GPU of that vendor, and which
# kernels it takes of each.
#   gather.sh FOLDER            from the build in build/ (SOCLE_BUILD)
#   gather.sh FOLDER BUDGET     and these are exactly the kernels that the budget names
set -euo pipefail
[ $# -ge 1 ] || { sed -n '5,6p' "$0" >&2; exit 2; }
folder=$1 build=${SOCLE_BUILD:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build}

rm -rf "$folder"
for vendor in nvidia amd intel; do
    mkdir -p "$folder/$vendor"
    SOURCES=$folder/$vendor SOURCE_VENDOR=$vendor SOCLE_CACHE=0 \
        OPENCL_LAYERS=$build/tests/gpu/libgpu_source_layer.so "$build/tests/gpu/gpu_sources"
    echo "$vendor: $(find "$folder/$vendor" -name '*.cl' | wc -l) texts"
done
[ $# -eq 2 ] || exit 0
difference=$(diff <(cat "$folder"/*/*.kernels | tr -d ' ' | sort -u) \
    <(grep -vE '^(#|kernel |except |$)' "$2" | awk '{ print $1 }' | sort -u)) || {
    echo "gather: kernels of the plans (<) and of $2 (>) differ:" "$difference"
    exit 1
}
