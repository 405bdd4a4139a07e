// HID collections: what is on the bus, what files of a collection see, keyboards and mice above, going away.
#include <drydock/hid.h>
#include <drydock/testing.h>
#include <drydock/tree.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <hidclass.h>
#include <hidpi.h>
#include <ntddkbd.h>
#include <ntddmou.h>

#include <cstring>
#include <filesystem>

#include "../../sdk/um/hidsdi.h"
#include "hid_desk.h"

namespace {

using drydock::Device;
using drydock::ExecutorKind;
using drydock::File;
using drydock::HidFile;
using drydock::Machine;
using namespace std::chrono_literals;

class HidCollections : public testing::TestWithParam<ExecutorKind> {
 protected:
  HidCollections() : machine({.executor = GetParam(), .verifier = true}) {
    machine.Install(DESK_INF, std::filesystem::path(DRYDOCK_IMAGE(hid_desk)).parent_path().string());
  }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }
  Device Add(const char* id) {
    Device device = machine.AddRootDevice(id);
    EXPECT_TRUE(device.started()) << device.problem() << machine.ReportText();
    machine.RunUntilIdle();
    return device;
  }
  // The device of the test sends a report. Live, the class may not have asked again since the last one.
  void Send(Device desk, std::vector<uint8_t> report) {
    std::vector<uint8_t> out = {3, static_cast<uint8_t>(report.size())};
    out.insert(out.end(), report.begin(), report.end());
    out.resize(1 + DESK_SEND_BYTES);
    HidFile file(machine, desk);
    drydock::Status status = file.Write(out).status;
    for (int tries = 0; status == STATUS_DEVICE_BUSY && tries < 200; ++tries) {
      machine.Advance(5ms);
      status = file.Write(out).status;
    }
    EXPECT_EQ(status, STATUS_SUCCESS);
  }

  Machine machine;
};

TEST_P(HidCollections, EachTopLevelCollectionIsADevice) {
  Device desk = Add("root\\hid_desk");
  const std::vector<Device> children = machine.Children(desk);
  ASSERT_EQ(children.size(), 3u);
  for (const Device& child : children) EXPECT_TRUE(child.started()) << child.name() << child.problem();
  for (const char* id : {"HID\\VID_045E&PID_001E&REV_0203&Col01", "HID_DEVICE_SYSTEM_MOUSE", "HID\\VID_045E&PID_001E&Col02",
                         "HID_DEVICE_SYSTEM_KEYBOARD", "HID_DEVICE_UP:FF00_U:0001", "HID_DEVICE"}) {
    EXPECT_NO_THROW(machine.FindDevice(id)) << id;
    EXPECT_FALSE(machine.FindDevice(id).name().empty()) << id;
  }
  EXPECT_EQ(machine.RemoveDevice(desk), STATUS_SUCCESS);
}

TEST_P(HidCollections, ADeviceWithOneCollectionHasNoNumberInItsIds) {
  Add("root\\hid_desk_mouse");
  EXPECT_FALSE(machine.FindDevice("HID\\VID_045E&PID_001E").name().empty());
}

TEST_P(HidCollections, WithoutReportIdsTheMinidriverSeesNone) {
  Device desk = Add("root\\hid_desk_mouse");
  File mouse = machine.Open(machine.FindDevice("HID\\VID_045E&PID_001E"));
  HidFile whole(machine, desk);
  std::vector<uint8_t> out = {0, 4, 0, 3, 4, 0};  // id 0, then four bytes of a report
  out.resize(1 + DESK_SEND_BYTES);
  EXPECT_EQ(whole.Write(out).status, STATUS_SUCCESS);
  MOUSE_INPUT_DATA packet = {};
  EXPECT_EQ(mouse.Read(&packet, sizeof packet, {.timeout = 5s}).status, STATUS_SUCCESS);
  EXPECT_EQ(packet.LastX, 3);
  EXPECT_EQ(packet.LastY, 4);
  std::vector<uint8_t> report;
  EXPECT_EQ(whole.Read(&report).status, STATUS_SUCCESS);
  EXPECT_EQ(report, (std::vector<uint8_t>{0, 0, 3, 4, 0}));
  EXPECT_EQ(whole.SetFeature({0, 1}).status, STATUS_SUCCESS);
  EXPECT_EQ(whole.GetFeature(0, &report).status, STATUS_SUCCESS);
  EXPECT_EQ(report, (std::vector<uint8_t>{0, 1}));
}

