// ThreadState: what the framework keeps per NT thread: cached object slots.
// Called by:  wdf/object, for the current thread only.
// Ownership:  made by Arena::CacheOfCurrentThread, freed by ps through Thread::free_wdf or with the arena, whichever ends first.
#pragma once

#include <cstdint>

#include "nt/thread.h"
#include "wdf/object/arena.h"

namespace drydock::wdf {

struct ThreadState {
  Arena* arena = nullptr;
  nt::Thread* thread = nullptr;
  ThreadState* next = nullptr;      // in the arena's list
  ThreadState* previous = nullptr;
  FreeSlot* free[Arena::kSmallClasses] = {};
  uint32_t count[Arena::kSmallClasses] = {};

  static void FreeFromThread(void* state);  // Thread::free_wdf
};

}  // namespace drydock::wdf
