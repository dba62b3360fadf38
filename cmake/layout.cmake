# SPDX-License-Identifier: Apache-2.0
# Small helpers for targets whose source lists live in other folders.
include_guard()

# socle_fill_if_empty(<target>): a target whose list is still empty gets one declaration, so that it configures.
function(socle_fill_if_empty target)
    get_target_property(sources ${target} SOURCES)
    if(NOT sources)
        set(file ${PROJECT_BINARY_DIR}/generated/${target}_empty.c)
        file(CONFIGURE OUTPUT ${file} CONTENT "typedef int no_sources_yet;\n" @ONLY)
        target_sources(${target} PRIVATE ${file})
        set_target_properties(${target} PROPERTIES SOCLE_EMPTY TRUE)
    endif()
endfunction()