TEST_P(HidCollections, AFileOfACollectionKnowsItsReportsAlone) {
  Device desk = Add("root\\hid_desk");
  HidFile file(machine, machine.FindDevice("HID_DEVICE_UP:FF00_U:0001"));
  ASSERT_EQ(file.status(), STATUS_SUCCESS);
  HID_COLLECTION_INFORMATION information = {};
  ASSERT_EQ(file.file().Ioctl(IOCTL_HID_GET_COLLECTION_INFORMATION, nullptr, 0, &information, sizeof information).status, STATUS_SUCCESS);
  EXPECT_EQ(information.VendorID, DESK_VENDOR);
  EXPECT_EQ(information.VersionNumber, DESK_VERSION);
  std::vector<uint8_t> preparsed(information.DescriptorSize);
  const auto got = file.file().Ioctl(IOCTL_HID_GET_COLLECTION_DESCRIPTOR, nullptr, 0, preparsed.data(), preparsed.size());
  ASSERT_EQ(got.status, STATUS_SUCCESS);
  EXPECT_EQ(got.information, preparsed.size());
  EXPECT_EQ(file.file().Ioctl(IOCTL_HID_GET_COLLECTION_DESCRIPTOR, nullptr, 0, preparsed.data(), preparsed.size() - 1).status,
            STATUS_INVALID_BUFFER_SIZE);
  HIDP_CAPS caps = {};
  ASSERT_EQ(HidP_GetCaps(reinterpret_cast<PHIDP_PREPARSED_DATA>(preparsed.data()), &caps), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(caps.UsagePage, 0xFF00);
  EXPECT_EQ(caps.FeatureReportByteLength, 1 + DESK_KEPT_BYTES);
  EXPECT_EQ(caps.InputReportByteLength, 0);

  EXPECT_EQ(file.SetFeature({5, 1, 2, 3, 4}).status, STATUS_SUCCESS);
  std::vector<uint8_t> feature;
  EXPECT_EQ(file.GetFeature(5, &feature).status, STATUS_SUCCESS);
  EXPECT_EQ(feature, (std::vector<uint8_t>{5, 1, 2, 3, 4}));
  EXPECT_EQ(file.SetFeature({4, 1}).status, STATUS_INVALID_PARAMETER) << "the mouse's report";
  EXPECT_EQ(file.Write({3, 0}).status, STATUS_INVALID_DEVICE_REQUEST) << "it has no output reports";
  std::vector<uint8_t> report;
  EXPECT_EQ(file.Read(&report).status, STATUS_INVALID_DEVICE_REQUEST) << "nor input reports";
  HidFile whole(machine, desk);
  EXPECT_EQ(whole.SetFeature({4, 1}).status, STATUS_SUCCESS) << "a file of the device has all";
}

TEST_P(HidCollections, TheQueueOfAFileIsConfigured) {
  Add("root\\hid_desk");
  HidFile file(machine, machine.FindDevice("HID_DEVICE_UP:FF00_U:0001"));
  HID_DRIVER_CONFIG config = {};
  EXPECT_EQ(file.file().Ioctl(IOCTL_HID_GET_DRIVER_CONFIG, nullptr, 0, &config, sizeof config).status, STATUS_SUCCESS);
  EXPECT_EQ(config.RingBufferSize, 32u);
  config.RingBufferSize = 64;
  EXPECT_EQ(file.file().Ioctl(IOCTL_HID_SET_DRIVER_CONFIG, &config, sizeof config).status, STATUS_SUCCESS);
  uint32_t count = 0;
  EXPECT_EQ(file.file().Ioctl(IOCTL_GET_NUM_DEVICE_INPUT_BUFFERS, nullptr, 0, &count, sizeof count).status, STATUS_SUCCESS);
  EXPECT_EQ(count, 64u);
  EXPECT_EQ(file.file().Ioctl(IOCTL_HID_GET_POLL_FREQUENCY_MSEC, nullptr, 0, &count, sizeof count).status, STATUS_INVALID_PARAMETER)
      << "it is not polled";
  char16_t ids[512];
  const auto result = file.file().Ioctl(IOCTL_HID_GET_HARDWARE_ID, nullptr, 0, ids, sizeof ids);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(ids), u"HID\\VID_045E&PID_001E&REV_0203&Col03");
}

