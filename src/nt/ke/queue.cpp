// KQUEUE: entries that one of several waiting threads gets, each once. Source: public documentation of KeInitializeQueue and its kin.
// Differs:    Windows lets at most MaximumCount threads of a queue run at once and counts those that wait elsewhere as not running; here
//             each thread that waits gets an entry as soon as there is one, which a driver sees when processors are free.
#include <ntddk.h>

#include "nt/ke/dispatcher.h"
#include "nt/ke/drivers_wait.h"
#include "nt/ke/wait.h"

using namespace drydock::nt;

namespace {

LONG Insert(KQUEUE* queue, LIST_ENTRY* entry, bool head, const char* function) {
  Kernel& kernel = CurrentKernel();
  ke::CheckHeader(queue->Header);
  ke::CheckSignalIrql(CurrentThread(), queue, function);
  kernel.executor.SchedulePoint();
  const bool all = ke::LockForSignal(kernel, queue->Header);
  const LONG before = queue->Header.SignalState;
  head ? InsertHeadList(&queue->EntryListHead, entry) : InsertTailList(&queue->EntryListHead, entry);
  ke::SetSignalState(queue->Header, before + 1);
  ke::SignalAndUnlock(kernel, queue->Header, all);
  return before;
}

}  // namespace

extern "C" {

VOID KeInitializeQueue(PRKQUEUE Queue, ULONG Count) {
  *Queue = {};
  ke::InitializeHeader(Queue->Header, ke::kQueue, sizeof *Queue, 0);
  InitializeListHead(&Queue->EntryListHead);
  InitializeListHead(&Queue->ThreadListHead);
  Queue->MaximumCount = Count != 0 ? Count : KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
}

LONG KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) { return Insert(Queue, Entry, false, "KeInsertQueue"); }
LONG KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) { return Insert(Queue, Entry, true, "KeInsertHeadQueue"); }

// A status in place of an entry is what the documentation says: STATUS_TIMEOUT.
PLIST_ENTRY KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout) {
  ke::DriversWait scope(CurrentThread().drivers_wait || ke::IsCallerOutside(__builtin_return_address(0)));
  const NTSTATUS status = ke::WaitForSingle(Queue->Header, Timeout);
  if (status != STATUS_SUCCESS) return reinterpret_cast<PLIST_ENTRY>(static_cast<LONG_PTR>(status));
  return static_cast<PLIST_ENTRY>(CurrentThread().wait->queue_entry);
}

// What is left becomes a ring without a head.
PLIST_ENTRY KeRundownQueue(PRKQUEUE Queue) {
  ke::CheckHeader(Queue->Header);
  ke::LockHeader(Queue->Header);
  PLIST_ENTRY first = nullptr;
  if (!IsListEmpty(&Queue->EntryListHead)) {
    first = Queue->EntryListHead.Flink;
    RemoveEntryList(&Queue->EntryListHead);
    InitializeListHead(&Queue->EntryListHead);
  }
  ke::SetSignalState(Queue->Header, 0);
  ke::UnlockHeader(Queue->Header);
  return first;
}

LONG KeReadStateQueue(PRKQUEUE Queue) { return __atomic_load_n(&Queue->Header.SignalState, __ATOMIC_ACQUIRE); }

}  // extern "C"
