// Device interfaces of children and of PDOs, and who hears of them.
#include <cstring>

#include "bus_rig.h"

namespace drydock::test {
namespace {

constexpr GUID kClass = {0x0BADCAFE, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

Log* news;

NTSTATUS NTAPI Changed(PVOID structure, PVOID) {
  auto* change = static_cast<DEVICE_INTERFACE_CHANGE_NOTIFICATION*>(structure);
  const GUID arrival = {0xCB3A4004, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
  news->Add(std::memcmp(&change->Event, &arrival, sizeof(GUID)) == 0 ? "arrival" : "removal");
  return STATUS_SUCCESS;
}

struct Listener {
  Listener(Machine& the_machine, Log& log) : machine(the_machine) {
    news = &log;
    machine.Run([&] {
      EXPECT_EQ(S(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, const_cast<GUID*>(&kClass),
                                                 WdfDriverWdmGetDriverObject(WdfGetDriver()), Changed, nullptr, &entry)),
                S(STATUS_SUCCESS));
    });
  }
  ~Listener() {
    if (!machine.stopped()) machine.Run([&] { IoUnregisterPlugPlayNotificationEx(entry); });
  }
  Machine& machine;
  PVOID entry = nullptr;
};

CONFORMANCE(ChildInterfaces, OnesOfAChildArriveWithItsStartAndGoWithIt, "INI-34", "INI-35", "DEVX-27") {
  BusRig rig(machine);
  Log log;
  rig.function_hooks.added = [](WDFDEVICE device) { return WdfDeviceCreateDeviceInterface(device, &kClass, nullptr); };
  rig.Start();
  {
    Listener listener(machine, log);
    rig.Plug(1);
    EXPECT_EQ(log.Take(), Lines{"arrival"});
    EXPECT_EQ(machine.DisableDevice(rig.Child(1)), STATUS_SUCCESS);
    rig.Settle();
    EXPECT_EQ(log.Take(), Lines{"removal"});
    EXPECT_EQ(machine.EnableDevice(rig.Child(1)), STATUS_SUCCESS);
    rig.Settle();
    EXPECT_EQ(log.Take(), Lines{"arrival"});
    EXPECT_EQ(machine.Rebalance(rig.bus), STATUS_SUCCESS);
    rig.Settle();
    EXPECT_EQ(log.Take(), Lines{}) << "a rebalance leaves them";
    rig.Unplug(1);
    EXPECT_EQ(log.Take(), Lines{"removal"});
  }
}

NTSTATUS NTAPI OpenArrived(PVOID structure, PVOID) {
  auto* change = static_cast<DEVICE_INTERFACE_CHANGE_NOTIFICATION*>(structure);
  FILE_OBJECT* file = nullptr;
  DEVICE_OBJECT* device = nullptr;
  const NTSTATUS status = IoGetDeviceObjectPointer(change->SymbolicLinkName, FILE_READ_DATA, &file, &device);
  news->Add(NT_SUCCESS(status) ? "opened" : "not there yet");
  if (NT_SUCCESS(status)) ObDereferenceObject(file);
  return STATUS_SUCCESS;
}

CONFORMANCE(ChildInterfaces, WhoHearsOfOneMayOpenItAtOnce, "INI-34") {
  BusRig rig(machine);
  Log log;
  rig.function_hooks.added = [](WDFDEVICE device) { return WdfDeviceCreateDeviceInterface(device, &kClass, nullptr); };
  rig.Start();
  news = &log;
  PVOID entry = nullptr;
  machine.Run([&] {
    EXPECT_EQ(S(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                               const_cast<GUID*>(&kClass), WdfDriverWdmGetDriverObject(WdfGetDriver()), OpenArrived, nullptr, &entry)),
              S(STATUS_SUCCESS));
  });
  for (ULONG id = 1; id <= 8; ++id) {
    rig.Plug(id);
    EXPECT_EQ(log.Take(), Lines{"opened"}) << "the arrival is told when the device is started";
  }
  machine.Run([&] { IoUnregisterPlugPlayNotificationEx(entry); });
}

CONFORMANCE(ChildInterfaces, OnesOfAPdoAreRegisteredAtItsStart, "DEVX-28", "INI-34", "INI-37") {
  BusRig rig(machine);
  Log log;
  rig.hooks.pdo_created = [](WDFDEVICE pdo, ULONG) {
    EXPECT_EQ(S(WdfDeviceCreateDeviceInterface(pdo, &kClass, nullptr)), S(STATUS_SUCCESS));
    WDFSTRING name;
    EXPECT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &name)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(pdo, &kClass, nullptr, name)), S(STATUS_INVALID_DEVICE_STATE));
    WdfObjectDelete(name);
    return STATUS_SUCCESS;
  };
  rig.Start();
  {
    Listener listener(machine, log);
    rig.Plug(1);
    EXPECT_EQ(log.Take(), Lines{"arrival"});
    machine.Run([&] {
      WDFSTRING name;
      EXPECT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &name)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(rig.hooks.pdos[1], &kClass, nullptr, name)), S(STATUS_SUCCESS));
      UNICODE_STRING link;
      WdfStringGetUnicodeString(name, &link);
      EXPECT_GT(link.Length, 0);
      WdfObjectDelete(name);
    });
    // The PDO stays over a disabling; its interface is off meanwhile.
    EXPECT_EQ(machine.DisableDevice(rig.Child(1)), STATUS_SUCCESS);
    rig.Settle();
    EXPECT_EQ(log.Take(), Lines{"removal"});
    EXPECT_EQ(machine.EnableDevice(rig.Child(1)), STATUS_SUCCESS);
    rig.Settle();
    EXPECT_EQ(log.Take(), Lines{"arrival"});
    rig.Unplug(1);
    EXPECT_EQ(log.Take(), Lines{"removal"});
  }
}

}  // namespace
}  // namespace drydock::test
