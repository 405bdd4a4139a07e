// Dispatcher objects from the inside: the lock in a DISPATCHER_HEADER, wait blocks, signalling.
// Called by:  ke, ps, and floors that embed dispatcher objects. IRQL <= DISPATCH_LEVEL.
// Locks:      bit 7 of Header.Type is the object's lock. A task holds one header at a time, except under State::all_lock, whose holder
//             alone may lock several (so no order among headers is needed). Bit 7 of Header.Size says that somebody waits for this
//             object together with others ("wait all"): who would signal it must hold all_lock first.
// Races:      1. a signaller claims a waiter by moving Waiter::state out of kWaiting, under the header's lock
//             2. after it has unlocked, the signaller touches no object any more: it may be on a waiter's stack or be freed by one
//             3. last it sets Waiter::released and unparks the task. A waiter that finds itself claimed returns only when released, so
//                its frame outlives the signaller's interest; a task's memory outlives the task
//             4. a waiter that was not claimed for an object takes its block out of that object's list under the header's lock
// Source:     public documentation of the Ke wait and dispatcher object routines.
#pragma once

#include <atomic>
#include <cstdint>

#include <ntddk.h>

#include "nt/ke/state.h"
#include "nt/thread.h"
#include "runtime/bit_lock.h"

namespace drydock::nt::ke {

// Header.Type. The first two and 8, 9 are as documented for EVENT_TYPE and TIMER_TYPE plus a base.
enum ObjectKind : uint8_t {
  kNotificationEvent = 0,
  kSynchronizationEvent = 1,
  kMutant = 2,
  kProcess = 3,
  kQueue = 4,
  kSemaphore = 5,
  kThread = 6,
  kGate = 7,
  kNotificationTimer = 8,
  kSynchronizationTimer = 9,
  kKindCount = 10,
};
inline constexpr uint8_t kHeaderLocked = 0x80;   // in Type
inline constexpr uint8_t kHasAllWaiters = 0x80;  // in Size

const char* KindName(uint8_t kind);

inline uint8_t KindOf(const DISPATCHER_HEADER& header) {
  return __atomic_load_n(&header.Type, __ATOMIC_RELAXED) & static_cast<uint8_t>(~kHeaderLocked);
}
// Bug-checks: the header was never initialised, or was overwritten.
[[noreturn]] void ReportBadHeader(const DISPATCHER_HEADER& header);

inline void LockHeader(DISPATCHER_HEADER& header) {
  rt::AcquireBit(&header.Type, kHeaderLocked);
  if (__builtin_expect(header.WaitListHead.Flink == nullptr, 0)) ReportBadHeader(header);
}
inline void UnlockHeader(DISPATCHER_HEADER& header) { rt::ReleaseBit(&header.Type, kHeaderLocked); }

// Changed under the object's lock, and read without it by the KeReadState functions.
inline void SetSignalState(DISPATCHER_HEADER& header, LONG state) { __atomic_store_n(&header.SignalState, state, __ATOMIC_RELEASE); }

inline void InitializeHeader(DISPATCHER_HEADER& header, ObjectKind kind, size_t object_bytes, LONG state) {
  header.Lock = 0;
  header.Type = kind;
  header.Size = static_cast<UCHAR>(object_bytes / sizeof(ULONG));
  header.SignalState = state;
  InitializeListHead(&header.WaitListHead);
}

// Locks the header for a change that may satisfy waits; takes all_lock first when needed. Returns whether all_lock is held.
bool LockForSignalSlow(Kernel& kernel, DISPATCHER_HEADER& header) RT_NO_ANALYSIS;
inline bool LockForSignal(Kernel& kernel, DISPATCHER_HEADER& header) {
  LockHeader(header);
  if (__builtin_expect((header.Size & kHasAllWaiters) == 0, 1)) return false;
  return LockForSignalSlow(kernel, header);
}

// Ends what LockForSignal began: satisfies waits by the SignalState that the caller has raised, unlocks and wakes. `pulse`: the state
// goes back to zero before the unlock. Clock context allowed.
void SignalAndUnlock(Kernel& kernel, DISPATCHER_HEADER& header, bool holds_all_lock, bool pulse = false) RT_NO_ANALYSIS;

// Sets an object of ours (thread, process, file event) to signalled for good.
void SignalObject(Kernel& kernel, DISPATCHER_HEADER& header);

// The part of that which can be seen without the lock: a driver's object, before it is locked.
inline void CheckHeader(const DISPATCHER_HEADER& header) {
  if (__builtin_expect(KindOf(header) >= kKindCount, 0)) ReportBadHeader(header);
}
void CheckWaitIrql(const void* object, bool may_block, const char* function);
[[noreturn]] void ReportSignalIrql(const void* object, uint8_t irql, const char* function);
inline void CheckSignalIrql(const Thread& thread, const void* object, const char* function) {
  if (__builtin_expect(thread.irql > DISPATCH_LEVEL, 0)) ReportSignalIrql(object, thread.irql, function);
}

// When a time-out as the Ke functions take it ends, in interrupt time. Null: never.
rt::Ticks DeadlineOf(Kernel& kernel, const LARGE_INTEGER* timeout);

}  // namespace drydock::nt::ke
