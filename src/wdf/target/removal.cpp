// Removal of the device behind a remote target: what the PnP manager asks and tells (IOT-6.22..6.28, IOX-37).
#include <cstring>

#include "nt/driver_callback.h"
#include "wdf/framework.h"
#include "wdf/object/object.h"
#include "wdf/target/io_target.h"
#include "wdf/target/remote_open.h"

namespace drydock::wdf {
namespace {

// GUID_TARGET_DEVICE_QUERY_REMOVE, _REMOVE_CANCELLED, _REMOVE_COMPLETE (wdmguid.h).
constexpr GUID kQueryRemove = {0xcb3a4006, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
constexpr GUID kRemoveCancelled = {0xcb3a4007, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
constexpr GUID kRemoveComplete = {0xcb3a4008, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
bool Same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

NTSTATUS QueryRemove(IoTarget& target) {
  PFN_WDF_IO_TARGET_QUERY_REMOVE callback = target.remote()->query_remove;
  if (callback) return nt::CallDriver("EvtIoTargetQueryRemove", callback, reinterpret_cast<WDFIOTARGET>(target.handle()));
  target.CloseForQueryRemove();
  return STATUS_SUCCESS;
}

void RemoveCanceled(IoTarget& target) {
  PFN_WDF_IO_TARGET_REMOVE_CANCELED callback = target.remote()->remove_canceled;
  if (callback) {
    nt::CallDriver("EvtIoTargetRemoveCanceled", callback, reinterpret_cast<WDFIOTARGET>(target.handle()));
  } else if (target.state() == TargetState::kClosedForQueryRemove) {
    ULONG unused;
    (void)ReopenRemote(target, &unused);
  }
}

void RemoveComplete(IoTarget& target) {
  PFN_WDF_IO_TARGET_REMOVE_COMPLETE callback = target.remote()->remove_complete;
  if (callback) {
    nt::CallDriver("EvtIoTargetRemoveComplete", callback, reinterpret_cast<WDFIOTARGET>(target.handle()));
  } else {
    target.Close();
  }
}

NTSTATUS NTAPI TargetDeviceChange(PVOID structure, PVOID context) {
  const auto& notification = *static_cast<PTARGET_DEVICE_REMOVAL_NOTIFICATION>(structure);
  Ref<IoTarget> target(static_cast<IoTarget*>(context));
  if (!target->remote()) return STATUS_SUCCESS;
  if (Same(notification.Event, kQueryRemove)) return QueryRemove(*target.get());
  if (Same(notification.Event, kRemoveCancelled)) RemoveCanceled(*target.get());
  if (Same(notification.Event, kRemoveComplete)) RemoveComplete(*target.get());
  return STATUS_SUCCESS;
}

}  // namespace

void RegisterForRemoval(IoTarget& target, PFILE_OBJECT file) {
  RemoteOpen& remote = *target.remote();
  NTSTATUS status = IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file, target.globals().wdm_driver, &TargetDeviceChange,
                                                   &target, &remote.notification);
  if (!NT_SUCCESS(status)) remote.notification = nullptr;
}

void UnregisterForRemoval(RemoteOpen& remote) {
  PVOID notification = remote.notification;
  remote.notification = nullptr;
  if (notification) IoUnregisterPlugPlayNotificationEx(notification);
}

}  // namespace drydock::wdf
