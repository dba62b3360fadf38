# SPDX-License-Identifier: Apache-2.0
# Finds the libraries Socle stands on and gathers them in two interface libraries: `socle_deps` (libsocle) and
# `socle_tool_deps` (the tool). A missing one is reported with the Debian package that holds it.
include_guard()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_library(socle_deps INTERFACE)
add_library(socle_tool_deps INTERFACE)
target_link_libraries(socle_deps INTERFACE Threads::Threads m ${CMAKE_DL_LIBS})

function(socle_missing what package)
    message(FATAL_ERROR "${what} was not found. On Debian: apt-get install ${package}")
endfunction()

# socle_pkg(<prefix> <pkg-config module> <Debian package>)
macro(socle_pkg prefix module package)
    pkg_check_modules(${prefix} IMPORTED_TARGET ${module})
    if(NOT ${prefix}_FOUND)
        socle_missing(${module} ${package})
    endif()
endmacro()

# socle_optional_pkg(<ON|OFF|AUTO> <prefix> <module> <Debian package>): sets <prefix>_FOUND
macro(socle_optional_pkg wish prefix module package)
    set(${prefix}_FOUND FALSE)
    if("${wish}" STREQUAL "ON")
        socle_pkg(${prefix} ${module} ${package})
    elseif("${wish}" STREQUAL "AUTO")
        pkg_check_modules(${prefix} IMPORTED_TARGET ${module})
    endif()
endmacro()

# Nothing but the C library is then needed where the tool runs. Debian's archives are for programs, not for libsocle.so.
if(SOCLE_STATIC)
    set(suffixes ${CMAKE_FIND_LIBRARY_SUFFIXES})
    set(CMAKE_FIND_LIBRARY_SUFFIXES ${CMAKE_STATIC_LIBRARY_SUFFIX})
endif()
socle_pkg(JANSSON jansson libjansson-dev)
socle_pkg(YAML yaml-0.1 libyaml-dev)
socle_pkg(ZLIB zlib zlib1g-dev)
socle_pkg(XXHASH libxxhash libxxhash-dev)
find_library(CSV_LIBRARY csv) # which has no pkg-config module
find_path(CSV_INCLUDE_DIR csv.h)
if(NOT CSV_LIBRARY OR NOT CSV_INCLUDE_DIR)
    socle_missing(libcsv libcsv-dev)
endif()
if(SOCLE_STATIC)
    set(CMAKE_FIND_LIBRARY_SUFFIXES ${suffixes})
endif()
target_include_directories(socle_deps SYSTEM INTERFACE ${CSV_INCLUDE_DIR})
target_link_libraries(socle_deps INTERFACE
    PkgConfig::JANSSON PkgConfig::YAML PkgConfig::ZLIB PkgConfig::XXHASH ${CSV_LIBRARY})

# Headers alone: src/data opens these libraries at run time, with the first picture or archive.
socle_pkg(PNG libpng libpng-dev)
socle_pkg(JPEG libjpeg libjpeg-dev)
socle_pkg(ZIP libzip libzip-dev)
list(GET ZIP_LINK_LIBRARIES 0 file) # whose number differs between systems
get_filename_component(file ${file} REALPATH)
string(REGEX MATCH "libzip[.]so[.][0-9]+" SOCLE_LIBZIP_FILE ${file})

if(SOCLE_OPENCL)
    find_package(OpenCL QUIET)
    if(NOT OpenCL_FOUND)
        socle_missing(OpenCL "ocl-icd-opencl-dev (or configure with -DSOCLE_OPENCL=OFF)")
    endif()
    socle_pkg(CLBLAST clblast "libclblast-dev (or configure with -DSOCLE_OPENCL=OFF)")
    # Headers alone: the driver opens both libraries at run time (src/opencl/ocl_api.c, ocl_clblast.c).
    target_include_directories(socle_deps SYSTEM INTERFACE ${OpenCL_INCLUDE_DIRS} ${CLBLAST_INCLUDE_DIRS})
    # Newer constants may be asked about; functions beyond 1.2 may be called only behind a run-time check.
    target_compile_definitions(socle_deps INTERFACE CL_TARGET_OPENCL_VERSION=300)
endif()

socle_optional_pkg("${SOCLE_WITH_SMARTCOLS}" SMARTCOLS smartcols libsmartcols-dev)
if(SMARTCOLS_FOUND)
    target_link_libraries(socle_tool_deps INTERFACE PkgConfig::SMARTCOLS)
endif()
target_compile_definitions(socle_tool_deps INTERFACE SC_HAVE_SMARTCOLS=$<BOOL:${SMARTCOLS_FOUND}>)

# Headers alone: src/plot opens the library at run time, when a picture is drawn.
add_library(socle_plot_deps INTERFACE)
socle_optional_pkg("${SOCLE_WITH_CAIRO}" CAIRO cairo-svg libcairo2-dev)
if(CAIRO_FOUND)
    target_include_directories(socle_plot_deps SYSTEM INTERFACE ${CAIRO_INCLUDE_DIRS})
endif()
target_compile_definitions(socle_tool_deps INTERFACE SC_HAVE_CAIRO=$<BOOL:${CAIRO_FOUND}>)

# The tests' own. AUTO: without them there are no tests, which is said.
set(SOCLE_BUILD_TESTS OFF)
if(NOT "${SOCLE_TESTS}" STREQUAL "OFF" AND NOT "${SOCLE_TESTS}" STREQUAL "")
    pkg_check_modules(CRITERION IMPORTED_TARGET criterion)
    find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
    if(CRITERION_FOUND AND RANDOM123_INCLUDE_DIR)
        set(SOCLE_BUILD_TESTS ON)
    elseif("${SOCLE_TESTS}" STREQUAL "AUTO")
        message(STATUS "Without Criterion and Random123 no tests are built "
            "(on Debian: apt-get install libcriterion-dev librandom123-dev)")
    else()
        socle_missing("Criterion or Random123" "libcriterion-dev librandom123-dev")
    endif()
endif()

include(CheckFunctionExists)
check_function_exists(argp_parse SOCLE_HAVE_ARGP)
if(NOT SOCLE_HAVE_ARGP)
    find_library(ARGP_LIBRARY argp)
    if(NOT ARGP_LIBRARY)
        message(FATAL_ERROR "argp was not found; it is part of glibc. Elsewhere: argp-standalone")
    endif()
    target_link_libraries(socle_tool_deps INTERFACE ${ARGP_LIBRARY})
endif()
