// C++ that goes wrong in a driver: reports, not the end of the process.
#include "nt/cxx_failures.h"

#include <ntddk.h>

#include <stdexcept>

#include "nt/bugcheck_codes.h"
#include "nt/testing/kernel_fixture.h"

extern "C" void DrydockFastFail(unsigned code);

namespace drydock::nt {
namespace {

class CxxFailures : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(CxxFailures);

__attribute__((noinline)) void Thrower(int far) { throw std::out_of_range("too far: " + std::to_string(far)); }
__attribute__((noinline)) void ThrowsThrough(int far) noexcept { Thrower(far); }
__attribute__((noinline)) void StopsThrough(int code) noexcept { KeBugCheck(static_cast<ULONG>(code)); }

struct Base {
  Base() { Call(); }
  virtual ~Base() = default;
  virtual void Work() = 0;
  __attribute__((noinline)) void Call() { Work(); }
};
struct Derived : Base {
  void Work() override {}
};

bool StackNames(const BugCheckData& bug, const void* function) {
  for (void* address : bug.stack)
    if (reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(function) < 512) return true;
  return false;
}

TEST_P(CxxFailures, AnExceptionThatLeavesACallbackIsAReportFromWhereItWasThrown) {
  const BugCheckData bug = BugCheckOf([] { CallDriver("EvtTest", &Thrower, 7); });
  EXPECT_EQ(bug.code, bug::kSystemThreadExceptionNotHandled);
  EXPECT_EQ(bug.parameters[0], 0xE06D7363u);
  EXPECT_NE(bug.words.find("EvtTest let a C++ exception leave it: std::out_of_range (too far: 7)"), std::string::npos) << bug.words;
  EXPECT_TRUE(StackNames(bug, reinterpret_cast<const void*>(&Thrower)));
  EXPECT_EQ(thread_->callbacks, nullptr);
}

TEST_P(CxxFailures, WhatADriverCatchesIsItsOwnAffair) {
  EXPECT_EQ(CallDriver("EvtTest", +[](int far) {
              try {
                Thrower(far);
              } catch (const std::exception&) {
                return 1;
              }
              return 0;
            }, 3), 1);
  EXPECT_TRUE(bug_checks_.empty());
}

TEST_P(CxxFailures, AnExceptionOutOfANoexceptFunctionIsAReport) {
  const BugCheckData bug = BugCheckOf([] { CallDriver("EvtTest", &ThrowsThrough, 8); });
  EXPECT_EQ(bug.parameters[0], 0xE06D7363u);
  EXPECT_NE(bug.words.find("EvtTest ended in std::terminate: std::out_of_range (too far: 8)"), std::string::npos) << bug.words;
  EXPECT_TRUE(StackNames(bug, reinterpret_cast<const void*>(&Thrower)));
  EXPECT_EQ(thread_->callbacks, nullptr);
}

TEST_P(CxxFailures, AStopPassesThroughNoexceptFunctions) {
  const BugCheckData bug = BugCheckOf([] {
    CallDriver("EvtOuter", +[](int code) noexcept { CallDriver("EvtInner", &StopsThrough, code); }, 0xE2);
  });
  EXPECT_EQ(bug.code, 0xE2u);
  EXPECT_EQ(thread_->callbacks, nullptr);
  EXPECT_EQ(std::current_exception(), nullptr) << "nothing is left half caught";
  EXPECT_EQ(std::uncaught_exceptions(), 0);
}

TEST_P(CxxFailures, ACallOfAPureVirtualFunctionIsAReport) {
  const BugCheckData bug = BugCheckOf([] { CallDriver("EvtTest", +[](int) { Derived object; }, 0); });
  EXPECT_NE(bug.words.find("EvtTest called a pure virtual function"), std::string::npos) << bug.words;
  EXPECT_GT(bug.stack.size(), 2u);
}

TEST_P(CxxFailures, TerminateItselfIsAReport) {
  const BugCheckData bug = BugCheckOf([] { CallDriver("EvtTest", +[](int) { std::terminate(); }, 0); });
  EXPECT_EQ(bug.parameters[0], 0x40000015u);
  EXPECT_NE(bug.words.find("EvtTest called std::terminate"), std::string::npos) << bug.words;
}

TEST_P(CxxFailures, FastFailSaysItsCode) {
  const BugCheckData bug = BugCheckOf([] { CallDriver("EvtTest", +[](int code) { DrydockFastFail(static_cast<unsigned>(code)); }, 3); });
  EXPECT_EQ(bug.code, bug::kKernelSecurityCheckFailure);
  EXPECT_EQ(bug.parameters[0], 3u);
  EXPECT_NE(bug.words.find("FAST_FAIL_CORRUPT_LIST_ENTRY"), std::string::npos) << bug.words;
}

TEST(CxxFailuresOutside, ExceptionsOfOthersStayAsTheyAre) { EXPECT_THROW(Thrower(1), std::out_of_range); }

}  // namespace
}  // namespace drydock::nt
