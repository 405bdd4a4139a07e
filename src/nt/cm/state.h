// State of the configuration manager of one machine. Owned by Kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "nt/kernel.h"
#include "nt/ob/altitude_list.h"
#include "runtime/lock.h"

namespace drydock::nt::cm {

struct KeyNode;
struct Callback;
struct Watch;

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  rt::Lock lock;                  // guards the whole tree
  ob::AltitudeList<Callback> callbacks;  // CmRegisterCallback
  int64_t last_cookie RT_GUARDED_BY(callbacks.lock) = 0;
  // ZwNotifyChangeKey (notify.h), guarded by `lock`: who waits; whose wait is over and who was not told yet.
  std::vector<std::shared_ptr<Watch>> watches;
  std::vector<std::shared_ptr<Watch>> to_tell;
  std::atomic<bool> has_to_tell{false};
  std::shared_ptr<KeyNode> root;  // \Registry, with Machine and User below
};

}  // namespace drydock::nt::cm
