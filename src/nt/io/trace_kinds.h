// Kinds of events that io, mm, ob and pnp record: 0x140 to 0x17F.
// Fields are trace ids, codes, statuses and lengths only.
#pragma once

#include <cstdint>

#include "runtime/event_ring.h"

namespace drydock::nt::io {

enum EventKindId : uint16_t {
  kIrpAllocate = 0x140,   // irp, stack size, -
  kIrpFree,               // irp
  kIrpCall,               // irp, device, major << 8 | minor
  kIrpReturn,             // irp, device, status
  kIrpLocation,           // irp, location, pending << 1 | routine called
  kIrpComplete,           // irp, status, information
  kIrpCancel,             // irp, had a cancel routine
  kIrpControlCode,        // irp, control code, input length << 32 | output length
  kFileOpen,              // file, device, status
  kFileCleanup,           // file
  kFileClose,             // file
  kDeviceCreate,          // device, driver
  kDeviceDelete,          // device
  kDeviceAttach,          // upper, lower
  kDeviceDetach,          // lower
  kDriverLoad,            // driver, status
  kDriverUnload,          // driver
  kPnpState,              // device, old, new
  kPnpNotify,             // device, kind
  kPowerState,            // device, old, new
  kInterfaceState,        // device, enabled
  kIrpBoost,              // irp, what the completing driver adds to the waiting thread's priority; only when not 0
};

struct KindTable {
  const rt::EventKind* kinds;
  size_t count;
};
KindTable EventKinds();

}  // namespace drydock::nt::io
