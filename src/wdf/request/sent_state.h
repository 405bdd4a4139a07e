// SentState: the send half of a request: how it is formatted, where it is, who is still busy with it, how it ended.
// Lives by value inside Request (`sent`), and inside the framework's own requests of the SendXxxSynchronously methods.
// Called by:  wdf/request/send_*.cpp, format_*.cpp, wdf/target; the queue's half of Request only through the functions at the end.
// IRQL:       <= DISPATCH_LEVEL. Nothing here parks.
// Ownership:  memory references are held from formatting until undo (OP-12); the built MDL and the intermediate buffer are kept for
//             the next formatting of the same request (IOT-4.07) and freed with it.
//
// The race of completion, cancellation and time-out (IOX-14). `word` counts who is busy with the IRP and carries flags:
//   R1  Send claims the request (a request that is out: bug check 0x10D/0x6/0x3, IOX-19), looks at the cancel mark (IOX-12), and
//       enters the target's books; only there, under the target's lock, `word` becomes kOut with one hold for the lower driver.
//       From then on a cancel can reach the IRP; if the mark was set in between, the IRP's Cancel flag is set before delivery.
//       (The framework's own requests enter without the lock: target/own_lane.cpp tells how.)
//   R2  A cancel (WdfRequestCancelSentRequest, Stop, Purge, Close, expiry) first sets the mark, then takes one more hold, only while
//       a hold exists and kCompleted is not set; then it calls IoCancelIrp with no lock held; then it drops its hold.
//   R3  An armed timer of an asynchronous send has a hold of its own from arming until it was disarmed in time or its DPC ended.
//   R4  Completion (our IRP completion routine, or the target for a request that waited in it) first disarms the timer (dropping the
//       timer's hold if that was in time), then sets kCompleted and drops the lower driver's hold in one step.
//   R5  Whoever drops the last hold runs Finish, exactly once: on the completing thread, on the cancelling one, or in the timer's
//       DPC. While another hold is out the IRP cannot be freed, reused or completed further, so R2's IoCancelIrp is safe.
//   R6  The expiry sets kTimedOut first; Finish turns STATUS_CANCELLED into STATUS_IO_TIMEOUT when it sees the flag (IOX-8).
//   R7  Finish leaves the target's books, fills the completion data, copies back, clears `word` and the registration, and only then
//       runs the driver's routine or wakes the sender: from there on the driver may reuse, resend or delete the request (IOX-15).
// Source: IOX-8..16, IOX-20..27, OP-7, OP-12, OP-26.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wdf/sdk.h"

namespace drydock::nt {
struct Thread;
}

namespace drydock::wdf {

class IoTarget;
class Memory;
class Request;
struct DriverGlobals;
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
  kReceived,    // came from above (or there is no IRP); completed with WdfRequestComplete
  kFramework,   // allocated by the framework; reinitialised at reuse, freed with the request
  kGiven,       // WdfRequestCreateFromIrp with RequestFreesIrp TRUE: as kFramework
  kDriversOwn,  // WdfRequestCreateFromIrp with FALSE, or set by WdfRequestReuse: left alone
};

// Where a request that is out is, in the target's books.
enum class SendPlace : uint8_t {
  kNone,
  kSent,     // delivered to the lower driver, which has not completed it
  kWaiting,  // held back in a stopped target; its IRP has the target's cancel routine
  kMoving,   // taken out of the waiting ones, about to be delivered or completed
  kLane,     // delivered, one of the framework's own that entered without the target's lock
};

// A memory object as a formatter got it: what the completion parameters report.
struct SentMemory {
  Memory* memory = nullptr;  // referenced
  size_t offset = 0;
  size_t length = 0;
};

// A value that others look at without a lock: they see it late at worst, and check what they conclude.
template <class T>
class Relaxed {
 public:
  Relaxed(T value) : value_(value) {}  // NOLINT
  operator T() const { return value_.load(std::memory_order_relaxed); }
  Relaxed& operator=(T value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }

 private:
  std::atomic<T> value_;
};

// Where a synchronous sender waits. Part of the request rather than of the sender's stack, so that a sender that is unwound by a
// machine's stop leaves nothing behind that a completion could still touch.
struct SyncWait {
  enum : uint32_t { kRunning, kAsleep, kDone };
  std::atomic<uint32_t> state{kRunning};
  Relaxed<nt::Thread*> sender = nullptr;  // non-null: the send under way is synchronous
  KEVENT event;                  // initialised by the sender before it goes to sleep
};

struct SentState {
  static constexpr uint32_t kHoldMask = 0xFF;
  static constexpr uint32_t kOut = 0x100;        // at a target: sent or waiting in it
  static constexpr uint32_t kCompleted = 0x200;  // the lower driver is done with it
  static constexpr uint32_t kTimedOut = 0x400;   // the time-out expired
  static constexpr uint32_t kSendUnit = 0x1000;  // counts the sends of this request, so that a reader can tell two apart
  static constexpr uint32_t kSendMask = ~(kSendUnit - 1);

