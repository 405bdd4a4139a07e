#include "wdf/request/send_trace.h"

#include "wdf/device/device.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"
#include "wdf/trace.h"

namespace drydock::wdf {
namespace {

uint64_t Ids(const IoTarget& target) { return uint64_t{target.owner().trace_id()} << 32 | target.trace_id(); }

}  // namespace

void RecordSendBegin(IoTarget& target, Request* request, const SendOptions& options, bool method, uint8_t major, uint32_t code) {
  uint64_t traits = uint64_t{code} << 32 | uint64_t{major} << 8;
  if (options.synchronous) traits |= trace::kSendSynchronous;
  if (method) traits |= trace::kSendMethod;
  if (options.timeout != 0) traits |= trace::kSendTimed;
  if (options.forget) traits |= trace::kSendForget;
  if (request && request->sent.timer) traits |= trace::kSendHasTimer;
  if (request && request->is_received()) traits |= trace::kSendReceived;
  RecordEvent(target.framework(), trace::kSendBegin, request ? request->trace_id() : 0, Ids(target), traits);
}

void RecordSendEnd(IoTarget& target, uint32_t request, NTSTATUS status) {
  RecordEvent(target.framework(), trace::kSendEnd, request, Ids(target), static_cast<uint32_t>(status));
}

uint8_t MajorToSend(const Request& request) {
  switch (request.sent.format) {
    case SendFormat::kRead: return IRP_MJ_READ;
    case SendFormat::kWrite: return IRP_MJ_WRITE;
    case SendFormat::kIoctl: return IRP_MJ_DEVICE_CONTROL;
    case SendFormat::kInternalIoctl:
    case SendFormat::kOthers: return IRP_MJ_INTERNAL_DEVICE_CONTROL;
    default: return 0xFF;
  }
}

}  // namespace drydock::wdf
