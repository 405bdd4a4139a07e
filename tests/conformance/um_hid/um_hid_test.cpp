// The HID class above a minidriver, seen from both ends.
#include <hidport.h>

#include <string>

#include "classes/services.h"
#include "drydock/hid.h"
#include "minidriver.h"
#include "support/conformance.h"

namespace drydock::test {
namespace {

using hid::Bytes;

// The layouts and codes that pass between class and minidriver (hidport.h, hidclass.h); the SDK's tests assert them for drivers.
static_assert(sizeof(HID_DESCRIPTOR) == 9 && sizeof(HID_DEVICE_ATTRIBUTES) == 32 && sizeof(HID_XFER_PACKET) == 16);
static_assert(IOCTL_UMDF_HID_SET_FEATURE == 0xB0053 && IOCTL_UMDF_HID_GET_FEATURE == 0xB0057);
static_assert(IOCTL_UMDF_HID_SET_OUTPUT_REPORT == 0xB005B && IOCTL_UMDF_HID_GET_INPUT_REPORT == 0xB005F);

constexpr NTSTATUS kDataError = STATUS_DEVICE_DATA_ERROR;

struct Rig {
  explicit Rig(Machine& owner, bool user_mode = true, bool ids = true) : machine(owner), user_mode(user_mode) {
    hid::um = hid::km = &mini;
    mini.ids = ids;
    const std::string name = user_mode ? "hid_um" : "hid_km";
    if (user_mode) {
      const std::string key = "\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\" + name;
      for (const char* value : {"UmdfKernelModeClientPolicy", "UmdfFileObjectPolicy", "UmdfMethodNeitherAction"}) {
        EXPECT_TRUE(machine.SetRegistry(key, value, 1u).ok());
      }
    }
    minidriver = machine.AddDriver(name, user_mode ? &hid_um_FxDriverEntry : &hid_km_FxDriverEntry);
    const char* service = user_mode ? "MsHidUmdf" : "MsHidKmdf";
    function = machine.AddDriver(service, reinterpret_cast<DriverEntryPoint>(classes::FindService(service)));
  }
  ~Rig() { machine.TakeDown(); }  // before `mini` goes
  void Start() {
    device = machine.AddDevice({.function = function, .lower_filters = {minidriver}});
    machine.RunUntilIdle();
  }
  uint32_t Code(uint32_t kernel, uint32_t user) const { return user_mode ? user : kernel; }

  Machine& machine;
  const bool user_mode;
  hid::Mini mini;
  Driver minidriver, function;
  Device device;
};

// Both kinds of minidrivers, each with a machine of its own.
template <class Body>
void BothKinds(Machine& machine, Body body) {
  {
    SCOPED_TRACE("user mode");
    Rig rig(machine, true);
    rig.Start();
    ASSERT_TRUE(rig.device.started()) << machine.ReportText();
    body(rig);
  }
  SCOPED_TRACE("kernel mode");
  Machine other(MachineOptions{.executor = machine.options().executor, .seed = machine.options().seed});
  Rig rig(other, false);
  rig.Start();
  ASSERT_TRUE(rig.device.started()) << other.ReportText();
  body(rig);
}

CONFORMANCE(HidClass, TheStartAsksForDescriptorsActivatesAndReads, "UM-26", "UM-32", "O-39") {
  BothKinds(machine, [](Rig& rig) {
    const uint32_t order[] = {IOCTL_HID_GET_DEVICE_DESCRIPTOR, IOCTL_HID_GET_DEVICE_ATTRIBUTES, IOCTL_HID_GET_REPORT_DESCRIPTOR,
                              IOCTL_HID_ACTIVATE_DEVICE, IOCTL_HID_READ_REPORT, IOCTL_HID_READ_REPORT};
    ASSERT_EQ(rig.mini.calls.size(), 6u);
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(rig.mini.calls[i].code, order[i]) << i;
      EXPECT_EQ(rig.mini.calls[i].internal, !rig.user_mode) << "device control for user mode, internal device control for KMDF";
    }
    EXPECT_EQ(rig.mini.calls[0].output, 9u);
    EXPECT_EQ(rig.mini.calls[1].output, 32u);
    EXPECT_EQ(rig.mini.calls[2].output, hid::ReportDescriptor(true).size());
    EXPECT_EQ(rig.mini.calls[4].output, 4u) << "the longest input report, with its id";
    HidFile file(rig.machine, rig.device);
    HidFile::Facts facts;
    EXPECT_TRUE(file.GetFacts(&facts).ok());
    EXPECT_EQ(facts.vendor, 0x1234);
    EXPECT_EQ(facts.product, 0x5678);
    EXPECT_EQ(facts.version, 0x0102);
    file.Close();
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_DEACTIVATE_DEVICE), 0);
    rig.machine.RemoveDevice(rig.device);
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_DEACTIVATE_DEVICE), 1);
    EXPECT_TRUE(rig.machine.reports().empty()) << rig.machine.ReportText();
  });
}

