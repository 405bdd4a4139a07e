// Requests that a driver makes: creation, reuse, IRPs of its own, completion parameters.
#include "nt/io/irp.h"
#include "probe.h"

namespace drydock::test {
namespace {

ModelFunctions Succeeds(size_t information = 0) {
  return {.on_ioctl = [=](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, information); }};
}

CONFORMANCE(Requests, CreateWithATargetGivesAnIrpThatFits, "IOT-7.01", "IOT-3.01") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    WDFREQUEST with = NewRequest(stack.local()), without = NewRequest(nullptr);
    ASSERT_NE(WdfRequestWdmGetIrp(with), nullptr);
    EXPECT_GE(WdfRequestWdmGetIrp(with)->StackCount, WdfIoTargetWdmGetTargetDeviceObject(stack.local())->StackSize);
    EXPECT_EQ(WdfRequestWdmGetIrp(without), nullptr);
    EXPECT_EQ(WdfRequestWdmGetIrp(with)->RequestorMode, KernelMode);
    // The formatter gives the empty one an IRP (IOX-26).
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), without, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_NE(WdfRequestWdmGetIrp(without), nullptr);
    EXPECT_TRUE(WdfRequestSend(without, stack.local(), nullptr));
    WdfObjectDelete(with);
    WdfObjectDelete(without);
  });
}

CONFORMANCE(Requests, CreateChecksAttributes, "IOT-7.01", "IOT-7.02") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.Size += 4;
    WDFREQUEST request = nullptr;
    EXPECT_EQ(S(WdfRequestCreate(&attributes, stack.local(), &request)), S(STATUS_INFO_LENGTH_MISMATCH));
    EXPECT_EQ(request, nullptr);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = stack.wdf();
    static int cleanups;
    cleanups = 0;
    attributes.EvtCleanupCallback = [](WDFOBJECT) { ++cleanups; };
    ASSERT_EQ(S(WdfRequestCreate(&attributes, stack.local(), &request)), S(STATUS_SUCCESS));
    WdfObjectDelete(request);
    EXPECT_EQ(cleanups, 1);
  });
}

