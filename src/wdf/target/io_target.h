// IoTarget: where a driver sends requests; one per opened target, local and self targets included.
// Called by:  drivers through wdf/target/ddi_*.cpp and wdf/request/send_*.cpp; wdf/device for local and self targets; USB targets
//             derive from it.
// IRQL:       <= DISPATCH_LEVEL; opening, closing, waiting stops and every synchronous send: PASSIVE_LEVEL.
// Ownership:  a child of its WDFDEVICE. A request at the target is in sent_ or waiting_ and holds no reference on the target:
//             deletion waits until both lists are empty and every completion routine has returned (IOX-33). The target holds
//             one reference on each driver-visible request until its completion routine has returned (IOX-15).
// Locks:      lock_ guards state and lists; never held across a call into a driver, a lower device or the executor.
// Threads:    any; a completion routine may run before Send returns. Start, Stop and Purge of one target must not overlap (IOT-6.13).
// States:     target_states.def is the table (state x event -> next state, action, spec item).
// Source:     IOT-1.*, IOT-6.*, IOX-1..6, IOX-28..38, OP-4..6, OP-29.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/assert.h"
#include "runtime/lock.h"
#include "wdf/object/object.h"
#include "wdf/request/sent_state.h"
#include "wdf/sdk.h"
#include "wdf/target/target_states.h"

namespace drydock::wdf {

struct RemoteOpen;  // wdf/target/remote_open.h: what only a remote target has
class Queue;

enum class TargetKind : uint8_t { kLocal, kSelf, kRemote, kUsb };

class IoTarget : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kIoTarget;

  IoTarget() = default;
  ~IoTarget() override;

  TargetKind kind() const { return kind_; }
  TargetState state() const { return state_.load(std::memory_order_acquire); }
  // Something is behind it. Differs from the state: a never opened target reads Started, so does a closed one after Start (OP-5, IOX-31).
  bool opened() const { return opened_.load(std::memory_order_acquire); }
  Device& owner() const { return *owner_; }

  // What it points at; changes only in open and close.
  PDEVICE_OBJECT target_device() const { return target_device_; }  // where IoCallDriver goes; self target: the device's own
  PDEVICE_OBJECT target_pdo() const { return target_pdo_; }
  PFILE_OBJECT file_object() const { return file_object_; }        // remote: goes into each next stack location (IOX-25)
  HANDLE file_handle() const { return file_handle_; }
  uint8_t stack_size() const { return stack_size_; }               // IRP stack locations a request needs from here on
  // DO_BUFFERED_IO, DO_DIRECT_IO or 0: how reads and writes carry their buffer (IOX-23).
  ULONG transfer_flags() const;
  RemoteOpen* remote() const { return remote_; }
  Queue* self_queue() const { return self_queue_.load(std::memory_order_acquire); }
  void AssignSelfQueue(Queue* queue) { self_queue_.store(queue, std::memory_order_release); }

  // Formatters, WdfRequestChangeTarget and WdfRequestCreate ask this first; (U) it always succeeds (OP-5).
  NTSTATUS CheckFormattable() const;

  // --- sending (submit.cpp); called by wdf/request/send.cpp ---
  // What the table says for a send now. On kDeliver and kHold the request is in the books and `word` is kOut plus one hold, plus one
  // for the sender when it is held and wants a timer (R1, R3); on kRefuse *status says why and nothing changed. kNothing: it was
  // cancelled while it entered and is kMoving: the caller completes it (CompleteUnsent).
  TargetAction Admit(SentState& sent, NTSTATUS* status);
  // Admit's status when the state lets the request through but no device is there: Windows crashes in IoCallDriver (OP-5).
  static constexpr NTSTATUS kNothingBehind = STATUS_NO_SUCH_DEVICE;
  // The same for one of the framework's own requests, without the lock (own_lane.cpp). False: the lock has to decide.
  bool EnterLane(SentState& sent);
  // Ends a request that never reached the lower driver.
  static void CompleteUnsent(SentState& sent, NTSTATUS status);
  // Hands the IRP to whatever is behind the target; the next stack location is formatted and has our completion routine.
  NTSTATUS Deliver(SentState& sent);
  // Finish (R7): takes the request out of the books. The result is for RoutineReturned: who waits for this request as the last one
  // is woken only when its routine has returned (IOX-33).
  uint32_t Leave(SentState& sent, bool has_routine);
  void RoutineReturned(bool has_routine, uint32_t last_for);
  // R3 for a request that waits in the target: true if the timer may stay armed.
  bool KeepsTimer(SentState& sent);

