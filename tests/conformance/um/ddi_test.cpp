// Functions that only UMDF has: events, interface properties, folders, IRPs that are not looked into.
#include <filesystem>

#include "drydock/device_events.h"
#include "settings.h"

namespace drydock::test {
namespace {

constexpr GUID kInterface = {0x81B20001, 0x5674, 0x1234, {1, 2, 3, 4, 5, 6, 7, 8}};
constexpr GUID kOtherInterface = {0x81B20002, 0x5674, 0x1234, {1, 2, 3, 4, 5, 6, 7, 8}};
constexpr GUID kEvent = {0x81B20000, 0x5674, 0x1234, {0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF}};
constexpr DEVPROPKEY kKey = {{0x81B20003, 0x5674, 0x1234, {1, 2, 3, 4, 5, 6, 7, 8}}, 7};
constexpr DEVPROPTYPE kUint32 = 7;

CONFORMANCE(UmEvents, ReachWhoListensToTheDevice, "UM-25") {
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  DeviceEvents events(machine, file);
  ASSERT_EQ(events.status(), S(STATUS_SUCCESS));
  machine.Run([&] {
    BYTE data[] = {'a', 'b', 'c'};
    EXPECT_EQ(S(WdfDevicePostEvent(hooks.device, &kEvent, WdfEventBroadcast, data, 3)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDevicePostEvent(hooks.device, &kEvent, WdfEventBroadcast, nullptr, 0)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDevicePostEvent(hooks.device, &kEvent, WdfEventReserved, data, 3)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDevicePostEvent(hooks.device, &kEvent, WdfEventMaximum, data, 3)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDevicePostEvent(hooks.device, &kEvent, WdfEventBroadcast, nullptr, 3)), S(STATUS_INVALID_PARAMETER));
  });
  machine.RunUntilIdle();
  std::vector<DeviceEvents::Event> heard = events.Take();
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0].guid, "{81b20000-5674-1234-8899-aabbccddeeff}");
  EXPECT_EQ(heard[0].data, "abc");
  EXPECT_EQ(heard[1].data, "");
}