TEST_P(HidCollections, ApplicationsAskThroughHidD) {
  Add("root\\hid_desk");
  Device collection = machine.FindDevice("HID_DEVICE_UP:FF00_U:0001");
  auto task = machine.Start("application", [&] {
    char16_t path[64] = {};
    ULONG length = 0;
    ASSERT_EQ(IoGetDeviceProperty(collection.pdo(), DevicePropertyPhysicalDeviceObjectName, sizeof path, path, &length), STATUS_SUCCESS);
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, reinterpret_cast<PCWSTR>(path));
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
    IO_STATUS_BLOCK io;
    HANDLE file = nullptr;
    ASSERT_EQ(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &io, nullptr, 0, FILE_SHARE_READ | FILE_SHARE_WRITE,
                           FILE_OPEN, 0, nullptr, 0),
              STATUS_SUCCESS);
    HIDD_ATTRIBUTES facts = {};
    EXPECT_TRUE(HidD_GetAttributes(file, &facts));
    EXPECT_EQ(facts.Size, sizeof facts);
    EXPECT_EQ(facts.VendorID, DESK_VENDOR);
    PHIDP_PREPARSED_DATA preparsed = nullptr;
    ASSERT_TRUE(HidD_GetPreparsedData(file, &preparsed));
    HIDP_CAPS caps = {};
    EXPECT_EQ(HidP_GetCaps(preparsed, &caps), HIDP_STATUS_SUCCESS);
    EXPECT_EQ(caps.FeatureReportByteLength, 1 + DESK_KEPT_BYTES);
    EXPECT_TRUE(HidD_FreePreparsedData(preparsed));
    UCHAR report[1 + DESK_KEPT_BYTES] = {5, 9, 8, 7, 6}, back[1 + DESK_KEPT_BYTES] = {5};
    EXPECT_TRUE(HidD_SetFeature(file, report, sizeof report));
    EXPECT_TRUE(HidD_GetFeature(file, back, sizeof back));
    EXPECT_EQ(std::memcmp(report, back, sizeof report), 0);
    back[0] = 4;
    EXPECT_FALSE(HidD_GetFeature(file, back, sizeof back)) << "the mouse's report";
    WCHAR product[16] = {};
    EXPECT_TRUE(HidD_GetProductString(file, product, sizeof product));
    EXPECT_EQ(product[0], 'D');
    EXPECT_FALSE(HidD_GetSerialNumberString(file, product, sizeof product));
    EXPECT_TRUE(HidD_SetNumInputBuffers(file, 100));
    ULONG count = 0;
    EXPECT_TRUE(HidD_GetNumInputBuffers(file, &count));
    EXPECT_EQ(count, 100u);
    EXPECT_TRUE(HidD_FlushQueue(file));
    ZwClose(file);
  });
  task.Join();
}

TEST_P(HidCollections, AMouseIsAMouseForMouclass) {
  Device desk = Add("root\\hid_desk");
  File mouse = machine.Open(machine.FindDevice("HID_DEVICE_SYSTEM_MOUSE"));
  ASSERT_EQ(mouse.status(), STATUS_SUCCESS);
  auto next = [&] {
    MOUSE_INPUT_DATA packet = {};
    EXPECT_EQ(mouse.Read(&packet, sizeof packet, {.timeout = 5s}).information, sizeof packet);
    return packet;
  };
  Send(desk, {1, 0x01, 5, 0xFD, 0});
  MOUSE_INPUT_DATA packet = next();
  EXPECT_EQ(packet.LastX, 5);
  EXPECT_EQ(packet.LastY, -3);
  EXPECT_EQ(packet.ButtonFlags, MOUSE_LEFT_BUTTON_DOWN);
  EXPECT_EQ(packet.Flags, MOUSE_MOVE_RELATIVE);
  Send(desk, {1, 0x12, 0, 0, 0xFF});
  packet = next();
  EXPECT_EQ(packet.ButtonFlags, MOUSE_LEFT_BUTTON_UP | MOUSE_RIGHT_BUTTON_DOWN | MOUSE_BUTTON_5_DOWN | MOUSE_WHEEL);
  EXPECT_EQ(static_cast<SHORT>(packet.ButtonData), -120);
  MOUSE_ATTRIBUTES attributes = {};
  EXPECT_EQ(mouse.Ioctl(IOCTL_MOUSE_QUERY_ATTRIBUTES, nullptr, 0, &attributes, sizeof attributes).status, STATUS_SUCCESS);
  EXPECT_EQ(attributes.MouseIdentifier, WHEELMOUSE_HID_HARDWARE);
  EXPECT_EQ(attributes.NumberOfButtons, 5);
  HID_COLLECTION_INFORMATION information = {};
  EXPECT_EQ(mouse.Ioctl(IOCTL_HID_GET_COLLECTION_INFORMATION, nullptr, 0, &information, sizeof information).status, STATUS_SUCCESS)
      << "HID controls go down through mouclass and mouhid";
  EXPECT_EQ(information.ProductID, DESK_PRODUCT);
}

