// Making queues: checks, defaults, which queue a request goes to.
#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

CONFORMANCE(QueueCreate, ChecksItsConfiguration, "IOT-9.02", "IOT-9.03", "IOT-9.05", "IOX-56") {
  Rig rig(machine);
  rig.add = [&] {
    NTSTATUS status = STATUS_SUCCESS;
    WDFQUEUE made = nullptr;
    WDF_IO_QUEUE_CONFIG config = Rig::Config({});

    rig.NewQueue({.handlers = kNone}, &status);
    EXPECT_EQ(status, STATUS_WDF_NO_CALLBACK);
    rig.NewQueue({.type = WdfIoQueueDispatchParallel, .handlers = kNone}, &status);
    EXPECT_EQ(status, STATUS_WDF_NO_CALLBACK);

    config.Size = 8;
    EXPECT_EQ(WdfIoQueueCreate(rig.wdf_device, &config, nullptr, &made), STATUS_INFO_LENGTH_MISMATCH);
    config = Rig::Config({});
    EXPECT_EQ(WdfIoQueueCreate(rig.wdf_device, &config, nullptr, nullptr), STATUS_INVALID_PARAMETER_4);
    config.DispatchType = WdfIoQueueDispatchMax;
    EXPECT_EQ(WdfIoQueueCreate(rig.wdf_device, &config, nullptr, &made), STATUS_INVALID_PARAMETER);
    config = Rig::Config({.type = WdfIoQueueDispatchManual});
    config.EvtIoRead = [](WDFQUEUE, WDFREQUEST, size_t) {};
    EXPECT_EQ(WdfIoQueueCreate(rig.wdf_device, &config, nullptr, &made), STATUS_INVALID_PARAMETER);
    rig.NewQueue({.limit = 1}, &status);
    EXPECT_EQ(status, STATUS_INVALID_PARAMETER);
    rig.NewQueue({.type = WdfIoQueueDispatchManual, .limit = 3}, &status);
    EXPECT_EQ(status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(made, nullptr);
    // Device scope with another level than the device's.
    rig.NewQueue({.scope = WdfSynchronizationScopeDevice, .level = WdfExecutionLevelPassive}, &status);
    EXPECT_EQ(status, STATUS_INVALID_PARAMETER);

    EXPECT_EQ(WdfDeviceGetDefaultQueue(rig.wdf_device), nullptr);
    WDFQUEUE first = rig.NewQueue({.is_default = true});
    EXPECT_EQ(WdfDeviceGetDefaultQueue(rig.wdf_device), first);
    EXPECT_EQ(WdfIoQueueGetDevice(first), rig.wdf_device);
    rig.NewQueue({.is_default = true}, &status);
    EXPECT_EQ(status, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(WdfDeviceGetDefaultQueue(rig.wdf_device), first);
  };
  rig.Start();
}

CONFORMANCE(QueueCreate, DefaultQueueMayBeMadeWithoutOutputButNotAfterStart, "IOX-56") {
  Rig rig(machine);
  rig.add = [&] {
    WDF_IO_QUEUE_CONFIG config = Rig::Config({.is_default = true});
    EXPECT_EQ(WdfIoQueueCreate(rig.wdf_device, &config, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_NE(WdfDeviceGetDefaultQueue(rig.wdf_device), nullptr);
  };
  rig.Start();
  rig.In([&] {
    NTSTATUS status = STATUS_SUCCESS;
    rig.NewQueue({.is_default = true}, &status);
    EXPECT_EQ(status, STATUS_INVALID_DEVICE_STATE);
    WDFQUEUE late = rig.NewQueue({}, &status);  // any other queue may be made at any time
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, late, WdfRequestTypeRead), STATUS_INVALID_DEVICE_STATE);
  });
}

CONFORMANCE(QueueCreate, ConfigureDispatchingChecksInOrder, "IOT-9.13", "IOX-56", "INI-38") {
  Rig rig(machine);
  rig.add = [&] {
    WDFDEVICE device = rig.wdf_device;
    WDFQUEUE standard = rig.NewQueue({.is_default = true});
    WDFQUEUE reads = rig.NewQueue({.handlers = kRead});
    WDFQUEUE all = rig.NewQueue({.handlers = kDefault});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, reads, WdfRequestTypeCleanup), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, standard, WdfRequestTypeRead), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, reads, WdfRequestTypeWrite), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, reads, WdfRequestTypeRead), STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, all, WdfRequestTypeRead), STATUS_WDF_BUSY);
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, all, WdfRequestTypeCreate), STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, all, WdfRequestTypeCreate), STATUS_INVALID_PARAMETER);
    for (WDF_REQUEST_TYPE type : {WdfRequestTypeWrite, WdfRequestTypeDeviceControl, WdfRequestTypeDeviceControlInternal}) {
      EXPECT_EQ(WdfDeviceConfigureRequestDispatching(device, all, type), STATUS_SUCCESS);
    }
  };
  rig.Start();
}

