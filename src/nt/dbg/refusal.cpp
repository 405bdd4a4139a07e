#include "nt/dbg/refusal.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "nt/dbg/state.h"
#include "nt/thread.h"
#include "runtime/fault_handler.h"

namespace drydock::nt::dbg {
namespace {

// The first return address outside of this library: the driver's.
void* Caller() {
  void* stack[16];
  const size_t count = rt::CaptureStack(stack, std::size(stack), 1);
  Dl_info own = {}, other = {};
  dladdr(reinterpret_cast<void*>(&Refuse), &own);
  for (size_t i = 0; i < count; ++i)
    if (dladdr(stack[i], &other) && other.dli_fbase != own.dli_fbase) return stack[i];
  return nullptr;
}

}  // namespace

NTSTATUS Refuse(const char* function, NTSTATUS status, const char* why) {
  Kernel& kernel = CurrentKernel();
  PrintLine(kernel, fmt::format("{} is refused with 0x{:08X}: {}", function, static_cast<uint32_t>(status), why));
  if (void* caller = Caller()) NoteFailedCall(kernel, function, status, caller);
  return status;
}

}  // namespace drydock::nt::dbg
