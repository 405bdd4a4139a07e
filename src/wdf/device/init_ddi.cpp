// WdfDeviceInit... and WdfFdoInit... setters.
#include <cstring>

#include "wdf/ddi.h"
#include "wdf/device/builder.h"
#include "wdf/device/device_init.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

// Older, shorter forms of a callback structure are accepted; the rest is zero (DEVX-12).
template <class T>
bool CopySized(DriverGlobals& globals, const T* from, T* to, const char* words) {
  if (from->Size > sizeof(T) || from->Size < sizeof(ULONG) * 2 || from->Size % sizeof(void*) != 0) {
    Break(globals, words);
    return false;
  }
  *to = {};
  std::memcpy(to, from, from->Size);
  to->Size = sizeof(T);
  return true;
}

template <class State, class Callback>
NTSTATUS AddStateCallback(DriverGlobals& globals, std::vector<StateCallback>* list, State state, Callback callback, ULONG types) {
  if (!callback || types == 0 || (types & ~static_cast<ULONG>(StateNotificationAllStates)) != 0) return STATUS_INVALID_PARAMETER;
  if (!globals.MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  list->push_back({static_cast<uint32_t>(state), types, reinterpret_cast<void (*)()>(callback)});
  return STATUS_SUCCESS;
}

}  // namespace

void WdfDeviceInitFree(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) { DeviceBuilder::FreeInit(reinterpret_cast<wdf::DeviceInit*>(DeviceInit)); }

void WdfDeviceInitSetPnpPowerEventCallbacks(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks) {
  WDF_PNPPOWER_EVENT_CALLBACKS copy;
  if (!CopySized(globals, PnpPowerEventCallbacks, &copy, "WdfDeviceInitSetPnpPowerEventCallbacks with a wrong Size was ignored")) return;
  if (copy.EvtDeviceUsageNotification && copy.EvtDeviceUsageNotificationEx) {  // O-24
    Break(globals, "WdfDeviceInitSetPnpPowerEventCallbacks with both usage notification callbacks was ignored");
    return;
  }
  InitFrom(DeviceInit).pnp = copy;
}

void WdfDeviceInitSetPowerPolicyEventCallbacks(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit,
                                               PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks) {
  WDF_POWER_POLICY_EVENT_CALLBACKS copy;
  if (!CopySized(globals, PowerPolicyEventCallbacks, &copy, "WdfDeviceInitSetPowerPolicyEventCallbacks with a wrong Size was ignored")) return;
  if (copy.EvtDeviceArmWakeFromSx && copy.EvtDeviceArmWakeFromSxWithReason) {
    Break(globals, "WdfDeviceInitSetPowerPolicyEventCallbacks with both arm-from-Sx callbacks was ignored");
    return;
  }
  InitFrom(DeviceInit).power_policy = copy;
}

void WdfDeviceInitSetPowerPolicyOwnership(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, BOOLEAN IsPowerPolicyOwner) {
  InitFrom(DeviceInit).power_policy_owner = IsPowerPolicyOwner ? WdfTrue : WdfFalse;
}

NTSTATUS WdfDeviceInitRegisterPnpStateChangeCallback(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_PNP_STATE PnpState,
                                                     PFN_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtDevicePnpStateChange, ULONG CallbackTypes) {
  if (PnpState <= WdfDevStatePnpInvalid || PnpState >= WdfDevStatePnpNull) return STATUS_INVALID_PARAMETER;
  return AddStateCallback(globals, &InitFrom(DeviceInit).pnp_state_callbacks, PnpState, EvtDevicePnpStateChange, CallbackTypes);
}

NTSTATUS WdfDeviceInitRegisterPowerStateChangeCallback(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_POWER_STATE PowerState,
                                                       PFN_WDF_DEVICE_POWER_STATE_CHANGE_NOTIFICATION EvtDevicePowerStateChange, ULONG CallbackTypes) {
  if (PowerState <= WdfDevStatePowerInvalid || WdfDevStateNormalize(PowerState) >= WdfDevStatePowerNull) return STATUS_INVALID_PARAMETER;
  return AddStateCallback(globals, &InitFrom(DeviceInit).power_state_callbacks, PowerState, EvtDevicePowerStateChange, CallbackTypes);
}

