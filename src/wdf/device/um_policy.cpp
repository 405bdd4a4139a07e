#include "wdf/device/um_policy.h"

#include "nt/io/irp.h"
#include "nt/mm/address_space.h"
#include "nt/thread.h"
#include "wdf/device/device_access.h"

namespace drydock::wdf {
namespace {

bool EntersFromOutside(Device& device) {
  Device* above = DeviceFromWdm(device.wdm()->AttachedDevice);
  return !above || !above->globals().umdf;
}

Device* BelowInStack(Device& device) { return device.attached_to() ? DeviceFromWdm(device.attached_to()) : nullptr; }

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
  const bool buffered = (irp->Flags & IRP_BUFFERED_IO) != 0;
  if (buffered && !EntersFromOutside(device)) return STATUS_SUCCESS;  // by the UMDF driver above
  // A kernel-mode client brings its own system buffer, as MsHidUmdf does: its pointers mean nothing here.
  if (!device.globals().directives.copy_method_neither || (irp->RequestorMode == KernelMode && !buffered)) return STATUS_INVALID_DEVICE_REQUEST;
  if (buffered) return STATUS_SUCCESS;
  const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  const ULONG input = control.InputBufferLength, output = control.OutputBufferLength;
  if (input == 0 && output == 0) return STATUS_SUCCESS;
  void* buffer = nt::io::AllocateSystemBuffer(nt::CurrentThread(), irp, input > output ? input : output);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  irp->AssociatedIrp.SystemBuffer = buffer;
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (output != 0 ? IRP_INPUT_OPERATION : 0);
  return input == 0 ? STATUS_SUCCESS : nt::mm::CopyIn(irp->RequestorMode, buffer, control.Type3InputBuffer, input);
}

void UmPolicy::AgreeOnAccess(Device& device) {
  WDF_DEVICE_IO_TYPE read_write = WdfDeviceIoBufferedOrDirect, control = WdfDeviceIoBufferedOrDirect;
  bool agreed = true, asked = false, pooled = true;
  for (Device* each = &device; each && each->globals().umdf; each = BelowInStack(*each)) {
    pooled &= each->globals().directives.share_host;
    if (each->is_filter()) continue;  // INI-11: a filter's own wishes do not count
    asked = true;
    agreed &= Agree(Wish(each->init().read_write_io), read_write, &read_write);
    agreed &= Agree(Wish(each->init().device_control_io), control, &control);
  }
  if (!asked) return;  // filters only, and below them kernel-mode drivers: as they do
  auto resolved = [&](WDF_DEVICE_IO_TYPE type) { return type != WdfDeviceIoBufferedOrDirect ? type : pooled ? WdfDeviceIoBuffered : WdfDeviceIoDirect; };
  for (Device* each = &device; each && each->globals().umdf; each = BelowInStack(*each)) {
    DeviceAccess::SetAccess(*each, resolved(read_write), resolved(control), each != &device || agreed);
  }
}

void UmPolicy::StackAccess(Device& device, WDF_DEVICE_IO_TYPE* read_write, WDF_DEVICE_IO_TYPE* control) {
  *read_write = device.read_write_io();
  *control = device.device_control_io();
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
