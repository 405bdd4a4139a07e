#include "wdf/device/state_history.h"

#include <fmt/format.h>

namespace drydock::wdf {

void StateHistory::Add(const StateChange& change) {
  rt::LockGuard guard(lock_);
  ring_[count_++ % kKept] = change;
}

std::vector<StateChange> StateHistory::Changes() const {
  rt::LockGuard guard(lock_);
  std::vector<StateChange> changes;
  for (size_t i = count_ > kKept ? count_ - kKept : 0; i < count_; ++i) changes.push_back(ring_[i % kKept]);
  return changes;
}

const char* StateName(ULONG state) {
  switch (state) {
#define NAME(name) \
  case WdfDevState##name: return #name;
#include "wdf/device/state_names.def"
#undef NAME
    default: return "?";
  }
}

std::string ToText(const std::vector<StateChange>& changes) {
  static constexpr const char* kKinds[] = {"PnP", "power", "policy"};
  std::string text;
  for (const StateChange& change : changes) {
    text += fmt::format("{:>12.6f} s  {:<6}  {} > {}\n", static_cast<double>(change.time) / rt::kTicksPerSecond, kKinds[static_cast<int>(change.kind)],
                        StateName(change.from), StateName(change.to));
  }
  return text;
}

}  // namespace drydock::wdf
