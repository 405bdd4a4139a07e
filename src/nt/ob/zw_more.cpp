// Events and waits by handle, second part; what an object says of itself.
#include <ntddk.h>

#include <cstring>
#include <string>

#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/object.h"
#include "nt/thread.h"

namespace drydock::nt::ob {
extern const ObjectType kEventType;
}

using namespace drydock::nt;

namespace {

// References the objects of several handles, for as long as it lives.
struct Waitables {
  void* bodies[MAXIMUM_WAIT_OBJECTS];
  void* dispatchers[MAXIMUM_WAIT_OBJECTS];
  ULONG count = 0;

  ~Waitables() {
    while (count > 0) ob::Dereference(bodies[--count]);
  }
  NTSTATUS Add(HANDLE handle) {
    void* body;
    NTSTATUS status = ob::ReferenceByHandle(handle, SYNCHRONIZE, nullptr, KernelMode, &body);
    if (!NT_SUCCESS(status)) return status;
    const int32_t offset = ob::HeaderOf(body)->type->wait_offset;
    bodies[count] = body;
    dispatchers[count++] = static_cast<char*>(body) + offset;
    return offset == ob::kNotWaitable ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_SUCCESS;
  }
};

template <class Change>
NTSTATUS ChangeEvent(HANDLE handle, PLONG previous_state, Change change) {
  void* event;
  NTSTATUS status = ob::ReferenceByHandle(handle, EVENT_MODIFY_STATE, &ob::kEventType, KernelMode, &event);
  if (!NT_SUCCESS(status)) return status;
  const LONG previous = change(static_cast<PKEVENT>(event));
  if (previous_state) *previous_state = previous;
  ob::Dereference(event);
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS NTAPI ZwResetEvent(HANDLE EventHandle, PLONG PreviousState) {
  return ChangeEvent(EventHandle, PreviousState, [](PKEVENT event) { return KeResetEvent(event); });
}

NTSTATUS NTAPI ZwPulseEvent(HANDLE EventHandle, PLONG PreviousState) {
  return ChangeEvent(EventHandle, PreviousState, [](PKEVENT event) { return KePulseEvent(event, EVENT_INCREMENT, FALSE); });
}

NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG Count, HANDLE Handles[], WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
  if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) return STATUS_INVALID_PARAMETER_1;
  if (WaitType != WaitAll && WaitType != WaitAny) return STATUS_INVALID_PARAMETER_3;
  Waitables objects;
  for (ULONG i = 0; i < Count; ++i) {
    const NTSTATUS status = objects.Add(Handles[i]);
    if (!NT_SUCCESS(status)) return status;
  }
  KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
  return KeWaitForMultipleObjects(Count, objects.dispatchers, WaitType, UserRequest, KernelMode, Alertable, Timeout, blocks);
}

NTSTATUS NTAPI ZwYieldExecution(VOID) {
  CurrentKernel().executor.SchedulePoint();
  return STATUS_SUCCESS;
}

}  // extern "C"
