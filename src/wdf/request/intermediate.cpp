#include "wdf/request/intermediate.h"

#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
#include <sanitizer/asan_interface.h>
// A reused buffer looks as long as this transfer needs it, so that a lower driver's overrun is seen.
#define SHOW_BYTES(buffer, bytes, capacity) \
  (ASAN_UNPOISON_MEMORY_REGION(buffer, bytes), ASAN_POISON_MEMORY_REGION(static_cast<char*>(buffer) + (bytes), (capacity) - (bytes)))
#else
#define SHOW_BYTES(buffer, bytes, capacity) ((void)0)
#endif

namespace drydock::wdf {

NTSTATUS IntermediateBuffer(DriverGlobals& globals, SentState& sent, size_t bytes) {
  sent.system_buffer_used = uint32_t(bytes);
  if (bytes <= sent.system_buffer_size) {
    SHOW_BYTES(sent.system_buffer, bytes, sent.system_buffer_size);
    return STATUS_SUCCESS;
  }
  void* buffer = nullptr;
  if (globals.MayAllocate()) {
    // The framework's own requests outlive a call in their thread's cache, which is freed when no kernel is current any more.
    buffer = sent.request ? ExAllocatePoolWithTag(NonPagedPool, bytes, globals.pool_tag) : ::operator new(bytes, std::align_val_t{16}, std::nothrow);
  }
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(buffer, 0, bytes);
  FreeIntermediateBuffer(sent);
  sent.system_buffer = buffer;
  sent.system_buffer_size = uint32_t(bytes);
  return STATUS_SUCCESS;
}

void FreeIntermediateBuffer(SentState& sent) {
  if (!sent.system_buffer) return;
  SHOW_BYTES(sent.system_buffer, sent.system_buffer_size, sent.system_buffer_size);
  if (sent.request) {
    ExFreePool(sent.system_buffer);
  } else {
    ::operator delete(sent.system_buffer, std::align_val_t{16});
  }
  sent.system_buffer = nullptr;
  sent.system_buffer_size = 0;
}

PMDL ReuseMdl(SentState& sent, void* start, size_t length) {
  const size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(start, length);
  if (sent.mdl && pages > sent.mdl_pages) FreeMdl(sent);
  if (!sent.mdl) {
    sent.mdl = IoAllocateMdl(start, ULONG(length), FALSE, FALSE, nullptr);
    if (!sent.mdl) return nullptr;
    sent.mdl_pages = pages;
    return sent.mdl;
  }
  PMDL mdl = sent.mdl;
  MmPrepareMdlForReuse(mdl);
  mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_MAPPED_TO_SYSTEM_VA);
  mdl->StartVa = PAGE_ALIGN(start);
  mdl->ByteOffset = BYTE_OFFSET(start);
  mdl->ByteCount = ULONG(length);
  mdl->MappedSystemVa = nullptr;
  return mdl;
}

void FreeMdl(SentState& sent) {
  if (!sent.mdl) return;
  IoFreeMdl(sent.mdl);
  sent.mdl = nullptr;
  sent.mdl_pages = 0;
}

}  // namespace drydock::wdf
