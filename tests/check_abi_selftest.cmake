# SPDX-License-Identifier: Apache-2.0
# Shows that check_abi.cmake finds what it is for: an addition passes, a function that is gone and a record of
# another size do not.
#   cmake -D ROOT=<repository> -D LIBRARY=<libsocle.so> -D WORK=<scratch folder> -D PROCESSOR=<of this machine>
#     -P tests/check_abi_selftest.cmake
cmake_minimum_required(VERSION 3.25)

function(try expected part baseline)
    file(WRITE ${WORK}/baseline.xml "${baseline}")
    execute_process(COMMAND ${CMAKE_COMMAND} -D ROOT=${ROOT} -D LIBRARY=${LIBRARY} -D WORK=${WORK}/try
            -D PROCESSOR=${PROCESSOR} -D BASELINE=${WORK}/baseline.xml -P ${ROOT}/tests/check_abi.cmake
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(found fails)
    if(result EQUAL 0)
        set(found passes)
    endif()
    if(NOT output MATCHES "${part}" OR NOT found STREQUAL expected)
        message(FATAL_ERROR "check_abi (${result}) should have said \"${part}\":\n${output}")
    endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} -D ROOT=${ROOT} -D LIBRARY=${LIBRARY} -D WORK=${WORK} -D PROCESSOR=${PROCESSOR}
    -D BASELINE=${WORK}/now.xml -D UPDATE=ON -P ${ROOT}/tests/check_abi.cmake RESULT_VARIABLE result OUTPUT_VARIABLE output)
if(output MATCHES "skipped: ")
    message(STATUS "${output}")
    return()
endif()
file(READ ${WORK}/now.xml now)
string(REGEX REPLACE "<elf-symbol name='socle_version'[^\n]*\n" "" without "${now}")
string(REGEX REPLACE "<function-decl name='socle_version'.*$" "" head "${without}")
string(LENGTH "${head}" length)
string(SUBSTRING "${without}" ${length} -1 tail)
string(REGEX REPLACE "^<function-decl name='socle_version'" "" tail "${tail}")
string(FIND "${tail}" "</function-decl>" end)
math(EXPR end "${end} + 16")
string(SUBSTRING "${tail}" ${end} -1 tail)
try(passes "additions, which break no program.*socle_version" "${head}${tail}")

string(REPLACE "socle_version" "socle_gone" renamed "${now}")
try(fails "may break programs.*1 Removed function.*socle_gone" "${renamed}")

string(REGEX MATCH "name='socle_fit_opts' size-in-bits='[0-9]+'" record "${now}")
string(REGEX REPLACE "size-in-bits='[0-9]+'" "size-in-bits='64'" smaller "${record}")
string(REPLACE "${record}" "${smaller}" shrunk "${now}")
try(fails "may break programs.*type size changed from 64" "${shrunk}")
file(REMOVE_RECURSE ${WORK})
