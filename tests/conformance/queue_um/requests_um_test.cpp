// Received requests of a UMDF driver, where they differ from KMDF's.
#include <cstring>

#include "driver.h"
#include "support/conformance.h"

namespace drydock::test {
namespace {

constexpr int32_t kSuccess = 0, kNotFound = static_cast<int32_t>(0xC0000225), kInvalidParameter = static_cast<int32_t>(0xC000000D),
                  kUnsuccessful = static_cast<int32_t>(0xC0000001), kInvalidDeviceRequest = static_cast<int32_t>(0xC0000010),
                  kBadImpersonationLevel = static_cast<int32_t>(0xC00000A5);

struct UmRig {
  UmRig(Machine& machine, um::Trial trial) {
    um::trial = trial;
    um::seen = {};
    um::complete_status = kSuccess;
    Driver driver = machine.AddDriver("queue_um", &queue_um_FxDriverEntry);
    device = machine.AddDevice({.function = driver});
    EXPECT_TRUE(device.started()) << machine.ReportText();
    file = machine.Open(device);
  }
  Device device;
  File file;
};

CONFORMANCE(UmRequest, BufferedControlHasSeparateBuffersAndCopiesBackOnSuccessOnly, "IOT-7.24") {
  UmRig rig(machine, um::Trial::kSeparateBuffers);
  char in[6] = "hello", out[6];
  memcpy(out, "12345", 6);
  IoResult result = rig.file.Ioctl(um::kBuffered, in, 5, out, 5);
  EXPECT_EQ(um::seen.status[0], kSuccess);
  EXPECT_EQ(um::seen.status[1], kSuccess);
  EXPECT_FALSE(um::seen.same_address);
  EXPECT_STREQ(um::seen.input_after, "hello");
  EXPECT_EQ(result.information, 5u);
  EXPECT_STREQ(out, "ooooo");
  EXPECT_STREQ(in, "hello");

  memcpy(out, "12345", 6);
  um::complete_status = kUnsuccessful;
  EXPECT_EQ(rig.file.Ioctl(um::kBuffered, in, 5, out, 5).status, kUnsuccessful);
  EXPECT_STREQ(out, "12345");
}

CONFORMANCE(UmRequest, NeitherControlIsRejectedBeforeTheDriver, "IOT-7.25") {
  UmRig rig(machine, um::Trial::kEcho);
  char buffer[4] = {};
  EXPECT_EQ(rig.file.Ioctl(um::kNeither, buffer, 4, buffer, 4).status, kInvalidDeviceRequest);
  EXPECT_EQ(um::seen.handled, 0);
}

CONFORMANCE(UmRequest, NeitherControlIsCopiedWhereTheInfSaysSo, "IOT-7.25", "IOT-7.24") {
  EXPECT_EQ(machine.SetRegistry("\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\queue_um",
                                "UmdfMethodNeitherAction", 1u),
            kSuccess);
  UmRig rig(machine, um::Trial::kSeparateBuffers);
  char in[6] = "hello", out[6];
  memcpy(out, "12345", 6);
  EXPECT_EQ(rig.file.Ioctl(um::kNeither, in, 5, out, 5).information, 5u);
  EXPECT_FALSE(um::seen.same_address);
  EXPECT_STREQ(um::seen.input_after, "hello");
  EXPECT_STREQ(out, "ooooo");
  EXPECT_STREQ(in, "hello") << "what the driver wrote there was thrown away";
  memcpy(out, "12345", 6);
  um::complete_status = kUnsuccessful;
  EXPECT_EQ(rig.file.Ioctl(um::kNeither, in, 5, out, 5).status, kUnsuccessful);
  EXPECT_STREQ(out, "12345") << "copied back on success only";
  um::trial = um::Trial::kInformation;
  EXPECT_EQ(rig.file.Ioctl(um::kNeither).status, kSuccess);
  EXPECT_EQ(um::seen.status[0], 2);  // WdfDeviceIoBuffered
}

CONFORMANCE(UmRequest, ActivityIdIsNotFoundUntilSetAndThenOverwritten, "IOT-7.43") {
  UmRig rig(machine, um::Trial::kActivity);
  EXPECT_EQ(rig.file.Ioctl(um::kBuffered).status, kSuccess);
  EXPECT_EQ(um::seen.status[0], kNotFound);
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(um::seen.status[i], 0) << i;
  // The next request starts without one.
  EXPECT_EQ(rig.file.Ioctl(um::kBuffered).status, kSuccess);
  EXPECT_EQ(um::seen.status[0], kNotFound);
}

// Ours: the status beyond the level that is allowed.
CONFORMANCE(UmRequest, ImpersonationRunsItsCallbackOrFails, "IOT-7.42", "OP-30") {
  UmRig rig(machine, um::Trial::kImpersonate);
  EXPECT_EQ(rig.file.Ioctl(um::kBuffered).status, kSuccess);
  EXPECT_EQ(um::seen.status[0], kSuccess);
  EXPECT_EQ(um::seen.status[1], kInvalidParameter);
  EXPECT_EQ(um::seen.status[2], kInvalidParameter);
  EXPECT_EQ(um::seen.status[3], kBadImpersonationLevel);
  EXPECT_EQ(um::seen.callbacks, 1);
}

CONFORMANCE(UmRequest, HandlersRunAtPassiveLevel, "IOT-9.10", "OP-3") {
  UmRig rig(machine, um::Trial::kLevel);
  EXPECT_EQ(rig.file.Ioctl(um::kBuffered).status, kSuccess);
  EXPECT_EQ(um::seen.level, 0);
}

CONFORMANCE(UmRequest, InitiatorIsKept, "ours") {
  UmRig rig(machine, um::Trial::kInformation);
  EXPECT_EQ(rig.file.Ioctl(um::kBuffered).status, kSuccess);
  EXPECT_EQ(um::seen.status[0], 2);  // WdfDeviceIoBuffered
  EXPECT_EQ(um::seen.status[1], 1);
}

}  // namespace
}  // namespace drydock::test
