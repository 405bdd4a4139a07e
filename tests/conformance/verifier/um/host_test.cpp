// The rule about what the user-mode host does not put up with, seen with a UMDF driver.
#include "findings.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

void Cancel(Machine& machine, Duration answers_after) {
  Hooks hooks;
  WDFREQUEST held = nullptr;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) { held = request; };
  Stack stack(machine, Answers(), hooks);
  File file = stack.Open();
  PendingIo io = file.StartIoctl(kBuffered, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  machine.Advance(milliseconds(300));  // not critical yet
  EXPECT_TRUE(Silent(machine));
  io.Cancel();
  machine.Advance(answers_after);
  machine.Run([&] { WdfRequestComplete(held, STATUS_CANCELLED); });
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE_WITH(WithRules({.critical = milliseconds(200)}), RuleHost, ACancelledRequestThatStaysIsFound, "IOT-11.17") {
  Cancel(machine, milliseconds(400));
  EXPECT_EQ(Findings(machine, "CriticalRequestBlocked"), 1u) << machine.ReportText();
}

CONFORMANCE_WITH(WithRules({.critical = milliseconds(200)}), RuleHost, ACancelledRequestThatEndsIsSilent, "IOT-11.17") {
  Cancel(machine, milliseconds(1));
  EXPECT_TRUE(Silent(machine));
}

}  // namespace
}  // namespace drydock::test
