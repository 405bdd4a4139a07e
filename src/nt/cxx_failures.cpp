#include "nt/cxx_failures.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <typeinfo>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/bugcheck_raise.h"
#include "nt/driver_callback.h"
#include "nt/thread.h"
#include "runtime/executor.h"
#include "runtime/fault_handler.h"

namespace drydock::nt {

// What std::terminate found, until its callback's frame has it.
struct Termination {
  enum class Kind { kStop, kHostEnded, kFailure } kind = Kind::kFailure;
  BugCheckData data;
};
void DeleteTermination(Termination* termination) { delete termination; }

namespace {

constexpr uint64_t kCxxException = 0xE06D7363;
constexpr uint64_t kFatalAppExit = 0x40000015;
constexpr size_t kDeepest = 64;

bool OurOwn(const std::type_info& type) { return type == typeid(rt::TaskStopped) || type == typeid(HostEnded); }

std::string Demangled(const char* name) {
  int failed = 0;
  char* plain = abi::__cxa_demangle(name, nullptr, nullptr, &failed);
  std::string text = failed == 0 && plain ? plain : name;
  std::free(plain);
  return text;
}

// Frames are counted here and below: nothing of it is inlined.
__attribute__((noinline)) std::vector<void*> StackHere(size_t skip) {
  std::vector<void*> stack(kDeepest);
  stack.resize(rt::CaptureStack(stack.data(), stack.size(), skip + 1));
  return stack;
}

// Of the exception that is being handled: "std::out_of_range (vector::_M_range_check ...)".
std::string DescribeCurrent() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  const std::string name = type ? Demangled(type->name()) : "foreign exception";
  try {
    throw;
  } catch (const std::exception& exception) {
    return fmt::format("{} ({})", name, exception.what());
  } catch (...) {
    return name;
  }
}

const void* CurrentObject() {
  const std::exception_ptr current = std::current_exception();
  const void* object = nullptr;
  static_assert(sizeof current == sizeof object);
  std::memcpy(&object, &current, sizeof object);
  return object;
}

__attribute__((noinline)) BugCheckData Failure(Thread& thread, uint64_t code, std::string words, const void* thrown, size_t skip) {
  BugCheckData data;
  data.code = bug::kSystemThreadExceptionNotHandled;
  data.parameters[0] = code;
  data.words.swap(words);
  const bool known = thrown && thread.thrown_from && thread.thrown_from->object == thrown;
  data.stack = known ? thread.thrown_from->stack : StackHere(skip + 1);
  return data;
}

// Leaves for the callback's frame; its CallDriver calls RaiseTermination. No destructor runs on the way: nobody here and above holds memory then.
[[noreturn]] void Leave(Thread& thread, std::unique_ptr<Termination> termination) {
  thread.termination.reset(termination.release());
  rt::JumpAway(thread.callbacks->jump);
}

std::terminate_handler earlier_handler = nullptr;

void OnTerminate() {
  Thread* thread = CurrentThreadOrNull();
  if (thread == nullptr || thread->callbacks == nullptr) {
    if (earlier_handler) earlier_handler();
    std::abort();
  }
  auto found = std::make_unique<Termination>();
  const char* callback = thread->callbacks->name;
  if (const std::type_info* type = abi::__cxa_current_exception_type()) {
    if (OurOwn(*type)) {
      found->kind = *type == typeid(HostEnded) ? Termination::Kind::kHostEnded : Termination::Kind::kStop;
    } else {
      found->data = Failure(*thread, kCxxException,
                            fmt::format("{} ended in std::terminate: {} was thrown and nothing may catch it there (a noexcept function, a destructor).",
                                        callback, DescribeCurrent()),
                            CurrentObject(), 1);
    }
    abi::__cxa_end_catch();
  } else {
    found->data = Failure(*thread, kFatalAppExit, fmt::format("{} called std::terminate.", callback), nullptr, 1);
  }
  Leave(*thread, std::move(found));
}

// A mistake that the compiler's run-time or the driver itself names. Outside of drivers the process ends as usual.
[[noreturn]] __attribute__((noinline)) void Fail(uint32_t bug_check, uint64_t parameter, std::string what) {
  Thread* thread = CurrentThreadOrNull();
  if (thread == nullptr || thread->callbacks == nullptr) std::terminate();
  auto found = std::make_unique<Termination>();
  what.insert(0, thread->callbacks->name + std::string(" "));
  found->data = Failure(*thread, parameter, std::move(what), nullptr, 1);
  found->data.code = bug_check;
  Leave(*thread, std::move(found));
}

const char* FastFailName(unsigned code) {
  static constexpr const char* kNames[] = {"FAST_FAIL_LEGACY_GS_VIOLATION", "FAST_FAIL_VTGUARD_CHECK_FAILURE", "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE",
                                           "FAST_FAIL_CORRUPT_LIST_ENTRY", "FAST_FAIL_INCORRECT_STACK", "FAST_FAIL_INVALID_ARG",
                                           "FAST_FAIL_GS_COOKIE_INIT", "FAST_FAIL_FATAL_APP_EXIT", "FAST_FAIL_RANGE_CHECK_FAILURE"};
  return code < std::size(kNames) ? kNames[code] : "a code of its own";
}

}  // namespace

