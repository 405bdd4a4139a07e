// KeGenericCallDpc: one routine on every processor at once, with a barrier and an end that the caller waits for.
// SystemArgument1 of the routine is the call, SystemArgument2 its barrier.
#include <ntddk.h>

#include <atomic>
#include <vector>

#include "nt/ke/dispatcher.h"
#include "nt/ke/state.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

struct GenericCall {
  struct Barrier {
    uint32_t count;
    std::atomic<uint32_t> arrived{0};
    std::atomic<uint32_t> generation{0};
  };
  std::atomic<uint32_t> left;
  Barrier barrier;
};

}  // namespace

extern "C" {

VOID KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context) {
  Kernel& kernel = CurrentKernel();
  ke::CheckWaitIrql(nullptr, true, "KeGenericCallDpc");
  const ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
  GenericCall call{.left = count, .barrier = {.count = count}};
  std::vector<KDPC> dpcs(count);
  for (ULONG i = 0; i < count; ++i) {
    KeInitializeDpc(&dpcs[i], Routine, Context);
    KeSetTargetProcessorDpc(&dpcs[i], static_cast<CCHAR>(i));
    KeInsertQueueDpc(&dpcs[i], &call, &call.barrier);
  }
  ke::WaitInfo info;
  info.what = "DPC routines on all processors";
  auto busy = [&] { return call.left.load(std::memory_order_acquire) != 0; };
  while (busy()) kernel.ke->lot.Wait(&call, busy, info);
}

VOID KeSignalCallDpcDone(PVOID SystemArgument1) {
  auto* call = static_cast<GenericCall*>(SystemArgument1);
  Kernel& kernel = CurrentKernel();
  // With the last one the call may be gone: only its address is used.
  if (call->left.fetch_sub(1, std::memory_order_acq_rel) == 1) kernel.ke->lot.Wake(call, SIZE_MAX);
}

LOGICAL KeSignalCallDpcSynchronize(PVOID SystemArgument2) {
  auto& barrier = *static_cast<GenericCall::Barrier*>(SystemArgument2);
  Kernel& kernel = CurrentKernel();
  const uint32_t generation = barrier.generation.load(std::memory_order_acquire);
  if (barrier.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == barrier.count) {
    barrier.arrived.store(0, std::memory_order_relaxed);
    barrier.generation.store(generation + 1, std::memory_order_release);
    kernel.ke->lot.Wake(&barrier, SIZE_MAX);
    return TRUE;
  }
  ke::WaitInfo info;
  info.what = "DPC routines of the other processors";
  auto early = [&] { return barrier.generation.load(std::memory_order_acquire) == generation; };
  while (early()) kernel.ke->lot.Wait(&barrier, early, info);
  return FALSE;
}

}  // extern "C"
