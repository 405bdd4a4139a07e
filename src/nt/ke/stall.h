// Stall: who waits for what, told from the tasks' own wait information.
// Called by:  Machine's stall handler (simulated) and its watchdog (live), on any task, with nothing locked.
// Threads:    what is told of a thread is taken while its ThreadWaitState is locked and says "waiting": it cannot leave its wait meanwhile.
//             The IRP that it waits for is not freed then either; live, a driver may still work on it: the words are of that moment.
// Stacks:     a waiting thread leaves its frame address in ThreadWaitState; everything here and in drivers is compiled with frame
//             pointers, so the chain can be walked from outside.
#pragma once

#include <string>
#include <vector>

namespace drydock::nt {

struct Kernel;

namespace ke {

struct StallDescription {
  std::string words;               // "task application (1) waits for ever: synchronous send of IOCTL 0x22240C to ..."
  std::string task;                // the task that the report is about: the one deepest in a driver
  std::vector<void*> stack;        // its return addresses, innermost first
  std::vector<std::string> chain;  // one line a link: task -> what it waits for -> who holds it -> ...
};

// `lead`: how it was found, "Nobody can ever run again". `of_applications`: it is about a thread of an application, rather than of a driver.
StallDescription DescribeStall(Kernel& kernel, const std::string& lead, bool of_applications = false);

}  // namespace ke
}  // namespace drydock::nt
