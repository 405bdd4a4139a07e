// A device's way out: query-remove, remove, surprise removal; and the pauses, query-stop and stop.
//
// Order for a subtree: children before parents. A query asks in that order; the first refusal takes it back everywhere it was asked.
// Surprise removal of a device with open files, in steps:
//   1. no new opens; IRP_MN_SURPRISE_REMOVAL down the stack; registrations hear "remove complete".
//   2. the last file of the stack closes (FileClosed sees it).
//   3. a worker sends IRP_MN_REMOVE_DEVICE and the node is removed. Without open files step 3 follows step 1 at once.
#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/interface.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/notification.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {
namespace {

void CollectSubtree(DeviceNode& node, std::vector<DeviceNode*>* list) {
  std::vector<DeviceNode*> children;
  {
    rt::LockGuard guard(node.state_of_machine->lock);
    children = node.children;
  }
  for (DeviceNode* child : children) CollectSubtree(*child, list);
  list->push_back(&node);
}

bool IsGone(NodeState state) { return state == NodeState::kRemoved || state == NodeState::kSurpriseRemoved; }

bool HasStack(NodeState state) {
  return state == NodeState::kAdded || state == NodeState::kStarted || state == NodeState::kQueryStopped || state == NodeState::kStopped;
}

NTSTATUS QueryOne(DeviceNode& node, NodeState* before, std::string* veto) {
  *before = node.state.load();
  if (!HasStack(*before)) return STATUS_SUCCESS;
  SetState(node, NodeState::kQueryRemoved);  // new opens are refused from here on
  NTSTATUS status = NotifyTargetDevice(node, TargetChange::kQueryRemove, veto);
  if (!NT_SUCCESS(status)) {
    SetState(node, *before);
    return status;
  }
  status = SendPnp(node, IRP_MN_QUERY_REMOVE_DEVICE);
  if (!NT_SUCCESS(status) && veto) *veto = "the device stack refused IRP_MN_QUERY_REMOVE_DEVICE";
  if (NT_SUCCESS(status)) {
    if (uint32_t open = OpenCount(node)) {
      status = STATUS_PLUGPLAY_QUERY_VETOED;
      if (veto) *veto = std::to_string(open) + " open file(s) on the device";
    }
  }
  if (!NT_SUCCESS(status)) {
    // The device that refused gets the cancel as well: drivers above may have agreed already.
    SendPnp(node, IRP_MN_CANCEL_REMOVE_DEVICE, STATUS_SUCCESS);
    SetState(node, *before);
    NotifyTargetDevice(node, TargetChange::kRemoveCancelled, nullptr);
  }
  return status;
}

void CancelOne(DeviceNode& node, NodeState before) {
  if (node.state.load() != NodeState::kQueryRemoved) return;
  SendPnp(node, IRP_MN_CANCEL_REMOVE_DEVICE, STATUS_SUCCESS);
  SetState(node, before);
  NotifyTargetDevice(node, TargetChange::kRemoveCancelled, nullptr);
}

void DropNode(DeviceNode& node) {
  {
    rt::LockGuard guard(node.state_of_machine->lock);
    if (node.parent) {
      auto& list = node.parent->children;
      for (size_t i = 0; i < list.size(); ++i) {
        if (list[i] == &node) {
          list.erase(list.begin() + static_cast<ptrdiff_t>(i));
          break;
        }
      }
    }
  }
  // A root-enumerated physical device object is ours to delete; a bus driver deletes its own when it handles the remove request.
  if (!node.parent && !(io::ExtensionOf(node.pdo)->flags & io::kDeletePending)) IoDeleteDevice(node.pdo);
}

// The end of one device: its stack hears IRP_MN_REMOVE_DEVICE.
void RemoveOne(DeviceNode& node) {
  NodeState before = node.state.load();
  if (before == NodeState::kRemoved) return;
  io::DisableInterfacesOf(node.pdo);
  bool surprise = before == NodeState::kSurpriseRemoved;
  bool had_stack = before != NodeState::kFailed && before != NodeState::kInitialized;
  if (had_stack) {
    SendPnp(node, IRP_MN_REMOVE_DEVICE, STATUS_SUCCESS);
    DEVICE_OBJECT* left;
    {
      rt::LockGuard guard(node.state_of_machine->kernel.io->device_lock);
      left = node.pdo->AttachedDevice;
    }
    if (left) {
      Break(io::Describe(left) + " is still attached to its physical device after IRP_MN_REMOVE_DEVICE: the driver must call "
            "IoDetachDevice and IoDeleteDevice when it handles that request.");
    }
  }
  SetState(node, NodeState::kRemoved);
  node.power = PowerDeviceUnspecified;
  if (!surprise) NotifyTargetDevice(node, TargetChange::kRemoveComplete, nullptr);
  DropNode(node);
}

struct LateRemoval : Job {
  explicit LateRemoval(DeviceNode& target) : node(target) {}
  void Run() override {
    Busy busy(node);
    if (node.state.load() == NodeState::kSurpriseRemoved && OpenCount(node) == 0) RemoveOne(node);
  }
  DeviceNode& node;
};

void SurpriseOne(DeviceNode& node) {
  NodeState before = node.state.load();
  if (IsGone(before)) return;
  bool had_stack = before != NodeState::kFailed && before != NodeState::kInitialized;
  if (!had_stack) {
    RemoveOne(node);
    return;
  }
  SetState(node, NodeState::kSurpriseRemoved);
  // A device that was never started hears only the remove request.
  if (before != NodeState::kAdded) SendPnp(node, IRP_MN_SURPRISE_REMOVAL, STATUS_SUCCESS);
  io::DisableInterfacesOf(node.pdo);
  NotifyTargetDevice(node, TargetChange::kRemoveComplete, nullptr);
  if (OpenCount(node) == 0) RemoveOne(node);
}

NTSTATUS QueryTree(std::vector<DeviceNode*>& tree, std::vector<NodeState>& before, std::string* veto) {
  for (size_t i = 0; i < tree.size(); ++i) {
    NTSTATUS status = QueryOne(*tree[i], &before[i], veto);
    if (NT_SUCCESS(status)) continue;
    for (size_t j = i; j-- > 0;) CancelOne(*tree[j], before[j]);
    return status;
  }
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS QueryRemove(DEVICE_OBJECT* pdo, std::string* veto) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() == NodeState::kQueryRemoved) return STATUS_SUCCESS;
  std::vector<DeviceNode*> tree;
  CollectSubtree(*node, &tree);
  std::vector<NodeState> before(tree.size());
  NTSTATUS status = QueryTree(tree, before, veto);
  if (NT_SUCCESS(status)) {
    for (size_t i = 0; i < tree.size(); ++i) tree[i]->state_before_query = before[i];
  }
  return status;
}

