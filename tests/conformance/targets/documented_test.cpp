// What the pages say of targets, sends and request memory and no other test here shows.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "probe.h"
#include "wdf/entry/tables.h"

namespace drydock::test {
namespace {

struct ScratchFolder {
  std::filesystem::path path;
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "drydock-targets-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    path = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
};

CONFORMANCE(TargetsDocumented, ShareAccessZeroIsExclusive, "IOT-1.17") {
  ScratchFolder folder;
  std::ofstream(folder.path / "file.bin") << "content";
  machine.Map({.name = "C:", .path = folder.path.string()});
  Stack stack(machine);
  machine.Run([&] {
    UNICODE_STRING name = Name(u"\\??\\C:\\file.bin");
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ);
    params.ShareAccess = 0;
    WDFIOTARGET first = NewRemote(stack.wdf()), second = NewRemote(stack.wdf());
    ASSERT_EQ(S(WdfIoTargetOpen(first, &params)), S(STATUS_SUCCESS));
    params.ShareAccess = FILE_SHARE_READ;
    EXPECT_EQ(S(WdfIoTargetOpen(second, &params)), S(STATUS_SHARING_VIOLATION));
    WdfIoTargetClose(first);
    EXPECT_EQ(S(WdfIoTargetOpen(second, &params)), S(STATUS_SUCCESS));
    WdfObjectDelete(first);
    WdfObjectDelete(second);
  });
}

CONFORMANCE(TargetsDocumented, StopLeavingSentRequestsTouchesNoneOfThem, "IOT-6.07") {
  std::vector<ModelRequest> kept;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    kept.push_back(request);
    request.PendCancelable();
  }});
  machine.Run([&] {
    Completion out, waiting;
    WDFREQUEST first = ReadyIoctl(stack.local(), out);
    ASSERT_TRUE(WdfRequestSend(first, stack.local(), nullptr));
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    WdfIoTargetStop(stack.local(), WdfIoTargetLeaveSentIoPending);
    KeLowerIrql(old);
    EXPECT_EQ(out.runs, 0);
    WDFREQUEST second = ReadyIoctl(stack.local(), waiting);
    ASSERT_TRUE(WdfRequestSend(second, stack.local(), nullptr));
    EXPECT_EQ(kept.size(), 1u);
    kept[0].Complete(STATUS_SUCCESS, 0);  // what was sent goes on
    EXPECT_EQ(out.runs, 1);
    EXPECT_EQ(waiting.runs, 0);
    EXPECT_EQ(S(WdfIoTargetStart(stack.local())), S(STATUS_SUCCESS));
    ASSERT_EQ(kept.size(), 2u);
    kept[1].Complete(STATUS_SUCCESS, 0);
    EXPECT_EQ(waiting.runs, 1);
    WdfObjectDelete(first);
    WdfObjectDelete(second);
  });
}

WDF_IO_TARGET_STATE state_at_release;

CONFORMANCE(TargetsDocumented, RemovalAsSuchDoesNotStopTheLocalTarget, "IOT-6.23", "IOX-34") {
  state_at_release = WdfIoTargetStateUndefined;
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDeviceReleaseHardware = [](WDFDEVICE device, WDFCMRESLIST) -> NTSTATUS {
      state_at_release = WdfIoTargetGetState(WdfDeviceGetIoTarget(device));
      return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &callbacks);
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  EXPECT_EQ(machine.RemoveDevice(stack.device), STATUS_SUCCESS);
  EXPECT_EQ(state_at_release, WdfIoTargetStarted);
}

CONFORMANCE(TargetsDocumented, OffsetsBehindTheBufferAreAnOverflow, "IOT-4.04") {
  Stack stack(machine);
  machine.Run([&] {
    WDFMEMORY memory = NewMemory(16);
    WDFREQUEST request = NewRequest(stack.local());
    WDFMEMORY_OFFSET offset = {.BufferOffset = 8, .BufferLength = 9};
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(stack.local(), request, memory, &offset, nullptr)), S(STATUS_INTEGER_OVERFLOW));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForWrite(stack.local(), request, memory, &offset, nullptr)), S(STATUS_INTEGER_OVERFLOW));
    offset.BufferLength = 8;
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(stack.local(), request, memory, &offset, nullptr)), S(STATUS_SUCCESS));
    WdfObjectDelete(request);
    WdfObjectDelete(memory);
  });
}

