// Error log entries: what drivers write with IoWriteErrorLogEntry, kept in order for reports and tests.
// Called by:  drivers through IoAllocateErrorLogEntry/IoWriteErrorLogEntry/IoFreeErrorLogEntry (IRQL <= DISPATCH_LEVEL); machine reads.
// Bound:      the newest 1024 entries.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <ntddk.h>

#include "runtime/lock.h"

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::io {

struct ErrorLogEntry {
  std::string source;  // device or driver
  IO_ERROR_LOG_PACKET packet;
  std::vector<ULONG> dump_data;
  std::vector<std::u16string> strings;
};

struct ErrorLog {
  static constexpr size_t kMaxEntries = 1024;
  rt::Lock lock;
  std::deque<ErrorLogEntry> entries RT_GUARDED_BY(lock);
};

std::vector<ErrorLogEntry> ErrorLogEntries(Kernel& kernel);

}  // namespace drydock::nt::io