CONFORMANCE(QueueCreate, EachTypeGoesToItsQueueAndTheRestToTheDefaultQueue, "IOT-9.09", "IOT-9.12", "IOT-9.13") {
  Rig rig(machine);
  WDFQUEUE reads = nullptr, standard = nullptr;
  rig.add = [&] {
    standard = rig.NewQueue({.is_default = true, .handlers = kDefault | kControl});
    reads = rig.NewQueue({.handlers = kRead | kDefault});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, reads, WdfRequestTypeRead), STATUS_SUCCESS);
  };
  rig.on_read = [&](WDFQUEUE queue, WDFREQUEST request, size_t length) {
    EXPECT_EQ(queue, reads);
    EXPECT_EQ(WdfRequestGetIoQueue(request), reads);
    EXPECT_EQ(length, 10u);
    rig.Say("read");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.on_default = [&](WDFQUEUE queue, WDFREQUEST request) {
    EXPECT_EQ(queue, standard);
    rig.Say("default");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.on_control = [&](WDFQUEUE queue, WDFREQUEST request, size_t output, size_t input, ULONG code) {
    EXPECT_EQ(queue, standard);
    EXPECT_EQ(output, 7u);  // the output length comes first
    EXPECT_EQ(input, 3u);
    EXPECT_EQ(code, kIoctlBuffered);
    rig.Say("control");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  char buffer[16] = {};
  EXPECT_EQ(file.Read(buffer, 10).status, STATUS_SUCCESS);
  EXPECT_EQ(file.Write("hello").status, STATUS_SUCCESS);
  EXPECT_EQ(file.Ioctl(kIoctlBuffered, buffer, 3, buffer, 7).status, STATUS_SUCCESS);
  EXPECT_EQ(file.InternalIoctl(kIoctlBuffered).status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"read", "default", "control", "default"}));
}

CONFORMANCE(QueueCreate, TypeWithoutQueueIsRefusedByAFunctionDriver, "IOT-9.14") {
  Rig rig(machine);
  rig.add = [&] {
    WDFQUEUE reads = rig.NewQueue({.handlers = kRead});
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(rig.wdf_device, reads, WdfRequestTypeRead), STATUS_SUCCESS);
  };
  rig.Start();
  File file = rig.Open();
  const IoResult result = file.Write("x");
  EXPECT_EQ(result.status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(result.information, 0u);
}