void ExceptionLeft(CallbackFrame& frame) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type && *type == typeid(HostEnded)) return;
  if (type && *type == typeid(rt::TaskStopped)) throw;
  BugCheckData data = Failure(CurrentThread(), kCxxException,
                              fmt::format("{} let a C++ exception leave it: {}. Nobody above a callback catches one.", frame.name, DescribeCurrent()),
                              CurrentObject(), 1);
  try {
    RaiseBugCheck(std::move(data));
  } catch (const HostEnded&) {
  }
}

void RaiseTermination(CallbackFrame&) {
  Thread& thread = CurrentThread();
  if (!thread.termination) return;
  const std::unique_ptr<Termination, void (*)(Termination*)> found = std::move(thread.termination);
  if (found->kind == Termination::Kind::kStop) throw rt::TaskStopped();
  if (found->kind == Termination::Kind::kHostEnded) throw HostEnded();
  RaiseBugCheck(std::move(found->data));
}

void InstallTerminateHandler() {
  static std::once_flag once;
  std::call_once(once, [] { earlier_handler = std::set_terminate(&OnTerminate); });
}

}  // namespace drydock::nt

#define DRYDOCK_RUNTIME extern "C" __attribute__((visibility("default")))

// The C++ run-time's own, with a look at who throws: the stack is gone where an exception arrives.
DRYDOCK_RUNTIME void __cxa_throw(void* object, std::type_info* type, void (*destructor)(void*)) {
  using Throw = void (*)(void*, std::type_info*, void (*)(void*));
  static const auto real = reinterpret_cast<Throw>(dlsym(RTLD_NEXT, "__cxa_throw"));
  drydock::nt::Thread* thread = drydock::nt::CurrentThreadOrNull();
  if (thread && thread->callbacks && !drydock::nt::OurOwn(*type)) {
    if (!thread->thrown_from) thread->thrown_from = std::make_unique<drydock::nt::ThrownFrom>();
    thread->thrown_from->object = object;
    thread->thrown_from->stack = drydock::nt::StackHere(1);
  }
  real(object, type, destructor);
  __builtin_unreachable();
}

DRYDOCK_RUNTIME void __cxa_pure_virtual() {
  drydock::nt::Fail(drydock::nt::bug::kSystemThreadExceptionNotHandled, drydock::nt::kFatalAppExit,
                    "called a pure virtual function: of an object whose constructor or destructor is running, or that is gone.");
}
DRYDOCK_RUNTIME void __cxa_deleted_virtual() {
  drydock::nt::Fail(drydock::nt::bug::kSystemThreadExceptionNotHandled, drydock::nt::kFatalAppExit, "called a deleted virtual function.");
}

DRYDOCK_RUNTIME void DrydockFastFail(unsigned code) {
  drydock::nt::Fail(drydock::nt::bug::kKernelSecurityCheckFailure, code,
                    fmt::format("called __fastfail({}): {}.", code, drydock::nt::FastFailName(code)));
}
// What ends a process, called by a user-mode driver: the linker leads these names here (sdk/driver-flags.json).
namespace {
[[noreturn]] __attribute__((noinline)) void Ends(const char* function) {
  drydock::nt::Fail(drydock::nt::bug::kSystemThreadExceptionNotHandled, drydock::nt::kFatalAppExit,
                    fmt::format("called {}, which ends the process that it runs in.", function));
}
}  // namespace
DRYDOCK_RUNTIME void __wrap_abort() { Ends("abort"); }
DRYDOCK_RUNTIME void __wrap_exit(int) { Ends("exit"); }
DRYDOCK_RUNTIME void __wrap__exit(int) { Ends("_exit"); }
DRYDOCK_RUNTIME void __wrap__Exit(int) { Ends("_Exit"); }
DRYDOCK_RUNTIME void __wrap_quick_exit(int) { Ends("quick_exit"); }
DRYDOCK_RUNTIME int __wrap_raise(int) { Ends("raise"); }
