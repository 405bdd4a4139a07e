// Sending and finishing. The steps R1..R7 are told in sent_state.h.
#include "wdf/request/send.h"

#include <cstring>

#include "nt/kernel.h"
#include "nt/thread.h"
#include "wdf/device/device.h"
#include "wdf/object/factory.h"
#include "wdf/request/format.h"
#include "wdf/request/receive.h"
#include "wdf/request/request.h"
#include "wdf/request/send_timer.h"
#include "wdf/target/io_target.h"
#include "wdf/target/wait_reason.h"
#include "wdf/trace.h"
#include "wdf/violation.h"

namespace drydock::wdf {
namespace {

uint32_t RequestId(const SentState& sent) { return sent.request ? sent.request->trace_id() : 0; }

// What the next stack location asks for, in one word of a trace: major code and control code.
uint64_t Summary(const SentState& sent, PIO_STACK_LOCATION stack) {
  const bool control = stack->MajorFunction == IRP_MJ_DEVICE_CONTROL || stack->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
  return uint64_t(stack->MajorFunction) << 32 | (control ? (sent.ioctl ? sent.ioctl : stack->Parameters.DeviceIoControl.IoControlCode) : 0);
}

void CopyBack(SentState& sent) {
  void* to = sent.copy_back_to;
  if (!to) return;
  sent.copy_back_to = nullptr;
  size_t bytes = sent.final_status.Information;
  if (bytes == 0) return;
  DriverGlobals& globals = sent.target->globals();
  if (__builtin_expect(bytes > sent.copy_back_length, 0)) {
    // IOX-21: nothing checks the count on Windows, memory behind the buffer is overwritten. We tell, and stay inside what we own.
    Break(globals, "a lower driver completed a buffered request with more bytes than the sender's buffer holds");
    if (globals.umdf) bytes = sent.copy_back_length;
    if (bytes > sent.system_buffer_used) bytes = sent.system_buffer_used;
  }
  // A sender that a stop has unwound has no buffer any more.
  nt::Thread* sender = sent.wait.sender;
  if (sender && sender != nt::CurrentThreadOrNull() && globals.framework->kernel.executor.stopped()) return;
  CopyBytes(to, sent.system_buffer, bytes);
}

void Wake(SyncWait& wait) {
  // Completed before the sender went to sleep, in its own thread: the usual case. (It may also be its own cancel after an expiry.)
  if (wait.sender == nt::CurrentThreadOrNull() && wait.state.load(std::memory_order_relaxed) == SyncWait::kRunning) {
    wait.state.store(SyncWait::kDone, std::memory_order_relaxed);
  } else if (wait.state.exchange(SyncWait::kDone, std::memory_order_acq_rel) == SyncWait::kAsleep) {
    KeSetEvent(&wait.event, IO_NO_INCREMENT, FALSE);
  }
}

// R5, R7, IOX-15: the last hold is gone.
void Finish(SentState& sent) {
  IoTarget& target = *sent.target;
  Request* request = sent.request;
  const bool has_routine = sent.routine != nullptr;
  const uint32_t last_for = target.Leave(sent, has_routine);

  PIRP irp = sent.irp;
  const uint32_t word = sent.word.load(std::memory_order_acquire);
  if (__builtin_expect((word & SentState::kTimedOut) != 0, 0) &&
      irp->IoStatus.Status == STATUS_CANCELLED) {
    irp->IoStatus.Status = STATUS_IO_TIMEOUT;  // R6
  }
  sent.final_status = irp->IoStatus;
  sent.status = irp->IoStatus.Status;
  sent.status_valid = true;
  sent.completed_once = true;
  CopyBack(sent);
  RecordEvent(*target.globals().framework, trace::kRequestCompletion, RequestId(sent), uint32_t(sent.status), sent.final_status.Information);

  PFN_WDF_REQUEST_COMPLETION_ROUTINE routine = sent.routine;
  WDFCONTEXT context = sent.routine_context;
  sent.routine = nullptr;
  nt::Thread* sender = sent.wait.sender;
  WDF_REQUEST_COMPLETION_PARAMS params;
  if (has_routine) FillCompletionParams(sent, &params);
  sent.word.store(word & SentState::kSendMask, std::memory_order_release);

  if (has_routine) {
    nt::CallDriver("EvtRequestCompletionRoutine", routine, request->request_handle(), reinterpret_cast<WDFIOTARGET>(target.handle()), &params,
                   context);
  }
  if (has_routine || last_for) target.RoutineReturned(has_routine, last_for);
  if (sender) Wake(sent.wait);
  if (request) ReleaseSent(*request);
}

// R6 for a blocked sender, in its own thread (IOX-10).
void ExpireSender(SentState& sent) {
  uint32_t word = sent.word.load();
  do {
    if (!(word & SentState::kOut)) return;
  } while (!sent.word.compare_exchange_weak(word, word | SentState::kTimedOut));
  RecordEvent(sent.target->framework(), trace::kRequestTimeout, sent.target->trace_id(), RequestId(sent),
              word & SentState::kCompleted ? 1 : 0);
  if (!TakeCancelHold(sent)) return;
  IoCancelIrp(sent.irp);
  DropHold(sent);
}

// IOX-9: the time-out starts now. OP-31: non-alertable, in a critical region.
void AwaitCompletion(SentState& sent, IoTarget& target, LONGLONG timeout) {
  SyncWait& wait = sent.wait;
  if (__builtin_expect(wait.state.load(std::memory_order_acquire) == SyncWait::kDone, 1)) return;
  KeInitializeEvent(&wait.event, SynchronizationEvent, FALSE);
  uint32_t running = SyncWait::kRunning;
  if (!wait.state.compare_exchange_strong(running, SyncWait::kAsleep, std::memory_order_acq_rel)) return;
  SendWaitReason reason(target, sent, timeout);
  KeEnterCriticalRegion();
  bool expired = false;
  if (target.globals().umdf && timeout != 0) {  // IOX-11 (U): whole milliseconds, relative ones only
    if (timeout > 0) Break(target.globals(), "a synchronous send was given an absolute time-out, which UMDF does not support; it expires at once");
    timeout = timeout > 0 ? 0 : timeout / 10'000 * 10'000;
    expired = timeout == 0;
  }
  if (timeout != 0) {
    LARGE_INTEGER due;
    due.QuadPart = timeout;
    expired = KeWaitForSingleObject(&wait.event, Executive, KernelMode, FALSE, &due) == STATUS_TIMEOUT;
  }
  if (expired) ExpireSender(sent);
  // A lower driver that completes inside the cancel does so on this thread, which needs no waking.
  if (timeout == 0 || (expired && wait.state.load(std::memory_order_acquire) != SyncWait::kDone)) {
    reason.Expired(expired);
    KeWaitForSingleObject(&wait.event, Executive, KernelMode, FALSE, nullptr);
  }
  KeLeaveCriticalRegion();
}

[[noreturn]] void NothingBehind(IoTarget& target) {
  nt::BugCheck(DRIVER_IRQL_NOT_LESS_OR_EQUAL, {0, nt::CurrentThread().irql, 0, reinterpret_cast<uintptr_t>(&target)},
               "A request was sent to an I/O target that has no device behind it: it was never opened, or was started again after it was "
               "closed. Open the target (WdfIoTargetOpen) and check the result before sending.");
}

}  // namespace

NTSTATUS SendOptions::Parse(DriverGlobals& globals, const WDF_REQUEST_SEND_OPTIONS* options, bool method) {
  if (!options) return STATUS_SUCCESS;
  if (options->Size != sizeof(*options)) return method ? STATUS_INFO_LENGTH_MISMATCH : STATUS_INVALID_PARAMETER;  // IOX-7
  constexpr ULONG kImpersonate = 0x10000, kImpersonateIgnore = 0x20000;  // UMDF's only
  ULONG known = WDF_REQUEST_SEND_OPTION_TIMEOUT | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS | WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE |
                WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET;
  if (globals.umdf) known |= kImpersonate | kImpersonateIgnore;
  const ULONG flags = options->Flags;
  if (flags & ~known) return STATUS_INVALID_PARAMETER;
  if (globals.umdf) {
    impersonate = (flags & kImpersonate) != 0;
    impersonate_ignore = (flags & kImpersonateIgnore) != 0;
    if ((impersonate_ignore && !impersonate) || (method && (impersonate || impersonate_ignore))) return STATUS_INVALID_PARAMETER;  // OP-26
  }
  const ULONG plain = flags & ~(globals.umdf ? kImpersonate | kImpersonateIgnore : 0u);
  if (plain & WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET) {
    if (plain != WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET) return STATUS_INVALID_PARAMETER;
    forget = !method;
  }
  synchronous = (flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS) != 0;
  ignores_target_state = (flags & WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE) != 0;
  if (flags & WDF_REQUEST_SEND_OPTION_TIMEOUT) timeout = options->Timeout;
  return STATUS_SUCCESS;
}

SentState& SendHalf(Request& request) {
  request.sent.request = &request;
  request.sent.irp = request.irp;
  return request.sent;
}

void BindIrp(SentState& sent, PIRP irp, IrpOrigin origin) {
  sent.irp = irp;
  sent.irp_origin = origin;
  if (sent.request) sent.request->irp = irp;
}

bool TakeCancelHold(SentState& sent, uint32_t flags) {
  if (sent.request) MarkCancelled(sent);  // R2: the mark comes first
  uint32_t word = sent.word.load();
  do {
    if ((word & SentState::kHoldMask) == 0 || (word & SentState::kCompleted)) return false;
    RT_ASSERT((word & SentState::kHoldMask) < SentState::kHoldMask);
  } while (!sent.word.compare_exchange_weak(word, (word + 1) | flags));
  return true;
}

void DropHold(SentState& sent) {
  const uint32_t before = sent.word.fetch_sub(1, std::memory_order_acq_rel);
  RT_ASSERT(before & SentState::kHoldMask);
  if ((before & SentState::kHoldMask) == 1) Finish(sent);
}

bool CancelRequest(SentState& sent) {
  if (!TakeCancelHold(sent)) return false;
  IoTarget& target = *sent.target;
  RecordEvent(target.framework(), trace::kRequestCancelSent, RequestId(sent), target.trace_id());
  const bool called = IoCancelIrp(sent.irp) != FALSE;
  DropHold(sent);
  return called;
}

void LowerDriverDone(SentState& sent) {
  DisarmTimer(sent);
  const uint32_t before = sent.word.fetch_add(SentState::kCompleted - 1, std::memory_order_acq_rel);
  RT_ASSERT((before & (SentState::kOut | SentState::kCompleted)) == SentState::kOut);
  if ((before & SentState::kHoldMask) == 1) Finish(sent);
}

NTSTATUS NTAPI SentIrpCompleted(PDEVICE_OBJECT, PIRP, PVOID context) {
  LowerDriverDone(*static_cast<SentState*>(context));
  return STATUS_MORE_PROCESSING_REQUIRED;  // the IRP stays ours, or the request's owner's
}

bool SendTracked(DriverGlobals& globals, SentState& sent, IoTarget& target, const SendOptions& options) {
  Request* request = sent.request;
  PIRP irp = sent.irp;
  if (sent.word.load(std::memory_order_relaxed) & SentState::kOut) {  // R1, IOX-19
    RequestViolation(globals, RequestFatal::kAlreadySent, request->handle(),
                     "A request was sent that is still at an I/O target. Wait for its completion routine before sending it again.");
  }
  if (!irp) RequestViolation(globals, RequestFatal::kNoIrp, request->handle(), "A request that holds no IRP was sent. Format it for a target first.");
  if (irp->CurrentLocation <= 1) {
    RequestViolation(globals, RequestFatal::kNoStackLocation, irp, "A request was sent whose IRP has no stack location left for the target.");
  }
  auto refuse = [&](NTSTATUS status) {
    sent.status = status;
    sent.status_valid = true;
    return false;
  };
  if (IsMarkedCancelled(sent)) return refuse(STATUS_CANCELLED);  // IOX-12
  const bool timed = options.timeout != 0 && !options.synchronous;
  if (timed && !NT_SUCCESS(AllocateTimer(globals, sent))) return refuse(STATUS_INSUFFICIENT_RESOURCES);  // IOX-11

  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->CompletionRoutine = &SentIrpCompleted;
  next->Context = &sent;
  next->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
  if (target.kind() == TargetKind::kRemote) next->FileObject = target.file_object();  // IOX-25
  if (__builtin_expect(globals.umdf, 0) && !(request && request->is_received())) {  // UM-15: from the host, which is a process of the user's
    irp->RequestorMode = UserMode;
    irp->Flags |= IRP_UM_DRIVER_INITIATED_IO;
  }
  sent.target = &target;
  sent.ignores_target_state = options.ignores_target_state;
  sent.timer_wanted = timed;
  sent.wait.sender = options.synchronous ? &nt::CurrentThread() : nullptr;
  sent.wait.state.store(SyncWait::kRunning, std::memory_order_relaxed);
  if (__builtin_expect(globals.framework->kernel.events.enabled(), 0)) {
    RecordEvent(*globals.framework, trace::kRequestSend, RequestId(sent), target.trace_id(), Summary(sent, next));
  }

  NTSTATUS status = STATUS_SUCCESS;
  TargetAction action;
  if (request) {
    request->AddRef();
    action = target.Admit(sent, &status);
  } else {
    action = target.EnterLane(sent) ? TargetAction::kDeliver : target.Admit(sent, &status);
  }
  switch (action) {
    case TargetAction::kDeliver:
      if (IsMarkedCancelled(sent)) __atomic_store_n(&irp->Cancel, TRUE, __ATOMIC_SEQ_CST);  // R1
      if (timed) ArmTimer(sent, options.timeout);                                                       // IOX-9
      status = target.Deliver(sent);
      break;
    case TargetAction::kHold:
      if (timed) {
        // R3. Start may take the request out at any moment; our own hold keeps it from finishing meanwhile.
        if (target.KeepsTimer(sent)) {
          ArmTimer(sent, options.timeout);
          if (!target.KeepsTimer(sent) && KeCancelTimer(&sent.timer->timer)) {
            sent.timer->armed.store(false);
            sent.word.fetch_sub(1);
          }
        }
        DropHold(sent);
      }
      break;
    case TargetAction::kNothing:  // cancelled while it entered
      if (timed) sent.word.fetch_sub(1);
      IoTarget::CompleteUnsent(sent, STATUS_CANCELLED);
      break;
    default:
      if (request) request->Release();
      if (status != IoTarget::kNothingBehind) return refuse(status);
      if (!globals.umdf) NothingBehind(target);
      return refuse(STATUS_INVALID_DEVICE_STATE);  // (U) the host refuses (ours: OP-5 leaves it open)
  }
  if (options.synchronous) AwaitCompletion(sent, target, options.timeout);
  return true;
}

}  // namespace drydock::wdf
