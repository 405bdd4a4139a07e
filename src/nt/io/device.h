// Device objects from the inside: what the I/O manager and pnp know of a DEVICE_OBJECT beyond its public layout.
// Called by:  io, pnp, wdf/device, backend, machine. PASSIVE_LEVEL unless a comment says otherwise.
// Ownership:  a device object is an ob object with one reference of its own from IoCreateDevice to IoDeleteDevice and one per open
//             file object. Its extension block is made and freed with it. The driver's extension ends where the allocation ends, so
//             that an address sanitizer sees an overrun.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include <ntddk.h>

#include "nt/ob/object.h"

namespace drydock::nt {
struct Kernel;
namespace pnp {
struct DeviceNode;
}
}  // namespace drydock::nt

namespace drydock::nt::io {

// What DEVICE_OBJECT::DeviceObjectExtension points to.
struct DeviceExtension {
  CSHORT type;                 // IO_TYPE_DEVICE_OBJECT_EXTENSION (13)
  USHORT size;
  DEVICE_OBJECT* device;
  DEVICE_OBJECT* attached_to;  // the next lower device
  DEVICE_OBJECT* newer;        // of the same driver: whose NextDevice this one is
  // Physical device objects only. Set once, when the PnP manager hears of the device, and read by anybody from then on (a bus driver's
  // other threads among them): stored with release, so that who sees the node sees it whole.
  std::atomic<pnp::DeviceNode*> node;
  uint32_t trace_id;
  std::atomic<uint32_t> flags;  // DeviceFlag; changed under the device lock, read without it
  void* security;              // reserved
  // Backends and models: what our own dispatch routine works on, and how to free it with the device object.
  void* own;
  void (*free_own)(void*);
  void* io_timer;
  POWER_STATE device_power;    // PoSetPowerState's memory
  POWER_STATE system_power;
};
enum DeviceFlag : uint32_t {
  kDeletePending = 1,    // IoDeleteDevice was called, somebody still refers to it
  kRemovePending = 2,    // being removed: no new opens
  kStartPending = 4,     // a PDO that is not started: no opens
  kUnlinked = 8,         // gone from its driver's list
};

inline DeviceExtension* ExtensionOf(const DEVICE_OBJECT* device) {
  return reinterpret_cast<DeviceExtension*>(device->DeviceObjectExtension);
}

extern const ob::ObjectType kDeviceType;

// True for a device object that is alive. Reads its memory: for pointers a driver gave that once were device objects.
bool IsLiveDevice(const DEVICE_OBJECT* device);

uint32_t TraceId(const DEVICE_OBJECT* device);

// The topmost device of the stack, referenced; the one attached to the bottom, not referenced.
DEVICE_OBJECT* TopOfStack(DEVICE_OBJECT* device);
DEVICE_OBJECT* BottomOfStack(DEVICE_OBJECT* device);

// After each drop of a count: deletes a device object that IoDeleteDevice was called for and nobody uses any more.
void DeleteIfUnused(DEVICE_OBJECT* device);

// For reports: "\Device\Beep (\Driver\Beep)"; a nameless one by its driver and trace id.
std::string Describe(const DEVICE_OBJECT* device);

}  // namespace drydock::nt::io
