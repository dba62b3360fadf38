# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # the lists are used by name
# The Debian packages Socle needs, by purpose, and how to install the missing ones. Sourced by ./start and
# ./test; the one place where package names are kept.

packages_build=(
    gcc libc6-dev cmake ninja-build pkg-config
    ocl-icd-opencl-dev opencl-c-headers libclblast-dev
    libjansson-dev libyaml-dev libcsv-dev zlib1g-dev libpng-dev libjpeg-dev libzip-dev libxxhash-dev libsmartcols-dev libcairo2-dev
)
packages_run=(ocl-icd-libopencl1 pocl-opencl-icd)
packages_test=(libcriterion-dev librandom123-dev abigail-tools locales python3-jsonschema)
packages_format=(clang-format-14)
packages_fuzz=(clang libclang-rt-14-dev)
packages_drivers=(python3-venv libclc-15 oclgrind) # OpenCL drivers of several vendors: tools/drivers.sh
packages_gpu=(clang-14 clang-19 python3-venv) # what the compilers of GPUs need: tools/gpu_compilers.sh
packages_data=(dataset-fashion-mnist)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "installing packages needs root or sudo: $*" >&2
        return 1
    fi
}

package_is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_packages build run ...: installs what is missing from the named lists; asks nothing.
install_packages() {
    local purpose package missing=()
    for purpose in "$@"; do
        local -n list="packages_$purpose"
        for package in "${list[@]}"; do
            package_is_installed "$package" || missing+=("$package")
        done
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "no apt-get here; please install what these Debian packages hold: ${missing[*]}" >&2
        return 1
    fi
    echo "installing: ${missing[*]}" >&2
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
