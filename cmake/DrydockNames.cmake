# Names of status values and bug-check codes, from the SDK's headers (api/constant_names.py).
set(DRYDOCK_NAMES ${CMAKE_BINARY_DIR}/generated/names/constant_names.inc)
file(GLOB _status_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sdk/shared/ntstatus/*.h)
add_custom_command(
  OUTPUT ${DRYDOCK_NAMES}
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/api/constant_names.py ${CMAKE_SOURCE_DIR}/sdk/shared ${DRYDOCK_NAMES}
  COMMAND ${CMAKE_COMMAND} -E touch ${DRYDOCK_NAMES}
  DEPENDS ${CMAKE_SOURCE_DIR}/api/constant_names.py ${CMAKE_SOURCE_DIR}/sdk/shared/ntstatus.h ${_status_headers}
          ${CMAKE_SOURCE_DIR}/sdk/shared/bugcodes.h
  COMMENT "Naming status values" VERBATIM)
add_custom_target(drydock_names DEPENDS ${DRYDOCK_NAMES})
