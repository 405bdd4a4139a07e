# find_package(Drydock): the test kit, drydock_add_driver and drydock_add_test, from an install prefix.
include(CMakePackageConfigHelpers)
set(DRYDOCK_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Drydock)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/drydock DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/DrydockConfig.cmake.in ${CMAKE_BINARY_DIR}/DrydockConfig.cmake
                              INSTALL_DESTINATION ${DRYDOCK_PACKAGE_DIR}
                              PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_DATADIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/DrydockConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/DrydockConfig.cmake ${CMAKE_BINARY_DIR}/DrydockConfigVersion.cmake
              ${CMAKE_SOURCE_DIR}/cmake/DrydockDriver.cmake ${CMAKE_SOURCE_DIR}/cmake/DrydockTest.cmake
              ${CMAKE_SOURCE_DIR}/cmake/FindWDK.cmake ${CMAKE_SOURCE_DIR}/cmake/DrydockWdk.cmake ${CMAKE_SOURCE_DIR}/cmake/DrydockWdkProject.cmake
        DESTINATION ${DRYDOCK_PACKAGE_DIR})
