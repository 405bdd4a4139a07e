// The HID class. Above a minidriver that is a lower filter: MsHidUmdf.sys above a user-mode one, MsHidKmdf.sys above a KMDF one, and the
// class driver that both bring along, in one device object. Above a WDM minidriver of its own registration (HidRegisterMinidriver): the
// class takes over the driver object, and calls what the minidriver had put there.
//
// What it does: at the start it asks for the HID descriptor, the attributes and the report descriptor and activates the device; while the
//             device is in D0 it has two read-report requests with the minidriver (ping-pong: each is sent again as soon as it is
//             complete), and every input report goes to every open file. It is the bus of a device for each top-level collection, with
//             ids beginning with HID\\ and GUID_DEVINTERFACE_HID: files of such a device see its collection alone, files of the device
//             below (for tests) see all. ReadFile, WriteFile, the IOCTL_HID_... controls of hidclass.h. It owns the stack's power policy.
//             Where the hardware key has EnableDefaultIdleNotificationHandler = 1 the device powers down while nobody has it open.
// Narrowed:   physical descriptors are not there; everybody may open a mouse or keyboard, not only the system.
// Called by:  the I/O manager. PASSIVE_LEVEL, completion routines <= DISPATCH_LEVEL.
// Ownership:  the objects below are the machine's (nt/ex/owned.h).
// Locks:      Hid::lock for the files, their reports and their waiting requests, and for `reading`; nothing is called under it.
// Source:     public documentation of HID minidrivers (UM-26 to UM-33) and of the controls of hidport.h and hidclass.h.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include <ntddk.h>

#include <hidclass.h>
#include <hidport.h>

#include "classes/hid/preparsed.h"
#include "classes/hid/report_descriptor.h"
#include "classes/pdo.h"
#include "nt/ex/owned.h"

namespace drydock::classes::hid {

DRIVER_INITIALIZE MsHidKmdfEntry, MsHidUmdfEntry;

struct Hid;

// What the class's device objects have for an extension: those of the stack (the minidriver's part is behind it) and of the collections.
struct Extension {
  HID_DEVICE_EXTENSION port;
  Hid* hid;
  struct Child* child;  // null: the stack's own
};

// A top-level collection: one device.
struct Child {
  Hid* hid = nullptr;
  DEVICE_OBJECT* device = nullptr;         // null: it is to have a new one (HidNotifyPresence)
  std::vector<uint8_t> preparsed;
  UNICODE_STRING link = {};
  bool started = false;
  bool removal_due = false;                // pulled out, and a file of it may be open: IRP_MN_REMOVE_DEVICE is still to come
  bool reported = false;                   // PnP knows the device
  bool spent = false;                      // reported missing: PnP removes it, another takes its place (under Hid::lock, like `reported`)
  bool orphan = false;                     // the device below went before that: it ends itself then (both under Hid::lock)
  const PreparsedHeader& header() const { return *reinterpret_cast<const PreparsedHeader*>(preparsed.data()); }
};

// What a minidriver had put into its driver object when it registered.
struct Registration {
  PDRIVER_DISPATCH major[IRP_MJ_MAXIMUM_FUNCTION + 1];
  PDRIVER_ADD_DEVICE add_device;
  PDRIVER_UNLOAD unload;
  ULONG extension_bytes;
  bool polled;
};

// An open file: FsContext of its file object.
struct Reader {
  LIST_ENTRY link;                         // in Hid::readers
  LIST_ENTRY waiting;                      // IRPs, by Tail.Overlay.ListEntry
  std::deque<std::vector<uint8_t>> reports;
  ULONG most_reports = 32;                 // the oldest goes when one more comes
  const Child* child = nullptr;            // whose reports it sees; null: all
};

// One of the two read-report requests.
struct Slot {
  Hid* hid = nullptr;
  PIO_WORKITEM work = nullptr;
  struct Exchange* exchange = nullptr;     // made once, sent again and again
};

struct Hid {
  LONG references = 1;                     // the device's own, one of each open file and of each orphan
  DEVICE_OBJECT* self = nullptr;
  DEVICE_OBJECT* lower = nullptr;
  DEVICE_OBJECT* pdo = nullptr;
  bool user_mode = false;                  // the minidriver is UMDF's
  bool started = false;
  bool active = false;                     // IOCTL_HID_ACTIVATE_DEVICE went out
  HID_DESCRIPTOR descriptor = {};
  HID_DEVICE_ATTRIBUTES attributes = {};
  ReportLayout layout;
  const Registration* mini = nullptr;      // null: the minidriver is the device below
  std::vector<nt::ex::Owned<Child>> children;
  bool present = true;                     // HidNotifyPresence: the children are reported
  LONG poll_milliseconds = 5;              // between reads of a polled device
  IO_REMOVE_LOCK remove_lock;

