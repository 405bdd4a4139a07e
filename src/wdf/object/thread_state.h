// ThreadState: what the framework keeps per NT thread: cached object slots.
// Called by:  wdf, for the current thread only. Made on first use, freed by ps through Thread::free_wdf.
#pragma once

#include <cstdint>

#include "nt/thread.h"
#include "wdf/object/arena.h"

namespace drydock::wdf {

struct ThreadState {
  Arena* arena = nullptr;
  void* free[Arena::kSmallClasses] = {};
  uint32_t count[Arena::kSmallClasses] = {};
};

// The current thread's state, or null off any thread (a machine's owner outside the machine).
ThreadState* CurrentThreadState(Arena& arena);

}  // namespace drydock::wdf
