#include "nt/pnp/node.h"

#include <exception>

#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/io/sync_irp.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/notification.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::pnp {

DeviceNode* NodeOf(const DEVICE_OBJECT* pdo) {
  io::DeviceExtension* extension = pdo ? io::ExtensionOf(pdo) : nullptr;
  return extension ? extension->node.load(std::memory_order_acquire) : nullptr;
}

void SetState(DeviceNode& node, NodeState state) {
  NodeState old = node.state.exchange(state);
  Kernel& kernel = node.state_of_machine->kernel;
  if (kernel.events.enabled()) {
    RecordEvent(kernel, io::kPnpState, io::TraceId(node.pdo), static_cast<uint64_t>(old), static_cast<uint64_t>(state));
  }
  // Who may open the stack follows the state.
  constexpr uint32_t kBars = io::kRemovePending | io::kStartPending;
  uint32_t bars = 0;
  switch (state) {
    case NodeState::kStarted:
    case NodeState::kQueryStopped:
    case NodeState::kStopped:
      break;
    case NodeState::kInitialized:
    case NodeState::kAdded:
      bars = io::kStartPending;
      break;
    default:
      bars = io::kRemovePending;
  }
  {
    rt::LockGuard guard(kernel.io->device_lock);
    io::DeviceExtension* extension = io::ExtensionOf(node.pdo);
    extension->flags = (extension->flags & ~kBars) | bars;
  }
  if (state == NodeState::kStarted && node.relations_missed.exchange(false)) InvalidateRelations(node.pdo, BusRelations);
}

Busy::Busy(DeviceNode& node) : state_(*node.state_of_machine) { Enter(); }
Busy::Busy(State& state) : state_(state) { Enter(); }

void Busy::Enter() {
  Thread* self = CurrentThreadOrNull();
  if (self && __atomic_load_n(&state_.engaged, __ATOMIC_ACQUIRE) == self) {
    ++state_.depth;
    return;
  }
  KeWaitForSingleObject(&state_.idle, Executive, KernelMode, FALSE, nullptr);
  __atomic_store_n(&state_.engaged, self, __ATOMIC_RELEASE);
  state_.depth = 1;
}

Busy::~Busy() noexcept(false) {
  if (std::uncaught_exceptions() != 0) return;
  if (--state_.depth != 0) return;
  __atomic_store_n(&state_.engaged, static_cast<Thread*>(nullptr), __ATOMIC_RELEASE);
  KeSetEvent(&state_.idle, IO_NO_INCREMENT, FALSE);
}

DeviceNode* NewNode(Kernel& kernel, DEVICE_OBJECT* pdo, DeviceNode* parent) {
  State& state = *kernel.pnp;
  auto* node = new DeviceNode;
  node->state_of_machine = &state;
  node->pdo = pdo;
  node->parent = parent;
  ob::Reference(pdo);
  if (parent) ob::Reference(parent->pdo);  // a child with open files may outlive its bus
  io::ExtensionOf(pdo)->node.store(node, std::memory_order_release);
  rt::LockGuard guard(state.lock);
  node->previous = state.last_node;
  (state.last_node ? state.last_node->next : state.first_node) = node;
  state.last_node = node;
  if (parent) {
    node->linked = true;
    node->previous_sibling = parent->last_child;
    (parent->last_child ? parent->last_child->next_sibling : parent->first_child) = node;
    parent->last_child = node;
  }
  return node;
}

// The PDO's memory goes: nobody can ask about the device any more.
void PdoDestroyed(DeviceNode* node) {
  State& state = *node->state_of_machine;
  {
    rt::LockGuard guard(state.lock);
    (node->previous ? node->previous->next : state.first_node) = node->next;
    (node->next ? node->next->previous : state.last_node) = node->previous;
  }
  if (node->hooks.destroyed) node->hooks.destroyed(node->hooks.context);
  DEVICE_OBJECT* bus = node->parent ? node->parent->pdo : nullptr;
  delete node;
  if (bus) ob::Dereference(bus);
}

bool TakeName(DeviceNode& node, const std::u16string& path, DeviceNode** holder) {
  if (node.instance_path != path) node.instance_path = path;  // what others may be reading is not written again
  State& state = *node.state_of_machine;
  rt::LockGuard guard(state.lock);
  auto [place, taken] = state.by_path.emplace(ob::Upcase(path), &node);
  node.named = taken;
  if (holder) *holder = place->second;
  return taken;
}

