// The Virtual HID Framework: "vhf", a lower filter that is the bus of the HID devices that the driver above it makes, and what stands in for
// their hardware: it answers the HID class (MsHidKmdf above each device) from what VhfCreate was given, and asks the source driver for the rest.
//
// Called by:  source drivers through Vhf... (vhf.h), the I/O manager. VhfCreate, VhfStart and VhfDelete at PASSIVE_LEVEL, the rest up to
//             DISPATCH_LEVEL; another level is a bug check.
// Ownership:  a device lives until VhfDelete has returned and PnP has removed it, whichever is later; devices and filters are the machine's
//             (nt/ex/owned.h). An operation is VHF's: its buffer and context are pool, copied from and to the request, so that a request that
//             is cancelled leaves the source's memory alone.
// Locks:      Device::lock for its reads, reports, operations and flags; Filter::lock for the list of devices, and what PnP has seen of each.
//             Nothing is called under them.
// Narrowed:   a device has no texts (STATUS_NOT_SUPPORTED); without EvtVhfReadyForNextReadReport the last 128 reports are kept.
// Source:     public documentation of vhf.h.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include <ntddk.h>

#include <hidclass.h>
#include <vhf.h>

#include "classes/pdo.h"
#include "nt/driver_callback.h"
#include "nt/ex/owned.h"

namespace drydock::classes::vhf {

DRIVER_INITIALIZE Entry;

struct Device;

// The filter's part of one stack.
struct Filter {
  LONG references = 1;                 // the filter's device, one of each Device
  DEVICE_OBJECT* self = nullptr;
  DEVICE_OBJECT* lower = nullptr;
  DEVICE_OBJECT* pdo = nullptr;        // referenced
  KSPIN_LOCK lock;
  std::vector<Device*> devices;        // until each one's object ends
  bool gone = false;                   // removed
  unsigned made = 0;                   // devices so far: the next one's number
};

struct Operation {
  LIST_ENTRY link;                     // in Device::operations
  ULONG signature;
  Device* device;
  PIRP irp;                            // null: cancelled
  bool from_device;
  HID_XFER_PACKET packet;              // what the source sees
  void* buffer;                        // pool
  ULONG length;
  void* context;                       // pool, or null
};

struct Device {
  LONG references = 2;                 // the handle's, the device object's
  Filter* filter = nullptr;
  DEVICE_OBJECT* object = nullptr;
  nt::CallbackHost* host = nullptr;    // of a source in user mode
  // As configured.
  void* client = nullptr;
  ULONG context_bytes = 0;
  USHORT vendor = 0, product = 0, version = 0;
  std::u16string instance_id, hardware_ids, container_id;
  std::vector<UCHAR> descriptor;
  VHF_CONFIG callbacks = {};

  // Under Filter::lock.
  bool reported = false;               // PnP knows it
  bool missing = false;                // not to be reported any more: its removal ends it
  bool removal_due = false;            // pulled out while in use: IRP_MN_REMOVE_DEVICE is still to come

  KSPIN_LOCK lock;
  bool started = false;                // VhfStart
  bool deleted = false;                // VhfDelete has begun
  bool invited = false;                // EvtVhfReadyForNextReadReport was called and no report has come since
  LIST_ENTRY reads;                    // IRPs of the class, by Tail.Overlay.ListEntry
  std::deque<std::vector<UCHAR>> reports;
  bool pumping = false;                // a task brings reports to reads
  LIST_ENTRY operations;
  std::deque<Operation*> done;
  LONG busy = 0;                       // calls of the source under way, and operations that it has
  KEVENT quiet;                        // set while busy is 0
};

// What the device objects of the driver have for an extension.
struct Extension {
  Filter* filter;                      // of a filter's
  Device* device;                      // of a virtual device's
};

inline Extension& ExtensionOf(DEVICE_OBJECT* device) { return *static_cast<Extension*>(device->DeviceExtension); }
void Release(Device* device);
void Release(Filter* filter);

// --- bus.cpp ---
// The filter in the stack of `source`, referenced; null: there is none below it.
Filter* FilterBelow(DEVICE_OBJECT* source);
NTSTATUS MakeObject(Device* device);            // and tells PnP
void Withdraw(Device* device);                  // PnP is told that it is no more

// --- operations.cpp: what the HID class asks ---
NTSTATUS Ask(Device& device, PIRP irp);
void FailReads(Device& device, NTSTATUS status);
void FailOperations(Device& device);            // their requests; the source's part goes on
void ForgetDone(Device& device);

}  // namespace drydock::classes::vhf
