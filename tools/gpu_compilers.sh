#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compilers of three GPU vendors, all of which run without a GPU, and what each makes of a kernel file.
#   tools/gpu_compilers.sh list                          the targets, and which compilers are installed
#   tools/gpu_compilers.sh install                       brings the compilers here
#   tools/gpu_compilers.sh versions                      which compilers they are, a line each
#   tools/gpu_compilers.sh compile TARGET[,TARGET...] FILE.cl FOLDER [OPTION...]
#       prints per target and kernel a line "TARGET KERNEL REGISTERS SCRATCH SPILLS", for a compiler that refuses the file
#       "TARGET refused", with its words on standard error; works in FOLDER. Exit status 1 if one refused it; 77, with the
#       reason on standard output, if one is not installed
#   tools/gpu_compilers.sh list-code ...                 the same, and leaves the machine's code as text in FOLDER/TARGET.s
# REGISTERS are those of 32 bits that an item has, SCRATCH and SPILLS bytes of an item. The front ends for NVIDIA and AMD are
# those of clang, not the drivers' own; ptxas and Intel's compiler are the vendors'. Compilers lie in
# ${XDG_CACHE_HOME:-~/.cache}/socle/gpu-compilers (SOCLE_GPU_COMPILERS_DIR) but for the Debian packages of packages_gpu.
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$tools/packages.sh"

targets=(sm_80 sm_90 gfx1030 gfx1100 gfx942 dg2)
folder=${SOCLE_GPU_COMPILERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/socle/gpu-compilers}
clang_nvidia=clang-14 clang_amd=clang-19
libclc=$folder/libclc/usr/lib/clc/nvptx64--nvidiacl.bc
amd_libraries=$folder/rocm/usr/lib/x86_64-linux-gnu/amdgcn/bitcode
intel=$folder/intel/usr

vendor_of() {
    case $1 in
        sm_*) echo nvidia ;;
        gfx*) echo amd ;;
        *) echo intel ;;
    esac
}

