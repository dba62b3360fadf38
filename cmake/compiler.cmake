# SPDX-License-Identifier: Apache-2.0
# Compiler settings shared by everything we build, as the interface library `socle_flags`. Results must not
# depend on the compiler's mood: no contraction of a*b+c, no fast-math.
include_guard()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(socle_flags INTERFACE)
target_compile_options(socle_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wformat-security -ffp-contract=off -fno-math-errno -fno-trapping-math)
# The source is C11 without language extensions; the C library's POSIX and GNU calls are declared.
target_compile_definitions(socle_flags INTERFACE
    _GNU_SOURCE SC_VERSION="${PROJECT_VERSION}"
    SC_HAVE_OPENCL=$<BOOL:${SOCLE_OPENCL}>)
target_include_directories(socle_flags INTERFACE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})

if(SOCLE_SANITIZE)
    target_compile_options(socle_flags INTERFACE
        -fsanitize=${SOCLE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>) # instrumented loops are not vectorized, whatever a pragma says
    target_link_options(socle_flags INTERFACE -fsanitize=${SOCLE_SANITIZE})
endif()
