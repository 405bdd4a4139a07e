// What a send looks like from outside, as trace events: for rules that judge how a driver sends.
// Called by:  WdfRequestSend and the synchronous methods, while events are recorded.
#pragma once

#include <cstdint>

#include "wdf/sdk.h"

namespace drydock::wdf {

class IoTarget;
class Request;
struct SendOptions;

void RecordSendBegin(IoTarget& target, Request* request, const SendOptions& options, bool method, uint8_t major, uint32_t code);
// Of a synchronous send only.
void RecordSendEnd(IoTarget& target, uint32_t request, NTSTATUS status);
// The major code that a formatted request goes out with; 0xFF: not known here.
uint8_t MajorToSend(const Request& request);

}  // namespace drydock::wdf
