#include "runtime/fiber.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstring>
#include <new>

#include "runtime/assert.h"
#include "runtime/executor_impl.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RT_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_feature(thread_sanitizer)
#define RT_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif
#endif

namespace drydock::rt {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

constexpr size_t kMaxFreeStacks = 64;
// Wide enough that a function with large variables does not step over it.
constexpr size_t kGuardBytes = kStackGuardBytes;

struct Start {
  Fiber* fiber;
  void (*entry)(void*);
  void* argument;
};

// What a switch hands over: who left, and who arrives.
struct Handover {
  Fiber* from;
  Fiber* to;
};

__attribute__((noinline)) void SwapExceptionState(Fiber& from, Fiber& to) {
  void* globals = __cxxabiv1::__cxa_get_globals();
  std::memcpy(from.cxa_globals, globals, sizeof from.cxa_globals);
  std::memcpy(globals, to.cxa_globals, sizeof to.cxa_globals);
}

// The first thing done on a stack that was switched to.
void Arrive(transfer_t transfer) {
  auto* handover = static_cast<Handover*>(transfer.data);
  Fiber* from = handover->from;
  from->context = transfer.fctx;
#if RT_ASAN
  Fiber* to = handover->to;
  const void* old_low;
  size_t old_size;
  __sanitizer_finish_switch_fiber(to->asan_fake_stack, &old_low, &old_size);
  if (from->stack.low == nullptr) {
    from->stack.low = static_cast<char*>(const_cast<void*>(old_low));
    from->stack.size = old_size;
  }
#endif
}

// Lies at the top of a new stack until the fiber starts.
void FiberMain(transfer_t transfer) {
  Handover* handover = static_cast<Handover*>(transfer.data);
  Fiber* self = handover->to;
  Arrive(transfer);
  auto* start = reinterpret_cast<Start*>(self->stack.low + self->stack.size - sizeof(Start));
  start->entry(start->argument);
  RT_ASSERT(!"a fiber's entry returned");
}

}  // namespace

FiberStackPool::FiberStackPool(size_t stack_bytes)
    : size_((stack_bytes + 4095) & ~size_t{4095}) {}

FiberStackPool::~FiberStackPool() {
  for (FiberStack stack : free_) munmap(stack.low - kGuardBytes, size_ + kGuardBytes);
}

FiberStack FiberStackPool::Take() {
  if (!free_.empty()) {
    FiberStack stack = free_.back();
    free_.pop_back();
    return stack;
  }
  void* memory = mmap(nullptr, size_ + kGuardBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  RT_ASSERT(mprotect(memory, kGuardBytes, PROT_NONE) == 0);
  return {static_cast<char*>(memory) + kGuardBytes, size_};
}

void FiberStackPool::Return(FiberStack stack) {
#if RT_ASAN
  __asan_unpoison_memory_region(stack.low, stack.size);
#endif
  if (free_.size() < kMaxFreeStacks) {
    free_.push_back(stack);
  } else {
    munmap(stack.low - kGuardBytes, size_ + kGuardBytes);
  }
}

void MakeFiber(Fiber& fiber, FiberStack stack, void (*entry)(void*), void* argument) {
  fiber.stack = stack;
  auto* start = reinterpret_cast<Start*>(stack.low + stack.size - sizeof(Start));
  *start = {&fiber, entry, argument};
  const uintptr_t top = reinterpret_cast<uintptr_t>(start) & ~uintptr_t{63};
  fiber.context = make_fcontext(reinterpret_cast<void*>(top), stack.size, &FiberMain);
#if RT_TSAN
  fiber.tsan_fiber = __tsan_create_fiber(0);
  fiber.owns_tsan_fiber = true;
#endif
}

void DestroyFiber(Fiber& fiber) {
#if RT_TSAN
  if (fiber.owns_tsan_fiber) __tsan_destroy_fiber(fiber.tsan_fiber);
#endif
  fiber.tsan_fiber = nullptr;
}

void AdoptFiber(Fiber& fiber) {
#if RT_TSAN
  fiber.tsan_fiber = __tsan_get_current_fiber();
#endif
}

void SwitchFiber(Fiber& from, Fiber& to, bool ending) {
  SwapExceptionState(from, to);
  Handover handover{&from, &to};
#if RT_ASAN
  __sanitizer_start_switch_fiber(ending ? nullptr : &from.asan_fake_stack, to.stack.low,
                                 to.stack.size);
#endif
#if RT_TSAN
  __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
  Arrive(jump_fcontext(to.context, &handover));
}

}  // namespace drydock::rt
