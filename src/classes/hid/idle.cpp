// The default idle handler: a device that nobody has open is put to D3, as the hardware key allows it (UM-33).
// Race:  an open against the timer. The DPC decides under the lock, with `idle_down`; an open that comes after sees it and asks for D0,
//        which goes out behind the D3 request: device power requests of one device go one after the other.
#include <cstring>

#include "classes/hid/hid.h"

namespace drydock::classes::hid {
namespace {

constexpr ULONG kIdleMilliseconds = 5000;

// The value of a REG_DWORD in the device's hardware key; `otherwise` where there is none.
ULONG Setting(HANDLE key, PCWSTR value_name, ULONG otherwise) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, value_name);
  alignas(KEY_VALUE_PARTIAL_INFORMATION) UCHAR room[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
  const auto& value = *reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(room);
  ULONG length, number;
  if (!NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, room, sizeof room, &length)) || value.Type != REG_DWORD ||
      value.DataLength != sizeof number) {
    return otherwise;
  }
  std::memcpy(&number, value.Data, sizeof number);
  return number;
}

VOID NTAPI IdleTimeIsOver(PKDPC, PVOID context, PVOID, PVOID) {
  Hid& hid = *static_cast<Hid*>(context);
  {
    SpinGuard guard(&hid.lock);
    if (!IsListEmpty(&hid.readers) || hid.gone || hid.idle_down) return;
    hid.idle_down = true;
  }
  POWER_STATE state;
  state.DeviceState = PowerDeviceD3;
  PoRequestPowerIrp(hid.pdo, IRP_MN_SET_POWER, state, nullptr, nullptr, nullptr);
}

struct Waiting {
  KEVENT done;
  NTSTATUS status;
};

VOID NTAPI PoweredUp(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID context, PIO_STATUS_BLOCK status) {
  auto* waiting = static_cast<Waiting*>(context);
  waiting->status = status->Status;
  KeSetEvent(&waiting->done, IO_NO_INCREMENT, FALSE);
}

}  // namespace

void InitializeIdle(Hid& hid) {
  KeInitializeTimer(&hid.idle_timer);
  KeInitializeDpc(&hid.idle_dpc, IdleTimeIsOver, &hid);
}

void ReadIdleSetting(Hid& hid) {
  HANDLE key;
  if (!NT_SUCCESS(IoOpenDeviceRegistryKey(hid.pdo, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key))) return;
  hid.idle_allowed = Setting(key, u"EnableDefaultIdleNotificationHandler", 0) == 1;
  hid.idle_milliseconds = Setting(key, u"SelectiveSuspendTimeout", kIdleMilliseconds);
  ZwClose(key);
}

void Unused(Hid& hid) {
  if (!hid.idle_allowed) return;
  {
    SpinGuard guard(&hid.lock);
    if (!IsListEmpty(&hid.readers) || hid.gone) return;
  }
  LARGE_INTEGER due;
  due.QuadPart = -static_cast<LONGLONG>(hid.idle_milliseconds) * 10'000;
  KeSetTimer(&hid.idle_timer, due, &hid.idle_dpc);
}

NTSTATUS Used(Hid& hid) {
  if (!hid.idle_allowed) return STATUS_SUCCESS;
  KeCancelTimer(&hid.idle_timer);
  {
    SpinGuard guard(&hid.lock);
    if (!hid.idle_down) return STATUS_SUCCESS;
  }
  Waiting waiting;
  KeInitializeEvent(&waiting.done, NotificationEvent, FALSE);
  POWER_STATE state;
  state.DeviceState = PowerDeviceD0;
  const NTSTATUS status = PoRequestPowerIrp(hid.pdo, IRP_MN_SET_POWER, state, PoweredUp, &waiting, nullptr);
  if (!NT_SUCCESS(status)) return status;
  KeWaitForSingleObject(&waiting.done, Executive, KernelMode, FALSE, nullptr);
  return waiting.status;
}

void EndIdle(Hid& hid) {
  KeCancelTimer(&hid.idle_timer);
  KeFlushQueuedDpcs();
}

}  // namespace drydock::classes::hid
