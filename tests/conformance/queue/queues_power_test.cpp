// Power-managed queues: leaving D0, returning, removal.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

struct PowerRig : Rig {
  explicit PowerRig(Machine& machine, QueueSpec spec = {}) : Rig(machine) {
    spec.is_default = true;
    spec.power_managed = WdfUseDefault;
    spec.stop_callbacks = true;
    add = [this, spec] { NewQueue(spec); };
    on_default = [this](WDFQUEUE, WDFREQUEST request) { Hold(request); };
    on_resume = [this](WDFQUEUE, WDFREQUEST request) { Say("resume " + Number(request)); };
  }
  static std::string Number(WDFREQUEST request) { return std::to_string(IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(request))->Parameters.Write.Length); }
  PendingIo Send(File& file, size_t length = 1) {
    PendingIo io = file.StartWrite("0123456789", length);
    machine.RunUntilIdle();
    return io;
  }
};

constexpr QueueSpec kParallel = {.type = WdfIoQueueDispatchParallel};

CONFORMANCE(QueuePower, DefaultIsManagedAndDeliversOnlyInD0, "IOT-9.18", "IOT-9.19", "IOT-9.15") {
  PowerRig rig(machine);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { WdfRequestComplete(request, STATUS_SUCCESS); };
  auto make = rig.add;
  rig.add = [&] {
    make();
    EXPECT_TRUE(StateOf(rig.queue).bits & WdfIoQueuePnpHeld);
  };
  rig.Start();
  rig.In([&] { EXPECT_FALSE(StateOf(rig.queue).bits & WdfIoQueuePnpHeld); });
  File file = rig.Open();
  EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  PendingIo io = rig.Send(file);
  EXPECT_FALSE(io.done());
  rig.In([&] { EXPECT_TRUE(StateOf(rig.queue).bits & WdfIoQueuePnpHeld); });
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueuePower, UnmanagedQueueDeliversInAnyState, "IOT-9.19") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .power_managed = WdfFalse}); };
  rig.Start();
  File file = rig.Open();
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
}

CONFORMANCE(QueuePower, LeavingD0CallsStopForEachHeldRequestLongestHeldFirst, "IOT-9.22", "IOX-54", "IOT-9.26", "IOT-7.50") {
  PowerRig rig(machine, kParallel);
  rig.on_stop = [&](WDFQUEUE queue, WDFREQUEST request, ULONG flags) {
    EXPECT_EQ(queue, rig.queue);
    EXPECT_EQ(flags, static_cast<ULONG>(WdfRequestStopActionSuspend));
    EXPECT_EQ(flags, 1u);
    rig.Say("stop " + PowerRig::Number(request));
    WdfRequestStopAcknowledge(request, FALSE);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo one = rig.Send(file, 1), two = rig.Send(file, 2), three = rig.Send(file, 3);
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"stop 1", "stop 2", "stop 3"}));
  rig.Forget();
  rig.In([&] { rig.CompleteHeld(STATUS_SUCCESS, 0, 1); });  // completed meanwhile
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"resume 1", "resume 3"}));
  rig.End();
}

CONFORMANCE(QueuePower, AcknowledgedForRequeueIsDeliveredAgainInD0, "IOT-7.50", "IOT-9.26") {
  PowerRig rig(machine, kParallel);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("deliver " + PowerRig::Number(request));
    rig.Hold(request);
  };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG) {
    EXPECT_EQ(rig.TakeHeld(), request);
    WdfRequestStopAcknowledge(request, TRUE);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo one = rig.Send(file, 1), two = rig.Send(file, 2);
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  rig.In([&] {
    EXPECT_EQ(StateOf(rig.queue).waiting, 2u);
    EXPECT_EQ(StateOf(rig.queue).at_driver, 0u);
  });
  rig.Forget();
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"deliver 1", "deliver 2"}));  // no resume
  rig.End();
}

