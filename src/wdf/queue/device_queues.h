// DeviceQueues: the queues of one device and the way into them for arriving IRPs.
// Called by:  wdf/device (IRP entry, PnP and power steps), wdf/file (creates, cleanup), wdf/target (self target).
// IRQL:       DispatchIrp, DispatchCreate, DispatchFromSelfTarget: the IRP's; the PnP and power steps, CancelRequestsOfFile: PASSIVE_LEVEL.
// Ownership:  a member of Device. The queues are child objects of the device and unlink themselves.
// Locks:      `lock` guards the list of queues only; never held over a callback.
// Source:     IOT-9.12..9.22, IOX-4, IOX-5, IOX-39, IOX-51, IOX-54, IOX-55, IOX-56, OP-24.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/lock.h"
#include "wdf/object/object.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

class Device;
class Queue;
class Request;

struct DeviceQueues {
  // Index of `by_type`: the request types that can have a queue of their own.
  enum Slot : uint8_t { kCreate, kRead, kWrite, kDeviceControl, kInternalDeviceControl, kSlots };

  Queue* default_queue = nullptr;
  Queue* by_type[kSlots] = {};
  Queue* first = nullptr;  // every queue of the device, oldest first
  Queue* last = nullptr;
  rt::Lock lock;

  void Add(Queue& queue);
  void Remove(Queue& queue);
  std::vector<Ref<Queue>> All();  // oldest first
};

namespace queue {

// Read, write, device control and internal device control from above. Returns STATUS_PENDING, or what the lower driver returned
// when a filter has no queue for the type, or the error with which the IRP was completed.
NTSTATUS DispatchIrp(Device& device, PIRP irp);

// A create when a queue is configured for creates (HasCreateQueue).
bool HasCreateQueue(Device& device);
NTSTATUS DispatchCreate(Device& device, PIRP irp);

// A send on the device's self target (IOX-4, IOX-5): `assigned` is the queue of WdfIoTargetSelfAssignDefaultIoQueue or null. The
// current stack location of `irp` is the one formatted for the self target. Always completes or keeps the IRP.
NTSTATUS DispatchFromSelfTarget(Device& device, PIRP irp, Queue* assigned);

// --- steps of the PnP and power machines, on their thread ---
void PowerUp(Device& device);        // managed queues on: EvtIoResume for what the driver holds, then delivery
void PowerDown(Device& device);      // managed queues off: waits for their handlers, EvtIoStop(Suspend), waits (IOX-54)

// The device uses idle power-down from now on: managed queues without work give their references up.
void IdleUseBegan(Device& device);

enum class PurgeScope : uint8_t { kPowerManaged, kOthers, kAll };
// Removal: purge, EvtIoStop(Purge) for what the driver still holds, wait until completed or acknowledged (OP-24).
void PurgeForRemoval(Device& device, PurgeScope scope = PurgeScope::kAll);

// Handle cleanup, after EvtFileCleanup: cancels what waits in any queue for this file (IOX-55).
void CancelRequestsOfFile(Device& device, PFILE_OBJECT file);

// (U) The device's host has ended. What it has sent is cancelled; then every request that it holds, or that waits, is completed.
void CancelSentBy(Device& device);
void EndForHost(Device& device, NTSTATUS status);

// Where a request of this major function goes when it comes from above; null: nowhere.
Queue* QueueFor(Device& device, UCHAR major);

// A request of a PDO's queue goes to a queue of the parent, for good (IOT-7.47). STATUS_WDF_BUSY: not accepting, nothing changed.
NTSTATUS ForwardToParent(Request& request, Queue& to);

// True for the default queue and for queues bound to a request type: WdfObjectDelete leaves those alone (IOT-9.17).
bool IsBoundQueue(const Queue& queue);

}  // namespace queue
}  // namespace drydock::wdf
