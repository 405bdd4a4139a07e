// Spin locks, wait locks, the locks of automatic synchronisation.
#include "rig.h"

namespace drydock::test {
namespace {

WDFSPINLOCK NewSpinLock() {
  WDFSPINLOCK lock = nullptr;
  EXPECT_EQ(S(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS));
  return lock;
}

WDFWAITLOCK NewWaitLock() {
  WDFWAITLOCK lock = nullptr;
  EXPECT_EQ(S(WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS));
  return lock;
}

CONFORMANCE(SpinLocks, RaiseToDispatchAndRestore, "SYN-13", "SYN-17") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFSPINLOCK first = NewSpinLock(), second = NewSpinLock();
    WdfSpinLockAcquire(first);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    WdfSpinLockAcquire(second);
    WdfSpinLockRelease(second);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    WdfSpinLockRelease(first);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

CONFORMANCE(SpinLocks, ExcludeEachOther, "SYN-13") {
  Hooks hooks;
  Rig rig(machine, hooks);
  int inside = 0, total = 0;
  bool overlapped = false;
  WDFSPINLOCK lock = nullptr;
  machine.Run([&] { lock = NewSpinLock(); });
  auto body = [&] {
    for (int i = 0; i < 200; ++i) {
      WdfSpinLockAcquire(lock);
      overlapped = overlapped || ++inside != 1;
      ++total;
      --inside;
      WdfSpinLockRelease(lock);
    }
  };
  {
    Task a = machine.StartKernel("a", body), b = machine.StartKernel("b", body), c = machine.StartKernel("c", body);
  }
  EXPECT_EQ(total, 600);
  EXPECT_FALSE(overlapped);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), SpinLocks, AForeignReleaseIsABugCheckUnderTheVerifier, "SYN-13", "VER-09") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDFSPINLOCK lock = nullptr;
  machine.Run([&] {
    lock = NewSpinLock();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    WdfSpinLockRelease(lock);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0xB, reinterpret_cast<uint64_t>(lock), 1);
}

CONFORMANCE(SpinLocks, ASecondAcquireByTheOwnerNeverReturns, "O-21") {
  if (!machine.simulated()) return;  // a live one would spin until the watchdog
  Hooks hooks;
  Rig rig(machine, hooks);
  bool returned = false;
  machine.Run([&] {
    WDFSPINLOCK lock = NewSpinLock();
    WdfSpinLockAcquire(lock);
    WdfSpinLockAcquire(lock);
    returned = true;
  });
  EXPECT_FALSE(returned);
  EXPECT_TRUE(machine.stopped());
  ConformanceTest::StopExpected() = true;
}

CONFORMANCE(WaitLocks, AreHeldAtPassiveInACriticalRegion, "SYN-16", "SYN-17") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFWAITLOCK lock = NewWaitLock();
    EXPECT_FALSE(KeAreApcsDisabled());
    EXPECT_EQ(S(WdfWaitLockAcquire(lock, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_TRUE(KeAreApcsDisabled());
    WdfWaitLockRelease(lock);
    EXPECT_FALSE(KeAreApcsDisabled());
  });
}

CONFORMANCE(WaitLocks, ATimeoutExpiresAndLeavesTheCriticalRegion, "SYN-15", "O-21") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFWAITLOCK lock = NewWaitLock();
    EXPECT_EQ(S(WdfWaitLockAcquire(lock, nullptr)), S(STATUS_SUCCESS));
    Task other = machine.StartKernel("other", [&] {
      LONGLONG timeout = 0;
      EXPECT_EQ(S(WdfWaitLockAcquire(lock, &timeout)), S(STATUS_TIMEOUT)) << "0 tries once";
      EXPECT_TRUE(NT_SUCCESS(STATUS_TIMEOUT));
      EXPECT_FALSE(KeAreApcsDisabled());
      LARGE_INTEGER before, after;
      KeQuerySystemTime(&before);
      timeout = WDF_REL_TIMEOUT_IN_MS(20);
      EXPECT_EQ(S(WdfWaitLockAcquire(lock, &timeout)), S(STATUS_TIMEOUT));
      KeQuerySystemTime(&after);
      EXPECT_GE(after.QuadPart - before.QuadPart, 200'000);
      KeQuerySystemTime(&before);
      timeout = before.QuadPart + 200'000;  // absolute
      EXPECT_EQ(S(WdfWaitLockAcquire(lock, &timeout)), S(STATUS_TIMEOUT));
      KeQuerySystemTime(&after);
      EXPECT_GE(after.QuadPart - before.QuadPart, 200'000);
    });
    EXPECT_TRUE(Until([&] { return other.done(); }));
    other.Join();
    LONGLONG own = WDF_REL_TIMEOUT_IN_MS(1);
    EXPECT_EQ(S(WdfWaitLockAcquire(lock, &own)), S(STATUS_TIMEOUT)) << "the owner's second acquire times out";
    WdfWaitLockRelease(lock);
  });
}

