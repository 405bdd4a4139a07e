// Symbolic links of drivers, and attaching by name.
#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/io/device.h"
#include "nt/io/file.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) {
  if (!ex::MayAllocate(CurrentKernel(), DeviceName->Length)) return STATUS_INSUFFICIENT_RESOURCES;
  return ob::CreateSymbolicLink(CurrentKernel(), ob::View(SymbolicLinkName), ob::View(DeviceName), true);
}

NTSTATUS NTAPI IoCreateUnprotectedSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) {
  return IoCreateSymbolicLink(SymbolicLinkName, DeviceName);
}

NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) {
  return ob::DeleteSymbolicLink(CurrentKernel(), ob::View(SymbolicLinkName));
}

NTSTATUS NTAPI IoAttachDevice(PDEVICE_OBJECT SourceDevice, PUNICODE_STRING TargetDevice, PDEVICE_OBJECT* AttachedDevice) {
  PFILE_OBJECT file;
  PDEVICE_OBJECT target;
  *AttachedDevice = nullptr;
  NTSTATUS status = IoGetDeviceObjectPointer(TargetDevice, FILE_READ_ATTRIBUTES, &file, &target);
  if (!NT_SUCCESS(status)) return status;
  PDEVICE_OBJECT lower = IoAttachDeviceToDeviceStack(SourceDevice, target);
  if (!lower) {
    status = STATUS_NO_SUCH_DEVICE;
  } else {
    *AttachedDevice = lower;
    SourceDevice->Flags |= lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
  }
  ob::Dereference(file);
  return status;
}

}  // extern "C"
