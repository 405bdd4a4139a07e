// What a set of pins holds. The test kit's and the resource hub's.
#pragma once

#include <functional>
#include <vector>

#include "drydock/spb.h"
#include "runtime/lock.h"

namespace drydock {

struct GpioPins::State {
  mutable rt::Lock lock;
  std::vector<bool> high RT_GUARDED_BY(lock);
  std::function<void(size_t, bool)> changed RT_GUARDED_BY(lock);
};

}  // namespace drydock
