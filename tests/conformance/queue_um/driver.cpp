#include "driver.h"

#include <ntddk.h>
#include <wdf.h>

#include <cstring>

namespace drydock::test::um {

Trial trial = Trial::kEcho;
int32_t complete_status = 0;
Seen seen;

namespace {

void Control(WDFQUEUE, WDFREQUEST request, size_t output_length, size_t, ULONG) {
  ++seen.handled;
  void *in = nullptr, *out = nullptr;
  size_t in_length = 0;
  switch (trial) {
    case Trial::kEcho:
      return WdfRequestComplete(request, STATUS_SUCCESS);
    case Trial::kSeparateBuffers:
      seen.status[0] = WdfRequestRetrieveInputBuffer(request, 1, &in, &in_length);
      seen.status[1] = WdfRequestRetrieveOutputBuffer(request, 1, &out, nullptr);
      if (!in || !out) return WdfRequestComplete(request, STATUS_UNSUCCESSFUL);
      seen.same_address = in == out;
      memset(out, 'o', output_length);
      memcpy(seen.input_after, in, in_length);  // still the caller's input
      memset(in, 'i', in_length);               // thrown away
      return WdfRequestCompleteWithInformation(request, complete_status, output_length);
    case Trial::kActivity: {
      GUID id = {1, 2, 3, {4}}, other = {5, 6, 7, {8}}, got = {};
      seen.status[0] = WdfRequestRetrieveActivityId(request, &got);
      WdfRequestSetActivityId(request, &id);
      seen.status[1] = WdfRequestRetrieveActivityId(request, &got);
      seen.status[2] = memcmp(&got, &id, sizeof id);
      WdfRequestSetActivityId(request, &other);
      seen.status[3] = WdfRequestRetrieveActivityId(request, &got);
      seen.status[4] = memcmp(&got, &other, sizeof other);
      return WdfRequestComplete(request, STATUS_SUCCESS);
    }
    case Trial::kImpersonate: {
      auto callback = [](WDFREQUEST, PVOID context) { ++*static_cast<int*>(context); };
      seen.status[0] = WdfRequestImpersonate(request, SecurityIdentification, callback, &seen.callbacks);
      seen.status[1] = WdfRequestImpersonate(request, static_cast<SECURITY_IMPERSONATION_LEVEL>(9), callback, &seen.callbacks);
      seen.status[2] = WdfRequestImpersonate(request, SecurityIdentification, nullptr, nullptr);
      seen.status[3] = WdfRequestImpersonate(request, SecurityDelegation, callback, &seen.callbacks);
      return WdfRequestComplete(request, STATUS_SUCCESS);
    }
    case Trial::kLevel:
      seen.level = KeGetCurrentIrql();
      return WdfRequestComplete(request, STATUS_SUCCESS);
    case Trial::kInformation:
      seen.status[0] = WdfRequestGetEffectiveIoType(request);
      WdfRequestSetUserModeDriverInitiatedIo(request, TRUE);
      seen.status[1] = WdfRequestGetUserModeDriverInitiatedIo(request);
      return WdfRequestComplete(request, STATUS_SUCCESS);
  }
}

NTSTATUS DeviceAdd(WDFDRIVER, PWDFDEVICE_INIT init) {
  WDFDEVICE device = nullptr;
  NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDeviceControl = Control;
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr);
}

}  // namespace
}  // namespace drydock::test::um

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, drydock::test::um::DeviceAdd);
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
