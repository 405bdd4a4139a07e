# Proves that the SDK's structures have the recorded Windows x64 layouts (api/nt-x64-structs.json), in every way the headers
# are compiled: C and C++ as a driver, by clang and (where installed) gcc, and C++ as this project's own code.
# The compile is the proof; the test layout.nt links the objects, so that none can go missing.
set(_layout_script ${CMAKE_SOURCE_DIR}/api/check_nt_layout.py)
set(_layout_facts ${CMAKE_SOURCE_DIR}/api/nt-x64-structs.json)
set(_layout_dir ${CMAKE_BINARY_DIR}/generated/layout)
file(MAKE_DIRECTORY ${_layout_dir})
set(_layout_usb)
if(EXISTS ${CMAKE_SOURCE_DIR}/sdk/shared/usb.h)
  set(_layout_usb --usb)
endif()

foreach(language c cpp)
  add_custom_command(
    OUTPUT ${_layout_dir}/nt_layout.${language}
    COMMAND ${Python3_EXECUTABLE} -B ${_layout_script} --facts ${_layout_facts} ${_layout_usb}
            --output ${_layout_dir}/nt_layout.${language}
    DEPENDS ${_layout_script} ${_layout_facts}
    COMMENT "Generating the NT layout checks (${language})"
    VERBATIM)
endforeach()

set(DRYDOCK_DRIVER_LANGUAGE_FLAGS -fshort-wchar -fms-extensions -Wno-pragma-pack)
function(_drydock_layout name source)
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE drydock_sdk_nt)
  target_compile_definitions(${name} PRIVATE DRYDOCK_LAYOUT_NAME=${name})
endfunction()

_drydock_layout(nt_layout_driver_c ${_layout_dir}/nt_layout.c)
_drydock_layout(nt_layout_driver_cpp ${_layout_dir}/nt_layout.cpp)
_drydock_layout(nt_layout_runtime_cpp ${_layout_dir}/nt_layout.cpp)
foreach(target nt_layout_driver_c nt_layout_driver_cpp)
  target_compile_options(${target} PRIVATE ${DRYDOCK_DRIVER_LANGUAGE_FLAGS})
  target_compile_definitions(${target} PRIVATE DRYDOCK_DRIVER_BUILD=1)
endforeach()
