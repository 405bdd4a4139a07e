// Address spaces: which memory of this Linux process counts as user memory of which process of the machine.
// Called by:  io (buffers of a request), machine (an application's memory), drivers through ProbeForRead and ProbeForWrite.
// IRQL:       registering and probing <= APC_LEVEL; the copies <= DISPATCH_LEVEL (they touch memory that was probed or is ours).
// Rule:       a user address is one inside a registered stretch of the current thread's process, or, of a program, one in memory that is nobody
//             else's (program_memory.h): a pointer inside a request leads anywhere. Anything else (pool, garbage,
//             another process, system space) fails a probe with STATUS_ACCESS_VIOLATION, without being touched. A probe raises its status
//             (nt/ex/seh.h); a length of zero never does.
// Source:     public documentation of ProbeForRead/ProbeForWrite and of user address ranges; the registration is ours.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
struct Process;
}  // namespace drydock::nt

namespace drydock::nt::mm {

// Registers a stretch for the time of its life. Not copyable; destroyed on any thread of the machine.
class UserRange {
 public:
  UserRange() = default;
  UserRange(Kernel& kernel, Process* process, const void* base, size_t length, bool writable);
  UserRange(UserRange&& other) noexcept;
  UserRange& operator=(UserRange&& other) noexcept;
  ~UserRange() { Reset(); }
  void Reset();

 private:
  Kernel* kernel_ = nullptr;
  uint64_t process_id_ = 0;
  uintptr_t base_ = 0;
  size_t length_ = 0;
  bool writable_ = false;
};

// STATUS_SUCCESS, STATUS_ACCESS_VIOLATION or STATUS_DATATYPE_MISALIGNMENT. Length 0 always succeeds.
NTSTATUS TryProbe(Process* process, const void* address, size_t length, uint32_t alignment, bool for_write);

// Copies that never fault: STATUS_ACCESS_VIOLATION when the other side is not readable or writable Linux memory.
NTSTATUS SafeCopyFrom(const void* address, void* to, size_t bytes);
NTSTATUS SafeCopyTo(void* address, const void* from, size_t bytes);
// True when all of the range can be read (asks the operating system, touches nothing).
bool IsReadable(const void* address, size_t bytes);

// Copies a user buffer in, or a result out, with the probe of the current process where `mode` is UserMode.
NTSTATUS CopyIn(KPROCESSOR_MODE mode, void* to, const void* user, size_t bytes);
NTSTATUS CopyOut(KPROCESSOR_MODE mode, void* user, const void* from, size_t bytes);

}  // namespace drydock::nt::mm