NTSTATUS WdfDeviceInitRegisterPowerPolicyStateChangeCallback(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_POWER_POLICY_STATE PowerPolicyState,
                                                             PFN_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtDevicePowerPolicyStateChange,
                                                             ULONG CallbackTypes) {
  if (PowerPolicyState <= WdfDevStatePwrPolInvalid || WdfDevStateNormalize(PowerPolicyState) >= WdfDevStatePwrPolNull) {
    return STATUS_INVALID_PARAMETER;
  }
  return AddStateCallback(globals, &InitFrom(DeviceInit).power_policy_state_callbacks, PowerPolicyState, EvtDevicePowerPolicyStateChange, CallbackTypes);
}

void WdfDeviceInitSetIoType(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType) {
  InitFrom(DeviceInit).read_write_io = IoType;
}

void WdfDeviceInitSetIoTypeEx(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_IO_TYPE_CONFIG IoTypeConfig) {
  if (IoTypeConfig->Size != sizeof(WDF_IO_TYPE_CONFIG)) {
    Break(globals, "WdfDeviceInitSetIoTypeEx with a wrong Size was ignored");
    return;
  }
  wdf::DeviceInit& init = InitFrom(DeviceInit);
  init.read_write_io = IoTypeConfig->ReadWriteIoType;
  init.device_control_io = IoTypeConfig->DeviceControlIoType;
  init.direct_transfer_threshold = IoTypeConfig->DirectTransferThreshold;
}

void WdfDeviceInitSetExclusive(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive) { InitFrom(DeviceInit).exclusive = IsExclusive; }

void WdfDeviceInitSetPowerNotPageable(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) { InitFrom(DeviceInit).power_pageable = WdfFalse; }

void WdfDeviceInitSetPowerPageable(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) { InitFrom(DeviceInit).power_pageable = WdfTrue; }

void WdfDeviceInitSetPowerInrush(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) { InitFrom(DeviceInit).power_inrush = true; }

void WdfDeviceInitSetDeviceType(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, ULONG DeviceType) { InitFrom(DeviceInit).device_type = DeviceType; }

