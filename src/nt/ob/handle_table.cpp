#include "nt/ob/handle_table.h"

#include "nt/bugcheck.h"
#include "nt/io/missing_constants.h"
#include "nt/kernel.h"
#include "nt/ob/callbacks.h"
#include "nt/ob/state.h"
#include "nt/ps/process.h"
#include "nt/thread.h"

namespace drydock::nt::ob {
namespace {

constexpr uintptr_t kKernelBits = 0xFFFFFFFF80000000ull;

bool InSystemProcess() {
  Process* process = CurrentThread().process;
  return !process || process->system;
}

// The table that a handle value belongs to, and its index there.
HandleTable* TableOf(Kernel& kernel, Process* process) {
  State& state = *kernel.ob;
  uint64_t key = process && !process->system ? process->id : 0;
  rt::LockGuard guard(state.tables_lock);
  auto& table = state.tables[key];
  if (!table) {
    table = std::make_unique<HandleTable>();
    table->process = key ? process : nullptr;
  }
  return table.get();
}

HandleTable* TableOfHandle(Kernel& kernel, HANDLE handle, size_t* index) {
  auto value = reinterpret_cast<uintptr_t>(handle);
  bool of_kernel = IsKernelHandle(handle);
  if (of_kernel) value &= ~kKernelBits;
  if (value == 0 || value % 4 != 0) return nullptr;
  *index = value / 4 - 1;
  return TableOf(kernel, of_kernel || InSystemProcess() ? nullptr : CurrentThread().process);
}

}  // namespace

bool IsKernelHandle(HANDLE handle) {
  auto value = reinterpret_cast<intptr_t>(handle);
  return value < -0x100 && (static_cast<uintptr_t>(value) & kKernelBits) == kKernelBits;
}

NTSTATUS InsertHandle(Kernel& kernel, void* body, ACCESS_MASK access, ULONG attributes, HANDLE* handle) {
  if (!kernel.ob->callbacks.any.load(std::memory_order_relaxed)) return InsertHandleFor(kernel, CurrentThread().process, body, access, attributes, handle);
  HandleFilter filter(kernel, body, attributes);
  access = filter.Before(access);
  const NTSTATUS status = InsertHandleFor(kernel, CurrentThread().process, body, access, attributes, handle);
  filter.After(status, access);
  return status;
}

NTSTATUS InsertHandleFor(Kernel& kernel, Process* process, void* body, ACCESS_MASK access, ULONG attributes, HANDLE* handle) {
  bool of_kernel = (attributes & OBJ_KERNEL_HANDLE) != 0;
  HandleTable* table = TableOf(kernel, of_kernel ? nullptr : process);
  HeaderOf(body)->handles.fetch_add(1, std::memory_order_acq_rel);
  uintptr_t value;
  {
    rt::LockGuard guard(table->lock);
    uint32_t index;
    if (!table->free_list.empty()) {
      // The lowest free one, so that values do not depend on the order of closing.
      size_t lowest = 0;
      for (size_t i = 1; i < table->free_list.size(); ++i) {
        if (table->free_list[i] < table->free_list[lowest]) lowest = i;
      }
      index = table->free_list[lowest];
      table->free_list[lowest] = table->free_list.back();
      table->free_list.pop_back();
    } else {
      index = static_cast<uint32_t>(table->entries.size());
      table->entries.emplace_back();
    }
    table->entries[index] = {body, access, attributes};
    ++table->in_use;
    value = (uintptr_t{index} + 1) * 4;
  }
  if (of_kernel) value |= kKernelBits;
  *handle = reinterpret_cast<HANDLE>(value);
  return STATUS_SUCCESS;
}

NTSTATUS ReferenceByHandle(HANDLE handle, ACCESS_MASK access, const ObjectType* type, KPROCESSOR_MODE mode, void** body,
                           ACCESS_MASK* granted) {
  *body = nullptr;
  if (mode != KernelMode && IsKernelHandle(handle)) return STATUS_INVALID_HANDLE;
  if (handle == ZwCurrentProcess() || handle == ZwCurrentThread()) {
    void* self = handle == ZwCurrentThread() ? static_cast<void*>(&CurrentThread()) : EffectiveProcess(CurrentThread());
    if (type && HeaderOf(self)->type != type) return STATUS_OBJECT_TYPE_MISMATCH;
    Reference(self);
    *body = self;
    if (granted) *granted = HeaderOf(self)->type->all_access;
    return STATUS_SUCCESS;
  }
  size_t index;
  HandleTable* table = TableOfHandle(CurrentKernel(), handle, &index);
  if (!table) return STATUS_INVALID_HANDLE;
  rt::LockGuard guard(table->lock);
  if (index >= table->entries.size() || !table->entries[index].body) return STATUS_INVALID_HANDLE;
  const HandleEntry& entry = table->entries[index];
  if (type && HeaderOf(entry.body)->type != type) return STATUS_OBJECT_TYPE_MISMATCH;
  if (mode != KernelMode && (access & ~entry.access)) return STATUS_ACCESS_DENIED;
  HeaderOf(entry.body)->references.fetch_add(1, std::memory_order_relaxed);
  *body = entry.body;
  if (granted) *granted = entry.access;
  return STATUS_SUCCESS;
}

NTSTATUS CloseHandle(HANDLE handle, KPROCESSOR_MODE mode) {
  if (mode != KernelMode && IsKernelHandle(handle)) return STATUS_INVALID_HANDLE;
  size_t index;
  HandleTable* table = TableOfHandle(CurrentKernel(), handle, &index);
  void* body = nullptr;
  if (table) {
    rt::LockGuard guard(table->lock);
    if (index < table->entries.size() && table->entries[index].body) {
      HandleEntry& entry = table->entries[index];
      if (entry.attributes & OBJ_PROTECT_CLOSE) return STATUS_HANDLE_NOT_CLOSABLE;
      body = entry.body;
      entry = {};
      table->free_list.push_back(static_cast<uint32_t>(index));
      --table->in_use;
    }
  }
  if (!body) {
    if (IsKernelHandle(handle)) {
      BugCheck(INVALID_KERNEL_HANDLE, {reinterpret_cast<uint64_t>(handle), 0},
               "A kernel handle was closed that is not open, most likely one that was closed before.");
    }
    return STATUS_INVALID_HANDLE;
  }
  DropHandle(body);
  return STATUS_SUCCESS;
}

void CloseAllHandles(Kernel& kernel, Process* process) {
  HandleTable* table = TableOf(kernel, process);
  for (;;) {
    void* body = nullptr;
    {
      rt::LockGuard guard(table->lock);
      for (size_t i = 0; i < table->entries.size() && !body; ++i) {
        body = table->entries[i].body;
        if (!body) continue;
        table->entries[i] = {};
        table->free_list.push_back(static_cast<uint32_t>(i));
        --table->in_use;
      }
    }
    if (!body) return;
    DropHandle(body);
  }
}

uint32_t OpenHandleCount(Kernel& kernel, Process* process) {
  HandleTable* table = TableOf(kernel, process);
  rt::LockGuard guard(table->lock);
  return table->in_use;
}

}  // namespace drydock::nt::ob
