// Every combination of what a queue can know, against the contract's sentences, each said on its own.
#include "wdf/queue/queue_step.h"

#include <gtest/gtest.h>

#include <cstring>

namespace drydock::wdf::queue {
namespace {

constexpr uint32_t kBits = 16;
static_assert(sizeof(Facts) == 2);

Facts FactsOf(uint32_t bits) {
  const uint16_t word = static_cast<uint16_t>(bits);
  Facts facts;
  std::memcpy(&facts, &word, sizeof word);
  return facts;
}

template <class Visit>
void ForAll(Visit visit) {
  for (uint32_t bits = 0; bits < 1u << kBits; ++bits) visit(FactsOf(bits));
}

// IOX-44: in which cases each kind is due if nothing ranks before it. Written from the items, not from the function.
bool CancelDue(const Facts& f) { return f.cancel_waiting && !f.power_round; }             // IOX-45: waits during rounds
bool CanceledDue(const Facts& f) { return f.canceled_on_queue && !f.power_round; }
bool AtRest(const Facts& f) { return f.driver_has_none && !f.handler_running; }           // IOX-44: no request there, no handler running
bool StopDue(const Facts& f) { return f.stop_slot && AtRest(f); }
bool DrainDue(const Facts& f) { return f.drain_slot && AtRest(f) && f.nothing_waits && !f.canceled_on_queue; }
bool ReleaseDue(const Facts& f) { return f.holds_power && AtRest(f) && f.nothing_waits && !f.canceled_on_queue; }
bool RoundDue(const Facts& f) { return f.power_round && f.round_request_due; }
bool MayDeliver(const Facts& f) { return !f.power_round && f.powered && f.dispatching; }  // IOT-9.19, 9.31, 9.41
bool DeliverDue(const Facts& f) { return MayDeliver(f) && !f.manual && f.deliverable && f.room; }       // IOT-9.05, 9.08
bool ReadyDue(const Facts& f) { return MayDeliver(f) && f.manual && f.ready_due && !f.nothing_waits; }  // IOT-9.46

TEST(QueueStep, DoesTheFirstOfWhatIsDueInTheDocumentedOrderForEveryInput) {
  RecordProperty("spec", "IOX-44 IOX-45 IOT-9.05 IOT-9.08 IOT-9.19 IOT-9.46");
  ForAll([](const Facts& f) {
    Due expected = Due::kNothing;
    if (CancelDue(f)) expected = Due::kCancel;
    else if (CanceledDue(f)) expected = Due::kCanceledOnQueue;
    else if (StopDue(f)) expected = Due::kStopCallback;
    else if (DrainDue(f)) expected = Due::kDrainCallback;
    else if (ReleaseDue(f)) expected = Due::kReleasePower;
    else if (RoundDue(f)) expected = Due::kPowerRound;
    else if (DeliverDue(f)) expected = Due::kDeliver;
    else if (ReadyDue(f)) expected = Due::kReady;
    ASSERT_EQ(NextDue(f), expected);
  });
}

TEST(QueueStep, NeverDeliversWhenStoppedUnpoweredOrFull) {
  RecordProperty("spec", "IOT-9.05 IOT-9.19 IOT-9.31");
  ForAll([](const Facts& f) {
    if (!f.dispatching || !f.powered || !f.room || f.manual || !f.deliverable) ASSERT_NE(NextDue(f), Due::kDeliver);
  });
}

TEST(QueueStep, StateCallbacksNeverComeWhileTheDriverHoldsARequestOrAHandlerRuns) {
  RecordProperty("spec", "IOX-44 IOT-9.32");
  ForAll([](const Facts& f) {
    if (f.driver_has_none && !f.handler_running) return;
    ASSERT_NE(NextDue(f), Due::kStopCallback);
    ASSERT_NE(NextDue(f), Due::kDrainCallback);
    ASSERT_NE(NextDue(f), Due::kReleasePower);
  });
}

TEST(QueueStep, StopAndDrainCallbacksNeedNeitherPowerNorAStartedQueue) {
  RecordProperty("spec", "IOX-44");
  ForAll([](Facts f) {
    const Due due = NextDue(f);
    if (due != Due::kStopCallback && due != Due::kDrainCallback) return;
    f.powered = false;
    f.dispatching = false;
    ASSERT_EQ(NextDue(f), due);
  });
}

// The queue's short cut (Queue::Quiet): without these facts nothing is due, whatever the others say.
TEST(QueueStep, NothingIsDueWithoutAReason) {
  RecordProperty("spec", "IOX-44");
  ForAll([](Facts f) {
    f.cancel_waiting = f.canceled_on_queue = f.stop_slot = f.drain_slot = f.holds_power = f.power_round = f.deliverable = false;
    f.nothing_waits = true;
    ASSERT_EQ(NextDue(f), Due::kNothing);
  });
}

// The loop ends: doing what is due takes its reason away, and nothing that was not due before becomes due by it, except what ranks below.
TEST(QueueStep, DoingWhatIsDueMakesProgress) {
  RecordProperty("spec", "IOX-44");
  ForAll([](Facts f) {
    for (int steps = 0;; ++steps) {
      ASSERT_LT(steps, 12);
      switch (NextDue(f)) {
        case Due::kNothing: return;
        case Due::kCancel: f.cancel_waiting = false; break;
        case Due::kCanceledOnQueue: f.canceled_on_queue = false; f.driver_has_none = false; break;
        case Due::kStopCallback: f.stop_slot = false; break;
        case Due::kDrainCallback: f.drain_slot = false; break;
        case Due::kReleasePower: f.holds_power = false; break;
        case Due::kPowerRound: f.round_request_due = false; break;
        case Due::kDeliver: f.deliverable = false; f.driver_has_none = false; break;
        case Due::kReady: f.ready_due = false; break;
      }
    }
  });
}

}  // namespace
}  // namespace drydock::wdf::queue
