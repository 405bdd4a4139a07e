// Local targets: there from WdfDeviceCreate on, and what they answer about themselves.
#include "probe.h"

namespace drydock::test {
namespace {

CONFORMANCE(TargetsLocal, IsOpenAndStartedOnceTheDeviceIsCreated, "IOT-1.01", "IOT-1.02", "IOT-6.02") {
  WDF_IO_TARGET_STATE in_add = WdfIoTargetStateUndefined;
  WDFIOTARGET given = nullptr;
  Hooks hooks;
  hooks.added = [&](WDFDEVICE device) {
    given = WdfDeviceGetIoTarget(device);
    if (given) in_add = WdfIoTargetGetState(given);
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  EXPECT_NE(given, nullptr);
  EXPECT_EQ(in_add, WdfIoTargetStarted);
}

CONFORMANCE(TargetsLocal, AnswersAtDispatchLevel, "IOT-1.02", "IOT-1.08", "IOT-6.02") {
  Stack stack(machine);
  machine.Run([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    WDFIOTARGET target = stack.local();
    EXPECT_EQ(WdfIoTargetGetDevice(target), stack.wdf());
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);
    KeLowerIrql(old);
  });
}

CONFORMANCE(TargetsLocal, StateNumbersAreTheDocumentedOnes, "OP-14", "IOT-6.01", "IOT-6.14", "IOT-1.13", "IOT-3.09") {
  EXPECT_EQ(int(WdfIoTargetStateUndefined), 0);
  EXPECT_EQ(int(WdfIoTargetStarted), 1);
  EXPECT_EQ(int(WdfIoTargetStopped), 2);
  EXPECT_EQ(int(WdfIoTargetClosedForQueryRemove), 3);
  EXPECT_EQ(int(WdfIoTargetClosed), 4);
  EXPECT_EQ(int(WdfIoTargetDeleted), 5);
  EXPECT_EQ(int(WdfIoTargetPurged), 6);
  EXPECT_EQ(int(WdfIoTargetCancelSentIo), 1);
  EXPECT_EQ(int(WdfIoTargetWaitForSentIoToComplete), 2);
  EXPECT_EQ(int(WdfIoTargetLeaveSentIoPending), 3);
  EXPECT_EQ(int(WdfIoTargetPurgeIoAndWait), 1);
  EXPECT_EQ(int(WdfIoTargetPurgeIo), 2);
  EXPECT_EQ(int(WdfIoTargetOpenUseExistingDevice), 1);
  EXPECT_EQ(int(WdfIoTargetOpenByName), 2);
  EXPECT_EQ(int(WdfIoTargetOpenReopen), 3);
  EXPECT_EQ(int(WDF_REQUEST_SEND_OPTION_TIMEOUT), 1);
  EXPECT_EQ(int(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS), 2);
  EXPECT_EQ(int(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE), 4);
  EXPECT_EQ(int(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET), 8);
}

CONFORMANCE(TargetsLocal, ARequestArrivesAtTheDeviceDirectlyBelow, "IOT-1.03") {
  Hooks lower;
  int lower_calls = 0, model_calls = 0;
  lower.ioctl = [&](WDFREQUEST request, ULONG) {
    ++lower_calls;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Stack stack(machine, MakeModel({.on_ioctl = [&](const ModelRequest& request) {
                ++model_calls;
                request.Complete(STATUS_SUCCESS);
              }}),
              {}, &lower);
  machine.Run([&] {
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
  });
  EXPECT_EQ(lower_calls, 1);
  EXPECT_EQ(model_calls, 0);
}

CONFORMANCE(TargetsLocal, DeviceObjectsOfTheTarget, "IOT-1.25") {
  Stack stack(machine);
  machine.Run([&] {
    EXPECT_EQ(WdfIoTargetWdmGetTargetDeviceObject(stack.local()), WdfDeviceWdmGetAttachedDevice(stack.wdf()));
    EXPECT_EQ(WdfIoTargetWdmGetTargetPhysicalDevice(stack.local()), stack.device.pdo());
    EXPECT_EQ(WdfIoTargetWdmGetTargetFileObject(stack.local()), nullptr);
  });
}

CONFORMANCE(TargetsLocal, FunctionsOfRemoteTargetsAreABadHandle, "IOT-1.24") {
  Stack stack(machine);
  machine.Run([&] { WdfIoTargetWdmGetTargetFileHandle(stack.local()); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5);
}

CONFORMANCE(TargetsLocal, ClosingALocalTargetIsABadHandle, "IOT-6.19") {
  Stack stack(machine);
  machine.Run([&] { WdfIoTargetClose(stack.local()); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5);
}

CONFORMANCE(TargetsLocal, AControlDeviceHasNone, "IOT-1.02") {
  Stack stack(machine);
  machine.Run([&] {
    UNICODE_STRING sddl = Name(u"D:P(A;;GA;;;SY)");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(stack.hooks.driver, &sddl);
    ASSERT_NE(init, nullptr);
    WDFDEVICE control = nullptr;
    ASSERT_EQ(S(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &control)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfDeviceGetIoTarget(control), nullptr);
    WdfControlFinishInitializing(control);
    WdfObjectDelete(control);
  });
}

}  // namespace
}  // namespace drydock::test