TEST_P(HidCollections, AKeyboardIsAKeyboardForKbdclass) {
  Device desk = Add("root\\hid_desk");
  File keyboard = machine.Open(machine.FindDevice("HID_DEVICE_SYSTEM_KEYBOARD"));
  ASSERT_EQ(keyboard.status(), STATUS_SUCCESS);
  auto next = [&] {
    KEYBOARD_INPUT_DATA packet = {};
    EXPECT_EQ(keyboard.Read(&packet, sizeof packet, {.timeout = 5s}).information, sizeof packet);
    return std::pair(packet.MakeCode, packet.Flags);
  };
  using Key = std::pair<USHORT, USHORT>;
  Send(desk, {2, 0x02, 0x04, 0, 0, 0, 0, 0});  // shift and a
  EXPECT_EQ(next(), Key(0x2A, KEY_MAKE));
  EXPECT_EQ(next(), Key(0x1E, KEY_MAKE));
  Send(desk, {2, 0x00, 0x04, 0x52, 0, 0, 0, 0});  // shift goes, the arrow comes
  EXPECT_EQ(next(), Key(0x2A, KEY_BREAK));
  EXPECT_EQ(next(), Key(0x48, KEY_E0));
  Send(desk, {2, 0, 1, 1, 1, 1, 1, 1});  // too many keys: no change
  Send(desk, {2, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(next(), Key(0x1E, KEY_BREAK));
  EXPECT_EQ(next(), Key(0x48, KEY_E0 | KEY_BREAK));
  KEYBOARD_INDICATOR_PARAMETERS lights = {0, KEYBOARD_CAPS_LOCK_ON | KEYBOARD_NUM_LOCK_ON};
  EXPECT_EQ(keyboard.Ioctl(IOCTL_KEYBOARD_SET_INDICATORS, &lights, sizeof lights).status, STATUS_SUCCESS);
  std::vector<uint8_t> kept;
  EXPECT_EQ(HidFile(machine, desk).GetFeature(5, &kept).status, STATUS_SUCCESS);
  EXPECT_EQ(kept[1], 3) << "num lock and caps lock, as usages 1 and 2";
}

TEST_P(HidCollections, AnotherOpenerGoesOnWhenTheFirstCloses) {
  Device desk = Add("root\\hid_desk");
  Device collection = machine.FindDevice("HID_DEVICE_SYSTEM_MOUSE");
  File first = machine.Open(collection), second = machine.Open(collection);
  MOUSE_INPUT_DATA packet = {};
  Send(desk, {1, 0, 1, 0, 0});
  EXPECT_EQ(first.Read(&packet, sizeof packet, {.timeout = 5s}).status, STATUS_SUCCESS);
  EXPECT_EQ(first.Close(), STATUS_SUCCESS);
  Send(desk, {1, 0, 2, 0, 0});
  EXPECT_EQ(second.Read(&packet, sizeof packet, {.timeout = 5s}).status, STATUS_SUCCESS);
  EXPECT_EQ(packet.LastX, 2);
}

TEST_P(HidCollections, CollectionsComeAndGoWithTheirDevice) {
  Device desk = Add("root\\hid_desk");
  File mouse = machine.Open(machine.FindDevice("HID_DEVICE_SYSTEM_MOUSE"));
  MOUSE_INPUT_DATA packet = {};
  auto waits = mouse.StartRead(&packet, sizeof packet);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.DisableDevice(desk), STATUS_PLUGPLAY_QUERY_VETOED) << "a file is open";
  machine.SurpriseRemove(desk);
  EXPECT_NE(waits.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(mouse.Close(), STATUS_SUCCESS);
  machine.RunUntilIdle();

  Device again = Add("root\\hid_desk");
  EXPECT_EQ(machine.Children(again).size(), 3u);
  EXPECT_EQ(machine.DisableDevice(again), STATUS_SUCCESS);
  EXPECT_EQ(machine.EnableDevice(again), STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.Children(again).size(), 3u);
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  File other = machine.Open(machine.FindDevice("HID_DEVICE_SYSTEM_MOUSE"));
  Send(again, {1, 0, 9, 0, 0});
  EXPECT_EQ(other.Read(&packet, sizeof packet, {.timeout = 5s}).status, STATUS_SUCCESS);
  EXPECT_EQ(packet.LastX, 9);
}

TEST_P(HidCollections, CollectionsGoAndComeWhileTheirDeviceStays) {
  Device desk = Add("root\\hid_desk");
  HidFile whole(machine, desk);
  EXPECT_EQ(whole.SetFeature({4, DESK_ABSENT}).status, STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.Children(desk).size(), 0u);
  EXPECT_TRUE(desk.started());
  EXPECT_EQ(whole.SetFeature({4, DESK_ABSENT}).status, STATUS_SUCCESS) << "again changes nothing";
  EXPECT_EQ(whole.SetFeature({4, DESK_PRESENT}).status, STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.Children(desk).size(), 3u);
  File mouse = machine.Open(machine.FindDevice("HID_DEVICE_SYSTEM_MOUSE"));
  Send(desk, {1, 0, 9, 0, 0});
  MOUSE_INPUT_DATA packet = {};
  EXPECT_EQ(mouse.Read(&packet, sizeof packet, {.timeout = 5s}).status, STATUS_SUCCESS);
  EXPECT_EQ(packet.LastX, 9);
}

TEST_P(HidCollections, APolledDeviceIsAskedAtItsFrequency) {
  Device desk = machine.AddRootDevice("root\\hid_desk_polled");
  ASSERT_TRUE(desk.started()) << desk.problem();
  HidFile hid(machine, desk);
  HID_COLLECTION_INFORMATION information = {};
  EXPECT_EQ(hid.file().Ioctl(IOCTL_HID_GET_COLLECTION_INFORMATION, nullptr, 0, &information, sizeof information).status, STATUS_SUCCESS);
  EXPECT_TRUE(information.Polled);
  uint32_t milliseconds = 50;
  EXPECT_EQ(hid.file().Ioctl(IOCTL_HID_SET_POLL_FREQUENCY_MSEC, &milliseconds, sizeof milliseconds).status, STATUS_SUCCESS);
  milliseconds = 0;
  EXPECT_EQ(hid.file().Ioctl(IOCTL_HID_GET_POLL_FREQUENCY_MSEC, nullptr, 0, &milliseconds, sizeof milliseconds).status, STATUS_SUCCESS);
  EXPECT_EQ(milliseconds, 50u);
  std::vector<uint8_t> report;
  EXPECT_EQ(hid.Read(&report, 5s).status, STATUS_SUCCESS);
  EXPECT_EQ(report, (std::vector<uint8_t>{0, 0, 1, 0, 0}));
  const auto polls = [&] {
    EXPECT_EQ(hid.GetFeature(0, &report).status, STATUS_SUCCESS);
    return report[1];
  };
  machine.Advance(60ms);  // those under way still have the old pause
  const uint8_t before = polls();
  machine.Advance(500ms);
  const uint8_t asked = static_cast<uint8_t>(polls() - before);
  EXPECT_GE(asked, GetParam() == ExecutorKind::Live ? 1 : 18);  // two requests, each every 50 ms
  EXPECT_LE(asked, 22);
}

INSTANTIATE_TEST_SUITE_P(Both, HidCollections, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
