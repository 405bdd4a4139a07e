// WdfDevice... functions: getters, the WDM doors, names and interfaces, what a driver says about its device.
#include "nt/driver_callback.h"
#include "wdf/ddi.h"
#include "wdf/device/device_access.h"
#include "wdf/device/names.h"
#include "wdf/device/pnp_power.h"
#include "wdf/driver/driver.h"
#include "wdf/file/file_object.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf::ddi {
namespace {

Device& DeviceOf(DriverGlobals& globals, WDFDEVICE handle) { return *FromHandle<Device>(globals, handle); }

// Functions that only make sense for a device of a stack.
bool HasPnp(DriverGlobals& globals, Device& device, const char* words) {
  if (!device.is_control()) return true;
  Break(globals, words);
  return false;
}

}  // namespace

WDFDEVICE WdfWdmDeviceGetWdfDeviceHandle(DriverGlobals&, PDEVICE_OBJECT DeviceObject) {
  Device* device = DeviceFromWdm(DeviceObject);
  return device ? reinterpret_cast<WDFDEVICE>(device->handle()) : nullptr;
}

PDEVICE_OBJECT WdfDeviceWdmGetDeviceObject(DriverGlobals& globals, WDFDEVICE Device) { return DeviceOf(globals, Device).wdm(); }

PDEVICE_OBJECT WdfDeviceWdmGetAttachedDevice(DriverGlobals& globals, WDFDEVICE Device) { return DeviceOf(globals, Device).attached_to(); }

PDEVICE_OBJECT WdfDeviceWdmGetPhysicalDevice(DriverGlobals& globals, WDFDEVICE Device) { return DeviceOf(globals, Device).pdo(); }

// The preprocess callback has skipped (or copied) its stack location; what comes next is the framework's.
NTSTATUS WdfDeviceWdmDispatchPreprocessedIrp(DriverGlobals& globals, WDFDEVICE Device, PIRP Irp) {
  wdf::Device& device = DeviceOf(globals, Device);
  IoSetNextIrpStackLocation(Irp);
  IoGetCurrentIrpStackLocation(Irp)->DeviceObject = device.wdm();
  return DispatchAfterPreprocess(device, Irp);
}

NTSTATUS WdfDeviceWdmDispatchIrp(DriverGlobals& globals, WDFDEVICE Device, PIRP Irp, WDFCONTEXT) {
  return DispatchToFamily(DeviceOf(globals, Device), Irp);
}

NTSTATUS WdfDeviceConfigureWdmIrpDispatchCallback(DriverGlobals& globals, WDFDEVICE Device, WDFDRIVER, UCHAR MajorFunction,
                                                  PFN_WDFDEVICE_WDM_IRP_DISPATCH EvtDeviceWdmIrpDispatch, WDFCONTEXT DriverContext) {
  const int index = DeviceAccess::DispatchIndex(MajorFunction);
  if (index < 0) return STATUS_INVALID_PARAMETER;
  DeviceAccess::Entry* entry = DeviceAccess::EnsureDispatch(DeviceOf(globals, Device), index);
  entry->context = DriverContext;
  entry->callback.store(EvtDeviceWdmIrpDispatch, std::memory_order_release);
  return STATUS_SUCCESS;
}

WDFDRIVER WdfDeviceGetDriver(DriverGlobals& globals, WDFDEVICE Device) {
  return reinterpret_cast<WDFDRIVER>(DriverOf(DeviceOf(globals, Device).globals()).handle());
}

WDFIOTARGET WdfDeviceGetIoTarget(DriverGlobals& globals, WDFDEVICE Device) {
  IoTarget* target = DeviceOf(globals, Device).local_target();
  return target ? reinterpret_cast<WDFIOTARGET>(target->handle()) : nullptr;
}

WDFIOTARGET WdfDeviceGetSelfIoTarget(DriverGlobals& globals, WDFDEVICE Device) {
  IoTarget* target = DeviceOf(globals, Device).self_target();
  return target ? reinterpret_cast<WDFIOTARGET>(target->handle()) : nullptr;
}

WDFFILEOBJECT WdfDeviceGetFileObject(DriverGlobals& globals, WDFDEVICE Device, PFILE_OBJECT FileObject) {
  wdf::FileObject* file = file::Find(DeviceOf(globals, Device), FileObject);
  return file ? reinterpret_cast<WDFFILEOBJECT>(file->handle()) : nullptr;
}

WDF_DEVICE_PNP_STATE WdfDeviceGetDevicePnpState(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? WdfDevStatePnpInvalid : device.pnp().pnp_state();
}

WDF_DEVICE_POWER_STATE WdfDeviceGetDevicePowerState(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? WdfDevStatePowerInvalid : device.pnp().power_state();
}

