// A bus's children: asked for, set up, taken down.
#include <algorithm>
#include <atomic>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/notification.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {

void ForgetDuplicate(DeviceNode& node) {
  State& state = *node.state_of_machine;
  rt::LockGuard guard(state.lock);
  if (!node.duplicate) return;
  node.duplicate = false;
  state.duplicates.erase(std::find(state.duplicates.begin(), state.duplicates.end(), &node));
}

// Asks setup which drivers the device gets. False: none.
static bool FindDriversOf(DeviceNode& child) {
  State& state = *child.state_of_machine;
  DeviceDescription drivers;
  drivers.instance_id = child.instance_path;
  drivers.hardware_ids = child.hardware_ids;
  drivers.compatible_ids = child.compatible_ids;
  std::vector<std::u16string> ids = child.hardware_ids;
  ids.insert(ids.end(), child.compatible_ids.begin(), child.compatible_ids.end());
  const bool found = state.matcher && state.matcher(state.matcher_context, ids, &drivers);
  child.drivers = drivers.lower_filters;
  child.function = drivers.function;
  child.needs_function = drivers.needs_function;
  if (drivers.function) child.drivers.push_back(drivers.function);
  child.drivers.insert(child.drivers.end(), drivers.upper_filters.begin(), drivers.upper_filters.end());
  return found;
}

NTSTATUS SetUpChild(DeviceNode& child) {
  SetState(child, NodeState::kInitialized);  // its stack may be built (again)
  // Without a driver it waits, as an unknown device does.
  if (!FindDriversOf(child) && !child.last_capabilities.RawDeviceOK) return child.last_status = STATUS_NO_SUCH_DEVICE;
  NTSTATUS status = BuildStack(child);
  return NT_SUCCESS(status) ? Start(child) : status;
}

NTSTATUS SetUpAgain(DeviceNode& node) {
  const bool unloaded = std::any_of(node.drivers.begin(), node.drivers.end(), [](const io::Driver* driver) { return driver->unload_called; });
  // What packages installed is what the keys say now: filters may have been written meanwhile.
  if ((unloaded || node.needs_function) && !FindDriversOf(node)) return node.last_status = STATUS_NO_SUCH_DEVICE;
  NTSTATUS status = BuildStack(node);
  return NT_SUCCESS(status) ? Start(node) : status;
}

NTSTATUS EnumerateChildren(DeviceNode& node) {
  node.relations_due.store(false);  // what is said from here on needs another query
  if (node.state.load() != NodeState::kStarted) {
    node.relations_missed.store(true);
    return STATUS_INVALID_DEVICE_STATE;
  }
  PnpRequest request;
  request.minor = IRP_MN_QUERY_DEVICE_RELATIONS;
  request.fill = [](IO_STACK_LOCATION* location, void*) { location->Parameters.QueryDeviceRelations.Type = BusRelations; };
  NTSTATUS status = SendPnp(node, request);
  if (!NT_SUCCESS(status) || !request.information) return status;
  auto* relations = reinterpret_cast<DEVICE_RELATIONS*>(request.information);
  State& state = *node.state_of_machine;
  const uint64_t enumeration = ++state.enumerations;
  std::vector<DeviceNode*> due, missing;
  for (ULONG i = 0; i < relations->Count; ++i) {
    DEVICE_OBJECT* pdo = relations->Objects[i];
    if (!io::IsLiveDevice(pdo)) {
      BugCheck(PNP_DETECTED_FATAL_ERROR, {2, reinterpret_cast<uint64_t>(pdo)},
               "A bus answered IRP_MN_QUERY_DEVICE_RELATIONS with something that is not a device object.");
    }
    DeviceNode* child = NodeOf(pdo);
    if (!child) {
      child = NewNode(state.kernel, pdo, &node);
      pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
      due.push_back(child);
    } else if ((child->state.load() == NodeState::kUninstalled || child->duplicate) && child->enumeration != enumeration) {
      due.push_back(child);
    }
    child->enumeration = enumeration;
    ob::Dereference(pdo);  // the relation's reference; the node has its own
  }
  ExFreePoolWithTag(relations, 0);
  {
    rt::LockGuard guard(state.lock);
    for (DeviceNode* child = node.first_child; child; child = child->next_sibling) {
      if (child->enumeration != enumeration) missing.push_back(child);
    }
  }
  for (DeviceNode* child : missing) RemoveMissing(*child);
  for (DeviceNode* child : due) {
    const bool known = child->named && !child->duplicate;
    if (child->duplicate) {
      if (!TakeName(*child, child->instance_path)) continue;
      ForgetDuplicate(*child);
    } else if (!child->named) {
      SetState(*child, NodeState::kInitialized);
      Identify(*child);
      if (child->duplicate) continue;
    }
    if (!known) NotifyInstance(*child, InstanceChange::kEnumerated);
    SetUpChild(*child);
  }
  return STATUS_SUCCESS;
}