CONFORMANCE(UmProperties, OfAnInterfaceAreSetReadAndTakenAway, "ours") {
  Hooks hooks;
  hooks.added = [](WDFDEVICE device) { return WdfDeviceCreateDeviceInterface(device, &kInterface, nullptr); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDF_DEVICE_INTERFACE_PROPERTY_DATA property;
    WDF_DEVICE_INTERFACE_PROPERTY_DATA_INIT(&property, &kInterface, &kKey);
    ULONG value = 12, got = 0, length = 99;
    DEVPROPTYPE type = 0;
    auto query = [&](ULONG room) { return S(WdfDeviceQueryInterfaceProperty(hooks.device, &property, room, &got, &length, &type)); };
    EXPECT_EQ(query(4), S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(S(WdfDeviceAssignInterfaceProperty(hooks.device, &property, kUint32, sizeof(value), &value)), S(STATUS_SUCCESS));
    EXPECT_EQ(query(2), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_EQ(length, 4u);
    EXPECT_EQ(query(4), S(STATUS_SUCCESS));
    EXPECT_EQ(got, 12u);
    EXPECT_EQ(type, kUint32);
    WDFMEMORY memory = nullptr;
    type = 0;
    ASSERT_EQ(S(WdfDeviceAllocAndQueryInterfaceProperty(hooks.device, &property, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type)), S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(*static_cast<ULONG*>(WdfMemoryGetBuffer(memory, &size)), 12u);
    EXPECT_EQ(size, 4u);
    EXPECT_EQ(type, kUint32);
    WdfObjectDelete(memory);
    EXPECT_EQ(S(WdfDeviceAssignInterfaceProperty(hooks.device, &property, kUint32, 4, nullptr)), S(STATUS_SUCCESS)) << "no buffer takes it away";
    EXPECT_EQ(query(4), S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(S(WdfDeviceAllocAndQueryInterfaceProperty(hooks.device, &property, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory, &type)),
              S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(memory, nullptr);
    property.Size = 4;
    EXPECT_EQ(query(4), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_DEVICE_INTERFACE_PROPERTY_DATA_INIT(&property, &kOtherInterface, &kKey);
    EXPECT_EQ(query(4), S(STATUS_OBJECT_NAME_NOT_FOUND)) << "not an interface of this device";
  });
}

struct Folder {  // a Linux folder for one test
  Folder() {
    char name[] = "/tmp/drydock_um_XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

CONFORMANCE(UmFolders, OfDriverAndDeviceLieOnTheMappedVolume, "ours") {
  Folder folder;
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  auto ask = [&](bool of_device, NTSTATUS wanted) {
    std::u16string path;
    machine.Run([&] {
      WDFSTRING string = nullptr;
      ASSERT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(of_device ? WdfDeviceRetrieveDeviceDirectoryString(hooks.device, string) : WdfDriverRetrieveDriverDataDirectoryString(hooks.driver, string)),
                S(wanted));
      UNICODE_STRING text;
      WdfStringGetUnicodeString(string, &text);
      path = Text(text);
      WdfObjectDelete(string);
    });
    return path;
  };
  EXPECT_EQ(ask(false, STATUS_OBJECT_NAME_NOT_FOUND), u"") << "no volume, no folder";
  ASSERT_EQ(machine.Map({.kind = NameMapping::Kind::Folder, .name = "C:", .path = folder.path}), S(STATUS_SUCCESS));
  EXPECT_EQ(ask(false, STATUS_SUCCESS), u"C:\\Windows\\System32\\drivers\\DriverData\\rig");
  EXPECT_TRUE(std::filesystem::is_directory(folder.path + "/Windows/System32/drivers/DriverData/rig"));
  const std::u16string of_device = ask(true, STATUS_SUCCESS);
  EXPECT_EQ(ask(true, STATUS_SUCCESS), of_device) << "the same each time";
  machine.Run([&] {  // a file can be kept there
    std::u16string name = u"\\??\\" + of_device + u"\\state.bin";
    UNICODE_STRING counted = Text(name.c_str());
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &counted, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    IO_STATUS_BLOCK result;
    HANDLE file = nullptr;
    ASSERT_EQ(S(ZwCreateFile(&file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &result, nullptr, 0, 0, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0)),
              S(STATUS_SUCCESS));
    ZwClose(file);
  });
}

NTSTATUS Dispatch(WDFDEVICE device, UCHAR, UCHAR, ULONG code, WDFCONTEXT context, PVOID irp, WDFCONTEXT dispatch_context) {
  WDFQUEUE queue = static_cast<WDFQUEUE>(context);
  return code == kIoctl ? WdfDeviceWdmDispatchIrpToIoQueue(device, irp, queue, 0) : WdfDeviceWdmDispatchIrp(device, irp, dispatch_context);
}

CONFORMANCE(UmDispatch, AnIrpGoesToAQueueOrTheUsualWay, "IOT-9.51", "OP-25") {
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    hooks.log.Add("default queue");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  static Log* log;
  log = &hooks.log;
  hooks.added = [](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = [](WDFQUEUE, WDFREQUEST request, size_t, size_t, ULONG) {
      log->Add("other queue");
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    WDFQUEUE queue = nullptr;
    NTSTATUS status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue);
    if (NT_SUCCESS(status)) status = WdfDeviceConfigureWdmIrpDispatchCallback(device, nullptr, IRP_MJ_DEVICE_CONTROL, Dispatch, queue);
    return status;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  EXPECT_EQ(file.Ioctl(kIoctl).status, S(STATUS_SUCCESS));
  EXPECT_EQ(file.Ioctl(kIoctl + 4).status, S(STATUS_SUCCESS));
  EXPECT_EQ(hooks.log.lines(), (Lines{"other queue", "default queue"}));
}

}  // namespace
}  // namespace drydock::test
