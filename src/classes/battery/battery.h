// Battery: what the battery class library keeps for one battery. classes/battery only; drivers know it as ClassData.
// Called by:  battery miniclass drivers through BatteryClass... (batclass.h), PASSIVE_LEVEL, but for BatteryClassStatusNotify (<= DISPATCH_LEVEL).
// Ownership:  pool, from BatteryClassInitializeDevice to BatteryClassUnload. Requests that wait are in `waits` and nowhere else.
// Locks:      `turn` (an event, so that the level stays PASSIVE) around every call of the miniclass driver: one at a time for each battery.
//             `lock` for the queue and the flags of the worker.
// Source:     public documentation of battery miniclass drivers and of the IOCTL_BATTERY_... requests.
#pragma once

#include <ntddk.h>

#include <batclass.h>
#include <wmilib.h>
#include <wmistr.h>

namespace drydock::classes::battery {

constexpr ULONG kTag = 0x74746142;  // 'Batt'
// While somebody waits for a change and the miniclass driver cannot watch for it.
constexpr LONGLONG kPollInterval = 30ll * 10'000'000;

struct Battery {
  BATTERY_MINIPORT_INFO_V1_1 miniclass;
  UNICODE_STRING link;  // of GUID_DEVICE_BATTERY; no buffer: none

  KEVENT turn;
  KSPIN_LOCK lock;
  IO_CSQ queue;
  LIST_ENTRY waits;

  PIO_WORKITEM work;
  bool work_queued, unloading;  // under `lock`
  KEVENT idle;                  // no work is queued or runs
  KTIMER timer;
  KDPC dpc;
  bool watched;                 // the miniclass driver took our BATTERY_NOTIFY

  // WMI: the miniclass driver's blocks come first, the class's behind them.
  PWMILIB_CONTEXT wmi;
  PWMIGUIDREGINFO own_blocks, all_blocks;
  ULONG own_count;
  PDEVICE_OBJECT wmi_device;
  ULONG last_tag, last_power_state;
  bool known;
};

class Turn {
 public:
  explicit Turn(Battery& battery) : battery_(battery) { KeWaitForSingleObject(&battery.turn, Executive, KernelMode, FALSE, nullptr); }
  Turn(const Turn&) = delete;
  // A stopped machine unwinds through here: then nobody waits any more.
  ~Turn() { KeSetEvent(&battery_.turn, IO_NO_INCREMENT, FALSE); }

 private:
  Battery& battery_;
};

// With the turn. The tag and the state as the miniclass driver tells them now; events for what changed.
void FireEvents(Battery& battery);
void ForgetWmi(Battery& battery);

}  // namespace drydock::classes::battery
