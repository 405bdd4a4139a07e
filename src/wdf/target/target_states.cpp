// Names of the target's states, events and actions, for reports and traces.
#include "wdf/target/target_states.h"

#include <iterator>

namespace drydock::wdf {
namespace {
constexpr const char* kStates[] = {"Undefined", "Started", "Stopped", "ClosedForQueryRemove", "Closed", "Deleted", "Purged"};
constexpr const char* kEvents[] = {"Send",   "SendIgnoringState", "Start", "Stop",
                                   "Purge",  "Opened",            "OpenFailed", "Close",
                                   "CloseForQueryRemove", "Delete"};
constexpr const char* kActions[] = {"nothing", "deliver", "hold",  "refuse",        "refuse unless closing",
                                    "resend",  "stop sent", "flush", "flush and wait"};
static_assert(std::size(kStates) == size_t(TargetState::kCount));
static_assert(std::size(kEvents) == size_t(TargetEvent::kCount));
static_assert(std::size(kActions) == size_t(TargetAction::kCount));

template <size_t N, class E>
const char* Name(const char* const (&names)[N], E value) {
  return size_t(value) < N ? names[size_t(value)] : "?";
}
}  // namespace

const char* TargetStateName(TargetState state) { return Name(kStates, state); }
const char* TargetEventName(TargetEvent event) { return Name(kEvents, event); }
const char* TargetActionName(TargetAction action) { return Name(kActions, action); }

}  // namespace drydock::wdf
