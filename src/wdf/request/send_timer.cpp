#include "wdf/request/send_timer.h"

#include <new>

#include "wdf/framework.h"
#include "wdf/object/object.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"
#include "wdf/trace.h"

namespace drydock::wdf {
namespace {

// R6, then R2 without a hold of its own: the timer's serves.
void Expire(SentState& sent) {
  sent.timer->armed.store(false, std::memory_order_relaxed);
  const uint32_t before = sent.word.fetch_or(SentState::kTimedOut);
  RecordEvent(sent.target->framework(), trace::kRequestTimeout, sent.target->trace_id(), sent.request ? sent.request->trace_id() : 0,
              before & SentState::kCompleted ? 1 : 0);
  if (!(before & SentState::kCompleted)) {
    MarkCancelled(sent);
    IoCancelIrp(sent.irp);
  }
  DropHold(sent);
}

void NTAPI ExpireInWorker(PVOID context) { Expire(*static_cast<SentState*>(context)); }

void NTAPI TimerDpc(PKDPC, PVOID context, PVOID, PVOID) {
  SentState& sent = *static_cast<SentState*>(context);
  if (sent.timer->umdf) {
    ExQueueWorkItem(&sent.timer->item, DelayedWorkQueue);
    return;
  }
  Expire(sent);
}

}  // namespace

NTSTATUS AllocateTimer(DriverGlobals& globals, SentState& sent) {
  if (sent.timer) return STATUS_SUCCESS;
  void* memory = globals.MayAllocate() ? ExAllocatePoolWithTag(NonPagedPool, sizeof(RequestTimer), globals.pool_tag) : nullptr;
  if (!memory) return STATUS_INSUFFICIENT_RESOURCES;
  RequestTimer* timer = new (memory) RequestTimer;
  KeInitializeTimer(&timer->timer);
  KeInitializeDpc(&timer->dpc, TimerDpc, &sent);
  ExInitializeWorkItem(&timer->item, ExpireInWorker, &sent);
  timer->sent = &sent;
  timer->umdf = globals.umdf;
  sent.timer = timer;
  return STATUS_SUCCESS;
}

void FreeTimer(SentState& sent) {
  if (!sent.timer) return;
  ExFreePool(sent.timer);
  sent.timer = nullptr;
}

void ArmTimer(SentState& sent, LONGLONG timeout) {
  LARGE_INTEGER due;
  due.QuadPart = timeout;
  sent.timer->armed.store(true);
  sent.word.fetch_add(1);  // R3
  KeSetTimer(&sent.timer->timer, due, &sent.timer->dpc);
}

void DisarmTimerSlow(SentState& sent) {
  if (!sent.timer->armed.exchange(false)) return;
  if (KeCancelTimer(&sent.timer->timer)) sent.word.fetch_sub(1);
}

}  // namespace drydock::wdf
