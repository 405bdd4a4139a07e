// Removal of the device behind a remote target, with and without the driver's callbacks.
#include "nt/ob/object.h"
#include "probe.h"

namespace drydock::test {
namespace {

// What the callbacks saw and what they do; the callbacks get only the target's handle.
struct Removal {
  std::vector<std::string> calls;
  NTSTATUS answer = STATUS_SUCCESS;
  bool close = true;
  KIRQL level = 0xFF;
};
Removal* removal = nullptr;

NTSTATUS QueryRemove(WDFIOTARGET target) {
  removal->calls.push_back("query");
  removal->level = KeGetCurrentIrql();
  if (removal->close && NT_SUCCESS(removal->answer)) WdfIoTargetCloseForQueryRemove(target);
  return removal->answer;
}
void RemoveCanceled(WDFIOTARGET target) {
  removal->calls.push_back("canceled");
  if (WdfIoTargetGetState(target) != WdfIoTargetClosedForQueryRemove) return;  // the one who refused hears it too
  WDF_IO_TARGET_OPEN_PARAMS reopen;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(&reopen);
  EXPECT_EQ(S(WdfIoTargetOpen(target, &reopen)), S(STATUS_SUCCESS));
}
void RemoveComplete(WDFIOTARGET target) {
  removal->calls.push_back("complete");
  WdfIoTargetClose(target);
}

// The probe's device with a remote target on another device of the same driver, opened by the name of its PDO.
struct Pair {
  Machine& machine;
  Hooks lower;
  Stack stack;
  Device other;
  WDFIOTARGET target = nullptr;
  Removal seen;

  Pair(Machine& the_machine, bool callbacks) : machine(the_machine), stack(the_machine) {
    removal = &seen;
    SetLowerHooks(&lower);
    lower.ioctl = [](WDFREQUEST request, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
    DeviceSpec spec;
    spec.function = machine.AddDriver("lower", LowerEntry());
    other = machine.AddDevice(spec);
    EXPECT_TRUE(other.started());
    machine.Run([&] {
      target = NewRemote(stack.wdf());
      const std::u16string name = nt::ob::NameOf(other.pdo());
      UNICODE_STRING counted = Name(name.c_str());
      WDF_IO_TARGET_OPEN_PARAMS params;
      WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &counted, GENERIC_READ | GENERIC_WRITE);
      params.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE;
      if (callbacks) {
        params.EvtIoTargetQueryRemove = QueryRemove;
        params.EvtIoTargetRemoveCanceled = RemoveCanceled;
        params.EvtIoTargetRemoveComplete = RemoveComplete;
      }
      EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    });
  }
  WDF_IO_TARGET_STATE state() {
    WDF_IO_TARGET_STATE result = WdfIoTargetStateUndefined;
    machine.Run([&] { result = WdfIoTargetGetState(target); });
    return result;
  }
  Status Ping() {
    NTSTATUS result = STATUS_UNSUCCESSFUL;
    machine.Run([&] { result = WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr); });
    return S(result);
  }
};

CONFORMANCE(TargetsRemoval, WithoutCallbacksTheFrameworkClosesAgreesAndReopens, "IOX-37", "IOT-6.22", "IOT-6.24", "IOT-6.26") {
  Pair pair(machine, false);
  EXPECT_EQ(pair.Ping(), STATUS_SUCCESS);
  EXPECT_EQ(machine.QueryRemove(pair.other), STATUS_SUCCESS);
  EXPECT_EQ(pair.state(), WdfIoTargetClosedForQueryRemove);
  EXPECT_EQ(machine.CancelRemove(pair.other), STATUS_SUCCESS);
  EXPECT_EQ(pair.state(), WdfIoTargetStarted);
  EXPECT_EQ(pair.Ping(), STATUS_SUCCESS);
}

CONFORMANCE(TargetsRemoval, WithoutCallbacksAnOrderlyRemovalEndsClosed, "IOX-37", "IOT-6.27", "IOT-6.22") {
  Pair pair(machine, false);
  EXPECT_EQ(machine.RemoveDevice(pair.other), STATUS_SUCCESS);
  EXPECT_EQ(pair.state(), WdfIoTargetClosed);
  EXPECT_EQ(pair.Ping(), STATUS_INVALID_DEVICE_STATE);
}

CONFORMANCE(TargetsRemoval, ASurpriseRemovalTellsRemoveCompleteOnly, "IOT-6.27", "IOX-37") {
  Pair pair(machine, true);
  EXPECT_EQ(machine.SurpriseRemove(pair.other), STATUS_SUCCESS);
  EXPECT_EQ(pair.seen.calls, (std::vector<std::string>{"complete"}));
  EXPECT_EQ(pair.state(), WdfIoTargetClosed);
}

CONFORMANCE(TargetsRemoval, CallbacksRunAtPassiveLevelInOrder, "IOT-6.24", "IOT-6.25", "IOT-6.26", "IOT-6.27", "IOT-6.28") {
  Pair pair(machine, true);
  EXPECT_EQ(machine.QueryRemove(pair.other), STATUS_SUCCESS);
  EXPECT_EQ(pair.seen.level, PASSIVE_LEVEL);
  EXPECT_EQ(pair.state(), WdfIoTargetClosedForQueryRemove);
  EXPECT_EQ(machine.CancelRemove(pair.other), STATUS_SUCCESS);
  EXPECT_EQ(pair.state(), WdfIoTargetStarted);
  EXPECT_EQ(pair.Ping(), STATUS_SUCCESS);
  EXPECT_EQ(machine.RemoveDevice(pair.other), STATUS_SUCCESS);
  EXPECT_EQ(pair.seen.calls, (std::vector<std::string>{"query", "canceled", "query", "complete"}));
  EXPECT_EQ(pair.state(), WdfIoTargetClosed);
}

CONFORMANCE(TargetsRemoval, ARefusalKeepsTheTargetOpen, "IOT-6.24") {
  Pair pair(machine, true);
  pair.seen.answer = STATUS_UNSUCCESSFUL;
  EXPECT_FALSE(machine.RemoveDevice(pair.other).ok());
  EXPECT_EQ(pair.state(), WdfIoTargetStarted);
  EXPECT_EQ(pair.Ping(), STATUS_SUCCESS);
  pair.seen.answer = STATUS_SUCCESS;
  EXPECT_EQ(machine.RemoveDevice(pair.other), STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
