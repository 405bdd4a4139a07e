// IRPs from the inside: the hidden header in front of the ones we allocate, the per-thread caches, the last stage of completion.
// Called by:  io, pnp, wdf (through the Io DDIs), backend. IRQL <= DISPATCH_LEVEL.
// Ownership:  IRP memory belongs to the machine and is reused; a freed IRP has Type 0, so that later use is caught by its checks.
// Threads:    an IRP on a thread's list is linked and unlinked under that thread's list lock. `holds` keeps the memory of an IRP that
//             a canceller has found on such a list while its owner frees it.
// Source:     IRP life cycle and completion as the public documentation tells them; layout from the SDK headers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ntddk.h>

#include "nt/ke/completion.h"
#include "runtime/lock.h"

namespace drydock::nt {
struct Kernel;
struct Thread;
}  // namespace drydock::nt

namespace drydock::nt::io {

struct IrpCache;
struct IrpHeader;

// Called instead of the standard last stage once all stack locations are unwound, on the completing task. Owns the IRP from then on.
using FinishRoutine = void (*)(IRP* irp, IrpHeader& header);

struct alignas(16) IrpHeader {
  IrpHeader* next_free;
  IrpHeader* next_chunk;      // all that were ever allocated
  IrpCache* list_owner;       // whose thread list it is on; null: none
  IrpHeader* outer_sync;      // the request that this thread was waiting for when it sent this one
  Thread* sender;             // who waits for a synchronous request of ours
  FinishRoutine finish;       // null: the standard last stage
  void* finish_context;
  const void* maker;          // return address of the allocation, for leak reports
  std::atomic<int32_t> holds; // 1 while live, plus cancellers
  void (*discard_context)(void*);  // frees finish_context when the machine ends before the request
  bool live;
  uint8_t stack_size;         // as allocated
  uint8_t buffer_class;       // of `buffer`
  uint8_t major;              // of a request that we send and wait for
  void* buffer;               // the system buffer that we gave it; null: none of ours
  // What the driver at `noted_location` did with it last (NoteHeld).
  std::atomic<const char*> noted;
  std::atomic<const void*> noted_code;
  std::atomic<int> noted_location;
  ke::Completion completion;  // where a synchronous sender of ours waits
};

inline constexpr UCHAR kIrpHasHeader = 0x40;  // in AllocationFlags: made by us

inline bool HasHeader(const IRP* irp) { return (irp->AllocationFlags & kIrpHasHeader) != 0; }
inline IrpHeader& HeaderOf(IRP* irp) { return reinterpret_cast<IrpHeader*>(irp)[-1]; }
inline IRP* IrpOf(IrpHeader* header) { return reinterpret_cast<IRP*>(header + 1); }

// For reports of waits that nobody can end: what the driver that has an IRP now did with it last. `what`, static: the callback that it was given to, "EvtIoRead"
// or "IRP_MJ_READ", and `code` its function; or the function that it called for it, "WdfRequestForwardToIoQueue", and from where.
inline void NoteHeld(IRP* irp, const char* what, const void* code) {
  if (irp == nullptr || !HasHeader(irp)) return;
  IrpHeader& header = HeaderOf(irp);
  header.noted.store(what, std::memory_order_relaxed);
  header.noted_code.store(code, std::memory_order_relaxed);
  header.noted_location.store(irp->CurrentLocation, std::memory_order_relaxed);
}

// Fields that the owner of an IRP and its canceller both touch, with no lock in common.
inline bool IsCancelled(const IRP* irp) { return __atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) != FALSE; }
inline PDRIVER_CANCEL CancelRoutineOf(const IRP* irp) { return __atomic_load_n(&irp->CancelRoutine, __ATOMIC_SEQ_CST); }

// Zeroed and initialised, not on any thread's list. Null: no memory.
IRP* AllocateIrp(Thread& thread, CCHAR stack_size, const void* maker);
void FreeIrp(IRP* irp);

// The small number by which events name this IRP; given at first use. Lives in the four bytes behind Type and Size.
uint32_t TraceId(IRP* irp);
uint32_t TraceId(Kernel& kernel, IRP* irp);  // off any task: a stall is described there

// Makes the IRP one of the thread's (cancelled when the thread ends, found by CancelFile). The thread is the current one.
void QueueToThread(IRP* irp, Thread& thread);
void Unqueue(IRP* irp);

// The same for a request that its sender waits for, without a lock: the thread's newest one is published in a word, older ones behind
// it. Begin and End nest. A canceller and the end of the request meet so:
//   1. the canceller, holding the list lock, says that it searches, then reads the word;
//   2. the sender takes its request out of the word, then looks whether somebody searches, and if so waits for the list lock;
//   so either the canceller does not see the request, or the sender waits until the canceller has its hold.
void BeginSynchronous(IRP* irp, Thread& thread);
void EndSynchronous(IRP* irp, Thread& thread);

// Keeps the memory of an IRP that cannot be freed at this moment (its owner's lock is held), until ReleaseIrp.
void HoldIrp(IRP* irp);
void ReleaseIrp(IRP* irp);

// Takes a hold on IRPs of a thread's list, one after the other, and cancels them; `file` null: all. Returns how many it cancelled.
uint32_t CancelThreadIrps(Thread& thread, FILE_OBJECT* file);
// Of all threads of the machine (CancelIoEx). `iosb`: only the request with that status block; null: all.
uint32_t CancelFileIrps(Kernel& kernel, FILE_OBJECT* file, const IO_STATUS_BLOCK* iosb = nullptr);

// Called by ps. Ending: PASSIVE_LEVEL, may wait: cancels the thread's IRPs and waits until all are complete. Ended: frees the caches.
void ThreadEnding(Thread& thread);
void ThreadEnded(Thread& thread);

// The standard last stage: copies a system buffer back, writes the status block, sets the event, frees buffer, MDLs and IRP.
void FinishThreadedIrp(IRP* irp);

// System buffers from the thread's cache; freed by whichever thread ends the request.
void* AllocateSystemBuffer(Thread& thread, IRP* irp, size_t bytes);
void FreeSystemBuffer(IRP* irp);

const char* MajorFunctionName(UCHAR major);  // "IRP_MJ_READ"

// How many IRPs are allocated and not freed; the first few are described for leak reports.
struct LiveIrp {
  uint32_t trace_id;
  UCHAR major;
  const void* maker;
};
// Those of one image (start null: all) are told while others come and go.
struct ImageRange {
  const char* start = nullptr;
  size_t size = 0;
};
size_t LiveIrps(Kernel& kernel, LiveIrp* out, size_t capacity, ImageRange made_in = {});

}  // namespace drydock::nt::io
