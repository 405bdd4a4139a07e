// What a device has to say in the requests about its resources.
// Called by:  PnpPower, PASSIVE_LEVEL.
// Source:     RES-05 to RES-08, O-06, O-07, BUS (PDO callbacks).
#pragma once

#include "wdf/sdk.h"

namespace drydock::wdf {

class Device;

namespace resource {
// IRP_MN_FILTER_RESOURCE_REQUIREMENTS: EvtDeviceFilterRemoveResourceRequirements on the way down, interrupt policies and
// EvtDeviceFilterAddResourceRequirements on the way up. The request is answered here. `forward` sends it down and waits.
NTSTATUS FilterRequirements(Device& device, PIRP irp);
// Before START goes down: EvtDeviceRemoveAddedResources. On success the next stack location carries the lists that the lower drivers get; `undo` frees
// them after the request has come back. A failure ends the start.
struct LowerLists {
  CM_RESOURCE_LIST* raw = nullptr;
  CM_RESOURCE_LIST* translated = nullptr;
  ~LowerLists();
};
NTSTATUS RemoveAdded(Device& device, PIRP irp, LowerLists* lower);
// IRP_MN_QUERY_RESOURCES and IRP_MN_QUERY_RESOURCE_REQUIREMENTS at a PDO: its driver's callbacks answer. STATUS_NOT_SUPPORTED: it has none.
NTSTATUS QueryResources(Device& pdo, PIRP irp);
NTSTATUS QueryRequirements(Device& pdo, PIRP irp);
}  // namespace resource

}  // namespace drydock::wdf
