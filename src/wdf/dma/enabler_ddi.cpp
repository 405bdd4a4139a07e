// WdfDmaEnabler...
#include "wdf/ddi.h"
#include "wdf/dma/enabler.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

// O-15: a given parent counts when it is the device or hangs below it; for drivers built before 1.11 it never does.
NTSTATUS ParentOf(DriverGlobals& globals, const WDF_OBJECT_ATTRIBUTES* attributes, Object& device, Object** parent) {
  *parent = &device;
  if (!attributes || !attributes->ParentObject || !globals.BuiltFor(11)) return STATUS_SUCCESS;
  Object* given = ObjectFromHandle(globals, attributes->ParentObject);
  for (Object* object = given; object; object = object->parent()) {
    if (object == &device) {
      *parent = given;
      return STATUS_SUCCESS;
    }
  }
  return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
}

}  // namespace

NTSTATUS WdfDmaEnablerCreate(DriverGlobals& globals, WDFDEVICE Device, PWDF_DMA_ENABLER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                             WDFDMAENABLER* DmaEnablerHandle) {
  *DmaEnablerHandle = nullptr;
  NTSTATUS status = DmaEnabler::Check(globals, *Config);
  if (!NT_SUCCESS(status)) return status;
  status = CheckAttributes(globals, ObjectType::kDmaEnabler, Attributes);
  if (!NT_SUCCESS(status)) return status;
  wdf::Device* device = FromHandle<wdf::Device>(globals, Device);
  Object* parent = nullptr;
  status = ParentOf(globals, Attributes, *device, &parent);
  if (!NT_SUCCESS(status)) return status;
  DmaEnabler* enabler = nullptr;
  status = CreateObjectChecked(globals, ObjectType::kDmaEnabler, Attributes, parent, &enabler);
  if (!NT_SUCCESS(status)) return status;
  status = enabler->Initialize(*device, *Config);
  if (!NT_SUCCESS(status)) {
    DeleteAfterFailedCreate(enabler);
    return status;
  }
  *DmaEnablerHandle = enabler->enabler_handle();
  return STATUS_SUCCESS;
}

size_t WdfDmaEnablerGetMaximumLength(DriverGlobals& globals, WDFDMAENABLER DmaEnabler) {
  return FromHandle<wdf::DmaEnabler>(globals, DmaEnabler)->config().MaximumLength;
}

size_t WdfDmaEnablerGetMaximumScatterGatherElements(DriverGlobals& globals, WDFDMAENABLER DmaEnabler) {
  return FromHandle<wdf::DmaEnabler>(globals, DmaEnabler)->maximum_elements();
}

void WdfDmaEnablerSetMaximumScatterGatherElements(DriverGlobals& globals, WDFDMAENABLER DmaEnabler, size_t MaximumFragments) {
  wdf::DmaEnabler* enabler = FromHandle<wdf::DmaEnabler>(globals, DmaEnabler);
  if (enabler->ended()) {
    Break(globals, "WdfDmaEnablerSetMaximumScatterGatherElements was called for an enabler that is deleted");
    return;
  }
  if (enabler->device().in_d0()) {
    Break(globals, "WdfDmaEnablerSetMaximumScatterGatherElements belongs in EvtDriverDeviceAdd or EvtDevicePrepareHardware");
    return;
  }
  if (MaximumFragments == 0) {
    Break(globals, "WdfDmaEnablerSetMaximumScatterGatherElements was told that the device takes no fragments at all");
    return;
  }
  enabler->set_maximum_elements(MaximumFragments);
}

size_t WdfDmaEnablerGetFragmentLength(DriverGlobals& globals, WDFDMAENABLER DmaEnabler, WDF_DMA_DIRECTION DmaDirection) {
  wdf::DmaEnabler* enabler = FromHandle<wdf::DmaEnabler>(globals, DmaEnabler);
  return wdf::DmaEnabler::IsDirection(DmaDirection) ? enabler->slot(DmaDirection).fragment_length : 0;
}

PDMA_ADAPTER WdfDmaEnablerWdmGetDmaAdapter(DriverGlobals& globals, WDFDMAENABLER DmaEnabler, WDF_DMA_DIRECTION DmaDirection) {
  wdf::DmaEnabler* enabler = FromHandle<wdf::DmaEnabler>(globals, DmaEnabler);
  return wdf::DmaEnabler::IsDirection(DmaDirection) ? enabler->slot(DmaDirection).adapter : nullptr;
}

NTSTATUS WdfDmaEnablerConfigureSystemProfile(DriverGlobals& globals, WDFDMAENABLER DmaEnabler, PWDF_DMA_SYSTEM_PROFILE_CONFIG ProfileConfig,
                                             WDF_DMA_DIRECTION ConfigDirection) {
  wdf::DmaEnabler* enabler = FromHandle<wdf::DmaEnabler>(globals, DmaEnabler);
  if (!ProfileConfig) return STATUS_INVALID_PARAMETER;
  if (ProfileConfig->Size != sizeof(*ProfileConfig)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!ProfileConfig->DmaDescriptor || ProfileConfig->DmaDescriptor->Type != CmResourceTypeDma) return STATUS_INVALID_PARAMETER;
  if (enabler->duplex() && !wdf::DmaEnabler::IsDirection(ConfigDirection)) return STATUS_INVALID_PARAMETER;
  if (!enabler->system()) return STATUS_INVALID_DEVICE_REQUEST;
  if (ProfileConfig->DmaWidth >= MaximumDmaWidth) return STATUS_NOT_SUPPORTED;
  if (enabler->ended()) return STATUS_DELETE_PENDING;
  return enabler->ConfigureSystem(*ProfileConfig, ConfigDirection);
}

}  // namespace drydock::wdf::ddi
