// Interlocked lists and sums. The forms with a spin lock take it; S-lists are guarded by a bit of their own header.
#include <ntddk.h>

#include "nt/ke/spin_lock.h"
#include "nt/thread.h"
#include "nt/kernel.h"
#include "runtime/bit_lock.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

// SLIST_HEADER::Region: NextEntry is the address without its four low bits, which are zero; one of them is the lock. Alignment: Depth in
// 16 bits, Sequence above. (Whole words, since a store to a bit field may touch its neighbours.)
constexpr unsigned char kLocked = 1;
constexpr ULONGLONG kDepthMask = 0xFFFF, kOneSequence = 0x10000;

class SListGuard {
 public:
  explicit SListGuard(SLIST_HEADER* head) : byte_(reinterpret_cast<unsigned char*>(&head->Region)) { rt::AcquireBit(byte_, kLocked); }
  ~SListGuard() { rt::ReleaseBit(byte_, kLocked); }

 private:
  unsigned char* byte_;
};

SLIST_ENTRY* First(const SLIST_HEADER* head) {
  return reinterpret_cast<SLIST_ENTRY*>(__atomic_load_n(&head->Region, __ATOMIC_RELAXED) & ~ULONGLONG{15});
}
// With the lock held, which stays: others look at its byte.
void Set(SLIST_HEADER* head, SLIST_ENTRY* entry, ULONGLONG depth) {
  head->Alignment = ((head->Alignment & ~kDepthMask) + kOneSequence) | (depth & kDepthMask);
  __atomic_store_n(&head->Region, reinterpret_cast<ULONGLONG>(entry) | kLocked, __ATOMIC_RELAXED);
}

void SchedulePoint() {
  if (Thread* thread = CurrentThreadOrNull()) thread->kernel->executor.SchedulePoint();
}

}  // namespace

extern "C" {

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
  ke::SpinLockScope lock(Lock);
  PLIST_ENTRY first = IsListEmpty(ListHead) ? nullptr : ListHead->Flink;
  InsertHeadList(ListHead, ListEntry);
  return first;
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
  ke::SpinLockScope lock(Lock);
  PLIST_ENTRY last = IsListEmpty(ListHead) ? nullptr : ListHead->Blink;
  InsertTailList(ListHead, ListEntry);
  return last;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
  ke::SpinLockScope lock(Lock);
  return IsListEmpty(ListHead) ? nullptr : RemoveHeadList(ListHead);
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
  ke::SpinLockScope lock(Lock);
  return PopEntryList(ListHead);
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
  ke::SpinLockScope lock(Lock);
  PSINGLE_LIST_ENTRY first = ListHead->Next;
  PushEntryList(ListHead, ListEntry);
  return first;
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock) {
  ke::SpinLockScope lock(Lock);
  const LARGE_INTEGER before = *Addend;
  Addend->QuadPart += Increment.QuadPart;
  return before;
}

ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock) {
  ke::SpinLockScope lock(Lock);
  const ULONG before = *Addend;
  *Addend += Increment;
  return before;
}

void InitializeSListHead(PSLIST_HEADER SListHead) {
  SListHead->Alignment = 0;
  SListHead->Region = 0;
}
void ExInitializeSListHead(PSLIST_HEADER SListHead) { InitializeSListHead(SListHead); }

PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead) {
  SchedulePoint();
  SListGuard guard(ListHead);
  PSLIST_ENTRY entry = First(ListHead);
  if (entry == nullptr) return nullptr;
  Set(ListHead, entry->Next, ListHead->Alignment - 1);
  return entry;
}

PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) {
  SchedulePoint();
  SListGuard guard(ListHead);
  PSLIST_ENTRY first = First(ListHead);
  ListEntry->Next = first;
  Set(ListHead, ListEntry, ListHead->Alignment + 1);
  return first;
}

PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead) {
  SchedulePoint();
  SListGuard guard(ListHead);
  PSLIST_ENTRY first = First(ListHead);
  Set(ListHead, nullptr, 0);
  return first;
}

USHORT ExQueryDepthSList(PSLIST_HEADER SListHead) {
  SListGuard guard(SListHead);
  return static_cast<USHORT>(SListHead->Alignment & kDepthMask);
}

}  // extern "C"
