// SEND_AND_FORGET: preconditions, what the lower driver gets, and when the handle dies.
#include "probe.h"

namespace drydock::test {
namespace {

WDFIOTARGET TargetOf(WDFREQUEST request) { return WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request))); }
WDF_REQUEST_SEND_OPTIONS Forget() { return Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET); }

CONFORMANCE(SendAndForget, TheLowerDriverGetsTheSendersOwnLocation, "IOX-17", "IOT-3.18", "IOT-3.22") {
  PIO_STACK_LOCATION own = nullptr, below = nullptr;
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    own = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(request));
    auto options = Forget();
    EXPECT_TRUE(WdfRequestSend(request, TargetOf(request), &options));
  };
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                below = IoGetCurrentIrpStackLocation(static_cast<PIRP>(request.irp()));
                request.Complete(STATUS_SUCCESS, 0);
              }},
              hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS);
  EXPECT_NE(own, nullptr);
  EXPECT_EQ(own, below);
}

CONFORMANCE(SendAndForget, AFormattedRequestUsesTheNextLocation, "IOX-17", "IOT-3.22") {
  PIO_STACK_LOCATION own = nullptr, below = nullptr;
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    own = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(request));
    WdfRequestFormatRequestUsingCurrentType(request);
    auto options = Forget();
    EXPECT_TRUE(WdfRequestSend(request, TargetOf(request), &options));
  };
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                below = IoGetCurrentIrpStackLocation(static_cast<PIRP>(request.irp()));
                request.Complete(STATUS_SUCCESS, 0);
              }},
              hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS);
  EXPECT_EQ(own - 1, below);
}

CONFORMANCE(SendAndForget, IsRefusedAfterATargetFormatter, "OP-26", "IOT-3.22", "IOT-3.23") {
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    auto options = Forget();
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(TargetOf(request), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_FALSE(WdfRequestSend(request, TargetOf(request), &options));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfRequestComplete(request, STATUS_DATA_ERROR);
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_DATA_ERROR);
}

CONFORMANCE(SendAndForget, DisregardsTheTargetsStateAndIsNotTracked, "IOT-3.18", "IOX-17", "IOT-6.11") {
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    WDFIOTARGET target = TargetOf(request);
    WdfIoTargetPurge(target, WdfIoTargetPurgeIo);
    auto options = Forget();
    EXPECT_TRUE(WdfRequestSend(request, target, &options));
    WdfIoTargetPurge(target, WdfIoTargetPurgeIoAndWait);  // does not wait for it
    WdfIoTargetStart(target);
  };
  std::vector<ModelRequest> kept;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                request.Pend();
                kept.push_back(request);
                machine.After(std::chrono::milliseconds(10), [request] { request.Complete(STATUS_SUCCESS, 0); });
              }},
              hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS);
}

CONFORMANCE(SendAndForget, CleanupRunsBeforeTheIrpGoesDownAndTheQueueGoesOnAfterwards, "IOX-17") {
  static std::vector<std::string> order;
  order.clear();
  Hooks hooks;
  hooks.dispatch = WdfIoQueueDispatchSequential;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = [](WDFOBJECT) { order.push_back("cleanup"); };
    WdfDeviceInitSetRequestAttributes(init, &attributes);
  };
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    auto options = Forget();
    EXPECT_TRUE(WdfRequestSend(request, TargetOf(request), &options));
    order.push_back("sent");
  };
  std::vector<ModelRequest> kept;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                order.push_back("below");
                request.PendCancelable();
                kept.push_back(request);
              }},
              hooks);
  File file = stack.Open();
  machine.Run([&] {
    PendingIo first = file.StartIoctl(kBuffered, nullptr, 0, nullptr, 0);
    PendingIo second = file.StartIoctl(kBuffered, nullptr, 0, nullptr, 0);
    ASSERT_TRUE(Until([&] { return kept.size() == 2; }));  // the sequential queue did not wait for the first one's completion
    EXPECT_EQ(order, (std::vector<std::string>{"cleanup", "below", "sent", "cleanup", "below", "sent"}));
    kept[0].Complete(STATUS_SUCCESS);
    kept[1].Complete(STATUS_SUCCESS);
    EXPECT_EQ(first.Wait().status, STATUS_SUCCESS);
    EXPECT_EQ(second.Wait().status, STATUS_SUCCESS);
  });
}

CONFORMANCE(SendAndForget, ToARemoteTargetKeepsTheOriginalsFile, "IOX-18", "IOT-3.20") {
  PFILE_OBJECT original = nullptr, arrived = nullptr;
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Elsewhere", MakeModel({.on_ioctl = [&](const ModelRequest& request) {
                                    arrived = IoGetCurrentIrpStackLocation(static_cast<PIRP>(request.irp()))->FileObject;
                                    request.Complete(STATUS_SUCCESS, 0);
                                  }})),
            STATUS_SUCCESS);
  WDFIOTARGET remote = nullptr;
  Hooks hooks;
  hooks.ioctl = [&](WDFREQUEST request, ULONG) {
    original = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(request))->FileObject;
    auto options = Forget();
    EXPECT_TRUE(WdfRequestSend(request, remote, &options));
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  machine.Run([&] {
    remote = NewRemote(stack.wdf());
    EXPECT_EQ(S(OpenByName(remote, u"\\Device\\Elsewhere")), S(STATUS_SUCCESS));
  });
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, STATUS_SUCCESS);
  EXPECT_NE(original, nullptr);
  EXPECT_EQ(original, arrived);
}

CONFORMANCE(SendAndForget, ADriverMadeRequestIsRefused, "OP-26", "IOT-3.20") {
  Stack stack(machine);
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    auto options = Forget();
    EXPECT_FALSE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_STATE));
    WdfObjectDelete(request);
  });
}

// OP-9: forbidden by the documentation, told by the verifier, and done.
CONFORMANCE_WITH((MachineOptions{.verifier = true}), SendAndForgetVerified, ACreateWithAFileObjectClassBreaksAndIsSent, "OP-9", "IOT-3.21") {
  Hooks hooks;
  int creates_below = 0;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_FILEOBJECT_CONFIG config;
    WDF_FILEOBJECT_CONFIG_INIT(
        &config,
        [](WDFDEVICE device, WDFREQUEST request, WDFFILEOBJECT) {
          auto options = Forget();
          EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(device), &options));
        },
        nullptr, nullptr);
    config.AutoForwardCleanupClose = WdfTrue;
    WdfDeviceInitSetFileObjectConfig(init, &config, WDF_NO_OBJECT_ATTRIBUTES);
  };
  struct Model : DeviceModel {
    explicit Model(int* count) : creates(count) {}
    void OnCreate(const ModelRequest& request) override {
      ++*creates;
      request.Complete(STATUS_SUCCESS);
    }
    int* creates;
  };
  Stack stack(machine, std::make_shared<Model>(&creates_below), hooks);
  File file = stack.Open();
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  EXPECT_EQ(creates_below, 1);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u) << machine.ReportText();
}

}  // namespace
}  // namespace drydock::test
