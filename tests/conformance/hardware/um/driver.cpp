#include "driver.h"

#include <new>

#include <ntddk.h>
#include <wdf.h>

namespace drydock::test::um {

Seen seen;
bool with_dpc = false;
void Reset() {
  seen.~Seen();
  new (&seen) Seen;
}

namespace {

PVOID registers = nullptr;
SIZE_T length = 0;

void Access(WDFDEVICE device, PUCHAR base, PUCHAR port) {
  int i = 0;
  seen.reads[i++] = WDF_READ_REGISTER_UCHAR(device, base);
  seen.reads[i++] = WDF_READ_REGISTER_USHORT(device, reinterpret_cast<PUSHORT>(base + 2));
  seen.reads[i++] = WDF_READ_REGISTER_ULONG(device, reinterpret_cast<PULONG>(base + 4));
  seen.reads[i++] = WDF_READ_REGISTER_ULONG64(device, reinterpret_cast<PULONG64>(base + 8));
  ULONG two[2] = {};
  WDF_READ_REGISTER_BUFFER_ULONG(device, reinterpret_cast<PULONG>(base), two, 2);
  seen.reads[i++] = two[1];
  WDF_WRITE_REGISTER_ULONG(device, reinterpret_cast<PULONG>(base + 4), 77);
  WDF_WRITE_REGISTER_BUFFER_ULONG(device, reinterpret_cast<PULONG>(base), two, 2);
  seen.reads[i++] = WDF_READ_PORT_UCHAR(device, port);
  WDF_WRITE_PORT_USHORT(device, reinterpret_cast<PUSHORT>(port), 5);
  UCHAR bytes[2] = {};
  WDF_READ_PORT_BUFFER_UCHAR(device, port, bytes, 2);
  seen.reads[i++] = bytes[1];
}

BOOLEAN Isr(WDFINTERRUPT interrupt, ULONG) {
  WDFDEVICE device = WdfInterruptGetDevice(interrupt);
  seen.isr_level = KeGetCurrentIrql();
  ++seen.isr_calls;
  WDF_WRITE_REGISTER_ULONG(device, static_cast<PULONG>(registers), 1);  // lowers the line
  if (with_dpc) {
    WdfInterruptQueueDpcForIsr(interrupt);
  } else {
    WdfInterruptQueueWorkItemForIsr(interrupt);
  }
  return TRUE;
}
void Work(WDFINTERRUPT, WDFOBJECT) {
  seen.work_level = KeGetCurrentIrql();
  ++seen.work_calls;
}
void Dpc(WDFINTERRUPT, WDFOBJECT) {
  seen.work_level = KeGetCurrentIrql();
  ++seen.dpc_calls;
}

NTSTATUS Prepare(WDFDEVICE device, WDFCMRESLIST raw, WDFCMRESLIST translated) {
  PUCHAR port = nullptr;
  for (ULONG i = 0; i < WdfCmResourceListGetCount(translated); ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = WdfCmResourceListGetDescriptor(translated, i);
    if (descriptor->Type == CmResourceTypeMemory) {
      length = descriptor->u.Memory.Length;
      seen.map_status = WdfDeviceMapIoSpace(device, descriptor->u.Memory.Start, length, MmNonCached, &registers);
    } else if (descriptor->Type == CmResourceTypePort) {
      port = reinterpret_cast<PUCHAR>(static_cast<ULONG_PTR>(descriptor->u.Port.Start.QuadPart));
    } else if (descriptor->Type == CmResourceTypeInterrupt) {
      WDF_INTERRUPT_CONFIG config;
      WDF_INTERRUPT_CONFIG_INIT(&config, Isr, with_dpc ? Dpc : nullptr);
      if (!with_dpc) config.EvtInterruptWorkItem = Work;
      config.InterruptRaw = WdfCmResourceListGetDescriptor(raw, i);
      config.InterruptTranslated = descriptor;
      WDFINTERRUPT interrupt = nullptr;
      seen.interrupt_status = WdfInterruptCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &interrupt);
      if (NT_SUCCESS(seen.interrupt_status)) {
        WDF_INTERRUPT_INFO info;
        WDF_INTERRUPT_INFO_INIT(&info);
        WdfInterruptGetInfo(interrupt, &info);
        seen.info_irql = info.Irql;
        seen.tried_lock = WdfInterruptTryToAcquireLock(interrupt);
        if (seen.tried_lock) WdfInterruptReleaseLock(interrupt);
        WdfInterruptAcquireLock(interrupt);
        WdfInterruptReleaseLock(interrupt);
        WdfInterruptSetPolicy(interrupt, WdfIrqPolicyMachineDefault, WdfIrqPriorityNormal, 1);
      }
    }
  }
  if (NT_SUCCESS(seen.map_status)) Access(device, static_cast<PUCHAR>(registers), port);
  if (registers) seen.mapped_address = WdfDeviceGetHardwareRegisterMappedAddress(device, registers) != nullptr;
  return STATUS_SUCCESS;
}

NTSTATUS Release(WDFDEVICE device, WDFCMRESLIST) {
  if (registers) WdfDeviceUnmapIoSpace(device, registers, length);
  registers = nullptr;
  return STATUS_SUCCESS;
}

NTSTATUS DeviceAdd(WDFDRIVER, PWDFDEVICE_INIT init) {
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  pnp.EvtDevicePrepareHardware = Prepare;
  pnp.EvtDeviceReleaseHardware = Release;
  WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
  WDFDEVICE device = nullptr;
  return WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
}

}  // namespace
}  // namespace drydock::test::um

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, drydock::test::um::DeviceAdd);
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
