// What a small UMDF driver writes with windows.h, for the compile tests: as C, as C++, by gcc. It is compiled, never run.
#include <windows.h>
#include <winioctl.h>
#include <ntstatus.h>
#include <devpropdef.h>
#include <wudfwdm.h>
#include <strsafe.h>
#include <intsafe.h>
#include <hidport.h>
#include <hidsdi.h>
#include <initguid.h>

DEFINE_GUID(GUID_DRYDOCK_UM_TEST, 0x12345678, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

C_ASSERT(sizeof(DWORD) == 4 && sizeof(LONG) == 4 && sizeof(HANDLE) == 8 && sizeof(WCHAR) == 2);
C_ASSERT(sizeof(OVERLAPPED) == 32 && FIELD_OFFSET(OVERLAPPED, hEvent) == 24);
C_ASSERT(sizeof(SYSTEMTIME) == 16 && sizeof(FILETIME) == 8 && sizeof(SECURITY_ATTRIBUTES) == 24);
C_ASSERT(sizeof(CRITICAL_SECTION) == 40 && FIELD_OFFSET(CRITICAL_SECTION, OwningThread) == 16);
C_ASSERT(sizeof(SRWLOCK) == 8 && sizeof(CONDITION_VARIABLE) == 8);
C_ASSERT(HRESULT_FROM_NT(STATUS_INVALID_PARAMETER) == (HRESULT)0xD000000D);
C_ASSERT(E_OUTOFMEMORY == (HRESULT)0x8007000E && ERROR_INSUFFICIENT_BUFFER == 122 && WAIT_TIMEOUT == 258);
// The layouts of what passes between the HID class and a user-mode minidriver, and the codes.
C_ASSERT(sizeof(HID_DESCRIPTOR) == 9 && sizeof(HID_DEVICE_ATTRIBUTES) == 32 && FIELD_OFFSET(HID_DEVICE_ATTRIBUTES, VendorID) == 4);
C_ASSERT(sizeof(HID_XFER_PACKET) == 16 && FIELD_OFFSET(HID_XFER_PACKET, reportBufferLen) == 8);
C_ASSERT(FIELD_OFFSET(HID_XFER_PACKET, reportId) == 12);
C_ASSERT(IOCTL_HID_GET_DEVICE_DESCRIPTOR == 0xB0003 && IOCTL_HID_READ_REPORT == 0xB000B && IOCTL_HID_GET_STRING == 0xB0013);
C_ASSERT(IOCTL_UMDF_HID_SET_FEATURE == 0xB0053 && IOCTL_UMDF_HID_GET_FEATURE == 0xB0057);
C_ASSERT(IOCTL_UMDF_HID_SET_OUTPUT_REPORT == 0xB005B && IOCTL_UMDF_HID_GET_INPUT_REPORT == 0xB005F);

static SRWLOCK TestLock = SRWLOCK_INIT;
static CONDITION_VARIABLE TestCondition = CONDITION_VARIABLE_INIT;

static DWORD WINAPI TestThread(LPVOID Parameter) {
  HANDLE event = (HANDLE)Parameter;
  AcquireSRWLockExclusive(&TestLock);
  SleepConditionVariableSRW(&TestCondition, &TestLock, 10, 0);
  ReleaseSRWLockExclusive(&TestLock);
  if (!SetEvent(event)) return GetLastError();
  return ERROR_SUCCESS;
}

static HRESULT TestWork(VOID) {
  CRITICAL_SECTION section;
  TCHAR text[32];
  size_t length;
  ULONG sum;
  HRESULT hr;
  volatile LONG counter = 0;
  DWORD id;
  HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL), thread;
  if (event == NULL) return HRESULT_FROM_WIN32(GetLastError());
  thread = CreateThread(NULL, 0, TestThread, event, 0, &id);
  if (thread == NULL || WaitForSingleObject(thread, INFINITE) != WAIT_OBJECT_0) return E_FAIL;
  CloseHandle(thread);
  CloseHandle(event);
  InitializeCriticalSection(&section);
  EnterCriticalSection(&section);
  InterlockedIncrement(&counter);
  LeaveCriticalSection(&section);
  DeleteCriticalSection(&section);
  ZeroMemory(text, sizeof(text));
  hr = StringCchPrintf(text, ARRAYSIZE(text), TEXT("%u"), id);
  if (SUCCEEDED(hr)) hr = StringCchLength(text, ARRAYSIZE(text), &length);
  if (SUCCEEDED(hr)) hr = ULongAdd(1, 2, &sum);
  if (SUCCEEDED(hr)) hr = SizeTToULong(sizeof(text), &sum);
  OutputDebugString(text);
  Sleep(1);
  return hr;
}

NTSTATUS TestUmEntry(VOID) {
  PAGED_CODE();
  KdPrint(("user mode\n"));
  return FAILED(TestWork()) ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
