// Fiber: a stack and a place in it to go on from. For the simulated executor only.
// Called by:  one OS thread at a time; a fiber may go on, on another OS thread than the one it was left on.
// Ownership:  stacks come from a pool of the executor; a fiber without a stack of its own is the OS thread's (an adopted task).
// Sanitizers: switches are announced to ASan and TSan; C++ exception state is carried per fiber.
#pragma once

#include <cstddef>
#include <vector>

namespace drydock::rt {

struct FiberStack {
  char* low = nullptr;  // first usable byte; a guard lies below
  size_t size = 0;
};

class FiberStackPool {
 public:
  explicit FiberStackPool(size_t stack_bytes);
  ~FiberStackPool();
  FiberStack Take();
  void Return(FiberStack stack);

 private:
  const size_t size_;
  std::vector<FiberStack> free_;
};

struct Fiber {
  void* context = nullptr;  // where to go on; set while switched away
  FiberStack stack;         // ASan's view of it; adopted: learnt at the first switch
  void* cxa_globals[2] = {nullptr, nullptr};  // caught exceptions, count of uncaught ones
  void* asan_fake_stack = nullptr;
  void* tsan_fiber = nullptr;
  bool owns_tsan_fiber = false;
};

// Prepares `fiber` to run entry(argument) on `stack` at the first switch to it. The entry must never return: it ends with
// SwitchFiber(..., ending = true).
void MakeFiber(Fiber& fiber, FiberStack stack, void (*entry)(void*), void* argument);
// Gives up what MakeFiber or AdoptFiber made, the stack excepted. Not on the fiber itself.
void DestroyFiber(Fiber& fiber);
// Makes `fiber` stand for the OS thread's own stack.
void AdoptFiber(Fiber& fiber);
// Leaves `from` (the running one) and goes on in `to`; returns when somebody switches back. `ending`: `from` never runs again.
void SwitchFiber(Fiber& from, Fiber& to, bool ending);

}  // namespace drydock::rt
