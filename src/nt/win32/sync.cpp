// Handles, events, semaphores, waits.
#include <fmt/format.h>

#include <string>

#include "nt/ke/state.h"
#include "nt/ob/attributes.h"
#include "nt/ke/drivers_wait.h"
#include "nt/ob/handle_table.h"
#include "nt/thread.h"
#include "nt/win32/console.h"
#include "nt/win32/program.h"
#include "nt/win32/user_apc.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;

namespace drydock::nt::win32 {

const ob::ObjectType kSemaphoreType = {"Semaphore",         nullptr, nullptr, nullptr, nullptr, 0,
                                       SEMAPHORE_ALL_ACCESS};

rt::Ticks TicksOf(DWORD milliseconds) {
  return milliseconds == INFINITE ? rt::kNever : rt::Ticks{milliseconds} * 10'000;
}

LARGE_INTEGER* Timeout(DWORD milliseconds, LARGE_INTEGER* storage) {
  if (milliseconds == INFINITE) return nullptr;
  storage->QuadPart = -static_cast<LONGLONG>(milliseconds) * 10'000;
  return storage;
}

namespace {

// The path of an object's name; empty: nameless. False: too long.
bool PathOf(PCWSTR name, std::u16string* path) {
  if (name == nullptr || name[0] == 0) return true;
  std::u16string_view text(name);
  for (std::u16string_view prefix : {std::u16string_view(u"Local\\"), std::u16string_view(u"Global\\")}) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  }
  *path = u"\\BaseNamedObjects\\";
  *path += text;
  return path->size() <= UNICODE_STRING_MAX_CHARS;
}

}  // namespace

HANDLE Insert(void* body, PCWSTR name, ACCESS_MASK access) {
  Thread& thread = CurrentThread();
  if (body == nullptr) {
    Succeeded(STATUS_INSUFFICIENT_RESOURCES);
    return nullptr;
  }
  std::u16string path;
  if (!PathOf(name, &path)) {
    ob::Dereference(body);
    Succeeded(STATUS_OBJECT_NAME_INVALID);
    return nullptr;
  }
  UNICODE_STRING path_string = {};
  if (!path.empty()) RtlInitUnicodeString(&path_string, path.c_str());
  OBJECT_ATTRIBUTES object_attributes;
  InitializeObjectAttributes(&object_attributes, path.empty() ? nullptr : &path_string,
                             OBJ_OPENIF | HandleAttributes(), nullptr, nullptr);
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(&object_attributes);
  HANDLE handle = nullptr;
  if (NT_SUCCESS(status)) {
    status = ob::InsertWithHandle(*thread.kernel, body, attributes, access, &handle);
  } else {
    ob::Dereference(body);
  }
  if (!Succeeded(status)) return nullptr;
  thread.last_error = status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
  return handle;
}

HANDLE OpenNamed(PCWSTR name, const ob::ObjectType& type, ACCESS_MASK access) {
  std::u16string path;
  if (!PathOf(name, &path) || path.empty()) {
    Succeeded(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  UNICODE_STRING path_string;
  RtlInitUnicodeString(&path_string, path.c_str());
  OBJECT_ATTRIBUTES object_attributes;
  InitializeObjectAttributes(&object_attributes, &path_string, HandleAttributes(), nullptr, nullptr);
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(&object_attributes);
  HANDLE handle = nullptr;
  if (NT_SUCCESS(status)) status = ob::OpenByName(CurrentKernel(), attributes, type, access, &handle);
  return Succeeded(status) ? handle : nullptr;
}

Wide::Wide(PCSTR text) : present_(text != nullptr) {
  // The bytes of an object's name are letters; above ASCII they are taken as Latin-1.
  for (; text != nullptr && *text != 0; ++text) text_.push_back(static_cast<unsigned char>(*text));
}

namespace {

// An object that can be waited for, referenced for the length of a wait.
class Waitable {
 public:
  Waitable() = default;
  Waitable(const Waitable&) = delete;
  ~Waitable() noexcept(false) {
    if (body_ != nullptr && std::uncaught_exceptions() == 0) ob::Dereference(body_);
  }
  NTSTATUS Take(HANDLE handle) {
    const NTSTATUS status = ob::ReferenceByHandle(handle, SYNCHRONIZE, nullptr, KernelMode, &body_);
    if (!NT_SUCCESS(status)) return status;
    return ob::HeaderOf(body_)->type->wait_offset == ob::kNotWaitable ? STATUS_OBJECT_TYPE_MISMATCH
                                                                      : STATUS_SUCCESS;
  }
  void* header() const {
    return static_cast<char*>(body_) + ob::HeaderOf(body_)->type->wait_offset;
  }

 private:
  void* body_ = nullptr;
};

DWORD WaitResult(NTSTATUS status) {
  if (status == STATUS_TIMEOUT) return WAIT_TIMEOUT;
  if (!Succeeded(status)) return WAIT_FAILED;
  return static_cast<DWORD>(
      status);  // the index, abandoned or not, and STATUS_USER_APC are the same numbers
}

template <class Change>
BOOL WithObject(HANDLE handle, ACCESS_MASK access, const ob::ObjectType& type, Change change) {
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(handle, access, &type, KernelMode, &body))) return FALSE;
  const bool done = Succeeded(change(body));
  ob::Dereference(body);
  return done;
}

}  // namespace
}  // namespace drydock::nt::win32