WDF_DEVICE_POWER_POLICY_STATE WdfDeviceGetDevicePowerPolicyState(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? WdfDevStatePwrPolInvalid : device.pnp().policy_state();
}

ULONG WdfDeviceGetAlignmentRequirement(DriverGlobals& globals, WDFDEVICE Device) { return DeviceOf(globals, Device).wdm()->AlignmentRequirement; }

void WdfDeviceSetAlignmentRequirement(DriverGlobals& globals, WDFDEVICE Device, ULONG AlignmentRequirement) {
  DeviceOf(globals, Device).wdm()->AlignmentRequirement = AlignmentRequirement;
}

ULONG WdfDeviceGetCharacteristics(DriverGlobals& globals, WDFDEVICE Device) { return DeviceOf(globals, Device).wdm()->Characteristics; }

void WdfDeviceSetCharacteristics(DriverGlobals& globals, WDFDEVICE Device, ULONG DeviceCharacteristics) {
  DeviceOf(globals, Device).wdm()->Characteristics = DeviceCharacteristics;
}

// --- names and interfaces ---

NTSTATUS WdfDeviceRetrieveDeviceName(DriverGlobals& globals, WDFDEVICE Device, WDFSTRING String) {
  std::u16string name;
  StringObject* string = FromHandle<StringObject>(globals, String);
  NTSTATUS status = DeviceOf(globals, Device).names().DeviceName(&name);
  return NT_SUCCESS(status) ? string->Assign(name) : status;
}

NTSTATUS WdfDeviceCreateSymbolicLink(DriverGlobals& globals, WDFDEVICE Device, PCUNICODE_STRING SymbolicLinkName) {
  return DeviceOf(globals, Device).names().CreateSymbolicLink(TextOf(SymbolicLinkName));
}

NTSTATUS WdfDeviceCreateDeviceInterface(DriverGlobals& globals, WDFDEVICE Device, const GUID* InterfaceClassGUID, PCUNICODE_STRING ReferenceString) {
  return DeviceOf(globals, Device).names().CreateInterface(*InterfaceClassGUID, ReferenceString);
}

void WdfDeviceSetDeviceInterfaceState(DriverGlobals& globals, WDFDEVICE Device, const GUID* InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
                                      BOOLEAN IsInterfaceEnabled) {
  DeviceOf(globals, Device).names().SetInterfaceState(*InterfaceClassGUID, ReferenceString, IsInterfaceEnabled, false);
}

void WdfDeviceSetDeviceInterfaceStateEx(DriverGlobals& globals, WDFDEVICE Device, const GUID* InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
                                        BOOLEAN IsInterfaceEnabled) {
  DeviceOf(globals, Device).names().SetInterfaceState(*InterfaceClassGUID, ReferenceString, IsInterfaceEnabled, true);
}

NTSTATUS WdfDeviceRetrieveDeviceInterfaceString(DriverGlobals& globals, WDFDEVICE Device, const GUID* InterfaceClassGUID,
                                                PCUNICODE_STRING ReferenceString, WDFSTRING String) {
  std::u16string link;
  StringObject* string = FromHandle<StringObject>(globals, String);
  NTSTATUS status = DeviceOf(globals, Device).names().InterfaceLink(*InterfaceClassGUID, ReferenceString, &link);
  return NT_SUCCESS(status) ? string->Assign(link) : status;
}

// --- PnP and power ---

void WdfDeviceGetDeviceState(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (DeviceState->Size != sizeof(WDF_DEVICE_STATE)) {
    Break(globals, "WdfDeviceGetDeviceState with a wrong Size was ignored");
    return;
  }
  if (HasPnp(globals, device, "WdfDeviceGetDeviceState on a control device was ignored")) device.pnp().GetDeviceState(DeviceState);
}

void WdfDeviceSetDeviceState(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState) {
  wdf::Device& device = DeviceOf(globals, Device);
  bool good = DeviceState->Size == sizeof(WDF_DEVICE_STATE);
  for (WDF_TRI_STATE value : {DeviceState->Disabled, DeviceState->DontDisplayInUI, DeviceState->Failed, DeviceState->NotDisableable,
                              DeviceState->Removed, DeviceState->ResourcesChanged, DeviceState->AssignedToGuest}) {
    good = good && value >= WdfFalse && value <= WdfUseDefault;
  }
  if (!good) {
    Break(globals, "WdfDeviceSetDeviceState with a wrong Size or value was ignored");
    return;
  }
  if (HasPnp(globals, device, "WdfDeviceSetDeviceState on a control device was ignored")) device.pnp().SetDeviceState(*DeviceState);
}

