// A device's way out: query-remove, remove, surprise removal; and the pauses, query-stop and stop.
//
// Order for a subtree: children before parents; removal relations, with their subtrees, after the device that names them. A query asks in
// that order; the first refusal takes it back everywhere it was asked.
// Surprise removal of a device with open files, in steps (every device of the subtree does one step before any does the next):
//   1. no new opens; IRP_MN_SURPRISE_REMOVAL down the stack; registrations hear "remove complete".
//   2. the last file of the stack closes (FileClosed sees it), and no child waits for one of its files any more.
//   3. a worker sends IRP_MN_REMOVE_DEVICE and the node is removed. Without open files step 3 follows step 1 at once.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/interface.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/notification.h"
#include "nt/pnp/state.h"
#include "nt/po/pofx.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {

void CollectSubtree(DeviceNode& node, std::vector<DeviceNode*>* list) {
  std::vector<DeviceNode*> children;
  {
    rt::LockGuard guard(node.state_of_machine->lock);
    for (DeviceNode* child = node.first_child; child; child = child->next_sibling) children.push_back(child);
  }
  for (DeviceNode* child : children) CollectSubtree(*child, list);
  list->push_back(&node);
}

namespace {

bool IsGone(NodeState state) { return state == NodeState::kRemoved || state == NodeState::kSurpriseRemoved; }

// Drivers are attached, and may have to agree.
bool HasStack(NodeState state) {
  return state == NodeState::kAdded || state == NodeState::kStarted || state == NodeState::kQueryStopped || state == NodeState::kStopped;
}

NTSTATUS QueryOne(DeviceNode& node, NodeState* before, std::string* veto) {
  if (!HasStack(node.state.load())) return STATUS_SUCCESS;  // or has agreed before
  *before = node.state.load();
  SetState(node, NodeState::kQueryRemoved);  // new opens are refused from here on
  NTSTATUS status = NotifyTargetDevice(node, TargetChange::kQueryRemove, veto);
  if (!NT_SUCCESS(status)) {
    SetState(node, *before);
    return status;
  }
  po::EndDirected(node.pdo);
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
  State& state = *node.state_of_machine;
  bool release = false;
  std::vector<DEVICE_OBJECT*> buses;  // of devices that wait for this one's path
  ForgetDuplicate(node);
  {
    rt::LockGuard guard(state.lock);
    if (node.linked) {
      DeviceNode& parent = *node.parent;
      (node.previous_sibling ? node.previous_sibling->next_sibling : parent.first_child) = node.next_sibling;
      (node.next_sibling ? node.next_sibling->previous_sibling : parent.last_child) = node.previous_sibling;
      node.previous_sibling = node.next_sibling = nullptr;
      node.linked = false;
    }
    if (node.named) {
      node.named = false;
      state.by_path.erase(ob::Upcase(node.instance_path));
      for (DeviceNode* other : state.duplicates) {
        if (!ob::EqualNames(other->instance_path, node.instance_path)) continue;
        ob::Reference(other->parent->pdo);
        buses.push_back(other->parent->pdo);
      }
    }
    release = node.parent && node.holds_pdo;
    if (release) node.holds_pdo = false;
  }
  for (DEVICE_OBJECT* bus : buses) {
    InvalidateRelations(bus, BusRelations);
    ob::Dereference(bus);
  }
  // A root-enumerated physical device object is ours to delete; a bus driver deletes its own when it handles the remove request.
  if (!node.parent && !(io::ExtensionOf(node.pdo)->flags & io::kDeletePending)) IoDeleteDevice(node.pdo);
  if (release) ob::Dereference(node.pdo);  // may end the node
}

// Surprise-removed, and nothing keeps it: no open file, no child that waits for its own.
bool MayGo(DeviceNode& node) {
  if (node.state.load() != NodeState::kSurpriseRemoved || OpenCount(node)) return false;
  rt::LockGuard guard(node.state_of_machine->lock);
  for (DeviceNode* child = node.first_child; child; child = child->next_sibling) {
    if (child->state.load() == NodeState::kSurpriseRemoved) return false;
  }
  return true;
}

void RemoveLate(DeviceNode& node);

struct LateRemoval final : Job {
  explicit LateRemoval(DeviceNode& target) : node(target) { ob::Reference(node.pdo); }
  void Run() override {
    DeviceNode* parent = node.parent;
    if (parent) ob::Reference(parent->pdo);
    {
      Busy busy(node);
      {
        rt::LockGuard guard(node.state_of_machine->lock);
        node.removal_scheduled = false;
      }
      if (MayGo(node)) {
        const bool restart = std::exchange(node.restart_when_closed, false);
        RemoveOne(node, node.after_late_removal);
        if (restart && node.state.load() == NodeState::kUninstalled) {
          SetState(node, NodeState::kInitialized);
          SetUpAgain(node);
        }
      }
    }
    if (parent) {
      RemoveLate(*parent);  // it may have waited for this one
      ob::Dereference(parent->pdo);
    }
    ob::Dereference(node.pdo);
  }
  DeviceNode& node;
};

void RemoveLate(DeviceNode& node) {
  if (!MayGo(node)) return;
  {
    rt::LockGuard guard(node.state_of_machine->lock);
    if (node.removal_scheduled) return;
    node.removal_scheduled = true;
  }
  node.state_of_machine->operations.Add(std::make_unique<LateRemoval>(node));
}

// The first step; false: there is no stack that could hear of it.
bool SurpriseOne(DeviceNode& node, AfterRemoval after) {
  const NodeState before = node.state.load();
  if (IsGone(before)) return false;
  if (!HasStack(before) && before != NodeState::kQueryRemoved) return true;
  node.after_late_removal = after;
  SetState(node, NodeState::kSurpriseRemoved);
  // A device that was never started hears only the remove request.
  if (before != NodeState::kAdded) SendPnp(node, IRP_MN_SURPRISE_REMOVAL, STATUS_SUCCESS);
  io::DisableInterfacesOf(node.pdo);
  NotifyTargetDevice(node, TargetChange::kRemoveComplete, nullptr);
  return true;
}

void SurpriseTree(DeviceNode& node, AfterRemoval after) {
  std::vector<DeviceNode*> tree, announced;
  CollectSubtree(node, &tree);
  auto after_of = [&](DeviceNode* each) { return each == &node ? after : AfterRemoval::kGone; };
  for (DeviceNode* each : tree) {
    if (SurpriseOne(*each, after_of(each))) announced.push_back(each);
  }
  for (DeviceNode* each : announced) {
    if (each->state.load() == NodeState::kSurpriseRemoved && !MayGo(*each)) continue;
    RemoveOne(*each, after_of(each));
  }
}

// The devices that go when `tops` do. `tops` grows by the removal relations met.
std::vector<DeviceNode*> TreeOf(std::vector<DeviceNode*>* tops) {
  std::vector<DeviceNode*> tree;
  auto has = [](const std::vector<DeviceNode*>& list, DeviceNode* node) { return std::find(list.begin(), list.end(), node) != list.end(); };
  std::unordered_set<DeviceNode*> seen;
  for (size_t i = 0; i < tops->size(); ++i) {
    std::vector<DeviceNode*> part;
    CollectSubtree(*(*tops)[i], &part);
    for (DeviceNode* each : part) {
      if (IsGone(each->state.load()) || !seen.insert(each).second) continue;
      tree.push_back(each);
      if (!HasStack(each->state.load()) && each->state.load() != NodeState::kQueryRemoved) continue;
      for (DeviceNode* related : RelationsOf(*each, RemovalRelations)) {
        if (!seen.count(related) && !has(*tops, related)) tops->push_back(related);
      }
    }
  }
  return tree;
}

NTSTATUS QueryTree(std::vector<DeviceNode*>& tree, std::string* veto) {
  for (size_t i = 0; i < tree.size(); ++i) {
    NTSTATUS status = QueryOne(*tree[i], &tree[i]->state_before_query, veto);
    if (NT_SUCCESS(status)) continue;
    for (size_t j = tree.size(); j-- > 0;) CancelOne(*tree[j], tree[j]->state_before_query);  // whoever agreed, now or before
    return status;
  }
  return STATUS_SUCCESS;
}

void RemoveTree(const std::vector<DeviceNode*>& tree, const std::vector<DeviceNode*>& tops, DeviceNode& node, AfterRemoval after) {
  std::unordered_set<DeviceNode*> top(tops.begin(), tops.end());
  for (DeviceNode* each : tree) {
    if (!top.count(each)) {
      RemoveOne(*each, AfterRemoval::kGone);
    } else if (each == &node) {
      RemoveOne(*each, after);
    } else {  // went along: its bus may still have it
      RemoveOne(*each, each->parent ? AfterRemoval::kUninstalled : after);
    }
  }
}

// Asked already, or asked now; then removed.
NTSTATUS TakeDown(DeviceNode& node, AfterRemoval after, bool with_ejection_relations, std::string* veto) {
  std::vector<DeviceNode*> tops = {&node};
  if (with_ejection_relations && HasStack(node.state.load())) {
    for (DeviceNode* related : RelationsOf(node, EjectionRelations)) tops.push_back(related);
  }
  std::vector<DeviceNode*> tree = TreeOf(&tops);
  NTSTATUS status = QueryTree(tree, veto);  // those that have not agreed yet
  if (!NT_SUCCESS(status)) return status;
  RemoveTree(tree, tops, node, after);
  return STATUS_SUCCESS;
}

}  // namespace

