// What differs for a UMDF driver: by-file targets, Win32 opens, unformatted refusals, time-outs, impersonation flags.
#include "probe.h"

namespace drydock::test {
namespace {

#ifndef DRYDOCK_WDF_UMDF
#error "built against the wrong headers"
#endif

NTSTATUS Ping(WDFIOTARGET target) { return WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr); }

struct Looker {
  PFILE_OBJECT file = nullptr;
  int creates = 0, closes = 0, calls = 0;
};
struct LookingModel : DeviceModel {
  explicit LookingModel(Looker* looker) : looker(*looker) {}
  void OnCreate(const ModelRequest& request) override {
    ++looker.creates;
    request.Complete(STATUS_SUCCESS);
  }
  void OnIoctl(const ModelRequest& request) override {
    ++looker.calls;
    looker.file = IoGetCurrentIrpStackLocation(static_cast<PIRP>(request.irp()))->FileObject;
    request.Complete(STATUS_SUCCESS, 0);
  }
  Looker& looker;
};

CONFORMANCE(TargetsUm, AByFileTargetReachesTheLowerStackWithItsFile, "IOT-1.20", "IOT-1.21", "IOT-1.24", "IOT-1.13", "UM-23") {
  Looker looker;
  Stack stack(machine, std::make_shared<LookingModel>(&looker));
  machine.Run([&] {
    EXPECT_EQ(S(Ping(stack.local())), S(STATUS_SUCCESS));
    EXPECT_EQ(looker.file, nullptr);  // driver-made requests have none on the local target
    WDFIOTARGET target = NewRemote(stack.wdf());
    UNICODE_STRING name = Name(u"stream");
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&params, &name);
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(looker.creates, 1);
    EXPECT_EQ(S(Ping(target)), S(STATUS_SUCCESS));
    ASSERT_NE(looker.file, nullptr);
    EXPECT_EQ(looker.file->FileName.Length, name.Length);
    EXPECT_NE(WdfIoTargetWdmGetTargetFileHandle(target), nullptr);
    WdfIoTargetClose(target);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&params, nullptr);
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    WdfObjectDelete(target);
  });
  EXPECT_EQ(looker.calls, 2);
}

CONFORMANCE(TargetsUm, AByFileTargetIsRefusedWithSlashesOrCallbacks, "IOT-1.20", "IOX-36") {
  Looker looker;
  Stack stack(machine, std::make_shared<LookingModel>(&looker));
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    WDF_IO_TARGET_OPEN_PARAMS params;
    for (const char16_t* bad : {u"a\\b", u"/a", u"\\"}) {
      UNICODE_STRING name = Name(bad);
      WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&params, &name);
      EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));
    }
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&params, nullptr);
    params.EvtIoTargetRemoveComplete = [](WDFIOTARGET) {};
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));
    WdfObjectDelete(target);
  });
  EXPECT_EQ(looker.creates, 0);
}

CONFORMANCE(TargetsUm, ALeftOpenByFileTargetIsClosedAtRemoval, "IOT-1.22", "UM-23") {
  Looker looker;
  {
    Stack stack(machine, std::make_shared<LookingModel>(&looker));
    machine.Run([&] {
      WDF_IO_TARGET_OPEN_PARAMS params;
      WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&params, nullptr);
      EXPECT_EQ(S(WdfIoTargetOpen(NewRemote(stack.wdf()), &params)), S(STATUS_SUCCESS));
    });
    EXPECT_EQ(machine.RemoveDevice(stack.device), STATUS_SUCCESS) << machine.ReportText();
  }
}