  // --- life (lifecycle.cpp) ---
  NTSTATUS Start();
  void Stop(WDF_IO_TARGET_SENT_IO_ACTION action);
  void Purge(WDF_IO_TARGET_PURGE_IO_ACTION action);
  void Close();
  void CloseForQueryRemove();
  // Nobody else may open the target from here until FinishOpen: STATUS_INVALID_DEVICE_STATE when it is open (IOT-1.10) or deleted.
  NTSTATUS BeginOpen();
  void CancelOpen();  // nothing was tried: the state stays
  void FinishOpen(bool success, PDEVICE_OBJECT device, PDEVICE_OBJECT pdo, PFILE_OBJECT file, HANDLE handle);

 protected:
  friend struct TargetBuilder;  // local_target.cpp, remote_open.cpp
  void OnDispose() override {}
  void OnCleanedUp() override;  // closes in the state the cleanup callback saw (IOX-34)
  bool NeedsPassiveCleanup() const override { return true; }
  bool DriverMayDelete() const override { return kind_ == TargetKind::kRemote; }

  struct List {
    SentState* first = nullptr;
    SentState* last = nullptr;
    void PushBack(SentState& sent);
    void Remove(SentState& sent);
  };
  // Whom a stop, purge, close or deletion waits for (IOX-33).
  enum DrainMode : uint8_t { kPlainSent, kEverything, kEverythingAndRoutines, kDrainModes };

  TargetState MoveLocked(TargetEvent event, TargetAction* action) RT_REQUIRES(lock_);
  bool DrainedLocked(DrainMode mode) const RT_REQUIRES(lock_);
  uint32_t LastForLocked() const RT_REQUIRES(lock_);  // bits 1 << DrainMode
  void WaitDrained(DrainMode mode);
  // Puts it among the waiting ones. False: it is cancelled, and is kMoving now for the caller to complete.
  bool HoldLocked(SentState& sent) RT_REQUIRES(lock_);
  uint32_t LaneLeft();
  bool LaneIsEmptyLocked(bool plain_only) const RT_REQUIRES(lock_);
  void HoldLaneLocked(bool ignoring_state_too, SentState** round, SentState** mistaken) RT_REQUIRES(lock_);
  void WaitForCallers();  // until no synchronous send is on its way in or out
  void FlushWaiting(NTSTATUS status);
  void CancelSent(bool ignoring_state_too);
  void CloseAs(TargetEvent event, DrainMode mode);
  void Resend(SentState& sent);
  static void NTAPI CancelWaiting(PDEVICE_OBJECT device, PIRP irp);
  SentState* TakeWaitingLocked() RT_REQUIRES(lock_);

  TargetKind kind_ = TargetKind::kLocal;
  uint8_t stack_size_ = 0;
  bool opening_ RT_GUARDED_BY(lock_) = false;
  bool closing_ RT_GUARDED_BY(lock_) = false;  // a close waits for earlier I/O
  std::atomic<bool> opened_{false};
  std::atomic<TargetState> state_{TargetState::kStarted};
  Device* owner_ = nullptr;
  PDEVICE_OBJECT target_device_ = nullptr;
  PDEVICE_OBJECT target_pdo_ = nullptr;
  PFILE_OBJECT file_object_ = nullptr;
  HANDLE file_handle_ = nullptr;
  void ReleaseOutside() override;
  RemoteOpen* remote_ = nullptr;
  std::atomic<Queue*> self_queue_{nullptr};

  mutable rt::Lock lock_;
  List sent_ RT_GUARDED_BY(lock_);
  List waiting_ RT_GUARDED_BY(lock_);
  uint32_t sent_plain_ RT_GUARDED_BY(lock_) = 0;       // of sent_, those without IGNORE_TARGET_STATE
  uint32_t moving_ RT_GUARDED_BY(lock_) = 0;           // taken out of waiting_, on their way to sent_ or to their end
  uint32_t routines_running_ RT_GUARDED_BY(lock_) = 0; // completion routines of requests that have left the books
  uint8_t drain_waiters_[kDrainModes] RT_GUARDED_BY(lock_) = {};
  std::atomic<uint32_t> waiters_{0};                   // how many of those; L5 reads it without the lock
  std::atomic<uint64_t> order_{0};                     // counts sends
  uint32_t stops_waiting_ RT_GUARDED_BY(lock_) = 0;    // Start blocks meanwhile (IOX-31)
  KEVENT drained_[kDrainModes];                        // cleared under lock_; set by the last request that somebody waits for
  KEVENT stops_over_;                                  // cleared under lock_

  // Under lock_, hence without the schedule point of KeClearEvent.
  static void Clear(KEVENT& event) { __atomic_store_n(&event.Header.SignalState, 0, __ATOMIC_SEQ_CST); }
};

}  // namespace drydock::wdf