  KSPIN_LOCK lock;
  LIST_ENTRY readers;
  bool gone = false;                       // removed by surprise, or about to be removed: no read waits any more
  bool reading = false;
  LONG outstanding = 0;                    // slots under way (interlocked)
  KEVENT quiet;                            // set while outstanding is 0
  Slot slots[2];

  // idle.cpp
  bool idle_allowed = false;               // the hardware key's EnableDefaultIdleNotificationHandler
  ULONG idle_milliseconds = 0;             // its SelectiveSuspendTimeout, 5000 where there is none
  bool idle_down = false;                  // powered down for that, or about to be
  KTIMER idle_timer;
  KDPC idle_dpc;
};

// --- minidriver.cpp: requests to the minidriver ---

// What one request brings and takes. Buffers are the caller's and live until it is complete.
struct Transfer {
  ULONG code = 0;                  // IOCTL_HID_..., as a kernel-mode minidriver knows it
  UCHAR report_id = 0;
  const void* input = nullptr;     // a report for the device
  ULONG input_length = 0;
  void* output = nullptr;          // descriptor, report or text from the device
  ULONG output_length = 0;
  ULONG value = 0;                 // string identifier and language
};
// At once or later; `done` gets what the minidriver said (level <= DISPATCH_LEVEL).
struct Exchange {
  Hid* hid = nullptr;
  Transfer transfer;
  PIRP irp = nullptr;
  HID_XFER_PACKET packet = {};
  std::vector<uint8_t> room;       // what the request's buffers are while it is with the minidriver
  PMDL mdl = nullptr;
  void (*done)(Exchange* exchange, NTSTATUS status, ULONG_PTR information) = nullptr;
  void* context = nullptr;
};

Exchange* NewExchange(Hid& hid, const Transfer& transfer);  // null: no memory
void FreeExchange(Exchange* exchange);
void Prepare(Exchange& exchange);                            // before each Send
void Send(Exchange& exchange);
NTSTATUS SendAndWait(Hid& hid, const Transfer& transfer, ULONG_PTR* information = nullptr);
// For a request from above: completed with what the minidriver says, cancelled when that is. Takes the exchange. `finish` makes the
// application's byte count of the minidriver's.
NTSTATUS SendFor(PIRP original, Exchange* exchange, ULONG_PTR (*finish)(const Exchange& exchange, ULONG_PTR information));

// --- reports.cpp: the ping-pong, and the files ---
NTSTATUS MakeSlots(Hid& hid);
void FreeSlots(Hid& hid);
void StartReading(Hid& hid);
void StopReading(Hid& hid);   // PASSIVE_LEVEL: waits until the minidriver has given both back
void FailWaiting(Hid& hid);   // no device any more
DRIVER_DISPATCH DispatchCreate, DispatchCleanup, DispatchClose, DispatchRead;
void FlushReports(Hid& hid, Reader& reader);

// --- idle.cpp: nobody has had it open for a while: D3; an open brings it back ---
void InitializeIdle(Hid& hid);
void ReadIdleSetting(Hid& hid);
void Unused(Hid& hid);        // the last file is gone, or the device came to D0 without any
NTSTATUS Used(Hid& hid);      // PASSIVE_LEVEL; waits for D0
void EndIdle(Hid& hid);

// --- device.cpp ---
inline void Reference(Hid& hid) { InterlockedIncrement(&hid.references); }
inline void Release(Hid& hid) {
  if (InterlockedDecrement(&hid.references) == 0) nt::ex::Delete(&hid);
}
NTSTATUS CallBelow(Hid& hid, PIRP irp);     // the next stack location is filled in: to the minidriver
NTSTATUS Down(Hid& hid, PIRP irp);          // as it is
NTSTATUS ForwardAndWait(Hid& hid, PIRP irp);

// --- children.cpp: the devices of the collections ---
NTSTATUS MakeChildren(Hid& hid, DeviceReports reports);
void DeleteChildren(Hid& hid);
NTSTATUS ReportChildren(Hid& hid, PIRP irp);   // BusRelations: fills the IRP
NTSTATUS ChildPnp(Child& child, PIRP irp);
std::u16string HardwareIdsOf(const Child& child);  // a list, each string and the whole ended by 0

// --- controls.cpp ---
DRIVER_DISPATCH DispatchWrite, DispatchControl;

inline Extension& ExtensionOf(DEVICE_OBJECT* device) { return *static_cast<Extension*>(device->DeviceExtension); }
inline Hid& HidOf(DEVICE_OBJECT* device) { return *ExtensionOf(device).hid; }
}  // namespace drydock::classes::hid
