// Doubly and singly linked lists, written inline as on Windows; and the interlocked (S-) lists. Part of wdm.h.
// IRQL: any; the caller synchronises, except for the ExInterlocked... forms and S-lists.
// Source: public documentation.
#ifndef DRYDOCK_WDM_LIST_H
#define DRYDOCK_WDM_LIST_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;

// A damaged list is reported by the runtime: bug check KERNEL_SECURITY_CHECK_FAILURE (3), as the fast-fail on Windows.
DECLSPEC_NORETURN void DrydockListEntryCorrupt(const void *entry);

FORCEINLINE void InitializeListHead(PLIST_ENTRY head) { head->Flink = head->Blink = head; }

FORCEINLINE BOOLEAN IsListEmpty(const LIST_ENTRY *head) { return (BOOLEAN)(head->Flink == head); }

FORCEINLINE BOOLEAN RemoveEntryListUnsafe(PLIST_ENTRY entry) {
  PLIST_ENTRY before = entry->Blink;
  PLIST_ENTRY after = entry->Flink;
  before->Flink = after;
  after->Blink = before;
  return (BOOLEAN)(after == before);
}

FORCEINLINE BOOLEAN RemoveEntryList(PLIST_ENTRY entry) {
  PLIST_ENTRY before = entry->Blink;
  PLIST_ENTRY after = entry->Flink;
  if (before->Flink != entry || after->Blink != entry) DrydockListEntryCorrupt(entry);
  before->Flink = after;
  after->Blink = before;
  return (BOOLEAN)(after == before);
}

FORCEINLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY head) {
  PLIST_ENTRY entry = head->Flink;
  PLIST_ENTRY after = entry->Flink;
  if (entry->Blink != head || after->Blink != entry) DrydockListEntryCorrupt(entry);
  head->Flink = after;
  after->Blink = head;
  return entry;
}

FORCEINLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY head) {
  PLIST_ENTRY entry = head->Blink;
  PLIST_ENTRY before = entry->Blink;
  if (entry->Flink != head || before->Flink != entry) DrydockListEntryCorrupt(entry);
  head->Blink = before;
  before->Flink = head;
  return entry;
}

FORCEINLINE void InsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry) {
  PLIST_ENTRY after = head->Flink;
  if (after->Blink != head) DrydockListEntryCorrupt(head);
  entry->Flink = after;
  entry->Blink = head;
  after->Blink = entry;
  head->Flink = entry;
}

FORCEINLINE void InsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry) {
  PLIST_ENTRY before = head->Blink;
  if (before->Flink != head) DrydockListEntryCorrupt(head);
  entry->Flink = head;
  entry->Blink = before;
  before->Flink = entry;
  head->Blink = entry;
}

// `tail` heads a list without an anchor of its own; all of it goes to the end of `head`.
FORCEINLINE void AppendTailList(PLIST_ENTRY head, PLIST_ENTRY tail) {
  PLIST_ENTRY end = head->Blink;
  head->Blink->Flink = tail;
  head->Blink = tail->Blink;
  tail->Blink->Flink = head;
  tail->Blink = end;
}

FORCEINLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY head) {
  PSINGLE_LIST_ENTRY first = head->Next;
  if (first != NULL) head->Next = first->Next;
  return first;
}

FORCEINLINE void PushEntryList(PSINGLE_LIST_ENTRY head, PSINGLE_LIST_ENTRY entry) {
  entry->Next = head->Next;
  head->Next = entry;
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock);
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock);
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock);
PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock);
PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                              PKSPIN_LOCK Lock);
LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock);
ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock);
#define ExInterlockedAddLargeStatistic(addend, increment) \
  ((void)__atomic_fetch_add(&(addend)->QuadPart, (LONGLONG)(increment), __ATOMIC_SEQ_CST))

typedef struct _SLIST_ENTRY *PSLIST_ENTRY;
typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
  PSLIST_ENTRY Next;
} SLIST_ENTRY;

typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
  struct {
    ULONGLONG Alignment;
    ULONGLONG Region;
  };
  struct {
    ULONGLONG Depth : 16;
    ULONGLONG Sequence : 48;
    ULONGLONG Reserved : 4;
    ULONGLONG NextEntry : 60;
  } HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;

void InitializeSListHead(PSLIST_HEADER SListHead);
void ExInitializeSListHead(PSLIST_HEADER SListHead);
PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead);
PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead);
USHORT ExQueryDepthSList(PSLIST_HEADER SListHead);
#define InterlockedPushEntrySList(head, entry) ExpInterlockedPushEntrySList(head, entry)
#define InterlockedPopEntrySList(head) ExpInterlockedPopEntrySList(head)
#define InterlockedFlushSList(head) ExpInterlockedFlushSList(head)
#define ExInterlockedPushEntrySList(head, entry, lock) ExpInterlockedPushEntrySList(head, entry)
#define ExInterlockedPopEntrySList(head, lock) ExpInterlockedPopEntrySList(head)
#define ExInterlockedFlushSList(head) ExpInterlockedFlushSList(head)
#define QueryDepthSList(head) ExQueryDepthSList(head)

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_LIST_H