using namespace drydock::nt::win32;

extern "C" {

BOOL CloseHandle(HANDLE hObject) {
  if (hObject == ZwCurrentProcess() || hObject == ZwCurrentThread() || StreamOf(hObject) >= 0) return TRUE;
  // A driver's wrong handle is its caller's error here, not the machine's end as in kernel mode.
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hObject, 0, nullptr, KernelMode, &body))) return FALSE;
  const NTSTATUS status = ob::CloseHandle(hObject, KernelMode);
  ob::Dereference(body);
  return Succeeded(status);
}

BOOL DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle,
                     PHANDLE lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle,
                     DWORD dwOptions) {
  (void)bInheritHandle;  // nobody inherits from a driver host
  return Succeeded(ZwDuplicateObject(hSourceProcessHandle, hSourceHandle, hTargetProcessHandle,
                                     lpTargetHandle, dwDesiredAccess, HandleAttributes(),
                                     dwOptions));
}

HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags,
                      DWORD dwDesiredAccess) {
  (void)lpEventAttributes;
  auto* event = ob::CreateObject<KEVENT>(CurrentKernel(), ob::kEventType);
  if (event != nullptr) {
    KeInitializeEvent(
        event, dwFlags & CREATE_EVENT_MANUAL_RESET ? NotificationEvent : SynchronizationEvent,
        (dwFlags & CREATE_EVENT_INITIAL_SET) != 0);
  }
  return Insert(event, lpName, dwDesiredAccess);
}
HANDLE CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags,
                      DWORD dwDesiredAccess) {
  return CreateEventExW(lpEventAttributes, Wide(lpName).c_str(), dwFlags, dwDesiredAccess);
}
HANDLE CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState,
                    LPCWSTR lpName) {
  return CreateEventExW(lpEventAttributes, lpName,
                        (bManualReset ? CREATE_EVENT_MANUAL_RESET : 0) |
                            (bInitialState ? CREATE_EVENT_INITIAL_SET : 0),
                        EVENT_ALL_ACCESS);
}
HANDLE CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState,
                    LPCSTR lpName) {
  return CreateEventW(lpEventAttributes, bManualReset, bInitialState, Wide(lpName).c_str());
}

HANDLE OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName) {
  (void)bInheritHandle;
  return OpenNamed(lpName, ob::kEventType, dwDesiredAccess);
}
HANDLE OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName) {
  return OpenEventW(dwDesiredAccess, bInheritHandle, Wide(lpName).c_str());
}
BOOL PulseEvent(HANDLE hEvent) { return Succeeded(ZwPulseEvent(hEvent, nullptr)); }

BOOL SetEvent(HANDLE hEvent) { return Succeeded(ZwSetEvent(hEvent, nullptr)); }
BOOL ResetEvent(HANDLE hEvent) { return Succeeded(ZwClearEvent(hEvent)); }

HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                        LONG lMaximumCount, LPCWSTR lpName) {
  (void)lpSemaphoreAttributes;
  if (lMaximumCount <= 0 || lInitialCount < 0 || lInitialCount > lMaximumCount) {
    Succeeded(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  auto* semaphore = ob::CreateObject<KSEMAPHORE>(CurrentKernel(), kSemaphoreType);
  if (semaphore != nullptr) KeInitializeSemaphore(semaphore, lInitialCount, lMaximumCount);
  return Insert(semaphore, lpName, SEMAPHORE_ALL_ACCESS);
}
HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                        LONG lMaximumCount, LPCSTR lpName) {
  return CreateSemaphoreW(lpSemaphoreAttributes, lInitialCount, lMaximumCount,
                          Wide(lpName).c_str());
}

HANDLE CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName,
                          DWORD dwFlags, DWORD dwDesiredAccess) {
  (void)dwFlags;
  (void)dwDesiredAccess;
  return CreateSemaphoreW(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName);
}
HANDLE CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName,
                          DWORD dwFlags, DWORD dwDesiredAccess) {
  return CreateSemaphoreExW(lpSemaphoreAttributes, lInitialCount, lMaximumCount, Wide(lpName).c_str(), dwFlags, dwDesiredAccess);
}
HANDLE OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName) {
  (void)bInheritHandle;
  return OpenNamed(lpName, kSemaphoreType, dwDesiredAccess);
}
HANDLE OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName) {
  return OpenSemaphoreW(dwDesiredAccess, bInheritHandle, Wide(lpName).c_str());
}

BOOL ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount) {
  return WithObject(
      hSemaphore, SEMAPHORE_MODIFY_STATE, kSemaphoreType, [&](void* body) -> NTSTATUS {
        auto* semaphore = static_cast<PKSEMAPHORE>(body);
        if (lReleaseCount <= 0) return STATUS_INVALID_PARAMETER;
        if (lReleaseCount > semaphore->Limit - KeReadStateSemaphore(semaphore))
          return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
        const LONG previous = KeReleaseSemaphore(semaphore, IO_NO_INCREMENT, lReleaseCount, FALSE);
        if (lpPreviousCount != nullptr) *lpPreviousCount = previous;
        return STATUS_SUCCESS;
      });
}

// A wait that the end of its program ends is left without anything held.
static DWORD WaitHeld(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable) {
  Waitable object;
  const NTSTATUS status = object.Take(hHandle);
  if (!NT_SUCCESS(status)) return WaitResult(status);
  LARGE_INTEGER time;
  try {
    if (Program* program = bAlertable ? CurrentProgram() : nullptr) {
      void* header = object.header();
      return WaitResult(AlertableWait(*program, &header, 1, Timeout(dwMilliseconds, &time)));
    }
    drydock::nt::ke::DriversWait scope;
    return WaitResult(KeWaitForSingleObject(object.header(), UserRequest, KernelMode,
                                            bAlertable != FALSE, Timeout(dwMilliseconds, &time)));
  } catch (const HostEnded&) {
    return WAIT_FAILED;
  }
}
DWORD WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable) {
  LeaveIfEnded();
  const DWORD result = WaitHeld(hHandle, dwMilliseconds, bAlertable);
  LeaveIfEnded();
  return result;
}
DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds) {
  return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

static DWORD WaitForSeveralHeld(DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll,
                                DWORD dwMilliseconds, BOOL bAlertable) {
  if (nCount == 0 || nCount > MAXIMUM_WAIT_OBJECTS) return WaitResult(STATUS_INVALID_PARAMETER);
  Waitable objects[MAXIMUM_WAIT_OBJECTS];
  void* headers[MAXIMUM_WAIT_OBJECTS];
  for (DWORD i = 0; i < nCount; ++i) {
    const NTSTATUS status = objects[i].Take(lpHandles[i]);
    if (!NT_SUCCESS(status)) return WaitResult(status);
    headers[i] = objects[i].header();
  }
  KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
  LARGE_INTEGER time;
  try {
    if (Program* program = bAlertable && !(bWaitAll && nCount > 1) ? CurrentProgram() : nullptr)
      return WaitResult(AlertableWait(*program, headers, nCount, Timeout(dwMilliseconds, &time)));
    drydock::nt::ke::DriversWait scope;
    return WaitResult(KeWaitForMultipleObjects(nCount, headers, bWaitAll ? WaitAll : WaitAny,
                                               UserRequest, KernelMode, bAlertable != FALSE,
                                               Timeout(dwMilliseconds, &time), blocks));
  } catch (const HostEnded&) {
    return WAIT_FAILED;
  }
}
DWORD WaitForMultipleObjectsEx(DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll,
                               DWORD dwMilliseconds, BOOL bAlertable) {
  LeaveIfEnded();
  const DWORD result = WaitForSeveralHeld(nCount, lpHandles, bWaitAll, dwMilliseconds, bAlertable);
  LeaveIfEnded();
  return result;
}
DWORD WaitForMultipleObjects(DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll,
                             DWORD dwMilliseconds) {
  return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

}  // extern "C"
