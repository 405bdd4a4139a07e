// Execution levels and what is, and is not, under the callback lock: what moves to a work item, what runs in the caller's thread.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

void PassiveDevice(WDF_OBJECT_ATTRIBUTES& attributes) { attributes.ExecutionLevel = WdfExecutionLevelPassive; }

struct Seen {
  std::atomic<int> level{-1};
  std::atomic<PKTHREAD> thread{nullptr};
  std::atomic<int> count{0};
  void Note() {
    level = KeGetCurrentIrql();
    thread = reinterpret_cast<PKTHREAD>(KeGetCurrentThread());
    ++count;
  }
};

// Sends a device control IRP as a driver above would, at the level of the caller; returns when it is complete.
void SendFromAbove(PDEVICE_OBJECT top, KIRQL level) {
  KEVENT event;
  IO_STATUS_BLOCK result = {};
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(kIoctl, top, nullptr, 0, nullptr, 0, FALSE, &event, &result);
  KIRQL old;
  KeRaiseIrql(level, &old);
  NTSTATUS status = IoCallDriver(top, irp);
  KeLowerIrql(old);
  if (status == STATUS_PENDING) KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(S(result.Status), S(STATUS_SUCCESS));
}

CONFORMANCE(Levels, APassiveQueueCallbackNeededAboveItsLevelMovesToAWorkItem, "SYN-05", "DEVX-18", "SYN-04") {
  Hooks hooks;
  Seen seen;
  hooks.device_attributes = PassiveDevice;
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    seen.Note();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    const PKTHREAD self = reinterpret_cast<PKTHREAD>(KeGetCurrentThread());
    SendFromAbove(rig.device.top(), DISPATCH_LEVEL);
    EXPECT_EQ(seen.level, PASSIVE_LEVEL);
    EXPECT_NE(seen.thread.load(), self) << "moved";
    SendFromAbove(rig.device.top(), PASSIVE_LEVEL);
    EXPECT_EQ(seen.level, PASSIVE_LEVEL);
    EXPECT_EQ(seen.thread.load(), self) << "at PASSIVE_LEVEL already: in the caller's thread";
  });
}

CONFORMANCE(Levels, ADispatchQueueCallbackRunsAtTheCallersLevelWithScopeNone, "SYN-04", "DEVX-18") {
  Hooks hooks;
  Seen seen;
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    seen.Note();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    const PKTHREAD self = reinterpret_cast<PKTHREAD>(KeGetCurrentThread());
    for (KIRQL level : {KIRQL(PASSIVE_LEVEL), KIRQL(DISPATCH_LEVEL)}) {
      SendFromAbove(rig.device.top(), level);
      EXPECT_EQ(seen.level, level);
      EXPECT_EQ(seen.thread.load(), self);
    }
  });
}

CONFORMANCE(Levels, WithAScopeTheLevelIsExact, "SYN-04") {
  for (bool passive : {false, true}) {
    Hooks hooks;
    Seen seen;
    hooks.device_attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) {
      attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
      if (passive) attributes.ExecutionLevel = WdfExecutionLevelPassive;
    };
    hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
      seen.Note();
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    machine.Run([&] {
      for (KIRQL level : {KIRQL(PASSIVE_LEVEL), KIRQL(DISPATCH_LEVEL)}) {
        SendFromAbove(rig.device.top(), level);
        EXPECT_EQ(seen.level, passive ? PASSIVE_LEVEL : DISPATCH_LEVEL) << "called at " << int{level};
      }
    });
  }
}

