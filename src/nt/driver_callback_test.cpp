// Calls into drivers: faults become reports, levels are checked, stops unwind.
#include "nt/driver_callback.h"

#include <ntddk.h>
#include <sys/mman.h>

#include "nt/bugcheck_codes.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class DriverCallbackTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(DriverCallbackTest);

int Twice(int value) { return 2 * value; }

__attribute__((noinline)) void ReadThrough(volatile int* pointer) { (void)*pointer; }
__attribute__((noinline)) void WriteThrough(volatile int* pointer) { *pointer = 1; }
__attribute__((noinline)) int Divide(volatile int* divisor) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  // The sanitizer would report first.
  int quotient;
  asm volatile("cltd; idivl %1" : "=a"(quotient) : "m"(*divisor), "a"(7) : "rdx", "cc");
  return quotient;
#endif
#endif
  return 7 / *divisor;
}
__attribute__((noinline)) int Recurse(int depth) {
  volatile char space[512];
  space[depth % 512] = static_cast<char>(depth);
  return depth < 0 ? 0 : Recurse(depth + 1) + space[depth % 512];
}

bool StackNames(const BugCheckData& bug, const void* function) {
  for (void* address : bug.stack) {
    const auto distance = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(function);
    if (distance < 256) return true;
  }
  return false;
}

TEST_P(DriverCallbackTest, PassesArgumentsAndTheResult) { EXPECT_EQ(CallDriver("Twice", &Twice, 21), 42); }

TEST_P(DriverCallbackTest, AReadThroughNullIsAReport) {
  const BugCheckData bug = BugCheckOf([] { CallDriver("EvtTest", &ReadThrough, static_cast<volatile int*>(nullptr)); });
  EXPECT_EQ(bug.code, bug::kPageFaultInNonpagedArea);
  EXPECT_EQ(bug.parameters[0], 0u);
  EXPECT_EQ(bug.parameters[1], 0u);  // a read
  EXPECT_NE(bug.words.find("EvtTest read from address 0x0"), std::string::npos) << bug.words;
  EXPECT_TRUE(StackNames(bug, reinterpret_cast<const void*>(&ReadThrough)));
  EXPECT_EQ(thread_->callbacks, nullptr);
}

TEST_P(DriverCallbackTest, AWriteToMemoryThatIsGoneIsAReport) {
  void* page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const BugCheckData bug = BugCheckOf([&] { CallDriver("EvtTest", &WriteThrough, static_cast<volatile int*>(page)); });
  munmap(page, 4096);
  EXPECT_EQ(bug.code, bug::kPageFaultInNonpagedArea);
  EXPECT_EQ(bug.parameters[0], reinterpret_cast<uint64_t>(page));
  EXPECT_EQ(bug.parameters[1], 2u);
  EXPECT_EQ(bug.faulting_address, page);
}

TEST_P(DriverCallbackTest, AFaultAtDispatchLevelIsItsOwnCode) {
  const BugCheckData bug = BugCheckOf([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    CallDriver("EvtTest", &ReadThrough, reinterpret_cast<volatile int*>(0x10));
  });
  EXPECT_EQ(bug.code, bug::kDriverIrqlNotLessOrEqual);
  EXPECT_EQ(bug.parameters[0], 0x10u);
  EXPECT_EQ(bug.parameters[1], uint64_t{DISPATCH_LEVEL});
}

TEST_P(DriverCallbackTest, ADivisionByZeroIsAReport) {
  volatile int zero = 0;
  const BugCheckData bug = BugCheckOf([&] { CallDriver("EvtTest", &Divide, &zero); });
  EXPECT_EQ(bug.code, bug::kSystemThreadExceptionNotHandled);
  EXPECT_EQ(bug.parameters[0], 0xC0000094u);
}

