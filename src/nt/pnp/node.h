// DeviceNode: what the PnP manager knows of one physical device object. nt/pnp only.
// Ownership:  pnp::State, until the machine ends; holds one reference on the PDO, so that questions about a removed device find it.
// Locks:      `busy` (an event used as a lock) is held over an operation, driver calls included; everything else under State::lock.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include <ntddk.h>

#include "nt/io/driver.h"
#include "nt/pnp/pnp.h"

namespace drydock::nt::pnp {

struct State;

struct DeviceNode {
  State* state_of_machine = nullptr;
  DEVICE_OBJECT* pdo = nullptr;
  DeviceNode* parent = nullptr;  // null: root-enumerated
  std::vector<DeviceNode*> children;
  std::atomic<NodeState> state{NodeState::kInitialized};
  NTSTATUS last_status = STATUS_SUCCESS;
  std::atomic<DEVICE_POWER_STATE> power{PowerDeviceUnspecified};

  std::u16string instance_path;  // ROOT\ECHO\0000
  std::vector<std::u16string> hardware_ids, compatible_ids;
  std::u16string text;
  std::vector<io::Driver*> drivers;  // bottom-up
  io::Driver* function = nullptr;
  PdoHooks hooks;
  bool has_capabilities = false;
  DEVICE_CAPABILITIES capabilities = {};       // what the root bus answers, if the description said so
  DEVICE_CAPABILITIES last_capabilities = {};  // what the stack answered last
  std::vector<char> raw_resources, translated_resources;
  NodeState state_before_query = NodeState::kStarted;
  bool removal_scheduled = false;  // of a surprise-removed device, once its files are closed
  IRP* wait_wake = nullptr;        // pends at a root-enumerated PDO; under State::lock

  KEVENT busy;
};

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

NTSTATUS EnumerateChildren(DeviceNode& node);
uint32_t OpenCount(const DeviceNode& node);

class Busy {  // one operation per device at a time
 public:
  explicit Busy(DeviceNode& node) : node_(node) { KeWaitForSingleObject(&node_.busy, Executive, KernelMode, FALSE, nullptr); }
  Busy(const Busy&) = delete;
  ~Busy() noexcept(false);

 private:
  DeviceNode& node_;
};

}  // namespace drydock::nt::pnp
