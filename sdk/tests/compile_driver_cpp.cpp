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

extern "C" int DrydockCompileDriverCpp() {
  return IsEqualGUID(GUID_DRYDOCK_TEST, GUID_NULL) + (GUID_DRYDOCK_TEST == GUID_NULL) +
         static_cast<int>(std::wcslen(L"abc"));
}
