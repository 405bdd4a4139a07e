// The process heap: pool of the machine, so that leaks are told with those of the driver.
#include <cstring>
#include <memory>
#include <set>

#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr ULONG kHeapTag = 'paeH';

struct alignas(16) Block {
  SIZE_T bytes;
};

// The handle of the process's heap is only compared. Heaps of HeapCreate know their blocks.
HANDLE HeapHandle() { return reinterpret_cast<HANDLE>(static_cast<uintptr_t>(kHeapTag)); }

struct Heap {
  rt::Lock lock;
  std::set<void*> blocks RT_GUARDED_BY(lock);
};
std::shared_ptr<Heap> HeapOf(HANDLE handle) {
  Program* program = handle != nullptr ? CurrentProgram() : nullptr;
  return program ? std::static_pointer_cast<Heap>(FindThing(*program, handle)) : nullptr;
}
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
  const auto heap = hHeap != HeapHandle() ? HeapOf(hHeap) : nullptr;
  if (hHeap != HeapHandle() && !heap) return nullptr;
  void* memory = Allocate(dwBytes, (dwFlags & HEAP_ZERO_MEMORY) != 0);
  if (heap && memory != nullptr) {
    rt::LockGuard guard(heap->lock);
    heap->blocks.insert(memory);
  }
  return memory;
}
BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem) {
  (void)dwFlags;
  if (hHeap != HeapHandle()) {
    const auto heap = HeapOf(hHeap);
    if (!heap) return Succeeded(STATUS_INVALID_PARAMETER);
    rt::LockGuard guard(heap->lock);
    if (lpMem != nullptr && heap->blocks.erase(lpMem) == 0) return Succeeded(STATUS_INVALID_PARAMETER);
  }
  if (lpMem != nullptr) ExFreePoolWithTag(BlockOf(lpMem), kHeapTag);
  return TRUE;
}
SIZE_T HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) {
  (void)dwFlags;
  return (hHeap == HeapHandle() || HeapOf(hHeap)) && lpMem != nullptr ? BlockOf(lpMem)->bytes
                                                   : static_cast<SIZE_T>(-1);
}
LPVOID HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes) {
  if ((hHeap != HeapHandle() && !HeapOf(hHeap)) || lpMem == nullptr) return nullptr;
  const SIZE_T old = BlockOf(lpMem)->bytes;
  if (dwFlags & HEAP_REALLOC_IN_PLACE_ONLY) {
    if (dwBytes > old) return nullptr;
    BlockOf(lpMem)->bytes = dwBytes;
    return lpMem;
  }
  void* memory = HeapAlloc(hHeap, dwFlags, dwBytes);
  if (memory == nullptr) return nullptr;
  std::memcpy(memory, lpMem, old < dwBytes ? old : dwBytes);
  HeapFree(hHeap, 0, lpMem);
  return memory;
}

HANDLE HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize) {
  (void)flOptions;
  (void)dwInitialSize;
  (void)dwMaximumSize;
  LeaveIfEnded();
  return AddThing(ProgramFor("HeapCreate"), std::make_shared<Heap>());
}
BOOL HeapDestroy(HANDLE hHeap) {
  LeaveIfEnded();
  const auto heap = HeapOf(hHeap);
  if (!heap) return Succeeded(STATUS_INVALID_HANDLE);
  DropThing(ProgramFor("HeapDestroy"), hHeap);
  std::set<void*> blocks;
  {
    rt::LockGuard guard(heap->lock);
    blocks.swap(heap->blocks);
  }
  for (void* block : blocks) ExFreePoolWithTag(BlockOf(block), kHeapTag);
  return TRUE;
}
BOOL HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) {
  (void)dwFlags;
  if (hHeap == HeapHandle()) return TRUE;
  const auto heap = HeapOf(hHeap);
  if (!heap) return FALSE;
  rt::LockGuard guard(heap->lock);
  return lpMem == nullptr || heap->blocks.count(const_cast<void*>(lpMem)) != 0;
}
BOOL HeapSetInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation, SIZE_T HeapInformationLength) {
  (void)HeapHandle;
  (void)HeapInformationClass;
  (void)HeapInformation;
  (void)HeapInformationLength;
  return TRUE;  // how a heap is laid out is not seen
}
HLOCAL LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags) {
  return HeapReAlloc(HeapHandle(), uFlags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, hMem, uBytes);
}
SIZE_T LocalSize(HLOCAL hMem) { return HeapSize(HeapHandle(), 0, hMem); }

HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes) {
  void* memory =
      uFlags & ~static_cast<UINT>(LHND) ? nullptr : Allocate(uBytes, (uFlags & LMEM_ZEROINIT) != 0);
  if (memory == nullptr)
    Succeeded(uFlags & ~static_cast<UINT>(LHND) ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY);
  return memory;
}
HLOCAL LocalFree(HLOCAL hMem) {
  HeapFree(HeapHandle(), 0, hMem);
  return nullptr;
}

}  // extern "C"
