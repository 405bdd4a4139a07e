// SentState: the send half of a request: how it is formatted, where it is, who is still busy with it, how it ended.
// Lives by value inside Request (`sent`), and inside the framework's own requests of the SendXxxSynchronously methods.
// Called by:  wdf/request/send_*.cpp, format_*.cpp, wdf/target; queue's half of Request only through the functions at the end.
// IRQL:       <= DISPATCH_LEVEL. Nothing here parks.
// Ownership:  memory references are held from formatting until undo (OP-12); built MDLs and the intermediate buffer are kept for
//             the next formatting of the same request (IOT-4.07) and freed with it.
//
// The race of completion, cancellation and time-out (IOX-14). `word` counts who is busy with the IRP and carries flags:
//   R1  Send takes kOut and one hold for the lower driver. kOut already set: bug check 0x10D/0x6/0x3 (IOX-19).
//   R2  A cancel (WdfRequestCancelSentRequest, Stop, Purge, Close, expiry) takes one more hold, only while kOut is set and
//       kCompleted is not; then it calls IoCancelIrp with no lock held; then it drops its hold.
//   R3  An armed timer of an asynchronous send has a hold of its own from arming until it was disarmed in time or its DPC ended.
//   R4  Completion (our IRP completion routine, or the target for a request that waited in it) sets kCompleted and drops the lower
//       driver's hold in one step, having first disarmed the timer (and dropped the timer's hold if that was in time).
//   R5  Whoever drops the last hold runs Finish, exactly once: on the completing thread, on the cancelling one, or in the timer's
//       DPC. While another hold is out the IRP cannot be freed, reused or completed further, so R2's IoCancelIrp is safe.
//   R6  The expiry sets kTimedOut first; Finish turns STATUS_CANCELLED into STATUS_IO_TIMEOUT when it sees the flag (IOX-8).
//   R7  Finish leaves the target's books, fills the completion parameters, copies back, clears kOut and the registration, and only
//       then runs the driver's routine or wakes the sender: from there on the driver may reuse, resend or delete the request.
// Source: IOX-8..16, IOX-20..27, OP-7, OP-12, OP-26.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wdf/sdk.h"

namespace drydock::wdf {

class IoTarget;
class Memory;
class Request;
struct DriverGlobals;
struct SyncWait;      // wdf/target/sync_wait.h: a sender blocked in a synchronous send
struct RequestTimer;  // wdf/request/send_timer.h

enum class SendFormat : uint8_t {
  kNone,
  kCurrentType,    // WdfRequestFormatRequestUsingCurrentType
  kStackLocation,  // WdfRequestWdmFormatUsingStackLocation
  kRead,
  kWrite,
  kIoctl,
  kInternalIoctl,
  kOthers,         // internal IOCTL with Others parameters
  kUsb,            // WdfUsbTarget...FormatRequest...: completion parameters come from the formatter
};

// Who made the IRP, hence what WdfRequestReuse and deletion do with it (IOX-27, OP-7).
enum class IrpOrigin : uint8_t {
  kNone,        // a driver-made request that holds no IRP
  kReceived,    // came from above; completed with WdfRequestComplete
  kFramework,   // allocated by the framework; reinitialised at reuse, freed with the request
  kGiven,       // WdfRequestCreateFromIrp with RequestFreesIrp TRUE: as kFramework
  kDriversOwn,  // WdfRequestCreateFromIrp with FALSE, or set by WdfRequestReuse: left alone
};

// A memory object as a formatter got it: what the completion parameters report.
struct SentMemory {
  Memory* memory = nullptr;  // referenced
  size_t offset = 0;
  size_t length = 0;
};

struct SentState {
  static constexpr uint32_t kHoldMask = 0xFF;
  static constexpr uint32_t kOut = 0x100;              // at a target: sent or waiting in it
  static constexpr uint32_t kCompleted = 0x200;        // the lower driver is done with it
  static constexpr uint32_t kTimedOut = 0x400;         // the time-out expired
  static constexpr uint32_t kCancelMark = 0x800;       // IOX-12: sticks until WdfRequestReuse

  std::atomic<uint32_t> word{0};
  SendFormat format = SendFormat::kNone;
  IrpOrigin irp_origin = IrpOrigin::kReceived;
  bool in_sent_list = false;         // guarded by the target's lock
  bool in_waiting_list = false;      // guarded by the target's lock
  bool ignores_target_state = false; // sent with IGNORE_TARGET_STATE
  bool asynchronous = false;
  bool saved_irp_fields = false;     // the fields below hold what undo puts back
  bool completed_once = false;       // `final` is valid

  Request* request = nullptr;        // null: the framework's own
  PIRP irp = nullptr;                // the same as Request::irp; set by whoever sets that one
  IoTarget* target = nullptr;        // of the send under way
  SentState* next = nullptr;         // in the target's sent or waiting list
  SentState* previous = nullptr;

  // --- how it ends ---
  PFN_WDF_REQUEST_COMPLETION_ROUTINE routine = nullptr;
  WDFCONTEXT routine_context = nullptr;
  SyncWait* waiter = nullptr;        // synchronous send: on the blocked sender's stack
  RequestTimer* timer = nullptr;     // made by WdfRequestAllocateTimer or the first timed asynchronous send
  NTSTATUS status = 0;               // what WdfRequestGetStatus says once `status_valid`
  bool status_valid = false;
  IO_STATUS_BLOCK final = {};        // of the last completion

  // --- formatting ---
  ULONG ioctl = 0;
  SentMemory input;                  // write data, IOCTL input, Others argument 1
  SentMemory output;                 // read buffer, IOCTL output, Others argument 2
  Memory* argument4 = nullptr;       // Others argument 4
  void* copy_back_to = nullptr;      // IOX-21: Information bytes go here from `system_buffer`
  void* system_buffer = nullptr;     // intermediate buffer, nonpaged, kept for the next formatting (IOX-22)
  uint32_t system_buffer_size = 0;
  bool mdl_locked = false;           // `mdl`'s pages were locked by the formatter
  PMDL mdl = nullptr;                // built by the formatter, kept
  size_t mdl_capacity = 0;           // bytes `mdl` can describe from any offset
  PVOID saved_system_buffer = nullptr, saved_user_buffer = nullptr;
  PMDL saved_mdl = nullptr;
  ULONG saved_flags = 0;
  void* usb = nullptr;               // usb room's own: completion parameters of a URB (freed through free_usb)
  void (*free_usb)(SentState&) = nullptr;

  bool out() const { return (word.load(std::memory_order_acquire) & kOut) != 0; }
};

// --- what the queue's half of Request calls ---

// The cancel mark of OP-10 and IOX-12 (purge, a delivered cancel, WdfRequestCancelSentRequest). Any IRQL.
inline bool IsMarkedCancelled(const SentState& sent) {
  return (sent.word.load(std::memory_order_acquire) & SentState::kCancelMark) != 0;
}
inline void MarkCancelled(SentState& sent) {
  sent.word.fetch_or(SentState::kCancelMark, std::memory_order_acq_rel);
}

// Drops formatting: memory references end, IRP fields get their former values (IOX-26, OP-12). Called before the reference check of
// WdfRequestComplete, and by every formatter.
void UndoFormatSlow(SentState& sent);
inline void UndoFormat(SentState& sent) {
  if (sent.format != SendFormat::kNone) UndoFormatSlow(sent);
}

// Frees everything the send half holds (formatting, buffers, MDL, timer; the IRP too unless it was received or is the driver's own).
// Called once when the request object is disposed of; it is not out. Cheap for a request that was never sent.
void DisposeSentState(SentState& sent);

}  // namespace drydock::wdf
