// ExAllocateTimer and relatives: a KTIMER with a DPC that calls the driver's callback. Times and periods are in 100 ns.
// Race:  ExDeleteTimer against the callback. Steps: 1. delete marks the timer and takes it and its DPC back  2. if the callback is
//        running, `uses` is above zero and whoever brings it to zero frees  3. the delete callback comes after the free.
#include <ntddk.h>

#include <atomic>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/state.h"
#include "nt/ke/timer_internal.h"
#include "nt/thread.h"

using namespace drydock;
using namespace drydock::nt;

struct _EX_TIMER {
  KTIMER timer;  // first: an EX_TIMER can be waited for
  KDPC dpc;
  PEXT_CALLBACK callback;
  void* context;
  Kernel* kernel;
  std::atomic<int32_t> uses;  // one while it lives, one per callback under way
  PEXT_DELETE_CALLBACK delete_callback;
  void* delete_context;
};

namespace {

constexpr ULONG kTimerTag = 'miTE';

void Unuse(PEX_TIMER timer) {
  if (timer->uses.fetch_sub(1) != 1) return;
  Kernel& kernel = *timer->kernel;
  const PEXT_DELETE_CALLBACK callback = timer->delete_callback;
  void* context = timer->delete_context;
  const void* key = timer;
  ExFreePoolWithTag(timer, kTimerTag);
  kernel.ke->lot.Wake(key, SIZE_MAX);
  if (callback) CallDriver("EXT_DELETE_CALLBACK", callback, context);
}

void TimerDpc(KDPC*, void* context, void*, void*) {
  auto* timer = static_cast<PEX_TIMER>(context);
  if (timer->callback) {
    timer->uses.fetch_add(1);
    CallDriver("EXT_CALLBACK", timer->callback, timer, timer->context);
    Unuse(timer);
  }
}

}  // namespace

extern "C" {

PEX_TIMER ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes) {
  constexpr ULONG kKnown = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE | EX_TIMER_NOTIFICATION;
  if ((Attributes & ~kKnown) != 0) return nullptr;
  auto* timer = static_cast<PEX_TIMER>(ExAllocatePoolZero(NonPagedPoolNx, sizeof(_EX_TIMER), kTimerTag));
  if (timer == nullptr) return nullptr;
  KeInitializeTimerEx(&timer->timer, (Attributes & EX_TIMER_NOTIFICATION) ? NotificationTimer : SynchronizationTimer);
  KeInitializeDpc(&timer->dpc, &TimerDpc, timer);
  timer->callback = Callback;
  timer->context = CallbackContext;
  timer->kernel = &CurrentKernel();
  timer->uses.store(1);
  return timer;
}

BOOLEAN ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS Parameters) {
  LARGE_INTEGER due;
  due.QuadPart = DueTime;
  return ke::SetTimerTicks(&Timer->timer, due, Period > 0 ? Period : 0, Timer->callback ? &Timer->dpc : nullptr);
}

BOOLEAN ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters) { return KeCancelTimer(&Timer->timer); }

BOOLEAN ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters) {
  if (Wait) ke::CheckWaitIrql(Timer, true, "ExDeleteTimer");
  if (Parameters) {
    Timer->delete_callback = Parameters->DeleteCallback;
    Timer->delete_context = Parameters->DeleteContext;
  }
  // Without Cancel a one-shot timer still fires; there is no way to wait for that but to see it through, so that it is taken back too.
  const BOOLEAN cancelled = KeCancelTimer(&Timer->timer);
  KeRemoveQueueDpc(&Timer->dpc);
  if (!Wait) {
    Unuse(Timer);
    return cancelled;
  }
  KeRemoveQueueDpcEx(&Timer->dpc, TRUE);
  Unuse(Timer);
  return cancelled;
}

}  // extern "C"
