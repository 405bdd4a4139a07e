// Control devices.
#include "rig.h"

namespace drydock::test {
namespace {

WDF_IO_QUEUE_CONFIG QueueConfig() {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDeviceControl = [](WDFQUEUE, WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  return config;
}

UNICODE_STRING Sddl() { return Text(u"D:P(A;;GA;;;SY)(A;;GA;;;BA)"); }

// Without WdfControlFinishInitializing.
NTSTATUS CreateControl(Hooks& hooks, const char16_t* name, WDFDEVICE* device, Log* log = nullptr) {
  UNICODE_STRING sddl = Sddl();
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
  if (!init) return STATUS_INSUFFICIENT_RESOURCES;
  if (name) {
    UNICODE_STRING text = Text(name);
    EXPECT_EQ(S(WdfDeviceInitAssignName(init, &text)), S(STATUS_SUCCESS));
  }
  WDF_OBJECT_ATTRIBUTES attributes = Attributes();
  if (log) MakeNamed(&attributes);
  NTSTATUS status = WdfDeviceCreate(&init, &attributes, device);
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  EXPECT_EQ(init, nullptr);
  if (log) Name(*device, *log, "control");
  WDF_IO_QUEUE_CONFIG config = QueueConfig();
  return WdfIoQueueCreate(*device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr);
}

CONFORMANCE(ControlDevices, TakeNoIoBeforeTheyAreFinished, "INI-28", "INI-29") {
  Hooks hooks;
  WDFDEVICE device = nullptr;
  hooks.pnp = false;
  hooks.unload = [] {};
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) { return CreateControl(hooks, u"\\Device\\Knob", &device); };
  Rig rig(machine, hooks);
  EXPECT_FALSE(machine.Open("\\Device\\Knob").status().ok());
  machine.Run([&] { WdfControlFinishInitializing(device); });
  File file = machine.Open("\\Device\\Knob");
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
}

CONFORMANCE(ControlDevices, HaveNoStackNoPnpNoInterfaces, "INI-30", "INI-19", "IOT-1.02", "INI-37", "IOT-9.18") {
  Hooks hooks;
  WDFDEVICE device = nullptr;
  hooks.pnp = false;
  hooks.unload = [] {};
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) { return CreateControl(hooks, nullptr, &device); };
  Rig rig(machine, hooks);
  machine.Run([&] {
    EXPECT_EQ(WdfDeviceGetIoTarget(device), nullptr);
    EXPECT_EQ(WdfDeviceWdmGetAttachedDevice(device), nullptr);
    EXPECT_EQ(WdfDeviceWdmGetPhysicalDevice(device), nullptr);
    EXPECT_NE(WdfDeviceWdmGetDeviceObject(device), nullptr);
    GUID guid = {1, 2, 3, {}};
    EXPECT_EQ(S(WdfDeviceCreateDeviceInterface(device, &guid, nullptr)), S(STATUS_INVALID_DEVICE_REQUEST));
    WDFSTRING string = nullptr;
    ASSERT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(device, &guid, nullptr, string)), S(STATUS_INVALID_DEVICE_REQUEST));
    // Unnamed: a name was made.
    EXPECT_EQ(S(WdfDeviceRetrieveDeviceName(device, string)), S(STATUS_SUCCESS));
    UNICODE_STRING name;
    WdfStringGetUnicodeString(string, &name);
    EXPECT_EQ(Text(name).substr(0, 8), u"\\Device\\");
  });
}

CONFORMANCE(ControlDevices, TheSelfTargetIsNotForThem, "IOX-2") {
  Hooks hooks;
  NTSTATUS status = STATUS_SUCCESS;
  hooks.pnp = false;
  hooks.unload = [] {};
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
    UNICODE_STRING sddl = Sddl();
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
    WdfDeviceInitAllowSelfIoTarget(init);
    WDFDEVICE device = nullptr;
    status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (init) WdfDeviceInitFree(init);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  EXPECT_EQ(S(status), S(STATUS_INVALID_DEVICE_REQUEST));
}

