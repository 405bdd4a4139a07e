// The buffers of a received request as the driver sees them, and what was made for them on demand.
// Called by:  the retrieve DDIs (buffers_api.cpp, user_buffers.cpp), wdf/request/complete.cpp.
// IRQL:       <= DISPATCH_LEVEL; probe and lock: PASSIVE_LEVEL.
// Ownership:  one RequestBuffers per request that asked; freed by ReleaseBuffers at completion, before the IRP goes up. The memory
//             objects are children of the request and end with it (IOT-8.15).
// Errors:     as each item says; outputs are NULL and 0 then.
// Source:     IOT-7.17 to 7.31, OP-11, IOX-59.
#pragma once

#include "wdf/memory/memory.h"
#include "wdf/request/request.h"

namespace drydock::wdf {

struct LockedBuffer {  // WdfRequestProbeAndLockUserBufferForXxx
  LockedBuffer* next;
  PMDL mdl;
  Memory* memory;  // a reference
  uint8_t size_class;
};

struct RequestBuffers {
  Memory* input = nullptr;   // children of the request, a reference each
  Memory* output = nullptr;
  uint8_t size_class = 0;
  PMDL system_mdl = nullptr;        // over the system buffer; the first length asked for (IOX-59)
  void* separate_output = nullptr;  // (U) buffered IOCTL: what the driver writes, copied to the system buffer on success (IOT-7.24)
  uint32_t separate_size = 0;
  LockedBuffer* locked = nullptr;
};

enum class Direction : uint8_t { kInput, kOutput };

struct BufferView {
  void* address = nullptr;
  size_t length = 0;
  PMDL mdl = nullptr;       // the IRP's, for direct transfers
  bool read_only = false;   // WdfMemoryCopyFromBuffer refuses (IOX-59)
  bool neither = false;
};

// Where the bytes are. STATUS_INVALID_DEVICE_REQUEST: wrong direction, wrong kind of request; STATUS_INTERNAL_ERROR: completed.
NTSTATUS LookAtBuffer(Request& request, Direction direction, BufferView* view);

// The request's RequestBuffers, made at first demand; null: no memory.
RequestBuffers* BuffersOf(Request& request);

// At completion: bug check 0x10D/0x3 if somebody still holds a reference on a buffer; then everything is freed. With (U) copies the
// separate output back when the status is a success.
void ReleaseBuffersSlow(Request& request);
inline void ReleaseBuffers(Request& request) {
  if (request.received.buffers) ReleaseBuffersSlow(request);
}

}  // namespace drydock::wdf
