#include "nt/ke/nmi.h"

#include <ntddk.h>

#include <vector>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/ke/state.h"
#include "nt/thread.h"

using namespace drydock;
using namespace drydock::nt;

namespace drydock::nt::ke {

// Every routine is called, newest first, and hears whether one before it took the interrupt.
void DeliverNmi(Kernel& kernel) {
  State& state = *kernel.ke;
  std::vector<NmiCallback> called;
  {
    rt::LockGuard guard(state.callbacks_lock);
    for (const auto& one : state.nmi_callbacks) called.push_back(*one);
  }
  Thread& thread = CurrentThread();
  const uint8_t irql = thread.irql;
  thread.irql = HIGH_LEVEL;
  BOOLEAN handled = FALSE;
  for (auto one = called.rbegin(); one != called.rend(); ++one) {
    if (CallDriver("NMI_CALLBACK", reinterpret_cast<PNMI_CALLBACK>(one->routine), one->context, handled)) handled = TRUE;
  }
  thread.irql = irql;
  if (!handled) BugCheck(0x80, {0x4F4454}, "A non-maskable interrupt arrived and no driver's callback took it.");  // NMI_HARDWARE_FAILURE
}

}  // namespace drydock::nt::ke

extern "C" PVOID KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context) {
  ke::State& state = *CurrentKernel().ke;
  auto made = std::make_unique<ke::NmiCallback>(ke::NmiCallback{reinterpret_cast<void*>(CallbackRoutine), Context});
  void* handle = made.get();
  rt::LockGuard guard(state.callbacks_lock);
  state.nmi_callbacks.push_back(std::move(made));
  return handle;
}

extern "C" NTSTATUS KeDeregisterNmiCallback(PVOID Handle) {
  ke::State& state = *CurrentKernel().ke;
  rt::LockGuard guard(state.callbacks_lock);
  return std::erase_if(state.nmi_callbacks, [&](const auto& one) { return one.get() == Handle; }) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}
