// The Virtual HID Framework: devices that a source driver makes, what reaches it and what readers see, deletion, misuse.
#include <drydock/hid.h>
#include <drydock/testing.h>
#include <drydock/tree.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <hidclass.h>

#include <filesystem>

#include "vhf_source.h"

namespace {

using drydock::Device;
using drydock::ExecutorKind;
using drydock::File;
using drydock::HidFile;
using drydock::IoResult;
using drydock::Machine;
using namespace std::chrono_literals;

constexpr char kCollection[] = "HID_DEVICE_UP:FF00_U:0001";

struct Case {
  ExecutorKind executor;
  const char* id;
};

class VhfBase {
 protected:
  explicit VhfBase(ExecutorKind executor) : machine({.executor = executor, .verifier = true}) {
    machine.Install(VHF_INF, std::filesystem::path(DRYDOCK_IMAGE(vhf_source)).parent_path().string());
  }
  Device Add(const char* id) {
    Device device = machine.AddRootDevice(id);
    EXPECT_TRUE(device.started()) << device.problem() << machine.ReportText();
    machine.RunUntilIdle();
    control = machine.Open(device);
    EXPECT_EQ(control.status(), STATUS_SUCCESS);
    return device;
  }
  drydock::Status Tell(uint32_t code, std::vector<uint8_t> bytes = {}) { return control.Ioctl(code, bytes.data(), bytes.size()).status; }
  drydock::Status CompleteHeld(NTSTATUS status) { return control.Ioctl(IOCTL_SOURCE_COMPLETE, &status, sizeof status).status; }
  VHF_SOURCE_FACTS Facts() {
    VHF_SOURCE_FACTS facts = {};
    EXPECT_EQ(control.Ioctl(IOCTL_SOURCE_FACTS, nullptr, 0, &facts, sizeof facts).status, STATUS_SUCCESS);
    return facts;
  }
  Machine machine;
  File control;
};

class Vhf : public VhfBase, public testing::TestWithParam<Case> {
 protected:
  Vhf() : VhfBase(GetParam().executor) {}
  Device Add() { return VhfBase::Add(GetParam().id); }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }
};

TEST_P(Vhf, ADeviceOfTheSourceIsAHidDevice) {
  Device source = Add();
  const std::vector<Device> devices = machine.Children(source);
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_TRUE(devices[0].started()) << devices[0].problem();
  EXPECT_EQ(machine.Children(devices[0]).size(), 1u) << "its collection";
  HidFile hid(machine, machine.FindDevice("HID\\VID_1209&PID_2A01"));
  HidFile::Facts facts;
  EXPECT_EQ(hid.GetFacts(&facts), STATUS_SUCCESS);
  EXPECT_EQ(facts.vendor, VHF_SOURCE_VENDOR);
  EXPECT_EQ(facts.version, VHF_SOURCE_VERSION);
  std::u16string text;
  EXPECT_NE(hid.GetText(HidFile::Text::kProduct, &text).status, STATUS_SUCCESS) << "a virtual device has none";
  hid.Close();
  control.Close();
  EXPECT_EQ(machine.RemoveDevice(source), STATUS_SUCCESS);
}

TEST_P(Vhf, AReportReachesWhoReads) {
  Add();
  HidFile hid(machine, machine.FindDevice(kCollection));
  std::vector<uint8_t> report;
  auto reader = machine.Start("reader", [&] { EXPECT_EQ(hid.Read(&report, 5s).status, STATUS_SUCCESS); });
  EXPECT_EQ(Tell(IOCTL_SOURCE_SUBMIT, {1, 10, 20, 30, 40}), STATUS_SUCCESS);
  reader.Join();
  EXPECT_EQ(report, (std::vector<uint8_t>{1, 10, 20, 30, 40}));
  // Without a policy of its own a source may send as it likes.
  for (uint8_t i = 0; i < 20; ++i) EXPECT_EQ(Tell(IOCTL_SOURCE_SUBMIT, {1, i, 0, 0, 0}), STATUS_SUCCESS);
  for (uint8_t i = 0; i < 20; ++i) {
    EXPECT_EQ(hid.Read(&report, 5s).status, STATUS_SUCCESS);
    EXPECT_EQ(report[1], i);
  }
  EXPECT_EQ(Tell(IOCTL_SOURCE_SUBMIT), STATUS_INVALID_PARAMETER) << "no report";
}