CONFORMANCE(QueueCreate, HandlerlessTypeIsRefusedAtItsTurn, "IOX-51") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .handlers = kRead}); };
  rig.on_read = [&](WDFQUEUE, WDFREQUEST request, size_t) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  char buffer[4];
  PendingIo read = file.StartRead(buffer, 4);
  PendingIo write = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  EXPECT_FALSE(write.done());  // not its turn yet
  rig.In([&] { rig.CompleteHeld(); });
  EXPECT_EQ(write.Wait().status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(read.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(QueueCreate, DeletingABoundQueueDoesNothing, "IOT-9.17") {
  Rig rig(machine);
  WDFQUEUE standard = nullptr, other = nullptr;
  rig.add = [&] {
    standard = rig.NewQueue({.is_default = true});
    other = rig.NewQueue({.type = WdfIoQueueDispatchManual});
  };
  rig.Start();
  rig.In([&] {
    WdfObjectDelete(standard);
    WdfObjectDelete(other);
  });
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
}

CONFORMANCE(QueueCreate, InitHelpersSetTheDocumentedValues, "IOT-9.04", "OP-14", "OP-21") {
  WDF_IO_QUEUE_CONFIG config;
  for (WDF_IO_QUEUE_DISPATCH_TYPE type : {WdfIoQueueDispatchSequential, WdfIoQueueDispatchParallel, WdfIoQueueDispatchManual}) {
    WDF_IO_QUEUE_CONFIG_INIT(&config, type);
    EXPECT_EQ(config.Size, sizeof(config));
    EXPECT_EQ(config.DispatchType, type);
    EXPECT_EQ(config.PowerManaged, WdfUseDefault);
    EXPECT_FALSE(config.DefaultQueue);
    EXPECT_FALSE(config.AllowZeroLengthRequests);
    EXPECT_EQ(config.Settings.Parallel.NumberOfPresentedRequests, type == WdfIoQueueDispatchParallel ? 0xFFFFFFFFu : 0u);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, type);
    EXPECT_TRUE(config.DefaultQueue);
    EXPECT_EQ(config.Settings.Parallel.NumberOfPresentedRequests, type == WdfIoQueueDispatchParallel ? 0xFFFFFFFFu : 0u);
  }
  EXPECT_EQ(WdfIoQueueDispatchSequential, 1);
  EXPECT_EQ(WdfIoQueueDispatchParallel, 2);
  EXPECT_EQ(WdfIoQueueDispatchManual, 3);
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy;
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_PAGINGIO_INIT(&policy, 5);
  EXPECT_EQ(policy.TotalForwardProgressRequests, 5u);
  EXPECT_EQ(policy.ForwardProgressReservedPolicy, WdfIoForwardProgressReservedPolicyPagingIO);
}

CONFORMANCE(QueueCreate, StatePredicatesReadTheBits, "IOT-9.27", "IOT-9.29", "OP-18") {
  constexpr ULONG accept = WdfIoQueueAcceptRequests, dispatch = WdfIoQueueDispatchRequests, none = WdfIoQueueNoRequests,
                  driver_none = WdfIoQueueDriverNoRequests, held = WdfIoQueuePnpHeld;
  EXPECT_EQ(accept, 1u);
  EXPECT_EQ(dispatch, 2u);
  EXPECT_EQ(none, 4u);
  EXPECT_EQ(driver_none, 8u);
  EXPECT_EQ(held, 0x10u);
  for (ULONG bits = 0; bits < 32; ++bits) {
    const auto state = static_cast<WDF_IO_QUEUE_STATE>(bits);
    EXPECT_EQ(WDF_IO_QUEUE_READY(state), (bits & accept) && (bits & dispatch) && !(bits & held)) << bits;
    EXPECT_EQ(WDF_IO_QUEUE_STOPPED(state), (bits & accept) && !(bits & dispatch) && (bits & driver_none)) << bits;
    EXPECT_EQ(WDF_IO_QUEUE_IDLE(state), (bits & none) && (bits & driver_none)) << bits;
    EXPECT_EQ(WDF_IO_QUEUE_DRAINED(state), !(bits & accept) && (bits & dispatch) && (bits & none) && (bits & driver_none)) << bits;
    EXPECT_EQ(WDF_IO_QUEUE_PURGED(state), !(bits & accept) && (bits & none) && (bits & driver_none)) << bits;
  }
}

}  // namespace
}  // namespace drydock::test
