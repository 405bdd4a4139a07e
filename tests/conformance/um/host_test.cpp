// Hosts: which devices share one, and what happens when one of their drivers goes wrong (MachineOptions::contain_hosts).
#include <atomic>

#include "drydock/device_events.h"
#include "nt/io/error_log.h"
#include "nt/kernel.h"
#include "settings.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr uint32_t kAtFault = 10110, kRestarted = 10111, kNotRestarted = 10112;

MachineOptions Contained(Duration limit = std::chrono::seconds(60)) {
  MachineOptions options;
  options.contain_hosts = true;
  options.host_time_limit = limit;
  return options;
}

// Lets the machine run until the condition holds.
bool Settle(Machine& machine, const std::function<bool()>& condition) {
  machine.RunUntilIdle();
  for (int i = 0; i < 3000 && !condition(); ++i) machine.Advance(milliseconds(1));
  return condition();
}

size_t Events(Machine& machine, uint32_t code) {
  size_t count = 0;
  for (const auto& entry : nt::io::ErrorLogEntries(machine.kernel())) count += entry.source == "WUDF" && static_cast<uint32_t>(entry.packet.ErrorCode) == code;
  return count;
}

void Misuse() { WdfObjectDelete(reinterpret_cast<WDFOBJECT>(0x1238)); }  // not a handle at all

constexpr ULONG kPid = kIoctl, kCrash = kIoctl + 4, kHold = kIoctl + 8, kSleep = kIoctl + 12, kFault = kIoctl + 16;

// A driver that does as it is told, and tells in which process it runs.
struct Obedient {
  Hooks hooks;
  std::atomic<uint64_t> pid{0}, requestor{0};
  std::atomic<bool> admin{true};
  std::atomic<int> added{0}, crashes_in_add{0};
  std::vector<WDFREQUEST> held;

  Obedient() {
    hooks.added = [this](WDFDEVICE) {
      ++added;
      if (crashes_in_add > 0) {
        --crashes_in_add;
        Misuse();
      }
      return STATUS_SUCCESS;
    };
    hooks.ioctl = [this](WDFREQUEST request, size_t, size_t, ULONG code) {
      switch (code) {
        case kPid: {
          pid = reinterpret_cast<uint64_t>(PsGetCurrentProcessId());
          requestor = WdfRequestGetRequestorProcessId(request);
          SECURITY_SUBJECT_CONTEXT subject;
          SeCaptureSubjectContext(&subject);
          admin = SeTokenIsAdmin(subject.PrimaryToken) != FALSE;
          SeReleaseSubjectContext(&subject);
          WdfRequestComplete(request, STATUS_SUCCESS);
          return;
        }
        case kCrash: Misuse(); return;
        case kFault: *reinterpret_cast<volatile int*>(16) = 1; return;
        case kHold: held.push_back(request); return;
        case kSleep: {
          KEVENT never;
          KeInitializeEvent(&never, NotificationEvent, FALSE);
          KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, nullptr);
          WdfRequestComplete(request, STATUS_SUCCESS);
        }
      }
    };
  }
};

// One device of `rig` and one of `other`, not in one stack.
struct Pair {
  explicit Pair(Machine& the_machine) : machine(the_machine) {
    SetRigHooks(&one.hooks);
    SetOtherHooks(&two.hooks);
    one_driver = machine.AddDriver("rig", RigEntry());
    two_driver = machine.AddDriver("other", OtherEntry());
    one_device = Add(one_driver);
    two_device = Add(two_driver);
    EXPECT_TRUE(two_device.started()) << machine.ReportText();
  }
  ~Pair() {
    if (machine.stopped()) return;
    for (Device device : {one_device, two_device}) machine.RemoveDevice(device);
    machine.UnloadDriver(one_driver);
    machine.UnloadDriver(two_driver);
  }
  Device Add(Driver driver) {
    DeviceSpec spec;
    spec.function = driver;
    return machine.AddDevice(spec);
  }
  uint64_t Pid(Device device, Obedient& driver) {
    driver.pid = 0;
    EXPECT_EQ(machine.Open(device).Ioctl(kPid).status, S(STATUS_SUCCESS)) << machine.ReportText();
    return driver.pid;
  }
  bool SameHost() { return Pid(one_device, one) == Pid(two_device, two); }
  // Fails and closes; true: it was started anew.
  bool Crash() {
    const int before = one.added;
    EXPECT_EQ(machine.Open(one_device).Ioctl(kCrash).status, S(STATUS_DRIVER_PROCESS_TERMINATED));
    Settle(machine, [&] { return one_device.state() == "disabled" || (one.added > before && one_device.started() && two_device.started()); });
    return one_device.started();
  }
  Machine& machine;
  Obedient one, two;
  Driver one_driver, two_driver;
  Device one_device, two_device;
};

