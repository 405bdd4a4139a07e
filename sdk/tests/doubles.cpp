#include "doubles.h"

#include <cstdio>
#include <string>

namespace drydock::sdk_test {

Mapping& mapping() {
  static Mapping mapping;
  return mapping;
}

}  // namespace drydock::sdk_test

using drydock::sdk_test::ListCorrupt;
using drydock::sdk_test::mapping;

extern "C" {

void DrydockListEntryCorrupt(const void* entry) { throw ListCorrupt{entry}; }

PVOID MmMapLockedPagesSpecifyCache(PMDL, KPROCESSOR_MODE, MEMORY_CACHING_TYPE, PVOID, ULONG, ULONG priority) {
  ++mapping().calls;
  mapping().priority = priority;
  return mapping().result;
}

// The contract of drydock_text.h over the host's formatter; enough for %d, %u, %x and %s.
int DrydockVsnprintfA(CHAR* buffer, size_t capacity, const CHAR* format, va_list arguments) {
  char text[4096];
  const int length = std::vsnprintf(text, sizeof text, format, arguments);
  const size_t n = static_cast<size_t>(length) < capacity ? static_cast<size_t>(length) : capacity;
  memcpy(buffer, text, n);
  if (n < capacity) buffer[n] = 0;
  return length;
}

int DrydockVsnprintfW(WCHAR* buffer, size_t capacity, const WCHAR* format, va_list arguments) {
  std::string narrow;
  for (; *format != 0; ++format) narrow.push_back(static_cast<char>(*format));
  char text[4096];
  const int length = std::vsnprintf(text, sizeof text, narrow.c_str(), arguments);
  const size_t n = static_cast<size_t>(length) < capacity ? static_cast<size_t>(length) : capacity;
  for (size_t i = 0; i < n; ++i) buffer[i] = static_cast<WCHAR>(text[i]);
  if (n < capacity) buffer[n] = 0;
  return length;
}

}  // extern "C"
