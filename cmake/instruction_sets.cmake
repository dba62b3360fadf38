# SPDX-License-Identifier: Apache-2.0
# Compiles chosen files once per instruction set, each time with -DSC_ISA=<name>; src/cpu picks one at run
# time. Names a file defines must carry SC_ISA, for the objects end in one library.
include_guard()
include(CheckCSourceCompiles)

set(SOCLE_ISA_NAMES baseline)
set(SOCLE_ISA_FLAGS_baseline "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
    list(APPEND SOCLE_ISA_NAMES avx2 avx512)
    set(SOCLE_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c)
    set(SOCLE_ISA_FLAGS_avx512 -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512dq -mavx512vl
        -mprefer-vector-width=512)
endif()

# socle_add_isa_sources(<target> <file.c>...): target is a library whose objects end in libsocle, that is
# socle_objects. May be called several times. Defines SC_HAVE_ISA_<NAME> for <target>.
function(socle_add_isa_sources target)
    foreach(isa IN LISTS SOCLE_ISA_NAMES)
        set(library ${target}_${isa})
        if(NOT TARGET ${library})
            add_library(${library} OBJECT)
            target_link_libraries(${library} PRIVATE socle_flags socle_deps)
            target_compile_options(${library} PRIVATE ${SOCLE_ISA_FLAGS_${isa}})
            target_compile_definitions(${library} PRIVATE SC_ISA=${isa})
            set_property(GLOBAL APPEND PROPERTY SOCLE_OBJECT_LIBRARIES ${library})
            string(TOUPPER ${isa} upper)
            target_compile_definitions(${target} PRIVATE SC_HAVE_ISA_${upper}=1)
        endif()
        foreach(file IN LISTS ARGN)
            target_sources(${library} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${file})
        endforeach()
    endforeach()
endfunction()
