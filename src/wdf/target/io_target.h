// IoTarget: where a driver sends requests; one per opened target, local and self targets included.
// Called by:  drivers through wdf/target/ddi_*.cpp and wdf/request/send_*.cpp; wdf/device for local and self targets; USB targets
//             derive from it.
// IRQL:       <= DISPATCH_LEVEL; opening, closing, waiting stops and every synchronous send: PASSIVE_LEVEL.
// Ownership:  a child of its WDFDEVICE. A request at the target is in `sent` or `waiting` and holds no reference on the target:
//             deletion waits until both lists are empty and every completion routine has returned (IOX-33). The target holds
//             one reference on each driver-visible request until its completion routine has returned (IOX-15).
// Locks:      lock_ guards state and lists; never held across a call into a driver, a lower device or the executor.
// Threads:    any; a completion routine may run before Send returns. Start, Stop and Purge of one target must not overlap (IOT-6.13).
// States:     target_states.def is the table (state x event -> next state, action, spec item).
// Source:     IOT-1.*, IOT-6.*, IOX-1..6, IOX-28..38, OP-4..6, OP-29.
#pragma once

#include <cstdint>

#include "runtime/lock.h"
#include "wdf/object/object.h"
#include "wdf/request/sent_state.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

enum class TargetKind : uint8_t { kLocal, kSelf, kRemote, kUsb };

// WDF_IO_TARGET_STATE's values, so that the table can be made from them.
enum class TargetState : uint8_t {
  kUndefined = 0, kStarted = 1, kStopped = 2, kClosedForQueryRemove = 3, kClosed = 4, kDeleted = 5, kPurged = 6, kCount
};

// What a send, a start, ... makes of the state it finds: see target_states.def.
enum class TargetEvent : uint8_t {
  kSend, kSendIgnoringState, kStart, kStop, kPurge, kOpened, kOpenFailed, kClose, kCloseForQueryRemove, kDelete, kCount
};
enum class TargetAction : uint8_t {
  kNothing,          // no effect, success
  kDeliver,          // the request goes to the lower driver
  kHold,             // the request waits in the target until start
  kRefuse,           // STATUS_INVALID_DEVICE_STATE
  kRefuseUnlessClosing,  // as kRefuse, but delivered while a close still waits for earlier I/O
  kResend,           // waiting requests are sent, oldest first
  kStopSent,         // the stop action is applied to delivered requests
  kFlush,            // waiting requests end with STATUS_WDF_DEVICE_REMOVED_NOT_SENT, delivered ones are cancelled
  kFlushAndWait,     // the same, IGNORE_TARGET_STATE requests too, and waits for all
  kCount
};
struct TargetTransition {
  TargetState next;
  TargetAction action;
  const char* spec;  // nullptr: the pair cannot happen
};
const TargetTransition& TargetTransitionFor(TargetState state, TargetEvent event);
const char* TargetStateName(TargetState state);
const char* TargetEventName(TargetEvent event);
const char* TargetActionName(TargetAction action);

struct RemoteTarget;  // wdf/target/remote_target.h: what only a remote target has
class Queue;

class IoTarget : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kIoTarget;

  // --- what it points at; changes only in open and close ---
  TargetKind kind = TargetKind::kLocal;
  bool opened = false;                      // something is behind it
  uint8_t stack_size = 0;                   // IRP stack locations a request needs from here on
  Device* owner = nullptr;                  // WdfIoTargetGetDevice
  PDEVICE_OBJECT target_device = nullptr;   // where IoCallDriver goes; self: the device's own
  PDEVICE_OBJECT target_pdo = nullptr;
  PFILE_OBJECT file_object = nullptr;       // remote: goes into each next stack location (IOX-25)
  HANDLE file_handle = nullptr;
  ULONG transfer_flags = 0;                 // DO_BUFFERED_IO / DO_DIRECT_IO of the target device
  RemoteTarget* remote = nullptr;           // remote only
  Queue* self_queue = nullptr;              // self only: WdfIoTargetSelfAssignDefaultIoQueue

  TargetState state() const { return state_.load(std::memory_order_acquire); }

  // --- sending (wdf/target/send.cpp) ---
  // What the table says for a send now; on kDeliver and kHold the request is in the books. `refused` gets the status otherwise.
  TargetAction Admit(SentState& sent, bool ignore_state);
  // Hands the IRP to whatever is behind the target; the next stack location is formatted. Returns what dispatch returned.
  NTSTATUS Deliver(SentState& sent);
  // Takes the request out of the books. True: somebody waits for the list to run empty and this was the last one: call
  // SignalEmpty after the completion routine has returned (IOX-33).
  bool Leave(SentState& sent, bool has_routine);
  void RoutineReturned(bool was_last);

  // --- life (wdf/target/lifecycle.cpp) ---
  NTSTATUS Start();
  void Stop(WDF_IO_TARGET_SENT_IO_ACTION action);
  void Purge(WDF_IO_TARGET_PURGE_IO_ACTION action);
  void Close();                 // also what deletion does, with kDelete
  void CloseForQueryRemove();

 protected:
  friend struct TargetAccess;  // wdf/target's own files
  void OnDispose() override;
  void OnCleanedUp() override;  // closes in the state the cleanup callback saw (IOX-34)
  bool NeedsPassiveCleanup() const override { return true; }

  struct List {
    SentState* first = nullptr;
    SentState* last = nullptr;
  };

  mutable rt::Lock lock_;
  std::atomic<TargetState> state_{TargetState::kClosed};
  List sent_ RT_GUARDED_BY(lock_);
  List waiting_ RT_GUARDED_BY(lock_);
  bool closing_ RT_GUARDED_BY(lock_) = false;         // a close waits for earlier I/O
  uint32_t routines_running_ RT_GUARDED_BY(lock_) = 0;
  void* drain_waiter_ RT_GUARDED_BY(lock_) = nullptr; // a stop, purge, close or delete that waits
};

// Made by the framework when WdfDeviceCreate has attached the device: every FDO and filter gets a local target, a device whose init
// allowed it a self target too (IOX-2). Children of the device, Started.
NTSTATUS CreateLocalTarget(Device& device, IoTarget** target);
NTSTATUS CreateSelfTarget(Device& device, IoTarget** target);

}  // namespace drydock::wdf
