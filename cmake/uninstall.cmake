# SPDX-License-Identifier: Apache-2.0
# Removes what `cmake --install` wrote, by its list, and folders of Socle's own that are then empty.
#   cmake -D MANIFEST=<build folder>/install_manifest.txt -P cmake/uninstall.cmake
cmake_minimum_required(VERSION 3.25)

if(NOT EXISTS "${MANIFEST}")
    message(FATAL_ERROR "${MANIFEST} does not exist: nothing was installed from this build folder")
endif()
file(STRINGS "${MANIFEST}" files)
set(folders "")
foreach(file IN LISTS files)
    set(file "$ENV{DESTDIR}${file}")
    if(EXISTS "${file}" OR IS_SYMLINK "${file}")
        file(REMOVE "${file}")
        if(EXISTS "${file}" OR IS_SYMLINK "${file}")
            message(FATAL_ERROR "cannot remove ${file}")
        endif()
        message(STATUS "removed ${file}")
    endif()
    # Every folder above that is named after us: include/socle, share/doc/socle/examples/c, ...
    get_filename_component(folder "${file}" DIRECTORY)
    while(folder MATCHES "/socle(/|$)")
        list(APPEND folders "${folder}")
        get_filename_component(folder "${folder}" DIRECTORY)
    endwhile()
endforeach()
list(REMOVE_DUPLICATES folders)
list(SORT folders ORDER DESCENDING) # what lies within comes first
foreach(folder IN LISTS folders)
    file(GLOB left "${folder}/*" "${folder}/.*")
    if(IS_DIRECTORY "${folder}" AND NOT left)
        file(REMOVE_RECURSE "${folder}")
    endif()
endforeach()
