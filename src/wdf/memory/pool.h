// Pool: buffers that the framework takes from the system's pool on behalf of a driver.
// Called by:  wdf/memory, wdf/registry, property queries. <= DISPATCH_LEVEL, paged pool <= APC_LEVEL.
// Ownership:  the caller's; freed with FreePool.
// Source:     IOT-8.03, IOT-8.04, IOX-60.
#pragma once

#include "wdf/framework.h"

namespace drydock::wdf {

bool IsPaged(POOL_TYPE pool);
// Tag 0: the driver's default tag. Null: no memory (or VerifierAllocateFailCount).
void* AllocatePool(DriverGlobals& globals, POOL_TYPE pool, size_t size, ULONG tag);
void FreePool(void* buffer);

}  // namespace drydock::wdf
