// Questions about access, files and volumes.
#include <cstring>

#include "nt/io/device.h"
#include "nt/io/file.h"
#include "nt/io/file_object.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"

using namespace drydock::nt;

extern "C" {

PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID) {
  static const GENERIC_MAPPING kMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
  return const_cast<PGENERIC_MAPPING>(&kMapping);
}

NTSTATUS NTAPI IoCheckDesiredAccess(PACCESS_MASK DesiredAccess, ACCESS_MASK GrantedAccess) {
  *DesiredAccess = io::MapGenericAccess(*DesiredAccess);
  return (*DesiredAccess & ~GrantedAccess) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

// For codes defined with FILE_ANY_ACCESS whose driver wants more: FILE_READ_ACCESS, FILE_WRITE_ACCESS.
NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess) {
  if (RequiredAccess & ~ULONG{FILE_READ_ACCESS | FILE_WRITE_ACCESS}) return STATUS_INVALID_PARAMETER;
  if (Irp->RequestorMode == KernelMode) return STATUS_SUCCESS;
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  io::FileExtension* extension = file ? io::ExtensionOf(file) : nullptr;
  ACCESS_MASK granted = extension ? extension->granted : 0;
  if ((RequiredAccess & FILE_READ_ACCESS) && !(granted & FILE_READ_DATA)) return STATUS_ACCESS_DENIED;
  if ((RequiredAccess & FILE_WRITE_ACCESS) && !(granted & FILE_WRITE_DATA)) return STATUS_ACCESS_DENIED;
  return STATUS_SUCCESS;
}

PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread_) { return reinterpret_cast<PEPROCESS>(reinterpret_cast<Thread*>(Thread_)->process); }

// "C:" of the volume's device object: the drive letter that links to it. The caller frees the buffer.
NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
  std::u16string device = ob::NameOf(VolumeDeviceObject);
  Kernel& kernel = CurrentKernel();
  ob::ParseContext context;
  context.kernel = &kernel;
  context.wanted = &ob::kDirectoryType;
  void* directory;
  NTSTATUS status = ob::Lookup(context, nullptr, u"\\??", &directory);
  if (!NT_SUCCESS(status)) return status;
  std::u16string found;
  for (const ob::DirectoryEntryInfo& entry : ob::ListDirectory(directory)) {
    std::u16string target;
    if (entry.name.size() == 2 && entry.name[1] == u':' && found.empty() &&
        NT_SUCCESS(ob::QuerySymbolicLink(kernel, u"\\??\\" + entry.name, &target)) && ob::EqualNames(target, device)) {
      found = entry.name;
    }
  }
  ob::Dereference(directory);
  if (found.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  void* buffer = ExAllocatePool2(POOL_FLAG_PAGED, (found.size() + 1) * 2, 0x6E446F49);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, found.c_str(), (found.size() + 1) * 2);
  DosName->Buffer = static_cast<PWCH>(buffer);
  DosName->Length = static_cast<USHORT>(found.size() * 2);
  DosName->MaximumLength = static_cast<USHORT>(DosName->Length + 2);
  return STATUS_SUCCESS;
}

}  // extern "C"
