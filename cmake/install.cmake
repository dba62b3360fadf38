# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: headers, both libraries, the tool, socleConfig.cmake and socle.pc, documents
# and examples; and the target `uninstall`. docs/installing.md says it to users.
include_guard()
include(CMakePackageConfigHelpers)

set(socle_package ${CMAKE_INSTALL_LIBDIR}/cmake/socle)
install(TARGETS socle EXPORT socleTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS socle_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
get_target_property(no_tool socle_tool EXCLUDE_FROM_ALL)
if(NOT no_tool)
    install(TARGETS socle_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(SOCLE_OPENCL)
    install(TARGETS socle_probe RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/socle)
endif()
install(FILES LICENSE README.md docs/configuration.md docs/reference.md docs/installing.md docs/pictures.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN course EXCLUDE)
# The course is read by `socle course`, so it is no document that a system may leave out.
install(DIRECTORY docs/course DESTINATION ${CMAKE_INSTALL_DATADIR}/socle/docs)
install(DIRECTORY examples/course examples/data DESTINATION ${CMAKE_INSTALL_DATADIR}/socle/examples)
install(DIRECTORY include/socle DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT socleTargets NAMESPACE socle:: DESTINATION ${socle_package})

set(socle_requires "jansson yaml-0.1 zlib libxxhash")
string(REPLACE " " ";" socle_requires_list "${socle_requires}")
set(socle_system_libraries csv m ${CMAKE_DL_LIBS})
configure_package_config_file(cmake/socleConfig.cmake.in ${PROJECT_BINARY_DIR}/generated/socleConfig.cmake
    INSTALL_DESTINATION ${socle_package} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/socleConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/generated/socleConfig.cmake
    ${PROJECT_BINARY_DIR}/generated/socleConfigVersion.cmake DESTINATION ${socle_package})
# The prefix relative to the file, so that `cmake --install --prefix` and moved trees keep working.
file(RELATIVE_PATH socle_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/socle.pc.in ${PROJECT_BINARY_DIR}/generated/socle.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/generated/socle.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

add_custom_target(uninstall VERBATIM COMMAND ${CMAKE_COMMAND} -D MANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
    -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake)
