// Handle tables: one per process and one of the kernel (values with the top bit set, usable in every process).
// Called by:  Zw functions, io, ps, cm. PASSIVE_LEVEL; Lookup up to APC_LEVEL.
// Values:     multiples of 4 in order of allocation, lowest free first, so that they are the same in each run of a seed.
// Errors:     STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_HANDLE_NOT_CLOSABLE.
#pragma once

#include <cstdint>
#include <vector>

#include "nt/ob/object.h"
#include "runtime/lock.h"

namespace drydock::nt::ob {

struct HandleEntry {
  void* body = nullptr;
  ACCESS_MASK access = 0;
  ULONG attributes = 0;  // OBJ_INHERIT, OBJ_PROTECT_CLOSE
};

struct HandleTable {
  rt::Lock lock;
  Process* process = nullptr;  // null: the kernel's
  std::vector<HandleEntry> entries RT_GUARDED_BY(lock);  // handle / 4 - 1
  std::vector<uint32_t> free_list RT_GUARDED_BY(lock);
  uint32_t in_use RT_GUARDED_BY(lock) = 0;
};

// A new handle takes over one reference of the caller.
NTSTATUS InsertHandle(Kernel& kernel, void* body, ACCESS_MASK access, ULONG attributes, HANDLE* handle);
// The same in the table of another process, past the callbacks.
NTSTATUS InsertHandleFor(Kernel& kernel, Process* process, void* body, ACCESS_MASK access, ULONG attributes, HANDLE* handle);
// References the object. `type` null: any. UserMode checks the access that was granted.
NTSTATUS ReferenceByHandle(HANDLE handle, ACCESS_MASK access, const ObjectType* type, KPROCESSOR_MODE mode, void** body,
                           ACCESS_MASK* granted = nullptr);
NTSTATUS CloseHandle(HANDLE handle, KPROCESSOR_MODE mode);
bool IsKernelHandle(HANDLE handle);
// Closes all handles of a process that ends. Cleanup requests go out on this task.
void CloseAllHandles(Kernel& kernel, Process* process);
uint32_t OpenHandleCount(Kernel& kernel, Process* process);  // null: kernel handles

}  // namespace drydock::nt::ob
