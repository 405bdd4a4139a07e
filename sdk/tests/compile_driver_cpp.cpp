// The headers as a driver in C++ sees them, the C++ library before and after.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "everything.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "class_layouts.h"
#include "driver_layouts.h"
#include "driver_body.h"

#ifdef DRYDOCK_INT64_TESTED
static_assert(std::is_same_v<size_t, SIZE_T> && std::is_same_v<size_t, ULONGLONG> && std::is_same_v<size_t, DWORD64> && std::is_same_v<size_t, UINT_PTR>);
#endif

extern "C" int DrydockCompileDriverCpp() {
  return IsEqualGUID(GUID_DRYDOCK_TEST, GUID_NULL) + (GUID_DRYDOCK_TEST == GUID_NULL) +
         static_cast<int>(std::wcslen(L"abc"));
}
