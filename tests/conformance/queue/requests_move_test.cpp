// Requests on the move: forwarding, identity, what stays the same.
#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

CONFORMANCE(RequestMove, ForwardGoesToTheTailAndKeepsTheHandle, "IOT-7.45", "IOT-7.10", "IOT-9.06") {
  Rig rig(machine);
  WDFQUEUE second = nullptr;
  std::vector<WDFREQUEST> handles;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    second = rig.NewQueue({.type = WdfIoQueueDispatchManual});
  };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    handles.push_back(request);
    EXPECT_EQ(WdfRequestGetIoQueue(request), queue);
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo one = file.StartWrite("1", 1), two = file.StartWrite("2", 1);
  machine.RunUntilIdle();
  rig.In([&] {
    ASSERT_EQ(handles.size(), 2u);  // forwarding lets the next one come
    for (WDFREQUEST expected : handles) {
      WDFREQUEST request = nullptr;
      ASSERT_EQ(WdfIoQueueRetrieveNextRequest(second, &request), STATUS_SUCCESS);
      EXPECT_EQ(request, expected);
      EXPECT_EQ(WdfRequestGetIoQueue(request), second);
      WdfRequestComplete(request, STATUS_SUCCESS);
    }
  });
  EXPECT_EQ(one.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(two.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(RequestMove, DestinationDeliversBeforeTheSourceCountsTheRequestAsGone, "IOX-57", "IOT-7.46") {
  Rig rig(machine);
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    second = rig.NewQueue({});
  };
  int number = 0;
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    if (queue == second) {
      rig.Say("second");
      EXPECT_EQ(StateOf(rig.queue).at_driver, 1u);  // the source still counts it
      WdfRequestComplete(request, STATUS_SUCCESS);
      return;
    }
    if (++number == 1) return rig.Hold(request);
    rig.Say("next of the source");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo one = file.StartWrite("1", 1), two = file.StartWrite("2", 1);
  machine.RunUntilIdle();
  rig.In([&] {
    EXPECT_EQ(WdfRequestForwardToIoQueue(rig.TakeHeld(), second), STATUS_SUCCESS);
    rig.Say("forward returned");
  });
  EXPECT_EQ(rig.Said(), (Strings{"second", "next of the source", "forward returned"}));
}

CONFORMANCE(RequestMove, ForwardRefusesWhatTheItemsName, "IOT-7.44", "IOT-5.17", "IOT-7.49") {
  Rig rig(machine);
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    second = rig.NewQueue({.type = WdfIoQueueDispatchManual});
  };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, queue), STATUS_INVALID_DEVICE_REQUEST);  // its own queue
    EXPECT_EQ(WdfRequestRequeue(request), STATUS_INVALID_DEVICE_REQUEST);                  // not a manual one
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, second), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestForwardToIoQueue(request, queue), STATUS_INVALID_DEVICE_REQUEST);  // no longer the driver's
    WDFREQUEST again = nullptr;
    EXPECT_EQ(WdfIoQueueRetrieveNextRequest(second, &again), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestMarkCancelableEx(request, Rig::Cancel), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestRequeue(request), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfRequestUnmarkCancelable(request), STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
  rig.In([&] {  // not from a queue
    WDFREQUEST made = nullptr;
    EXPECT_EQ(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, nullptr, &made), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestForwardToIoQueue(made, second), STATUS_INVALID_DEVICE_REQUEST);  // no stack location to look at
    EXPECT_EQ(WdfRequestRequeue(made), STATUS_INVALID_DEVICE_REQUEST);
    WdfObjectDelete(made);
  });
}

CONFORMANCE(RequestMove, ForwardOfACancelledRequestSucceedsAndCancelsItInTheQueue, "IOX-47", "IOT-5.18") {
  Rig rig(machine);
  WDFQUEUE second = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    second = rig.NewQueue({.handlers = kDefault});
  };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    EXPECT_NE(queue, second);
    rig.Hold(request);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  io.Cancel();
  rig.In([&] { EXPECT_EQ(WdfRequestForwardToIoQueue(rig.TakeHeld(), second), STATUS_SUCCESS); });
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
}

CONFORMANCE(RequestMove, DriverMadeRequestWithALocationMayBeQueued, "IOX-57", "OP-17", "IOX-42") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchManual, .is_default = true, .canceled_on_queue = true}); };
  rig.on_canceled = [&](WDFQUEUE, WDFREQUEST request) {
    rig.Say("canceled");
    rig.Hold(request);
  };
  rig.Start();
  rig.In([&] {
    PIRP irp = IoAllocateIrp(2, FALSE);
    IoSetNextIrpStackLocation(irp);
    IoGetCurrentIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length = 1;
    WDFREQUEST request = nullptr, taken = nullptr;
    ASSERT_EQ(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, irp, FALSE, &request), STATUS_SUCCESS);
    ASSERT_EQ(WdfRequestForwardToIoQueue(request, rig.queue), STATUS_SUCCESS);
    EXPECT_EQ(StateOf(rig.queue).waiting, 1u);
    ASSERT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &taken), STATUS_SUCCESS);
    EXPECT_EQ(taken, request);
    ASSERT_EQ(WdfRequestRequeue(request), STATUS_SUCCESS);
    IoCancelIrp(irp);
    EXPECT_EQ(rig.Said(), Strings{"canceled"});  // counts as seen before
    EXPECT_EQ(StateOf(rig.queue).at_driver, 1u);
    WdfObjectDelete(rig.TakeHeld());
    EXPECT_EQ(StateOf(rig.queue).at_driver, 0u);
    IoFreeIrp(irp);
  });
}

