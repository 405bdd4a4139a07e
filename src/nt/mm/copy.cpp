// MmCopyMemory, MmCopyVirtualMemory, and questions that Driver Verifier answers on Windows: the machine has none, its own rules watch every driver.
#include <ntddk.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "nt/mm/address_space.h"
#include "nt/ps/process.h"

using namespace drydock::nt;

extern "C" {

// Copies as far as there is memory; a page that is not there ends it.
NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes, ULONG Flags,
                            PSIZE_T NumberOfBytesTransferred) {
  *NumberOfBytesTransferred = 0;
  if (Flags != MM_COPY_MEMORY_PHYSICAL && Flags != MM_COPY_MEMORY_VIRTUAL) return STATUS_INVALID_PARAMETER_4;
  const char* from = Flags == MM_COPY_MEMORY_PHYSICAL
                         ? static_cast<const char*>(MmGetVirtualForPhysical(SourceAddress.PhysicalAddress))
                         : static_cast<const char*>(SourceAddress.VirtualAddress);
  char* to = static_cast<char*>(TargetAddress);
  for (SIZE_T left = NumberOfBytes; left > 0;) {
    const SIZE_T to_page_end = PAGE_SIZE - (reinterpret_cast<uintptr_t>(from) & (PAGE_SIZE - 1));
    const SIZE_T piece = std::min(left, to_page_end);
    if (!mm::IsReadable(from, piece)) {
      return Flags == MM_COPY_MEMORY_PHYSICAL ? STATUS_INVALID_ADDRESS : STATUS_PARTIAL_COPY;
    }
    std::memcpy(to, from, piece);
    from += piece;
    to += piece;
    left -= piece;
    *NumberOfBytesTransferred += piece;
  }
  return STATUS_SUCCESS;
}

// From one process's memory to another's. Headers do not declare it; drivers that read other processes do. With KernelMode system addresses are
// taken as well; an address that is not there ends it with what has been copied so far.
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS SourceProcess, PVOID SourceAddress, PEPROCESS TargetProcess, PVOID TargetAddress, SIZE_T BufferSize,
                                   KPROCESSOR_MODE PreviousMode, PSIZE_T ReturnSize) {
  auto* from_process = reinterpret_cast<Process*>(SourceProcess);
  auto* to_process = reinterpret_cast<Process*>(TargetProcess);
  auto* from = static_cast<const char*>(SourceAddress);
  auto* to = static_cast<char*>(TargetAddress);
  *ReturnSize = 0;
  if (from_process->ended.load() || to_process->ended.load()) return STATUS_PROCESS_IS_TERMINATING;
  auto may = [&](Process* process, const void* address, SIZE_T bytes, bool write) {
    return PreviousMode == KernelMode || NT_SUCCESS(mm::TryProbe(process, address, bytes, 1, write));
  };
  if (!may(from_process, from, BufferSize, false) || !may(to_process, to, BufferSize, true)) return STATUS_ACCESS_VIOLATION;
  std::array<char, PAGE_SIZE> page;
  while (*ReturnSize < BufferSize) {
    const SIZE_T to_page_end = PAGE_SIZE - (reinterpret_cast<uintptr_t>(from) & (PAGE_SIZE - 1));
    const SIZE_T piece = std::min(BufferSize - *ReturnSize, to_page_end);
    if (mm::SafeCopyFrom(from, page.data(), piece) != STATUS_SUCCESS || mm::SafeCopyTo(to, page.data(), piece) != STATUS_SUCCESS) {
      return *ReturnSize == 0 ? STATUS_ACCESS_VIOLATION : STATUS_PARTIAL_COPY;
    }
    from += piece;
    to += piece;
    *ReturnSize += piece;
  }
  return STATUS_SUCCESS;
}

LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject) {
  (void)DriverObject;
  return FALSE;
}
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection) {
  (void)AddressWithinSection;
  return FALSE;
}

}  // extern "C"
