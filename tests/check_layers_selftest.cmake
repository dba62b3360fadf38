# SPDX-License-Identifier: Apache-2.0
# Proves that check_layers.cmake can fail: plants one violation at a time in a small tree and expects it to be
# named; a clean tree must pass.
#   cmake -D WORK=<scratch folder> -P tests/check_layers_selftest.cmake
cmake_minimum_required(VERSION 3.25)

function(write_clean_tree)
    file(REMOVE_RECURSE ${WORK})
    file(WRITE ${WORK}/include/socle/status.h "typedef int socle_status;\n")
    file(WRITE ${WORK}/include/socle/net.h "#include \"status.h\"\n")
    file(WRITE ${WORK}/cl/scalar.h "#define ONE 1\n")
    file(WRITE ${WORK}/src/base/env.h "#include <socle/status.h>\n#include \"cl/scalar.h\"\n")
    file(WRITE ${WORK}/src/base/thread.c "int f(void) { return pthread_create(0, 0, 0, 0); }\n")
    file(WRITE ${WORK}/src/backend/backend.h "#include \"base/env.h\"\n")
    file(WRITE ${WORK}/src/cpu/cpu.h "#include \"backend/backend.h\"\n")
    file(WRITE ${WORK}/src/cpu/cpu.c "#include \"cpu.h\"\n"
        "/* never printf(x) here; */ const char *text = \"exit(\\\"1\\\") abort()\";\n"
        "_Static_assert(1, \"\"); void run_exit(int); int f(char *b) { return snprintf(b, 1, \"\"); }\n")
    file(WRITE ${WORK}/src/train/fit.c "#include \"base/env.h\"\n#include <socle/net.h>\n")
    file(WRITE ${WORK}/src/cli/main.c "#include <argp.h>\nint main(void) { printf(\"\"); exit(0); }\n")
    file(WRITE ${WORK}/src/probe/main.c "#include <CL/cl.h>\nint main(void) { _exit(0); }\n")
endfunction()

function(check expected)
    execute_process(COMMAND ${CMAKE_COMMAND} -D ROOT=${WORK} -P ${CMAKE_CURRENT_LIST_DIR}/check_layers.cmake
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(expected STREQUAL "")
        if(NOT result EQUAL 0)
            message(SEND_ERROR "a clean tree was refused: ${output}")
        endif()
    elseif(result EQUAL 0)
        message(SEND_ERROR "not noticed: ${expected}")
    elseif(NOT output MATCHES "${expected}")
        message(SEND_ERROR "expected \"${expected}\" in: ${output}")
    endif()
endfunction()

# plant(<file> <text> <expected message>)
function(plant file text expected)
    write_clean_tree()
    file(WRITE ${WORK}/${file} "${text}")
    check("${expected}")
endfunction()

write_clean_tree()
check("")
plant(src/base/up.c "#include \"backend/backend.h\"\n" "base/up.c .base. must not include src/backend")
plant(src/opencl/side.c "#include \"cpu/cpu.h\"\n" "must not include src/cpu/cpu.h .cpu.")
plant(src/probe/up.c "#include \"../backend/backend.h\"\n" "must not include src/backend/backend.h")
plant(src/cli/down.c "#include \"../cpu/cpu.h\"\n" "must not include src/cpu/cpu.h")
plant(src/cpu/public.c "  #  include <socle/net.h>\n" "must not include include/socle/net.h .public.")
plant(src/graph/kernel.c "#include \"cl/scalar.h\"\n" "must not include cl/scalar.h")
plant(src/graph/opencl.c "#include <CL/cl.h>\n" "must not include <CL/cl.h>")
plant(src/extra/new.c "#include \"base/env.h\"\n" "folder extra is not in the table")
plant(src/cpu/blas.c "#include <cblas.h>\n" "must not include <cblas.h>")
plant(src/base/loud.c "int f(void) { return printf (\"\"); }\n" "loud.c calls printf")
plant(src/train/ends.c "void f(void) {exit(1);}\n" "ends.c calls exit")
plant(src/nn/asserts.c "void f(int a) { assert(a); }\n" "asserts.c calls assert")
plant(src/data/thread.c "int f(void) { return pthread_create(0, 0, 0, 0); }\n" "thread.c calls pthread_create.., which only src/base/thread.c may")
plant(src/cli/thread.c "int f(void) { return pthread_create(0, 0, 0, 0); }\n" "thread.c calls pthread_create")

string(REPEAT "int x;\n" 401 long_text)
plant(src/nn/long.c "${long_text}" "long.c has 401 lines")

write_clean_tree()
file(WRITE ${WORK}/src/op/a.h "#include \"b.h\"\n")
file(WRITE ${WORK}/src/op/b.h "#include \"c.h\"\n")
file(WRITE ${WORK}/src/op/c.h "#include \"op/a.h\"\n")
check("circular includes among: src/op/a.h, src/op/b.h, src/op/c.h")

file(REMOVE_RECURSE ${WORK})
