# SPDX-License-Identifier: Apache-2.0
# Installs the build into a scratch folder and uses it as a stranger would: every public header compiles alone, as
# C and as C++; only socle_ symbols are visible; tests/package/quick.c links by find_package and by pkg-config, and
# trains; the examples build on their own; the first C block of README.md compiles.
#   cmake -D ROOT=<repository> -D BUILD=<build folder> -D WORK=<scratch folder> -D CC=<compiler> -D CXX=<compiler
#     or NOTFOUND> -D NM=<nm> -D READELF=<readelf> -D GENERATOR=<generator> -D ABI=<version of the symbols> -P tests/check_package.cmake
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
file(COPY ${BUILD}/install_manifest.txt DESTINATION ${WORK})
foreach(name doc/socle/LICENSE doc/socle/README.md doc/socle/configuration.md doc/socle/reference.md
        doc/socle/examples/fashion-first.yaml doc/socle/examples/c/fit.c man/man1/socle.1 man/man5/socle-config.5 socle/schema.json
        socle/docs/course/10-xor.md socle/examples/course/10-xor.yaml socle/examples/data/iris.csv)
    if(NOT EXISTS ${WORK}/root/share/${name})
        message(FATAL_ERROR "${name} was not installed")
    endif()
endforeach()

file(GLOB headers RELATIVE ${WORK}/root/include ${WORK}/root/include/socle/*.h)
if(NOT headers)
    message(FATAL_ERROR "no headers were installed")
endif()
set(strict -Wall -Wextra -Wpedantic -Werror -I${WORK}/root/include)
set(languages c11)
if(CXX)
    list(APPEND languages c++11 c++17)
else()
    message(STATUS "there is no C++ compiler: the headers are not checked as C++")
endif()
foreach(header IN LISTS headers)
    file(WRITE ${WORK}/alone.c "#include <${header}>\ntypedef int not_empty;\n")
    foreach(language IN LISTS languages)
        set(compiler ${CC})
        if(language MATCHES "c[+][+]")
            set(compiler ${CXX} -x c++)
        endif()
        run("compiling ${header} alone as ${language}" ${compiler} -std=${language} ${strict} -fsyntax-only
            ${WORK}/alone.c)
    endforeach()
endforeach()
# Some include C headers from inside extern "C".
if(CXX)
    file(WRITE ${WORK}/inside.cpp "extern \"C\" {\n#include <socle/socle.h>\n}\nsocle_shape s = SOCLE_SHAPE(1, 2);\n")
    run("compiling inside extern \"C\"" ${CXX} -std=c++11 ${strict} -fsyntax-only ${WORK}/inside.cpp)
endif()

file(GLOB_RECURSE library ${WORK}/root/*/libsocle.so)
run("listing symbols" ${NM} -D --defined-only ${library})
string(REGEX MATCHALL "[^ \n]+\n" symbols "${output}")
list(LENGTH symbols all)
list(FILTER symbols EXCLUDE REGEX "^(socle_[a-z0-9_]+@@)?SOCLE_${ABI}\n")
list(LENGTH symbols others)
if(all LESS_EQUAL 50)
    message(FATAL_ERROR "libsocle.so shows only ${all} symbols")
endif()
if(symbols)
    message(FATAL_ERROR "libsocle.so shows symbols that are not socle_ of version SOCLE_${ABI}: ${symbols}")
endif()

# The OpenCL driver opens its libraries at run time, when a program wants OpenCL.
run("listing needed libraries" ${READELF} --dynamic ${library})
if(NOT output MATCHES "NEEDED")
    message(FATAL_ERROR "no needed libraries were listed: ${output}")
endif()
if(output MATCHES "NEEDED[^\n]*lib(OpenCL|clblast)")
    message(FATAL_ERROR "libsocle.so is linked with a library of OpenCL: ${output}")
endif()

file(GLOB_RECURSE named ${WORK}/root/*/libsocle.so.${ABI})
if(NOT named)
    message(FATAL_ERROR "there is no libsocle.so.${ABI}")
endif()

# The installed tool finds the program that tries drivers: the linker loads this library, the program knows it for no driver.
file(GLOB_RECURSE probe ${WORK}/root/*/socle-probe)
if(probe)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=SOCLE_PROBE OCL_ICD_VENDORS=libm.so.6 XDG_CACHE_HOME=${WORK}
        ${WORK}/root/bin/socle devices OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT output MATCHES "libm.so.6 does not load: it is no OpenCL driver")
        message(FATAL_ERROR "the installed tool does not find ${probe}: ${output}")
    endif()
endif()

