// Before the queue: EvtIoInCallerContext, WdfDeviceEnqueueRequest, WdfDeviceWdmDispatchIrpToIoQueue.
#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

CONFORMANCE(InCaller, SeesEachRequestBeforeItsQueueInTheSendersThread, "IOT-9.49", "IOT-9.50", "IOX-49") {
  Rig rig(machine);
  rig.device_attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  PKTHREAD caller = nullptr;
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) {
    rig.Say("in caller at " + std::to_string(KeGetCurrentIrql()));
    caller = reinterpret_cast<PKTHREAD>(PsGetCurrentThread());
    EXPECT_EQ(WdfRequestGetIoQueue(request), nullptr);
    EXPECT_EQ(WdfDeviceEnqueueRequest(device, request), STATUS_SUCCESS);
    rig.Say("enqueued");
  };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("handler at " + std::to_string(KeGetCurrentIrql()));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open({.kernel_mode = true});
  rig.In([&] {
    EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
    EXPECT_EQ(caller, reinterpret_cast<PKTHREAD>(PsGetCurrentThread()));
  });
  EXPECT_EQ(rig.Said(), (Strings{"in caller at 0", "handler at 2", "enqueued"}));
}

CONFORMANCE(InCaller, MayCompleteInsteadOfEnqueueing, "IOT-9.49") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_in_caller = [&](WDFDEVICE, WDFREQUEST request) { WdfRequestCompleteWithInformation(request, STATUS_UNSUCCESSFUL, 5); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST) { ADD_FAILURE(); };
  rig.Start();
  const IoResult result = rig.Open().Write("x");
  EXPECT_EQ(result.status, STATUS_UNSUCCESSFUL);
}

CONFORMANCE(InCaller, EnqueueWithoutQueueOrIntoAClosedOneFails, "IOT-9.50", "OP-16") {
  Rig rig(machine);
  rig.add = [&] {
    WDFQUEUE reads = rig.NewQueue({.handlers = kRead});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, reads, WdfRequestTypeRead), STATUS_SUCCESS);
    WdfIoQueuePurge(reads, nullptr, nullptr);
  };
  NTSTATUS enqueue = 0;
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) {
    enqueue = WdfDeviceEnqueueRequest(device, request);
    WdfRequestComplete(request, enqueue);
  };
  rig.Start();
  char byte;
  File file = rig.Open();
  EXPECT_EQ(file.Write("x").status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(enqueue, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(file.Read(&byte, 1).status, STATUS_DEVICE_BUSY);  // STATUS_WDF_BUSY, replaced on its way out
  EXPECT_EQ(enqueue, STATUS_WDF_BUSY);
}

CONFORMANCE(InCaller, RequestCancelledInTheQueueAfterwardsIsReported, "OP-17", "IOT-9.47") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchManual, .is_default = true, .canceled_on_queue = true}); };
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) { EXPECT_EQ(WdfDeviceEnqueueRequest(device, request), STATUS_SUCCESS); };
  rig.on_canceled = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("canceled");
    WdfRequestComplete(request, STATUS_CANCELLED);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  io.Cancel();
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
  EXPECT_EQ(rig.Said(), Strings{"canceled"});
}

CONFORMANCE(InCaller, RequestsOfNoQueueCannotBeMarked, "IOT-5.06", "IOT-5.13") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) {
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, rig.queue), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfDeviceEnqueueRequest(device, request), STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
}

// Preprocess and dispatch callbacks put the IRP where they like.
NTSTATUS DispatchToQueue(WDFDEVICE device, UCHAR, UCHAR, ULONG, WDFCONTEXT, PIRP irp, WDFCONTEXT) {
  return WdfDeviceWdmDispatchIrpToIoQueue(device, irp, Rig::current->queue, WDF_DISPATCH_IRP_TO_IO_QUEUE_NO_FLAGS);
}
NTSTATUS DispatchToQueueAskingCaller(WDFDEVICE device, UCHAR, UCHAR, ULONG, WDFCONTEXT, PIRP irp, WDFCONTEXT) {
  return WdfDeviceWdmDispatchIrpToIoQueue(device, irp, Rig::current->queue, WDF_DISPATCH_IRP_TO_IO_QUEUE_INVOKE_INCALLERCTX_CALLBACK);
}
NTSTATUS DispatchWithUnknownFlag(WDFDEVICE device, UCHAR, UCHAR, ULONG, WDFCONTEXT, PIRP irp, WDFCONTEXT) {
  return WdfDeviceWdmDispatchIrpToIoQueue(device, irp, Rig::current->queue, 8);
}

CONFORMANCE(InCaller, DispatchToAQueueAsksOnlyWhenTold, "IOT-9.51", "OP-25") {
  Rig rig(machine);
  rig.add = [&] {
    rig.NewQueue({.handlers = kDefault});  // no type goes here by itself
    WDFDRIVER driver = WdfDeviceGetDriver(rig.wdf_device);
    EXPECT_EQ(WdfDeviceConfigureWdmIrpDispatchCallback(rig.wdf_device, driver, IRP_MJ_WRITE, DispatchToQueue, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceConfigureWdmIrpDispatchCallback(rig.wdf_device, driver, IRP_MJ_READ, DispatchToQueueAskingCaller, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceConfigureWdmIrpDispatchCallback(rig.wdf_device, driver, IRP_MJ_DEVICE_CONTROL, DispatchWithUnknownFlag, nullptr),
              STATUS_SUCCESS);
  };
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) {
    rig.Say("in caller");
    EXPECT_EQ(WdfDeviceEnqueueRequest(device, request), STATUS_SUCCESS);
  };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("handler");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  char byte;
  EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), Strings{"handler"});
  rig.Forget();
  EXPECT_EQ(file.Read(&byte, 1).status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"in caller", "handler"}));
  EXPECT_EQ(file.Ioctl(kIoctlBuffered).status, STATUS_INVALID_PARAMETER);
}

NTSTATUS Preprocess(WDFDEVICE device, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return WdfDeviceWdmDispatchIrpToIoQueue(device, irp, Rig::current->queue, WDF_DISPATCH_IRP_TO_IO_QUEUE_PREPROCESSED_IRP);
}

CONFORMANCE(InCaller, PreprocessedIrpGoesToTheChosenQueue, "IOT-9.51", "OP-25") {
  Rig rig(machine);
  rig.init = [](PWDFDEVICE_INIT init) {
    EXPECT_EQ(WdfDeviceInitAssignWdmIrpPreprocessCallback(init, Preprocess, IRP_MJ_WRITE, nullptr, 0), STATUS_SUCCESS);
  };
  rig.add = [&] { rig.NewQueue({.handlers = kWrite}); };
  rig.on_write = [&](WDFQUEUE, WDFREQUEST request, size_t length) {
    EXPECT_EQ(length, 3u);
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 3);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("abc").information, 3u);
}

}  // namespace
}  // namespace drydock::test
