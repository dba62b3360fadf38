# SPDX-License-Identifier: Apache-2.0
# Proves that check_arguments.cmake can fail: plants one violation at a time in a small tree and expects it to be
# named; a clean tree must pass.
#   cmake -D WORK=<scratch folder> -P tests/check_arguments_selftest.cmake
cmake_minimum_required(VERSION 3.25)

function(write_clean_tree)
    file(REMOVE_RECURSE ${WORK})
    file(WRITE ${WORK}/cl/launch.h "#include \"argument.h\"\n"
        "typedef struct sc_launch_values {\n    float scalar[8]; /* long a[2][3]; */\n    int rows, step;\n} sc_launch_values;\n"
        "SC_ARGUMENT(sc_launch_values, 8 + 2);\n")
    file(WRITE ${WORK}/cl/shape_box.h "typedef struct sc_shape_box {\n    sc_launch_values launch;\n"
        "    unsigned int size[SC_GROUPS];\n    int stride[SC_STREAMS * SC_GROUPS];\n} sc_shape_box;\n"
        "SC_ARGUMENT(sc_shape_box, SC_WORDS(sc_launch_values) + SC_GROUPS + SC_STREAMS * SC_GROUPS);\n")
    file(WRITE ${WORK}/cl/box.cl "#include \"shape_box.h\"\n"
        "kernel __attribute__((reqd_work_group_size(1, 1, 1))) void box(global const float *x, ulong x_offset, local float *tile,\n"
        "    sc_shape_box values, int begin SC_TAIL_PARAMETERS) {\n"
        "    const sc_shape_box *shape = &values;\n    int i = values.launch.rows;\n"
        "    for (int g = SC_GROUPS - 1; g >= 0; --g)\n        if (g < i) x += shape->size[g] * shape->stride[2 * SC_GROUPS];\n"
        "    tile[i] = x[i];\n}\n")
    file(WRITE ${WORK}/src/opencl/text.c "int f(shape *s, int g) { s->size[g] = '\"'; return s->stride[g]; }\n"
        "const char *t = \"a \\\"word\\\" c0 * shape->stride[%d] + \"\n    \"launch.scalar[%d]\";\n")
endfunction()

function(check expected)
    execute_process(COMMAND ${CMAKE_COMMAND} -D ROOT=${WORK} -P ${CMAKE_CURRENT_LIST_DIR}/check_arguments.cmake
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

# plant(<file> <text to replace> <new text> <expected message>)
function(plant file from to expected)
    write_clean_tree()
    file(READ ${WORK}/${file} text)
    string(FIND "${text}" "${from}" at)
    if(at EQUAL -1)
        message(SEND_ERROR "nothing to replace in ${file}: ${from}")
    endif()
    string(REPLACE "${from}" "${to}" text "${text}")
    file(WRITE ${WORK}/${file} "${text}")
    check("${expected}")
endfunction()

write_clean_tree()
check("")
set(header cl/shape_box.h)
plant(${header} "[SC_STREAMS * SC_GROUPS]" "[SC_STREAMS][SC_GROUPS]" "member .int stride.SC_STREAMS..SC_GROUPS.")
plant(${header} "unsigned int size" "unsigned long size" "member .unsigned long size")
plant(${header} "unsigned int size[SC_GROUPS]" "const int *size" "member .const int .size")
plant(${header} "sc_launch_values launch" "sc_other launch" "member .sc_other launch")
plant(${header} "SC_ARGUMENT(sc_shape_box" "SC_ARGUMENT(sc_shape_other" "no SC_ARGUMENT.sc_shape_box")
plant(cl/launch.h "SC_ARGUMENT" "// SC_ARGUMENT" "no SC_ARGUMENT.sc_launch_values")
plant(cl/box.cl "sc_shape_box values" "sc_place values" "box takes .sc_place values.")
plant(cl/box.cl "int begin" "float4 begin" "box takes .float4 begin.")
plant(cl/box.cl "stride[2 * SC_GROUPS]" "stride[2 * i]" "stride.2 . i.: no compiler")
plant(cl/box.cl "stride[2 * SC_GROUPS]" "stride[i]" "stride.i.: no compiler")
plant(cl/box.cl "int g = SC_GROUPS - 1" "int g = i" "size.g.: no compiler")
plant(cl/box.cl "g >= 0" "g >= begin" "size.g.: no compiler")
plant(cl/box.cl "tile[i] = x[i]" "pick(values.size, i)" "uses size as a whole")
plant(src/opencl/text.c "stride[%d]" "stride[row]" "stride.row.: no compiler")
plant(src/opencl/text.c "launch.scalar[%d]" "struct local { int a; }" "generates a struct")
plant(cl/box.cl "kernel" "kernl" "no kernels found")

file(REMOVE_RECURSE ${WORK})