void WdfDeviceSetPnpCapabilities(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (!HasPnp(globals, device, "WdfDeviceSetPnpCapabilities on a control device was ignored")) return;
  if (!device.pnp().SetPnpCapabilities(*PnpCapabilities)) Break(globals, "WdfDeviceSetPnpCapabilities with a wrong Size or value was ignored");
}

void WdfDeviceSetPowerCapabilities(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_POWER_CAPABILITIES PowerCapabilities) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (!HasPnp(globals, device, "WdfDeviceSetPowerCapabilities on a control device was ignored")) return;
  if (!device.pnp().SetPowerCapabilities(*PowerCapabilities)) Break(globals, "WdfDeviceSetPowerCapabilities with a wrong Size or value was ignored");
}

void WdfDeviceSetFailed(DriverGlobals& globals, WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (HasPnp(globals, device, "WdfDeviceSetFailed on a control device was ignored")) device.pnp().SetFailed(FailedAction);
}

void WdfDeviceSetStaticStopRemove(DriverGlobals& globals, WDFDEVICE Device, BOOLEAN Stoppable) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (HasPnp(globals, device, "WdfDeviceSetStaticStopRemove on a control device was ignored")) device.pnp().SetStaticStopRemove(Stoppable);
}

void WdfDeviceSetSpecialFileSupport(DriverGlobals& globals, WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE FileType, BOOLEAN FileTypeIsSupported) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (FileType <= WdfSpecialFileUndefined || FileType >= WdfSpecialFileMax) {
    Break(globals, "WdfDeviceSetSpecialFileSupport with a type out of range was ignored");
    return;
  }
  if (HasPnp(globals, device, "WdfDeviceSetSpecialFileSupport on a control device was ignored")) {
    device.pnp().SetSpecialFileSupport(FileType, FileTypeIsSupported);
  }
}

NTSTATUS WdfDeviceAddDependentUsageDeviceObject(DriverGlobals& globals, WDFDEVICE Device, PDEVICE_OBJECT DependentDevice) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? STATUS_INVALID_DEVICE_REQUEST : device.pnp().AddDependent(DependentDevice);
}

void WdfDeviceRemoveDependentUsageDeviceObject(DriverGlobals& globals, WDFDEVICE Device, PDEVICE_OBJECT DependentDevice) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (HasPnp(globals, device, "WdfDeviceRemoveDependentUsageDeviceObject on a control device was ignored")) device.pnp().RemoveDependent(DependentDevice);
}

NTSTATUS WdfDeviceAssignS0IdleSettings(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? STATUS_INVALID_DEVICE_REQUEST : device.pnp().AssignIdleSettings(*Settings);
}

NTSTATUS WdfDeviceAssignSxWakeSettings(DriverGlobals& globals, WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? STATUS_INVALID_DEVICE_REQUEST : device.pnp().AssignWakeSettings(*Settings);
}

NTSTATUS WdfDeviceWdmAssignPowerFrameworkSettings(DriverGlobals& globals, WDFDEVICE Device, PWDF_POWER_FRAMEWORK_SETTINGS PowerFrameworkSettings) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? STATUS_INVALID_DEVICE_REQUEST : device.pnp().power_framework().Assign(*PowerFrameworkSettings);
}

NTSTATUS WdfDeviceIndicateWakeStatus(DriverGlobals& globals, WDFDEVICE Device, NTSTATUS WaitWakeStatus) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? STATUS_INVALID_DEVICE_STATE : device.pnp().IndicateWakeStatus(WaitWakeStatus);
}

NTSTATUS WdfDeviceStopIdleNoTrack(DriverGlobals& globals, WDFDEVICE Device, BOOLEAN WaitForD0) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? STATUS_INVALID_DEVICE_STATE : device.pnp().StopIdle(WaitForD0);
}

NTSTATUS WdfDeviceStopIdleActual(DriverGlobals& globals, WDFDEVICE Device, BOOLEAN WaitForD0, PVOID, LONG, PCCH) {
  return WdfDeviceStopIdleNoTrack(globals, Device, WaitForD0);
}

void WdfDeviceResumeIdleNoTrack(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (HasPnp(globals, device, "WdfDeviceResumeIdle on a control device was ignored")) device.pnp().ResumeIdle();
}

void WdfDeviceResumeIdleActual(DriverGlobals& globals, WDFDEVICE Device, PVOID, LONG, PCCH) { WdfDeviceResumeIdleNoTrack(globals, Device); }

POWER_ACTION WdfDeviceGetSystemPowerAction(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device& device = DeviceOf(globals, Device);
  return device.is_control() ? PowerActionNone : device.pnp().system_power_action();
}

}  // namespace drydock::wdf::ddi
