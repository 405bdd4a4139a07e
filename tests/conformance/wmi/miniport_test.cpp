// Miniports: framework objects around a port driver's devices. And the functions that no public documentation describes.
#include "rig.h"

#include <wdfminiport.h>

namespace drydock::test {
namespace {

constexpr uint32_t kWdfViolation = 0x10D;

// A driver whose dispatch table stays its own, with a device of a "port driver" over a lower one.
struct Port {
  explicit Port(Hooks& hooks) {
    hooks.pnp = false;
    hooks.driver_config = [](WDF_DRIVER_CONFIG& config, WDF_OBJECT_ATTRIBUTES&) {
      config.DriverInitFlags = WdfDriverInitNoDispatchOverride;
    };
    hooks.entry = [this](PDRIVER_OBJECT driver, PUNICODE_STRING) {
      own_dispatch = driver->MajorFunction[IRP_MJ_READ];
      driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
        irp->IoStatus.Status = STATUS_SUCCESS;
        irp->IoStatus.Information = 3;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
      };
      driver->DriverUnload = [](PDRIVER_OBJECT) { WdfDriverMiniportUnload(WdfGetDriver()); };
      EXPECT_EQ(S(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &lower)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &fdo)), S(STATUS_SUCCESS));
      IoAttachDeviceToDeviceStack(fdo, lower);
      return STATUS_SUCCESS;
    };
  }
  void DeleteDevices() {
    IoDetachDevice(lower);
    IoDeleteDevice(fdo);
    IoDeleteDevice(lower);
  }
  PDRIVER_DISPATCH own_dispatch = nullptr;
  PDEVICE_OBJECT lower = nullptr, fdo = nullptr;
};

CONFORMANCE(Miniport, WrapsADeviceOfThePortDriver, "DRV-15", "DRV-04") {
  Hooks hooks;
  Port port(hooks);
  Rig rig(machine, hooks);
  machine.Run([&] {
    EXPECT_EQ(port.own_dispatch, rig.driver.object()->MajorFunction[IRP_MJ_READ]) << "the table is the port driver's";
    WDFDEVICE device = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    MakeNamed(&attributes);
    ASSERT_EQ(S(WdfDeviceMiniportCreate(hooks.driver, &attributes, port.fdo, port.lower, nullptr, &device)), S(STATUS_SUCCESS));
    Name(device, hooks.log, "device");
    EXPECT_EQ(WdfDeviceWdmGetDeviceObject(device), port.fdo);
    EXPECT_EQ(WdfDeviceWdmGetAttachedDevice(device), port.lower);
    EXPECT_EQ(WdfDeviceWdmGetPhysicalDevice(device), nullptr);
    EXPECT_EQ(WdfDeviceGetDriver(device), hooks.driver);

    // What it is for: requests to the next lower driver.
    WDFIOTARGET target = WdfDeviceGetIoTarget(device);
    ASSERT_NE(target, nullptr);
    ULONG_PTR bytes = 0;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kIoctl, nullptr, nullptr, nullptr, &bytes)), S(STATUS_SUCCESS));
    EXPECT_EQ(bytes, 3u);

    // What it cannot do.
    WDF_IO_QUEUE_CONFIG queue;
    WDF_IO_QUEUE_CONFIG_INIT(&queue, WdfIoQueueDispatchManual);
    WDFQUEUE made = nullptr;
    EXPECT_EQ(S(WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, &made)), S(STATUS_INVALID_DEVICE_REQUEST));
    GUID guid = {};
    WDF_WMI_PROVIDER_CONFIG provider;
    WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &guid);
    WDFWMIPROVIDER wmi = nullptr;
    EXPECT_EQ(S(WdfWmiProviderCreate(device, &provider, WDF_NO_OBJECT_ATTRIBUTES, &wmi)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(WdfDeviceGetDevicePnpState(device), WdfDevStatePnpInvalid);
    EXPECT_EQ(S(WdfDeviceStopIdle(device, FALSE)), S(STATUS_INVALID_DEVICE_STATE));
    attributes.ParentObject = hooks.driver;
    EXPECT_EQ(S(WdfDeviceMiniportCreate(hooks.driver, &attributes, port.fdo, port.lower, nullptr, &device)),
              S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
  });
  machine.Run([&] { EXPECT_TRUE(hooks.log.lines().empty()) << "it lives until the driver deletes it"; });
}

CONFORMANCE(Miniport, TheDriverDeletesItAndTheDevicesStay, "DRV-15", "DEVX-4") {
  Hooks hooks;
  Port port(hooks);
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFDEVICE device = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    MakeNamed(&attributes);
    ASSERT_EQ(S(WdfDeviceMiniportCreate(hooks.driver, &attributes, port.fdo, nullptr, port.lower, &device)), S(STATUS_SUCCESS));
    Name(device, hooks.log, "device");
    EXPECT_EQ(WdfDeviceGetIoTarget(device), nullptr) << "nothing is below";
    WdfObjectDelete(device);
    EXPECT_EQ(hooks.log.lines(), (Lines{"device.cleanup", "device.destroy"}));
    EXPECT_EQ(port.fdo->DriverObject, rig.driver.object());
    EXPECT_EQ(port.lower->AttachedDevice, port.fdo) << "the stack is as it was";
    port.DeleteDevices();
  });
}

CONFORMANCE(Miniport, UnloadingCallsTheDriverAndEndsItsObject, "DRV-16") {
  Hooks hooks;
  Port port(hooks);
  auto config = hooks.driver_config;
  hooks.driver_config = [&](WDF_DRIVER_CONFIG& c, WDF_OBJECT_ATTRIBUTES& attributes) {
    config(c, attributes);
    MakeNamed(&attributes);
  };
  hooks.unload = [&] { hooks.log.Add("unload"); };
  Rig rig(machine, hooks);
  machine.Run([&] {
    Name(hooks.driver, hooks.log, "driver");
    port.DeleteDevices();
  });
  EXPECT_EQ(machine.UnloadDriver(rig.driver), S(STATUS_SUCCESS));
  EXPECT_EQ(hooks.log.lines(), (Lines{"unload", "driver.cleanup", "driver.destroy"}));
}

// --- functions that the public documentation calls internal: a call is reported by name ---

void Reported(Machine& machine, const char* function) {
  EXPECT_BUG_CHECK(machine, kWdfViolation, 0x10);
  EXPECT_NE(machine.ReportText().find(function), std::string::npos) << machine.ReportText();
}

CONFORMANCE(Undocumented, TriageInfoIsReportedByName, "ours") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfGetTriageInfo(); });
  Reported(machine, "WdfGetTriageInfo");
}

CONFORMANCE(Undocumented, TraceInfoIsReportedByName, "ours") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    int block = 0;
    (void)WdfDriverRegisterTraceInfo(rig.driver.object(), reinterpret_cast<PFN_WDF_TRACE_CALLBACK>(&Reported), &block);
  });
  Reported(machine, "WdfDriverRegisterTraceInfo");
}

CONFORMANCE(Undocumented, CompanionTargetsAreReportedByName, "ours") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFCOMPANIONTARGET target = nullptr;
    (void)WdfDeviceRetrieveCompanionTarget(hooks.device, &target);
  });
  Reported(machine, "WdfDeviceRetrieveCompanionTarget");
}

}  // namespace
}  // namespace drydock::test