CONFORMANCE(UmHost, ItIsAProcessOfLocalServiceThatDevicesShare, "UM-01", "UM-02") {
  Pair pair(machine);
  EXPECT_TRUE(pair.SameHost()) << "pooled unless an INF says otherwise";
  EXPECT_NE(pair.one.pid, pair.one.requestor) << "not the application's";
  EXPECT_NE(pair.one.pid, 4u) << "not the system's";
  EXPECT_FALSE(pair.one.admin);
}

CONFORMANCE(UmHost, ADeviceThatMayNotShareHasItsOwn, "UM-02") {
  SetDirective(machine, "rig", "UmdfHostProcessSharing", 0);
  Pair pair(machine);
  EXPECT_FALSE(pair.SameHost());
  Device another = pair.Add(pair.one_driver);
  EXPECT_NE(pair.Pid(another, pair.one), pair.Pid(pair.one_device, pair.one)) << "each device";
  machine.RemoveDevice(another);
}

CONFORMANCE(UmHost, TheDriversOfAStackShareOne, "UM-01") {
  SetDirective(machine, "rig", "UmdfHostProcessSharing", 0);  // one of the two is enough
  Hooks upper, lower;
  uint64_t above = 0, below = 1;
  upper.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    above = reinterpret_cast<uint64_t>(PsGetCurrentProcessId());
    WdfRequestFormatRequestUsingCurrentType(request);
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(upper.device), &options));
  };
  lower.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    below = reinterpret_cast<uint64_t>(PsGetCurrentProcessId());
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  TwoDrivers stack(machine, upper, lower);
  EXPECT_EQ(machine.Open(stack.device).Ioctl(kIoctl).status, S(STATUS_SUCCESS));
  EXPECT_EQ(above, below);
}

// A kernel-mode filter that passes everything on.
NTSTATUS NTAPI PassOn(PDEVICE_OBJECT device, PIRP irp) {
  PDEVICE_OBJECT lower = *static_cast<PDEVICE_OBJECT*>(device->DeviceExtension);
  const bool gone = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_PNP && IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE;
  if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_POWER) PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  NTSTATUS status = IoCallDriver(lower, irp);
  if (gone) {
    IoDetachDevice(lower);
    IoDeleteDevice(device);
  }
  return status;
}
NTSTATUS NTAPI AddFilter(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
  PDEVICE_OBJECT device = nullptr;
  NTSTATUS status = IoCreateDevice(driver, sizeof(PDEVICE_OBJECT), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  *static_cast<PDEVICE_OBJECT*>(device->DeviceExtension) = IoAttachDeviceToDeviceStack(device, pdo);
  device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  return STATUS_SUCCESS;
}
int32_t FilterEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  for (PDRIVER_DISPATCH& each : driver->MajorFunction) each = &PassOn;
  driver->DriverExtension->AddDevice = &AddFilter;
  driver->DriverUnload = [](PDRIVER_OBJECT) {};
  return STATUS_SUCCESS;
}

CONFORMANCE(UmHost, AKernelModeDriverBetweenTwoOfAStackKeepsItFromStarting, "UM-01") {
  for (bool between : {false, true}) {
    Hooks upper, lower;
    SetRigHooks(&upper);
    SetOtherHooks(&lower);
    Driver rig = machine.AddDriver("rig", RigEntry()), other = machine.AddDriver("other", OtherEntry());
    Driver filter = machine.AddDriver("filter", FilterEntry);
    DeviceSpec spec;
    spec.function = other;
    if (between) {
      spec.upper_filters = {filter, rig};
    } else {
      spec.upper_filters = {rig, filter};
    }
    Device device = machine.AddDevice(spec);
    EXPECT_EQ(device.started(), !between) << machine.ReportText();
    machine.RemoveDevice(device);
    for (Driver driver : {rig, other, filter}) machine.UnloadDriver(driver);
  }
}

