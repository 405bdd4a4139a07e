#include "wdf/trace.h"

namespace drydock::wdf::trace {
namespace {

constexpr rt::EventKind kTable[] = {
    {kObjectCreate, "object.create", "object {a} type {b}"},
    {kObjectDelete, "object.delete", "object {a} type {b}"},
    {kObjectDestroy, "object.destroy", "object {a} type {b}"},
    {kDriverBind, "driver.bind", "version {a}.{b} user-mode {c}"},
    {kDeviceCreate, "device.create", "device {a} driver {b}"},
    {kDevicePnp, "device.pnp", "device {a} state {b:x} -> {c:x}"},
    {kDevicePower, "device.power", "device {a} state {b:x} -> {c:x}"},
    {kDevicePolicy, "device.policy", "device {a} state {b:x} -> {c:x}"},
    {kFileCreate, "file.create", "file {a} device {b} status {c:x}"},
    {kFileCleanup, "file.cleanup", "file {a} device {b}"},
    {kFileClose, "file.close", "file {a} device {b}"},
    {kTimerFire, "timer.fire", "timer {a}"},
    {kWorkItemRun, "workitem.run", "work item {a}"},
    {kDpcRun, "dpc.run", "dpc {a}"},
    {kRequestArrive, "request.arrive", "request {a} queue {b} irp {c}"},
    {kRequestDeliver, "request.deliver", "request {a} queue {b}"},
    {kRequestComplete, "request.complete", "request {a} status {b:x} information {c}"},
    {kRequestForward, "request.forward", "request {a} from queue {b} to queue {c}"},
    {kRequestCancel, "request.cancel", "request {a}"},
    {kRequestMarkCancelable, "request.mark_cancelable", "request {a} marked {b}"},
    {kQueueState, "queue.state", "queue {a} state {b:x}"},
    {kRequestSend, "request.send", "request {a} target {b} major and control code {c:#x}"},
    {kRequestSent, "request.sent", "request {a} target {b} status {c:x}"},
    {kRequestCompletion, "request.completion", "request {a} status {b:x} information {c}"},
    {kRequestCancelSent, "request.cancel_sent", "request {a}"},
    {kRequestTimeout, "request.timeout", "target {a} request {b} complete already: {c}"},
    {kTargetState, "target.state", "target {a} state {b} -> {c}"},
    {kDdiCall, "ddi.call", "function {a} of the table of KMDF (0) or UMDF (1): {b}"},
};

}  // namespace

const rt::EventKind* Kinds(size_t* count) {
  *count = sizeof(kTable) / sizeof(kTable[0]);
  return kTable;
}

}  // namespace drydock::wdf::trace