// OP-9: nothing stops a create from being sent and forgotten, whatever the file-object class.
void ForgetCreates(PWDFDEVICE_INIT init) {
  WDF_FILEOBJECT_CONFIG config;
  WDF_FILEOBJECT_CONFIG_INIT(
      &config,
      [](WDFDEVICE device, WDFREQUEST request, WDFFILEOBJECT) {
        WDF_REQUEST_SEND_OPTIONS options = Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
        if (!WdfRequestSend(request, WdfDeviceGetIoTarget(device), &options)) WdfRequestComplete(request, WdfRequestGetStatus(request));
      },
      nullptr, nullptr);
  WdfDeviceInitSetFileObjectConfig(init, &config, nullptr);
}

CONFORMANCE(TargetsDocumented, ACreateMayBeSentAndForgotten, "OP-9", "IOT-3.21") {
  int creates = 0;
  Hooks hooks;
  hooks.filter = true;
  hooks.init = ForgetCreates;
  Stack stack(machine, {.on_create = [&](const ModelRequest& request) {
                ++creates;
                request.Complete(STATUS_SUCCESS);
              }}, hooks);
  File file = stack.Open();
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  EXPECT_EQ(creates, 1);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), TargetsDocumented, AForgottenCreateIsAFindingOfTheVerifier, "OP-9", "IOT-3.21") {
  Hooks hooks;
  hooks.filter = true;
  hooks.init = ForgetCreates;
  Stack stack(machine, ModelFunctions{}, hooks);
  File file = stack.Open();
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u) << machine.ReportText();
}

// Neither deleting nor forgetting a received request answers its sender; what is left is a stall that names who holds it.
CONFORMANCE_WITH((MachineOptions{.live_stall = std::chrono::milliseconds(200)}), TargetsDocumented, AReceivedRequestThatIsNotDisposedOfIsAStall, "IOT-7.11") {
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST, ULONG) {};
  Stack stack(machine, ModelFunctions{}, hooks);
  File file = stack.Open();
  EXPECT_EQ(file.Ioctl(kBuffered).status, kStatusMachineStopped);
  ConformanceTest::StopExpected() = true;
  ASSERT_TRUE(machine.bug_check());
  EXPECT_EQ(machine.bug_check()->kind, ReportKind::kStall);
  EXPECT_NE(machine.bug_check()->ToString().find("is held by"), std::string::npos) << machine.bug_check()->ToString();
}

CONFORMANCE(TargetsDocumented, MemoryOfARequestDiesWithIt, "IOT-8.15") {
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &memory)), S(STATUS_SUCCESS));
    EXPECT_NE(WdfMemoryGetBuffer(memory, nullptr), nullptr);
    WdfRequestComplete(request, STATUS_SUCCESS);
    WdfMemoryGetBuffer(memory, nullptr);
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  stack.Open().Ioctl(kBuffered, "data", 4);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5);
}

CONFORMANCE(TargetsDocumented, ASubRequestUsesPartOfTheReceivedMemory, "IOT-8.17", "IOT-2.10") {
  std::string seen;
  Hooks hooks;
  hooks.ioctl = [&hooks](WDFREQUEST request, ULONG) {
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &memory)), S(STATUS_SUCCESS));
    WDFMEMORY_OFFSET part = {.BufferOffset = 2, .BufferLength = 3};
    WDF_MEMORY_DESCRIPTOR input = HandleDescriptor(memory, &part);
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    WdfRequestComplete(request, WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, &input, nullptr, nullptr, nullptr));
  };
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                seen.assign(static_cast<const char*>(request.input()), request.input_length());
                request.Complete(STATUS_SUCCESS, 0);
              }}, hooks);
  EXPECT_EQ(stack.Open().Ioctl(kBuffered, "0123456", 7).status, STATUS_SUCCESS);
  EXPECT_EQ(seen, "234");
}

CONFORMANCE(TargetsDocumented, TheBufferBeneathAReceivedMemoryIsNotExchanged, "IOT-8.17") {
  static char other[16];
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WDFMEMORY memory = nullptr;
    WdfRequestRetrieveInputMemory(request, &memory);
    (void)WdfMemoryAssignBuffer(memory, other, sizeof other);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  stack.Open().Ioctl(kBuffered, "data", 4);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5);
}

CONFORMANCE(TargetsDocumented, InternalMethodsExistInKmdfOnly, "IOT-2.02") {
  auto has = [](bool umdf, std::string_view wanted) {
    for (size_t i = 0; i < (umdf ? wdf::kUmdfTableCount : wdf::kKmdfTableCount); ++i)
      if (wanted == wdf::EntryName(umdf, i)) return true;
    return false;
  };
  for (const char* both : {"WdfIoTargetSendReadSynchronously", "WdfIoTargetSendWriteSynchronously", "WdfIoTargetSendIoctlSynchronously"}) {
    EXPECT_TRUE(has(false, both)) << both;
    EXPECT_TRUE(has(true, both)) << both;
  }
  for (const char* kernel_only : {"WdfIoTargetSendInternalIoctlSynchronously", "WdfIoTargetSendInternalIoctlOthersSynchronously"}) {
    EXPECT_TRUE(has(false, kernel_only)) << kernel_only;
    EXPECT_FALSE(has(true, kernel_only)) << kernel_only;
  }
}