CONFORMANCE(HidClass, AnswersThatAreTooShortOrBrokenFailTheStart, "UM-32") {
  for (int which = 0; which < 3; ++which) {
    Machine fresh(MachineOptions{.executor = machine.options().executor});
    Rig rig(fresh);
    rig.mini.broken_report_descriptor = which == 0;
    rig.mini.short_attributes = which == 1;
    if (which == 2) {
      rig.mini.refuse = IOCTL_HID_GET_DEVICE_DESCRIPTOR;
      rig.mini.refuse_status = kDataError;
    }
    rig.Start();
    EXPECT_FALSE(rig.device.started()) << which;
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 0) << which;
  }
}

CONFORMANCE(HidClass, GetFeatureAndGetInputReportBringTheIdAndTakeTheReport, "UM-28", "O-39") {
  BothKinds(machine, [](Rig& rig) {
    HidFile file(rig.machine, rig.device);
    Bytes report;
    rig.mini.feature = {2, 20, 21, 22, 23, 24, 25};
    EXPECT_EQ(file.GetFeature(2, &report).information, 7u);
    EXPECT_EQ(report, (Bytes{2, 20, 21, 22, 23, 24, 25}));
    hid::Call call = rig.mini.Last(rig.Code(IOCTL_HID_GET_FEATURE, IOCTL_UMDF_HID_GET_FEATURE));
    EXPECT_EQ(call.report_id, 2);
    EXPECT_EQ(call.output, 7u);
    if (rig.user_mode) EXPECT_EQ(call.input, 1u) << "the input buffer is the report id";
    rig.mini.last_output = {1, 7, 8, 9};
    EXPECT_EQ(file.GetInputReport(1, &report).information, 4u);
    EXPECT_EQ(report, (Bytes{1, 7, 8, 9}));
    call = rig.mini.Last(rig.Code(IOCTL_HID_GET_INPUT_REPORT, IOCTL_UMDF_HID_GET_INPUT_REPORT));
    EXPECT_EQ(call.report_id, 1);
    EXPECT_EQ(call.output, 4u);
    // What the device does not have does not reach the minidriver.
    const size_t before = rig.mini.calls.size();
    EXPECT_EQ(file.GetFeature(3, &report).status, STATUS_INVALID_PARAMETER);
    uint8_t small[3] = {1};
    EXPECT_EQ(file.file().Ioctl(IOCTL_HID_GET_FEATURE, nullptr, 0, small, sizeof small).status, STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(rig.mini.calls.size(), before);
    rig.mini.refuse = rig.Code(IOCTL_HID_GET_FEATURE, IOCTL_UMDF_HID_GET_FEATURE);
    rig.mini.refuse_status = STATUS_DEVICE_NOT_READY;
    EXPECT_EQ(file.GetFeature(1, &report).status, STATUS_DEVICE_NOT_READY);
    EXPECT_TRUE(report.empty());
  });
}

CONFORMANCE(HidClass, SetFeatureAndSetOutputReportBringTheReportAndTheIdAsOutputLength, "UM-29", "O-39") {
  BothKinds(machine, [](Rig& rig) {
    HidFile file(rig.machine, rig.device);
    const Bytes feature = {2, 1, 2, 3, 4, 5, 6}, output = {1, 0xA, 0xB, 0xC};
    EXPECT_TRUE(file.SetFeature(feature).ok());
    hid::Call call = rig.mini.Last(rig.Code(IOCTL_HID_SET_FEATURE, IOCTL_UMDF_HID_SET_FEATURE));
    EXPECT_EQ(call.data, feature);
    EXPECT_EQ(call.report_id, 2);
    if (rig.user_mode) {
      EXPECT_EQ(call.output, 2u) << "the report id is the output buffer's length";
      EXPECT_EQ(call.input, feature.size());
    }
    EXPECT_TRUE(file.SetOutputReport(output).ok());
    call = rig.mini.Last(rig.Code(IOCTL_HID_SET_OUTPUT_REPORT, IOCTL_UMDF_HID_SET_OUTPUT_REPORT));
    EXPECT_EQ(call.data, output);
    EXPECT_EQ(call.report_id, 1);
    EXPECT_EQ(file.SetFeature({9, 1, 2}).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(file.SetOutputReport({1, 2}).status, STATUS_INVALID_BUFFER_SIZE);
  });
}

CONFORMANCE(HidClass, ADeviceWithoutIdsSeesNoneAndApplicationsWriteZero, "UM-28", "UM-29", "UM-30") {
  Rig rig(machine, false, false);
  rig.Start();
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  HidFile file(machine, rig.device);
  EXPECT_TRUE(file.SetFeature({0, 4, 3, 2, 1}).ok());
  EXPECT_EQ(rig.mini.Last(IOCTL_HID_SET_FEATURE).data, (Bytes{4, 3, 2, 1}));
  Bytes report;
  EXPECT_EQ(file.GetFeature(0, &report).information, 5u);
  EXPECT_EQ(report, (Bytes{0, 4, 3, 2, 1}));
  EXPECT_EQ(file.Write({0, 7, 8, 9}).information, 4u);
  EXPECT_EQ(rig.mini.Last(IOCTL_HID_WRITE_REPORT).data, (Bytes{7, 8, 9}));
  EXPECT_TRUE(file.Read(&report).ok());
  EXPECT_EQ(report, (Bytes{0, 7, 8, 9}));
  EXPECT_EQ(file.Write({1, 7, 8, 9}).status, STATUS_INVALID_PARAMETER);
}

CONFORMANCE(HidClass, AReadReportIsSentAgainAsSoonAsItCompletesAndStaysPendingOtherwise, "UM-30") {
  BothKinds(machine, [](Rig& rig) {
    HidFile file(rig.machine, rig.device);
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 2) << "ping and pong";
    rig.machine.Advance(std::chrono::milliseconds(20));
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 2) << "both wait for a report";
    for (uint8_t i = 1; i <= 10; ++i) {
      EXPECT_TRUE(file.Write({1, i, i, i}).ok());
      rig.machine.RunUntilIdle();
      EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 2 + i);
    }
    for (uint8_t i = 1; i <= 10; ++i) {
      Bytes report;
      EXPECT_TRUE(file.Read(&report).ok());
      EXPECT_EQ(report, (Bytes{1, i, i, i})) << "in order";
    }
  });
}

