#include "wdf/device/um_policy.h"

#include "nt/io/irp.h"
#include "nt/mm/address_space.h"
#include "nt/thread.h"
#include "wdf/device/device_access.h"
#include "wdf/device/device_init.h"

namespace drydock::wdf {
namespace {

bool EntersFromOutside(Device& device) {
  Device* above = DeviceFromWdm(device.wdm()->AttachedDevice);
  return !above || !above->globals().umdf;
}

// Two drivers' wishes: whoever takes both follows the other. False: one is buffered only, the other direct only.
bool Agree(WDF_DEVICE_IO_TYPE a, WDF_DEVICE_IO_TYPE b, WDF_DEVICE_IO_TYPE* agreed) {
  *agreed = a == WdfDeviceIoBufferedOrDirect ? b : a;
  return a == b || a == WdfDeviceIoBufferedOrDirect || b == WdfDeviceIoBufferedOrDirect;
}

WDF_DEVICE_IO_TYPE Wish(WDF_DEVICE_IO_TYPE type) {
  return type == WdfDeviceIoDirect || type == WdfDeviceIoBufferedOrDirect ? type : WdfDeviceIoBuffered;
}

}  // namespace

bool UmPolicy::Admits(Device& device, PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  const UmdfDirectives& directives = device.globals().directives;
  switch (stack.MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: break;
    default: return true;
  }
  if (!EntersFromOutside(device)) return true;
  if (stack.MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL) return false;
  if (irp->RequestorMode == KernelMode && (!directives.allow_kernel_mode_clients || nt::CurrentThread().irql > PASSIVE_LEVEL)) return false;
  if (stack.MajorFunction == IRP_MJ_CREATE || directives.allow_unknown_file_objects) return true;
  KnownFiles& known = *DeviceAccess::Known(device);
  rt::LockGuard guard(known.lock);
  return stack.FileObject && known.files.count(stack.FileObject) != 0;
}

NTSTATUS UmPolicy::TakeNeither(Device& device, PIRP irp) {
  if (irp->Flags & IRP_BUFFERED_IO) return STATUS_SUCCESS;  // by the UMDF driver above
  if (!device.globals().directives.copy_method_neither || irp->RequestorMode == KernelMode) return STATUS_INVALID_DEVICE_REQUEST;
  const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  const ULONG input = control.InputBufferLength, output = control.OutputBufferLength;
  if (input == 0 && output == 0) return STATUS_SUCCESS;
  void* buffer = nt::io::AllocateSystemBuffer(nt::CurrentThread(), irp, input > output ? input : output);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  irp->AssociatedIrp.SystemBuffer = buffer;
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (output != 0 ? IRP_INPUT_OPERATION : 0);
  return input == 0 ? STATUS_SUCCESS : nt::mm::CopyIn(irp->RequestorMode, buffer, control.Type3InputBuffer, input);
}

void UmPolicy::AgreeOnAccess(Device& device, const DeviceInit& init) {
  Device* lower = device.attached_to() ? DeviceFromWdm(device.attached_to()) : nullptr;
  if (lower && !lower->globals().umdf) lower = nullptr;
  WDF_DEVICE_IO_TYPE read_write = Wish(init.read_write_io), control = Wish(init.device_control_io);
  bool agreed = true;
  if (lower && init.filter) {  // INI-11: a filter's own wishes do not count
    read_write = lower->read_write_io();
    control = lower->device_control_io();
  } else if (lower) {
    agreed = Agree(lower->read_write_io(), read_write, &read_write);
    agreed &= Agree(lower->device_control_io(), control, &control);
  } else if (init.filter) {
    return;  // below it are kernel-mode drivers: as they do
  }
  DeviceAccess::SetAccess(device, read_write, control, agreed);
}

void UmPolicy::CreateSeen(Device& device, PFILE_OBJECT file) {
  KnownFiles& known = *DeviceAccess::Known(device);
  rt::LockGuard guard(known.lock);
  if (file) known.files.insert(file);
}

void UmPolicy::CloseSeen(Device& device, PFILE_OBJECT file) {
  KnownFiles& known = *DeviceAccess::Known(device);
  rt::LockGuard guard(known.lock);
  known.files.erase(file);
}

}  // namespace drydock::wdf
