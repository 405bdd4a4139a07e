// One build at a time per output folder, whoever starts it: a second one waits until the first has ended, and says so.
// Called by:  the builder, for as long as it writes there. Errors: BuildError where the folder cannot be made or written.
#pragma once

#include <filesystem>

#include "tools/build/diagnostics.h"

namespace drydock::tools {

class OutputLock {
 public:
  OutputLock(const std::filesystem::path& folder, Diagnostics& diagnostics);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace drydock::tools
