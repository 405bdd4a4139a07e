// Opening files and devices; reads, writes and controls of applications.
#include <cstring>

#include "nt/io/async.h"
#include "nt/io/file_object.h"
#include "nt/io/irp.h"
#include "nt/ke/drivers_wait.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/console.h"
#include "nt/win32/file_reference.h"
#include "nt/win32/names.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

bool TakeDisposition(DWORD win32, ULONG* disposition) {
  switch (win32) {
    case CREATE_NEW: *disposition = FILE_CREATE; return true;
    case CREATE_ALWAYS: *disposition = FILE_OVERWRITE_IF; return true;
    case OPEN_EXISTING: *disposition = FILE_OPEN; return true;
    case OPEN_ALWAYS: *disposition = FILE_OPEN_IF; return true;
    case TRUNCATE_EXISTING: *disposition = FILE_OVERWRITE; return true;
    default: return false;
  }
}

io::OpenOptions OptionsOf(DWORD access, DWORD share, DWORD flags) {
  io::OpenOptions options;
  options.mode = UserMode;
  options.access = access | SYNCHRONIZE | FILE_READ_ATTRIBUTES;
  options.share = share;
  options.file_attributes = flags & 0x0000FFFF;
  if (!(flags & FILE_FLAG_OVERLAPPED)) options.options |= FILE_SYNCHRONOUS_IO_NONALERT;
  if (flags & FILE_FLAG_WRITE_THROUGH) options.options |= FILE_WRITE_THROUGH;
  if (flags & FILE_FLAG_NO_BUFFERING) options.options |= FILE_NO_INTERMEDIATE_BUFFERING;
  if (flags & FILE_FLAG_SEQUENTIAL_SCAN) options.options |= FILE_SEQUENTIAL_ONLY;
  if (flags & FILE_FLAG_RANDOM_ACCESS) options.options |= FILE_RANDOM_ACCESS;
  if (flags & FILE_FLAG_DELETE_ON_CLOSE) options.options |= FILE_DELETE_ON_CLOSE, options.access |= DELETE;
  if (flags & FILE_FLAG_BACKUP_SEMANTICS) options.options |= FILE_OPEN_FOR_BACKUP_INTENT;
  else options.options |= FILE_NON_DIRECTORY_FILE;
  if (flags & SECURITY_SQOS_PRESENT) options.impersonation = static_cast<SECURITY_IMPERSONATION_LEVEL>(flags >> 16 & 3);
  return options;
}

// One transfer, with or without OVERLAPPED. TRUE: done. FALSE with ERROR_IO_PENDING: under way.
BOOL TransferHeld(HANDLE handle, io::Request request, DWORD* transferred, OVERLAPPED* overlapped) {
  FileReference file(handle);
  if (!Succeeded(file.status())) return FALSE;
  FILE_OBJECT* object = file.get();
  request.mode = UserMode;
  const bool transfer = request.major == IRP_MJ_READ || request.major == IRP_MJ_WRITE;
  if (overlapped != nullptr && transfer) {
    request.has_offset = true;
    request.offset = static_cast<int64_t>(overlapped->OffsetHigh) << 32 | overlapped->Offset;
  }
  if (overlapped != nullptr && !(object->Flags & FO_SYNCHRONOUS_IO)) {
    if (transferred != nullptr) *transferred = 0;
    const NTSTATUS status = StartOverlapped(object, request, overlapped, nullptr);
    if (status == STATUS_PENDING) {
      CurrentThread().last_error = ERROR_IO_PENDING;
      return FALSE;
    }
    if (!NT_ERROR(status) && transferred != nullptr) *transferred = static_cast<DWORD>(overlapped->InternalHigh);
    return Finished(status);
  }
  if (overlapped != nullptr) overlapped->Internal = STATUS_PENDING;
  const io::Result result = io::Send(object, request);
  if (overlapped != nullptr) {
    overlapped->InternalHigh = result.information;
    __atomic_store_n(&overlapped->Internal, static_cast<ULONG_PTR>(static_cast<ULONG>(result.status)), __ATOMIC_RELEASE);
    const HANDLE event = UntaggedEvent(overlapped);
    if (event != nullptr) SetEvent(event);
  }
  if (transferred != nullptr) *transferred = NT_ERROR(result.status) ? 0 : static_cast<DWORD>(result.information);
  // A read at the end of a file is no failure of a synchronous caller: nothing was read.
  if (result.status == STATUS_END_OF_FILE && request.major == IRP_MJ_READ && overlapped == nullptr) return TRUE;
  return Finished(result.status);
}

