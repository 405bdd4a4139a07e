// DPC queues: one per processor, one more for threaded DPCs; each run by a service thread that is made at the first DPC.
// Called by:  the Ke DPC routines, timers (clock context).
// Locks:      DpcQueue::lock guards the list and every field of a queued KDPC; innermost.
// State:      KDPC::DpcData points to the queue while the DPC is queued. It is cleared before the routine is called: the routine may
//             queue it again or free it.
#pragma once

#include <ntddk.h>

#include "nt/kernel.h"
#include "nt/thread.h"
#include "runtime/lock.h"

namespace drydock::nt::ke {

struct DpcQueue {
  Kernel* kernel = nullptr;
  uint32_t processor = 0;
  bool threaded = false;
  rt::Lock lock;
  LIST_ENTRY list RT_GUARDED_BY(lock);
  rt::Task* service RT_GUARDED_BY(lock) = nullptr;  // once it has started
  bool has_service RT_GUARDED_BY(lock) = false;      // it runs or is being made
  const KDPC* running RT_GUARDED_BY(lock) = nullptr;
  uint64_t queued RT_GUARDED_BY(lock) = 0;
  uint64_t finished RT_GUARDED_BY(lock) = 0;
};

inline constexpr USHORT kTargetBias = MAXIMUM_PROCESSORS;  // KDPC::Number: 0 any processor, else bias + processor
inline constexpr UCHAR kDpcType = 19;                      // DpcObject
inline constexpr UCHAR kThreadedDpcType = 24;              // ThreadedDpcObject

// Checks the DPC (bug check 0xC7) and makes the thread that will run it, if there is none yet. Task context. Then InsertDpc works in clock context too.
void EnsureDpcService(Kernel& kernel, const KDPC& dpc, uint32_t processor);
// `processor`: for a DPC without a target.
bool InsertDpc(Kernel& kernel, KDPC* dpc, void* argument1, void* argument2, uint32_t processor);
void FlushDpcs(Kernel& kernel);

}  // namespace drydock::nt::ke