// The end of one device's stack: it hears IRP_MN_REMOVE_DEVICE. A bus's PDO without a stack hears it when it is to go.
void RemoveOne(DeviceNode& node, AfterRemoval after) {
  const NodeState before = node.state.load();
  if (before == NodeState::kRemoved) return;
  io::DisableInterfacesOf(node.pdo);
  const bool surprise = before == NodeState::kSurpriseRemoved;
  const bool had_stack = surprise || HasStack(before) || before == NodeState::kQueryRemoved;
  if (had_stack || (node.parent && after == AfterRemoval::kGone && io::IsLiveDevice(node.pdo))) {
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
  ReleaseResources(node);
  node.power = PowerDeviceUnspecified;
  node.removal_scheduled = false;
  if (after == AfterRemoval::kGone) {
    SetState(node, NodeState::kRemoved);
  } else {
    SetState(node, after == AfterRemoval::kDisabled ? NodeState::kDisabled : NodeState::kUninstalled);
  }
  if (!surprise && had_stack) NotifyTargetDevice(node, TargetChange::kRemoveComplete, nullptr);
  if (after != AfterRemoval::kGone) return;
  NotifyInstance(node, InstanceChange::kRemoved);
  DropNode(node);
}

void RemoveMissing(DeviceNode& node) {
  const NodeState state = node.state.load();
  if (state == NodeState::kSurpriseRemoved) {  // its last file is still open
    node.after_late_removal = AfterRemoval::kGone;
    return;
  }
  if (IsGone(state)) return;
  if (HasStack(state) || state == NodeState::kQueryRemoved) {
    SurpriseTree(node, AfterRemoval::kGone);
    return;
  }
  const bool ran = state == NodeState::kDisabled || state == NodeState::kUninstalled;
  if (ran && node.ever_started && !node.ejected) SendPnp(node, IRP_MN_SURPRISE_REMOVAL, STATUS_SUCCESS);
  RemoveOne(node, AfterRemoval::kGone);
}

void RemoveChildren(DeviceNode& node) {
  for (;;) {
    DeviceNode* child = nullptr;
    {
      rt::LockGuard guard(node.state_of_machine->lock);
      for (child = node.first_child; child && IsGone(child->state.load()); child = child->next_sibling) {
      }
    }
    if (!child) return;
    if (HasStack(child->state.load()) || child->state.load() == NodeState::kQueryRemoved) {
      SurpriseTree(*child, AfterRemoval::kGone);
    } else {
      RemoveOne(*child, AfterRemoval::kGone);
    }
  }
}

NTSTATUS QueryRemove(DEVICE_OBJECT* pdo, std::string* veto) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() == NodeState::kQueryRemoved) return STATUS_SUCCESS;
  std::vector<DeviceNode*> tops = {node};
  std::vector<DeviceNode*> tree = TreeOf(&tops);
  return QueryTree(tree, veto);
}