// A program that ends is left without anything held.
BOOL Transfer(HANDLE handle, const io::Request& request, DWORD* transferred, OVERLAPPED* overlapped) {
  LeaveIfEnded();
  const BOOL done = TransferHeld(handle, request, transferred, overlapped);
  LeaveIfEnded();
  return done;
}

}  // namespace

extern "C" {

HANDLE CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                   DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile) {
  (void)lpSecurityAttributes;
  (void)hTemplateFile;
  LeaveIfEnded();
  Thread& thread = CurrentThread();
  io::OpenOptions options = OptionsOf(dwDesiredAccess, dwShareMode, dwFlagsAndAttributes);
  if (lpFileName == nullptr || !TakeDisposition(dwCreationDisposition, &options.disposition)) {
    Succeeded(STATUS_INVALID_PARAMETER);
    return INVALID_HANDLE_VALUE;
  }
  std::u16string name;
  if (!NtNameOf(lpFileName, &name)) {
    thread.last_error = ERROR_PATH_NOT_FOUND;
    return INVALID_HANDLE_VALUE;
  }
  FILE_OBJECT* file = nullptr;
  ULONG_PTR information = 0;
  const NTSTATUS status = io::OpenFile(*thread.kernel, name, options, &file, &information);
  if (!NT_SUCCESS(status)) {
    Succeeded(status);
    if (status == STATUS_OBJECT_NAME_COLLISION) thread.last_error = ERROR_FILE_EXISTS;
    return INVALID_HANDLE_VALUE;
  }
  // The handle in the table takes the place of the one that the open counted.
  ob::HeaderOf(file)->handles.fetch_sub(1, std::memory_order_acq_rel);
  HANDLE handle = nullptr;
  const NTSTATUS inserted =
      ob::InsertHandle(*thread.kernel, file, io::MapGenericAccess(options.access), HandleAttributes(), &handle);
  if (!Succeeded(inserted)) return INVALID_HANDLE_VALUE;
  const bool existed = (dwCreationDisposition == CREATE_ALWAYS && information == FILE_OVERWRITTEN) ||
                       (dwCreationDisposition == OPEN_ALWAYS && information == FILE_OPENED);
  thread.last_error = existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
  LeaveIfEnded();
  return handle;
}
HANDLE CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                   DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile) {
  return CreateFileW(Wide(lpFileName).c_str(), dwDesiredAccess, dwShareMode, lpSecurityAttributes, dwCreationDisposition,
                     dwFlagsAndAttributes, hTemplateFile);
}

BOOL ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped) {
  if (const int stream = StreamOf(hFile); stream >= 0) return StreamTransfer(stream, false, lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead);
  io::Request request;
  request.major = IRP_MJ_READ;
  request.output = lpBuffer;
  request.output_length = nNumberOfBytesToRead;
  return Transfer(hFile, request, lpNumberOfBytesRead, lpOverlapped);
}

BOOL WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped) {
  if (const int stream = StreamOf(hFile); stream >= 0)
    return StreamTransfer(stream, true, const_cast<void*>(lpBuffer), nNumberOfBytesToWrite, lpNumberOfBytesWritten);
  io::Request request;
  request.major = IRP_MJ_WRITE;
  request.input = const_cast<void*>(lpBuffer);
  request.input_length = nNumberOfBytesToWrite;
  return Transfer(hFile, request, lpNumberOfBytesWritten, lpOverlapped);
}

BOOL DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                     DWORD nOutBufferSize, LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped) {
  io::Request request;
  request.major = dwIoControlCode >> 16 == FILE_DEVICE_FILE_SYSTEM ? IRP_MJ_FILE_SYSTEM_CONTROL : IRP_MJ_DEVICE_CONTROL;
  request.code = dwIoControlCode;
  request.input = lpInBuffer;
  request.input_length = nInBufferSize;
  request.output = lpOutBuffer;
  request.output_length = nOutBufferSize;
  return Transfer(hDevice, request, lpBytesReturned, lpOverlapped);
}

BOOL FlushFileBuffers(HANDLE hFile) {
  io::Request request;
  request.major = IRP_MJ_FLUSH_BUFFERS;
  return Transfer(hFile, request, nullptr, nullptr);
}

}  // extern "C"
