// The bus half of the framework, as wdf/device sees it: children of an FDO, and what a PDO answers as the bottom of its stack.
// Called by:  the PnP and power machines, DeviceBuilder; PASSIVE_LEVEL.
// Source:     BUS-*, DEVX-19 to DEVX-26, S6, S12, S16.
#pragma once

#include <memory>
#include <vector>

#include "runtime/lock.h"
#include "wdf/bus/child_list.h"
#include "wdf/bus/relations.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

// What an FDO keeps: Device::children.
struct Children final : DevicePart {
  static Children* Of(Device& device) { return static_cast<Children*>(device.children.get()); }

  rt::Lock lock;
  std::vector<ChildList*> lists RT_GUARDED_BY(lock);  // creation order; child objects of the device
  ChildList* default_list = nullptr;                  // set in WdfDeviceCreate
  ChildList* static_list RT_GUARDED_BY(lock) = nullptr;
  bool bus_information_set RT_GUARDED_BY(lock) = false;
  PNP_BUS_INFORMATION bus_information RT_GUARDED_BY(lock) = {};
  RelationList removal;
};

// What a PDO keeps: Device::as_child. The references on parent and list are given back in the device's destructor.
struct PdoPart final : DevicePart {
  static PdoPart* Of(Device& device) { return static_cast<PdoPart*>(device.as_child.get()); }

  Device* parent = nullptr;
  ChildList* list = nullptr;  // null: a static child that was not added
  Child* child = nullptr;     // null: ended
  bool added = false;         // a child list has (had) it
  RelationList removal, ejection;
};

namespace bus {

// --- WdfDeviceCreate and the end of a device ---
NTSTATUS DeviceCreated(Device& device);  // the parts, the default child list
void DeviceDestroyed(Device& device);    // the last reference is gone
NTSTATUS CreateList(Device& device, const WDF_CHILD_LIST_CONFIG* config, const WDF_OBJECT_ATTRIBUTES* attributes, ChildList** list);
ChildList* StaticListOf(Device& device);  // made at first need; null: no memory, or not an FDO

// Both kinds: adds what the driver named for removal or ejection to the IRP.
NTSTATUS AnswerRelations(Device& device, PIRP irp, DEVICE_RELATION_TYPE type);

// --- the parent ---
// IRP_MN_QUERY_DEVICE_RELATIONS, BusRelations, of an FDO: adds the children to the IRP. A failure completes it.
NTSTATUS AnswerBusRelations(Device& device, PIRP irp);
// PnpRemoved: the PDOs that still exist go with their parent (DEVX-25).
bool HasPdos(Device& device);
void ParentRemoved(Device& device);

// --- the PDO ---
// IRPs that change no state. True: answered and completed, with `status`.
bool AnswerPdo(Device& device, PIRP irp, NTSTATUS* status);
void BaseCapabilities(Device& device, DEVICE_CAPABILITIES* capabilities);
bool StillPresent(Device& pdo);
// After a successful EvtDeviceEject: marks it missing and waits until no scan or iteration of its list is open (S16).
void Ejected(Device& pdo);
void PdoEnded(Device& pdo);
// A static PDO that was not given to WdfFdoAddStaticChild: the driver's own.
bool IsLoose(Device& device);

}  // namespace bus
}  // namespace drydock::wdf
