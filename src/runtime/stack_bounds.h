// The bounds of an OS thread's own stack. For src/runtime only.
#pragma once

#include <pthread.h>

#include "runtime/executor.h"

namespace drydock::rt {

inline void FindOwnStack(Task& task) {
  if (task.stack_low != nullptr) return;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* low = nullptr;
  size_t size = 0;
  const int error = pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  if (error != 0) return;
  task.stack_low = static_cast<char*>(low);
  task.stack_high = task.stack_low + size;
}

}  // namespace drydock::rt
