// Recorder: what the machines of one device do, seen as a driver sees it: the callbacks in order, and the states of the three machines by their
// registered notifications. One at a time, for the driver "rig".
#pragma once

#include "rig.h"

namespace drydock::test {

struct Recorder {
  Recorder();
  ~Recorder();
  Recorder(const Recorder&) = delete;

  // Callbacks since the last call (also what hooks.log got otherwise).
  Lines Calls() { return hooks.log.Take(); }
  // States entered since the last call, without their leading "Power", "PwrPol", "Pnp".
  Lines PolicyPath();
  Lines PowerPath();
  Lines PnpPath();
  void Forget();

  Hooks hooks;                                             // pnp_callbacks are on; `init` is ours: use more_init
  std::function<NTSTATUS(PWDFDEVICE_INIT)> more_init;
  std::function<NTSTATUS(WDFDEVICE)> on_arm;               // in EvtDeviceArmWakeFromS0, Sx
  bool with_reason = false;                                // EvtDeviceArmWakeFromSxWithReason in place of EvtDeviceArmWakeFromSx
  bool watch_states = true;

  void Add(int kind, ULONG state);

 private:
  NTSTATUS Init(PWDFDEVICE_INIT init);
  Log paths_[3];
};

// For callbacks that the recorder does not make itself: writes the name, and returns what hooks.fail has for it.
NTSTATUS RecordStep(const char* name);

// A bus that can wake the system: D3 in Sx, wake from D2 or D3 and S3.
DeviceSpec CanWake(Driver function, int wakes_from_d = 3, int wakes_from_s = 3);
NTSTATUS AssignSxWake(WDFDEVICE device, WDF_TRI_STATE enabled = WdfTrue);
NTSTATUS AssignIdle(WDFDEVICE device, ULONG timeout_ms, WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps = IdleCannotWakeFromS0,
                    WDF_TRI_STATE enabled = WdfUseDefault);
Lines operator+(Lines a, const Lines& b);
bool Contains(const Lines& lines, const std::string& line);

}  // namespace drydock::test
