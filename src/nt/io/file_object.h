// What the I/O manager knows of a FILE_OBJECT beyond its public layout. nt/io only.
#pragma once

#include <memory>
#include <string>

#include <ntddk.h>

#include "nt/io/file.h"
#include "nt/ob/name_space.h"

namespace drydock::nt::io {

// What FILE_OBJECT::FileObjectExtension points to.
struct FileExtension {
  std::unique_ptr<char16_t[]> name;  // behind FileName
  ACCESS_MASK granted = 0;
  KPROCESSOR_MODE mode = KernelMode;  // who opened it
  ULONG options = 0;                  // create options
  SECURITY_IMPERSONATION_LEVEL impersonation = SecurityImpersonation;
  void* completion_port = nullptr;    // nt/win32: where overlapped requests are told, referenced
  ULONG_PTR completion_key = 0;
  UCHAR completion_modes = 0;
};

inline FileExtension* ExtensionOf(const FILE_OBJECT* file) { return static_cast<FileExtension*>(file->FileObjectExtension); }

// Travels through the name walk to the device that ends it.
struct OpenPacket {
  const OpenOptions* options = nullptr;
  FILE_OBJECT* file = nullptr;  // result
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
};

// GENERIC_... bits replaced by what they mean for files.
ACCESS_MASK MapGenericAccess(ACCESS_MASK access);

// A synchronous file carries one request at a time.
void AcquireFileLock(FILE_OBJECT* file);
void ReleaseFileLock(FILE_OBJECT* file);

// Builds the IRP of one request for the stack of `top`; null: `status` says why. Nothing is left to undo then.
IRP* BuildRequest(Thread& thread, DEVICE_OBJECT* top, FILE_OBJECT* file, const Request& request, NTSTATUS* status);
// Last stage: the answer goes to the requestor's buffer, MDL and system buffer are released. The IRP stays.
void TakeResult(IRP* irp, const Request& request, Result* result);

// Opens what lies below a device or file at the end of a name walk.
NTSTATUS OpenThroughPacket(OpenPacket& packet, DEVICE_OBJECT* device, FILE_OBJECT* related, std::u16string_view remaining, void** opened,
                           std::u16string* reparse_name);

}  // namespace drydock::nt::io
