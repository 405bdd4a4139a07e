// Bug checks are results: a violation stops the machine, never the process.
// Called by:  any floor, on the task that did wrong, at any IRQL, with no internal Lock held.
// Effect:     the report's raw material is handed to Kernel::on_bug_check (first one wins), the executor is stopped, and
//             rt::TaskStopped is thrown through the driver's frames to the task's entry or the machine's API boundary.
// Source:     decision 9 of the architecture; codes are Windows' own (bugcodes.h), parameters as documented.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace drydock::nt {

struct BugCheckData {
  uint32_t code = 0;
  uint64_t parameters[4] = {};
  std::string words;              // what happened and what to do, in one or two sentences
  uint32_t task = 0;
  std::vector<void*> stack;       // return addresses, innermost first; symbolised by the machine
  const void* faulting_address = nullptr;  // for faults
};

struct BugCheckParameters {
  uint64_t p1 = 0, p2 = 0, p3 = 0, p4 = 0;
};

[[noreturn]] void BugCheck(uint32_t code, BugCheckParameters parameters, std::string words);

// A finding that does not stop the machine ("break" in the spec): goes to the machine's reports and the debug log.
void Break(std::string words);

}  // namespace drydock::nt
