// WdfRequestComplete and its two longer forms.
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/object/factory.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"

namespace drydock::wdf::ddi {

namespace {
CCHAR DefaultBoost(const wdf::Request& request) {  // IOT-7.37
  return request.target_device ? request.target_device->default_priority_boost() : CCHAR{IO_NO_INCREMENT};
}
}  // namespace

void WdfRequestComplete(DriverGlobals& globals, WDFREQUEST Request, NTSTATUS Status) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  request.Complete(Status, DefaultBoost(request));
}

void WdfRequestCompleteWithInformation(DriverGlobals& globals, WDFREQUEST Request, NTSTATUS Status, ULONG_PTR Information) {
  wdf::Request& request = Checked<wdf::Request>(Request);
  if (request.irp) request.irp->IoStatus.Information = Information;
  request.Complete(Status, DefaultBoost(request));
}

void WdfRequestCompleteWithPriorityBoost(DriverGlobals& globals, WDFREQUEST Request, NTSTATUS Status, CCHAR PriorityBoost) {
  Checked<wdf::Request>(Request).Complete(Status, PriorityBoost);
}

}  // namespace drydock::wdf::ddi
