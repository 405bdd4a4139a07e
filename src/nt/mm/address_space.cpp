#include "nt/mm/address_space.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/kernel.h"
#include "nt/mm/program_memory.h"
#include "nt/mm/state.h"
#include "nt/ps/process.h"
#include "nt/thread.h"

namespace drydock::nt::mm {
namespace {

bool Before(const UserStretch& stretch, uintptr_t base) { return stretch.base < base; }

// Beyond it no pointer of an application leads, whatever it claims: MmUserProbeAddress. (Linux puts stacks into the 64 KB that Windows
// leaves free below.)
constexpr uintptr_t kEndOfUserSpace = 0x800000000000;

uint64_t IdOf(Process* process) { return process ? process->id : 0; }

// The range may be covered by several stretches, one after the other.
bool IsRegistered(Process* process, uintptr_t from, size_t length, bool for_write) {
  State& state = *CurrentKernel().mm;
  rt::LockGuard guard(state.ranges_lock);
  auto found = state.ranges.find(IdOf(process));
  if (found == state.ranges.end()) return false;
  const uintptr_t end = from + length;
  while (from < end) {
    uintptr_t reached = from;
    for (const UserStretch& stretch : found->second) {
      if (stretch.base > from) break;
      if (stretch.base + stretch.length > reached && (!for_write || stretch.writable)) reached = stretch.base + stretch.length;
    }
    if (reached == from) return false;
    from = reached;
  }
  return true;
}

}  // namespace

UserRange::UserRange(Kernel& kernel, Process* process, const void* base, size_t length, bool writable) {
  if (!length) return;
  kernel_ = &kernel;
  process_id_ = IdOf(process);
  base_ = reinterpret_cast<uintptr_t>(base);
  length_ = length;
  writable_ = writable;
  State& state = *kernel.mm;
  rt::LockGuard guard(state.ranges_lock);
  auto& list = state.ranges[process_id_];
  auto place = std::lower_bound(list.begin(), list.end(), base_, Before);
  for (auto at = place; at != list.end() && at->base == base_; ++at) {
    if (at->length == length_ && at->writable == writable_) {
      ++at->count;
      return;
    }
  }
  list.insert(place, {base_, length_, 1, writable_});
}

UserRange::UserRange(UserRange&& other) noexcept
    : kernel_(other.kernel_), process_id_(other.process_id_), base_(other.base_), length_(other.length_), writable_(other.writable_) {
  other.kernel_ = nullptr;
}

UserRange& UserRange::operator=(UserRange&& other) noexcept {
  if (this != &other) {
    Reset();
    kernel_ = other.kernel_;
    process_id_ = other.process_id_;
    base_ = other.base_;
    length_ = other.length_;
    writable_ = other.writable_;
    other.kernel_ = nullptr;
  }
  return *this;
}

void UserRange::Reset() {
  if (!kernel_) return;
  State& state = *kernel_->mm;
  kernel_ = nullptr;
  rt::LockGuard guard(state.ranges_lock);
  auto found = state.ranges.find(process_id_);
  if (found == state.ranges.end()) return;
  auto& list = found->second;
  for (auto at = std::lower_bound(list.begin(), list.end(), base_, Before); at != list.end() && at->base == base_; ++at) {
    if (at->length != length_ || at->writable != writable_) continue;
    if (--at->count == 0) list.erase(at);
    return;
  }
}

NTSTATUS TryProbe(Process* process, const void* address, size_t length, uint32_t alignment, bool for_write) {
  if (length == 0) return STATUS_SUCCESS;
  uintptr_t from = reinterpret_cast<uintptr_t>(address);
  if (alignment > 1 && from % alignment) return STATUS_DATATYPE_MISALIGNMENT;
  if (from + length < from || from + length > kEndOfUserSpace) return STATUS_ACCESS_VIOLATION;
  if (IsRegistered(process, from, length, for_write)) return STATUS_SUCCESS;
  const bool own = process != nullptr && process->program.load(std::memory_order_relaxed) &&
                   IsProgramMemory(CurrentKernel(), *process, from, length, for_write);
  return own ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS SafeCopyFrom(const void* address, void* to, size_t bytes) {
  iovec local{to, bytes};
  iovec remote{const_cast<void*>(address), bytes};
  ssize_t done = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  return done == static_cast<ssize_t>(bytes) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS SafeCopyTo(void* address, const void* from, size_t bytes) {
  iovec local{const_cast<void*>(from), bytes};
  iovec remote{address, bytes};
  ssize_t done = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
  return done == static_cast<ssize_t>(bytes) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

bool IsReadable(const void* address, size_t bytes) {
  uintptr_t page = reinterpret_cast<uintptr_t>(address);
  uintptr_t end = page + bytes;
  if (end < page) return false;
  while (page < end) {
    char byte;
    if (SafeCopyFrom(reinterpret_cast<const void*>(page), &byte, 1) != STATUS_SUCCESS) return false;
    page = (page & ~uintptr_t{0xFFF}) + 0x1000;
  }
  return true;
}

NTSTATUS CopyIn(KPROCESSOR_MODE mode, void* to, const void* user, size_t bytes) {
  if (!bytes) return STATUS_SUCCESS;
  if (mode != KernelMode) {
    NTSTATUS status = TryProbe(CurrentThread().process, user, bytes, 1, false);
    if (!NT_SUCCESS(status)) return status;
  }
  std::memcpy(to, user, bytes);
  return STATUS_SUCCESS;
}

NTSTATUS CopyOut(KPROCESSOR_MODE mode, void* user, const void* from, size_t bytes) {
  if (!bytes) return STATUS_SUCCESS;
  if (mode != KernelMode) {
    NTSTATUS status = TryProbe(CurrentThread().process, user, bytes, 1, true);
    if (!NT_SUCCESS(status)) return status;
  }
  std::memcpy(user, from, bytes);
  return STATUS_SUCCESS;
}

}  // namespace drydock::nt::mm

using namespace drydock::nt;

extern "C" {

VOID NTAPI ProbeForRead(const volatile VOID* Address, SIZE_T Length, ULONG Alignment) {
  NTSTATUS status = mm::TryProbe(CurrentThread().process, const_cast<const void*>(Address), Length, Alignment, false);
  if (!NT_SUCCESS(status)) ExRaiseStatus(status);
}

VOID NTAPI ProbeForWrite(volatile VOID* Address, SIZE_T Length, ULONG Alignment) {
  NTSTATUS status = mm::TryProbe(CurrentThread().process, const_cast<const void*>(Address), Length, Alignment, true);
  if (!NT_SUCCESS(status)) ExRaiseStatus(status);
}

BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress) { return mm::IsReadable(VirtualAddress, 1); }

}  // extern "C"
