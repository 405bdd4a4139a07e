// The lane: how the framework's own requests (synchronous sends without a request) are in a target's books without its lock. They are most
// of what a synchronous driver sends, nobody but the target can cancel them, and they run no completion routine.
//
//   L1  The sender notes the target in OwnRequest::lane and the send's order.
//   L2  It makes `word` kOut plus one hold, with a new send count: one exchange, which is also the fence to L3.
//   L3  It reads the target's state. Delivery is allowed: the request is out. Otherwise it retracts (back to no hold; a canceller that has
//       found it meanwhile is about to drop its hold, and is waited for) and goes through the lock.
//   L4  Completion is as ever (R4, R5): the request has left the books when the last hold is gone.
//   L5  Whoever dropped the last hold then reads whether somebody waits; if so it looks under the lock who is to be woken.
//   L6  The sender clears `lane` when its call does not touch the target any more.
// The other side: a stop, purge, close or deletion first changes the state (an exchange), and first says that it waits, and only then looks
// at the lanes. So of L3 and the change, and of L5 and the wait, at least one sees the other. A request is in the lane of a target when `lane`
// names it, `place` is kLane and `word` has a hold, all of the same send count. Deletion besides waits until no call is in a lane (L6).
// Tests: races_test.cpp (TargetRaces.*Lane*).
#include "nt/kernel.h"
#include "nt/thread.h"
#include "wdf/framework.h"
#include "wdf/request/own_request.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf {
namespace {

bool IsOutTo(const OwnRequest& own, const IoTarget& target, bool plain_only) {
  for (;;) {
    const uint32_t before = own.sent.word.load();
    if ((before & SentState::kHoldMask) == 0 || own.lane.load() != &target) return false;
    if (own.sent.place != SendPlace::kLane) return false;  // it came in through the lock
    const bool ignores = own.sent.ignores_target_state;
    if ((own.sent.word.load() & SentState::kSendMask) == (before & SentState::kSendMask)) return !(plain_only && ignores);
  }
}

}  // namespace

bool IoTarget::EnterLane(SentState& sent) {
  OwnRequest& own = OwnerOf(sent);
  own.lane.store(this, std::memory_order_relaxed);  // L1
  sent.place = SendPlace::kLane;
  const uint64_t order = order_.load(std::memory_order_relaxed) + 1;  // two at once may get the same: they were sent at once
  order_.store(order, std::memory_order_relaxed);
  sent.order = order;
  const uint32_t count = (sent.word.load(std::memory_order_relaxed) & SentState::kSendMask) + SentState::kSendUnit;
  sent.word.exchange(count | SentState::kOut | 1);  // L2
  const TargetEvent event = sent.ignores_target_state ? TargetEvent::kSendIgnoringState : TargetEvent::kSend;
  if (__builtin_expect(TargetTransitionFor(state_.load(), event).action == TargetAction::kDeliver && opened(), 1)) return true;  // L3
  for (;;) {
    uint32_t alone = count | SentState::kOut | 1;
    if (sent.word.compare_exchange_strong(alone, count)) break;
    framework().kernel.executor.Yield();
  }
  sent.place = SendPlace::kNone;
  if (waiters_.load() != 0) RoutineReturned(false, LaneLeft());  // L5
  return false;
}

uint32_t IoTarget::LaneLeft() {
  rt::LockGuard guard(lock_);
  const uint32_t last_for = LastForLocked();
  if (last_for != 0) AddRef();
  return last_for;
}

bool IoTarget::LaneIsEmptyLocked(bool plain_only) const {
  OwnRequests& all = *framework().own_requests;
  rt::LockGuard guard(all.lock);
  for (const OwnRequest* own = all.first; own; own = own->next_of_all) {
    if (IsOutTo(*own, *this, plain_only)) return false;
  }
  return true;
}

// Adds the lane's requests to a cancel round, each with a hold (R2), in the order sent; `mistaken` ones only have their hold dropped.
void IoTarget::HoldLaneLocked(bool ignoring_state_too, SentState** round, SentState** mistaken) {
  OwnRequests& all = *framework().own_requests;
  rt::LockGuard guard(all.lock);
  for (OwnRequest* own = all.first; own; own = own->next_of_all) {
    if (!IsOutTo(*own, *this, !ignoring_state_too) || !TakeCancelHold(own->sent)) continue;
    // It may be another send by now; with our hold it stays the one it is.
    if (!IsOutTo(*own, *this, !ignoring_state_too)) {
      own->sent.next_cancel = *mistaken;
      *mistaken = &own->sent;
      continue;
    }
    SentState** at = round;
    while (*at && (*at)->order <= own->sent.order) at = &(*at)->next_cancel;
    own->sent.next_cancel = *at;
    *at = &own->sent;
  }
}

void IoTarget::WaitForCallers() {
  OwnRequests& all = *framework().own_requests;
  const nt::Thread* current = nt::CurrentThreadOrNull();
  for (;;) {
    bool inside = false;
    {
      rt::LockGuard guard(all.lock);
      for (const OwnRequest* own = all.first; own && !inside; own = own->next_of_all) {
        // Our own thread's call is further out on this very stack; it does not touch the target when it goes on.
        inside = own->lane.load() == this && own->sent.wait.sender != current;
      }
    }
    if (!inside) return;
    framework().kernel.executor.Yield();
  }
}

}  // namespace drydock::wdf