nvidia_tool() {
    local file
    for file in "$folder"/nvidia/lib/python3*/site-packages/nvidia/*/bin/"$1"; do
        [ ! -x "$file" ] || { echo "$file" && return; }
    done
}

# What the compiler of a vendor lacks; empty: nothing.
lacks() {
    case $1 in
        nvidia)
            command -v "$clang_nvidia" >/dev/null || { echo "$clang_nvidia" && return; }
            [ -f "$libclc" ] || { echo libclc && return; }
            [ -n "$(nvidia_tool ptxas)" ] && [ -n "$(nvidia_tool nvdisasm)" ] || echo "ptxas or nvdisasm"
            ;;
        amd)
            command -v "$clang_amd" >/dev/null || { echo "$clang_amd" && return; }
            [ -d "$amd_libraries" ] || echo rocm-device-libs
            ;;
        intel) [ -x "$intel/bin/ocloc" ] || echo ocloc ;;
    esac
}

why_missing() {
    if [ -f "$folder/$1.reason" ]; then
        echo "the compiler for $1 could not be installed: $(cat "$folder/$1.reason")"
    else
        echo "the compiler for $1 is not installed (./test --gpu-compilers)"
    fi
}

# ---- Installing ----

quietly() { "$@" >"$folder/log" 2>&1 || { reason=$(grep -v '^ *$' "$folder/log" | tail -n 1); return 1; }; }

# unpack <name> <Debian package...>: unpacked, since installed they would put a driver before every program here
unpack() {
    local to=$folder/$1 package
    shift
    rm -rf "$to" "$to.new"
    mkdir -p "$to.new/packages"
    (cd "$to.new/packages" &&
        { quietly apt-get -o APT::Sandbox::User="$(id -un)" download "$@" ||
            { quietly as_root apt-get update &&
                quietly apt-get -o APT::Sandbox::User="$(id -un)" download "$@"; }; } &&
        for package in *.deb; do dpkg -x "$package" .. || exit 1; done) || { reason=$(tail -n 1 "$folder/log"); return 1; }
    rm -rf "$to.new/packages"
    mv "$to.new" "$to"
}

install_nvidia() {
    unpack libclc libclc-14 || return 1
    rm -rf "$folder/nvidia"
    quietly python3 -m venv "$folder/nvidia" &&
        quietly "$folder/nvidia/bin/pip" install --disable-pip-version-check --no-cache-dir --no-deps \
            nvidia-cuda-nvcc nvidia-cuda-nvdisasm
}

install_amd() { unpack rocm rocm-device-libs; }

install_intel() {
    unpack intel intel-opencl-icd libigc1 libigdfcl1 libigdgmm12 libopencl-clang14 libllvmspirvlib14 libclang-cpp14 libllvm14 ||
        return 1
    ln -sf libiga64.so.1 "$intel/lib/x86_64-linux-gnu/libiga64.so" # the name under which ocloc opens its disassembler
}

install() {
    local vendor reason
    mkdir -p "$folder"
    install_packages gpu || true # what is then missing is said below
    for vendor in nvidia amd intel; do
        [ -n "$(lacks "$vendor")" ] || continue
        echo "installing the compiler for $vendor" >&2
        reason=
        rm -f "$folder/$vendor.reason"
        "install_$vendor" || true
        [ -z "$(lacks "$vendor")" ] || {
            echo "${reason:-$(lacks "$vendor") is still missing}" >"$folder/$vendor.reason"
            echo "tools/gpu_compilers.sh: $(why_missing "$vendor")" >&2
        }
    done
    rm -f "$folder/log"
}

list() {
    local target vendor
    for target in "${targets[@]}"; do
        vendor=$(vendor_of "$target")
        if [ -z "$(lacks "$vendor")" ]; then
            echo "$target installed"
        else
            echo "$target $(why_missing "$vendor")"
        fi
    done
}

versions() {
    "$clang_nvidia" --version | head -n 1
    "$(nvidia_tool ptxas)" --version | tail -n 1
    "$clang_amd" --version | head -n 1
    basename "$(readlink -f "$intel"/lib/x86_64-linux-gnu/libigc.so.1)"
}

# ---- Compiling ----

clang_options=(-x cl -Xclang -finclude-default-header -O3 -w -S)

# PTX is the same for all targets.
compile_nvidia() {
    local target=$1 file=$2 out=$3
    shift 3
    [ -f "$out/ptx" ] ||
        "$clang_nvidia" "${clang_options[@]}" -target nvptx64-nvidia-nvcl -Xclang -target-cpu -Xclang sm_75 \
            -Xclang -target-feature -Xclang +ptx75 -Xclang -mlink-builtin-bitcode -Xclang "$libclc" "$@" "$file" \
            -o "$out/ptx" || return 1
    "$(nvidia_tool ptxas)" -v -arch="$target" "$out/ptx" -o "$out/$target.cubin" >"$out/$target.log" 2>&1 ||
        { cat "$out/$target.log" >&2; return 1; }
    [ "$code" = no ] || "$(nvidia_tool nvdisasm)" -c "$out/$target.cubin" >"$out/$target.s"
    awk -v target="$target" '/Compiling entry function/ { split($0, part, "\047"); kernel = part[2] }
        /bytes stack frame/ { scratch = $1; spills = $5 + $9 }
        /Used [0-9]+ registers/ { match($0, /Used [0-9]+/)
            print target, kernel, substr($0, RSTART + 5, RLENGTH - 5), scratch, spills }' "$out/$target.log"
}

compile_amd() {
    local target=$1 file=$2 out=$3 wave=on isa=${1#gfx} part libraries=()
    shift 3
    case $isa in 10* | 11* | 12*) wave=off ;; esac
    # Debian's libraries are older than some targets: they differ in the name alone.
    [ -f "$amd_libraries/oclc_isa_version_$isa.bc" ] || case $isa in 11* | 12*) isa=1036 ;; *) isa=90a ;; esac
    for part in opencl ocml ockl oclc_daz_opt_off oclc_unsafe_math_off oclc_finite_only_off oclc_correctly_rounded_sqrt_on \
        "oclc_wavefrontsize64_$wave" "oclc_isa_version_$isa" oclc_abi_version_400; do
        [ ! -f "$amd_libraries/$part.bc" ] ||
            libraries+=(-Xclang -mlink-builtin-bitcode -Xclang "$amd_libraries/$part.bc")
    done
    "$clang_amd" "${clang_options[@]}" -target amdgcn-amd-amdhsa -mcpu="$target" -nogpulib "${libraries[@]}" "$@" "$file" \
        -o "$out/$target.s" || return 1
    # The figures of a kernel are comments behind it; spills stand in the metadata at the end, before its symbol.
    awk -v target="$target" '
        /^[A-Za-z_][A-Za-z0-9_]*:.*; @/ { kernel = $1; sub(":", "", kernel) }
        /^; NumVgprs:/ { registers[kernel] = $3 }
        /^; ScratchSize:/ { scratch[kernel] = $3 }
        $1 == ".symbol:" { name = $2; sub(/\.kd$/, "", name) }
        $1 == ".vgpr_spill_count:" { print target, name, registers[name], scratch[name], 4 * $2 }' "$out/$target.s"
}

compile_intel() {
    local target=$1 file=$2 out=$3 asm kernel lanes spills path=$intel/lib/x86_64-linux-gnu
    shift 3
    export LD_LIBRARY_PATH=$path:$path/intel-opencl:$intel/lib/llvm-14/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    rm -rf "$out/$target" && mkdir "$out/$target"
    "$intel/bin/ocloc" compile -file "$file" -device "$target" -options "$*" -output binary -out_dir "$out/$target" \
        -output_no_suffix >"$out/$target.log" 2>&1 || { cat "$out/$target.log" >&2; return 1; }
    "$intel/bin/ocloc" disasm -file "$out/$target/binary" -device "$target" -dump "$out/$target" >/dev/null
    for asm in "$out/$target"/*_KernelHeap.asm; do
        kernel=$(basename "$asm" _KernelHeap.asm)
        [ "$code" = no ] || { echo "$kernel:" && cat "$asm"; } >>"$out/$target.s"
        # A thread has 128 registers of 32 bytes for its lanes, whose number most instructions have.
        lanes=$(awk 'match($0, /\((8|16|32)\|M0\)/) { count[substr($0, RSTART + 1, RLENGTH - 5)]++ }
            END { for (n in count) if (count[n] > most) { most = count[n]; lanes = n } print lanes }' "$asm")
        spills=$(sed -nE "s/.*kernel $kernel .*spilled around ([0-9]+).*/\1/p" "$out/$target.log" | tail -n 1)
        echo "$target $kernel $((1024 / ${lanes:-8})) 0 $((${spills:-0} * 4))"
    done
}

compile() {
    local list=$1 file=$2 out=$3 target chosen result=0
    IFS=, read -r -a chosen <<<"$list"
    for target in "${chosen[@]}"; do
        [[ " ${targets[*]} " == *" $target "* ]] || { echo "tools/gpu_compilers.sh: no target $target" >&2; exit 2; }
        [ -z "$(lacks "$(vendor_of "$target")")" ] || { echo "skipped: $(why_missing "$(vendor_of "$target")")"; exit 77; }
    done
    shift 3
    rm -f "$out/ptx" "$out"/*.s
    for target in "${chosen[@]}"; do
        "compile_$(vendor_of "$target")" "$target" "$file" "$out" "$@" || { echo "$target refused" && result=1; }
    done
    return $result
}

code=no # whether listings are wanted
case ${1:-} in
    list) list ;;
    install) install ;;
    versions) versions ;;
    compile | list-code)
        [ $# -ge 4 ] || { sed -n '3,12p' "$0" >&2; exit 2; }
        [ "$1" = compile ] || code=yes
        shift
        compile "$@"
        ;;
    *) sed -n '3,12p' "$0" >&2; exit 2 ;;
esac