CONFORMANCE(TargetsUm, ExistingDevicesAreRefused, "IOX-36", "IOT-1.13") {
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    WDF_IO_TARGET_OPEN_PARAMS params = {};
    params.Size = sizeof(params);
    params.Type = WdfIoTargetOpenUseExistingDevice;
    params.TargetDeviceObject = stack.device.pdo();
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsUm, CreateByNameNeedsAWin32Disposition, "OP-28", "IOT-1.11") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel({})), STATUS_SUCCESS);
  ASSERT_EQ(machine.Link("\\??\\Thing", "\\Device\\Thing"), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    UNICODE_STRING name = Name(u"\\\\.\\Thing"), nowhere = Name(u"\\\\.\\Nowhere");
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_CREATE_BY_NAME(&params, &name, GENERIC_READ);
    EXPECT_EQ(params.CreateDisposition, 0u);
    EXPECT_FALSE(NT_SUCCESS(WdfIoTargetOpen(target, &params)));
    params.CreateDisposition = 4;  // OPEN_ALWAYS
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    WdfIoTargetClose(target);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &nowhere, GENERIC_READ);
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_NOT_FOUND));
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsUm, FormattingForAClosedTargetSucceedsAndTheSendFails, "OP-5") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel({})), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_SUCCESS));
    WdfIoTargetClose(target);
    Completion completion;
    WDFREQUEST request = ReadyIoctl(target, completion);
    EXPECT_FALSE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(completion.runs, 0);
    WdfObjectDelete(request);
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsUm, ANeverOpenedTargetRefusesSends, "OP-5") {
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);
    char byte = 0;
    auto buffer = BufferDescriptor(&byte, 1);
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(target, nullptr, &buffer, nullptr, nullptr, nullptr)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(WdfIoTargetSendWriteSynchronously(target, nullptr, &buffer, nullptr, nullptr, nullptr)), S(STATUS_INVALID_DEVICE_STATE));
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsUm, ImpersonationFlags, "OP-26", "IOT-3.32", "IOT-3.09") {
  int below = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    ++below;
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    constexpr ULONG kImpersonate = 0x10000, kIgnore = 0x20000;
    for (ULONG flags : {kImpersonate, kIgnore, kImpersonate | kIgnore}) {
      auto options = Options(flags);
      EXPECT_FALSE(WdfRequestSend(request, stack.local(), &options));  // no received create
      EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_PARAMETER));
      EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)),
                S(STATUS_INVALID_PARAMETER));
    }
    WdfObjectDelete(request);
  });
  EXPECT_EQ(below, 0);
}

CONFORMANCE(TargetsUm, TheFrameworksInternalMethodsAreNotInTheTable, "IOT-2.02") {
#ifdef WdfIoTargetSendInternalIoctlSynchronously
  FAIL();
#endif
  // 111, 113, 115: the three that UMDF has.
  EXPECT_EQ(int(WdfIoTargetSendReadSynchronouslyTableIndex), 111);
  EXPECT_EQ(int(WdfIoTargetSendWriteSynchronouslyTableIndex), 113);
  EXPECT_EQ(int(WdfIoTargetSendIoctlSynchronouslyTableIndex), 115);
}

CONFORMANCE(TargetsUm, AnAsynchronousExpiryComesFromAPoolThread, "IOX-10", "OP-2") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    auto options = Options(0, Milliseconds(10));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_TRUE(Until([&] { return completion.runs == 1; }));
    EXPECT_EQ(S(completion.status), S(STATUS_IO_TIMEOUT));
    EXPECT_EQ(completion.irql, PASSIVE_LEVEL);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsUm, SynchronousTimeOutsAreWholeMilliseconds, "IOX-11") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    auto elapsed = [&](LONGLONG timeout) {
      LARGE_INTEGER before, after;
      auto options = Options(0, timeout);
      KeQuerySystemTime(&before);
      EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)),
                S(STATUS_IO_TIMEOUT));
      KeQuerySystemTime(&after);
      return after.QuadPart - before.QuadPart;
    };
    const LONGLONG below_one = elapsed(-9'999), twelve = elapsed(Milliseconds(12) - 9'999);
    EXPECT_GE(twelve, 12 * 10'000);
    if (machine.simulated()) {
      EXPECT_LT(below_one, 10);
      EXPECT_LT(twelve, 12 * 10'000 + 10);
    }
  });
}

}  // namespace
}  // namespace drydock::test
