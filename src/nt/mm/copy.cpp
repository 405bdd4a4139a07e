// MmCopyMemory, and questions that Driver Verifier answers on Windows: the machine has none, its own rules watch every driver.
#include <ntddk.h>

#include <algorithm>
#include <cstring>

#include "nt/mm/address_space.h"

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

LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject) {
  (void)DriverObject;
  return FALSE;
}
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection) {
  (void)AddressWithinSection;
  return FALSE;
}

}  // extern "C"