CONFORMANCE(Levels, FileCallbacksAreNeverMoved, "DEVX-18") {
  Hooks hooks;
  Seen seen;
  PFILE_OBJECT wdm_file = nullptr;
  hooks.device_attributes = PassiveDevice;
  hooks.file_cleanup = [&](WDFFILEOBJECT) { seen.Note(); };
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    wdm_file = WdfFileObjectWdmGetFileObject(WdfRequestGetFileObject(request));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  ASSERT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
  ASSERT_NE(wdm_file, nullptr);
  machine.Run([&] {
    // A driver above closes its handle where it should not.
    PDEVICE_OBJECT top = rig.device.top();
    PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_CLEANUP;
    stack->FileObject = wdm_file;
    IoSetCompletionRoutine(
        irp, [](PDEVICE_OBJECT, PIRP, PVOID) -> NTSTATUS { return STATUS_MORE_PROCESSING_REQUIRED; }, nullptr, TRUE, TRUE, TRUE);
    {
      AtDispatch raised;
      (void)IoCallDriver(top, irp);
    }
    EXPECT_EQ(seen.count, 1);
    EXPECT_EQ(seen.level, DISPATCH_LEVEL);
    EXPECT_EQ(seen.thread.load(), reinterpret_cast<PKTHREAD>(KeGetCurrentThread()));
    IoFreeIrp(irp);
  });
}

CONFORMANCE(Levels, AQueueOfAnotherLevelThanADeviceWithDeviceScopeIsRefused, "DEVX-18") {
  for (bool passive : {false, true}) {
    Hooks hooks;
    hooks.device_attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) {
      attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
      if (passive) attributes.ExecutionLevel = WdfExecutionLevelPassive;
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    machine.Run([&] {
      WDF_IO_QUEUE_CONFIG config;
      WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
      WDFQUEUE queue = nullptr;
      WDF_OBJECT_ATTRIBUTES attributes = Attributes();
      attributes.ExecutionLevel = passive ? WdfExecutionLevelDispatch : WdfExecutionLevelPassive;
      EXPECT_EQ(S(WdfIoQueueCreate(hooks.device, &config, &attributes, &queue)), S(STATUS_INVALID_PARAMETER));
      attributes.ExecutionLevel = passive ? WdfExecutionLevelPassive : WdfExecutionLevelDispatch;
      EXPECT_EQ(S(WdfIoQueueCreate(hooks.device, &config, &attributes, &queue)), S(STATUS_SUCCESS));
    });
  }
}

// The device's lock is held by one thread; a completion routine runs on another all the same, a serialised timer does not.
CONFORMANCE(Levels, CompletionRoutinesAreNeverSerialised, "SYN-08") {
  Hooks hooks;
  static std::atomic<int> completions, expiries;
  completions = 0;
  expiries = 0;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) {
    attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
  };
  Rig rig(machine, hooks);
  auto model = MakeModel({.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }});
  rig.AddDevice(model);
  machine.Run([&] {
    WDFIOTARGET target = WdfDeviceGetIoTarget(hooks.device);
    WDFREQUEST request = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(hooks.device);
    ASSERT_EQ(S(WdfRequestCreate(&attributes, target, &request)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfIoTargetFormatRequestForIoctl(target, request, kIoctl, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    WdfRequestSetCompletionRoutine(request, [](WDFREQUEST, WDFIOTARGET, PWDF_REQUEST_COMPLETION_PARAMS, WDFCONTEXT) { ++completions; }, nullptr);
    WDF_WORKITEM_CONFIG config;
    WDF_WORKITEM_CONFIG_INIT(&config, [](WDFWORKITEM) { ++expiries; });
    attributes = Attributes(hooks.device);
    WDFWORKITEM item = nullptr;
    ASSERT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_SUCCESS));
    WdfObjectAcquireLock(hooks.device);
    WdfWorkItemEnqueue(item);
    Task other = machine.StartKernel("other", [&] { EXPECT_TRUE(WdfRequestSend(request, target, nullptr)); });
    EXPECT_TRUE(Until([&] { return completions == 1; })) << "the lock does not hold it up";
    SleepMs(5);
    EXPECT_EQ(expiries, 0) << "this one waits for the lock";
    WdfObjectReleaseLock(hooks.device);
    WdfWorkItemFlush(item);
    EXPECT_EQ(expiries, 1);
  });
}

}  // namespace
}  // namespace drydock::test
