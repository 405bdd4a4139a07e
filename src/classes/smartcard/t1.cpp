// T=1, the block protocol of ISO 7816-3: SmartcardT1Request makes the next block for the card, SmartcardT1Reply takes its answer and says whether
// there is more to do. Errors: a block that was not understood is asked for again, three times; then both sides are set back, three times.
#include <cstring>

#include "classes/smartcard/smartcard.h"

using namespace drydock::classes::smartcard;

namespace {

constexpr ULONG kHeader = sizeof(SCARD_IO_REQUEST);
constexpr UCHAR kMore = 0x20, kIfs = 0x01, kWtx = 0x03, kAbort = 0x02, kResynchronize = 0x00, kSRequest = 0xC0, kSResponse = 0xE0;
constexpr UCHAR kRetries = 3;
constexpr UCHAR kBadSum = 1, kBadBlock = 2;  // in an R-block

USHORT Crc(const UCHAR* data, ULONG length) {
  USHORT crc = 0xFFFF;
  for (ULONG i = 0; i < length; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<USHORT>(crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1);
  }
  return crc;
}

ULONG SumSize(const SMARTCARD_EXTENSION& extension) { return extension.CardCapabilities.T1.EDC ? 2 : 1; }

void MakeSum(const SMARTCARD_EXTENSION& extension, const UCHAR* block, ULONG length, UCHAR* sum) {
  if (extension.CardCapabilities.T1.EDC) {
    const USHORT crc = Crc(block, length);
    sum[0] = static_cast<UCHAR>(crc >> 8);
    sum[1] = static_cast<UCHAR>(crc);
    return;
  }
  sum[0] = 0;
  for (ULONG i = 0; i < length; ++i) sum[0] ^= block[i];
}

NTSTATUS AppendBlock(SMARTCARD_EXTENSION& extension, UCHAR pcb, const UCHAR* data, ULONG length) {
  SMARTCARD_REQUEST& request = extension.SmartcardRequest;
  const ULONG whole = 3 + length + SumSize(extension);
  if (request.BufferLength > request.BufferSize || whole > request.BufferSize - request.BufferLength) return STATUS_BUFFER_TOO_SMALL;
  UCHAR* block = request.Buffer + request.BufferLength;
  block[0] = extension.T1.NAD;
  block[1] = pcb;
  block[2] = static_cast<UCHAR>(length);
  if (length != 0) std::memcpy(block + 3, data, length);
  MakeSum(extension, block, 3 + length, block + 3 + length);
  request.BufferLength += whole;
  return STATUS_SUCCESS;
}

ULONG ChunkOf(const T1_DATA& t1) {
  const ULONG left = t1.BytesToSend - t1.BytesSent;
  return left < t1.InfSize ? left : t1.InfSize;
}

NTSTATUS GiveUp(SMARTCARD_EXTENSION& extension, NTSTATUS status) {
  ResetT1(extension);
  return status;
}

// A block that cannot be used: it is asked for again, later everything begins anew.
NTSTATUS Again(SMARTCARD_EXTENSION& extension, UCHAR error) {
  T1_DATA& t1 = extension.T1;
  t1.LastError = error;
  if (++t1.Resend <= kRetries) return STATUS_MORE_PROCESSING_REQUIRED;
  t1.Resend = 0;
  t1.LastError = 0;
  if (++t1.Resynch > kRetries) return GiveUp(extension, STATUS_DEVICE_PROTOCOL_ERROR);
  t1.State = kT1Resynch;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS OnInformation(SMARTCARD_EXTENSION& extension, UCHAR pcb, const UCHAR* data, UCHAR length) {
  T1_DATA& t1 = extension.T1;
  if (((pcb >> 6) & 1) != t1.RSN) return Again(extension, kBadBlock);
  if (t1.State == kT1Sending) {
    // An answer is also the acknowledgement of our last block, and of none before it.
    if (t1.BytesSent + ChunkOf(t1) != t1.BytesToSend) return Again(extension, kBadBlock);
    t1.BytesSent = t1.BytesToSend;
    t1.SSN ^= 1;
  }
  if (extension.IoRequest.ReplyBufferLength < kHeader || t1.BytesReceived + length > extension.IoRequest.ReplyBufferLength - kHeader)
    return GiveUp(extension, STATUS_BUFFER_TOO_SMALL);
  if (length != 0) std::memcpy(extension.IoRequest.ReplyBuffer + kHeader + t1.BytesReceived, data, length);
  t1.BytesReceived += length;
  t1.RSN ^= 1;
  t1.Resend = t1.Resynch = t1.LastError = 0;
  if (pcb & kMore) {
    t1.State = kT1Acknowledge;
    return STATUS_MORE_PROCESSING_REQUIRED;
  }
  t1.State = kT1Idle;
  std::memmove(extension.IoRequest.ReplyBuffer, extension.IoRequest.RequestBuffer, kHeader);
  *extension.IoRequest.Information = kHeader + t1.BytesReceived;
  return STATUS_SUCCESS;
}

NTSTATUS OnReady(SMARTCARD_EXTENSION& extension, UCHAR pcb) {
  T1_DATA& t1 = extension.T1;
  const UCHAR expected = (pcb >> 4) & 1;
  if (t1.State != kT1Sending) return Again(extension, 0);  // what was sent last is sent again
  if (expected == t1.SSN) return Again(extension, 0);
  const ULONG chunk = ChunkOf(t1);
  if (t1.BytesSent + chunk == t1.BytesToSend) return Again(extension, kBadBlock);  // the whole command was acknowledged: its answer is missing
  t1.BytesSent += chunk;
  t1.SSN ^= 1;
  t1.Resend = t1.LastError = 0;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS OnSupervisory(SMARTCARD_EXTENSION& extension, UCHAR pcb, const UCHAR* data, UCHAR length) {
  T1_DATA& t1 = extension.T1;
  const auto answer = [&t1](T1State state) {
    if (t1.State == kT1Sending || t1.State == kT1Acknowledge || t1.State == kT1IfsRequest) t1.PrevState = t1.State;
    t1.State = state;
    t1.LastError = 0;
    return STATUS_MORE_PROCESSING_REQUIRED;
  };
  switch (pcb) {
    case kSRequest | kIfs:
      if (length != 1 || data[0] == 0 || data[0] == 0xFF) return Again(extension, kBadBlock);
      t1.InfSize = data[0];
      return answer(kT1Ifs);
    case kSRequest | kWtx:
      if (length != 1) return Again(extension, kBadBlock);
      t1.Wtx = data[0];
      return answer(kT1Wtx);
    case kSRequest | kAbort: return answer(kT1Abort);
    case kSResponse | kIfs:
      if (t1.State != kT1IfsRequest) return Again(extension, kBadBlock);
      FlagsOf(extension) |= kIfsDone;
      t1.State = kT1Sending;
      t1.Resend = t1.LastError = 0;
      return STATUS_MORE_PROCESSING_REQUIRED;
    case kSResponse | kResynchronize: {
      if (t1.State != kT1Resynch) return Again(extension, kBadBlock);
      t1.SSN = t1.RSN = 0;
      if (t1.BytesReceived != 0) return GiveUp(extension, STATUS_DEVICE_PROTOCOL_ERROR);  // the command is no longer there to be sent again
      t1.BytesSent = 0;
      t1.State = kT1Sending;
      t1.Resend = t1.LastError = 0;
      return STATUS_MORE_PROCESSING_REQUIRED;
    }
    default: return Again(extension, kBadBlock);
  }
}

}  // namespace

extern "C" {

NTSTATUS SmartcardT1Request(PSMARTCARD_EXTENSION SmartcardExtension) {
  SMARTCARD_EXTENSION& extension = *SmartcardExtension;
  T1_DATA& t1 = extension.T1;
  if (t1.State == kT1Idle) {
    if (extension.IoRequest.RequestBufferLength <= kHeader) return STATUS_INVALID_PARAMETER;
    t1.BytesToSend = extension.IoRequest.RequestBufferLength - kHeader;
    t1.BytesSent = t1.BytesReceived = 0;
    t1.Resend = t1.Resynch = t1.LastError = t1.Wtx = 0;
    const bool ifs = !(FlagsOf(extension) & (kNoIfsRequest | kIfsDone)) && extension.ReaderCapabilities.MaxIFSD > 0 &&
                     extension.ReaderCapabilities.MaxIFSD <= SCARD_T1_MAX_IFS;
    t1.State = ifs ? kT1IfsRequest : kT1Sending;
  }
  const T1State state = static_cast<T1State>(t1.State);
  if (state != kT1Wtx) t1.Wtx = 0;
  // The block was bad: the card repeats its own. Supervisory blocks of ours are sent again instead.
  if (t1.LastError != 0 && state != kT1IfsRequest && state != kT1Resynch)
    return AppendBlock(extension, static_cast<UCHAR>(0x80 | t1.RSN << 4 | t1.LastError), nullptr, 0);
  switch (state) {
    case kT1IfsRequest: {
      const UCHAR size = static_cast<UCHAR>(extension.ReaderCapabilities.MaxIFSD);
      return AppendBlock(extension, kSRequest | kIfs, &size, 1);
    }
    case kT1Acknowledge: return AppendBlock(extension, static_cast<UCHAR>(0x80 | t1.RSN << 4), nullptr, 0);
    case kT1Wtx: {
      const UCHAR factor = t1.Wtx;
      t1.State = t1.PrevState;
      return AppendBlock(extension, kSResponse | kWtx, &factor, 1);
    }
    case kT1Ifs: {
      const UCHAR size = t1.InfSize;
      t1.State = t1.PrevState;
      return AppendBlock(extension, kSResponse | kIfs, &size, 1);
    }
    case kT1Abort:
      t1.State = t1.PrevState;
      return AppendBlock(extension, kSResponse | kAbort, nullptr, 0);
    case kT1Resynch: return AppendBlock(extension, kSRequest | kResynchronize, nullptr, 0);
    default: {
      const ULONG chunk = ChunkOf(t1);
      const bool more = t1.BytesSent + chunk < t1.BytesToSend;
      return AppendBlock(extension, static_cast<UCHAR>(t1.SSN << 6 | (more ? kMore : 0)), extension.IoRequest.RequestBuffer + kHeader + t1.BytesSent, chunk);
    }
  }
}

NTSTATUS SmartcardT1Reply(PSMARTCARD_EXTENSION SmartcardExtension) {
  SMARTCARD_EXTENSION& extension = *SmartcardExtension;
  const SMARTCARD_REPLY& reply = extension.SmartcardReply;
  if (extension.T1.State == kT1Idle) return STATUS_DEVICE_PROTOCOL_ERROR;
  const ULONG sum_size = SumSize(extension);
  if (reply.BufferLength > reply.BufferSize || reply.BufferLength < 3 + sum_size) return Again(extension, kBadBlock);
  const UCHAR* block = reply.Buffer;
  const UCHAR length = block[2];
  if (reply.BufferLength != 3u + length + sum_size) return Again(extension, kBadBlock);
  UCHAR sum[2] = {};
  MakeSum(extension, block, 3u + length, sum);
  if (std::memcmp(sum, block + 3 + length, sum_size) != 0) return Again(extension, kBadSum);
  const UCHAR pcb = block[1];
  if (!(pcb & 0x80)) return OnInformation(extension, pcb, block + 3, length);
  if (!(pcb & 0x40)) return OnReady(extension, pcb);
  return OnSupervisory(extension, pcb, block + 3, length);
}

}  // extern "C"
