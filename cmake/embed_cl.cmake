# SPDX-License-Identifier: Apache-2.0
# Puts the kernel sources into the library as byte arrays (base/embedded.h). Two uses of one file: included, it
# offers socle_embed_cl(); run with `cmake -P` at build time, it writes the C file. Includes inside kernels
# are left alone: the OpenCL driver resolves them through the table.

if(NOT CMAKE_SCRIPT_MODE_FILE)
    include_guard()

    # socle_embed_cl(<file>...): files of the calling folder; the list grows over several calls.
    function(socle_embed_cl)
        foreach(file IN LISTS ARGN)
            set(path ${CMAKE_CURRENT_SOURCE_DIR}/${file})
            if(NOT EXISTS ${path})
                message(FATAL_ERROR "kernel file ${path} is listed but does not exist")
            endif()
            set_property(GLOBAL APPEND PROPERTY SOCLE_EMBEDDED_FILES ${path})
        endforeach()
    endfunction()

    # socle_embed_finish(<target>): generates the C file and compiles it into the target.
    function(socle_embed_finish target)
        get_property(files GLOBAL PROPERTY SOCLE_EMBEDDED_FILES)
        set(script ${PROJECT_SOURCE_DIR}/cmake/embed_cl.cmake)
        set(list ${PROJECT_BINARY_DIR}/generated/embedded.list)
        set(output ${PROJECT_BINARY_DIR}/generated/embedded.c)
        string(REPLACE ";" "\n" lines "${files}")
        file(CONFIGURE OUTPUT ${list} CONTENT "${lines}\n" @ONLY)
        add_custom_command(OUTPUT ${output}
            COMMAND ${CMAKE_COMMAND} -D LIST=${list} -D OUTPUT=${output} -P ${script}
            DEPENDS ${files} ${list} ${script}
            COMMENT "Embedding the kernel sources" VERBATIM)
        target_sources(${target} PRIVATE ${output})
    endfunction()
    return()
endif()

file(STRINGS ${LIST} files)
set(arrays "")
set(rows "")
set(index 0)
foreach(path IN LISTS files)
    get_filename_component(name ${path} NAME)
    file(READ ${path} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    if(size EQUAL 0)
        message(FATAL_ERROR "kernel file ${path} is empty")
    endif()
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND arrays "static const unsigned char file_${index}[] = {\n${hex}};\n")
    string(APPEND rows "    {\"${name}\", file_${index}, ${size}},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Written by cmake/embed_cl.cmake. */
#include \"base/embedded.h\"

#include <string.h>

${arrays}
static const sc_embedded_file files[] = {
${rows}    {NULL, NULL, 0},
};

const sc_embedded_file *sc_embedded_find(const char *name) {
    for (const sc_embedded_file *file = files; file->name; file++)
        if (strcmp(file->name, name) == 0) return file;
    return NULL;
}
")