CONFORMANCE(Requests, CompletingADriverMadeOneIsABugCheck, "IOT-7.03") {
  Stack stack(machine, Succeeds());
  machine.Run([&] { WdfRequestComplete(NewRequest(stack.local()), STATUS_SUCCESS); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6);
}

CONFORMANCE(Requests, ReuseGivesTheStatusTheLowerDriverFindsFirst, "IOT-7.07", "IOX-27") {
  NTSTATUS found = 0;
  ULONG_PTR information = 1;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    found = static_cast<PIRP>(request.irp())->IoStatus.Status;
    information = static_cast<PIRP>(request.irp())->IoStatus.Information;
    request.Complete(STATUS_SUCCESS, 11);
  }});
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfRequestGetInformation(request), 11u);
    EXPECT_EQ(S(Reuse(request, STATUS_NOT_SUPPORTED)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfRequestGetInformation(request), 0u);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(found), S(STATUS_NOT_SUPPORTED));
    EXPECT_EQ(information, 0u);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Requests, ReuseRefusesBadParameters, "OP-7", "IOT-7.08") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    WDF_REQUEST_REUSE_PARAMS params;
    WDF_REQUEST_REUSE_PARAMS_INIT(&params, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    params.Size -= 1;
    EXPECT_EQ(S(WdfRequestReuse(request, &params)), S(STATUS_INVALID_PARAMETER));
    WDF_REQUEST_REUSE_PARAMS_INIT(&params, 0x8, STATUS_SUCCESS);
    EXPECT_EQ(S(WdfRequestReuse(request, &params)), S(STATUS_INVALID_PARAMETER));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Requests, AnEmptyRequestCanBeReused, "IOX-27") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    WDFREQUEST request = NewRequest(nullptr);
    EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Requests, ANewIrpIsAcceptedForEveryRequestTheDriverMade, "OP-7", "IOT-7.08", "IOT-7.04") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    PIRP mine = IoAllocateIrp(4, FALSE);
    WDF_REQUEST_REUSE_PARAMS params;
    WDF_REQUEST_REUSE_PARAMS_INIT(&params, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    WDF_REQUEST_REUSE_PARAMS_SET_NEW_IRP(&params, mine);
    EXPECT_EQ(S(WdfRequestReuse(request, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfRequestWdmGetIrp(request), mine);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    WDF_REQUEST_REUSE_PARAMS_INIT(&params, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    WDF_REQUEST_REUSE_PARAMS_SET_NEW_IRP(&params, nullptr);
    EXPECT_EQ(S(WdfRequestReuse(request, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfRequestWdmGetIrp(request), nullptr);
    IoFreeIrp(mine);  // the framework does not free it
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Requests, ADriversOwnIrpIsLeftAloneByReuse, "IOX-27", "IOT-7.07") {
  Stack stack(machine, Succeeds(5));
  machine.Run([&] {
    PIRP mine = IoAllocateIrp(4, FALSE);
    WDFREQUEST request = nullptr;
    ASSERT_EQ(S(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, mine, FALSE, &request)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Reuse(request, STATUS_NOT_SUPPORTED)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(mine->IoStatus.Status), S(STATUS_SUCCESS));
    EXPECT_EQ(mine->IoStatus.Information, 5u);
    WdfObjectDelete(request);
    EXPECT_EQ(mine->Type, IO_TYPE_IRP);
    IoFreeIrp(mine);
  });
}

CONFORMANCE(Requests, RequestFreesIrpFreesItWithTheRequest, "IOT-7.04", "IOX-27") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    const size_t before = nt::io::LiveIrps(machine.kernel(), nullptr, 0);
    PIRP given = IoAllocateIrp(4, FALSE);
    WDFREQUEST request = nullptr;
    ASSERT_EQ(S(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, given, TRUE, &request)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Reuse(request, STATUS_NOT_SUPPORTED)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(given->IoStatus.Status), S(STATUS_NOT_SUPPORTED));
    WdfObjectDelete(request);
    EXPECT_EQ(nt::io::LiveIrps(machine.kernel(), nullptr, 0), before);
  });
}

// The buffers of an IRP that the driver brought are its own business: it has the IRP.
CONFORMANCE(Requests, ARequestFromAnIrpGivesNoBuffers, "IOT-7.05") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    PIRP given = IoAllocateIrp(4, FALSE);
    char data[16] = "data";
    given->AssociatedIrp.SystemBuffer = data;
    given->UserBuffer = data;
    IoSetNextIrpStackLocation(given);
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(given);
    location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    location->Parameters.DeviceIoControl.IoControlCode = kBuffered;
    location->Parameters.DeviceIoControl.InputBufferLength = location->Parameters.DeviceIoControl.OutputBufferLength = sizeof(data);
    WDFREQUEST request = nullptr;
    ASSERT_EQ(S(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, given, FALSE, &request)), S(STATUS_SUCCESS));
    void* buffer = nullptr;
    size_t length = 0;
    WDFMEMORY memory = nullptr;
    PMDL mdl = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputBuffer(request, 1, &buffer, &length)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfRequestRetrieveOutputBuffer(request, 1, &buffer, &length)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &memory)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfRequestRetrieveOutputMemory(request, &memory)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfRequestRetrieveInputWdmMdl(request, &mdl)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfRequestRetrieveOutputWdmMdl(request, &mdl)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(buffer, nullptr);
    EXPECT_EQ(memory, nullptr);
    WdfObjectDelete(request);
    IoFreeIrp(given);
  });
  EXPECT_FALSE(machine.stopped()) << machine.ReportText();
}

CONFORMANCE(Requests, AReceivedRequestsReuseKeepsInformationAndClearsTheCancelFlag, "IOX-27", "IOT-7.09", "OP-7") {
  Hooks hooks;
  static Completion completion;
  completion = {};
  completion.then = [](WDFREQUEST request) {
    WDF_REQUEST_REUSE_PARAMS params;
    WDF_REQUEST_REUSE_PARAMS_INIT(&params, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    WDF_REQUEST_REUSE_PARAMS_SET_NEW_IRP(&params, nullptr);
    EXPECT_EQ(S(WdfRequestReuse(request, &params)), S(STATUS_WDF_REQUEST_INVALID_STATE));
    WdfRequestWdmGetIrp(request)->Cancel = TRUE;
    EXPECT_EQ(S(Reuse(request, STATUS_DEVICE_BUSY)), S(STATUS_SUCCESS));
    EXPECT_FALSE(WdfRequestWdmGetIrp(request)->Cancel);
    EXPECT_EQ(S(WdfRequestWdmGetIrp(request)->IoStatus.Status), S(STATUS_DEVICE_BUSY));
    EXPECT_EQ(WdfRequestGetInformation(request), 2u);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WdfRequestFormatRequestUsingCurrentType(request);
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request))), nullptr));
  };
  Stack stack(machine, Succeeds(2), hooks);
  File file = stack.Open();
  char out[4];
  EXPECT_EQ(file.Ioctl(kBuffered, nullptr, 0, out, 4).information, 2u);
  EXPECT_EQ(completion.runs, 1);
}

