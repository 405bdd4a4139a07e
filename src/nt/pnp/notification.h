// PnP notifications: who asked to hear of interface and target-device changes, and telling them.
// Called by:  drivers through IoRegisterPlugPlayNotification and relatives; pnp and io. PASSIVE_LEVEL.
// Threads:    interface changes are told on a system worker, in order; target-device changes on the task that causes them, because the
//             answer to a query counts. Unregistering waits for a callback that is running on another task.
// Source:     public documentation of IoRegisterPlugPlayNotification; IOX-36 to IOX-38 on the framework's side.
#pragma once

#include <cstdint>
#include <string>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::pnp {

struct DeviceNode;
struct State;

enum class TargetChange : uint8_t { kQueryRemove, kRemoveCancelled, kRemoveComplete };

// kQueryRemove: the first failure stops, those already told hear kRemoveCancelled, and the status is returned. Others: success.
NTSTATUS NotifyTargetDevice(DeviceNode& node, TargetChange change, std::string* veto);

void NotifyInterfaceChange(Kernel& kernel, const GUID& guid, const std::u16string& name, bool arrival);

// What only applications hear (CM_Register_Notification): interfaces of every class, and device instances. Told on a worker, in order; undone by
// IoUnregisterPlugPlayNotificationEx.
enum class InstanceChange : uint8_t { kEnumerated, kStarted, kRemoved };
inline constexpr GUID kInstanceChange = {0x6C1B0A5E, 0x30F4, 0x4D0B, {0x9E, 0x6B, 0x51, 0x0C, 0x2A, 0x77, 0x13, 0xD9}};  // ours: Event of the next
struct InstanceNotification {
  PLUGPLAY_NOTIFICATION_HEADER header;
  InstanceChange change;
  const std::u16string* path;
};
void* RegisterForAllInterfaces(Kernel& kernel, PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback, void* context);
void* RegisterForInstances(Kernel& kernel, PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback, void* context);
void NotifyInstance(DeviceNode& node, InstanceChange change);

// For ~State.
void FreeRegistrations(State& state);

}  // namespace drydock::nt::pnp