# And it finds the course, which it runs with the installed files.
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=SOCLE_COURSE ${WORK}/root/bin/socle course 1 --device cpu
    WORKING_DIRECTORY ${WORK} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0 OR NOT output MATCHES "${WORK}/root/share/socle/examples/course/01-line.yaml")
    message(FATAL_ERROR "the installed tool does not run the course (${result}): ${output}")
endif()

# Runs a program that trains, and sees that it left a model.
function(run_user what program)
    file(REMOVE ${WORK}/model.safetensors)
    run("${what}" ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${program} cpu ${WORK}/model.safetensors)
    if(NOT EXISTS ${WORK}/model.safetensors)
        message(FATAL_ERROR "${what}: no model was written")
    endif()
endfunction()
get_filename_component(libraries ${library} DIRECTORY)

file(COPY ${ROOT}/tests/package/quick.c DESTINATION ${WORK}/user)
file(WRITE ${WORK}/user/CMakeLists.txt "cmake_minimum_required(VERSION 3.16)\nproject(user C)\n"
    "find_package(socle REQUIRED)\nadd_executable(user quick.c)\ntarget_link_libraries(user socle::socle)\n"
    "add_executable(user_static quick.c)\ntarget_link_libraries(user_static socle::socle_static)\n")
foreach(source IN ITEMS ${WORK}/user ${ROOT}/examples)
    get_filename_component(name ${source} NAME)
    run("configuring ${name}" ${CMAKE_COMMAND} -G ${GENERATOR} -S ${source} -B ${WORK}/${name}-build
        -D CMAKE_PREFIX_PATH=${WORK}/root -D CMAKE_C_COMPILER=${CC} -D CMAKE_C_FLAGS=-Werror)
    run("building ${name}" ${CMAKE_COMMAND} --build ${WORK}/${name}-build)
endforeach()
run_user("running a user of find_package" ${WORK}/user-build/user)
run("asking what it is linked with" ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ldd ${WORK}/user-build/user)
if(NOT output MATCHES "libsocle\\.so\\.${ABI} ")
    message(FATAL_ERROR "a program asks for another file than libsocle.so.${ABI}:\n${output}")
endif()
run("asking what a static user is linked with" ldd ${WORK}/user-build/user_static)
if(output MATCHES "libsocle")
    message(FATAL_ERROR "socle::socle_static is not static:\n${output}")
endif()
run_user("running a user of the static library" ${WORK}/user-build/user_static)
run("running an example" ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${WORK}/examples-build/tensors cpu)

file(GLOB_RECURSE description ${WORK}/root/*/socle.pc)
get_filename_component(descriptions ${description} DIRECTORY)
run("asking pkg-config" ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${descriptions} pkg-config --cflags --libs socle)
separate_arguments(flags UNIX_COMMAND "${output}")
run("linking by pkg-config" ${CC} -std=c11 ${strict} ${WORK}/user/quick.c -o ${WORK}/plain ${flags})
run_user("running a user of pkg-config" ${WORK}/plain)
if(CXX)
    run("linking C++" ${CXX} -std=c++11 ${strict} -x c++ ${WORK}/user/quick.c -x none -o ${WORK}/plus ${flags})
    run_user("running C++" ${WORK}/plus)
endif()

# The sketch of the README: as it stands when it has a main, else as the body of a function that is given `train`.
if(EXISTS ${ROOT}/README.md)
    file(READ ${ROOT}/README.md readme)
    string(FIND "${readme}" "```c\n" begin)
    if(begin LESS 0)
        message(FATAL_ERROR "README.md shows no C")
    endif()
    math(EXPR begin "${begin} + 5")
    string(SUBSTRING "${readme}" ${begin} -1 sketch)
    string(FIND "${sketch}" "```" end)
    string(SUBSTRING "${sketch}" 0 ${end} sketch)
    if(NOT sketch MATCHES "int main")
        string(CONCAT sketch "#include <socle/socle.h>\n#include <stdio.h>\nvoid sketch(socle_data *train);\n"
            "void sketch(socle_data *train) {\n${sketch}\n}\n")
    endif()
    file(WRITE ${WORK}/sketch.c "${sketch}")
    run("compiling the sketch of README.md" ${CC} -std=c11 ${strict} -fsyntax-only ${WORK}/sketch.c)
endif()

run("uninstalling" ${CMAKE_COMMAND} -D MANIFEST=${WORK}/install_manifest.txt -P ${ROOT}/cmake/uninstall.cmake)
file(GLOB_RECURSE left LIST_DIRECTORIES false ${WORK}/root/*)
file(GLOB_RECURSE folders LIST_DIRECTORIES true ${WORK}/root/*)
list(FILTER folders INCLUDE REGEX "/socle$")
if(left OR folders)
    message(FATAL_ERROR "uninstalling left ${left} ${folders}")
endif()
file(REMOVE_RECURSE ${WORK})