CONFORMANCE(ControlDevices, TheDriverMayDeleteThem, "INI-32", "OBJ-08", "DEVX-4") {
  Hooks hooks;
  WDFDEVICE device = nullptr;
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
    NTSTATUS status = CreateControl(hooks, u"\\Device\\Knob", &device, &hooks.log);
    if (NT_SUCCESS(status)) WdfControlFinishInitializing(device);
    return status;
  };
  Rig rig(machine, hooks);
  EXPECT_TRUE(machine.Open("\\Device\\Knob"));
  machine.Run([&] { WdfObjectDelete(device); });
  EXPECT_EQ(hooks.log.lines(), (Lines{"control.cleanup", "control.destroy"}));
  EXPECT_FALSE(machine.Open("\\Device\\Knob"));
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u);
}

CONFORMANCE(ControlDevices, AControlOnlyDriversGoAfterItsUnloadCallback, "INI-32", "DRV-06") {
  Hooks hooks;
  WDFDEVICE device = nullptr;
  hooks.pnp = false;
  hooks.unload = [&] { hooks.log.Add("unload"); };
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) { return CreateControl(hooks, u"\\Device\\Knob", &device, &hooks.log); };
  { Rig rig(machine, hooks); }
  EXPECT_EQ(hooks.log.lines(), (Lines{"unload", "control.cleanup", "control.destroy"}));
}

CONFORMANCE(ControlDevices, ATakenNameLeavesTheInitUsable, "INI-05", "INI-06", "INI-02") {
  Hooks hooks;
  WDFDEVICE first = nullptr, second = nullptr;
  hooks.pnp = false;
  hooks.unload = [] {};
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
    NTSTATUS status = CreateControl(hooks, u"\\Device\\Knob", &first);
    if (!NT_SUCCESS(status)) return status;
    UNICODE_STRING sddl = Sddl(), taken = Text(u"\\Device\\Knob"), free = Text(u"\\Device\\Knob2");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
    EXPECT_EQ(S(WdfDeviceInitAssignName(init, &taken)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &second)), S(STATUS_OBJECT_NAME_COLLISION));
    EXPECT_NE(init, nullptr);
    EXPECT_EQ(S(WdfDeviceInitAssignName(init, &free)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &second)), S(STATUS_SUCCESS));
    EXPECT_EQ(init, nullptr);
    WdfControlFinishInitializing(second);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  EXPECT_TRUE(machine.Open("\\Device\\Knob2"));
}

CONFORMANCE(ControlDevices, ADefaultQueueComesBeforeFinishing, "IOX-56") {
  Hooks hooks;
  WDFDEVICE device = nullptr;
  hooks.pnp = false;
  hooks.unload = [] {};
  NTSTATUS late = STATUS_SUCCESS;
  hooks.entry = [&](PDRIVER_OBJECT, PUNICODE_STRING) {
    UNICODE_STRING sddl = Sddl();
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
    NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) return status;
    WdfControlFinishInitializing(device);
    WDF_IO_QUEUE_CONFIG config = QueueConfig();
    late = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  EXPECT_EQ(S(late), S(STATUS_INVALID_DEVICE_STATE));
}

CONFORMANCE(ControlDevices, ShutdownFlagsHaveTheirNumbers, "INI-31") {
  Hooks hooks;
  Rig rig(machine, hooks);
  EXPECT_EQ(static_cast<int>(WdfDeviceShutdown), 1);
  EXPECT_EQ(static_cast<int>(WdfDeviceLastChanceShutdown), 2);
}

CONFORMANCE(ControlDevices, AnInitThatIsNeitherUsedNorFreedIsTold, "INI-06", "VER-23") {
  for (bool freed : {true, false}) {
    const size_t before = machine.CountReports(ReportKind::kBreak);
    {
      Hooks hooks;
      Rig rig(machine, hooks);
      machine.Run([&] {
        UNICODE_STRING sddl = Sddl();
        PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(hooks.driver, &sddl);
        ASSERT_NE(init, nullptr);
        if (freed) {
          AtDispatch raised;
          WdfDeviceInitFree(init);
        }
      });
      EXPECT_EQ(machine.CountReports(ReportKind::kBreak), before);
    }
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak) - before, freed ? 0u : 1u) << machine.ReportText();
  }
}

}  // namespace
}  // namespace drydock::test
