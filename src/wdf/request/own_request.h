// OwnRequest: the framework's own request of a SendXxxSynchronously call without a Request, from a cache of the sending thread.
// Called by:  send_sync.cpp, for the current thread. PASSIVE_LEVEL (any level without the verifier).
// Ownership:  a call takes one and gives it back; nested calls take another. A call that is unwound by a stop while its IRP is still out
//             leaves the request to the framework, which frees it with everything else (the lower driver may still touch it).
// Cost:       no allocation once the thread's cache holds one with enough stack locations.
#pragma once

#include <atomic>
#include <cstddef>

#include "runtime/lock.h"
#include "wdf/framework.h"
#include "wdf/request/sent_state.h"

namespace drydock::wdf {

class IoTarget;
struct ThreadState;

struct OwnRequest {
  SentState sent;
  // The target of the call that has it, from admission until the call no longer touches the target (target/own_lane.cpp).
  std::atomic<IoTarget*> lane{nullptr};
  OwnRequest* next = nullptr;       // in the thread's cache, or among the abandoned
  OwnRequest* next_of_all = nullptr;
  OwnRequest* previous_of_all = nullptr;
  Framework* framework = nullptr;
  uint8_t locations = 0;            // of the IRP that lies behind this structure
};
inline OwnRequest& OwnerOf(SentState& sent) {  // sent.request is null
  return *reinterpret_cast<OwnRequest*>(reinterpret_cast<char*>(&sent) - offsetof(OwnRequest, sent));
}

// Every such request of a framework, in use or cached, so that a target can find the ones that are out to it.
struct OwnRequests {
  rt::Lock lock;
  OwnRequest* first RT_GUARDED_BY(lock) = nullptr;
};

class OwnRequestScope {
 public:
  OwnRequestScope(DriverGlobals& globals, IoTarget& target);
  ~OwnRequestScope();
  OwnRequestScope(const OwnRequestScope&) = delete;
  SentState* sent() { return own_ ? &own_->sent : nullptr; }  // null: no memory

 private:
  void GiveBackSlow();

  Framework& framework_;
  ThreadState* state_;  // of this thread
  OwnRequest* own_ = nullptr;
};

// The framework ends; no task of the machine runs any more.
void FreeAbandonedRequests(Framework& framework);

}  // namespace drydock::wdf
