// (U) What only requests of UMDF drivers have: activity ids, impersonation, the effective access method.
#include "nt/driver_callback.h"
#include "nt/se/impersonation.h"
#include "nt/thread.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/object/factory.h"
#include "wdf/request/buffers.h"
#include "wdf/request/request.h"
#include "wdf/um/credentials.h"

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

// IOT-7.42, OP-30, UM-12, O-32. The status for a level beyond what the INF and the client allow is ours.
NTSTATUS WdfRequestImpersonate(DriverGlobals& globals, WDFREQUEST Request, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
                               PFN_WDF_REQUEST_IMPERSONATE EvtRequestImpersonate, PVOID Context) {
  wdf::Request& request = *FromHandle<wdf::Request>(globals, Request);
  if (ImpersonationLevel < SecurityAnonymous || ImpersonationLevel > SecurityDelegation || !EvtRequestImpersonate) return STATUS_INVALID_PARAMETER;
  if (!request.is_received() || !request.irp) return STATUS_INVALID_DEVICE_REQUEST;
  if (ImpersonationLevel > um::AllowedLevel(globals, request.irp)) return STATUS_BAD_IMPERSONATION_LEVEL;
  nt::ImpersonationScope as_client(nt::CurrentThread(), um::ClientOf(request.irp), ImpersonationLevel);
  struct Watched {  // also when a stop unwinds the callback
    explicit Watched(std::atomic<uint32_t>& count) : count(count) { count.fetch_add(1); }
    ~Watched() { count.fetch_sub(1); }
    std::atomic<uint32_t>& count;
  } watched(globals.watched_calls);
  nt::CallDriver("EvtRequestImpersonate", EvtRequestImpersonate, request.request_handle(), Context);
  return STATUS_SUCCESS;
}

// Who began an I/O is told by the IRP itself, so that the drivers below see it too.
void WdfRequestSetUserModeDriverInitiatedIo(DriverGlobals& globals, WDFREQUEST Request, BOOLEAN IsUserModeDriverInitiated) {
  PIRP irp = FromHandle<wdf::Request>(globals, Request)->irp;
  if (!irp) return;
  irp->Flags &= ~ULONG(IRP_UM_DRIVER_INITIATED_IO);
  if (IsUserModeDriverInitiated) irp->Flags |= IRP_UM_DRIVER_INITIATED_IO;
}

BOOLEAN WdfRequestGetUserModeDriverInitiatedIo(DriverGlobals& globals, WDFREQUEST Request) {
  PIRP irp = FromHandle<wdf::Request>(globals, Request)->irp;
  return irp && (irp->Flags & IRP_UM_DRIVER_INITIATED_IO) != 0;
}

// UM-15: requests that UMDF drivers make are marked when they are sent (send.cpp).
BOOLEAN WdfRequestIsFromUserModeDriver(DriverGlobals& globals, WDFREQUEST Request) {
  return WdfRequestGetUserModeDriverInitiatedIo(globals, Request);
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
