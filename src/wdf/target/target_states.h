// The states of an I/O target as a table: what each event makes of each state. The rows are in target_states.def.
// Called by:  IoTarget, reports, tests. Pure: no state, no calls.
// Source:     OP-4, OP-5, OP-29, IOX-28..34, "What a send returns, by target state".
#pragma once

#include <cstddef>
#include <cstdint>

namespace drydock::wdf {

// WDF_IO_TARGET_STATE's values (OP-14).
enum class TargetState : uint8_t {
  kUndefined = 0,
  kStarted = 1,
  kStopped = 2,
  kClosedForQueryRemove = 3,
  kClosed = 4,
  kDeleted = 5,
  kPurged = 6,
  kCount
};

enum class TargetEvent : uint8_t {
  kSend,               // WdfRequestSend or a method, without IGNORE_TARGET_STATE
  kSendIgnoringState,
  kStart,
  kStop,
  kPurge,
  kOpened,             // an open succeeded
  kOpenFailed,
  kClose,
  kCloseForQueryRemove,  // of an open target; of another one it is kClose (OP-29)
  kDelete,
  kCount
};

enum class TargetAction : uint8_t {
  kNothing,              // no more than the state
  kDeliver,              // the request goes to the lower driver
  kHold,                 // the request waits in the target until start
  kRefuse,               // STATUS_INVALID_DEVICE_STATE
  kRefuseUnlessClosing,  // as kRefuse, but kDeliver while a close still waits for earlier I/O
  kResend,               // waiting requests are sent, oldest first
  kStopSent,             // the stop action is applied to delivered requests; waiting ones stay
  kFlush,                // waiting requests end with STATUS_WDF_DEVICE_REMOVED_NOT_SENT, delivered ones are cancelled
  kFlushAndWait,         // the same, IGNORE_TARGET_STATE requests too, and waits for all
  kCount
};

struct TargetTransition {
  TargetState next = TargetState::kUndefined;  // kUndefined: the pair cannot happen
  TargetAction action = TargetAction::kNothing;
  const char* spec = nullptr;
};

namespace internal {
struct TargetTable {
  TargetTransition rows[size_t(TargetState::kCount)][size_t(TargetEvent::kCount)];
  int duplicates = 0;  // pairs with two rows
};
constexpr TargetTable MakeTargetTable() {
  TargetTable table{};
#define ROW(from, event, to, what, item)                                                             \
  {                                                                                                  \
    TargetTransition& row = table.rows[size_t(TargetState::k##from)][size_t(TargetEvent::k##event)]; \
    if (row.spec) ++table.duplicates;                                                                \
    row = {TargetState::k##to, TargetAction::k##what, item};                                     \
  }
#include "wdf/target/target_states.def"
#undef ROW
  return table;
}
inline constexpr TargetTable kTargetTable = MakeTargetTable();
static_assert(kTargetTable.duplicates == 0);
}  // namespace internal

inline const TargetTransition& TargetTransitionFor(TargetState state, TargetEvent event) {
  return internal::kTargetTable.rows[size_t(state)][size_t(event)];
}

const char* TargetStateName(TargetState state);
const char* TargetEventName(TargetEvent event);
const char* TargetActionName(TargetAction action);

}  // namespace drydock::wdf