CONFORMANCE(HidClass, EveryOpenFileGetsEveryReportAndAFullQueueLosesTheOldest, "ours") {
  Rig rig(machine);
  rig.Start();
  HidFile first(machine, rig.device), second(machine, rig.device);
  EXPECT_EQ(second.SetQueueLength(1), STATUS_INVALID_PARAMETER);
  EXPECT_TRUE(second.SetQueueLength(2).ok());
  Bytes report;
  uint8_t room[64];
  PendingIo waiting = first.file().StartRead(room, sizeof room);
  for (uint8_t i = 1; i <= 4; ++i) {
    EXPECT_TRUE(first.Write({1, i, 0, 0}).ok());
    machine.RunUntilIdle();
  }
  EXPECT_EQ(waiting.Wait().information, 4u);
  EXPECT_EQ(room[1], 1);
  EXPECT_TRUE(first.Read(&report).ok());
  EXPECT_EQ(report[1], 2);
  EXPECT_TRUE(second.Read(&report).ok());
  EXPECT_EQ(report[1], 3) << "1 and 2 had to go";
  EXPECT_TRUE(second.Flush().ok());
  PendingIo cancelled = second.file().StartRead(room, sizeof room);
  machine.RunUntilIdle();
  EXPECT_FALSE(cancelled.done()) << "4 was flushed";
  EXPECT_TRUE(cancelled.Cancel());
  EXPECT_EQ(cancelled.Wait().status, STATUS_CANCELLED);
  uint8_t short_room[3];
  EXPECT_EQ(second.file().Read(short_room, sizeof short_room).status, STATUS_INVALID_BUFFER_SIZE);
}

CONFORMANCE(HidClass, AStringIsAskedForByIdentifierAndLanguageAndASmallBufferGetsNothing, "UM-31") {
  BothKinds(machine, [](Rig& rig) {
    HidFile file(rig.machine, rig.device);
    std::u16string text;
    EXPECT_TRUE(file.GetText(HidFile::Text::kManufacturer, &text).ok());
    EXPECT_EQ(text, u"the maker");
    EXPECT_EQ(rig.mini.Last(IOCTL_HID_GET_STRING).value, 0x0409000Eu) << "low word identifier, high word language";
    if (rig.user_mode) EXPECT_EQ(rig.mini.Last(IOCTL_HID_GET_STRING).input, 4u);
    EXPECT_TRUE(file.GetText(HidFile::Text::kProduct, &text).ok());
    EXPECT_EQ(text, u"the product");
    EXPECT_TRUE(file.GetText(HidFile::Text::kSerialNumber, &text).ok());
    EXPECT_EQ(text, u"no. 4711");
    const IoResult small = file.GetText(HidFile::Text::kProduct, &text, 4);
    EXPECT_FALSE(small.ok());
    EXPECT_EQ(small.information, 0u);
    EXPECT_TRUE(file.GetIndexedText(2, &text).ok());
    EXPECT_EQ(text, u"no. 4711");
    EXPECT_EQ(rig.mini.Last(IOCTL_HID_GET_INDEXED_STRING).value & 0xFFFF, 2u);
    EXPECT_EQ(file.GetIndexedText(9, &text).status, STATUS_INVALID_PARAMETER);
  });
}