TEST_P(Vhf, FeaturesOutputAndInputReportsAreOperationsOfTheSource) {
  Add();
  HidFile hid(machine, machine.FindDevice(kCollection));
  EXPECT_EQ(hid.SetFeature({3, 7, 8, 9}).status, STATUS_SUCCESS);
  std::vector<uint8_t> report;
  EXPECT_EQ(hid.GetFeature(3, &report).status, STATUS_SUCCESS);
  EXPECT_EQ(report, (std::vector<uint8_t>{3, 7, 8, 9}));
  EXPECT_EQ(hid.Write({2, 0x11, 0x22}).status, STATUS_SUCCESS);
  VHF_SOURCE_FACTS facts = Facts();
  EXPECT_EQ(facts.last_length, 3);
  EXPECT_EQ(facts.last[0], 2) << "the id";
  EXPECT_EQ(facts.last[1], 2) << "stands in the buffer, too";
  EXPECT_EQ(facts.last[2], 0x11);
  EXPECT_EQ(hid.SetOutputReport({2, 0x33, 0x44}).status, STATUS_SUCCESS);
  EXPECT_EQ(hid.GetInputReport(1, &report).status, STATUS_SUCCESS);
  EXPECT_EQ(report.size(), 5u);
  EXPECT_EQ(report[1], 0x77);
  facts = Facts();
  EXPECT_EQ(facts.set_feature, 1u);
  EXPECT_EQ(facts.get_feature, 1u);
  EXPECT_EQ(facts.write, 2u);
  EXPECT_EQ(facts.get_input, 1u);
  EXPECT_EQ(facts.bad_context, 0);
}

