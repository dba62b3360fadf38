# SPDX-License-Identifier: Apache-2.0
# Installs the build into a scratch folder and uses it as a stranger would: every public header compiles alone,
# only socle_ symbols are visible, and a program links by find_package and by pkg-config.
#   cmake -D BUILD=<build folder> -D WORK=<scratch folder> -D CC=<compiler> -D NM=<nm>
#     -D GENERATOR=<generator> -P tests/check_package.cmake
cmake_minimum_required(VERSION 3.25)

function(run what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${what} failed (${result}):\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
run("installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/root)

file(GLOB headers RELATIVE ${WORK}/root/include ${WORK}/root/include/socle/*.h)
if(NOT headers)
    message(FATAL_ERROR "no headers were installed")
endif()
foreach(header IN LISTS headers)
    file(WRITE ${WORK}/alone.c "#include <${header}>\ntypedef int not_empty;\n")
    run("compiling ${header} alone" ${CC} -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only
        -I${WORK}/root/include ${WORK}/alone.c)
endforeach()

file(GLOB_RECURSE library ${WORK}/root/*/libsocle.so)
run("listing symbols" ${NM} -D --defined-only ${library})
string(REGEX MATCHALL "[^ \n]+\n" symbols "${output}")
list(FILTER symbols EXCLUDE REGEX "^socle_")
if(symbols)
    message(FATAL_ERROR "libsocle.so shows symbols that are not socle_: ${symbols}")
endif()

file(WRITE ${WORK}/user/user.c "#include <socle/status.h>\n#include <string.h>\n"
    "int main(void) { return strcmp(socle_status_text(SOCLE_OK), \"success\"); }\n")
file(WRITE ${WORK}/user/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)\nproject(user C)\n"
    "find_package(socle REQUIRED)\nadd_executable(user user.c)\ntarget_link_libraries(user socle::socle)\n")
run("configuring a user" ${CMAKE_COMMAND} -G ${GENERATOR} -S ${WORK}/user -B ${WORK}/user/build
    -D CMAKE_PREFIX_PATH=${WORK}/root -D CMAKE_C_COMPILER=${CC})
run("building a user" ${CMAKE_COMMAND} --build ${WORK}/user/build)
run("running a user" ${WORK}/user/build/user)

file(GLOB_RECURSE description ${WORK}/root/*/socle.pc)
get_filename_component(descriptions ${description} DIRECTORY)
run("asking pkg-config" ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${descriptions} pkg-config --cflags --libs socle)
separate_arguments(flags UNIX_COMMAND "${output}")
get_filename_component(libraries ${library} DIRECTORY)
run("linking by pkg-config" ${CC} ${WORK}/user/user.c -o ${WORK}/user/plain ${flags})
run("running it" ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${WORK}/user/plain)
file(REMOVE_RECURSE ${WORK})
