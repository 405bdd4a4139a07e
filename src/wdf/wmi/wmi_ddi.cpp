// WdfWmi... functions and WdfDeviceAssignMofResourceName.
#include "wdf/ddi.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"
#include "wdf/wmi/wmi.h"

namespace drydock::wdf::ddi {
namespace {

WmiPart* PartOf(DriverGlobals& globals, wdf::Device& device) {
  if (!device.wmi) Break(globals, "A control device has no WMI providers.");
  return static_cast<WmiPart*>(device.wmi.get());
}

NTSTATUS CreateProvider(DriverGlobals& globals, wdf::Device& device, const WDF_WMI_PROVIDER_CONFIG& config, PWDF_OBJECT_ATTRIBUTES attributes,
                        WmiProvider** out) {
  NTSTATUS status = WmiProvider::Check(config);
  if (!NT_SUCCESS(status)) return status;
  WmiPart* part = PartOf(globals, device);
  if (!part) return STATUS_INVALID_DEVICE_REQUEST;
  if (!globals.MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  WmiProvider* provider = nullptr;
  status = CreateObject(globals, ObjectType::kWmiProvider, attributes, &device, &provider);
  if (!NT_SUCCESS(status)) return status;
  status = provider->Attach(*part, config);
  if (status != STATUS_SUCCESS) {  // STATUS_OBJECT_NAME_EXISTS is no failure by its number
    DeleteAfterFailedCreate(provider);
    return status;
  }
  *out = provider;
  if (provider->tracing()) part->Changed();
  return status;
}

}  // namespace

NTSTATUS WdfWmiProviderCreate(DriverGlobals& globals, WDFDEVICE Device, PWDF_WMI_PROVIDER_CONFIG WmiProviderConfig,
                              PWDF_OBJECT_ATTRIBUTES ProviderAttributes, WDFWMIPROVIDER* WmiProvider) {
  *WmiProvider = nullptr;
  wdf::WmiProvider* provider = nullptr;
  const NTSTATUS status = CreateProvider(globals, *FromHandle<wdf::Device>(globals, Device), *WmiProviderConfig, ProviderAttributes, &provider);
  if (provider) *WmiProvider = reinterpret_cast<WDFWMIPROVIDER>(provider->handle());
  return status;
}

WDFDEVICE WdfWmiProviderGetDevice(DriverGlobals& globals, WDFWMIPROVIDER WmiProvider) {
  return reinterpret_cast<WDFDEVICE>(FromHandle<wdf::WmiProvider>(globals, WmiProvider)->owner().handle());
}

BOOLEAN WdfWmiProviderIsEnabled(DriverGlobals& globals, WDFWMIPROVIDER WmiProvider, WDF_WMI_PROVIDER_CONTROL ProviderControl) {
  return FromHandle<wdf::WmiProvider>(globals, WmiProvider)->IsEnabled(ProviderControl);
}

ULONGLONG WdfWmiProviderGetTracingHandle(DriverGlobals& globals, WDFWMIPROVIDER WmiProvider) {
  return FromHandle<wdf::WmiProvider>(globals, WmiProvider)->TracingHandle();
}

NTSTATUS WdfWmiInstanceCreate(DriverGlobals& globals, WDFDEVICE Device, PWDF_WMI_INSTANCE_CONFIG InstanceConfig,
                              PWDF_OBJECT_ATTRIBUTES InstanceAttributes, WDFWMIINSTANCE* Instance) {
  if (Instance) *Instance = nullptr;
  NTSTATUS status = WmiInstance::Check(*InstanceConfig, InstanceAttributes);
  if (!NT_SUCCESS(status)) return status;
  wdf::WmiProvider* provider = nullptr;
  bool own = false;
  if (InstanceConfig->ProviderConfig) {  // WMI-02
    wdf::Device& device = *FromHandle<wdf::Device>(globals, Device);
    if (device.wmi && NT_SUCCESS(wdf::WmiProvider::Check(*InstanceConfig->ProviderConfig)))
      provider = wdf::WmiProvider::TakeOver(static_cast<WmiPart&>(*device.wmi), *InstanceConfig->ProviderConfig);
    if (!provider) {
      own = true;
      status = CreateProvider(globals, device, *InstanceConfig->ProviderConfig, nullptr, &provider);
      if (status != STATUS_SUCCESS) return status;
      provider->MadeForInstance();
    }
  } else {
    provider = FromHandle<wdf::WmiProvider>(globals, InstanceConfig->Provider);
  }
  const bool callbacks = InstanceConfig->UseContextForQuery || InstanceConfig->EvtWmiInstanceQueryInstance || InstanceConfig->EvtWmiInstanceSetInstance ||
                         InstanceConfig->EvtWmiInstanceSetItem || InstanceConfig->EvtWmiInstanceExecuteMethod;
  wdf::WmiInstance* instance = nullptr;
  if (callbacks && (provider->event_only() || provider->tracing())) {  // WMI-04
    status = STATUS_INVALID_PARAMETER;
  } else if (!globals.MayAllocate()) {
    status = STATUS_INSUFFICIENT_RESOURCES;
  } else {
    status = CreateObject(globals, ObjectType::kWmiInstance, InstanceAttributes, provider, &instance);
  }
  if (NT_SUCCESS(status)) {
    instance->Attach(*provider, *InstanceConfig);
    if (InstanceConfig->Register) status = instance->Register();
    if (!NT_SUCCESS(status)) DeleteAfterFailedCreate(instance);
  }
  if (!NT_SUCCESS(status)) {
    if (own) DeleteAfterFailedCreate(provider);
    return status;
  }
  if (Instance) *Instance = reinterpret_cast<WDFWMIINSTANCE>(instance->handle());
  return status;
}

NTSTATUS WdfWmiInstanceRegister(DriverGlobals& globals, WDFWMIINSTANCE WmiInstance) {
  return FromHandle<wdf::WmiInstance>(globals, WmiInstance)->Register();
}

void WdfWmiInstanceDeregister(DriverGlobals& globals, WDFWMIINSTANCE WmiInstance) { FromHandle<wdf::WmiInstance>(globals, WmiInstance)->Deregister(); }

WDFDEVICE WdfWmiInstanceGetDevice(DriverGlobals& globals, WDFWMIINSTANCE WmiInstance) {
  return reinterpret_cast<WDFDEVICE>(FromHandle<wdf::WmiInstance>(globals, WmiInstance)->provider().owner().handle());
}

WDFWMIPROVIDER WdfWmiInstanceGetProvider(DriverGlobals& globals, WDFWMIINSTANCE WmiInstance) {
  return reinterpret_cast<WDFWMIPROVIDER>(FromHandle<wdf::WmiInstance>(globals, WmiInstance)->provider().handle());
}

NTSTATUS WdfWmiInstanceFireEvent(DriverGlobals& globals, WDFWMIINSTANCE WmiInstance, ULONG EventDataSize, PVOID EventData) {
  return FromHandle<wdf::WmiInstance>(globals, WmiInstance)->Fire(EventDataSize, EventData);
}

NTSTATUS WdfDeviceAssignMofResourceName(DriverGlobals& globals, WDFDEVICE Device, PCUNICODE_STRING MofResourceName) {
  WmiPart* part = PartOf(globals, *FromHandle<wdf::Device>(globals, Device));
  if (!part) return STATUS_INVALID_DEVICE_REQUEST;
  const std::u16string_view name = TextOf(MofResourceName);
  return name.empty() ? STATUS_INVALID_PARAMETER : part->AssignMofResourceName(name);
}

}  // namespace drydock::wdf::ddi