NTSTATUS WdfDeviceInitAssignName(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName) {
  if (!globals.MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  InitFrom(DeviceInit).name.assign(TextOf(DeviceName));
  return STATUS_SUCCESS;
}

NTSTATUS WdfDeviceInitAssignSDDLString(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING SDDLString) {
  if (!globals.MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  InitFrom(DeviceInit).sddl.assign(TextOf(SDDLString));
  return STATUS_SUCCESS;
}

void WdfDeviceInitSetDeviceClass(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, const GUID* DeviceClassGuid) {
  InitFrom(DeviceInit).class_assigned = true;
  InitFrom(DeviceInit).setup_class = *DeviceClassGuid;
}

void WdfDeviceInitSetCharacteristics(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, ULONG DeviceCharacteristics, BOOLEAN OrInValues) {
  ULONG& value = InitFrom(DeviceInit).characteristics;
  value = (OrInValues ? value | DeviceCharacteristics : DeviceCharacteristics) | FILE_DEVICE_SECURE_OPEN;  // INI-08, INI-09
}

void WdfDeviceInitSetFileObjectConfig(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_FILEOBJECT_CONFIG FileObjectConfig,
                                      PWDF_OBJECT_ATTRIBUTES FileObjectAttributes) {
  if (FileObjectConfig->Size != sizeof(WDF_FILEOBJECT_CONFIG)) {
    Break(globals, "WdfDeviceInitSetFileObjectConfig with a wrong Size was ignored");
    return;
  }
  const ULONG file_class = static_cast<ULONG>(FileObjectConfig->FileObjectClass) & ~static_cast<ULONG>(WdfFileObjectCanBeOptional);
  if (file_class < WdfFileObjectNotRequired || file_class > WdfFileObjectWdfCannotUseFsContexts) {
    Break(globals, "WdfDeviceInitSetFileObjectConfig with a file-object class out of range was ignored");
    return;
  }
  wdf::DeviceInit& init = InitFrom(DeviceInit);
  init.file_config_set = true;
  init.file_config = *FileObjectConfig;
  init.file_attributes.Keep(FileObjectAttributes);
}

void WdfDeviceInitSetRequestAttributes(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, PWDF_OBJECT_ATTRIBUTES RequestAttributes) {
  InitFrom(DeviceInit).request_attributes.Keep(RequestAttributes);
}

NTSTATUS WdfDeviceInitAssignWdmIrpPreprocessCallback(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit,
                                                     PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess, UCHAR MajorFunction,
                                                     PUCHAR MinorFunctions, ULONG NumMinorFunctions) {
  if (MajorFunction > IRP_MJ_MAXIMUM_FUNCTION) return STATUS_INVALID_PARAMETER;
  if (!globals.MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  wdf::DeviceInit& init = InitFrom(DeviceInit);
  if (!init.preprocess) init.preprocess = std::make_unique<PreprocessEntry[]>(IRP_MJ_MAXIMUM_FUNCTION + 1);
  PreprocessEntry& entry = init.preprocess[MajorFunction];
  if (NumMinorFunctions > 0 && MinorFunctions) {
    if (!entry.minors.empty()) return STATUS_INVALID_DEVICE_REQUEST;  // INI-14
    entry.minors.assign(MinorFunctions, MinorFunctions + NumMinorFunctions);
  }
  entry.callback = EvtDeviceWdmIrpPreprocess;
  return STATUS_SUCCESS;
}

void WdfDeviceInitSetIoInCallerContextCallback(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext) {
  InitFrom(DeviceInit).in_caller_context = EvtIoInCallerContext;
}

void WdfDeviceInitSetRemoveLockOptions(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_REMOVE_LOCK_OPTIONS Options) {
  if (Options->Size != sizeof(WDF_REMOVE_LOCK_OPTIONS)) {
    Break(globals, "WdfDeviceInitSetRemoveLockOptions with a wrong Size was ignored");
    return;
  }
  InitFrom(DeviceInit).remove_lock_options = Options->Flags;
}

void WdfDeviceInitSetReleaseHardwareOrderOnFailure(DriverGlobals&, PWDFDEVICE_INIT DeviceInit,
                                                   WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE ReleaseHardwareOrderOnFailure) {
  InitFrom(DeviceInit).release_order = ReleaseHardwareOrderOnFailure;
}

void WdfDeviceInitAllowSelfIoTarget(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) { InitFrom(DeviceInit).allow_self_target = true; }

// --- FDO ---

void WdfFdoInitSetFilter(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) { InitFrom(DeviceInit).filter = true; }

void WdfFdoInitSetEventCallbacks(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_FDO_EVENT_CALLBACKS FdoEventCallbacks) {
  WDF_FDO_EVENT_CALLBACKS copy;
  if (CopySized(globals, FdoEventCallbacks, &copy, "WdfFdoInitSetEventCallbacks with a wrong Size was ignored")) InitFrom(DeviceInit).fdo = copy;
}

PDEVICE_OBJECT WdfFdoInitWdmGetPhysicalDevice(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) { return InitFrom(DeviceInit).pdo; }

NTSTATUS WdfDeviceCreate(DriverGlobals& globals, PWDFDEVICE_INIT* DeviceInit, PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE* Device) {
  *Device = nullptr;
  if (!*DeviceInit) return STATUS_INVALID_DEVICE_STATE;
  wdf::Device* device = nullptr;
  NTSTATUS status = DeviceBuilder::Create(globals, reinterpret_cast<wdf::DeviceInit*>(*DeviceInit), DeviceAttributes, &device);
  if (!NT_SUCCESS(status)) return status;
  *DeviceInit = nullptr;
  *Device = reinterpret_cast<WDFDEVICE>(device->handle());
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf::ddi
