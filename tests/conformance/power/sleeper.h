// Sleeper: a recorded device on a bus that can wake the system, and the pieces that its callbacks come in.
#pragma once

#include <memory>

#include "recorder.h"

namespace drydock::test {

inline const Lines kIoDown = {"SelfManagedIoSuspend"};
inline const Lines kIoUp = {"SelfManagedIoRestart"};
inline Lines HwDown(const char* state = "D3") { return {"PreInterruptsDisabled", std::string("D0Exit(") + state + ")"}; }
inline Lines HwUp(const char* state = "D3") { return {std::string("D0Entry(") + state + ")", "PostInterruptsEnabled"}; }

inline const Lines kPowerDown = {"GotoDx", "NotifyingD0ExitToWakeInterrupts", "GotoDxIoStopped", "Dx"};
inline const Lines kPowerUp = {"CheckDeviceType",           "Waking",             "NotifyingD0EntryToWakeInterrupts", "WakingConnectInterrupt", "WakingDmaEnable",
                        "WakingPostHardwareEnabled", "StartSelfManagedIo", "DecideD0State",                     "D0"};

struct Sleeper : Recorder {
  explicit Sleeper(Machine& machine) : machine_(machine) {}
  void Start(std::function<NTSTATUS(WDFDEVICE)> added = nullptr, int wakes_from_d = 3, int wakes_from_s = 3) {
    hooks.added = std::move(added);
    rig = std::make_unique<Rig>(machine_, hooks);
    rig->device = machine_.AddDevice(CanWake(rig->driver, wakes_from_d, wakes_from_s));
    ASSERT_TRUE(rig->device.started()) << machine_.ReportText();
    Forget();
  }
  WDF_DEVICE_POWER_POLICY_STATE Policy() {
    WDF_DEVICE_POWER_POLICY_STATE state = WdfDevStatePwrPolInvalid;
    machine_.Run([&] { state = WdfDeviceGetDevicePowerPolicyState(hooks.device); });
    return state;
  }
  std::unique_ptr<Rig> rig;

 private:
  Machine& machine_;
};

}  // namespace drydock::test
