// The process heap: pool of the machine, so that leaks are told with those of the driver.
#include <cstring>

#include "nt/thread.h"
#include "nt/win32/win32.h"

using namespace drydock::nt::win32;

namespace {

constexpr ULONG kHeapTag = 'paeH';

struct alignas(16) Block {
  SIZE_T bytes;
};

// The handle is only compared.
HANDLE HeapHandle() { return reinterpret_cast<HANDLE>(static_cast<uintptr_t>(kHeapTag)); }
Block* BlockOf(const void* memory) { return static_cast<Block*>(const_cast<void*>(memory)) - 1; }

void* Allocate(SIZE_T bytes, bool zero) {
  if (bytes > SIZE_MAX - sizeof(Block)) return nullptr;
  auto* block = static_cast<Block*>(ExAllocatePool2(
      POOL_FLAG_NON_PAGED | (zero ? 0 : POOL_FLAG_UNINITIALIZED), bytes + sizeof(Block), kHeapTag));
  if (block == nullptr) return nullptr;
  block->bytes = bytes;
  return block + 1;
}

}  // namespace

extern "C" {

HANDLE GetProcessHeap(VOID) { return HeapHandle(); }

LPVOID HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes) {
  if (hHeap != HeapHandle()) return nullptr;
  return Allocate(dwBytes, (dwFlags & HEAP_ZERO_MEMORY) != 0);
}
BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem) {
  (void)dwFlags;
  if (hHeap != HeapHandle()) return Succeeded(STATUS_INVALID_PARAMETER);
  if (lpMem != nullptr) ExFreePoolWithTag(BlockOf(lpMem), kHeapTag);
  return TRUE;
}
SIZE_T HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) {
  (void)dwFlags;
  return hHeap == HeapHandle() && lpMem != nullptr ? BlockOf(lpMem)->bytes
                                                   : static_cast<SIZE_T>(-1);
}
LPVOID HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes) {
  if (hHeap != HeapHandle() || lpMem == nullptr) return nullptr;
  const SIZE_T old = BlockOf(lpMem)->bytes;
  if (dwFlags & HEAP_REALLOC_IN_PLACE_ONLY) {
    if (dwBytes > old) return nullptr;
    BlockOf(lpMem)->bytes = dwBytes;
    return lpMem;
  }
  void* memory = Allocate(dwBytes, (dwFlags & HEAP_ZERO_MEMORY) != 0);
  if (memory == nullptr) return nullptr;
  std::memcpy(memory, lpMem, old < dwBytes ? old : dwBytes);
  HeapFree(hHeap, 0, lpMem);
  return memory;
}

HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes) {
  void* memory =
      uFlags & ~static_cast<UINT>(LPTR) ? nullptr : Allocate(uBytes, (uFlags & LMEM_ZEROINIT) != 0);
  if (memory == nullptr)
    Succeeded(uFlags & ~static_cast<UINT>(LPTR) ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY);
  return memory;
}
HLOCAL LocalFree(HLOCAL hMem) {
  HeapFree(HeapHandle(), 0, hMem);
  return nullptr;
}

}  // extern "C"