CONFORMANCE(QueuePower, LeavingD0WaitsUntilHeldRequestsEnd, "IOT-9.21") {
  Rig rig(machine);  // without EvtIoStop: for completion alone
  rig.add = [&] { rig.NewQueue({.is_default = true, .power_managed = WdfTrue}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  Task power = machine.Start("power", [&] {
    EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
    rig.Say("in D3");
  });
  machine.RunUntilIdle();
  EXPECT_EQ(rig.Said(), Strings{});
  rig.In([&] { rig.CompleteHeld(); });
  power.Join();
  EXPECT_EQ(rig.Said(), Strings{"in D3"});
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
}

CONFORMANCE(QueuePower, StopWaitsForHandlersOfAllManagedQueues, "OP-31", "IOX-54") {
  Rig rig(machine);
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true, .power_managed = WdfTrue, .stop_callbacks = true});
    second = rig.NewQueue({.handlers = kRead, .power_managed = WdfTrue, .stop_callbacks = true});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, second, WdfRequestTypeRead), STATUS_SUCCESS);
  };
  KEVENT go_on;
  rig.In([&] { KeInitializeEvent(&go_on, NotificationEvent, FALSE); });
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.on_read = [&](WDFQUEUE, WDFREQUEST request, size_t) {
    KeWaitForSingleObject(&go_on, Executive, KernelMode, FALSE, nullptr);  // as in a synchronous send
    rig.Say("handler out");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG) {
    rig.Say("stop");
    WdfRequestStopAcknowledge(request, FALSE);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo held = file.StartWrite("x", 1);
  char byte;
  Task reader = machine.Start("reader", [&] { file.Read(&byte, 1); });
  machine.RunUntilIdle();
  Task power = machine.Start("power", [&] { EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS); });
  machine.RunUntilIdle();
  EXPECT_EQ(rig.Said(), Strings{});  // no EvtIoStop while any handler of a managed queue runs
  rig.In([&] { KeSetEvent(&go_on, 0, FALSE); });
  power.Join();
  reader.Join();
  EXPECT_EQ(rig.Said(), (Strings{"handler out", "stop"}));
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  rig.End();
}

CONFORMANCE(QueuePower, CancelableRequestIsFlaggedAndMustBeUnmarked, "IOT-9.22", "IOT-9.24") {
  PowerRig rig(machine, kParallel);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
  };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG flags) {
    EXPECT_EQ(flags, 0x10000001u);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo io = rig.Send(file);
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
}

CONFORMANCE(QueuePower, CancelledRequestsGetNoStopAndNoResume, "IOX-54", "IOX-45") {
  PowerRig rig(machine, kParallel);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
  };
  rig.on_cancel = [&](WDFREQUEST request) {
    rig.Say("cancel");
    rig.Hold(request);  // later
  };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST, ULONG) { ADD_FAILURE(); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = rig.Send(file);
  io.Cancel();
  machine.RunUntilIdle();
  Task power = machine.Start("power", [&] { EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS); });
  machine.RunUntilIdle();
  rig.In([&] { rig.CompleteHeld(STATUS_CANCELLED); });  // the wait goes on until it is completed
  power.Join();
  EXPECT_EQ(rig.Said(), Strings{"cancel"});
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
}

CONFORMANCE(QueuePower, CancelDuringAStopRoundWaitsForItsEnd, "IOX-45") {
  PowerRig rig(machine, kParallel);
  std::vector<PendingIo> io;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    if (PowerRig::Number(request) == "2") {
      EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
    } else {
      rig.Hold(request);
    }
  };
  rig.on_cancel = [&](WDFREQUEST request) {
    rig.Say("cancel");
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG) {
    rig.Say("stop " + PowerRig::Number(request));
    if (PowerRig::Number(request) == "1") io[1].Cancel();  // comes while the round is going on
    WdfRequestStopAcknowledge(request, FALSE);
    rig.Say("stopped");
  };
  rig.Start();
  File file = rig.Open();
  for (size_t i = 1; i <= 3; ++i) io.push_back(rig.Send(file, i));
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"stop 1", "stopped", "stop 3", "stopped", "cancel"}));
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  rig.End();
}

CONFORMANCE(QueuePower, RemovalPurgesUnmanagedQueuesAndStopsWithThePurgeFlagOnly, "OP-24", "IOT-9.23", "IOX-54") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true, .power_managed = WdfFalse, .stop_callbacks = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG flags) {
    EXPECT_EQ(flags, 2u);
    rig.Say("purge");
    EXPECT_EQ(rig.TakeHeld(), request);
    WdfRequestComplete(request, STATUS_DELETE_PENDING);
  };
  rig.Start();
  // From another driver, without a file: an open handle would hold up the removal until its requests have ended.
  KEVENT event;
  IO_STATUS_BLOCK result = {};
  rig.In([&] {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(kIoctlBuffered, rig.device.top(), nullptr, 0, nullptr, 0, TRUE, &event, &result);
    EXPECT_EQ(IoCallDriver(rig.device.top(), irp), STATUS_PENDING);
  });
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), Strings{});  // Suspend never
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(machine.RemoveDevice(rig.device), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), Strings{"purge"});
  rig.In([&] { KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr); });
  EXPECT_EQ(result.Status, STATUS_DELETE_PENDING);
}

