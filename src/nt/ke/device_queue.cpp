// Device queues: the list of requests of a device that is busy with one.
#include <ntddk.h>

#include "nt/ke/spin_lock.h"

using namespace drydock::nt;

namespace {

constexpr CSHORT kDeviceQueueType = 20;  // DeviceQueueObject

KDEVICE_QUEUE_ENTRY* EntryOf(LIST_ENTRY* entry) { return CONTAINING_RECORD(entry, KDEVICE_QUEUE_ENTRY, DeviceListEntry); }

// The first with a key of at least `key`, else the first of all.
PKDEVICE_QUEUE_ENTRY TakeByKey(PKDEVICE_QUEUE queue, ULONG key) {
  if (IsListEmpty(&queue->DeviceListHead)) return nullptr;
  LIST_ENTRY* entry = queue->DeviceListHead.Flink;
  while (entry != &queue->DeviceListHead && EntryOf(entry)->SortKey < key) entry = entry->Flink;
  if (entry == &queue->DeviceListHead) entry = entry->Flink;
  RemoveEntryList(entry);
  EntryOf(entry)->Inserted = FALSE;
  return EntryOf(entry);
}

}  // namespace

extern "C" VOID KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
  DeviceQueue->Type = kDeviceQueueType;
  DeviceQueue->Size = sizeof(KDEVICE_QUEUE);
  InitializeListHead(&DeviceQueue->DeviceListHead);
  KeInitializeSpinLock(&DeviceQueue->Lock);
  DeviceQueue->Busy = FALSE;
}

extern "C" BOOLEAN KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
  ke::SpinLockScope lock(&DeviceQueue->Lock);
  DeviceQueueEntry->Inserted = DeviceQueue->Busy;
  if (DeviceQueue->Busy) InsertTailList(&DeviceQueue->DeviceListHead, &DeviceQueueEntry->DeviceListEntry);
  DeviceQueue->Busy = TRUE;
  return DeviceQueueEntry->Inserted;
}

extern "C" BOOLEAN KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry, ULONG SortKey) {
  ke::SpinLockScope lock(&DeviceQueue->Lock);
  DeviceQueueEntry->SortKey = SortKey;
  DeviceQueueEntry->Inserted = DeviceQueue->Busy;
  if (DeviceQueue->Busy) {
    LIST_ENTRY* after = DeviceQueue->DeviceListHead.Blink;  // behind the last one with a key not greater
    while (after != &DeviceQueue->DeviceListHead && EntryOf(after)->SortKey > SortKey) after = after->Blink;
    InsertHeadList(after, &DeviceQueueEntry->DeviceListEntry);
  }
  DeviceQueue->Busy = TRUE;
  return DeviceQueueEntry->Inserted;
}

extern "C" PKDEVICE_QUEUE_ENTRY KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
  ke::SpinLockScope lock(&DeviceQueue->Lock);
  PKDEVICE_QUEUE_ENTRY entry = TakeByKey(DeviceQueue, 0);
  if (entry == nullptr) DeviceQueue->Busy = FALSE;
  return entry;
}

extern "C" PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
  ke::SpinLockScope lock(&DeviceQueue->Lock);
  PKDEVICE_QUEUE_ENTRY entry = TakeByKey(DeviceQueue, SortKey);
  if (entry == nullptr) DeviceQueue->Busy = FALSE;
  return entry;
}

extern "C" PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
  ke::SpinLockScope lock(&DeviceQueue->Lock);
  if (!DeviceQueue->Busy) return nullptr;
  PKDEVICE_QUEUE_ENTRY entry = TakeByKey(DeviceQueue, SortKey);
  if (entry == nullptr) DeviceQueue->Busy = FALSE;
  return entry;
}

extern "C" BOOLEAN KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
  ke::SpinLockScope lock(&DeviceQueue->Lock);
  if (!DeviceQueueEntry->Inserted) return FALSE;
  RemoveEntryList(&DeviceQueueEntry->DeviceListEntry);
  DeviceQueueEntry->Inserted = FALSE;
  return TRUE;
}
