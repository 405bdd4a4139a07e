// The protocols between reader and card: raw and T=0. T=1 has a file of its own.
#include <cstring>

#include "classes/smartcard/smartcard.h"

using namespace drydock::classes::smartcard;

namespace {

constexpr ULONG kHeader = sizeof(SCARD_IO_REQUEST);

// Appends to what the driver has put into the buffer before (its reader's own header).
NTSTATUS Append(SMARTCARD_REQUEST& request, const UCHAR* data, ULONG length) {
  if (request.BufferLength > request.BufferSize || length > request.BufferSize - request.BufferLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(request.Buffer + request.BufferLength, data, length);
  request.BufferLength += length;
  return STATUS_SUCCESS;
}

// The caller's header and what came from the card. Both lie in the same system buffer, so the header is there already where lengths allow.
NTSTATUS GiveReply(SMARTCARD_EXTENSION& extension) {
  const SMARTCARD_REPLY& reply = extension.SmartcardReply;
  if (extension.IoRequest.ReplyBufferLength < kHeader || reply.BufferLength > extension.IoRequest.ReplyBufferLength - kHeader) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(extension.IoRequest.ReplyBuffer, extension.IoRequest.RequestBuffer, kHeader);
  std::memcpy(extension.IoRequest.ReplyBuffer + kHeader, reply.Buffer, reply.BufferLength);
  *extension.IoRequest.Information = kHeader + reply.BufferLength;
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS SmartcardRawRequest(PSMARTCARD_EXTENSION SmartcardExtension) {
  if (SmartcardExtension->IoRequest.RequestBufferLength < kHeader) return STATUS_INVALID_PARAMETER;
  return Append(SmartcardExtension->SmartcardRequest, SmartcardExtension->IoRequest.RequestBuffer + kHeader,
                SmartcardExtension->IoRequest.RequestBufferLength - kHeader);
}

NTSTATUS SmartcardRawReply(PSMARTCARD_EXTENSION SmartcardExtension) { return GiveReply(*SmartcardExtension); }

NTSTATUS SmartcardT0Request(PSMARTCARD_EXTENSION SmartcardExtension) {
  SMARTCARD_EXTENSION& extension = *SmartcardExtension;
  if (extension.IoRequest.RequestBufferLength < kHeader + 4) return STATUS_INVALID_PARAMETER;
  const UCHAR* command = extension.IoRequest.RequestBuffer + kHeader;
  const ULONG length = extension.IoRequest.RequestBufferLength - kHeader;
  extension.T0 = {};
  if (length == 5) {
    extension.T0.Le = command[4] ? command[4] : 256;
  } else if (length > 5) {
    extension.T0.Lc = command[4];
    // The data that P3 announces, and for some callers an Le behind it, which T=0 does not send.
    if (length != 5 + extension.T0.Lc && length != 6 + extension.T0.Lc) return STATUS_INVALID_PARAMETER;
  }
  NTSTATUS status = Append(extension.SmartcardRequest, command, length > 5 ? 5 + extension.T0.Lc : length);
  const UCHAR no_data = 0;
  if (NT_SUCCESS(status) && length == 4) status = Append(extension.SmartcardRequest, &no_data, 1);
  return status;
}

NTSTATUS SmartcardT0Reply(PSMARTCARD_EXTENSION SmartcardExtension) {
  const SMARTCARD_REPLY& reply = SmartcardExtension->SmartcardReply;
  if (reply.BufferLength < 2 || reply.BufferLength > reply.BufferSize) return STATUS_DEVICE_PROTOCOL_ERROR;
  // The status word ends every reply: 6X (not 60, a procedure byte) or 9X.
  const UCHAR first = reply.Buffer[reply.BufferLength - 2];
  if (((first & 0xF0) != 0x60 && (first & 0xF0) != 0x90) || first == 0x60) return STATUS_DEVICE_PROTOCOL_ERROR;
  return GiveReply(*SmartcardExtension);
}

}  // extern "C"
