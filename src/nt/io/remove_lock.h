// What the I/O manager remembers of remove locks while checks are on: who holds each, by tag.
// Called by:  nt/io/remove_lock.cpp and leak reports only.
#pragma once

#include <map>
#include <vector>

#include "runtime/lock.h"

namespace drydock::nt::io {

struct RemoveLockHold {
  const void* tag;
  const char* file;
  unsigned line;
};

struct RemoveLockTable {
  rt::Lock lock;
  std::map<const void*, std::vector<RemoveLockHold>> holds RT_GUARDED_BY(lock);
};

}  // namespace drydock::nt::io
