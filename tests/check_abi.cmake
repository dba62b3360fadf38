# SPDX-License-Identifier: Apache-2.0
# Compares the ABI of libsocle.so with that of tests/package/abi.xml: prints what was added, and fails on what
# may break programs that are linked with the same file name.
#   cmake -D ROOT=<repository> -D LIBRARY=<libsocle.so> -D WORK=<scratch folder> -D PROCESSOR=<of this machine>
#     [-D BASELINE=<another file>] [-D UPDATE=ON: take the library as the new baseline] -P tests/check_abi.cmake
cmake_minimum_required(VERSION 3.25)

if(NOT BASELINE)
    set(BASELINE ${ROOT}/tests/package/abi.xml)
endif()
find_program(ABIDW abidw)
find_program(ABIDIFF abidiff)
if(NOT ABIDW OR NOT ABIDIFF)
    message(STATUS "skipped: abigail-tools is not installed")
    return()
elseif(NOT PROCESSOR STREQUAL "x86_64")
    message(STATUS "skipped: the baseline is that of x86_64")
    return()
endif()

file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${ABIDW} --headers-dir ${ROOT}/include --drop-private-types --drop-undefined-syms
        --exported-interfaces-only --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed
        --type-id-style hash ${LIBRARY}
    OUTPUT_FILE ${WORK}/abi.xml RESULT_VARIABLE result)
file(READ ${WORK}/abi.xml text)
if(NOT result EQUAL 0 OR NOT text MATCHES "<function-decl name='socle_open'")
    message(FATAL_ERROR "abidw (${result}) found no functions in ${LIBRARY}: is it built with debug information?")
endif()
if(UPDATE)
    file(COPY_FILE ${WORK}/abi.xml ${BASELINE})
    message(STATUS "${BASELINE} is that of ${LIBRARY} now")
    return()
endif()

execute_process(COMMAND ${ABIDIFF} --no-show-locs ${BASELINE} ${WORK}/abi.xml
    OUTPUT_VARIABLE report ERROR_VARIABLE report RESULT_VARIABLE result)
file(READ ${BASELINE} old)
string(REGEX MATCH "soname='[^']*'" old_name "${old}")
string(REGEX MATCH "soname='[^']*'" new_name "${text}")
# Bits 1 and 2 are an error of the tool. It calls only removed symbols incompatible (8); a record of options that
# grew is a change to it, and breaks programs too.
math(EXPR error "${result} & 3")
if(error)
    message(FATAL_ERROR "abidiff failed (${result}):\n${report}")
elseif(NOT old_name STREQUAL new_name)
    message(STATUS "another file name (${old_name}, now ${new_name}): programs keep the old library\n${report}")
elseif(report MATCHES "[1-9][0-9]* (Removed|Changed)")
    message(FATAL_ERROR "This may break programs that are linked with ${old_name}:\n${report}\n"
        "Where that version is released, raise the minor version of the project; then, or before the release, "
        "take the new baseline: cmake --build <build folder> --target abi_baseline")
elseif(result)
    message(STATUS "additions, which break no program (cmake --build <build folder> --target abi_baseline takes them "
        "into the baseline):\n${report}")
else()
    message(STATUS "the ABI is that of the baseline")
endif()