NTSTATUS Reenumerate(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  return EnumerateChildren(*node);
}

DEVICE_OBJECT* FindDevice(Kernel& kernel, std::u16string_view instance_path) {
  State& state = *kernel.pnp;
  rt::LockGuard guard(state.lock);
  auto found = state.by_path.find(ob::Upcase(instance_path));
  if (found == state.by_path.end()) return nullptr;
  ob::Reference(found->second->pdo);
  return found->second->pdo;
}

// --- what drivers and buses ask for, on a worker, in order ---

namespace {

struct DeviceJob : Job {
  explicit DeviceJob(DeviceNode& target) : node(target) { ob::Reference(node.pdo); }
  ~DeviceJob() override {
    if (ran) ob::Dereference(node.pdo);  // one that never ran belongs to a machine that ends
  }
  void Run() override {
    Work();
    ran = true;
  }
  virtual void Work() = 0;
  DeviceNode& node;
  bool ran = false;
};

struct RelationsJob final : DeviceJob {
  using DeviceJob::DeviceJob;
  void Work() override {
    Busy busy(node);
    EnumerateChildren(node);
  }
};

// IoInvalidateDeviceState: asks how the device is; one that failed or is gone is removed.
struct StateJob final : DeviceJob {
  using DeviceJob::DeviceJob;
  void Work() override {
    Busy busy(node);
    if (node.state.load() != NodeState::kStarted) return;
    PnpRequest request;
    request.minor = IRP_MN_QUERY_PNP_DEVICE_STATE;
    if (!NT_SUCCESS(SendPnp(node, request))) return;
    if (request.information & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED | PNP_DEVICE_DISABLED)) SurpriseRemove(node.pdo);
  }
};

struct EjectJob final : DeviceJob {
  using DeviceJob::DeviceJob;
  PIO_DEVICE_EJECT_CALLBACK callback = nullptr;  // told how it went
  void* context = nullptr;
  void Work() override {
    const NTSTATUS status = Eject(node.pdo);
    if (callback) CallDriver("IO_DEVICE_EJECT_CALLBACK", callback, status, context);
  }
};

struct RestartJob final : DeviceJob {
  using DeviceJob::DeviceJob;
  void Work() override {
    Busy busy(node);
    RestartNode(node);
  }
};

struct FailedJob final : DeviceJob {
  FailedJob(DeviceNode& target, bool and_restart) : DeviceJob(target), restart(and_restart) {}
  void Work() override {
    Busy busy(node);
    TakeDownAfterFailure(node, restart);
  }
  bool restart;
};

}  // namespace

void TakeDownFailed(DEVICE_OBJECT* pdo, bool restart) {
  if (DeviceNode* node = NodeOf(pdo)) node->state_of_machine->operations.Add(std::make_unique<FailedJob>(*node, restart));
}

std::vector<io::Driver*> DriversOf(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  return node ? node->drivers : std::vector<io::Driver*>();
}

void ReenumerateSelf(DEVICE_OBJECT* pdo) {
  if (DeviceNode* node = NodeOf(pdo)) node->state_of_machine->operations.Add(std::make_unique<RestartJob>(*node));
}

void InvalidateRelations(DEVICE_OBJECT* pdo, DEVICE_RELATION_TYPE type) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || type != BusRelations || node->relations_due.exchange(true)) return;
  node->state_of_machine->operations.Add(std::make_unique<RelationsJob>(*node));
}

namespace {
struct ReinitializationJob final : Job {
  explicit ReinitializationJob(io::Driver* target) : driver(target) {}
  void Run() override {
    if (!driver->unload_called) io::RunReinitialization(driver);
  }
  io::Driver* driver;  // lives as long as the machine, loaded or not
};
}  // namespace

void QueueReinitialization(io::Driver* driver) { driver->kernel->pnp->operations.Add(std::make_unique<ReinitializationJob>(driver)); }

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

NTSTATUS NTAPI IoRequestDeviceEjectEx(PDEVICE_OBJECT PhysicalDeviceObject, PIO_DEVICE_EJECT_CALLBACK Callback, PVOID Context,
                                      PDRIVER_OBJECT DriverObject) {
  if (Callback && !DriverObject) return STATUS_INVALID_PARAMETER;
  pnp::DeviceNode* node = pnp::NodeOf(PhysicalDeviceObject);
  if (!node) return STATUS_INVALID_DEVICE_REQUEST;
  auto job = std::make_unique<pnp::EjectJob>(*node);
  job->callback = Callback;
  job->context = Context;
  node->state_of_machine->operations.Add(std::move(job));
  return STATUS_SUCCESS;
}

VOID NTAPI IoRequestDeviceEject(PDEVICE_OBJECT PhysicalDeviceObject) {
  if (pnp::DeviceNode* node = pnp::NodeOf(PhysicalDeviceObject)) {
    node->state_of_machine->operations.Add(std::make_unique<pnp::EjectJob>(*node));
  }
}

}  // extern "C"