CONFORMANCE(WaitLocks, WithTimeoutZeroWorkAtDispatch, "SYN-16", "O-21") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFWAITLOCK lock = NewWaitLock();
    LONGLONG timeout = 0;
    AtDispatch raised;
    EXPECT_EQ(S(WdfWaitLockAcquire(lock, &timeout)), S(STATUS_SUCCESS));
    WdfWaitLockRelease(lock);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), WaitLocks, ATimeoutAboveItsLevelIsRefusedUnderTheVerifier, "O-21", "SYN-16") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFWAITLOCK lock = NewWaitLock();
    AtDispatch raised;
    LONGLONG timeout = -1;
    EXPECT_EQ(S(WdfWaitLockAcquire(lock, &timeout)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfWaitLockAcquire(lock, nullptr)), S(STATUS_INVALID_DEVICE_REQUEST));
    timeout = 0;
    EXPECT_EQ(S(WdfWaitLockAcquire(lock, &timeout)), S(STATUS_SUCCESS));
    WdfWaitLockRelease(lock);
  });
}

CONFORMANCE(WaitLocks, ExcludeEachOther, "SYN-15") {
  Hooks hooks;
  Rig rig(machine, hooks);
  int inside = 0, total = 0;
  bool overlapped = false;
  WDFWAITLOCK lock = nullptr;
  machine.Run([&] { lock = NewWaitLock(); });
  auto body = [&] {
    for (int i = 0; i < 20; ++i) {
      (void)WdfWaitLockAcquire(lock, nullptr);
      overlapped = overlapped || ++inside != 1;
      if (i % 5 == 0) SleepMs(1);
      ++total;
      --inside;
      WdfWaitLockRelease(lock);
    }
  };
  {
    Task a = machine.StartKernel("a", body), b = machine.StartKernel("b", body);
  }
  EXPECT_EQ(total, 40);
  EXPECT_FALSE(overlapped);
}

CONFORMANCE(ObjectLocks, AtLevelDispatchAreSpinLocks, "SYN-11", "DEVX-13") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    for (WDFOBJECT object : {WDFOBJECT(hooks.device), WDFOBJECT(hooks.driver)}) {  // scope None: there is a lock all the same
      WdfObjectAcquireLock(object);
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
      WdfObjectReleaseLock(object);
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
  });
}

CONFORMANCE(ObjectLocks, AtLevelPassiveAreMutexesInACriticalRegion, "SYN-11", "DEVX-13", "IOX-49") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.ExecutionLevel = WdfExecutionLevelPassive; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WdfObjectAcquireLock(hooks.device);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_TRUE(KeAreApcsDisabled());
    WdfObjectReleaseLock(hooks.device);
    EXPECT_FALSE(KeAreApcsDisabled());
  });
}

CONFORMANCE(ObjectLocks, AnObjectWithoutOneIsABugCheck, "SYN-12", "DEVX-13", "VER-09") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDFOBJECT object = nullptr;
  machine.Run([&] {
    object = NewObject();
    WdfObjectAcquireLock(object);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0xB, reinterpret_cast<uint64_t>(object), 0);
}

CONFORMANCE(ObjectLocks, TakenTwiceOnAThreadIsABugCheck, "O-38", "IOX-49", "VER-02") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WdfObjectAcquireLock(hooks.device);
    WdfObjectAcquireLock(hooks.device);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x2);
  EXPECT_NE(machine.bug_check()->parameters[1], 0u) << "the lock's address";
}

CONFORMANCE(ObjectLocks, TakenTwiceWhenPassiveIsABugCheck, "O-38", "VER-02") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.ExecutionLevel = WdfExecutionLevelPassive; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WdfObjectAcquireLock(hooks.device);
    WdfObjectAcquireLock(hooks.device);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x2);
}

CONFORMANCE(ObjectLocks, TheDevicesLockIsHeldInItsRequestHandlersWithDeviceScope, "IOX-49", "SYN-04", "SYN-06", "SYN-09") {
  KIRQL in_handler = 0xFF;
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.SynchronizationScope = WdfSynchronizationScopeDevice; };
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    in_handler = KeGetCurrentIrql();
    WdfRequestComplete(request, STATUS_SUCCESS);
    WdfObjectAcquireLock(hooks.device);  // held already: 0x10D/0x2
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  file.Ioctl(kIoctl);
  EXPECT_EQ(in_handler, DISPATCH_LEVEL);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x2);
}

CONFORMANCE(ObjectLocks, WithScopeNoneNothingIsHeldInHandlers, "SYN-01", "SYN-04") {
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    WdfObjectAcquireLock(hooks.device);
    WdfObjectReleaseLock(hooks.device);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
