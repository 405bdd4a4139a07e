// The last error, and the Win32 code of a status.
#include "nt/ex/raise.h"
#include "nt/thread.h"
#include "nt/win32/win32.h"

namespace drydock::nt::win32 {

namespace {

struct ErrorCode {
  NTSTATUS status;
  DWORD error;
};

// As the documentation pairs them.
constexpr ErrorCode kErrors[] = {
    {STATUS_ACCESS_DENIED, ERROR_ACCESS_DENIED},
    {STATUS_BUFFER_OVERFLOW, ERROR_MORE_DATA},
    {STATUS_BUFFER_TOO_SMALL, ERROR_INSUFFICIENT_BUFFER},
    {STATUS_CANCELLED, ERROR_OPERATION_ABORTED},
    {STATUS_DEVICE_BUSY, ERROR_BUSY},
    {STATUS_DEVICE_NOT_CONNECTED, ERROR_DEVICE_NOT_CONNECTED},
    {STATUS_DEVICE_NOT_READY, ERROR_NOT_READY},
    {STATUS_END_OF_FILE, ERROR_HANDLE_EOF},
    {STATUS_INFO_LENGTH_MISMATCH, ERROR_BAD_LENGTH},
    {STATUS_INSUFFICIENT_RESOURCES, ERROR_NO_SYSTEM_RESOURCES},
    {STATUS_INVALID_BUFFER_SIZE, ERROR_INVALID_USER_BUFFER},
    {STATUS_INVALID_DEVICE_REQUEST, ERROR_INVALID_FUNCTION},
    {STATUS_INVALID_HANDLE, ERROR_INVALID_HANDLE},
    {STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
    {STATUS_INVALID_PARAMETER_1, ERROR_INVALID_PARAMETER},
    {STATUS_INVALID_PARAMETER_2, ERROR_INVALID_PARAMETER},
    {STATUS_INVALID_PARAMETER_3, ERROR_INVALID_PARAMETER},
    {STATUS_INVALID_PARAMETER_4, ERROR_INVALID_PARAMETER},
    {STATUS_IO_DEVICE_ERROR, ERROR_IO_DEVICE},
    {STATUS_IO_TIMEOUT, ERROR_SEM_TIMEOUT},
    {STATUS_KEY_DELETED, ERROR_KEY_DELETED},
    {STATUS_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
    {STATUS_NO_MORE_ENTRIES, ERROR_NO_MORE_ITEMS},
    {STATUS_NO_SUCH_DEVICE, ERROR_FILE_NOT_FOUND},
    {STATUS_MUTANT_NOT_OWNED, ERROR_NOT_OWNER},
    {STATUS_DIRECTORY_NOT_EMPTY, ERROR_DIR_NOT_EMPTY},
    {STATUS_NO_SUCH_FILE, ERROR_FILE_NOT_FOUND},
    {STATUS_NO_MORE_FILES, ERROR_NO_MORE_FILES},
    {STATUS_FILE_IS_A_DIRECTORY, ERROR_ACCESS_DENIED},
    {STATUS_NOT_A_DIRECTORY, ERROR_DIRECTORY},
    {STATUS_CANNOT_DELETE, ERROR_ACCESS_DENIED},
    {STATUS_NOT_FOUND, ERROR_NOT_FOUND},
    {STATUS_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION},
    {STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED},
    {STATUS_OBJECT_NAME_COLLISION, ERROR_ALREADY_EXISTS},
    {STATUS_OBJECT_NAME_EXISTS, ERROR_ALREADY_EXISTS},
    {STATUS_OBJECT_NAME_INVALID, ERROR_INVALID_NAME},
    {STATUS_OBJECT_NAME_NOT_FOUND, ERROR_FILE_NOT_FOUND},
    {STATUS_OBJECT_PATH_INVALID, ERROR_BAD_PATHNAME},
    {STATUS_OBJECT_PATH_NOT_FOUND, ERROR_PATH_NOT_FOUND},
    {STATUS_OBJECT_PATH_SYNTAX_BAD, ERROR_BAD_PATHNAME},
    {STATUS_OBJECT_TYPE_MISMATCH, ERROR_INVALID_HANDLE},
    {STATUS_PENDING, ERROR_IO_PENDING},
    {STATUS_SEMAPHORE_LIMIT_EXCEEDED, ERROR_TOO_MANY_POSTS},
    {STATUS_SHARING_VIOLATION, ERROR_SHARING_VIOLATION},
    {STATUS_TIMEOUT, ERROR_TIMEOUT},
    {STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE},
};

}  // namespace

DWORD ErrorOf(NTSTATUS status) {
  if (status == STATUS_SUCCESS) return ERROR_SUCCESS;
  for (const ErrorCode& code : kErrors) {
    if (code.status == status) return code.error;
  }
  return ERROR_MR_MID_NOT_FOUND;
}

bool Succeeded(NTSTATUS status) {
  if (NT_SUCCESS(status)) return true;
  CurrentThread().last_error = ErrorOf(status);
  return false;
}

}  // namespace drydock::nt::win32

using namespace drydock::nt;

extern "C" {

ULONG RtlNtStatusToDosErrorNoTeb(NTSTATUS Status) { return win32::ErrorOf(Status); }
ULONG RtlNtStatusToDosError(NTSTATUS Status) { return win32::ErrorOf(Status); }

DWORD GetLastError(VOID) { return CurrentThread().last_error; }
VOID RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags, DWORD nNumberOfArguments, const ULONG_PTR* lpArguments) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = static_cast<NTSTATUS>(dwExceptionCode & ~0x10000000u);  // a bit of the system's own
  record.ExceptionFlags = dwExceptionFlags & EXCEPTION_NONCONTINUABLE;
  record.ExceptionAddress = __builtin_return_address(0);
  if (lpArguments) {
    record.NumberParameters = nNumberOfArguments < EXCEPTION_MAXIMUM_PARAMETERS ? nNumberOfArguments : EXCEPTION_MAXIMUM_PARAMETERS;
    for (DWORD i = 0; i < record.NumberParameters; ++i) record.ExceptionInformation[i] = lpArguments[i];
  }
  ex::RaiseRecord(record, "RaiseException");
}

VOID SetLastError(DWORD dwErrCode) { CurrentThread().last_error = dwErrCode; }

BOOL IsDebuggerPresent(VOID) { return FALSE; }
VOID DebugBreak(VOID) { DbgBreakPoint(); }
VOID OutputDebugStringA(LPCSTR lpOutputString) { DbgPrint("%s", lpOutputString); }
VOID OutputDebugStringW(LPCWSTR lpOutputString) { DbgPrint("%ws", lpOutputString); }

}  // extern "C"
