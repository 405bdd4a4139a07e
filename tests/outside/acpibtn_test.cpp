// A driver of an ACPI device under the test kit: methods and notifications as a test makes them, and firmware that leaves the driver waiting.
#include <drydock/acpi.h>
#include <drydock/testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

namespace {

using drydock::AcpiValue;
using drydock::Machine;
using testing::HasSubstr;

constexpr uint32_t kEvaluate = 0x322404, kButtonEvent = 0x294144;

class Buttons : public testing::TestWithParam<drydock::ExecutorKind> {
 protected:
  drydock::Device Add(Machine& machine) {
    for (const char* name : {"_STA", "HKEY", "HENT", "_DSM"}) acpi_->Method(name, 15);
    return machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(acpibtn)), .acpi = acpi_});
  }
  std::shared_ptr<drydock::AcpiObject> acpi_ = std::make_shared<drydock::AcpiObject>();
};

TEST_P(Buttons, AKeyIsToldWithItsArguments) {
  Machine machine({.executor = GetParam()});
  auto device = Add(machine);
  ASSERT_TRUE(device.started()) << machine.ReportText();
  const std::vector<AcpiValue> dsm = acpi_->LastArguments("_DSM");
  ASSERT_EQ(dsm.size(), 4u);
  EXPECT_EQ(dsm[0].bytes.size(), 16u);
  EXPECT_EQ(dsm[1].integer, 1u);
  EXPECT_EQ(dsm[3].kind, AcpiValue::Kind::kPackage);
  EXPECT_EQ(acpi_->LastArguments("HENT")[0].integer, 1u);

  auto file = machine.Open(device);
  uint32_t event = 0;
  auto pending = file.StartIoctl(kButtonEvent, nullptr, 0, &event, sizeof event);
  acpi_->Method("HKEY", [](const std::vector<AcpiValue>&) { return AcpiValue(0x55); });
  EXPECT_EQ(drydock::NotifyAcpi(machine, device, 0x82).value(), STATUS_SUCCESS);
  EXPECT_EQ(pending.Wait().status.value(), STATUS_SUCCESS);
  EXPECT_EQ(event, 0x820055u);
  file.Close();
  machine.RunUntilIdle();  // who completed the request may still hold its file
  EXPECT_EQ(machine.RemoveDevice(device).value(), STATUS_SUCCESS);
}
INSTANTIATE_TEST_SUITE_P(BothExecutors, Buttons, testing::Values(drydock::ExecutorKind::Simulated, drydock::ExecutorKind::Live));

using FirmwareStall = Buttons;
TEST_P(FirmwareStall, AMethodThatNeverReturnsIsNamedWithItsPlace) {
  Machine machine({.executor = GetParam(), .seed = 11});
  auto device = Add(machine);
  acpi_->Silent("HKEY");
  const char name[] = {'H', 'K', 'E', 'Y'};
  uint32_t value;
  machine.Open(device).Ioctl(kEvaluate, name, sizeof name, &value, sizeof value);
  ASSERT_TRUE(machine.bug_check());
  EXPECT_EQ(machine.bug_check()->kind, drydock::ReportKind::kStall);
  const std::string report = machine.bug_check()->ToString();
  for (const char* part : {"WdfIoTargetSendInternalIoctlSynchronously", "EvalInteger", "tests/outside/buttons/acpibtn.cpp:45", "0x32C004", "seed 11"}) EXPECT_THAT(report, HasSubstr(part));
}
// And where nobody can ask any more: the device never starts.
TEST_P(FirmwareStall, AStartThatWaitsForTheFirmwareIsNamedToo) {
  Machine machine({.executor = GetParam(), .seed = 12});
  acpi_->Silent("_DSM");
  acpi_->Method("_STA", 15);
  machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(acpibtn)), .acpi = acpi_});
  ASSERT_TRUE(machine.bug_check());
  const std::string report = machine.bug_check()->ToString();
  for (const char* part : {"EvalDsm", "PrepareHardware", "acpibtn.cpp:", "seed 12"}) EXPECT_THAT(report, HasSubstr(part));
}
INSTANTIATE_TEST_SUITE_P(Simulated, FirmwareStall, testing::Values(drydock::ExecutorKind::Simulated));

}  // namespace
