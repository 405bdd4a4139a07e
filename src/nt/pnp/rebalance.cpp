// Rebalance: a device and all below it are asked to stop, stopped, and started again, as when the PnP manager hands out resources anew.
// Order: query and stop children before parents, start parents before children. The first refusal takes the question back everywhere.
#include "nt/io/device.h"
#include "nt/kernel.h"
#include "nt/pnp/node.h"
#include "nt/pnp/state.h"
#include "nt/po/pofx.h"

namespace drydock::nt::pnp {

NTSTATUS Rebalance(DEVICE_OBJECT* pdo, std::string* veto) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() != NodeState::kStarted) return STATUS_INVALID_DEVICE_STATE;
  std::vector<DeviceNode*> tree, asked;
  CollectSubtree(*node, &tree);
  NTSTATUS status = STATUS_SUCCESS;
  for (DeviceNode* each : tree) {
    if (each->state.load() != NodeState::kStarted) continue;
    po::EndDirected(each->pdo);
    status = SendPnp(*each, IRP_MN_QUERY_STOP_DEVICE);
    if (!NT_SUCCESS(status)) {
      // The one that refused gets the cancel as well: drivers above may have agreed already.
      SendPnp(*each, IRP_MN_CANCEL_STOP_DEVICE, STATUS_SUCCESS);
      if (veto) *veto = "the stack of " + io::Describe(each->pdo) + " refused IRP_MN_QUERY_STOP_DEVICE";
      break;
    }
    SetState(*each, NodeState::kQueryStopped);
    asked.push_back(each);
  }
  if (!NT_SUCCESS(status)) {
    for (size_t i = asked.size(); i-- > 0;) {
      SendPnp(*asked[i], IRP_MN_CANCEL_STOP_DEVICE, STATUS_SUCCESS);
      SetState(*asked[i], NodeState::kStarted);
    }
    return status;
  }
  for (DeviceNode* each : asked) {
    ob::Reference(each->pdo);  // one that does not start again takes those below it along
    SendPnp(*each, IRP_MN_STOP_DEVICE, STATUS_SUCCESS);
    SetState(*each, NodeState::kStopped);
  }
  for (size_t i = asked.size(); i-- > 0;) {
    if (asked[i]->state.load() != NodeState::kStopped) continue;
    NTSTATUS started = Start(*asked[i]);
    if (!NT_SUCCESS(started) && NT_SUCCESS(status)) status = started;
  }
  for (DeviceNode* each : asked) ob::Dereference(each->pdo);
  return status;
}

}  // namespace drydock::nt::pnp