TEST_P(Vhf, AnOperationIsCompletedLaterWithItsStatus) {
  Add();
  ASSERT_EQ(Tell(IOCTL_SOURCE_HOLD), STATUS_SUCCESS);
  HidFile hid(machine, machine.FindDevice(kCollection));
  const uint8_t feature[] = {3, 1, 2, 3};
  auto first = hid.file().StartIoctl(IOCTL_HID_SET_FEATURE, feature, sizeof feature, nullptr, 0);
  auto second = hid.file().StartIoctl(IOCTL_HID_SET_FEATURE, feature, sizeof feature, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_EQ(Facts().held, 2u);
  EXPECT_EQ(CompleteHeld(STATUS_SUCCESS), STATUS_SUCCESS);
  EXPECT_EQ(first.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(CompleteHeld(STATUS_DEVICE_BUSY), STATUS_SUCCESS);
  EXPECT_EQ(second.Wait().status, STATUS_DEVICE_BUSY);
  EXPECT_EQ(CompleteHeld(STATUS_SUCCESS), STATUS_NOT_FOUND);
  EXPECT_EQ(Facts().bad_context, 0);
}

TEST_P(Vhf, ACancelledRequestLeavesTheOperationToTheSource) {
  Add();
  ASSERT_EQ(Tell(IOCTL_SOURCE_HOLD), STATUS_SUCCESS);
  HidFile hid(machine, machine.FindDevice(kCollection));
  std::vector<uint8_t> room(64);
  room[0] = 3;
  auto waits = hid.file().StartIoctl(IOCTL_HID_GET_FEATURE, nullptr, 0, room.data(), room.size());
  machine.RunUntilIdle();
  EXPECT_EQ(Facts().held, 1u);
  EXPECT_TRUE(waits.Cancel());
  EXPECT_EQ(waits.Wait().status, STATUS_CANCELLED);
  EXPECT_EQ(CompleteHeld(STATUS_SUCCESS), STATUS_SUCCESS) << "its memory is still the operation's";
}

TEST_P(Vhf, DeletingTheDeviceWaitsForItsOperations) {
  Device source = Add();
  ASSERT_EQ(Tell(IOCTL_SOURCE_HOLD), STATUS_SUCCESS);
  HidFile hid(machine, machine.FindDevice(kCollection));
  const uint8_t output[] = {2, 1, 2};
  auto writes = hid.file().StartWrite(output, sizeof output);
  machine.RunUntilIdle();
  ASSERT_EQ(Facts().held, 1u);
  File other = machine.Open(source);
  auto deletes = machine.Start("deleter", [&] { EXPECT_EQ(other.Ioctl(IOCTL_SOURCE_DELETE).status, STATUS_SUCCESS); });
  machine.RunUntilIdle();
  EXPECT_EQ(Facts().cleanup, 0u) << "an operation is pending";
  EXPECT_EQ(writes.Wait().status, STATUS_DEVICE_NOT_CONNECTED) << "the device is gone for its readers";
  EXPECT_EQ(CompleteHeld(STATUS_SUCCESS), STATUS_SUCCESS);
  deletes.Join();
  EXPECT_EQ(Facts().cleanup, 1u);
  hid.Close();
  machine.RunUntilIdle();
  EXPECT_EQ(machine.Children(source).size(), 0u);
  other.Close();
  control.Close();
  EXPECT_EQ(machine.RemoveDevice(source), STATUS_SUCCESS);
}

TEST_P(Vhf, TheDeviceComesAndGoesWithItsSource) {
  Device source = Add();
  control.Close();
  EXPECT_EQ(machine.DisableDevice(source), STATUS_SUCCESS);
  EXPECT_EQ(machine.EnableDevice(source), STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.Children(source).size(), 1u);
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  HidFile hid(machine, machine.FindDevice(kCollection));
  std::vector<uint8_t> room(64);
  auto reads = hid.file().StartRead(room.data(), room.size());
  machine.RunUntilIdle();
  machine.SurpriseRemove(source);
  EXPECT_NE(reads.Wait().status, STATUS_SUCCESS);
  hid.Close();
  machine.RunUntilIdle();
}

INSTANTIATE_TEST_SUITE_P(All, Vhf,
                         testing::Values(Case{ExecutorKind::Simulated, "root\\vhf_source"}, Case{ExecutorKind::Live, "root\\vhf_source"},
                                         Case{ExecutorKind::Simulated, "root\\vhf_source_um"}, Case{ExecutorKind::Live, "root\\vhf_source_um"}),
                         [](const auto& info) {
                           return std::string(info.param.executor == ExecutorKind::Live ? "Live" : "Simulated") +
                                  (info.param.id[15] == 0 ? "Kernel" : "User");
                         });

class VhfKernel : public VhfBase, public testing::TestWithParam<ExecutorKind> {
 protected:
  VhfKernel() : VhfBase(GetParam()) {}
  void Wrong(uint8_t which, uint32_t code, const char* words) {
    Tell(IOCTL_SOURCE_WRONG, {which});
    ASSERT_EQ(machine.reports().size(), 1u) << machine.ReportText();
    EXPECT_EQ(machine.reports()[0].code, code);
    EXPECT_NE(machine.ReportText().find(words), std::string::npos) << machine.ReportText();
  }
};

TEST_P(VhfKernel, ASourceWithAPolicyOfItsOwnIsAskedForEachReport) {
  Add("root\\vhf_source_policy");
  EXPECT_EQ(Facts().ready, 1u) << "once, although the class has two reads out";
  EXPECT_EQ(Tell(IOCTL_SOURCE_SUBMIT, {1, 1, 0, 0, 0}), STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(Facts().ready, 2u);
  HidFile hid(machine, machine.FindDevice(kCollection));
  EXPECT_EQ(Tell(IOCTL_SOURCE_SUBMIT, {1, 2, 0, 0, 0}), STATUS_SUCCESS);
  std::vector<uint8_t> report;
  EXPECT_EQ(hid.Read(&report, 5s).status, STATUS_SUCCESS);
  EXPECT_EQ(report[1], 2);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

TEST_P(VhfKernel, WithoutTheFilterNothingIsMade) {
  Device device = machine.AddRootDevice("root\\vhf_source_alone");
  EXPECT_FALSE(device.started());
}

TEST_P(VhfKernel, DeletingAtDispatchLevelIsReported) {
  Add("root\\vhf_source");
  Wrong(WrongLevelOfDelete, 0xA, "VhfDelete was called at IRQL 2");
}

TEST_P(VhfKernel, StartingAtDispatchLevelIsReported) {
  Add("root\\vhf_source");
  Wrong(WrongLevelOfStart, 0xA, "VhfStart was called at IRQL 2");
}

TEST_P(VhfKernel, AnOperationThatIsCompletedTwiceIsReported) {
  Add("root\\vhf_source");
  ASSERT_EQ(Tell(IOCTL_SOURCE_HOLD), STATUS_SUCCESS);
  HidFile hid(machine, machine.FindDevice(kCollection));
  const uint8_t output[] = {2, 1, 2};
  auto writes = hid.file().StartWrite(output, sizeof output);
  machine.RunUntilIdle();
  Wrong(CompletedTwice, 0xC4, "complete already");
}

INSTANTIATE_TEST_SUITE_P(Both, VhfKernel, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
