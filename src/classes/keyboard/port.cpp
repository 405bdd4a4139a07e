// i8042prt: PnP, requests, hooks.
#include <cstring>

#include "classes/keyboard/port.h"
#include "nt/driver_callback.h"

namespace drydock::classes::keyboard {

NTSTATUS SendInternal(PDEVICE_OBJECT device, ULONG code, void* input, ULONG length) {
  KEVENT event;
  IO_STATUS_BLOCK result = {};
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(code, device, input, length, nullptr, 0, TRUE, &event, &result);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = IoCallDriver(device, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    status = result.Status;
  }
  return status;
}

namespace {

using nt::CallDriver;

Port& PortOf(PDEVICE_OBJECT device) { return *static_cast<Port*>(device->DeviceExtension); }

NTSTATUS SendToTop(Port& port, ULONG code, void* input, ULONG length) {
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(port.self);
  const NTSTATUS status = SendInternal(top, code, input, length);
  ObDereferenceObject(top);
  return status;
}

// The class driver above wants the packets. Filters get their turn to hook themselves in.
NTSTATUS Connect(Port& port, const CONNECT_DATA& data) {
  if (port.connect.ClassService) return STATUS_SHARING_VIOLATION;
  port.connect = data;
  INTERNAL_I8042_HOOK_KEYBOARD hook = {};
  hook.IsrWritePort = IsrWritePort;
  hook.QueueKeyboardPacket = QueuePacket;
  hook.CallContext = &port;
  if (NT_SUCCESS(SendToTop(port, IOCTL_INTERNAL_I8042_HOOK_KEYBOARD, &hook, sizeof hook))) port.hook = hook;
  return STATUS_SUCCESS;
}

NTSTATUS ConnectMouse(Port& port, const CONNECT_DATA& data) {
  if (port.connect.ClassService) return STATUS_SHARING_VIOLATION;
  port.connect = data;
  port.mouse = true;
  INTERNAL_I8042_HOOK_MOUSE hook = {};
  hook.IsrWritePort = IsrWritePort;
  hook.QueueMousePacket = QueuePacket;
  hook.CallContext = &port;
  if (NT_SUCCESS(SendToTop(port, IOCTL_INTERNAL_I8042_HOOK_MOUSE, &hook, sizeof hook))) port.mouse_hook = hook;
  return STATUS_SUCCESS;
}

NTSTATUS InternalControl(PDEVICE_OBJECT device, PIRP irp) {
  Port& port = PortOf(device);
  const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  switch (control.IoControlCode) {
    case IOCTL_INTERNAL_KEYBOARD_CONNECT: {
      if (control.InputBufferLength < sizeof(CONNECT_DATA)) return Complete(irp, STATUS_INVALID_PARAMETER);
      return Complete(irp, Connect(port, *static_cast<CONNECT_DATA*>(control.Type3InputBuffer)));
    }
    case IOCTL_INTERNAL_KEYBOARD_DISCONNECT: return Complete(irp, STATUS_NOT_IMPLEMENTED);
    case IOCTL_INTERNAL_I8042_HOOK_KEYBOARD:
      return Complete(irp, control.InputBufferLength < sizeof(INTERNAL_I8042_HOOK_KEYBOARD) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS);
    case IOCTL_INTERNAL_I8042_KEYBOARD_START_INFORMATION:
      return Complete(irp, control.InputBufferLength < sizeof(INTERNAL_I8042_START_INFORMATION) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS);
    case IOCTL_INTERNAL_MOUSE_CONNECT:
      if (control.InputBufferLength < sizeof(CONNECT_DATA)) return Complete(irp, STATUS_INVALID_PARAMETER);
      return Complete(irp, ConnectMouse(port, *static_cast<CONNECT_DATA*>(control.Type3InputBuffer)));
    case IOCTL_INTERNAL_MOUSE_DISCONNECT: return Complete(irp, STATUS_NOT_IMPLEMENTED);
    case IOCTL_INTERNAL_I8042_HOOK_MOUSE:
      return Complete(irp, control.InputBufferLength < sizeof(INTERNAL_I8042_HOOK_MOUSE) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS);
    case IOCTL_INTERNAL_I8042_MOUSE_START_INFORMATION:
      return Complete(irp, control.InputBufferLength < sizeof(INTERNAL_I8042_START_INFORMATION) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS);
    case IOCTL_MOUSE_QUERY_ATTRIBUTES: {
      MOUSE_ATTRIBUTES attributes = {};
      attributes.MouseIdentifier = port.wheel ? WHEELMOUSE_I8042_HARDWARE : MOUSE_I8042_HARDWARE;
      attributes.NumberOfButtons = 3;
      attributes.SampleRate = 80;
      attributes.InputDataQueueLength = kQueueLength * sizeof(MOUSE_INPUT_DATA);
      return Give(irp, attributes);
    }
    case IOCTL_KEYBOARD_QUERY_ATTRIBUTES: {
      KEYBOARD_ATTRIBUTES attributes = {};
      attributes.KeyboardIdentifier = {4, 0};  // enhanced, 101 or 102 keys
      attributes.KeyboardMode = 1;             // scan code set
      attributes.NumberOfFunctionKeys = 12;
      attributes.NumberOfIndicators = 3;
      attributes.NumberOfKeysTotal = 101;
      attributes.InputDataQueueLength = kQueueLength * sizeof(KEYBOARD_INPUT_DATA);
      attributes.KeyRepeatMinimum = {0, 2, 250};
      attributes.KeyRepeatMaximum = {0, 30, 1000};
      return Give(irp, attributes);
    }
    case IOCTL_KEYBOARD_QUERY_INDICATOR_TRANSLATION: return Give(irp, kIndicatorTranslation);
    case IOCTL_KEYBOARD_QUERY_INDICATORS: return Give(irp, port.indicators);
    case IOCTL_KEYBOARD_QUERY_TYPEMATIC: return Give(irp, port.typematic);
    case IOCTL_KEYBOARD_SET_INDICATORS: {
      KEYBOARD_INDICATOR_PARAMETERS wanted;
      if (!Take(irp, &wanted) || (wanted.LedFlags & ~7)) return Complete(irp, STATUS_INVALID_PARAMETER);
      const UCHAR bytes[] = {0xED, static_cast<UCHAR>(wanted.LedFlags)};
      const NTSTATUS status = SendBytes(port, bytes, sizeof bytes);
      if (NT_SUCCESS(status)) port.indicators = wanted;
      return Complete(irp, status);
    }
    case IOCTL_KEYBOARD_SET_TYPEMATIC: {
      KEYBOARD_TYPEMATIC_PARAMETERS wanted;
      if (!Take(irp, &wanted) || wanted.Rate < 2 || wanted.Rate > 30 || wanted.Delay < 250 || wanted.Delay > 1000)
        return Complete(irp, STATUS_INVALID_PARAMETER);
      // 30 characters a second are 0, 2 are 0x1F; the delay in quarters of a second stands above.
      const UCHAR bytes[] = {0xF3, static_cast<UCHAR>((wanted.Delay / 250 - 1) << 5 | (30 - wanted.Rate) * 0x1F / 28)};
      const NTSTATUS status = SendBytes(port, bytes, sizeof bytes);
      if (NT_SUCCESS(status)) port.typematic = wanted;
      return Complete(irp, status);
    }
    default: return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

NTSTATUS Start(Port& port, PIRP irp) {
  const auto& start = IoGetCurrentIrpStackLocation(irp)->Parameters.StartDevice;
  if (!IoForwardIrpSynchronously(port.lower, irp)) return STATUS_UNSUCCESSFUL;
  if (!NT_SUCCESS(irp->IoStatus.Status)) return irp->IoStatus.Status;
  const NTSTATUS status = StartHardware(port, start.AllocatedResourcesTranslated);
  if (!NT_SUCCESS(status)) return status;
  INTERNAL_I8042_START_INFORMATION information = {};
  information.Size = sizeof information;
  information.InterruptObject = port.interrupt;
  SendToTop(port, port.mouse ? IOCTL_INTERNAL_I8042_MOUSE_START_INFORMATION : IOCTL_INTERNAL_I8042_KEYBOARD_START_INFORMATION, &information, sizeof information);
  return STATUS_SUCCESS;
}

NTSTATUS Pnp(PDEVICE_OBJECT device, PIRP irp) {
  Port& port = PortOf(device);
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: return Complete(irp, Start(port, irp));
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: irp->IoStatus.Status = STATUS_SUCCESS; return PassDown(port.lower, irp);
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
      StopHardware(port);
      irp->IoStatus.Status = STATUS_SUCCESS;
      return PassDown(port.lower, irp);
    case IRP_MN_REMOVE_DEVICE: {
      StopHardware(port);
      irp->IoStatus.Status = STATUS_SUCCESS;
      const NTSTATUS status = PassDown(port.lower, irp);
      IoDetachDevice(port.lower);
      IoDeleteDevice(device);
      return status;
    }
    default: return PassDown(port.lower, irp);
  }
}

NTSTATUS Power(PDEVICE_OBJECT device, PIRP irp) {
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(PortOf(device).lower, irp);
}

NTSTATUS Forward(PDEVICE_OBJECT device, PIRP irp) { return PassDown(PortOf(device).lower, irp); }
NTSTATUS Succeed(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

NTSTATUS AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
  PDEVICE_OBJECT device;
  const NTSTATUS status = IoCreateDevice(driver, sizeof(Port), nullptr, FILE_DEVICE_8042_PORT, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  Port& port = PortOf(device);
  port.self = device;
  port.lower = IoAttachDeviceToDeviceStack(device, pdo);
  if (!port.lower) {
    IoDeleteDevice(device);
    return STATUS_NO_SUCH_DEVICE;
  }
  ExInitializeRundownProtection(&port.running);
  ExWaitForRundownProtectionRelease(&port.running);
  port.typematic = {0, 30, 250};
  KeInitializeDpc(&port.dpc, DeliverPackets, &port);
  KeInitializeTimer(&port.retry);
  device->Flags |= DO_BUFFERED_IO | (port.lower->Flags & DO_POWER_PAGABLE);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT) {}

}  // namespace

NTSTATUS PortEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverExtension->AddDevice = AddDevice;
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLEANUP] = driver->MajorFunction[IRP_MJ_CLOSE] = Succeed;
  driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = InternalControl;
  driver->MajorFunction[IRP_MJ_PNP] = Pnp;
  driver->MajorFunction[IRP_MJ_POWER] = Power;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = Forward;
  return STATUS_SUCCESS;
}

}  // namespace drydock::classes::keyboard
