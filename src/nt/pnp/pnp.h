// The PnP manager: device nodes, their life from enumeration to removal, and the power requests a device gets.
// Called by:  machine, wdf (bus relations), PASSIVE_LEVEL, on a task with a thread. One operation at a time in a machine: a second one waits.
// Order:      AddDevice calls bottom-up (lower filters, function, upper filters), IRPs always from the top of the stack.
// Failures:   a failing AddDevice of a filter or function, or a failing start, tears the stack down again (remove IRP) and leaves the
//             node in kFailed with the status; the PDO stays until Remove.
// Source:     public documentation of IRP_MN_* and of device states; DEVX and PWR items where the framework sees the difference.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ntddk.h>

#include "nt/ob/object.h"
#include "runtime/time.h"

namespace drydock::nt {
struct Kernel;
namespace io {
struct Driver;
}
}  // namespace drydock::nt

namespace drydock::nt::pnp {

class PciFunction;

enum class NodeState : uint8_t {
  kInitialized,         // enumerated, drivers not yet added
  kAdded,               // stack built, not started
  kStarted,
  kQueryRemoved,        // agreed to be removed
  kQueryStopped,
  kStopped,
  kSurpriseRemoved,     // gone, remove IRP still to come
  kRemoved,             // remove IRP done, drivers detached
  kFailed,              // start or add failed
  kDisabled,            // its stack was removed, the device is still there: EnableDevice
  kUninstalled,         // likewise, after Remove of a device that its bus still reports: the next enumeration sets it up anew
};
const char* NodeStateName(NodeState state);

// How the bus answers for the hardware below a root-enumerated PDO: a model may take the non-PnP requests.
struct PdoHooks {
  void* context = nullptr;
  // Read, write, control and the like that reach the PDO. Null: STATUS_INVALID_DEVICE_REQUEST.
  NTSTATUS (*dispatch)(void* context, DEVICE_OBJECT* pdo, IRP* irp) = nullptr;
  // First look at a PnP or power request; STATUS_NOT_SUPPORTED leaves it to the bus. May fail it (fault injection).
  NTSTATUS (*pnp)(void* context, DEVICE_OBJECT* pdo, IRP* irp) = nullptr;
  void (*destroyed)(void* context) = nullptr;
  bool reenumerates = false;  // the bus offers GUID_REENUMERATE_SELF_INTERFACE_STANDARD
  ULONG device_flags = 0;  // DO_DIRECT_IO, DO_BUFFERED_IO
  ULONG device_type = FILE_DEVICE_UNKNOWN;
  CCHAR stack_size = 1;
};

struct DeviceDescription {
  std::u16string instance_id;                 // ROOT\ECHO\0000; empty: ROOT\<function driver>\nnnn
  std::vector<std::u16string> hardware_ids;   // empty: the instance id without its last part
  std::vector<std::u16string> compatible_ids;
  std::u16string device_text;                 // empty: the function driver's name
  std::vector<io::Driver*> lower_filters, upper_filters;
  io::Driver* function = nullptr;             // null: raw device
  bool needs_function = false;                // a package was installed: without a function driver it runs only where its bus says that it can (RawDeviceOK)
  const CM_RESOURCE_LIST* raw_resources = nullptr;         // copied; null: none
  const CM_RESOURCE_LIST* translated_resources = nullptr;
  PdoHooks hooks;
  std::shared_ptr<PciFunction> pci;           // null: not on a PCI bus
  const DEVICE_CAPABILITIES* capabilities = nullptr;       // what the bus answers; null: D0 and D3, surprise removal not ok
  bool start = true;                          // false: added only (StartDevice later)
};

// PdoHooks::context of a root-enumerated device's description.
void* HookContextOf(const DEVICE_OBJECT* pdo);

// Enumerates, adds and starts. `pdo` is set whenever the node exists, also when the start failed (the result tells).
NTSTATUS AddDevice(Kernel& kernel, const DeviceDescription& description, DEVICE_OBJECT** pdo);
NTSTATUS StartDevice(DEVICE_OBJECT* pdo);

// Asks: notification to target-device-change registrations, IRP_MN_QUERY_REMOVE_DEVICE. `veto` names who refused.
NTSTATUS QueryRemove(DEVICE_OBJECT* pdo, std::string* veto = nullptr);
NTSTATUS CancelRemove(DEVICE_OBJECT* pdo);
// Query-remove (unless that was done), then IRP_MN_REMOVE_DEVICE, then the PDO goes. Open handles veto.
NTSTATUS Remove(DEVICE_OBJECT* pdo, std::string* veto = nullptr);
// IRP_MN_SURPRISE_REMOVAL now; IRP_MN_REMOVE_DEVICE when the last handle is closed (at once if none is open).
NTSTATUS SurpriseRemove(DEVICE_OBJECT* pdo);

// Query-remove and remove, but the device stays known: kDisabled. EnableDevice looks for drivers again and starts it.
NTSTATUS DisableDevice(DEVICE_OBJECT* pdo, std::string* veto = nullptr);
NTSTATUS EnableDevice(DEVICE_OBJECT* pdo);
// As the user asks for it in the tray: the device, its subtree and its ejection relations are query-removed and removed, then
// IRP_MN_EJECT goes to the PDO, then its bus is asked for its children. STATUS_NOT_SUPPORTED...: what the bus answered.
NTSTATUS Eject(DEVICE_OBJECT* pdo, std::string* veto = nullptr);
// "Scan for hardware changes": asks the bus now.
NTSTATUS Reenumerate(DEVICE_OBJECT* pdo);

// What that interface does: a worker surprise-removes the device's stack, unless its start failed, builds a new one and starts it.
void ReenumerateSelf(DEVICE_OBJECT* pdo);
// The host of its UMDF drivers has ended: a worker takes the stack down by surprise, and when its files are closed builds and starts a new one, or
// leaves the device disabled.
void TakeDownFailed(DEVICE_OBJECT* pdo, bool restart);
// Those of the stack, the lowest first; also before it is built.
std::vector<io::Driver*> DriversOf(DEVICE_OBJECT* pdo);

// The whole of it, for the device and all below it: query-stop, stop, start.
NTSTATUS Rebalance(DEVICE_OBJECT* pdo, std::string* veto = nullptr);
// Its parts, for one device: query-stop, stop; then start again with StartDevice.
NTSTATUS QueryStop(DEVICE_OBJECT* pdo);
NTSTATUS CancelStop(DEVICE_OBJECT* pdo);
NTSTATUS StopDevice(DEVICE_OBJECT* pdo);

// IRP_MN_SET_POWER for the device state, sent to the top of the stack and waited for.
NTSTATUS SetPower(DEVICE_OBJECT* pdo, DEVICE_POWER_STATE state);
// IRP_MN_QUERY_POWER / SET_POWER for the system state to every started device; the power policy owners send the device requests.
NTSTATUS SetSystemPower(Kernel& kernel, SYSTEM_POWER_STATE state, POWER_ACTION action);

NodeState StateOf(DEVICE_OBJECT* pdo);
DEVICE_POWER_STATE PowerOf(DEVICE_OBJECT* pdo);
NTSTATUS LastStatus(DEVICE_OBJECT* pdo);
std::u16string InstancePathOf(DEVICE_OBJECT* pdo);
bool IsPdo(const DEVICE_OBJECT* device);
// The PDO at the bottom of a device's stack, not referenced; null: not a PnP stack.
DEVICE_OBJECT* PdoOf(DEVICE_OBJECT* device);
// A PDO that stays while this does.
class PdoReference {
 public:
  explicit PdoReference(DEVICE_OBJECT* referenced) : pdo_(referenced) {}
  PdoReference(PdoReference&& other) noexcept : pdo_(std::exchange(other.pdo_, nullptr)) {}
  PdoReference& operator=(PdoReference&& other) noexcept { return std::swap(pdo_, other.pdo_), *this; }
  ~PdoReference() {
    if (pdo_) ob::Dereference(pdo_);
  }
  operator DEVICE_OBJECT*() const { return pdo_; }

