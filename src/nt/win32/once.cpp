// What runs once (the Rtl functions under Win32's names), and waits for a word to change.
#include <cstring>

#include "nt/ke/drivers_wait.h"
#include "nt/ke/parking_lot.h"
#include "nt/ke/state.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

bool SameBytes(const volatile void* address, const void* compare, size_t size) {
  switch (size) {
    case 1: return __atomic_load_n(static_cast<const volatile uint8_t*>(address), __ATOMIC_ACQUIRE) == *static_cast<const uint8_t*>(compare);
    case 2: return __atomic_load_n(static_cast<const volatile uint16_t*>(address), __ATOMIC_ACQUIRE) == *static_cast<const uint16_t*>(compare);
    case 4: return __atomic_load_n(static_cast<const volatile uint32_t*>(address), __ATOMIC_ACQUIRE) == *static_cast<const uint32_t*>(compare);
    default: return __atomic_load_n(static_cast<const volatile uint64_t*>(address), __ATOMIC_ACQUIRE) == *static_cast<const uint64_t*>(compare);
  }
}

}  // namespace

extern "C" {

VOID InitOnceInitialize(PINIT_ONCE InitOnce) { RtlRunOnceInitialize(InitOnce); }

BOOL InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending, LPVOID* lpContext) {
  ke::DriversWait scope;
  const NTSTATUS status = RtlRunOnceBeginInitialize(lpInitOnce, dwFlags, lpContext);
  *fPending = status == STATUS_PENDING;
  return Succeeded(status);
}
BOOL InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext) {
  return Succeeded(RtlRunOnceComplete(lpInitOnce, dwFlags, lpContext));
}
BOOL InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter, LPVOID* Context) {
  BOOL pending = FALSE;
  void* context = nullptr;
  if (!InitOnceBeginInitialize(InitOnce, 0, &pending, &context)) return FALSE;
  if (pending) {
    context = nullptr;
    if (!InitFn(InitOnce, Parameter, &context)) {
      InitOnceComplete(InitOnce, INIT_ONCE_INIT_FAILED, nullptr);
      return FALSE;
    }
    if (!InitOnceComplete(InitOnce, 0, context)) return FALSE;
  }
  if (Context != nullptr) *Context = context;
  return TRUE;
}

// As on Windows it may return without reason; the caller compares again.
BOOL WaitOnAddress(volatile VOID* Address, PVOID CompareAddress, SIZE_T AddressSize, DWORD dwMilliseconds) {
  if (AddressSize != 1 && AddressSize != 2 && AddressSize != 4 && AddressSize != 8) return Succeeded(STATUS_INVALID_PARAMETER);
  Kernel& kernel = CurrentKernel();
  kernel.executor.SchedulePoint();
  ke::DriversWait scope;
  ke::WaitInfo info;
  info.what = "change of a word";
  info.object = const_cast<const void*>(Address);
  const rt::Ticks deadline = dwMilliseconds == INFINITE ? rt::kNever : kernel.executor.InterruptTime() + TicksOf(dwMilliseconds);
  if (kernel.ke->lot.Wait(const_cast<const void*>(Address), [=] { return SameBytes(Address, CompareAddress, AddressSize); }, info, deadline))
    return TRUE;
  if (!SameBytes(Address, CompareAddress, AddressSize)) return TRUE;
  SetLastError(ERROR_TIMEOUT);
  return FALSE;
}
VOID WakeByAddressSingle(PVOID Address) {
  Kernel& kernel = CurrentKernel();
  kernel.ke->lot.Wake(Address, 1);
  kernel.executor.SchedulePoint();
}
VOID WakeByAddressAll(PVOID Address) {
  Kernel& kernel = CurrentKernel();
  kernel.ke->lot.Wake(Address, SIZE_MAX);
  kernel.executor.SchedulePoint();
}

}  // extern "C"
