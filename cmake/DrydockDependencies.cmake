# Libraries behind libdrydock, each from a package of packages.debian.
find_package(PkgConfig REQUIRED)
pkg_check_modules(DW REQUIRED IMPORTED_TARGET libdw)
find_library(BOOST_CONTEXT boost_context REQUIRED)
find_library(ZYDIS Zydis REQUIRED)
target_link_libraries(drydock PRIVATE PkgConfig::DW ${BOOST_CONTEXT} ${ZYDIS} ${CMAKE_DL_LIBS})
