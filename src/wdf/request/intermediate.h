// The intermediate buffer and the MDL that a formatter builds; both are kept for the request's next formatting (IOT-4.07, IOX-22).
// Called by:  format.cpp, DisposeSentState. IRQL <= DISPATCH_LEVEL.
// Ownership:  the SentState's; the framework's own requests keep the buffer in the thread's cache and give the MDL back each time.
#pragma once

#include <cstddef>

#include "wdf/framework.h"
#include "wdf/request/sent_state.h"

namespace drydock::wdf {

// Makes sent.system_buffer at least `bytes` long: zero-filled when new, left as it is when reused.
NTSTATUS IntermediateBuffer(DriverGlobals& globals, SentState& sent, size_t bytes);
void FreeIntermediateBuffer(SentState& sent);

// An MDL for that range, no pages locked; null: no memory.
PMDL ReuseMdl(SentState& sent, void* start, size_t length);
void FreeMdl(SentState& sent);

}  // namespace drydock::wdf
