#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# OpenCL drivers of several vendors beside each other, all of which run on any CPU, and commands under chosen ones alone.
#   tools/drivers.sh list                         their names, and which are installed
#   tools/drivers.sh install [NAME...]            brings them here (all); says of each that failed why, and exits with 0
#   tools/drivers.sh run NAME[+NAME...] COMMAND   COMMAND sees these drivers and no other; the exit status is its own, or
#                                                 77, with the reason on standard output, if one of them is not installed
# Drivers lie in ${XDG_CACHE_HOME:-~/.cache}/socle/opencl-drivers (SOCLE_DRIVERS_DIR); nothing is registered system-wide but the
# Debian packages of packages_drivers (tools/packages.sh).
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$tools/packages.sh"

# pocl      what users without a GPU have
# intel     Intel's CPU runtime, from PyPI: another compiler and scheduler; runs on processors of other makers, too
# rusticl   Mesa's front end, which AMD and Intel GPUs have on plain Debian, here on llvmpipe
# oclgrind  a simulator that finds races and accesses out of bounds; what it finds is in OCLGRIND_LOG, not in exit statuses
drivers=(pocl intel rusticl oclgrind)
folder=${SOCLE_DRIVERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/socle/opencl-drivers}
libraries=/usr/lib/$(uname -m)-linux-gnu

is_known() { [[ " ${drivers[*]} " == *" $1 "* ]]; }

# library_of <driver>: the file that the OpenCL loader is to open, wherever this driver is installed
library_of() {
    case $1 in
        pocl) echo "$libraries/libpocl.so.2" ;;
        intel) echo "$folder/intel/lib/libintelocl.so" ;;
        rusticl)
            if [ -e "$libraries/libRusticlOpenCL.so.1" ]; then
                echo "$libraries/libRusticlOpenCL.so.1"
            else
                echo "$folder/rusticl$libraries/libRusticlOpenCL.so.1"
            fi
            ;;
        oclgrind) echo /usr/lib/oclgrind/liboclgrind-rt-icd.so ;;
    esac
}

is_installed() { [ -e "$(library_of "$1")" ]; }

# quietly <command>: its last line of complaint is kept for the reason
quietly() { "$@" >"$folder/log" 2>&1 || { reason=$(grep -v '^ *$' "$folder/log" | tail -n 1); return 1; }; }

install_pocl() { quietly install_packages run; }

install_oclgrind() { quietly install_packages drivers; }

install_intel() {
    rm -rf "$folder/intel.new"
    quietly install_packages drivers &&
        quietly python3 -m venv "$folder/intel.new" &&
        quietly "$folder/intel.new/bin/pip" install --disable-pip-version-check --no-cache-dir \
            intel-opencl-rt intel-cmplr-lib-rt || return 1
    rm -rf "$folder/intel" "$folder/intel.new"/lib/libOpenCL.so* # the loader is to be the one of this machine
    mv "$folder/intel.new" "$folder/intel"
}

# Unpacked, not installed: its packages would put two more drivers before every OpenCL program of this machine.
install_rusticl() {
    local packages
    quietly install_packages drivers || return 1
    rm -rf "$folder/rusticl.new"
    mkdir -p "$folder/rusticl.new/packages"
    quietly apt-get install --simulate --no-install-recommends mesa-opencl-icd ||
        { quietly as_root apt-get update && quietly apt-get install --simulate --no-install-recommends mesa-opencl-icd; } ||
        return 1
    mapfile -t packages < <(awk '$1 == "Inst" { print $2 }' "$folder/log")
    (cd "$folder/rusticl.new/packages" &&
        quietly apt-get -o APT::Sandbox::User="$(id -un)" download "${packages[@]}" &&
        for package in *.deb; do dpkg -x "$package" .. || exit 1; done) || {
        reason=$(tail -n 1 "$folder/log")
        return 1
    }
    rm -rf "$folder/rusticl.new/packages" "$folder/rusticl"
    mv "$folder/rusticl.new" "$folder/rusticl"
}

install() {
    local driver reason
    mkdir -p "$folder"
    for driver in "$@"; do
        ! is_installed "$driver" || continue
        echo "installing the OpenCL driver $driver" >&2
        reason=
        rm -f "$folder/$driver.reason"
        "install_$driver" || true
        is_installed "$driver" || {
            echo "${reason:-$(library_of "$driver") is still missing}" >"$folder/$driver.reason"
            echo "tools/drivers.sh: $driver could not be installed: $(cat "$folder/$driver.reason")" >&2
        }
    done
    rm -f "$folder/log"
}

why_missing() {
    if [ -f "$folder/$1.reason" ]; then
        echo "the OpenCL driver $1 could not be installed: $(cat "$folder/$1.reason")"
    else
        echo "the OpenCL driver $1 is not installed (./test --drivers)"
    fi
}

# vendors_folder <name> <driver...>: a folder of .icd files for exactly these drivers
vendors_folder() {
    local vendors=$folder/vendors/$1 driver
    shift
    mkdir -p "$vendors"
    for driver in "$@"; do
        [ "$(cat "$vendors/$driver.icd" 2>/dev/null)" != "$(library_of "$driver")" ] || continue
        library_of "$driver" >"$vendors/.$driver.$$"
        mv "$vendors/.$driver.$$" "$vendors/$driver.icd"
    done
    echo "$vendors"
}

run() {
    local names=$1 chosen driver path
    shift
    IFS=+ read -r -a chosen <<<"$names"
    for driver in "${chosen[@]}"; do
        is_known "$driver" || { echo "tools/drivers.sh: no driver $driver (known: ${drivers[*]})" >&2; exit 2; }
        is_installed "$driver" || { echo "skipped: $(why_missing "$driver")"; exit 77; }
        path=$(dirname "$(library_of "$driver")")
        [ "$driver" != rusticl ] || export RUSTICL_ENABLE=llvmpipe
        [[ "$path" != "$folder"/* ]] || export LD_LIBRARY_PATH=$path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    done
    OCL_ICD_VENDORS=$(vendors_folder "$names" "${chosen[@]}")
    export OCL_ICD_VENDORS
    exec "$@"
}

case ${1:-} in
    list)
        for driver in "${drivers[@]}"; do
            printf '%-10s %s\n' "$driver" "$(is_installed "$driver" && echo installed || why_missing "$driver")"
        done
        ;;
    install)
        shift
        for driver in "$@"; do
            is_known "$driver" || { echo "tools/drivers.sh: no driver $driver (known: ${drivers[*]})" >&2; exit 2; }
        done
        [ $# -gt 0 ] || set -- "${drivers[@]}"
        install "$@"
        ;;
    run)
        [ $# -ge 3 ] || { sed -n '3,10p' "$0" >&2; exit 2; }
        shift
        run "$@"
        ;;
    *) sed -n '3,10p' "$0" >&2; exit 2 ;;
esac
