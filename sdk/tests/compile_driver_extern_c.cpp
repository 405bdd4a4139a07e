// Many drivers in C++ include the kernel's headers within extern "C": everything must stand there too.
extern "C" {
#include "everything.h"
}

#include <string>

extern "C" int DrydockCompileDriverExternC() {
  WCHAR text[8];
  swprintf(text, L"%d", 1);
  swprintf(text, 8, L"%d", 1);
  return static_cast<int>(min(wcslen(text), size_t{3})) + (GUID_NULL == GUID_NULL);
}

static_assert(min(2, 1) == 1 && max(2u, 3u) == 3u && min(size_t{7}, 5u) == 5);
