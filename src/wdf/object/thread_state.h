// ThreadState: what the framework keeps per NT thread: cached object slots, and the requests of its own that it sends with.
// Called by:  wdf/object, wdf/request/own_request.cpp, for the current thread only.
// Ownership:  made by Arena::CacheOfCurrentThread, freed by ps through Thread::free_wdf or with the arena, whichever ends first.
#pragma once

#include <cstdint>

#include "nt/thread.h"
#include "wdf/object/arena.h"

namespace drydock::wdf {

struct OwnRequest;  // wdf/request/own_request.h
class Request;

struct ThreadState {
  ~ThreadState();  // own_request.cpp

  Arena* arena = nullptr;
  nt::Thread* thread = nullptr;
  ThreadState* next = nullptr;      // in the arena's list
  ThreadState* previous = nullptr;
  FreeSlot* free[Arena::kSmallClasses] = {};
  uint32_t count[Arena::kSmallClasses] = {};
  OwnRequest* own_requests = nullptr;
  Request* spare_requests = nullptr;  // ended, constructed, dead canary; linked through received.next (wdf/request/receive.cpp)
  uint32_t spare_request_count = 0;

  static void FreeFromThread(void* state);  // Thread::free_wdf
};

void FreeSpareRequests(ThreadState& state);  // wdf/request/receive.cpp

}  // namespace drydock::wdf
