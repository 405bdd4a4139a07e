// What the headers' inline functions call, played for the tests: see doubles.cpp.
#pragma once

#include <ntddk.h>

namespace drydock::sdk_test {

struct ListCorrupt {
  const void* entry;
};

// How often, and with which arguments, an MDL was asked to be mapped.
struct Mapping {
  int calls = 0;
  ULONG priority = 0;
  PVOID result = nullptr;
};
Mapping& mapping();

}  // namespace drydock::sdk_test
