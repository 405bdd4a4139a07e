// Procedure calls that wait for a thread of an application to wait alertably.
// Called by:  ReadFileEx, WriteFileEx, QueueUserAPC; alertable waits. Queue also by completing tasks, <= DISPATCH_LEVEL.
// Narrowed:   threads of applications only; a wait for all of several objects is not alertable.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include "nt/win32/program.h"

namespace drydock::nt::win32 {

struct UserApc {
  LPOVERLAPPED_COMPLETION_ROUTINE completed = nullptr;  // or:
  void (*function)(ULONG_PTR) = nullptr;
  ULONG_PTR parameter = 0;
  OVERLAPPED* overlapped = nullptr;
  DWORD error = 0, bytes = 0;
};

// False: no thread of the program has that id any more.
bool QueueApc(Program& program, uint64_t thread_id, const UserApc& apc);
// Makes the calling thread one that can get them.
void ExpectApcs(Program& program);
// Runs what is there, on the thread it is for. True: there was something.
bool RunApcs(Program& program);
// Waits for one of the objects or for a call: WAIT_OBJECT_0 + i, WAIT_IO_COMPLETION (calls were run), STATUS_TIMEOUT as Ke waits say it.
NTSTATUS AlertableWait(Program& program, void** headers, ULONG count, LARGE_INTEGER* timeout);

}  // namespace drydock::nt::win32