CONFORMANCE(QueuePower, APurgeAsksAgainForWhatWasStoppedAtThePowerDown, "O-27", "IOT-9.23") {
  PowerRig rig(machine, kParallel);
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG flags) {
    rig.Say(flags == WdfRequestStopActionSuspend ? "suspend" : flags == WdfRequestStopActionPurge ? "purge" : "?");
    if (flags == WdfRequestStopActionSuspend) {
      WdfRequestStopAcknowledge(request, FALSE);
    } else {
      EXPECT_EQ(rig.TakeHeld(), request);
      WdfRequestComplete(request, STATUS_DELETE_PENDING);
    }
  };
  rig.Start();
  KEVENT events[2];
  IO_STATUS_BLOCK results[2] = {};
  PIRP irps[2];
  rig.In([&] {
    for (int i = 0; i < 2; ++i) {
      KeInitializeEvent(&events[i], NotificationEvent, FALSE);
      irps[i] = IoBuildDeviceIoControlRequest(kIoctlBuffered, rig.device.top(), nullptr, 0, nullptr, 0, TRUE, &events[i], &results[i]);
      EXPECT_EQ(IoCallDriver(rig.device.top(), irps[i]), STATUS_PENDING);
    }
  });
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"suspend", "suspend"}));
  rig.Forget();
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"purge", "purge"})) << "both were acknowledged, and are the driver's still";
  for (int i = 0; i < 2; ++i) {
    rig.In([&] { KeWaitForSingleObject(&events[i], Executive, KernelMode, FALSE, nullptr); });
    EXPECT_EQ(results[i].Status, STATUS_DELETE_PENDING);
  }
}

CONFORMANCE(QueuePower, RemovalCancelsWhatWaits, "OP-24", "OP-15") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchManual, .is_default = true, .power_managed = WdfTrue}); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  machine.SurpriseRemove(rig.device);
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
  file.Close();
}

// Power-down and -up under load: every request ends once, no handler runs outside D0.
CONFORMANCE(QueuePower, LoadAcrossPowerTransitionsLosesNothing, "IOT-9.19", "IOT-9.21", "IOX-54") {
  for (uint64_t seed = 1; seed <= (machine.simulated() ? 30u : 3u); ++seed) {
    MachineOptions options = machine.options();
    options.seed = seed;
    Machine inner(options);
    PowerRig rig(inner, kParallel);
    std::atomic<bool> on = true;
    std::atomic<int> served = 0;
    rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
      EXPECT_TRUE(on) << "a handler ran outside D0, seed " << seed;
      ++served;
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG) { WdfRequestStopAcknowledge(request, TRUE); };
    rig.Start();
    File file = rig.Open();
    std::vector<Task> senders;
    for (int i = 0; i < 3; ++i) {
      senders.push_back(inner.Start("sender", [&] {
        for (int n = 0; n < 6; ++n) EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
      }));
    }
    for (int n = 0; n < 3; ++n) {
      EXPECT_EQ(inner.SetPowerState(rig.device, 3), STATUS_SUCCESS);
      on = false;
      inner.RunUntilIdle();
      on = true;
      EXPECT_EQ(inner.SetPowerState(rig.device, 0), STATUS_SUCCESS);
    }
    for (Task& sender : senders) sender.Join();
    EXPECT_EQ(served, 18);
    EXPECT_FALSE(inner.stopped()) << inner.ReportText();
    if (::testing::Test::HasFailure()) break;
  }
}

// Idle power-down in S0.
NTSTATUS AssignIdle(WDFDEVICE device, WDFCMRESLIST, WDFCMRESLIST) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
  settings.IdleTimeout = 10;
  settings.DxState = PowerDeviceD3;
  EXPECT_EQ(WdfDeviceAssignS0IdleSettings(device, &settings), STATUS_SUCCESS);
  return STATUS_SUCCESS;
}

CONFORMANCE(QueuePower, RequestInAnIdledDevicesManagedQueuePowersItUp, "IOT-9.20") {
  Rig rig(machine);
  rig.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDevicePrepareHardware = AssignIdle;
    callbacks.EvtDeviceD0Entry = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) {
      Rig::current->Say("D0");
      return NTSTATUS(STATUS_SUCCESS);
    };
    callbacks.EvtDeviceD0Exit = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) {
      Rig::current->Say("out of D0");
      return NTSTATUS(STATUS_SUCCESS);
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &callbacks);
  };
  rig.add = [&] { rig.NewQueue({.is_default = true, .power_managed = WdfTrue}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("handler");
    rig.Hold(request);
  };
  rig.Start();
  File file = rig.Open();
  machine.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(rig.Said(), (Strings{"D0", "out of D0"}));
  PendingIo io = file.StartWrite("x", 1);
  for (int i = 0; i < 50 && rig.held_count() == 0; ++i) machine.Advance(std::chrono::milliseconds(1));
  machine.Advance(std::chrono::milliseconds(200));  // a request at the driver keeps it in D0
  EXPECT_EQ(rig.Said(), (Strings{"D0", "out of D0", "D0", "handler"}));
  rig.In([&] { rig.CompleteHeld(); });
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
  machine.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(rig.Said().back(), "out of D0");
}

}  // namespace
}  // namespace drydock::test
