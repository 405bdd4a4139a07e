// A driver that is linked into the test program instead of being loaded from an image.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

extern "C" int32_t echo_linked_FxDriverEntry(struct _DRIVER_OBJECT* driver, struct _UNICODE_STRING* registry_path);

namespace {

TEST(EchoLinkedIn, AnswersAndLeavesNothingBehind) {
  drydock::Machine machine;
  auto driver = machine.AddDriver("echo_linked", echo_linked_FxDriverEntry);
  ASSERT_TRUE(driver.object()) << machine.ReportText();
  auto device = machine.AddDevice({.function = driver});
  ASSERT_TRUE(device.started()) << machine.ReportText();
  auto file = machine.Open(device);
  EXPECT_EQ(file.Write("hello").status, STATUS_SUCCESS);
  char buffer[16] = {};
  EXPECT_EQ(file.Read(buffer, sizeof buffer).information, 5u);
  EXPECT_STREQ(buffer, "hello");
  file.Close();
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_EQ(machine.UnloadDriver(driver), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

}  // namespace
