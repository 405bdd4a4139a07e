// The bounds of an OS thread's own stack. For src/runtime only.
#pragma once

#include <pthread.h>

#include "runtime/executor.h"

namespace drydock::rt {

inline void FindOwnStack(Task& task) {
  if (task.stack_low != nullptr) return;
  // Asking is slow on the first thread of the process (it reads /proc), so that the answer is kept.
  static constinit thread_local const char* low = nullptr;
  static constinit thread_local const char* high = nullptr;
  if (low == nullptr) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    void* start = nullptr;
    size_t size = 0;
    const int error = pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    if (error != 0) return;
    low = static_cast<char*>(start);
    high = low + size;
  }
  task.stack_low = low;
  task.stack_high = high;
}

}  // namespace drydock::rt
