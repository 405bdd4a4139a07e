#include <ntddk.h>

#include "nt/dbg/state.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

using Lines = std::vector<std::string>;

class DebugPrintTest : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
};

TEST_F(DebugPrintTest, TextBecomesLinesAtLineEnds) {
  DbgPrint("one %d\ntwo", 1);
  DbgPrint(" still two\r\n");
  DbgPrint("open");
  EXPECT_EQ(dbg::Lines(*kernel_), (Lines{"one 1", "two still two", "open"}));
}

TEST_F(DebugPrintTest, LevelsAreFilteredPerComponent) {
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "info\n");
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, 8, "detail\n");
  EXPECT_EQ(dbg::Lines(*kernel_), Lines{"info"});
  DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, 8, TRUE);
  DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, FALSE);
  EXPECT_TRUE(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, 8));
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, 8, "detail\n");
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "info\n");
  DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, "other\n");
  EXPECT_EQ(dbg::Lines(*kernel_), (Lines{"info", "detail", "other"}));
}

TEST_F(DebugPrintTest, TheLogIsBoundedAndKeepsTheNewest) {
  for (size_t i = 0; i < dbg::kMaxLines + 10; ++i) DbgPrint("%d\n", static_cast<int>(i));
  const Lines lines = dbg::Lines(*kernel_);
  EXPECT_EQ(lines.size(), dbg::kMaxLines);
  EXPECT_EQ(lines.front(), "10");
  EXPECT_EQ(kernel_->dbg->dropped, 10u);
}

TEST_F(DebugPrintTest, TheSinkSeesEachLineOnce) {
  Lines seen;
  kernel_->dbg->sink = [](void* context, const dbg::Line& line) { static_cast<Lines*>(context)->push_back(line.text); };
  kernel_->dbg->sink_context = &seen;
  DbgPrint("a\nb");
  DbgPrint("c\n");
  EXPECT_EQ(seen, (Lines{"a", "bc"}));
}

TEST_F(DebugPrintTest, AssertionsAndBreakpointsAreFindings) {
  char expression[] = "x > 0", file[] = "driver.c", message[] = "really";
  RtlAssert(expression, file, 12, message);
  DbgBreakPoint();
  ASSERT_EQ(breaks_.size(), 2u);
  EXPECT_EQ(breaks_[0], "Assertion failed: x > 0 at driver.c:12: really");
  EXPECT_FALSE(executor_->stopped());
  EXPECT_FALSE(KD_DEBUGGER_ENABLED);
  EXPECT_TRUE(KD_DEBUGGER_NOT_PRESENT);
  EXPECT_TRUE(KdRefreshDebuggerNotPresent());
  EXPECT_EQ(KdDisableDebugger(), STATUS_DEBUGGER_INACTIVE);
}

class WithADebuggerTest : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated, 1, {.debugger = true}); }
};

TEST_F(WithADebuggerTest, ABreakpointIsNotedAndExecutionGoesOn) {
  EXPECT_TRUE(KD_DEBUGGER_ENABLED);
  EXPECT_FALSE(KD_DEBUGGER_NOT_PRESENT);
  EXPECT_FALSE(KdRefreshDebuggerNotPresent());
  DbgBreakPoint();
  DbgBreakPointWithStatus(7);
  EXPECT_TRUE(breaks_.empty());
  EXPECT_EQ(dbg::Lines(*kernel_), (Lines{"break: The driver reached a breakpoint (DbgBreakPoint). The debugger goes on.",
                                         "break: The driver reached a breakpoint (DbgBreakPointWithStatus 0x7). The debugger goes on."}));
}

TEST_F(WithADebuggerTest, AFailedAssertionIsAFindingAllTheSame) {
  char expression[] = "x > 0", file[] = "driver.c";
  RtlAssert(expression, file, 12, nullptr);
  EXPECT_EQ(breaks_.size(), 1u);
}

TEST_F(WithADebuggerTest, ADisabledDebuggerIsNotPresent) {
  EXPECT_EQ(KdDisableDebugger(), STATUS_SUCCESS);
  EXPECT_FALSE(KD_DEBUGGER_ENABLED);
  EXPECT_TRUE(KdRefreshDebuggerNotPresent());
  DbgBreakPoint();
  EXPECT_EQ(breaks_.size(), 1u);
  EXPECT_EQ(KdEnableDebugger(), STATUS_SUCCESS);
  EXPECT_FALSE(KdRefreshDebuggerNotPresent());
}

}  // namespace
}  // namespace drydock::nt
