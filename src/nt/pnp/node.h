// DeviceNode: what the PnP manager knows of one physical device object. nt/pnp only.
// Ownership:  pnp::State. A root-enumerated one lives until the machine ends and holds a reference on its PDO, so that questions about a removed
//             device find it; one that a bus reported gives that reference back when it is gone, and ends with the PDO.
// Locks:      one operation at a time in a machine (Busy: as the PnP manager's own lock is held over device actions, driver calls included; the
//             thread that has it may enter again); links and names under State::lock.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <ntddk.h>

#include "nt/io/driver.h"
#include "nt/pnp/pci.h"
#include "nt/pnp/pnp.h"
#include "nt/pnp/resources.h"

namespace drydock::nt::pnp {

struct State;

enum class AfterRemoval : uint8_t { kGone, kDisabled, kUninstalled };

struct DeviceNode {
  State* state_of_machine = nullptr;
  DEVICE_OBJECT* pdo = nullptr;
  DeviceNode* parent = nullptr;  // null: root-enumerated
  DeviceNode *first_child = nullptr, *last_child = nullptr;  // in order of arrival
  DeviceNode *previous_sibling = nullptr, *next_sibling = nullptr;
  DeviceNode *previous = nullptr, *next = nullptr;           // all nodes of the machine, in order of arrival
  uint64_t enumeration = 0;      // the bus-relations query that reported it last
  bool linked = false;           // in the parent's list
  bool named = false;            // in State::by_path
  bool holds_pdo = true;
  bool ever_started = false;
  bool duplicate = false;        // in State::duplicates: another device still has its path
  bool ejected = false;          // waits for the bus to take it back
  std::atomic<bool> identified{false};  // the names below are there; from then on others read them without a lock
  std::atomic<bool> relations_due{false};  // a job is on its way
  std::atomic<bool> relations_missed{false};  // asked for while it was query-removed or stopped: comes when it runs again
  std::atomic<NodeState> state{NodeState::kInitialized};
  NTSTATUS last_status = STATUS_SUCCESS;
  std::atomic<DEVICE_POWER_STATE> power{PowerDeviceUnspecified};

  std::u16string instance_path;  // ROOT\ECHO\0000
  std::vector<std::u16string> hardware_ids, compatible_ids;
  std::u16string text;
  std::vector<io::Driver*> drivers;  // bottom-up
  io::Driver* function = nullptr;
  PdoHooks hooks;
  std::shared_ptr<PciFunction> pci;            // null: not on a PCI bus; set before the device is there
  bool has_capabilities = false;
  DEVICE_CAPABILITIES capabilities = {};       // what the root bus answers, if the description said so
  bool needs_function = false;                 // DeviceDescription's
  DEVICE_CAPABILITIES last_capabilities = {};  // what the stack answered last
  NodeResources resources;
  std::vector<char> raw_resources, translated_resources;  // what START carries
  bool has_bus_information = false;            // of the bus that the device is on
  PNP_BUS_INFORMATION bus_information = {};
  NodeState state_before_query = NodeState::kStarted;
  AfterRemoval after_late_removal = AfterRemoval::kGone;
  bool restart_when_closed = false;  // of a surprise-removed device whose stack is to be made anew then
  bool removal_scheduled = false;  // of a surprise-removed device, once its files are closed
  IRP* wait_wake = nullptr;        // pends at a root-enumerated PDO; under State::lock

  std::atomic<void*> power_framework{nullptr};  // nt/po: the registration of PoFxRegisterDevice
  // Device power requests (nt/po); under State::lock.
  bool power_under_way = false;
  std::deque<void*> power_queue;
};

// It got filters at most, and its bus does not say that it runs without more.
inline bool LacksFunction(const DeviceNode& node) { return node.needs_function && !node.function && !node.last_capabilities.RawDeviceOK; }

DeviceNode* NodeOf(const DEVICE_OBJECT* pdo);
void SetState(DeviceNode& node, NodeState state);

// One PnP request to the top of the stack (or, with `at_pdo`, to the PDO itself), waited for.
struct PnpRequest {
  UCHAR minor = 0;
  NTSTATUS initial = STATUS_NOT_SUPPORTED;
  void (*fill)(IO_STACK_LOCATION* location, void* context) = nullptr;
  void* context = nullptr;
  bool at_pdo = false;
  ULONG_PTR information = 0;  // in and out
};
NTSTATUS SendPnp(DeviceNode& node, PnpRequest& request);
NTSTATUS SendPnp(DeviceNode& node, UCHAR minor, NTSTATUS initial = STATUS_NOT_SUPPORTED);

// The root bus: dispatch of root-enumerated PDOs.
NTSTATUS EnsureRootBus(Kernel& kernel);

// Asks the PDO for its ids, text and capabilities.
void Identify(DeviceNode& node);
// Calls AddDevice of every driver; on failure the stack is taken down again.
NTSTATUS BuildStack(DeviceNode& node);
NTSTATUS Start(DeviceNode& node);
void RemoveStack(DeviceNode& node);

DeviceNode* NewNode(Kernel& kernel, DEVICE_OBJECT* pdo, DeviceNode* parent);
// Gives the node its path in the machine's index. False: the device in `holder` has it.
bool TakeName(DeviceNode& node, const std::u16string& path, DeviceNode** holder = nullptr);
// Asks the bus, sets up what is new, takes down what is missing.
NTSTATUS EnumerateChildren(DeviceNode& node);
void ForgetDuplicate(DeviceNode& node);
// Finds drivers for a child, builds its stack and starts it.
NTSTATUS SetUpChild(DeviceNode& node);
// A stack for a device that had one; drivers that were unloaded meanwhile are found anew.
NTSTATUS SetUpAgain(DeviceNode& node);
uint32_t OpenCount(const DeviceNode& node);

// --- removal.cpp ---
void CollectSubtree(DeviceNode& node, std::vector<DeviceNode*>* list);  // children before parents
// A child that its bus does not report any more.
void RemoveMissing(DeviceNode& node);
// A parent that does not work any more: all below it goes by surprise.
void RemoveChildren(DeviceNode& node);
// What stays of a node when its stack is gone.
void RemoveOne(DeviceNode& node, AfterRemoval after);

void RestartNode(DeviceNode& node);
void TakeDownAfterFailure(DeviceNode& node, bool restart);

class CriticalScope {  // Kernel::critical_request
 public:
  explicit CriticalScope(DEVICE_OBJECT* pdo);
  ~CriticalScope();
  CriticalScope(const CriticalScope&) = delete;

 private:
  Kernel& kernel_;
  DEVICE_OBJECT* pdo_;
};

// --- relations.cpp ---
// The devices of one kind of relation of `node`, with nodes, not referenced.
std::vector<DeviceNode*> RelationsOf(DeviceNode& node, DEVICE_RELATION_TYPE type);

class Busy {  // one operation at a time
 public:
  explicit Busy(DeviceNode& node);
  explicit Busy(State& state);
  Busy(const Busy&) = delete;
  ~Busy() noexcept(false);

 private:
  void Enter();
  State& state_;
};

}  // namespace drydock::nt::pnp
