#include "nt/io/state.h"

#include "nt/io/describe.h"
#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/io/error_log.h"
#include "nt/io/file.h"
#include "nt/io/interface.h"
#include "nt/io/irp.h"
#include "nt/io/remove_lock.h"
#include "nt/io/trace_kinds.h"
#include "nt/io/wmi.h"
#include "nt/ke/state.h"
#include "nt/ob/state.h"

namespace drydock::nt::io {

void FreeAllIrps(State& state);    // irp.cpp
void DeleteDrivers(Driver* first); // driver.cpp
void FreeBootCallbacks(State& state);

State::State(Kernel& owner)
    : kernel(owner),
      interfaces(std::make_unique<InterfaceTable>()),
      error_log(std::make_unique<ErrorLog>()),
      remove_locks(std::make_unique<RemoveLockTable>()),
      wmi(std::make_unique<WmiState>(owner)) {
  owner.ke->describe_irp = DescribeIrp;
}

State::~State() {
  // Our object types first, while the rest of this is still there.
  ob::DiscardObjects(kernel, kWmiDataBlockType);
  ob::DiscardObjects(kernel, kFileType);
  ob::DiscardObjects(kernel, kDeviceType);
  FreeBootCallbacks(*this);
  FreeAllIrps(*this);
  DeleteDrivers(drivers);
  DeleteDrivers(unloaded_drivers);
  ob::DiscardObjects(kernel, kDriverType);
}

KindTable EventKinds() {
  static const rt::EventKind kKinds[] = {
      {kIrpAllocate, "irp.allocate", "irp {a} stack size {b}"},
      {kIrpFree, "irp.free", "irp {a}"},
      {kIrpCall, "irp.call", "irp {a} device {b} major.minor {c:#x}"},
      {kIrpReturn, "irp.return", "irp {a} device {b} status {c:#x}"},
      {kIrpLocation, "irp.location", "irp {a} leaves location {b} pending.called {c}"},
      {kIrpComplete, "irp.complete", "irp {a} status {b:#x} information {c}"},
      {kIrpCancel, "irp.cancel", "irp {a} had a cancel routine: {b}"},
      {kIrpControlCode, "irp.control", "irp {a} code {b:#x} input.output lengths {c:#x}"},
      {kFileOpen, "file.open", "file {a} device {b} status {c:#x}"},
      {kFileCleanup, "file.cleanup", "file {a}"},
      {kFileClose, "file.close", "file {a}"},
      {kDeviceCreate, "device.create", "device {a} driver {b}"},
      {kDeviceDelete, "device.delete", "device {a}"},
      {kDeviceAttach, "device.attach", "device {a} to {b}"},
      {kDeviceDetach, "device.detach", "from device {a}"},
      {kDriverLoad, "driver.load", "driver {a} status {b:#x}"},
      {kDriverUnload, "driver.unload", "driver {a}"},
      {kPnpState, "pnp.state", "device {a} from {b} to {c}"},
      {kPnpNotify, "pnp.notify", "device {a} kind {b}"},
      {kPowerState, "power.state", "device {a} from D{b} to D{c}"},
      {kInterfaceState, "interface.state", "device {a} enabled {b}"},
      {kIrpBoost, "irp.boost", "irp {a} by {b}"},
  };
  return {kKinds, sizeof kKinds / sizeof *kKinds};
}

}  // namespace drydock::nt::io
