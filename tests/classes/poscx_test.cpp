// The point-of-service library: who owns the device, and whose events are whose.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <pointofservicedriverinterface.h>

#include <cstring>
#include <string>

#include "till.h"

namespace {

using drydock::ExecutorKind;
using drydock::File;
using drydock::IoResult;
using drydock::Machine;
using namespace std::chrono_literals;

constexpr uint32_t kData = 0, kControl = 2, kEverybody = 3;

class Till : public testing::TestWithParam<ExecutorKind> {
 protected:
  Till() : machine({.executor = GetParam(), .verifier = true}) {
    device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(till))});
    one = machine.Open(device);
    other = machine.Open(device);
  }
  void TearDown() override {
    one.Close();
    other.Close();
    machine.RunUntilIdle();  // who completed the last request has let go of the file
    EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
    EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
  }
  static drydock::Status Claim(File& file) { return file.Ioctl(IOCTL_POINT_OF_SERVICE_CLAIM_DEVICE, nullptr, 0, nullptr, 0, {.timeout = 10s}).status; }
  static drydock::Status Release(File& file) { return file.Ioctl(IOCTL_POINT_OF_SERVICE_RELEASE_DEVICE, nullptr, 0).status; }
  static drydock::Status Retain(File& file) { return file.Ioctl(IOCTL_POINT_OF_SERVICE_RETAIN_DEVICE, nullptr, 0).status; }
  // True: somebody has to read it yet.
  bool Event(uint32_t attributes, const std::string& data) {
    std::string input(reinterpret_cast<const char*>(&attributes), sizeof attributes);
    input += data;
    IoResult result = one.Ioctl(IOCTL_TILL_EVENT, input.data(), input.size(), nullptr, 0);
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    return result.information != 0;
  }
  static std::string Next(File& file, size_t room = 64) {
    std::string buffer(room, '\0');
    IoResult result = file.Read(buffer.data(), buffer.size(), {.timeout = 5s});
    if (result.status != STATUS_SUCCESS) return result.status.ToString();
    PosEventDataHeader header;
    std::memcpy(&header, buffer.data(), sizeof header);
    EXPECT_EQ(header.DataLength, result.information);
    if (header.EventType == ReleaseDeviceRequested) return "release?";
    return buffer.substr(sizeof header, result.information - sizeof header);
  }

  Machine machine;
  drydock::Device device;
  File one, other;
};

TEST_P(Till, EventsAreTheOwnersAndControlComesFirst) {
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_FALSE(Event(kData, "nobody")) << "without an owner it is dropped";
  EXPECT_EQ(Claim(one), STATUS_SUCCESS);
  EXPECT_EQ(Claim(one), STATUS_SUCCESS) << "it is mine already";
  EXPECT_TRUE(Event(kData, "first"));
  EXPECT_TRUE(Event(kData, "second"));
  EXPECT_TRUE(Event(kControl, "urgent"));
  EXPECT_EQ(Next(one), "urgent");
  EXPECT_EQ(Next(one), "first");
  EXPECT_EQ(Next(one), "second");
  char byte[64];
  auto read = one.StartRead(byte, sizeof byte);
  machine.RunUntilIdle();
  EXPECT_FALSE(read.done());
  EXPECT_FALSE(Event(kData, "now")) << "a read was waiting";
  EXPECT_EQ(read.Wait(5s).information, sizeof(PosEventDataHeader) + 3);
}

TEST_P(Till, SomeEventsAreForEverybody) {
  EXPECT_TRUE(Event(kEverybody, "closing time"));
  EXPECT_EQ(Next(one), "closing time");
  EXPECT_EQ(Next(other), "closing time");
}

TEST_P(Till, AnEventThatDoesNotFitStays) {
  Claim(one);
  Event(kData, "a long one");
  Event(kData, "short");
  PosEventDataHeader header;
  IoResult result = one.Read(&header, sizeof header, {.timeout = 5s});
  EXPECT_EQ(result.status, STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(header.DataLength, sizeof header + 10) << "so much room the next read needs";
  EXPECT_EQ(Next(one), "a long one");
  EXPECT_EQ(Next(one), "short");
}

TEST_P(Till, TheOwnerIsAskedAndMayKeepTheDevice) {
  EXPECT_EQ(Release(one), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Claim(one), STATUS_SUCCESS);
  auto claim = other.StartIoctl(IOCTL_POINT_OF_SERVICE_CLAIM_DEVICE, nullptr, 0, nullptr, 0);
  EXPECT_EQ(Next(one), "release?");
  EXPECT_EQ(Retain(other), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Retain(one), STATUS_SUCCESS);
  EXPECT_EQ(claim.Wait(5s).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(Release(one), STATUS_SUCCESS);
  EXPECT_EQ(Claim(other), STATUS_SUCCESS);
}

TEST_P(Till, ReleasedClosedOrSilentItGoesToTheNext) {
  Claim(one);
  auto claim = other.StartIoctl(IOCTL_POINT_OF_SERVICE_CLAIM_DEVICE, nullptr, 0, nullptr, 0);
  EXPECT_EQ(Next(one), "release?");
  EXPECT_EQ(Release(one), STATUS_SUCCESS);
  EXPECT_EQ(claim.Wait(5s).status, STATUS_SUCCESS);
  EXPECT_EQ(Claim(one), STATUS_SUCCESS) << "the other one does not answer";
  EXPECT_EQ(Release(other), STATUS_ACCESS_DENIED);
  claim = other.StartIoctl(IOCTL_POINT_OF_SERVICE_CLAIM_DEVICE, nullptr, 0, nullptr, 0);
  EXPECT_EQ(Next(one), "release?");
  one.Close();
  EXPECT_EQ(claim.Wait(5s).status, STATUS_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Both, Till, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
