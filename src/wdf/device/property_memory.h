// QueryIntoMemory: a property of unknown size into a new WDFMEMORY.
// Called by:  the ...AllocAndQuery... functions. PASSIVE_LEVEL.
// Ownership:  the memory object is the caller's, parented as `attributes` say.
// Errors:     what the query gave; STATUS_INSUFFICIENT_RESOURCES.
#pragma once

#include <cstring>
#include <vector>

#include "wdf/memory/memory.h"

namespace drydock::wdf {

// `query(length, buffer, &needed)` answers STATUS_BUFFER_TOO_SMALL with the size that it needs.
template <class Query>
NTSTATUS QueryIntoMemory(DriverGlobals& globals, POOL_TYPE pool, const WDF_OBJECT_ATTRIBUTES* attributes, WDFMEMORY* out, Query query) {
  *out = nullptr;
  std::vector<unsigned char> data(256);
  ULONG needed = 0;
  NTSTATUS status;
  while ((status = query(static_cast<ULONG>(data.size()), data.data(), &needed)) == STATUS_BUFFER_TOO_SMALL) {
    if (needed <= data.size()) return status;
    data.resize(needed);
  }
  if (!NT_SUCCESS(status)) return status;
  wdf::Memory* memory = nullptr;
  status = CreateAllocatedMemory(globals, attributes, pool, 0, needed ? needed : 1, &memory);
  if (!NT_SUCCESS(status)) return status;
  std::memcpy(memory->buffer(), data.data(), needed);
  *out = reinterpret_cast<WDFMEMORY>(memory->handle());
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