TEST_P(DriverCallbackTest, ACallThroughAWildPointerIsAReport) {
  auto* wild = reinterpret_cast<void (*)(int)>(0x1234);
  const BugCheckData bug = BugCheckOf([&] { CallDriver("EvtTest", wild, 1); });
  EXPECT_EQ(bug.code, bug::kPageFaultInNonpagedArea);
  EXPECT_EQ(bug.parameters[0], 0x1234u);
  EXPECT_NE(bug.words.find("jumped to"), std::string::npos) << bug.words;
  EXPECT_GT(bug.stack.size(), 1u);
}

#if !defined(__has_feature) || !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
TEST_P(DriverCallbackTest, RunningOutOfStackIsAReport) {
  Join(Start("deep", [] { CallDriver("EvtDeep", &Recurse, 0); }));
  ASSERT_EQ(bug_checks_.size(), 1u);
  EXPECT_EQ(bug_checks_[0].code, bug::kUnexpectedKernelModeTrap);
  EXPECT_EQ(bug_checks_[0].parameters[0], 8u);
}
#endif

TEST_P(DriverCallbackTest, AFaultInsideANestedCallbackNamesTheInnermost) {
  const BugCheckData bug = BugCheckOf([] {
    CallDriver("EvtOuter", +[](int) { CallDriver("EvtInner", &ReadThrough, static_cast<volatile int*>(nullptr)); }, 0);
  });
  EXPECT_NE(bug.words.find("EvtInner"), std::string::npos);
  EXPECT_EQ(thread_->callbacks, nullptr);
}

TEST_P(DriverCallbackTest, ReturningAtAnotherLevelIsABugCheck) {
  const BugCheckData bug = BugCheckOf([] {
    CallDriver("EvtTest", +[](int) {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL, &old);
    }, 0);
  });
  EXPECT_EQ(bug.code, bug::kIrqlUnexpectedValue);
  EXPECT_EQ(thread_->irql, PASSIVE_LEVEL);
}

TEST_P(DriverCallbackTest, AStopUnwindsThroughCallbacks) {
  EXPECT_THROW(CallDriver("EvtTest", +[](rt::Executor* executor) {
                 executor->Stop();
                 executor->Yield();
               }, executor_.get()),
               rt::TaskStopped);
  EXPECT_EQ(thread_->callbacks, nullptr);
}

TEST_P(DriverCallbackTest, TheFirstBugCheckIsTheOneReported) {
  EXPECT_THROW(KeBugCheckEx(0xE2, 1, 2, 3, 4), rt::TaskStopped);
  EXPECT_THROW(KeBugCheckEx(0xE3, 1, 2, 3, 4), rt::TaskStopped);
  ASSERT_EQ(bug_checks_.size(), 1u);
  EXPECT_EQ(bug_checks_[0].code, 0xE2u);
  EXPECT_EQ(bug_checks_[0].parameters[3], 4u);
  EXPECT_FALSE(bug_checks_[0].stack.empty());
}

TEST_P(DriverCallbackTest, BugCheckCallbacksRunOnce) {
  static int calls;
  calls = 0;
  KBUGCHECK_CALLBACK_RECORD record;
  KeInitializeCallbackRecord(&record);
  char component[] = "test";
  EXPECT_TRUE(KeRegisterBugCheckCallback(
      &record, [](PVOID, ULONG) { ++calls; }, nullptr, 0, reinterpret_cast<PUCHAR>(component)));
  EXPECT_FALSE(KeRegisterBugCheckCallback(
      &record, [](PVOID, ULONG) { ++calls; }, nullptr, 0, reinterpret_cast<PUCHAR>(component)));
  BugCheckOf([] { KeBugCheck(0xE2); });
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(KeDeregisterBugCheckCallback(&record));
}

TEST_P(DriverCallbackTest, ABreakIsAFindingAndTheMachineGoesOn) {
  Break("something odd");
  EXPECT_EQ(breaks_, std::vector<std::string>{"something odd"});
  EXPECT_FALSE(executor_->stopped());
}

}  // namespace
}  // namespace drydock::nt
