// I/O completion ports: objects of the machine that finished requests and posted packets queue up at.
// Called by:  the Win32 functions, PASSIVE_LEVEL; Post also by completing tasks, <= DISPATCH_LEVEL.
// Narrowed:   packets come out in order, waiters are served in order of arrival; the number of concurrent threads steers nothing.
// Source:     public documentation of CreateIoCompletionPort and its relatives.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include "nt/io/file.h"
#include "nt/ob/object.h"

namespace drydock::nt::win32 {

struct CompletionPacket {
  ULONG_PTR key = 0;
  void* context = nullptr;  // OVERLAPPED
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
};

void* NewCompletionPort(Kernel& kernel);  // one reference; null: no memory
void PostPacket(void* port, const CompletionPacket& packet);
// Waits for the first packet and takes as many as are there. STATUS_TIMEOUT.
NTSTATUS RemovePackets(void* port, CompletionPacket* packets, ULONG count, ULONG* removed, LARGE_INTEGER* timeout);

extern const ob::ObjectType kCompletionPortType;

}  // namespace drydock::nt::win32