CONFORMANCE_WITH(Contained(), UmFailure, OutstandingRequestsEndListenersHearAndDevicesComeBack, "UM-05", "UM-06", "UM-03", "VER-22") {
  Pair pair(machine);
  const uint64_t old_host = pair.Pid(pair.one_device, pair.one);
  File one = machine.Open(pair.one_device), two = machine.Open(pair.two_device);
  DeviceEvents events(machine, one);
  PendingIo held = two.StartIoctl(kHold, nullptr, 0, nullptr, 0);
  PendingIo sleeping = one.StartIoctl(kHold, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_EQ(one.Ioctl(kCrash).status, S(STATUS_DRIVER_PROCESS_TERMINATED)) << "the request on which it went wrong";
  EXPECT_FALSE(machine.stopped()) << machine.ReportText();
  EXPECT_EQ(held.Wait().status, S(STATUS_DRIVER_PROCESS_TERMINATED)) << "of another device in the host";
  EXPECT_EQ(sleeping.Wait().status, S(STATUS_DRIVER_PROCESS_TERMINATED));
  EXPECT_TRUE(Settle(machine, [&] { return pair.one_device.state() == "surprise-removed" && pair.two_device.state() == "surprise-removed"; }))
      << pair.one_device.state() << " " << pair.two_device.state();
  bool heard = false;
  for (const auto& event : events.Take()) heard |= event.guid == "{c43d25bd-9346-40ee-a2d2-d70c15f8b75b}";
  EXPECT_TRUE(heard) << "GUID_WUDF_DEVICE_HOST_PROBLEM";
  ASSERT_EQ(machine.CountReports(ReportKind::kHostEnded), 1u);
  for (const Report& report : machine.reports()) {
    if (report.kind != ReportKind::kHostEnded) continue;
    EXPECT_EQ(report.code, 0x10Du);
    EXPECT_EQ(report.parameters[0], 5u);
    EXPECT_FALSE(report.stack.empty());
  }
  EXPECT_EQ(pair.one.added, 1) << "not before its files are closed";
  EXPECT_FALSE(machine.Open(pair.one_device));
  two.Close();
  EXPECT_TRUE(Settle(machine, [&] { return pair.two_device.started(); }));
  EXPECT_EQ(pair.two.added, 2);
  EXPECT_EQ(pair.one.added, 1);
  one.Close();
  EXPECT_TRUE(Settle(machine, [&] { return pair.one_device.started(); })) << pair.one_device.state();
  EXPECT_EQ(pair.one.added, 2);
  EXPECT_NE(pair.Pid(pair.one_device, pair.one), old_host);
  EXPECT_EQ(Events(machine, kAtFault), 1u);
  EXPECT_EQ(Events(machine, kRestarted), 2u);
  EXPECT_EQ(Events(machine, kNotRestarted), 0u);
}

CONFORMANCE_WITH(Contained(), UmFailure, AFaultEndsTheHostTooAndWaitsOfItsDriversEnd, "UM-05", "VER-22") {
  Pair pair(machine);
  File one = machine.Open(pair.one_device), two = machine.Open(pair.two_device);
  IoResult slept;
  Task sleeper = machine.Start("sleeper", [&] { slept = two.Ioctl(kSleep); });
  machine.RunUntilIdle();
  EXPECT_EQ(one.Ioctl(kFault).status, S(STATUS_DRIVER_PROCESS_TERMINATED));
  sleeper.Join();
  EXPECT_EQ(slept.status, S(STATUS_DRIVER_PROCESS_TERMINATED));
  one.Close();
  two.Close();
  EXPECT_TRUE(Settle(machine, [&] { return pair.one_device.started() && pair.two_device.started(); }));
}

CONFORMANCE(UmFailure, StopsTheMachineUnlessHostsAreContained, "VER-22") {
  Pair pair(machine);
  machine.Open(pair.one_device).Ioctl(kCrash);
  EXPECT_BUG_CHECK(machine, 0x10D, 5);
}

CONFORMANCE_WITH(Contained(), UmFailure, ADriverThatFailsInDeviceAddIsAddedAgain, "UM-03") {
  Obedient driver;
  driver.crashes_in_add = 1;
  SetRigHooks(&driver.hooks);
  Driver rig = machine.AddDriver("rig", RigEntry());
  DeviceSpec spec;
  spec.function = rig;
  Device device = machine.AddDevice(spec);
  EXPECT_TRUE(Settle(machine, [&] { return device.started(); })) << device.state() << machine.ReportText();
  EXPECT_EQ(driver.added, 2);
  machine.RemoveDevice(device);
  machine.UnloadDriver(rig);
}

CONFORMANCE_WITH(Contained(), UmFailure, RestartsAreCounted, "UM-03") {
  Pair pair(machine);
  EXPECT_TRUE(pair.SameHost());
  EXPECT_TRUE(pair.Crash());
  EXPECT_TRUE(pair.SameHost()) << "once in the pool: pooled again";
  EXPECT_EQ(pair.two.added, 2) << "with all that were in it";
  EXPECT_TRUE(pair.Crash());
  EXPECT_FALSE(pair.SameHost()) << "twice in the pool: a host of its own";
  const int others = pair.two.added;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(pair.Crash()) << i;
  EXPECT_EQ(pair.two.added, others) << "the others are not concerned any more";
  if (machine.simulated()) {
    machine.Advance(minutes(31));
    EXPECT_TRUE(pair.Crash()) << "half an hour without a failure: the count begins again";
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(pair.Crash()) << i;
  }
  EXPECT_FALSE(pair.Crash()) << "a sixth time: no restart";
  EXPECT_EQ(pair.one_device.state(), "disabled");
  EXPECT_EQ(Events(machine, kNotRestarted), 1u);
  EXPECT_EQ(machine.EnableDevice(pair.one_device), S(STATUS_SUCCESS));
  EXPECT_TRUE(pair.SameHost()) << "a new instance begins anew";
}

// --- time-outs ---

std::atomic<int> suspend_ms, exit_ms;  // < 0: for ever

NTSTATUS Spend(int milliseconds) {
  if (milliseconds < 0) {
    KEVENT never;
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, nullptr);
  } else if (milliseconds > 0) {
    SleepMs(milliseconds);
  }
  return STATUS_SUCCESS;
}

