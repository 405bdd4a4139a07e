#include "wdf/device/um_policy.h"

#include "nt/thread.h"
#include "wdf/device/device_access.h"

namespace drydock::wdf {
namespace {

bool EntersFromOutside(Device& device) {
  Device* above = DeviceFromWdm(device.wdm()->AttachedDevice);
  return !above || !above->globals().umdf;
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
