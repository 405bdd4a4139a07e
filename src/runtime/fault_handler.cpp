#include "runtime/fault_handler.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unwind.h>

#include <atomic>
#include <cstring>
#include <mutex>

#include "runtime/executor.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RT_ASAN 1
#include <sanitizer/asan_interface.h>
#endif
#if __has_feature(thread_sanitizer)
#define RT_TSAN 1
#include <sanitizer/tsan_interface_atomic.h>
#include <unistd.h>
#endif
#endif

namespace drydock::rt {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
constexpr size_t kAlternateStackBytes = 128 * 1024;

struct sigaction earlier_actions[NSIG];
std::atomic<FaultFilter> current_filter{nullptr};
std::atomic<QuickFaultFilter> current_quick{nullptr};

struct Trace {
  void** frames;
  size_t capacity;
  size_t depth;
  size_t skip;
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* argument) {
  auto* trace = static_cast<Trace*>(argument);
  const uintptr_t address = _Unwind_GetIP(context);
  if (address == 0) return _URC_END_OF_STACK;
  if (trace->skip > 0) {
    --trace->skip;
    return _URC_NO_REASON;
  }
  if (trace->depth == trace->capacity) return _URC_END_OF_STACK;
  trace->frames[trace->depth++] = reinterpret_cast<void*>(address);
  return _URC_NO_REASON;
}

void CaptureByUnwinder(FaultInfo& fault) {
  void* frames[96];
  Trace trace{frames, 96, 0, 0};
  _Unwind_Backtrace(&AddFrame, &trace);
  size_t first = 0;
  while (first < trace.depth && frames[first] != fault.instruction) ++first;
  for (size_t i = first; i < trace.depth && fault.depth < std::size(fault.stack); ++i) {
    fault.stack[fault.depth++] = frames[i];
  }
}

// Walks from where the fault happened. The unwinder knows the way through the signal frame; where it does not (a call through a
// wild pointer has no frame of its own), the return address on the stack starts the walk along frame pointers.
__attribute__((no_sanitize("address"))) void CaptureFault(FaultInfo& fault, const ucontext_t& context) {
  if (fault.instruction != fault.address) {
    CaptureByUnwinder(fault);
    if (fault.depth > 1) return;
  }

  fault.depth = 0;
  fault.stack[fault.depth++] = const_cast<void*>(fault.instruction);
  Task* task = CurrentTask();
  if (task == nullptr || task->stack_low == nullptr) return;
  auto on_stack = [&](uintptr_t address) {
    return address % 8 == 0 && address >= reinterpret_cast<uintptr_t>(task->stack_low) &&
           address + 16 <= reinterpret_cast<uintptr_t>(task->stack_high);
  };
  const auto top = static_cast<uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
  if (!on_stack(top)) return;
  if (fault.instruction == fault.address) {
    fault.stack[fault.depth++] = *reinterpret_cast<void**>(top);
  }
  auto frame = static_cast<uintptr_t>(context.uc_mcontext.gregs[REG_RBP]);
  for (uintptr_t below = top; on_stack(frame) && frame >= below; ) {
    void* address = reinterpret_cast<void**>(frame)[1];
    if (address == nullptr || fault.depth == std::size(fault.stack)) break;
    fault.stack[fault.depth++] = address;
    below = frame + 16;
    frame = *reinterpret_cast<uintptr_t*>(frame);
  }
}

struct AlternateStack {
  void* memory = nullptr;
  bool ours = false;
  ~AlternateStack() {
    if (!ours) return;
    stack_t off{};
    off.ss_flags = SS_DISABLE;
    sigaltstack(&off, nullptr);
    munmap(memory, kAlternateStackBytes);
  }
};
thread_local AlternateStack alternate_stack;
constinit thread_local FaultInfo last_fault;
constinit thread_local FaultRegisters last_registers;
constinit thread_local const FaultRegisters* continue_with = nullptr;
constinit thread_local bool capturing = false;
thread_local void* capture_jump[5];
constinit thread_local bool thread_prepared = false;

void Chain(int signal, siginfo_t* info, void* context) {
  const struct sigaction& earlier = earlier_actions[signal];
  if (earlier.sa_flags & SA_SIGINFO) {
    earlier.sa_sigaction(signal, info, context);
  } else if (earlier.sa_handler == SIG_DFL || earlier.sa_handler == SIG_IGN) {
    // Back to what it was: the faulting instruction runs again and meets the default action.
    sigaction(signal, &earlier, nullptr);
    if (info->si_code <= 0) raise(signal);  // sent by somebody, will not come again by itself
  } else {
    earlier.sa_handler(signal);
  }
}

// What __builtin_longjmp does, but by way of the return from the handler, so that the signal is over for everybody who keeps book.
// The buffer of __builtin_setjmp holds frame pointer, address, stack pointer.
void GoOnAt(void** jump, ucontext_t& context) {
  context.uc_mcontext.gregs[REG_RBP] = reinterpret_cast<greg_t>(jump[0]);
  context.uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(jump[1]);
  context.uc_mcontext.gregs[REG_RSP] = reinterpret_cast<greg_t>(jump[2]);
}

void SaveRegisters(const ucontext_t& context) {
  static_assert(sizeof(context.uc_mcontext.gregs) == sizeof(last_registers.general));
  std::memcpy(last_registers.general, context.uc_mcontext.gregs, sizeof(last_registers.general));
  if (context.uc_mcontext.fpregs) std::memcpy(last_registers.floating, context.uc_mcontext.fpregs, sizeof(last_registers.floating));
}

#if RT_ASAN
// The frames that a jump leaves behind do not lift the poison from their variables any more.
void LiftPoison(const char* low, void** jump) {
  const auto* landing = static_cast<const char*>(jump[2]);
  if (landing > low) __asan_unpoison_memory_region(low, static_cast<size_t>(landing - low));
}
#endif

// As if the instruction had called it: below the red zone, with the instruction's address to return to.
void Call(void (*function)(), ucontext_t& context) {
  auto top = (static_cast<uintptr_t>(context.uc_mcontext.gregs[REG_RSP]) - 256) & ~uintptr_t{63};
  top -= 8;
  *reinterpret_cast<greg_t*>(top) = context.uc_mcontext.gregs[REG_RIP];
  context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(top);
  context.uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(function);
  context.uc_mcontext.gregs[REG_EFL] &= ~greg_t{0x400};  // direction flag, as the ABI wants it
}

#if RT_TSAN
// The thread sanitizer performs atomic accesses in functions of its own, the first and the last of which are these, and holds a lock there that its other
// functions wait for: nothing can be reported or performed any more.
bool InSanitizersAtomics(const ucontext_t& context) {
  const auto instruction = static_cast<uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
  return instruction >= reinterpret_cast<uintptr_t>(&__tsan_atomic8_load) && instruction < reinterpret_cast<uintptr_t>(&__tsan_atomic_signal_fence);
}
#endif

void OnFault(int signal, siginfo_t* info, void* raw_context) {
  auto& context = *static_cast<ucontext_t*>(raw_context);
#if RT_TSAN
  if (InSanitizersAtomics(context)) {
    constexpr char kWords[] = "An interlocked access touched registers or bad memory. The thread sanitizer cannot let that be performed or reported; "
                              "build without it to see more. It tells the place:\n";
    (void)!write(STDERR_FILENO, kWords, sizeof kWords - 1);
    Chain(signal, info, raw_context);
    return;
  }
#endif
  if (continue_with != nullptr && signal == SIGILL) {
    // What a signal handler returns to is what it finds in its frame. Segments and the signal mask stay as they are.
    for (int i = 0; i <= REG_EFL; ++i) context.uc_mcontext.gregs[i] = static_cast<greg_t>(continue_with->general[i]);
    if (context.uc_mcontext.fpregs) std::memcpy(context.uc_mcontext.fpregs, continue_with->floating, 416);  // behind it the kernel keeps its own
    continue_with = nullptr;
    return;
  }
  if (capturing) {
    GoOnAt(capture_jump, context);
    return;
  }
  FaultFilter filter = current_filter.load(std::memory_order_acquire);
  if (filter != nullptr && CurrentTask() != nullptr && info->si_code > 0) {
    FaultInfo& fault = last_fault;
    fault.depth = 0;
    fault.signal = signal;
    fault.code = info->si_code;
    fault.instruction = reinterpret_cast<void*>(context.uc_mcontext.gregs[REG_RIP]);
    fault.stack_pointer = reinterpret_cast<char*>(context.uc_mcontext.gregs[REG_RSP]);
    fault.has_address = (signal == SIGSEGV || signal == SIGBUS) && info->si_code != SI_KERNEL;
    fault.address = fault.has_address || signal != SIGSEGV ? info->si_addr : nullptr;
    fault.write = (signal == SIGSEGV || signal == SIGBUS) &&
                  (context.uc_mcontext.gregs[REG_ERR] & 2) != 0;
    const QuickFaultFilter quick = current_quick.load(std::memory_order_acquire);
    if (const FaultRoutine routine = quick ? quick(fault) : nullptr) {
      EnterFaultFrame(raw_context, routine, fault.address);
      return;
    }
    // A stack that was overwritten can lead the walk astray: a fault in it ends it.
    capturing = true;
    if (__builtin_setjmp(capture_jump) == 0) CaptureFault(fault, context);
    capturing = false;
    const FaultAnswer answer = filter(fault);
    if (answer.call) {
      SaveRegisters(context);
      Call(answer.call, context);
      return;
    }
    if (void** jump = answer.jump) {
#if RT_ASAN
      LiftPoison(fault.stack_pointer - 256, jump);
#endif
      GoOnAt(jump, context);
      return;
    }
  }
  Chain(signal, info, raw_context);
}

}  // namespace

