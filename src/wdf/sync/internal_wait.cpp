#include "wdf/sync/internal_wait.h"

#include <fmt/format.h>

namespace drydock::wdf {

void InternalWait(DriverGlobals& globals, KEVENT& event, const char* what) {
  const uint32_t seconds = globals.options.wait_seconds;
  if (__builtin_expect(seconds != 0, 0)) {
    for (int told = 0; told < kTold;) {
      LARGE_INTEGER limit;
      limit.QuadPart = -LONGLONG{10'000'000} * seconds;
      if (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &limit) != STATUS_TIMEOUT) return;
      ++told;
      Break(globals, fmt::format("the framework has waited {} seconds: {}", uint64_t{seconds} * static_cast<uint64_t>(told), what).c_str());
    }
  }
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
}

}  // namespace drydock::wdf
