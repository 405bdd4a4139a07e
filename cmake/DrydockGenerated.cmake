# Everything made from api/: the SDK's framework headers, the dispatch tables, the entry checks, the layout checks.
# The generator names its outputs in a stamp; the folder is on the include path through the target drydock_sdk.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(DRYDOCK_GENERATED ${CMAKE_BINARY_DIR}/generated)