const FaultInfo& LastFault() { return last_fault; }
void SetLastFault(const FaultInfo& fault) { last_fault = fault; }

void JumpAway(void** jump) {
#if RT_ASAN
  LiftPoison(static_cast<const char*>(__builtin_frame_address(0)), jump);
#endif
  __builtin_longjmp(jump, 1);
}

const FaultRegisters& LastFaultRegisters() { return last_registers; }

void ContinueFromFault(const FaultRegisters& registers) {
  continue_with = &registers;
  __builtin_trap();
}

void InstallFaultHandler(FaultFilter filter, QuickFaultFilter quick) {
  static std::once_flag once;
  std::call_once(once, [filter, quick] {
    PrepareFaultFrames();
    current_quick.store(quick, std::memory_order_release);
    current_filter.store(filter, std::memory_order_release);
    struct sigaction action {};
    action.sa_sigaction = &OnFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (int signal : kSignals) sigaction(signal, &action, &earlier_actions[signal]);
    // The unwinder allocates and locks at its first use: not inside a handler, please.
    void* warm[4];
    CaptureStack(warm, 4);
  });
}

void PrepareThreadForFaults() {
  if (thread_prepared) return;
  thread_prepared = true;
  stack_t existing{};
  sigaltstack(nullptr, &existing);
  if (!(existing.ss_flags & SS_DISABLE) && existing.ss_size >= kAlternateStackBytes / 2) return;
  void* memory = mmap(nullptr, kAlternateStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;  // faults on the ordinary stack still work, overflows do not
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = kAlternateStackBytes;
  if (sigaltstack(&stack, nullptr) != 0) {
    munmap(memory, kAlternateStackBytes);
    return;
  }
  alternate_stack.memory = memory;
  alternate_stack.ours = true;
}

__attribute__((noinline)) size_t CaptureStack(void** frames, size_t capacity, size_t skip) {
  Trace trace{frames, capacity, 0, skip + 1};
  _Unwind_Backtrace(&AddFrame, &trace);
  return trace.depth;
}

__attribute__((noinline, no_sanitize("address"))) size_t CaptureFramePointers(void** frames, size_t capacity) {
  const Task* task = tls_current_task;
  if (task == nullptr) return 0;
  const auto high = reinterpret_cast<uintptr_t>(task->stack_high);
  auto frame = *static_cast<uintptr_t*>(__builtin_frame_address(0));  // the caller's frame
  auto below = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  size_t depth = 0;
  while (depth < capacity && frame > below && frame + 16 <= high && frame % 8 == 0) {
    void* address = reinterpret_cast<void**>(frame)[1];
    if (address == nullptr) break;
    frames[depth++] = address;
    below = frame;
    frame = *reinterpret_cast<uintptr_t*>(frame);
  }
  return depth;
}

}  // namespace drydock::rt
