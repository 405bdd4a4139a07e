#include "wdf/trace.h"

namespace drydock::wdf::trace {
namespace {

constexpr rt::EventKind kTable[] = {
    {kObjectCreate, "object.create", "object {a} type {b}"},
    {kObjectDelete, "object.delete", "object {a} type {b}"},
    {kObjectDestroy, "object.destroy", "object {a} type {b}"},
    {kDriverBind, "driver.bind", "version {a}.{b} user-mode {c}"},
    {kDeviceCreate, "device.create", "device {a} driver {b} device object, user-mode {c:#x}"},
    {kDevicePnp, "device.pnp", "device {a} state {b:x} -> {c:x}"},
    {kDevicePower, "device.power", "device {a} state {b:x} -> {c:x}"},
    {kDevicePolicy, "device.policy", "device {a} state {b:x} -> {c:x}"},
    {kFileCreate, "file.create", "file {a} device {b} status {c:x}"},
    {kFileCleanup, "file.cleanup", "file {a} device {b}"},
    {kFileClose, "file.close", "file {a} device {b}"},
    {kTimerFire, "timer.fire", "timer {a}"},
    {kWorkItemRun, "workitem.run", "work item {a}"},
    {kDpcRun, "dpc.run", "dpc {a}"},
    {kMemoryCreate, "memory.create", "memory {a} with a parent {b}"},
    {kRequestFile, "request.file", "request {a} file {b} traits {c:#x}"},
    {kRequestArrive, "request.arrive", "request {a} queue {b} irp {c}"},
    {kRequestDeliver, "request.deliver", "request {a} queue {b}"},
    {kRequestComplete, "request.complete", "request {a} status {b:x} information {c}"},
    {kRequestForward, "request.forward", "request {a} from queue {b} to queue {c}"},
    {kRequestCancel, "request.cancel", "request {a}"},
    {kRequestMarkCancelable, "request.mark_cancelable", "request {a} marked {b}"},
    {kQueueState, "queue.state", "queue {a} state {b:x}"},
    {kQueueCreate, "queue.create", "queue {a} device {b} dispatch type and traits {c:#x}"},
    {kQueuePower, "queue.power", "queue {a} leaves D0: {b}"},
    {kHandlerBegin, "handler.begin", "request {a} queue {b} major {c:#x}"},
    {kHandlerEnd, "handler.end", "request {a} queue {b}"},
    {kRequestSend, "request.send", "request {a} target {b} major and control code {c:#x}"},
    {kRequestSent, "request.sent", "request {a} target {b} status {c:x}"},
    {kRequestCompletion, "request.completion", "request {a} status {b:x} information {c}"},
    {kRequestCancelSent, "request.cancel_sent", "request {a}"},
    {kRequestTimeout, "request.timeout", "target {a} request {b} complete already: {c}"},
    {kTargetState, "target.state", "target {a} state {b} -> {c}"},
    {kSendBegin, "send.begin", "request {a} device and target {b:#x} control code and traits {c:#x}"},
    {kSendEnd, "send.end", "request {a} device and target {b:#x} status {c:x}"},
    {kTargetCallBegin, "target.call", "target {a} start, stop or purge: {b}"},
    {kTargetCallEnd, "target.return", "target {a} start, stop or purge: {b}"},
    {kDdiCall, "ddi.call", "function {a} of the table of KMDF (0) or UMDF (1): {b}"},
};

}  // namespace

const rt::EventKind* Kinds(size_t* count) {
  *count = sizeof(kTable) / sizeof(kTable[0]);
  return kTable;
}

}  // namespace drydock::wdf::trace