NTSTATUS SendPnp(DeviceNode& node, PnpRequest& request) {
  DEVICE_OBJECT* target = node.pdo;
  if (request.at_pdo) {
    ob::Reference(target);
  } else {
    target = io::TopOfStack(node.pdo);
  }
  IRP* irp = io::NewSystemIrp(target, IRP_MJ_PNP, request.minor);
  if (!irp) {
    ob::Dereference(target);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = request.initial;
  irp->IoStatus.Information = request.information;
  if (request.fill) request.fill(IoGetNextIrpStackLocation(irp), request.context);
  {
    CriticalScope critical(node.pdo);
    io::SendAndWait(target, irp);
  }
  NTSTATUS status = irp->IoStatus.Status;
  request.information = irp->IoStatus.Information;
  io::FreeIrp(irp);
  ob::Dereference(target);
  return status;
}

NTSTATUS SendPnp(DeviceNode& node, UCHAR minor, NTSTATUS initial) {
  PnpRequest request;
  request.minor = minor;
  request.initial = initial;
  return SendPnp(node, request);
}

uint32_t OpenCount(const DeviceNode& node) {
  uint32_t count = 0;
  rt::LockGuard guard(node.state_of_machine->kernel.io->device_lock);
  for (DEVICE_OBJECT* device = node.pdo; device; device = device->AttachedDevice) count += static_cast<uint32_t>(device->ReferenceCount);
  return count;
}

static VOID NTAPI RunJobs(PVOID context) {
  auto* queue = static_cast<JobQueue*>(context);
  for (;;) {
    std::unique_ptr<Job> job;
    {
      rt::LockGuard guard(queue->lock);
      if (queue->jobs.empty()) {
        queue->queued = false;
        return;
      }
      job = std::move(queue->jobs.front());
      queue->jobs.pop_front();
    }
    job->Run();
  }
}

void JobQueue::Add(std::unique_ptr<Job> job) {
  {
    rt::LockGuard guard(lock);
    jobs.push_back(std::move(job));
    if (queued) return;
    queued = true;
  }
  ExInitializeWorkItem(&item, RunJobs, this);
  ExQueueWorkItem(&item, DelayedWorkQueue);
}

State::State(Kernel& owner) : kernel(owner) { KeInitializeEvent(&idle, SynchronizationEvent, TRUE); }

State::~State() {
  FreeRegistrations(*this);
  for (DeviceNode* node = first_node; node;) {
    DeviceNode* next = node->next;
    io::ExtensionOf(node->pdo)->node.store(nullptr, std::memory_order_release);
    if (node->hooks.destroyed) node->hooks.destroyed(node->hooks.context);
    delete node;
    node = next;
  }
}

const char* NodeStateName(NodeState state) {
  switch (state) {
    case NodeState::kInitialized: return "initialized";
    case NodeState::kAdded: return "added";
    case NodeState::kStarted: return "started";
    case NodeState::kQueryRemoved: return "query-removed";
    case NodeState::kQueryStopped: return "query-stopped";
    case NodeState::kStopped: return "stopped";
    case NodeState::kSurpriseRemoved: return "surprise-removed";
    case NodeState::kRemoved: return "removed";
    case NodeState::kFailed: return "failed";
    case NodeState::kDisabled: return "disabled";
    case NodeState::kUninstalled: return "uninstalled";
  }
  return "?";
}

NodeState StateOf(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  return node ? node->state.load() : NodeState::kRemoved;
}

DEVICE_POWER_STATE PowerOf(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  return node ? node->power.load() : PowerDeviceUnspecified;
}

NTSTATUS LastStatus(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  return node ? node->last_status : STATUS_NO_SUCH_DEVICE;
}

std::u16string InstancePathOf(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  return node ? node->instance_path : std::u16string();
}

bool IsPdo(const DEVICE_OBJECT* device) { return io::IsLiveDevice(device) && NodeOf(device) != nullptr; }

DEVICE_OBJECT* PdoOf(DEVICE_OBJECT* device) {
  DEVICE_OBJECT* bottom = io::BottomOfStack(device);
  return NodeOf(bottom) ? bottom : nullptr;
}

static void Add(const DeviceNode& node, std::vector<PdoReference>* list) {
  if (node.identified.load(std::memory_order_acquire) && ob::ReferenceUnlessZero(node.pdo)) list->emplace_back(node.pdo);
}

std::vector<PdoReference> Devices(Kernel& kernel) {
  std::vector<PdoReference> list;
  State& state = *kernel.pnp;
  rt::LockGuard guard(state.lock);
  for (DeviceNode* node = state.first_node; node; node = node->next) {
    if (node->state.load() != NodeState::kRemoved) Add(*node, &list);
  }
  return list;
}

std::vector<PdoReference> ChildrenOf(DEVICE_OBJECT* pdo) {
  std::vector<PdoReference> list;
  DeviceNode* node = NodeOf(pdo);
  if (!node) return list;
  rt::LockGuard guard(node->state_of_machine->lock);
  for (DeviceNode* child = node->first_child; child; child = child->next_sibling) Add(*child, &list);
  return list;
}

void SetDriverMatcher(Kernel& kernel, DriverMatcher matcher, void* context) {
  kernel.pnp->matcher = matcher;
  kernel.pnp->matcher_context = context;
}

void SetDriverUnloader(Kernel& kernel, DriverUnloader unloader, void* context) {
  kernel.pnp->unloader = unloader;
  kernel.pnp->unloader_context = context;
}

}  // namespace drydock::nt::pnp