NTSTATUS CancelRemove(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() != NodeState::kQueryRemoved) return STATUS_INVALID_DEVICE_STATE;
  std::vector<DeviceNode*> tree;
  CollectSubtree(*node, &tree);
  for (size_t i = tree.size(); i-- > 0;) CancelOne(*tree[i], tree[i]->state_before_query);
  return STATUS_SUCCESS;
}

NTSTATUS Remove(DEVICE_OBJECT* pdo, std::string* veto) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || node->state.load() == NodeState::kRemoved) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  std::vector<DeviceNode*> tree;
  CollectSubtree(*node, &tree);
  if (node->state.load() == NodeState::kSurpriseRemoved) {
    if (OpenCount(*node)) return STATUS_PLUGPLAY_QUERY_VETOED;
  } else if (node->state.load() != NodeState::kQueryRemoved) {
    std::vector<NodeState> before(tree.size());
    NTSTATUS status = QueryTree(tree, before, veto);
    if (!NT_SUCCESS(status)) return status;
  }
  for (DeviceNode* each : tree) RemoveOne(*each);
  return STATUS_SUCCESS;
}

NTSTATUS SurpriseRemove(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  std::vector<DeviceNode*> tree;
  CollectSubtree(*node, &tree);
  for (DeviceNode* each : tree) SurpriseOne(*each);
  return STATUS_SUCCESS;
}

void FileClosed(DEVICE_OBJECT* device) {
  DEVICE_OBJECT* bottom = io::BottomOfStack(device);
  DeviceNode* node = NodeOf(bottom);
  if (!node || node->state.load() != NodeState::kSurpriseRemoved || OpenCount(*node)) return;
  {
    rt::LockGuard guard(node->state_of_machine->lock);
    if (node->removal_scheduled) return;
    node->removal_scheduled = true;
  }
  node->state_of_machine->operations.Add(std::make_unique<LateRemoval>(*node));
}

