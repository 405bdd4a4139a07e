// IO_REMOVE_LOCK: counts who is inside a device, and lets its removal wait until nobody is.
// IoCount starts at 1 (the device itself); each acquisition adds one; release-and-wait takes its caller's and the device's own away.
#include "nt/io/remove_lock.h"

#include <fmt/format.h>

#include <string>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/io/state.h"
#include "nt/ke/wait_info.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

io::RemoveLockTable* Table() {
  Kernel& kernel = CurrentKernel();
  return kernel.options.checked ? kernel.io->remove_locks.get() : nullptr;
}

void Remember(const void* lock, io::RemoveLockHold hold) {
  io::RemoveLockTable* table = Table();
  if (!table) return;
  drydock::rt::LockGuard guard(table->lock);
  table->holds[lock].push_back(hold);
}

enum class Forgotten { kFine, kNotHeld, kOtherTag };

Forgotten Forget(const void* lock, const void* tag) {
  io::RemoveLockTable* table = Table();
  if (!table) return Forgotten::kFine;
  drydock::rt::LockGuard guard(table->lock);
  auto found = table->holds.find(lock);
  if (found == table->holds.end() || found->second.empty()) return Forgotten::kNotHeld;
  auto& holds = found->second;
  for (size_t i = holds.size(); i-- > 0;) {
    if (holds[i].tag != tag) continue;
    holds.erase(holds.begin() + static_cast<ptrdiff_t>(i));
    return Forgotten::kFine;
  }
  return Forgotten::kOtherTag;
}

void CheckRelease(const void* lock, const void* tag) {
  switch (Forget(lock, tag)) {
    case Forgotten::kFine:
      return;
    case Forgotten::kNotHeld:
      BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xD5, reinterpret_cast<uint64_t>(lock), reinterpret_cast<uint64_t>(tag)},
               "A remove lock was released that nobody had acquired.");
    case Forgotten::kOtherTag:
      BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xD6, reinterpret_cast<uint64_t>(lock), reinterpret_cast<uint64_t>(tag)},
               "A remove lock was released with a tag that it was not acquired with.");
  }
}

// For a stall: who has not released the lock that its device's removal waits for.
struct Awaited {
  io::RemoveLockTable* table;
  const void* lock;
};

void DescribeHolds(const void* context, std::string& out) {
  const auto& awaited = *static_cast<const Awaited*>(context);
  out = "removal waits until everybody has released the remove lock";
  if (!awaited.table) return;
  drydock::rt::LockGuard guard(awaited.table->lock);
  const auto found = awaited.table->holds.find(awaited.lock);
  if (found == awaited.table->holds.end()) return;
  for (size_t i = 0; i < found->second.size() && i < 4; ++i) {
    const io::RemoveLockHold& hold = found->second[i];
    out += fmt::format("{}acquired with tag {}", i == 0 ? ": " : ", ", hold.tag);
    if (hold.file && *hold.file) out += fmt::format(" at {}:{}", hold.file, hold.line);
  }
  if (found->second.size() > 4) out += fmt::format(" and {} times more", found->second.size() - 4);
}

LONG Add(IO_REMOVE_LOCK* lock, LONG amount) { return __atomic_add_fetch(&lock->Common.IoCount, amount, __ATOMIC_ACQ_REL); }

}  // namespace

extern "C" {

VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes, ULONG HighWatermark,
                                    ULONG RemlockSize) {
  (void)AllocateTag;
  (void)MaxLockedMinutes;
  (void)HighWatermark;
  (void)RemlockSize;
  if (io::RemoveLockTable* table = Table()) {
    bool held = false;
    {
      drydock::rt::LockGuard guard(table->lock);
      auto& holds = table->holds[Lock];
      held = !holds.empty();
      holds.clear();
    }
    if (held) {
      BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xD7, reinterpret_cast<uint64_t>(Lock)},
               "A remove lock was initialised a second time while it is held.");
    }
  }
  Lock->Common.Removed = FALSE;
  Lock->Common.IoCount = 1;
  KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line, ULONG RemlockSize) {
  (void)RemlockSize;
  Add(RemoveLock, 1);
  if (__atomic_load_n(&RemoveLock->Common.Removed, __ATOMIC_ACQUIRE)) {
    if (Add(RemoveLock, -1) == 0) KeSetEvent(&RemoveLock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
    return STATUS_DELETE_PENDING;
  }
  Remember(RemoveLock, {Tag, File, Line});
  return STATUS_SUCCESS;
}

VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize) {
  (void)RemlockSize;
  CheckRelease(RemoveLock, Tag);
  LONG left = Add(RemoveLock, -1);
  if (left == 0) KeSetEvent(&RemoveLock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize) {
  (void)RemlockSize;
  CheckRelease(RemoveLock, Tag);
  __atomic_store_n(&RemoveLock->Common.Removed, TRUE, __ATOMIC_SEQ_CST);
  Add(RemoveLock, -1);
  if (Add(RemoveLock, -1) > 0) {
    const Awaited awaited{Table(), RemoveLock};
    ke::WaitReasonScope reason(DescribeHolds, &awaited);
    KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, nullptr);
  }
  if (io::RemoveLockTable* table = Table()) {
    drydock::rt::LockGuard guard(table->lock);
    table->holds.erase(RemoveLock);
  }
}

}  // extern "C"
