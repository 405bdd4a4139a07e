# The headers that nearly every file of this project includes, parsed once for each program instead of once for each file: most of the time
# of a build went there. A file still includes what it uses: the preset release builds without this and proves it.
option(DRYDOCK_PCH "parse the standard library's and GoogleTest's headers once" ON)

set(_standard algorithm array atomic chrono cstdint cstdio cstdlib cstring deque functional map memory new optional set string string_view utility
              vector)
set(_tool ${_standard} filesystem fstream sstream fmt/format.h)
set(_test ${_standard} filesystem fstream sstream thread gtest/gtest.h gmock/gmock.h)

# For C++ alone: C files of the same target, a driver's for example, have their own world.
function(_drydock_headers result)
  foreach(header IN LISTS ARGN)
    list(APPEND list "$<$<COMPILE_LANGUAGE:CXX>:<${header}$<ANGLE-R>>")
  endforeach()
  set(${result} ${list} PARENT_SCOPE)
endfunction()

# drydock_precompile(target standard|tool): a library or tool of ours.
function(drydock_precompile target kind)
  if(DRYDOCK_PCH)
    _drydock_headers(headers ${_${kind}})
    target_precompile_headers(${target} PRIVATE ${headers})
  endif()
endfunction()

# drydock_precompile_tests(): every program of the project that is compiled with -O0 and linked with GoogleTest shares one set. Called last.
function(drydock_precompile_tests)
  if(NOT DRYDOCK_PCH)
    return()
  endif()
  find_package(GTest REQUIRED)
  file(WRITE ${CMAKE_BINARY_DIR}/generated/test_headers.cpp "// Carries the precompiled headers of the test programs.\n")
  add_executable(drydock_test_headers ${CMAKE_BINARY_DIR}/generated/test_headers.cpp)
  target_compile_options(drydock_test_headers PRIVATE -O0)
  target_link_libraries(drydock_test_headers PRIVATE GTest::gtest GTest::gmock GTest::gtest_main)
  _drydock_headers(headers ${_test})
  target_precompile_headers(drydock_test_headers PRIVATE ${headers})

  set(folders ${CMAKE_SOURCE_DIR})
  while(folders)
    list(POP_FRONT folders folder)
    get_property(inner DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    list(APPEND folders ${inner})
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
      get_target_property(type ${target} TYPE)
      get_target_property(libraries ${target} LINK_LIBRARIES)
      get_target_property(options ${target} COMPILE_OPTIONS)
      if(type STREQUAL "EXECUTABLE" AND "GTest::gtest" IN_LIST libraries AND "-O0" IN_LIST options AND NOT target STREQUAL "drydock_test_headers")
        target_precompile_headers(${target} REUSE_FROM drydock_test_headers)
        get_target_property(sources ${target} SOURCES)
        list(FILTER sources INCLUDE REGEX "\\.c$")
        set_source_files_properties(${sources} TARGET_DIRECTORY ${target} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
      endif()
    endforeach()
  endwhile()
endfunction()