CONFORMANCE(HidClass, OutOfD0NothingIsWithTheMinidriverAndD0BringsTheReadsBack, "ours") {
  BothKinds(machine, [](Rig& rig) {
    HidFile file(rig.machine, rig.device);
    EXPECT_TRUE(rig.machine.SetPowerState(rig.device, 3).ok());
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 2);
    EXPECT_TRUE(rig.machine.SetPowerState(rig.device, 0).ok());
    rig.machine.RunUntilIdle();
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 4);
    EXPECT_TRUE(rig.machine.SetSystemPower(3).ok());
    rig.machine.RunUntilIdle();
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 4);
    EXPECT_TRUE(rig.machine.SetSystemPower(0).ok());
    rig.machine.RunUntilIdle();
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_READ_REPORT), 6);
    Bytes report;
    EXPECT_TRUE(file.Write({1, 2, 3, 4}).ok());
    EXPECT_TRUE(file.Read(&report).ok());
    EXPECT_EQ(report, (Bytes{1, 2, 3, 4}));
  });
}

CONFORMANCE(HidClass, ACancelledRequestReachesTheMinidriver, "ours") {
  BothKinds(machine, [](Rig& rig) {
    rig.mini.keep = rig.Code(IOCTL_HID_SET_FEATURE, IOCTL_UMDF_HID_SET_FEATURE);
    HidFile file(rig.machine, rig.device);
    const uint8_t feature[] = {1, 1, 2, 3, 4};
    PendingIo pending = file.file().StartIoctl(IOCTL_HID_SET_FEATURE, feature, sizeof feature, nullptr, 0);
    rig.machine.RunUntilIdle();
    EXPECT_FALSE(pending.done());
    EXPECT_TRUE(pending.Cancel());
    EXPECT_EQ(pending.Wait().status, STATUS_CANCELLED);
    file.Close();
    EXPECT_TRUE(rig.machine.RemoveDevice(rig.device).ok());
  });
}

CONFORMANCE(HidClass, PulledOutTheReadsThatWaitEnd, "ours") {
  BothKinds(machine, [](Rig& rig) {
    HidFile file(rig.machine, rig.device);
    uint8_t room[8];
    PendingIo waiting = file.file().StartRead(room, sizeof room);
    rig.machine.RunUntilIdle();
    rig.machine.SurpriseRemove(rig.device);
    EXPECT_EQ(waiting.Wait().status, STATUS_DEVICE_NOT_CONNECTED);
    EXPECT_EQ(rig.mini.Count(IOCTL_HID_DEACTIVATE_DEVICE), 0) << "nobody is there to hear it";
    file.Close();
    EXPECT_TRUE(rig.machine.reports().empty()) << rig.machine.ReportText();
  });
}

CONFORMANCE(HidClass, FilesThatComeAndGoWhileReportsFlow, "ours") {
  Rig rig(machine);
  rig.Start();
  std::vector<Task> tasks;
  for (int t = 0; t < 3; ++t) {
    tasks.push_back(machine.Start("reader", [&, t] {
      for (uint8_t i = 0; i < 8; ++i) {
        HidFile file(machine, rig.device);
        EXPECT_TRUE(file.Write({1, static_cast<uint8_t>(t), i, 0}).ok());
        Bytes report;
        for (int n = 0; n < 100 && (report.size() < 3 || report[1] != t || report[2] != i); ++n) ASSERT_TRUE(file.Read(&report).ok());
      }
    }));
  }
  for (Task& task : tasks) task.Join();
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(HidClass, AnAllocationThatFailsIsAnErrorAndNothingMore, "ours") {
  Rig rig(machine);
  int failed = 0, worked = 0;
  for (uint32_t n = 1; n <= 60; ++n) {
    machine.FailAllocations(n, 1);
    rig.Start();
    if (rig.device.started()) {
      HidFile file(machine, rig.device);
      Bytes report;
      bool all = file.status().ok();
      all = all && file.SetFeature({1, 1, 2, 3, 4}).ok() && file.GetFeature(1, &report).ok() && file.Write({1, 5, 6, 7}).ok();
      std::u16string text;
      all = all && file.GetIndexedText(1, &text).ok();
      all ? ++worked : ++failed;
    } else {
      ++failed;
    }
    machine.FailAllocations(0);
    machine.RemoveDevice(rig.device);
    ASSERT_FALSE(machine.stopped()) << n << "\n" << machine.ReportText();
  }
  EXPECT_GT(failed, 5);
  EXPECT_GT(worked, 5);
  // And then it works.
  rig.Start();
  EXPECT_TRUE(rig.device.started());
}

}  // namespace
}  // namespace drydock::test
