#include "runtime/assert.h"

#include <cstdio>
#include <cstdlib>

#include "runtime/executor.h"

namespace drydock::rt {

void AssertionFailed(const char* condition, const char* file, int line) {
  const Task* task = CurrentTask();
  std::fprintf(stderr, "drydock: internal error: %s is not true at %s:%d (task %u \"%s\")\n", condition, file,
               line, task ? task->id : 0, task ? task->name : "none");
  std::abort();
}

}  // namespace drydock::rt