NTSTATUS QueryStop(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() != NodeState::kStarted) return STATUS_INVALID_DEVICE_STATE;
  NTSTATUS status = SendPnp(*node, IRP_MN_QUERY_STOP_DEVICE);
  if (NT_SUCCESS(status)) {
    SetState(*node, NodeState::kQueryStopped);
  } else {
    SendPnp(*node, IRP_MN_CANCEL_STOP_DEVICE, STATUS_SUCCESS);
  }
  return status;
}

NTSTATUS CancelStop(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() != NodeState::kQueryStopped) return STATUS_INVALID_DEVICE_STATE;
  SendPnp(*node, IRP_MN_CANCEL_STOP_DEVICE, STATUS_SUCCESS);
  SetState(*node, NodeState::kStarted);
  return STATUS_SUCCESS;
}

NTSTATUS StopDevice(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() != NodeState::kQueryStopped) return STATUS_INVALID_DEVICE_STATE;
  SendPnp(*node, IRP_MN_STOP_DEVICE, STATUS_SUCCESS);
  SetState(*node, NodeState::kStopped);
  return STATUS_SUCCESS;
}

namespace {

struct RelationsJob : Job {
  explicit RelationsJob(DeviceNode& target) : node(target) {}
  void Run() override {
    Busy busy(node);
    EnumerateChildren(node);
  }
  DeviceNode& node;
};

// IoInvalidateDeviceState: asks how the device is; one that failed or is gone is removed.
struct StateJob : Job {
  explicit StateJob(DeviceNode& target) : node(target) {}
  void Run() override {
    ULONG_PTR answer = 0;
    {
      Busy busy(node);
      if (node.state.load() != NodeState::kStarted) return;
      PnpRequest request;
      request.minor = IRP_MN_QUERY_PNP_DEVICE_STATE;
      if (!NT_SUCCESS(SendPnp(node, request))) return;
      answer = request.information;
    }
    if (answer & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED | PNP_DEVICE_DISABLED)) SurpriseRemove(node.pdo);
  }
  DeviceNode& node;
};

struct EjectJob : Job {
  explicit EjectJob(DeviceNode& target) : node(target) {}
  void Run() override {
    // The bus hears of the ejection once the stack is gone; its device object may go with it.
    if (!NT_SUCCESS(QueryRemove(node.pdo))) return;
    std::vector<DeviceNode*> tree;
    CollectSubtree(node, &tree);
    for (DeviceNode* each : tree) {
      if (each != &node) RemoveOne(*each);
    }
    Busy busy(node);
    SendPnp(node, IRP_MN_REMOVE_DEVICE, STATUS_SUCCESS);
    PnpRequest eject;
    eject.minor = IRP_MN_EJECT;
    eject.at_pdo = true;
    SendPnp(node, eject);
    SetState(node, NodeState::kRemoved);
    NotifyTargetDevice(node, TargetChange::kRemoveComplete, nullptr);
    DropNode(node);
  }
  DeviceNode& node;
};

}  // namespace

namespace {
struct ReinitializationJob : Job {
  explicit ReinitializationJob(io::Driver* target) : driver(target) {}
  void Run() override {
    if (!driver->unload_called) io::RunReinitialization(driver);
  }
  io::Driver* driver;  // lives as long as the machine, loaded or not
};
}  // namespace

void QueueReinitialization(io::Driver* driver) {
  driver->kernel->pnp->operations.Add(std::make_unique<ReinitializationJob>(driver));
}

void InvalidateRelations(DEVICE_OBJECT* pdo, DEVICE_RELATION_TYPE type) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || type != BusRelations) return;
  node->state_of_machine->operations.Add(std::make_unique<RelationsJob>(*node));
}

}  // namespace drydock::nt::pnp

using namespace drydock::nt;

extern "C" {

VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type) {
  pnp::InvalidateRelations(DeviceObject, Type);
}

VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject) {
  if (pnp::DeviceNode* node = pnp::NodeOf(PhysicalDeviceObject)) {
    node->state_of_machine->operations.Add(std::make_unique<pnp::StateJob>(*node));
  }
}

VOID NTAPI IoRequestDeviceEject(PDEVICE_OBJECT PhysicalDeviceObject) {
  if (pnp::DeviceNode* node = pnp::NodeOf(PhysicalDeviceObject)) {
    node->state_of_machine->operations.Add(std::make_unique<pnp::EjectJob>(*node));
  }
}

}  // extern "C"
