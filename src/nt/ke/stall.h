// Stall: who waits for what, told from the tasks' own wait information.
// Called by:  Machine's stall handler (simulated) and its watchdog (live), on any task, with nothing locked.
// Threads:    what is told of a thread is taken while its ThreadWaitState is locked and says "waiting": it cannot leave its wait meanwhile.
//             The IRP that it waits for is not freed then either; live, a driver may still work on it: the words are of that moment.
// Stacks:     a waiting thread leaves its frame address in ThreadWaitState; everything here and in drivers is compiled with frame
//             pointers, so the chain can be walked from outside.
#pragma once

#include <string>
#include <vector>

#include "nt/ke/wait_info.h"

namespace drydock::nt {

struct Kernel;

namespace ke {

struct StallDescription {
  std::string words;               // "task application (1) waits for ever: synchronous send of IOCTL 0x22240C to ..."
  // The task that the report is about: one in the driver that holds the request of a caller outside, else one in a driver's callback, else that caller,
  // else one in a driver's thread.
  std::string task;
  std::vector<void*> stack;        // its return addresses, innermost first; of a caller: where the driver was when it had the request last
  bool exact = false;              // its first is no return address
  std::vector<std::string> chain;  // one line a link: task -> what it waits for -> who holds it -> ...
  // What the holder of a request did with it last, to be put behind a line of `chain` once its place is known.
  struct Place {
    size_t line;
    IrpHeld held;
  };
  std::vector<Place> places;
};

// `lead`: how it was found, "Nobody can ever run again". `of_applications`: it is about a thread of an application, rather than of a driver.
StallDescription DescribeStall(Kernel& kernel, const std::string& lead, bool of_applications = false);

}  // namespace ke
}  // namespace drydock::nt
