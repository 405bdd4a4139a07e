// BusRig: a bus driver with a default child list, and a function driver for what it finds. A child is a number; its ids are
// RIG\Child and an instance made of the number.
// A test's DDI calls go through the bus driver's binding.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rig.h"

namespace drydock::test {

struct ChildId {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER header;
  ULONG number;
};
struct ChildAddress {
  WDF_CHILD_ADDRESS_DESCRIPTION_HEADER header;
  ULONG slot;
};

ChildId Id(ULONG number);
ChildAddress Address(ULONG slot);

struct BusHooks {
  std::function<void(WDF_CHILD_LIST_CONFIG&)> list_config;            // of the default list
  std::function<NTSTATUS(WDFCHILDLIST, ULONG, PWDFDEVICE_INIT)> create;  // instead of all of CreateDevice
  std::function<void(PWDFDEVICE_INIT, ULONG)> pdo_init;               // before WdfDeviceCreate of the PDO
  std::function<void(WDF_OBJECT_ATTRIBUTES&)> pdo_attributes;
  std::function<NTSTATUS(WDFDEVICE, ULONG)> pdo_created;              // after it
  std::function<void(WDF_PDO_EVENT_CALLBACKS&)> pdo_callbacks;
  std::map<ULONG, WDFDEVICE> pdos;                                    // out: the newest of each number
  bool addresses = false;
  bool default_list = true;
  bool raw = false;
  bool pdo_pnp = false;                                               // PDOs log their PnP callbacks as "<number>.Name"
  bool unique_ids = true;
  Log log;
};

struct BusRig {
  explicit BusRig(Machine& machine);
  ~BusRig();

  // Loads both drivers, installs the function driver for RIG\Child, adds the bus.
  void Start();
  void AddBus();
  // DDIs of the default list, as a system thread; then everybody runs until all wait.
  NTSTATUS Plug(ULONG number);
  NTSTATUS Unplug(ULONG number);
  void Settle() { machine.RunUntilIdle(); }
  WDFCHILDLIST list();
  Device Child(ULONG number);  // by its instance path
  size_t children() { return machine.Children(bus).size(); }

  Machine& machine;
  Hooks bus_hooks, function_hooks;
  BusHooks hooks;
  Driver bus_driver, function_driver;
  Device bus;
};

// The usual PDO: ids, capabilities, state as `hooks` say. What EvtChildListCreateDevice and static children share.
NTSTATUS MakePdo(BusHooks& hooks, PWDFDEVICE_INIT init, ULONG number, WDFDEVICE* pdo);
// The PnP callbacks that write their names to `log`; the names are those of rig_driver.inc.
ULONG NumberOf(WDFDEVICE pdo);
// The PnP states that matter for a PDO, written to the log as they are entered: "1:RemovedPdoWait".
void LogStates(PWDFDEVICE_INIT init);

// A PnP request to the top of the stack of `device` (below a system thread). `information` is in and out.
NTSTATUS Ask(PDEVICE_OBJECT device, UCHAR minor, const std::function<void(PIO_STACK_LOCATION)>& fill = nullptr, ULONG_PTR* information = nullptr,
             NTSTATUS initial = STATUS_NOT_SUPPORTED);

}  // namespace drydock::test
