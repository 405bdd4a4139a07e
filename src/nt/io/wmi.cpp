// WMI registration: who provides data is remembered; nobody on a machine consumes it, so no WMI request is ever sent by itself.
#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kTag = 0x696D5749;  // 'IWmi'

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

}  // namespace

extern "C" {

NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action) {
  io::State& state = *CurrentKernel().io;
  bool known;
  {
    drydock::rt::LockGuard guard(state.registration_lock);
    auto& list = state.wmi_providers;
    auto found = std::find(list.begin(), list.end(), DeviceObject);
    known = found != list.end();
    switch (Action) {
      case WMIREG_ACTION_REGISTER:
        if (!known) list.push_back(DeviceObject);
        return known ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
      case WMIREG_ACTION_DEREGISTER:
        if (known) {
          list.erase(found);
          return STATUS_SUCCESS;
        }
        break;
      case WMIREG_ACTION_REREGISTER:
      case WMIREG_ACTION_UPDATE_GUIDS:
      case WMIREG_ACTION_BLOCK_IRPS:
        return known ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
      default:
        return STATUS_INVALID_PARAMETER;
    }
  }
  BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xDD, Address(DeviceObject)},
           "IoWMIRegistrationControl was asked to undo a registration that does not exist.");
}

ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject) { return io::TraceId(DeviceObject); }

NTSTATUS NTAPI IoWMIAllocateInstanceIds(GUID* Guid, ULONG InstanceCount, ULONG* FirstInstanceId) {
  (void)Guid;
  io::State& state = *CurrentKernel().io;
  drydock::rt::LockGuard guard(state.registration_lock);
  *FirstInstanceId = state.next_wmi_instance;
  state.next_wmi_instance += InstanceCount;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoWMISuggestInstanceName(PDEVICE_OBJECT PhysicalDeviceObject, PUNICODE_STRING SymbolicLinkName, BOOLEAN CombineNames,
                                        PUNICODE_STRING SuggestedInstanceName) {
  std::u16string name;
  if (PhysicalDeviceObject) name = pnp::InstancePathOf(PhysicalDeviceObject);
  if (SymbolicLinkName && (CombineNames || name.empty())) name += ob::View(SymbolicLinkName);
  if (name.empty()) return STATUS_INVALID_PARAMETER;
  size_t bytes = name.size() * 2;
  void* buffer = ExAllocatePool2(POOL_FLAG_PAGED, bytes + 2, kTag);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, name.c_str(), bytes + 2);
  SuggestedInstanceName->Buffer = static_cast<PWCH>(buffer);
  SuggestedInstanceName->Length = static_cast<USHORT>(bytes);
  SuggestedInstanceName->MaximumLength = static_cast<USHORT>(bytes + 2);
  return STATUS_SUCCESS;
}

// Nobody listens; as on Windows the event's memory is taken over on success.
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem) {
  if (!WnodeEventItem) return STATUS_INVALID_PARAMETER;
  ExFreePoolWithTag(WnodeEventItem, 0);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoWMIOpenBlock(LPCGUID Guid, ULONG DesiredAccess, PVOID* DataBlockObject) {
  (void)Guid;
  (void)DesiredAccess;
  *DataBlockObject = nullptr;
  return STATUS_WMI_GUID_NOT_FOUND;
}

}  // extern "C"
