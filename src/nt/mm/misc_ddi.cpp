// Small questions to memory management.
#include <dlfcn.h>

#include <string>

#include "nt/bugcheck.h"
#include "nt/kernel.h"
#include "nt/mm/address_space.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"

using namespace drydock::nt;

extern "C" {

MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID) { return MmLargeSystem; }
BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID) { return FALSE; }

// Functions of the NT floor by name; null for one that is not there, as on an older Windows.
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
  std::string name = ob::ToUtf8(ob::View(SystemRoutineName));
  // Only what looks like a routine of the kernel: the library also exports its own C++ names.
  if (name.empty() || name[0] < 'A' || name[0] > 'Z' || name.find('_') != std::string::npos) return nullptr;
  Dl_info self;
  if (!::dladdr(reinterpret_cast<void*>(&MmGetSystemRoutineAddress), &self) || !self.dli_fname) return nullptr;
  void* library = ::dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (!library) return nullptr;
  void* address = ::dlsym(library, name.c_str());
  ::dlclose(library);
  return address;
}

// Code here is never paged.
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection) { return AddressWithinSection; }
VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle) { (void)ImageSectionHandle; }
VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle) { (void)ImageSectionHandle; }
PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection) { return AddressWithinSection; }
VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection) { (void)AddressWithinSection; }

HANDLE NTAPI MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode) {
  NTSTATUS status = mm::TryProbe(CurrentThread().process, Address, Size, 1, ProbeMode == PAGE_READWRITE);
  return NT_SUCCESS(status) ? Address : nullptr;
}
VOID NTAPI MmUnsecureVirtualMemory(HANDLE SecureHandle) { (void)SecureHandle; }

}  // extern "C"
