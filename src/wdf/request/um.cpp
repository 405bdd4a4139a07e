// (U) What only requests of UMDF drivers have: activity ids, impersonation, the effective access method.
#include "nt/driver_callback.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/object/factory.h"
#include "wdf/request/buffers.h"
#include "wdf/request/request.h"

namespace drydock::wdf::ddi {

// IOT-7.43.
void WdfRequestSetActivityId(DriverGlobals& globals, WDFREQUEST Request, LPGUID ActivityId) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  request.activity = *ActivityId;
  request.received.activity_set = true;
}

NTSTATUS WdfRequestRetrieveActivityId(DriverGlobals& globals, WDFREQUEST Request, LPGUID ActivityId) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  if (!request.received.activity_set) return STATUS_NOT_FOUND;
  *ActivityId = request.activity;
  return STATUS_SUCCESS;
}

// IOT-7.42, OP-30. The INF's UmdfImpersonationLevel decides how far; without it the level is Identification (its documented default).
// The status for a level beyond that is ours.
NTSTATUS WdfRequestImpersonate(DriverGlobals& globals, WDFREQUEST Request, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
                               PFN_WDF_REQUEST_IMPERSONATE EvtRequestImpersonate, PVOID Context) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  if (ImpersonationLevel < SecurityAnonymous || ImpersonationLevel > SecurityDelegation || !EvtRequestImpersonate) return STATUS_INVALID_PARAMETER;
  if (ImpersonationLevel > SecurityIdentification) return STATUS_BAD_IMPERSONATION_LEVEL;
  nt::CallDriver("EvtRequestImpersonate", EvtRequestImpersonate, request.request_handle(), Context);
  return STATUS_SUCCESS;
}

void WdfRequestSetUserModeDriverInitiatedIo(DriverGlobals& globals, WDFREQUEST Request, BOOLEAN IsUserModeDriverInitiated) {
  FromHandle<wdf::Request>(globals, Request)->received.user_mode_driver_initiated = IsUserModeDriverInitiated != FALSE;
}

BOOLEAN WdfRequestGetUserModeDriverInitiatedIo(DriverGlobals& globals, WDFREQUEST Request) {
  return FromHandle<wdf::Request>(globals, Request)->received.user_mode_driver_initiated;
}

WDF_DEVICE_IO_TYPE WdfRequestGetEffectiveIoType(DriverGlobals& globals, WDFREQUEST Request) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  if (!request.irp || !request.target_device) return WdfDeviceIoUndefined;
  const IO_STACK_LOCATION& stack = *request.current_stack();
  switch (stack.MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
      return request.irp->MdlAddress ? WdfDeviceIoDirect : WdfDeviceIoBuffered;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
      switch (stack.Parameters.DeviceIoControl.IoControlCode & 3) {
        case METHOD_BUFFERED:
        case METHOD_NEITHER: return WdfDeviceIoBuffered;  // IOT-7.25
        default: return request.target_device->device_control_io() == WdfDeviceIoBuffered ? WdfDeviceIoBuffered : WdfDeviceIoDirect;
      }
    default:
      return WdfDeviceIoBuffered;
  }
}

}  // namespace drydock::wdf::ddi