 private:
  DEVICE_OBJECT* pdo_;
};
// Every PDO that is present and has told its names, in order of arrival.
std::vector<PdoReference> Devices(Kernel& kernel);

// A file on the stack was opened or its last handle closed (io tells): pending removals look again.
void FileClosed(DEVICE_OBJECT* device);
// A worker runs what the driver registered with IoRegisterDriverReinitialization.
void QueueReinitialization(io::Driver* driver);

// Asks the stack of `pdo` for its children (IoInvalidateDeviceRelations), adds the new ones and removes the missing; runs on a worker.
void InvalidateRelations(DEVICE_OBJECT* pdo, DEVICE_RELATION_TYPE type);

// Which drivers a child found on a bus gets. `drivers` comes with its instance path, hardware and compatible ids; the matcher fills
// lower_filters, function, upper_filters. `ids`: both kinds, the best first. False: none is installed.
using DriverMatcher = bool (*)(void* context, const std::vector<std::u16string>& ids, DeviceDescription* drivers);
void SetDriverMatcher(Kernel& kernel, DriverMatcher matcher, void* context);
// Unloads a driver that setup loaded, once it has no device object left; on a worker, while no device comes or goes.
using DriverUnloader = void (*)(void* context, io::Driver* driver);
void SetDriverUnloader(Kernel& kernel, DriverUnloader unloader, void* context);
// io tells, and who had it for wanted: perhaps nobody needs this driver any more.
void DriverUnused(io::Driver* driver);
std::vector<PdoReference> ChildrenOf(DEVICE_OBJECT* pdo);  // the same, of one bus
// The present device of that instance path, referenced; null: none.
DEVICE_OBJECT* FindDevice(Kernel& kernel, std::u16string_view instance_path);
// io tells that the memory of a PDO goes.
struct DeviceNode;
void PdoDestroyed(DeviceNode* node);

// The hardware signals wake: completes a wait-wake request that pends at a root-enumerated PDO. False: none does.
bool TriggerWake(DEVICE_OBJECT* pdo);

}  // namespace drydock::nt::pnp
