// Formatting: the next stack location and the IRP's buffers for a read, write or control, from whatever description the driver gave.
// Called by:  WdfIoTargetFormatRequestForXxx (format_ddi.cpp), the synchronous methods (send_sync.cpp), USB targets.
// IRQL:       <= DISPATCH_LEVEL.
// Order:      every formatter first undoes the earlier formatting, even when it then fails (OP-12, IOX-26).
// Errors:     STATUS_INVALID_DEVICE_STATE (closed or never opened target, K), STATUS_REQUEST_NOT_ACCEPTED (received or driver-supplied
//             IRP without enough stack locations), STATUS_INTEGER_OVERFLOW (beyond the memory), STATUS_INVALID_PARAMETER,
//             STATUS_INSUFFICIENT_RESOURCES. After an error the request is unformatted.
// Source:     IOT-4.*, IOX-21..26.
#pragma once

#include <cstddef>

#include "wdf/framework.h"
#include "wdf/request/sent_state.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

class IoTarget;
class Memory;

// One side of a transfer, however the driver described it.
struct TransferBuffer {
  void* address = nullptr;   // of the first byte; null: find it through `mdl`
  PMDL mdl = nullptr;        // describes the bytes, together with more if `mdl_offset` is not 0 or `length` is shorter
  size_t mdl_offset = 0;
  size_t length = 0;
  Memory* memory = nullptr;  // a handle was given
  size_t offset = 0;         // in `memory`
  bool given = false;        // false: NULL descriptor or handle: length 0

  // IOX-24.
  NTSTATUS FromDescriptor(DriverGlobals& globals, const WDF_MEMORY_DESCRIPTOR* descriptor) {
    if (!descriptor) return STATUS_SUCCESS;
    if (__builtin_expect(descriptor->Type != WdfMemoryDescriptorTypeBuffer, 0)) return FromOtherDescriptor(globals, *descriptor);
    if (!descriptor->u.BufferType.Buffer) return STATUS_INVALID_PARAMETER;
    address = descriptor->u.BufferType.Buffer;
    length = descriptor->u.BufferType.Length;
    given = true;
    return STATUS_SUCCESS;
  }
  NTSTATUS FromMemory(Memory* memory, const WDFMEMORY_OFFSET* offsets);
  // The system address of the first byte; null for length 0 without a buffer. STATUS_INSUFFICIENT_RESOURCES: it cannot be mapped.
  NTSTATUS Map(void** start) const {
    *start = address;
    return __builtin_expect(address || !mdl || length == 0, 1) ? STATUS_SUCCESS : MapMdl(start);
  }

 private:
  NTSTATUS FromOtherDescriptor(DriverGlobals& globals, const WDF_MEMORY_DESCRIPTOR& descriptor);
  NTSTATUS MapMdl(void** start) const;
};

// Undo, target check, IRP that is large enough, next stack location zeroed. The first half of every formatter and all of
// WdfRequestChangeTarget.
NTSTATUS PrepareForTarget(DriverGlobals& globals, SentState& sent, IoTarget& target);

NTSTATUS FormatReadWrite(DriverGlobals& globals, SentState& sent, IoTarget& target, bool write, const TransferBuffer& buffer,
                         const LONGLONG* device_offset);
NTSTATUS FormatIoctl(DriverGlobals& globals, SentState& sent, IoTarget& target, bool internal, ULONG code, const TransferBuffer& input,
                     const TransferBuffer& output);
// `arguments`: Argument1, Argument2 and Argument4 of the stack location (IOT-2.06).
NTSTATUS FormatOthers(DriverGlobals& globals, SentState& sent, IoTarget& target, ULONG code, const TransferBuffer (&arguments)[3]);

// memcpy that stays a few instructions for what a control mostly carries.
inline void CopyBytes(void* to, const void* from, size_t bytes) {
  if (bytes == 16) {
    __builtin_memcpy(to, from, 16);
  } else {
    __builtin_memcpy(to, from, bytes);
  }
}

}  // namespace drydock::wdf