CONFORMANCE(RequestMove, ParametersTellTheRequest, "IOT-7.14", "IOT-7.16", "IOT-2.23") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  WDF_REQUEST_PARAMETERS parameters;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(request, &parameters);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  char buffer[8] = {};
  file.Read(buffer, 5, {.offset = 0x123456789});
  EXPECT_EQ(parameters.Type, WdfRequestTypeRead);
  EXPECT_EQ(parameters.Parameters.Read.Length, 5u);
  EXPECT_EQ(parameters.Parameters.Read.DeviceOffset, 0x123456789);
  file.Write(buffer, 6, {.offset = 7});
  EXPECT_EQ(parameters.Type, WdfRequestTypeWrite);
  EXPECT_EQ(parameters.Parameters.Write.Length, 6u);
  EXPECT_EQ(parameters.Parameters.Write.DeviceOffset, 7);
  file.Ioctl(kIoctlBuffered, buffer, 3, buffer, 4);
  EXPECT_EQ(parameters.Type, WdfRequestTypeDeviceControl);
  EXPECT_EQ(parameters.Parameters.DeviceIoControl.IoControlCode, kIoctlBuffered);
  EXPECT_EQ(parameters.Parameters.DeviceIoControl.InputBufferLength, 3u);
  EXPECT_EQ(parameters.Parameters.DeviceIoControl.OutputBufferLength, 4u);
  file.InternalIoctl(kIoctlBuffered, buffer, 2, buffer, 1);
  EXPECT_EQ(parameters.Type, WdfRequestTypeDeviceControlInternal);
  EXPECT_EQ(parameters.Parameters.DeviceIoControl.InputBufferLength, 2u);
  EXPECT_EQ(WdfRequestTypeCreate, 0);
  EXPECT_EQ(WdfRequestTypeClose, 2);
  EXPECT_EQ(WdfRequestTypeRead, 3);
  EXPECT_EQ(WdfRequestTypeWrite, 4);
  EXPECT_EQ(WdfRequestTypeDeviceControl, 0xE);
  EXPECT_EQ(WdfRequestTypeDeviceControlInternal, 0xF);
  EXPECT_EQ(WdfRequestTypeCleanup, 0x12);
  EXPECT_EQ(WdfRequestTypeOther, 0x1C);
  EXPECT_EQ(WdfRequestTypeUsb, 0x40);
  EXPECT_EQ(WdfRequestTypeNoFormat, 0xFF);
}

CONFORMANCE(RequestMove, IdentityOfTheSender, "IOT-7.40", "IOT-7.41", "IOT-7.51") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  KPROCESSOR_MODE mode = 77;
  ULONG process = 0;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    mode = WdfRequestGetRequestorMode(request);
    process = WdfRequestGetRequestorProcessId(request);
    EXPECT_FALSE(WdfRequestIsFrom32BitProcess(request));
    EXPECT_FALSE(WdfRequestIsReserved(request));
    EXPECT_EQ(WdfRequestGetFileObject(request), nullptr);  // no file-object class was configured
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.Open().Write("x");
  EXPECT_EQ(mode, UserMode);
  EXPECT_NE(process, 0u);
  const ULONG user = process;
  File kernel = rig.Open({.kernel_mode = true});
  rig.In([&] { kernel.Write("x"); });
  EXPECT_EQ(mode, KernelMode);
  EXPECT_NE(process, user);
}

CONFORMANCE(RequestMove, FileObjectIsTheOneOfTheCreate, "IOT-7.40") {
  Rig rig(machine);
  WDFFILEOBJECT created = nullptr, seen = nullptr;
  static WDFFILEOBJECT* at_create;
  at_create = &created;
  rig.init = [](PWDFDEVICE_INIT init) {
    WDF_FILEOBJECT_CONFIG config;
    WDF_FILEOBJECT_CONFIG_INIT(
        &config,
        [](WDFDEVICE, WDFREQUEST request, WDFFILEOBJECT file) {
          *at_create = file;
          WdfRequestComplete(request, STATUS_SUCCESS);
        },
        nullptr, nullptr);
    WdfDeviceInitSetFileObjectConfig(init, &config, WDF_NO_OBJECT_ATTRIBUTES);
  };
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    seen = WdfRequestGetFileObject(request);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.Open().Write("x");
  EXPECT_NE(created, nullptr);
  EXPECT_EQ(seen, created);
}

CONFORMANCE(RequestMove, CreatesGoToAQueueConfiguredForThem, "IOT-10.05", "IOT-9.13", "IOT-10.10") {
  Rig rig(machine);
  WDFQUEUE creates = nullptr;
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    creates = rig.NewQueue({.handlers = kDefault});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, creates, WdfRequestTypeCreate), STATUS_SUCCESS);
  };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(request, &parameters);
    EXPECT_EQ(queue == creates, parameters.Type == WdfRequestTypeCreate);
    rig.Say(queue == creates ? "create" : "other");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"create", "other"}));
}

}  // namespace
}  // namespace drydock::test