NTSTATUS CancelRemove(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() != NodeState::kQueryRemoved) return STATUS_INVALID_DEVICE_STATE;
  std::vector<DeviceNode*> tops = {node};
  std::vector<DeviceNode*> tree = TreeOf(&tops);
  for (size_t i = tree.size(); i-- > 0;) CancelOne(*tree[i], tree[i]->state_before_query);
  return STATUS_SUCCESS;
}

NTSTATUS Remove(DEVICE_OBJECT* pdo, std::string* veto) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || node->state.load() == NodeState::kRemoved) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (node->state.load() == NodeState::kRemoved) return STATUS_NO_SUCH_DEVICE;
  const AfterRemoval after = node->parent ? AfterRemoval::kUninstalled : AfterRemoval::kGone;
  if (node->state.load() == NodeState::kSurpriseRemoved) {
    if (OpenCount(*node)) return STATUS_PLUGPLAY_QUERY_VETOED;
    RemoveOne(*node, node->after_late_removal);
    return STATUS_SUCCESS;
  }
  return TakeDown(*node, after, false, veto);
}

NTSTATUS SurpriseRemove(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  // What a bus still reports stays known, as a device that failed.
  SurpriseTree(*node, node->parent ? AfterRemoval::kDisabled : AfterRemoval::kGone);
  return STATUS_SUCCESS;
}