void BeSlow(Hooks& hooks) {
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceSelfManagedIoInit = [](WDFDEVICE) { return STATUS_SUCCESS; };
    pnp.EvtDeviceSelfManagedIoSuspend = [](WDFDEVICE) { return Spend(suspend_ms); };
    pnp.EvtDeviceSelfManagedIoRestart = [](WDFDEVICE) { return STATUS_SUCCESS; };
    pnp.EvtDeviceD0Exit = [](WDFDEVICE, WDF_POWER_DEVICE_STATE) { return Spend(exit_ms); };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    return STATUS_SUCCESS;
  };
}

void TimeOut(Machine& machine, Duration limit) {
  Obedient driver;
  BeSlow(driver.hooks);
  suspend_ms = exit_ms = 0;
  Rig rig(machine, driver.hooks);
  rig.AddDevice();
  const auto ms = static_cast<int>(std::chrono::duration_cast<milliseconds>(limit).count());
  suspend_ms = exit_ms = ms * 3 / 4;  // together too long, but each is progress
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), S(STATUS_SUCCESS));
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), S(STATUS_SUCCESS));
  EXPECT_EQ(machine.CountReports(ReportKind::kHostEnded), 0u);
  suspend_ms = 0;
  exit_ms = -1;
  const Duration begin = machine.Now();
  machine.SetPowerState(rig.device, 3);
  const Duration took = machine.Now() - begin;
  exit_ms = 0;
  EXPECT_EQ(machine.CountReports(ReportKind::kHostEnded), 1u) << machine.ReportText();
  EXPECT_GE(took, limit);
  if (machine.simulated()) EXPECT_LT(took, limit + limit / 8);
  EXPECT_TRUE(Settle(machine, [&] { return driver.added == 2 && rig.device.started(); })) << rig.device.state();
}

CONFORMANCE_WITH(Contained(milliseconds(200)), UmTimeOut, ACriticalRequestWithoutProgressEndsTheHost, "UM-04") { TimeOut(machine, milliseconds(200)); }

CONFORMANCE_WITH(Contained(), UmTimeOut, TheLimitIsSixtySeconds, "UM-04") {
  EXPECT_EQ(machine.options().host_time_limit, Duration(std::chrono::seconds(60)));
  if (machine.simulated()) TimeOut(machine, std::chrono::seconds(60));
}

CONFORMANCE_WITH(Contained(milliseconds(200)), UmTimeOut, ACancelRoutineThatDoesNotReturnEndsTheHost, "UM-04") {
  Obedient driver;
  driver.hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) {
    EXPECT_EQ(S(WdfRequestMarkCancelableEx(request, [](WDFREQUEST) { Spend(-1); })), S(STATUS_SUCCESS));
  };
  Rig rig(machine, driver.hooks);
  rig.AddDevice();
  File file = rig.Open();
  PendingIo io = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  io.Cancel();
  EXPECT_EQ(io.Wait().status, S(STATUS_DRIVER_PROCESS_TERMINATED));
  EXPECT_EQ(machine.CountReports(ReportKind::kHostEnded), 1u);
  file.Close();
  EXPECT_TRUE(Settle(machine, [&] { return driver.added == 2 && rig.device.started(); })) << rig.device.state();
}

}  // namespace
}  // namespace drydock::test