CONFORMANCE(TargetsDocumented, QueuesAreMadeAtDispatchLevelBelowTheirDevice, "IOT-9.01") {
  Stack stack(machine);
  machine.Run([&] {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    WDFQUEUE queue = nullptr;
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(S(WdfIoQueueCreate(stack.wdf(), &config, nullptr, &queue)), S(STATUS_SUCCESS));
    KeLowerIrql(old);
    ASSERT_TRUE(queue);
    EXPECT_EQ(WdfIoQueueGetDevice(queue), stack.wdf());

    // Another parent is good when its chain ends in the device, and takes the queue with it.
    static int cleaned;
    cleaned = 0;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = stack.wdf();
    WDFOBJECT parent = nullptr;
    ASSERT_EQ(S(WdfObjectCreate(&attributes, &parent)), S(STATUS_SUCCESS));
    attributes.ParentObject = parent;
    attributes.EvtCleanupCallback = [](WDFOBJECT) { ++cleaned; };
    EXPECT_EQ(S(WdfIoQueueCreate(stack.wdf(), &config, &attributes, &queue)), S(STATUS_SUCCESS));
    WdfObjectDelete(parent);
    EXPECT_EQ(cleaned, 1);

    WDF_OBJECT_ATTRIBUTES orphan;
    WDF_OBJECT_ATTRIBUTES_INIT(&orphan);
    WDFOBJECT foreign = nullptr;
    ASSERT_EQ(S(WdfObjectCreate(&orphan, &foreign)), S(STATUS_SUCCESS));
    attributes.ParentObject = foreign;
    attributes.EvtCleanupCallback = nullptr;
    EXPECT_FALSE(NT_SUCCESS(WdfIoQueueCreate(stack.wdf(), &config, &attributes, &queue)));
    WdfObjectDelete(foreign);
  });
}

CONFORMANCE(TargetsDocumented, AForgottenRequestIsNotStopped, "IOT-9.25") {
  std::vector<ModelRequest> kept;
  int stops = 0;
  Hooks hooks;
  hooks.queue = [](WDF_IO_QUEUE_CONFIG& config) { config.PowerManaged = WdfTrue; };
  hooks.io_stop = [&](WDFQUEUE, WDFREQUEST request, ULONG) {
    ++stops;
    WdfRequestStopAcknowledge(request, FALSE);
  };
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WDF_REQUEST_SEND_OPTIONS options = Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    if (!WdfRequestSend(request, target, &options)) WdfRequestComplete(request, WdfRequestGetStatus(request));
  };
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
                kept.push_back(request);
                request.Pend();
              }}, hooks);
  File file = stack.Open();
  PendingIo io = file.StartIoctl(kBuffered, nullptr, 0, nullptr, 0);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(machine.SetPowerState(stack.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(stops, 0);
  EXPECT_EQ(machine.SetPowerState(stack.device, 0), STATUS_SUCCESS);
  machine.Run([&] { kept[0].Complete(STATUS_SUCCESS, 0); });
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(TargetsDocumented, ForwardingToAParentNeedsAPdoThatAllowsIt, "IOT-7.47", "IOT-7.48") {
  static Hooks* with;
  Hooks hooks;
  with = &hooks;
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WDF_REQUEST_FORWARD_OPTIONS options;
    WDF_REQUEST_FORWARD_OPTIONS_INIT(&options);
    options.Size += 1;
    EXPECT_EQ(S(WdfRequestForwardToParentDeviceIoQueue(request, with->queue_handle, &options)), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_REQUEST_FORWARD_OPTIONS_INIT(&options);
    options.Flags |= 0x100;
    EXPECT_EQ(S(WdfRequestForwardToParentDeviceIoQueue(request, with->queue_handle, &options)), S(STATUS_INVALID_PARAMETER));
    WDF_REQUEST_FORWARD_OPTIONS_INIT(&options);
    EXPECT_EQ(S(WdfRequestForwardToParentDeviceIoQueue(request, with->queue_handle, &options)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  with = &stack.hooks;
  EXPECT_EQ(stack.Open().Ioctl(kBuffered).status, STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