  SentState() = default;
  ~SentState();
  SentState(const SentState&) = delete;

  std::atomic<uint32_t> word{0};
  std::atomic<bool> cancel_mark{false};  // IOX-12: sticks until WdfRequestReuse
  SendFormat format = SendFormat::kNone;
  IrpOrigin irp_origin = IrpOrigin::kReceived;
  Relaxed<SendPlace> place = SendPlace::kNone;  // guarded by the target's lock, but for kLane
  Relaxed<bool> ignores_target_state = false;   // sent with IGNORE_TARGET_STATE
  bool timer_wanted = false;          // guarded by the target's lock: cleared when Start resends (OP-4)
  bool status_valid = false;          // `status` holds
  bool completed_once = false;        // `final_status` holds

  PIRP irp = nullptr;                 // the same as Request::irp: kept equal by BindIrp and the send and format functions
  Request* request = nullptr;         // null: the framework's own
  IoTarget* target = nullptr;         // of the send under way
  SentState* next = nullptr;          // in the target's sent or waiting list
  SentState* previous = nullptr;
  SentState* next_cancel = nullptr;   // while a cancel round of the target holds it (R2)
  uint64_t order = 0;                 // of its target's sends: cancel rounds go by it (IOX-28)

  // --- how it ends ---
  PFN_WDF_REQUEST_COMPLETION_ROUTINE routine = nullptr;
  WDFCONTEXT routine_context = nullptr;
  RequestTimer* timer = nullptr;      // made by WdfRequestAllocateTimer or the first timed asynchronous send
  NTSTATUS status = 0;                // WdfRequestGetStatus, once a send was tried
  IO_STATUS_BLOCK final_status = {};  // of the last completion
  SyncWait wait;

  // --- formatting ---
  ULONG ioctl = 0;
  bool undo_needed = false;           // the formatting holds something: references, locked pages, IRP fields, a URB
  bool keeps_irp_fields = false;      // saved_* hold what undo puts back
  bool mdl_locked = false;            // the pages of `mdl` were locked by the formatter
  uint32_t system_buffer_size = 0;
  uint32_t system_buffer_used = 0;    // bytes of it that the present formatting has
  void* system_buffer = nullptr;      // intermediate buffer, nonpaged, kept for the next formatting (IOX-22)
  void* copy_back_to = nullptr;       // IOX-21: Information bytes go here from `system_buffer`
  size_t copy_back_length = 0;        // room at copy_back_to
  PMDL mdl = nullptr;                 // built by the formatter, kept
  size_t mdl_pages = 0;               // pages `mdl` can describe
  SentMemory input;                   // write data, IOCTL input, Others argument 1
  SentMemory output;                  // read buffer, IOCTL output, Others argument 2
  SentMemory argument4;               // Others argument 4
  PVOID saved_system_buffer = nullptr;
  PVOID saved_user_buffer = nullptr;
  PMDL saved_mdl = nullptr;
  void* usb = nullptr;                // the USB room's: what its formatter needs at completion
  void (*free_usb)(SentState&) = nullptr;  // called by undo, if undo_needed is set

  bool out() const { return (word.load(std::memory_order_acquire) & kOut) != 0; }
};

// --- what the queue's half of Request calls ---

// The cancel mark of OP-10 and IOX-12 (purge, a delivered cancel, WdfRequestCancelSentRequest). Any IRQL.
inline bool IsMarkedCancelled(const SentState& sent) { return sent.cancel_mark.load(); }
inline void MarkCancelled(SentState& sent) { sent.cancel_mark.store(true); }

// Drops formatting: memory references end, IRP fields get their former values (IOX-26, OP-12). Called before the reference check of
// WdfRequestComplete, and by every formatter.
void UndoFormatSlow(SentState& sent);
inline void UndoFormat(SentState& sent) {
  sent.format = SendFormat::kNone;
  if (sent.undo_needed) UndoFormatSlow(sent);
}

// Frees everything the send half holds (formatting, buffers, MDL, timer; the IRP too unless it was received or is the driver's own).
// A request that is out keeps everything until its last reference goes, which the target holds. Cheap for one that was never sent.
void DisposeSentStateSlow(SentState& sent);
inline void DisposeSentState(SentState& sent) {
  if (sent.undo_needed || sent.system_buffer || sent.mdl || sent.timer || sent.irp_origin != IrpOrigin::kReceived) {
    DisposeSentStateSlow(sent);
  }
}
inline SentState::~SentState() { DisposeSentState(*this); }

// A reserved request starts its next life.
inline void ResetSentState(SentState& sent) {
  sent.word.store(sent.word.load(std::memory_order_relaxed) & SentState::kSendMask, std::memory_order_relaxed);
  sent.cancel_mark.store(false, std::memory_order_relaxed);
  sent.status_valid = false;
  sent.routine = nullptr;
}

}  // namespace drydock::wdf
