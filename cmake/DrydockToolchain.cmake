# One place for how this project itself is compiled. Drivers have their own flags: cmake/DrydockDriver.cmake.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # The sloppiness is what precompiled headers need (their times say nothing).
  # base_dir makes paths relative, so that two checkouts of one commit share the cache.
  set(_launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
endif()

find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()

# -g1 keeps line tables (reports name file and line) without the bulk of full debug information.
# Sanitizer builds are compiled more often than they run: -O1.
set(_optimise -O2)
if(DRYDOCK_SANITIZE)
  set(_optimise -O1)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "${_optimise} -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "${_optimise} -g1")
add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
                    -fno-strict-aliasing   # drivers and NT structures overlay memory freely
                    -fno-omit-frame-pointer -fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(DRYDOCK_SANITIZE)
  add_compile_options(-fsanitize=${DRYDOCK_SANITIZE})
  add_link_options(-fsanitize=${DRYDOCK_SANITIZE})
  if(DRYDOCK_SANITIZE MATCHES "undefined")
    # A driver may call through a differently typed pointer (framework table, dispatch routines): that is NT's ABI. And it may hand in a
    # number that is no enumerator, which each function checks.
    add_compile_options(-fno-sanitize=function,vptr,alignment,enum -fno-sanitize-recover=undefined)
  endif()
endif()

# Counters in everything, by which a fuzzer sees where an input leads (preset fuzz, tests/fuzz).
option(DRYDOCK_FUZZ "build the libFuzzer programs of tests/fuzz; clang alone" OFF)
if(DRYDOCK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
