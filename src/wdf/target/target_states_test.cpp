// The target's table over every pair of state and event, against the sentences of the contract, not against the rows.
#include <gtest/gtest.h>

#include "wdf/target/target_states.h"

namespace drydock::wdf {
namespace {

using State = TargetState;
using Event = TargetEvent;
using Action = TargetAction;

bool IsShut(State state) { return state == State::kClosed || state == State::kClosedForQueryRemove || state == State::kDeleted; }

class EveryPair : public ::testing::TestWithParam<std::tuple<int, int>> {
 protected:
  State state() const { return State(std::get<0>(GetParam())); }
  Event event() const { return Event(std::get<1>(GetParam())); }
  const TargetTransition& row() const { return TargetTransitionFor(state(), event()); }
};

std::string PairName(const ::testing::TestParamInfo<std::tuple<int, int>>& info) {
  return std::string(TargetStateName(State(std::get<0>(info.param)))) + "_" + TargetEventName(Event(std::get<1>(info.param)));
}

TEST_P(EveryPair, IsDecidedUnlessItCannotHappen) {
  const bool impossible = (state() == State::kDeleted && (event() == Event::kOpened || event() == Event::kDelete || event() == Event::kCloseForQueryRemove)) ||
                          (event() == Event::kCloseForQueryRemove && IsShut(state()));  // not open: it is a close (OP-29)
  EXPECT_EQ(row().spec == nullptr, impossible);
  EXPECT_EQ(row().next == State::kUndefined, impossible);
}

TEST_P(EveryPair, SendsFollowTheTableOfTheContract) {
  if (event() == Event::kSend) {
    const Action expected = state() == State::kStarted ? Action::kDeliver : state() == State::kStopped ? Action::kHold : Action::kRefuse;
    EXPECT_EQ(row().action, expected);
    EXPECT_EQ(row().next, state());
  } else if (event() == Event::kSendIgnoringState) {
    EXPECT_EQ(row().action, IsShut(state()) ? Action::kRefuseUnlessClosing : Action::kDeliver);
    EXPECT_EQ(row().next, state());
  }
}

TEST_P(EveryPair, StartIsRefusedOnlyWhenDeleted) {  // IOX-31
  if (event() != Event::kStart) return;
  EXPECT_EQ(row().action == Action::kRefuse, state() == State::kDeleted);
  EXPECT_EQ(row().next, state() == State::kDeleted ? State::kDeleted : State::kStarted);
}

TEST_P(EveryPair, StopAndPurgeLeaveAShutTargetsState) {  // IOX-32
  if (event() != Event::kStop && event() != Event::kPurge) return;
  const State expected = IsShut(state()) ? state() : event() == Event::kStop ? State::kStopped : State::kPurged;
  EXPECT_EQ(row().next, expected);
}

TEST_P(EveryPair, OnlyDeletionLeadsToDeletedAndNothingLeadsOut) {
  if (!row().spec) return;
  if (state() == State::kDeleted) {
    EXPECT_EQ(row().next, State::kDeleted);
  } else {
    EXPECT_EQ(row().next == State::kDeleted, event() == Event::kDelete);
  }
}

TEST_P(EveryPair, AFailedOpenEndsClosedAndASuccessfulOneStarted) {  // IOX-35, IOT-1.09
  if (!row().spec) return;
  if (event() == Event::kOpened) EXPECT_EQ(row().next, State::kStarted);
  if (event() == Event::kOpenFailed && state() != State::kDeleted) EXPECT_EQ(row().next, State::kClosed);
}

INSTANTIATE_TEST_SUITE_P(TargetStates, EveryPair,
                         ::testing::Combine(::testing::Range(1, int(State::kCount)), ::testing::Range(0, int(Event::kCount))), PairName);

}  // namespace
}  // namespace drydock::wdf
