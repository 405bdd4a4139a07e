// The Win32 functions that UMDF drivers call (sdk/um), on the executive of nt: what they share.
// Called by:  user-mode drivers, PASSIVE_LEVEL, any thread of the machine.
// Handles:    kernel handles of the machine, since a driver's callbacks run on the threads of its
// callers: the driver host is one
//             process, whoever's thread it borrows.
// Errors:     as documented: a result that says failure, and the thread's last error.
// Locks:      none of our own is held over a wait; critical sections and SRW locks are words in the
// parking lot. Source:     public documentation of the Win32 functions.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <string_view>

#include "nt/ob/object.h"
#include "runtime/time.h"

namespace drydock::nt::win32 {

// The Win32 code of a status, for GetLastError; ERROR_MR_MID_NOT_FOUND for one that has none.
DWORD ErrorOf(NTSTATUS status);
// Keeps the error; true when the status is a success (which leaves the last error alone).
bool Succeeded(NTSTATUS status);

// 100 ns ticks of a time-out in milliseconds; INFINITE gives rt::kNever.
rt::Ticks TicksOf(DWORD milliseconds);
// For the executive's waits: relative time, or null for INFINITE.
LARGE_INTEGER* Timeout(DWORD milliseconds, LARGE_INTEGER* storage);

// A new object of `type` behind a handle of the driver host, by its name in \BaseNamedObjects if it
// has one. An object of that name and type is opened instead, and the last error is
// ERROR_ALREADY_EXISTS.
HANDLE Insert(void* body, PCWSTR name, ACCESS_MASK access);

// Opens one by its name; null, and the last error: there is none of that name and type.
HANDLE OpenNamed(PCWSTR name, const ob::ObjectType& type, ACCESS_MASK access);

// UTF-16 of a text in code page 1252 as the A functions take it (null stays null).
class Wide {
 public:
  explicit Wide(PCSTR text);
  PCWSTR c_str() const { return present_ ? text_.c_str() : nullptr; }

 private:
  std::u16string text_;
  bool present_;
};

extern const ob::ObjectType kSemaphoreType;

}  // namespace drydock::nt::win32
