// The WMI library: a driver that answers WMI requests by its callbacks, as WDM drivers do; here in a preprocess callback.
#include <wmilib.h>
#include <wmistr.h>

#include <cstring>

#include "drydock/wmi.h"
#include "rig.h"

namespace drydock::test {
namespace {

constexpr GUID kBlock = {0xBABE0011, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

struct State {
  ULONG values[3];
  ULONG item;
  std::vector<std::string> controls;
  int forwarded;
  PDEVICE_OBJECT pdo;
} state;

NTSTATUS QueryRegInfo(PDEVICE_OBJECT, PULONG flags, PUNICODE_STRING, PUNICODE_STRING* path, PUNICODE_STRING, PDEVICE_OBJECT* pdo) {
  static UNICODE_STRING registry = Text(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\rig");
  *flags = WMIREG_FLAG_INSTANCE_PDO;
  *path = &registry;
  *pdo = state.pdo;
  return STATUS_SUCCESS;
}

NTSTATUS QueryBlock(PDEVICE_OBJECT device, PIRP irp, ULONG, ULONG first, ULONG count, PULONG lengths, ULONG room, PUCHAR buffer) {
  const ULONG needed = count == 1 ? 4 : (count - 1) * 8 + 4;
  if (room < needed) return WmiCompleteRequest(device, irp, STATUS_BUFFER_TOO_SMALL, needed, IO_NO_INCREMENT);
  for (ULONG i = 0; i < count; ++i) {
    lengths[i] = 4;
    std::memcpy(buffer + 8 * i, &state.values[first + i], 4);
  }
  return WmiCompleteRequest(device, irp, STATUS_SUCCESS, needed, IO_NO_INCREMENT);
}

NTSTATUS SetBlock(PDEVICE_OBJECT device, PIRP irp, ULONG, ULONG index, ULONG size, PUCHAR buffer) {
  if (size != 4) return WmiCompleteRequest(device, irp, STATUS_WMI_SET_FAILURE, 0, IO_NO_INCREMENT);
  std::memcpy(&state.values[index], buffer, 4);
  return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

NTSTATUS SetItem(PDEVICE_OBJECT device, PIRP irp, ULONG, ULONG, ULONG item, ULONG, PUCHAR) {
  state.item = item;
  return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

NTSTATUS Method(PDEVICE_OBJECT device, PIRP irp, ULONG, ULONG, ULONG method, ULONG input, ULONG output, PUCHAR buffer) {
  if (output < input + method) return WmiCompleteRequest(device, irp, STATUS_BUFFER_TOO_SMALL, input + method, IO_NO_INCREMENT);
  std::memset(buffer + input, '!', method);
  return WmiCompleteRequest(device, irp, STATUS_SUCCESS, input + method, IO_NO_INCREMENT);
}

NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp, ULONG, WMIENABLEDISABLECONTROL control, BOOLEAN enable) {
  state.controls.push_back(std::string(control == WmiEventControl ? "events " : "data ") + (enable ? "on" : "off"));
  return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

NTSTATUS OnSystemControl(WDFDEVICE device, PIRP irp) {
  static WMIGUIDREGINFO guids[] = {{&kBlock, 3, 0}};
  static WMILIB_CONTEXT context = {1, guids, QueryRegInfo, QueryBlock, SetBlock, SetItem, Method, Control};
  SYSCTL_IRP_DISPOSITION disposition;
  NTSTATUS status = WmiSystemControl(&context, WdfDeviceWdmGetDeviceObject(device), irp, &disposition);
  switch (disposition) {
    case IrpProcessed: return status;
    case IrpNotCompleted: IoCompleteRequest(irp, IO_NO_INCREMENT); return status;
    default:
      ++state.forwarded;
      IoSkipCurrentIrpStackLocation(irp);
      return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
  }
}

CONFORMANCE(WmiLibrary, ADriversCallbacksAnswer, "ours") {
  state = {{10, 20, 30}, 0, {}, 0, nullptr};
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) { return WdfDeviceInitAssignWdmIrpPreprocessCallback(init, OnSystemControl, IRP_MJ_SYSTEM_CONTROL, nullptr, 0); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  PDEVICE_OBJECT device = nullptr;
  machine.Run([&] {
    device = WdfDeviceWdmGetDeviceObject(hooks.device);
    state.pdo = WdfDeviceWdmGetPhysicalDevice(hooks.device);
    EXPECT_EQ(S(IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER)), S(STATUS_OBJECT_NAME_EXISTS));
  });
  Wmi wmi(machine);
  std::vector<Wmi::Instance> all;
  ASSERT_EQ(wmi.QueryAll(kBlock, &all), S(STATUS_SUCCESS));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].data, std::string("\x1e\0\0\0", 4));
  std::string data;
  EXPECT_EQ(wmi.Query(kBlock, all[1].name, &data), S(STATUS_SUCCESS));
  EXPECT_EQ(data, std::string("\x14\0\0\0", 4));
  EXPECT_EQ(wmi.Set(kBlock, all[1].name, std::string("\7\0\0\0", 4)), S(STATUS_SUCCESS));
  EXPECT_EQ(state.values[1], 7u);
  EXPECT_EQ(wmi.Set(kBlock, all[1].name, "x"), S(STATUS_WMI_SET_FAILURE));
  EXPECT_EQ(wmi.SetItem(kBlock, all[1].name, 9, "x"), S(STATUS_SUCCESS));
  EXPECT_EQ(state.item, 9u);
  EXPECT_EQ(wmi.Execute(kBlock, all[0].name, 3, "ab", &data), S(STATUS_SUCCESS));
  EXPECT_EQ(data, "ab!!!");
  EXPECT_EQ(wmi.Execute(kBlock, all[0].name, 5000, "ab", &data, 8192), S(STATUS_SUCCESS));
  EXPECT_EQ(data.size(), 5002u) << "the request is sent again with the room it asked for";
  {
    WmiSubscription events = wmi.Subscribe(kBlock);
    machine.Run([&] {
      auto* bytes = static_cast<char*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 2, 'tseT'));
      std::memcpy(bytes, "hi", 2);
      EXPECT_EQ(S(WmiFireEvent(device, &kBlock, 2, 2, bytes)), S(STATUS_SUCCESS));
    });
    machine.RunUntilIdle();
    auto heard = events.Take();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].instance, all[2].name);
    EXPECT_EQ(heard[0].data, "hi");
  }
  EXPECT_EQ(state.controls, (Lines{"events on", "events off"}));
  EXPECT_EQ(state.forwarded, 0);
  machine.Run([&] { EXPECT_EQ(S(IoWMIRegistrationControl(device, WMIREG_ACTION_DEREGISTER)), S(STATUS_SUCCESS)); });
  EXPECT_FALSE(wmi.Provides(kBlock));
}

// A WMI request for another device of the stack, and one that is none, go down.
CONFORMANCE(WmiLibrary, WhatIsNotForTheDeviceIsForwarded, "ours") {
  state = {};
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) { return WdfDeviceInitAssignWdmIrpPreprocessCallback(init, OnSystemControl, IRP_MJ_SYSTEM_CONTROL, nullptr, 0); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    PDEVICE_OBJECT device = WdfDeviceWdmGetDeviceObject(hooks.device);
    for (UCHAR minor : {UCHAR{IRP_MN_QUERY_ALL_DATA}, UCHAR{0x42}}) {
      KEVENT done;
      IO_STATUS_BLOCK result = {};
      KeInitializeEvent(&done, NotificationEvent, FALSE);
      PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device, nullptr, 0, nullptr, &done, &result);
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
      stack->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
      stack->MinorFunction = minor;
      stack->Parameters.WMI.ProviderId = 1;
      EXPECT_EQ(S(IoCallDriver(device, irp)), S(STATUS_NOT_SUPPORTED)) << "as the bus left it";
    }
  });
  EXPECT_EQ(state.forwarded, 2);
}

}  // namespace
}  // namespace drydock::test
