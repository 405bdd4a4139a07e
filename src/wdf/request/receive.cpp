#include "wdf/request/receive.h"

#include <new>

#include "wdf/device/device.h"
#include "wdf/object/live_objects.h"
#include "wdf/object/thread_state.h"
#include "wdf/queue/forward_progress.h"
#include "wdf/queue/queue.h"
#include "wdf/request/buffers.h"
#include "wdf/trace.h"

namespace drydock::wdf {

NTSTATUS CreateEmpty(Device& device, Request** out) {
  const NTSTATUS status = CreateObjectChecked(device.globals(), ObjectType::kRequest, device.request_attributes(), nullptr, out);
  if (NT_SUCCESS(status)) {
    Request& request = **out;
    request.target_device = &device;
    request.sent.request = &request;
  }
  return status;
}

void AttachIrp(Request& request, PIRP irp) {
  request.irp = irp;
  request.sent.irp = irp;
}

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYDOCK_NO_SPARES 1  // a freed request's context must be poisoned
#endif
#endif

constexpr size_t kContextAt = (sizeof(Request) + 15) & ~size_t{15};  // as CreateObjectChecked lays objects out
constexpr uint32_t kSparesKept = 16;

}  // namespace

// Requests that ended on this thread, ready for the next arrival: what constructing and destroying one costs is saved.
struct RequestCache {
  static Request* Take(Device& device) {
#if defined(DRYDOCK_NO_SPARES)
    return nullptr;
#endif
    nt::Thread* thread = nt::CurrentThreadOrNull();
    ThreadState* state = thread ? static_cast<ThreadState*>(thread->wdf) : nullptr;
    Request* request = state ? state->spare_requests : nullptr;
    if (!request) return nullptr;
    const WDF_OBJECT_ATTRIBUTES* attributes = device.request_attributes();
    if (attributes && SizeWithContext(kContextAt, attributes) > Arena::ClassSize(request->size_class_)) return nullptr;
    DriverGlobals& globals = device.globals();
    if (!globals.MayAllocate()) return nullptr;  // the general way fails, or not, by its own count
    state->spare_requests = request->received.next;
    --state->spare_request_count;

    request->canary_ = Object::kCanary;
    request->references_.store(1, std::memory_order_relaxed);
    request->deleting_.store(false, std::memory_order_relaxed);
    request->had_child_.store(false, std::memory_order_relaxed);
    request->globals_ = &globals;
    request->passive_callbacks_ = globals.umdf;
    ObjectMade(globals, ObjectType::kRequest);
    request->target_device = &device;
    request->received = ReceivedState{};
    if (attributes) {
      ObjectAccess::RenewContext(request, attributes, reinterpret_cast<char*>(request) + kContextAt);
    } else {
      request->contexts_ = nullptr;
    }
    nt::Kernel& kernel = globals.framework->kernel;
    request->trace_id_ = 0;
    if (__builtin_expect(kernel.events.enabled(), 0)) {
      request->trace_id_ = kernel.NextTraceId();
      RecordEvent(*globals.framework, trace::kObjectCreate, request->trace_id_, static_cast<uint64_t>(ObjectType::kRequest));
    }
    return request;
  }

  static bool Keep(Request& request) {
#if defined(DRYDOCK_NO_SPARES)
    return false;
#endif
    nt::Thread* thread = nt::CurrentThreadOrNull();
    ThreadState* state = thread ? static_cast<ThreadState*>(thread->wdf) : nullptr;
    if (!state || state->spare_request_count >= kSparesKept || request.size_class_ >= Arena::kSmallClasses) return false;
    if (request.contexts_ && (request.contexts_->next || request.contexts_->size_class != ContextBlock::kInObject)) return false;
    ObjectGone(*request.globals_, ObjectType::kRequest);
    request.canary_ = Object::kDeadCanary;
    request.globals_ = nullptr;
    SentState& sent = request.sent;
    if (sent.target || sent.routine || sent.status_valid || sent.timer || sent.system_buffer || sent.mdl) {
      sent.~SentState();
      new (&sent) SentState;
      sent.request = &request;
    } else {
      sent.word.store(0, std::memory_order_relaxed);
    }
    request.received.next = state->spare_requests;
    state->spare_requests = &request;
    ++state->spare_request_count;
    return true;
  }

  // It was deleted, its cleanup callbacks have run, the one reference left is the caller's; what Object::LastRelease would still do has
  // no effect that anybody could see.
  static bool OwesNothing(const Request& request) {
    if (request.references() != 1 || !request.is_received() || !request.deleting() || request.received.place != Place::kCompleted) return false;
    if (request.received.reserved || request.received.buffers || request.parent_ || request.first_child_ || request.dying_children_) return false;
    if (request.contexts_ && request.contexts_->destroy) return false;  // one that has more than one is not kept
    const DriverGlobals& globals = *request.globals_;
    return !request.passive_by_own_attributes_ && globals.options.tracked_types == 0 && !globals.framework->kernel.events.enabled();
  }

  static void Free(ThreadState& state, Request& request) {
    const uint8_t size_class = request.size_class_;
    request.~Request();
    state.arena->Free(&request, size_class);
  }
};

void FreeSpareRequests(ThreadState& state) {
  while (Request* request = state.spare_requests) {
    state.spare_requests = request->received.next;
    RequestCache::Free(state, *request);
  }
  state.spare_request_count = 0;
}

void RetirePlain(Request& request) {
  if (request.references() == 1 && RequestCache::Keep(request)) return;
  request.Release();
}

void ReleaseSent(Request& request) {
  if (RequestCache::OwesNothing(request) && RequestCache::Keep(request)) return;
  request.Release();
}

NTSTATUS CreateReceived(Device& device, PIRP irp, Request** out) {
  if (Request* spare = RequestCache::Take(device)) {
    AttachIrp(*spare, irp);
    *out = spare;
    return STATUS_SUCCESS;
  }
  const NTSTATUS status = CreateEmpty(device, out);
  if (NT_SUCCESS(status)) AttachIrp(**out, irp);
  return status;
}

void Retire(Request& request) {
  if (__builtin_expect(request.received.reserved, 0)) return queue::ReturnReserved(request);
  ReleaseSent(request);
}

// A driver-made request that is deleted while it is the driver's, out of a queue.
void Request::OnDispose() {
  if (is_received()) return;
  ReceivedState& r = received;
  if (r.queue && r.place == Place::kDriver) {
    r.place = Place::kNone;
    r.queue->Gone(*this);
    r.queue = nullptr;
  }
}

void Request::OnCleanedUp() {
  if (!is_received()) {
    ReleaseBuffers(*this);
    DisposeSentState(sent);
  }
}

}  // namespace drydock::wdf
