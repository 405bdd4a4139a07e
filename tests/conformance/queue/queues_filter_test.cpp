// What a filter's framework does with requests that no queue or handler of it wants.
#include <cstring>

#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

// A filter over a model that answers everything and says so.
struct FilterRig : Rig {
  explicit FilterRig(Machine& machine) : Rig(machine) {
    init = [](PWDFDEVICE_INIT device_init) { WdfFdoInitSetFilter(device_init); };
    auto answer = [this](const char* what) {
      return [this, what](const ModelRequest& request) {
        Say(std::string("below: ") + what);
        if (request.output_length() != 0) memset(request.output(), 'b', request.output_length());
        request.Complete(0, request.output_length() ? request.output_length() : request.input_length());
      };
    };
    model = MakeModel({.on_read = answer("read"), .on_write = answer("write"), .on_ioctl = answer("ioctl")});
  }
};

CONFORMANCE(FilterQueue, TypeWithoutQueueGoesDown, "IOT-9.14", "IOT-7.26") {
  FilterRig rig(machine);
  rig.add = [&] {
    WDFQUEUE writes = rig.NewQueue({.handlers = kWrite});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, writes, WdfRequestTypeWrite), STATUS_SUCCESS);
  };
  rig.on_write = [&](WDFQUEUE, WDFREQUEST request, size_t) {
    rig.Say("filter: write");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  char buffer[4] = {};
  EXPECT_EQ(file.Read(buffer, 4).information, 4u);
  EXPECT_EQ(buffer[3], 'b');
  EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(file.Ioctl(kIoctlBuffered, buffer, 4, buffer, 2).information, 2u);
  EXPECT_EQ(rig.Said(), (Strings{"below: read", "filter: write", "below: ioctl"}));
}

CONFORMANCE(FilterQueue, DefaultQueueWithoutHandlerLetsTheRequestDownAtItsTurn, "IOX-51") {
  FilterRig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .handlers = kWrite}); };
  rig.on_write = [&](WDFQUEUE, WDFREQUEST request, size_t) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  char buffer[4] = {};
  EXPECT_EQ(file.Read(buffer, 4).information, 4u);  // idle queue: at once
  PendingIo write = file.StartWrite("x", 1);
  PendingIo read = file.StartRead(buffer, 2);
  machine.RunUntilIdle();
  EXPECT_FALSE(read.done());  // waits for its turn
  rig.In([&] { rig.CompleteHeld(); });
  EXPECT_EQ(read.Wait().information, 2u);
  EXPECT_EQ(write.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"below: read", "below: read"}));
}

CONFORMANCE(FilterQueue, OtherQueueWithoutHandlerRefusesEvenInAFilter, "IOX-51") {
  FilterRig rig(machine);
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    second = rig.NewQueue({.handlers = kRead});
  };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_SUCCESS); };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(rig.Said(), Strings{});
}

CONFORMANCE(FilterQueue, EnqueueWithoutQueueForwards, "IOT-9.50") {
  FilterRig rig(machine);
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) {
    rig.Say("in caller");
    EXPECT_EQ(WdfDeviceEnqueueRequest(device, request), STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("xyz").information, 3u);
  EXPECT_EQ(rig.Said(), (Strings{"in caller", "below: write"}));
}

CONFORMANCE(FilterQueue, QueuesOfAFilterAreNotManagedByDefault, "IOT-9.18", "IOT-9.19") {
  FilterRig rig(machine);
  rig.add = [&] {
    rig.NewQueue({.is_default = true, .power_managed = WdfUseDefault});
    EXPECT_FALSE(StateOf(rig.queue).bits & WdfIoQueuePnpHeld);  // delivers in any state, also before start
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
}

CONFORMANCE(FilterQueue, ForwardedRequestComesToTheQueueOfTheNextDriverAsANewRequest, "IOT-3.31", "IOT-7.10") {
  FilterRig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    PIRP irp = WdfRequestWdmGetIrp(request);
    WdfRequestFormatRequestUsingCurrentType(request);
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(rig.wdf_device), &options));
    EXPECT_EQ(WdfRequestWdmGetIrp(request), irp);
    WdfRequestCompleteWithInformation(request, WdfRequestGetStatus(request), WdfRequestGetInformation(request));
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("abcd").information, 4u);
  EXPECT_EQ(rig.Said(), Strings{"below: write"});
}

CONFORMANCE(FilterQueue, SendAndForgetEndsTheDriversOwnershipAndTheQueueGoesOn, "IOX-17", "IOT-9.06", "IOT-9.25") {
  FilterRig rig(machine);
  rig.model = SilentDevice();
  rig.add = [&] { rig.NewQueue({.is_default = true, .power_managed = WdfTrue, .stop_callbacks = true}); };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST, ULONG) { ADD_FAILURE() << "EvtIoStop for a request that was sent away for good"; };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("handler");
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(rig.wdf_device), &options));
  };
  rig.Start();
  File file = rig.Open();
  PendingIo one = file.StartWrite("1", 1), two = file.StartWrite("2", 1);
  machine.RunUntilIdle();
  EXPECT_EQ(rig.Said(), (Strings{"handler", "handler"}));
  rig.In([&] { EXPECT_EQ(StateOf(rig.queue).at_driver, 0u); });
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  one.Cancel();
  two.Cancel();
  EXPECT_EQ(one.Wait().status, STATUS_CANCELLED);
  EXPECT_EQ(two.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE(FilterQueue, RequestAtATargetStillCountsForItsQueue, "IOT-9.22", "IOT-9.28", "IOT-9.21") {
  FilterRig rig(machine);
  std::vector<ModelRequest> pended;
  rig.model = MakeModel({.on_write = [&](const ModelRequest& request) {
    request.Pend();
    pended.push_back(request);
  }});
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true, .power_managed = WdfTrue, .stop_callbacks = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WdfRequestFormatRequestUsingCurrentType(request);
    WdfRequestSetCompletionRoutine(
        request,
        [](WDFREQUEST sent, WDFIOTARGET, PWDF_REQUEST_COMPLETION_PARAMS parameters, WDFCONTEXT) {
          WdfRequestComplete(sent, parameters->IoStatus.Status);
        },
        nullptr);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(rig.wdf_device), WDF_NO_SEND_OPTIONS));
  };
  rig.on_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG) {
    rig.Say("stop");
    WdfRequestStopAcknowledge(request, FALSE);  // left at its target
  };
  rig.on_resume = [&](WDFQUEUE, WDFREQUEST) { rig.Say("resume"); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  rig.In([&] { EXPECT_EQ(StateOf(rig.queue).at_driver, 1u); });
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"stop", "resume"}));
  ASSERT_EQ(pended.size(), 1u);
  rig.In([&] { pended[0].Complete(0); });
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
