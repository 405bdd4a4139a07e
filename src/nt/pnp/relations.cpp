// Devices that go along: removal and ejection relations.
#include "nt/io/device.h"
#include "nt/kernel.h"
#include "nt/pnp/node.h"
#include "nt/pnp/state.h"

namespace drydock::nt::pnp {

std::vector<DeviceNode*> RelationsOf(DeviceNode& node, DEVICE_RELATION_TYPE type) {
  std::vector<DeviceNode*> list;
  PnpRequest request;
  request.minor = IRP_MN_QUERY_DEVICE_RELATIONS;
  request.context = &type;
  request.fill = [](IO_STACK_LOCATION* location, void* context) {
    location->Parameters.QueryDeviceRelations.Type = *static_cast<DEVICE_RELATION_TYPE*>(context);
  };
  if (!NT_SUCCESS(SendPnp(node, request)) || !request.information) return list;
  auto* relations = reinterpret_cast<DEVICE_RELATIONS*>(request.information);
  for (ULONG i = 0; i < relations->Count; ++i) {
    DEVICE_OBJECT* pdo = relations->Objects[i];
    if (DeviceNode* related = NodeOf(pdo); related && related != &node) list.push_back(related);
    ob::Dereference(pdo);
  }
  ExFreePoolWithTag(relations, 0);
  return list;
}

}  // namespace drydock::nt::pnp
