# find_package(Drydock): the target Drydock::drydock, drydock_add_driver and drydock_add_test, from an installed prefix.
include(CMakeFindDependencyMacro)
find_dependency(Threads)

# This file is in <prefix>/<libdir>/cmake/drydock.
get_filename_component(_drydock_libdir ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
find_path(DRYDOCK_INCLUDE_DIR drydock/machine.h HINTS ${_drydock_libdir}/../include ${_drydock_libdir}/../../include)
get_filename_component(_drydock_prefix ${DRYDOCK_INCLUDE_DIR}/.. ABSOLUTE)
set(DRYDOCK_SDK_ROOTS ${_drydock_prefix}/share/drydock/sdk)
if(NOT EXISTS ${DRYDOCK_SDK_ROOTS}/driver-flags.json OR NOT EXISTS ${_drydock_libdir}/libdrydock.so)
  set(Drydock_FOUND FALSE)
  set(Drydock_NOT_FOUND_MESSAGE "the installation in ${_drydock_prefix} is not complete")
  return()
endif()

if(NOT TARGET Drydock::drydock)
  add_library(Drydock::drydock SHARED IMPORTED)
  set_target_properties(Drydock::drydock PROPERTIES
    IMPORTED_LOCATION ${_drydock_libdir}/libdrydock.so
    INTERFACE_COMPILE_FEATURES cxx_std_20
    INTERFACE_LINK_LIBRARIES Threads::Threads
    INTERFACE_INCLUDE_DIRECTORIES
      "${DRYDOCK_INCLUDE_DIR};${DRYDOCK_SDK_ROOTS}/km;${DRYDOCK_SDK_ROOTS}/shared")
endif()
include(${CMAKE_CURRENT_LIST_DIR}/DrydockDriver.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/DrydockTest.cmake)