CONFORMANCE(Requests, CompletionParametersReportWhatWasFormatted, "IOT-7.38", "IOT-7.39", "IOT-4.12") {
  Stack stack(machine, {.on_read = [](const ModelRequest& r) { r.Complete(STATUS_SUCCESS, 3); },
                        .on_write = [](const ModelRequest& r) { r.Complete(STATUS_SUCCESS, 2); },
                        .on_ioctl = [](const ModelRequest& r) { r.Complete(STATUS_SUCCESS, 4); }});
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    WDFMEMORY a = NewMemory(16), b = NewMemory(16);
    WDFREQUEST request = NewRequest(target);
    Completion c;
    WDFMEMORY_OFFSET part = {4, 6}, rest = {8, 0};

    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(target, request, a, &part, nullptr)), S(STATUS_SUCCESS));
    OnCompletion(request, c);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(c.params.Type, WdfRequestTypeRead);
    EXPECT_EQ(c.params.Parameters.Read.Buffer, a);
    EXPECT_EQ(c.params.Parameters.Read.Offset, 4u);
    EXPECT_EQ(c.params.Parameters.Read.Length, 3u);

    EXPECT_EQ(S(WdfIoTargetFormatRequestForWrite(target, request, b, &rest, nullptr)), S(STATUS_SUCCESS));
    OnCompletion(request, c);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(c.params.Type, WdfRequestTypeWrite);
    EXPECT_EQ(c.params.Parameters.Write.Buffer, b);
    EXPECT_EQ(c.params.Parameters.Write.Offset, 8u);
    EXPECT_EQ(c.params.Parameters.Write.Length, 2u);

    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(target, request, kBuffered, a, &part, b, &rest)), S(STATUS_SUCCESS));
    OnCompletion(request, c);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(c.params.Type, WdfRequestTypeDeviceControl);
    EXPECT_EQ(c.params.Parameters.Ioctl.IoControlCode, kBuffered);
    EXPECT_EQ(c.params.Parameters.Ioctl.Input.Buffer, a);
    EXPECT_EQ(c.params.Parameters.Ioctl.Input.Offset, 4u);
    EXPECT_EQ(c.params.Parameters.Ioctl.Output.Buffer, b);
    EXPECT_EQ(c.params.Parameters.Ioctl.Output.Offset, 8u);
    EXPECT_EQ(c.params.Parameters.Ioctl.Output.Length, 4u);
    WDF_REQUEST_COMPLETION_PARAMS again;
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&again);
    EXPECT_EQ(again.Type, WdfRequestTypeNoFormat);
    WdfRequestGetCompletionParams(request, &again);
    EXPECT_EQ(again.Type, WdfRequestTypeDeviceControl);
    EXPECT_EQ(again.Parameters.Ioctl.Output.Length, 4u);

    EXPECT_EQ(S(WdfIoTargetFormatRequestForInternalIoctl(target, request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    OnCompletion(request, c);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(c.params.Type, WdfRequestTypeDeviceControlInternal);

    EXPECT_EQ(S(WdfIoTargetFormatRequestForInternalIoctlOthers(target, request, kNeither, a, nullptr, b, &rest, nullptr, nullptr)),
              S(STATUS_SUCCESS));
    OnCompletion(request, c);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    EXPECT_EQ(c.params.Type, WdfRequestTypeOther);
    EXPECT_EQ(c.params.Parameters.Others.Argument1.Ptr, BytesOf(a));
    EXPECT_EQ(c.params.Parameters.Others.Argument2.Ptr, BytesOf(b) + 8);
    EXPECT_EQ(c.params.Parameters.Others.Argument3.Value, kNeither);
    EXPECT_EQ(c.params.Parameters.Others.Argument4.Ptr, nullptr);
    EXPECT_EQ(c.runs, 5);
    WdfObjectDelete(request);
    WdfObjectDelete(a);
    WdfObjectDelete(b);
  });
}

CONFORMANCE(Requests, CreationForATargetThatIsNotOpenIsRefused, "OP-5") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    WDFIOTARGET remote = NewRemote(stack.wdf());
    EXPECT_EQ(WdfIoTargetGetState(remote), WdfIoTargetStarted);  // what a never opened one reads
    WDFREQUEST request = nullptr;
    EXPECT_EQ(S(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, remote, &request)), S(STATUS_INVALID_DEVICE_STATE));
    request = NewRequest(stack.local());
    EXPECT_EQ(S(WdfRequestChangeTarget(request, remote)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(remote, request, nullptr, nullptr, nullptr)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(remote, nullptr, nullptr, nullptr, nullptr, nullptr)), S(STATUS_INVALID_DEVICE_STATE));
    WdfObjectDelete(request);
    WdfObjectDelete(remote);
  });
}

CONFORMANCE(Requests, SendingToATargetThatWasNeverOpenedEndsTheMachine, "OP-5") {
  Stack stack(machine, Succeeds());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    WdfRequestSend(request, NewRemote(stack.wdf()), nullptr);
  });
  EXPECT_BUG_CHECK(machine, 0xD1);
}

}  // namespace
}  // namespace drydock::test