NTSTATUS DisableDevice(DEVICE_OBJECT* pdo, std::string* veto) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  const NodeState state = node->state.load();
  if (IsGone(state)) return STATUS_NO_SUCH_DEVICE;
  if (state == NodeState::kDisabled) return STATUS_SUCCESS;
  return TakeDown(*node, AfterRemoval::kDisabled, false, veto);
}

NTSTATUS EnableDevice(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  switch (node->state.load()) {
    case NodeState::kStarted: return STATUS_SUCCESS;
    case NodeState::kDisabled:
    case NodeState::kUninstalled:
    case NodeState::kFailed: break;
    case NodeState::kInitialized:
      if (node->duplicate) return STATUS_OBJECT_NAME_COLLISION;
      break;
    case NodeState::kRemoved:
    case NodeState::kSurpriseRemoved: return STATUS_NO_SUCH_DEVICE;
    default: return STATUS_INVALID_DEVICE_STATE;
  }
  SetState(*node, NodeState::kInitialized);
  return node->parent ? SetUpChild(*node) : SetUpAgain(*node);
}

NTSTATUS Eject(DEVICE_OBJECT* pdo, std::string* veto) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  if (IsGone(node->state.load())) return STATUS_NO_SUCH_DEVICE;
  NTSTATUS status = TakeDown(*node, AfterRemoval::kDisabled, true, veto);
  if (!NT_SUCCESS(status)) return status;
  PnpRequest eject;
  eject.minor = IRP_MN_EJECT;
  eject.at_pdo = true;
  status = SendPnp(*node, eject);
  if (!NT_SUCCESS(status)) return status;
  node->ejected = true;
  // The bus takes it back in its next answer; a root-enumerated one is ours.
  if (!node->parent) {
    RemoveOne(*node, AfterRemoval::kGone);
  } else if (node->parent->state.load() == NodeState::kStarted) {
    EnumerateChildren(*node->parent);
  }
  return STATUS_SUCCESS;
}

// A new stack in place of the one that failed.
void RestartNode(DeviceNode& node) {
  const NodeState before = node.state.load();
  if (IsGone(before)) return;
  if (HasStack(before) || before == NodeState::kQueryRemoved) SurpriseTree(node, AfterRemoval::kUninstalled);
  const NodeState now = node.state.load();
  if (now != NodeState::kUninstalled && now != NodeState::kFailed) return;  // open files keep the old one
  SetState(node, NodeState::kInitialized);
  SetUpAgain(node);
}

namespace {

struct UnusedDriver final : Job {
  UnusedDriver(State& owner, io::Driver* unused) : state(owner), driver(unused) {}
  void Run() override {
    Busy busy(state);
    {
      rt::LockGuard guard(state.kernel.io->device_lock);
      if (driver->unload_called || driver->wanted.load() != 0 || driver->object->DeviceObject) return;
    }
    state.unloader(state.unloader_context, driver);
  }
  State& state;
  io::Driver* driver;  // io keeps it until the machine ends
};

}  // namespace

void DriverUnused(io::Driver* driver) {
  State& state = *driver->kernel->pnp;
  if (!driver->unload_when_unused || !state.unloader) return;
  state.operations.Add(std::make_unique<UnusedDriver>(state, driver));
}

void TakeDownAfterFailure(DeviceNode& node, bool restart) {
  const NodeState before = node.state.load();
  if (IsGone(before)) return;
  if (HasStack(before) || before == NodeState::kQueryRemoved) SurpriseTree(node, restart ? AfterRemoval::kUninstalled : AfterRemoval::kDisabled);
  const NodeState now = node.state.load();
  if (now == NodeState::kSurpriseRemoved) {  // open files keep the old one
    node.restart_when_closed = restart;
  } else if (restart && (now == NodeState::kUninstalled || now == NodeState::kFailed)) {
    SetState(node, NodeState::kInitialized);
    SetUpAgain(node);
  } else if (now == NodeState::kFailed) {
    SetState(node, NodeState::kDisabled);
  }
}

CriticalScope::CriticalScope(DEVICE_OBJECT* pdo) : kernel_(CurrentKernel()), pdo_(pdo) {
  if (kernel_.critical_request) kernel_.critical_request(kernel_, pdo_, true);
}
CriticalScope::~CriticalScope() {
  if (kernel_.critical_request) kernel_.critical_request(kernel_, pdo_, false);
}

void FileClosed(DEVICE_OBJECT* device) {
  DEVICE_OBJECT* bottom = io::BottomOfStack(device);
  DeviceNode* node = NodeOf(bottom);
  if (node) RemoveLate(*node);
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


}  // namespace drydock::nt::pnp
