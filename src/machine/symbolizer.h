// Symbolizer: return addresses of this process to function, file and line, from DWARF (elfutils' libdw).
// Called by:  Machine, when it writes a report; any OS thread, one at a time.
// Ownership:  opens only the modules that an address falls into and keeps them open until destroyed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drydock/report.h"

namespace drydock::machine {

// Where a driver image that was loaded from a private copy really lives on disk.
struct ImageRange {
  uintptr_t base = 0;  // load bias
  uintptr_t begin = 0, end = 0;
  std::string path;
};

class Symbolizer {
 public:
  Symbolizer();
  ~Symbolizer();

  // `stack` holds return addresses, innermost first; `first_is_exact` when the first one is the faulting instruction itself.
  std::vector<StackFrame> Resolve(const std::vector<void*>& stack, bool first_is_exact,
                                  const std::vector<ImageRange>& images);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::machine
