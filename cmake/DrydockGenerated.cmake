# Everything made from api/: the SDK's framework headers, the dispatch tables, the entry checks, the layout checks.
# The generator writes only files that changed and touches one stamp; the folders are on the include path through the target
# drydock_sdk, which also orders every consumer after the generator.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(DRYDOCK_GENERATED ${CMAKE_BINARY_DIR}/generated)

file(GLOB_RECURSE _drydock_api CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/api/*.py ${CMAKE_SOURCE_DIR}/api/*.json
     ${CMAKE_SOURCE_DIR}/api/inline/*.h)

# Sources of the library drydock, added by src/CMakeLists.txt.
set(DRYDOCK_GENERATED_SOURCES ${DRYDOCK_GENERATED}/src/wdf_entry_kmdf.cpp ${DRYDOCK_GENERATED}/src/wdf_entry_umdf.cpp)

add_custom_command(
  OUTPUT ${DRYDOCK_GENERATED}/stamp
  BYPRODUCTS ${DRYDOCK_GENERATED_SOURCES}
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/api/generate.py --out ${DRYDOCK_GENERATED}
          --stamp ${DRYDOCK_GENERATED}/stamp
  DEPENDS ${_drydock_api}
  COMMENT "Generating SDK headers and entry code from api/"
  VERBATIM)
add_custom_target(drydock_generated ALL DEPENDS ${DRYDOCK_GENERATED}/stamp)

if(NOT TARGET drydock_sdk)
  add_library(drydock_sdk INTERFACE)
endif()
add_dependencies(drydock_sdk drydock_generated)
target_include_directories(drydock_sdk INTERFACE ${DRYDOCK_GENERATED}/include
                           ${DRYDOCK_GENERATED}/sdk/wdf/kmdf/inc/1.33)
