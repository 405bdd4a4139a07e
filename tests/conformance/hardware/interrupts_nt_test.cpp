// NT's own interrupt routines, as a driver uses them that does without WDFINTERRUPT.
#include "hw.h"

namespace drydock::test {
namespace {

struct Nt {
  explicit Nt(Machine& the_machine) : machine(the_machine), rig(machine, hw) {}
  Device& Start(std::vector<Resource> resources) {
    rig.device = machine.AddDevice(Spec(rig.driver, std::move(resources)));
    EXPECT_TRUE(rig.device.started()) << machine.ReportText();
    return rig.device;
  }
  PDEVICE_OBJECT pdo() { return WdfDeviceWdmGetPhysicalDevice(hw.device); }
  Machine& machine;
  Hw hw;
  InterruptPin pin, other;
  std::atomic<int> calls{0}, irql{-1};
  std::atomic<int> message{-1};
  Rig rig;
};

BOOLEAN LowersTheLine(PKINTERRUPT, PVOID context) {
  auto& nt = *static_cast<Nt*>(context);
  nt.irql = KeGetCurrentIrql();
  ++nt.calls;
  nt.pin.Lower();
  return TRUE;
}

BOOLEAN TellsTheMessage(PKINTERRUPT, PVOID context, ULONG message) {
  auto& nt = *static_cast<Nt*>(context);
  nt.irql = KeGetCurrentIrql();
  nt.message = static_cast<int>(message);
  ++nt.calls;
  return TRUE;
}

CONFORMANCE(NtInterrupts, ConnectedByVectorAndLevel, "ours") {
  Nt nt(machine);
  PKINTERRUPT interrupt = nullptr;
  nt.hw.prepare = [&](WDFCMRESLIST, WDFCMRESLIST translated) {
    auto& line = Descriptor(translated, CmResourceTypeInterrupt)->u.Interrupt;
    const KIRQL irql = static_cast<KIRQL>(line.Level);
    auto connect = [&](ULONG vector, KIRQL level, KINTERRUPT_MODE mode) {
      return IoConnectInterrupt(&interrupt, LowersTheLine, &nt, nullptr, vector, level, level, mode, FALSE, line.Affinity, FALSE);
    };
    EXPECT_EQ(S(connect(0xFFFF, irql, LevelSensitive)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(connect(line.Vector, irql, Latched)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(interrupt, nullptr);
    return connect(line.Vector, irql, LevelSensitive);
  };
  nt.hw.release = [&](WDFCMRESLIST) {
    IoDisconnectInterrupt(interrupt);
    return STATUS_SUCCESS;
  };
  nt.Start({Resource::Line(nt.pin, {.irql = 9})});
  nt.pin.Raise();
  machine.Run([&] {
    EXPECT_TRUE(Until([&] { return nt.calls == 1; }));
    KIRQL old = KeAcquireInterruptSpinLock(interrupt);
    EXPECT_EQ(old, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), 9);
    nt.pin.Raise();
    for (int i = 0; i < 50; ++i) KeStallExecutionProcessor(10);
    EXPECT_EQ(nt.calls, 1);
    KeReleaseInterruptSpinLock(interrupt, old);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_TRUE(Until([&] { return nt.calls == 2; }));
    int seen = -1;
    EXPECT_TRUE(KeSynchronizeExecution(
        interrupt,
        [](PVOID context) -> BOOLEAN {
          *static_cast<int*>(context) = KeGetCurrentIrql();
          return TRUE;
        },
        &seen));
    EXPECT_EQ(seen, 9);
  });
  EXPECT_EQ(nt.irql, 9);
  nt.rig.RemoveDevice();
}

CONFORMANCE(NtInterrupts, ConnectedByDeviceWithALockOfTheDriversAtAHigherLevel, "ours") {
  Nt nt(machine);
  static KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  nt.Start({Resource::Line(nt.pin, {.irql = 4})});
  machine.Run([&] {
    PKINTERRUPT interrupt = nullptr;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = CONNECT_LINE_BASED;
    parameters.LineBased.PhysicalDeviceObject = nt.pdo();
    parameters.LineBased.InterruptObject = &interrupt;
    parameters.LineBased.ServiceRoutine = LowersTheLine;
    parameters.LineBased.ServiceContext = &nt;
    parameters.LineBased.SpinLock = &lock;
    parameters.LineBased.SynchronizeIrql = 11;
    ASSERT_EQ(S(IoConnectInterruptEx(&parameters)), S(STATUS_SUCCESS));
    nt.pin.Raise();
    EXPECT_TRUE(Until([&] { return nt.calls == 1; }));
    EXPECT_EQ(nt.irql, 11);
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS state = {};
    state.Version = CONNECT_LINE_BASED;
    state.ConnectionContext.InterruptObject = interrupt;
    IoReportInterruptInactive(&state);
    nt.pin.Raise();
    SleepMs(5);
    EXPECT_EQ(nt.calls, 1);
    IoReportInterruptActive(&state);
    EXPECT_TRUE(Until([&] { return nt.calls == 2; }));
    IO_DISCONNECT_INTERRUPT_PARAMETERS disconnect = {};
    disconnect.Version = CONNECT_LINE_BASED;
    disconnect.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&disconnect);
    nt.pin.Raise();
    SleepMs(5);
    EXPECT_EQ(nt.calls, 2);
    nt.pin.Lower();
  });
}

CONFORMANCE(NtInterrupts, EveryMessageOfADeviceInATable, "ours") {
  Nt nt(machine);
  InterruptPin third;
  nt.Start({Resource::Messages({nt.pin, nt.other}), Resource::Message(third)});
  machine.Run([&] {
    PIO_INTERRUPT_MESSAGE_INFO table = nullptr;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = nt.pdo();
    parameters.MessageBased.ConnectionContext.InterruptMessageTable = &table;
    parameters.MessageBased.MessageServiceRoutine = TellsTheMessage;
    parameters.MessageBased.ServiceContext = &nt;
    ASSERT_EQ(S(IoConnectInterruptEx(&parameters)), S(STATUS_SUCCESS));
    EXPECT_EQ(parameters.Version, ULONG{CONNECT_MESSAGE_BASED});
    ASSERT_EQ(table->MessageCount, 3u);
    int message = 0;
    for (InterruptPin pin : {nt.pin, nt.other, third}) {
      pin.Raise();
      EXPECT_TRUE(Until([&] { return nt.message == message; }));
      EXPECT_EQ(nt.irql, table->UnifiedIrql);
      EXPECT_EQ(table->MessageInfo[message].Mode, Latched);
      ++message;
    }
    EXPECT_EQ(nt.calls, 3);
    IO_DISCONNECT_INTERRUPT_PARAMETERS disconnect = {};
    disconnect.Version = CONNECT_MESSAGE_BASED;
    disconnect.ConnectionContext.InterruptMessageTable = table;
    IoDisconnectInterruptEx(&disconnect);
    third.Raise();
    SleepMs(2);
    EXPECT_EQ(nt.calls, 3);
  });
}

CONFORMANCE(NtInterrupts, ADeviceWithoutMessagesFallsBackToItsLine, "ours") {
  Nt nt(machine);
  nt.Start({Resource::Line(nt.pin)});
  machine.Run([&] {
    PKINTERRUPT interrupt = nullptr;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = nt.pdo();
    parameters.MessageBased.ConnectionContext.InterruptObject = &interrupt;
    parameters.MessageBased.MessageServiceRoutine = TellsTheMessage;
    parameters.MessageBased.ServiceContext = &nt;
    EXPECT_EQ(S(IoConnectInterruptEx(&parameters)), S(STATUS_NOT_FOUND));
    parameters.MessageBased.FallBackServiceRoutine = LowersTheLine;
    ASSERT_EQ(S(IoConnectInterruptEx(&parameters)), S(STATUS_SUCCESS));
    EXPECT_EQ(parameters.Version, ULONG{CONNECT_LINE_BASED});
    nt.pin.Raise();
    EXPECT_TRUE(Until([&] { return nt.calls == 1; }));
    IO_DISCONNECT_INTERRUPT_PARAMETERS disconnect = {};
    disconnect.Version = parameters.Version;
    disconnect.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&disconnect);
    parameters.Version = 99;
    EXPECT_EQ(S(IoConnectInterruptEx(&parameters)), S(STATUS_NOT_SUPPORTED));
    EXPECT_EQ(parameters.Version, ULONG{CONNECT_CURRENT_VERSION});
  });
}

}  // namespace
}  // namespace drydock::test
