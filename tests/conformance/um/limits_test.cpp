// What user mode has not got, how buffers are reached, what needs direct hardware access, and what differs nowhere.
#include "drydock/hardware.h"
#include "settings.h"

namespace drydock::test {

// Names that the framework's headers must not have: where they do, the uses below are ambiguous and this file does not compile.
namespace absent {
constexpr int WdfDmaEnablerCreateTableIndex = -1, WdfDmaTransactionCreateTableIndex = -1, WdfCommonBufferCreateTableIndex = -1;
constexpr int WdfChildListCreateTableIndex = -1, WdfPdoInitAllocateTableIndex = -1;
constexpr int WdfDeviceWdmGetDeviceObjectTableIndex = -1, WdfRequestWdmGetIrpTableIndex = -1, WdfRequestCreateFromIrpTableIndex = -1;
constexpr int WdfDeviceInitAssignWdmIrpPreprocessCallbackTableIndex = -1, WdfDeviceInitSetIoInCallerContextCallbackTableIndex = -1;
constexpr int WdfIoTargetSendInternalIoctlSynchronouslyTableIndex = -1, WdfDeviceInitSetRemoveLockOptionsTableIndex = -1;
constexpr int WdfWmiProviderCreateTableIndex = -1, WdfWmiInstanceCreateTableIndex = -1;
constexpr int WdfDpcCreateTableIndex = -1, WdfLookasideListCreateTableIndex = -1;
}  // namespace absent

namespace {

using namespace absent;

CONFORMANCE(UmLimits, FunctionsOfKernelModeAreAbsent, "UM-07") {
  for (int index : {WdfDmaEnablerCreateTableIndex, WdfDmaTransactionCreateTableIndex, WdfCommonBufferCreateTableIndex, WdfChildListCreateTableIndex,
                    WdfPdoInitAllocateTableIndex, WdfDeviceWdmGetDeviceObjectTableIndex, WdfRequestWdmGetIrpTableIndex,
                    WdfRequestCreateFromIrpTableIndex, WdfDeviceInitAssignWdmIrpPreprocessCallbackTableIndex,
                    WdfDeviceInitSetIoInCallerContextCallbackTableIndex, WdfIoTargetSendInternalIoctlSynchronouslyTableIndex,
                    WdfDeviceInitSetRemoveLockOptionsTableIndex, WdfWmiProviderCreateTableIndex, WdfWmiInstanceCreateTableIndex,
                    WdfDpcCreateTableIndex, WdfLookasideListCreateTableIndex}) {
    EXPECT_EQ(index, -1);
  }
}

NTSTATUS AskFor(PWDFDEVICE_INIT init, WDF_DEVICE_IO_TYPE type) {
  WDF_IO_TYPE_CONFIG config;
  WDF_IO_TYPE_CONFIG_INIT(&config);
  config.ReadWriteIoType = config.DeviceControlIoType = type;
  WdfDeviceInitSetIoTypeEx(init, &config);
  return STATUS_SUCCESS;
}

CONFORMANCE(UmLimits, NeitherIsBuffered, "UM-07") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) { return AskFor(init, WdfDeviceIoNeither); };
  WDF_DEVICE_IO_TYPE seen = WdfDeviceIoUndefined;
  hooks.read = [&](WDFREQUEST request, size_t) {
    seen = WdfRequestGetEffectiveIoType(request);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  char data[4];
  EXPECT_EQ(rig.Open().Read(data, 4).status, S(STATUS_SUCCESS));
  EXPECT_EQ(seen, WdfDeviceIoBuffered);
}

CONFORMANCE(UmBuffers, DriversThatTakeBothAreBufferedWherePooledAndDirectElsewhere, "UM-16") {
  for (bool pooled : {true, false}) {
    SetDirective(machine, "other", "UmdfHostProcessSharing", pooled);
    Hooks upper, lower;
    upper.init = lower.init = [](PWDFDEVICE_INIT init) { return AskFor(init, WdfDeviceIoBufferedOrDirect); };
    WDF_DEVICE_IO_TYPE seen = WdfDeviceIoUndefined;
    upper.read = [&](WDFREQUEST request, size_t) {
      seen = WdfRequestGetEffectiveIoType(request);
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    const WDF_DEVICE_IO_TYPE wanted = pooled ? WdfDeviceIoBuffered : WdfDeviceIoDirect;
    TwoDrivers stack(machine, upper, lower);
    ASSERT_TRUE(stack.device.started()) << machine.ReportText();
    machine.Run([&] {
      WDF_DEVICE_IO_TYPE read_write = WdfDeviceIoUndefined, control = WdfDeviceIoUndefined;
      WdfDeviceGetDeviceStackIoType(upper.device, &read_write, &control);
      EXPECT_EQ(read_write, wanted);
      EXPECT_EQ(control, wanted);
    });
    char data[4];
    EXPECT_EQ(machine.Open(stack.device).Read(data, 4).status, S(STATUS_SUCCESS));
    EXPECT_EQ(seen, wanted);
  }
}

CONFORMANCE(UmBuffers, OneThatTakesBothFollowsTheOther, "UM-16") {
  for (WDF_DEVICE_IO_TYPE type : {WdfDeviceIoBuffered, WdfDeviceIoDirect}) {
    Hooks upper, lower;
    upper.init = [](PWDFDEVICE_INIT init) { return AskFor(init, WdfDeviceIoBufferedOrDirect); };
    lower.init = [type](PWDFDEVICE_INIT init) { return AskFor(init, type); };
    TwoDrivers stack(machine, upper, lower);
    ASSERT_TRUE(stack.device.started());
    machine.Run([&] {
      for (WDFDEVICE device : {upper.device, lower.device}) {
        WDF_DEVICE_IO_TYPE read_write = WdfDeviceIoUndefined, control = WdfDeviceIoUndefined;
        WdfDeviceGetDeviceStackIoType(device, &read_write, &control);
        EXPECT_EQ(read_write, type);
        EXPECT_EQ(control, type);
      }
    });
  }
}

CONFORMANCE(UmBuffers, OneBufferedOnlyAndOneDirectOnlyDoNotStart, "UM-16") {
  for (bool swapped : {false, true}) {
    Hooks upper, lower;
    upper.init = [swapped](PWDFDEVICE_INIT init) { return AskFor(init, swapped ? WdfDeviceIoDirect : WdfDeviceIoBuffered); };
    lower.init = [swapped](PWDFDEVICE_INIT init) { return AskFor(init, swapped ? WdfDeviceIoBuffered : WdfDeviceIoDirect); };
    EXPECT_FALSE(TwoDrivers(machine, upper, lower).device.started());
  }
}

struct Count {
  static void Complete(WDFREQUEST request, size_t length) { WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, length + 1); }
};

CONFORMANCE_WITH(MachineOptions{.verifier = true}, UmInformation, IsNotLookedAtForWritesAndDirectReads, "UM-17") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) { return AskFor(init, WdfDeviceIoDirect); };
  hooks.read = hooks.write = Count::Complete;
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  char data[8] = {};
  EXPECT_EQ(file.Read(data, 4).information, 5u);
  EXPECT_EQ(file.Write(data, 4).information, 5u);
}

CONFORMANCE_WITH(MachineOptions{.verifier = true}, UmInformation, IsLookedAtForBufferedReads, "UM-17") {
  Hooks hooks;
  hooks.read = hooks.write = Count::Complete;
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  char data[8] = {};
  EXPECT_EQ(file.Write(data, 4).information, 5u) << "input";
  file.Read(data, 4);
  EXPECT_BUG_CHECK(machine, 0x10D, 6, 4);
}

CONFORMANCE(UmTargets, TheHandleOfATargetIsGoodUntilItsClose, "UM-24") {
  int reads = 0;
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice(MakeModel({.on_read = [&](const ModelRequest& request) {
    ++reads;
    request.Complete(STATUS_SUCCESS, request.output_length());
  }}));
  machine.Run([&] {
    WDFIOTARGET target = nullptr;
    WDF_IO_TARGET_OPEN_PARAMS params;
    ASSERT_EQ(S(WdfIoTargetCreate(hooks.device, WDF_NO_OBJECT_ATTRIBUTES, &target)), S(STATUS_SUCCESS));
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&params, nullptr);
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    HANDLE handle = WdfIoTargetWdmGetTargetFileHandle(target);
    ASSERT_NE(handle, nullptr);
    char data[4];
    IO_STATUS_BLOCK result = {};
    HANDLE event = nullptr;
    ASSERT_EQ(S(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)), S(STATUS_SUCCESS));
    LARGE_INTEGER offset = {};
    NTSTATUS status = ZwReadFile(handle, event, nullptr, nullptr, &result, data, sizeof(data), &offset, nullptr);
    if (status == STATUS_PENDING) ZwWaitForSingleObject(event, FALSE, nullptr);
    EXPECT_EQ(S(result.Status), S(STATUS_SUCCESS));
    EXPECT_EQ(reads, 1);
    WdfIoTargetClose(target);
    EXPECT_EQ(WdfIoTargetWdmGetTargetFileHandle(target), nullptr);
    EXPECT_EQ(S(ZwReadFile(handle, event, nullptr, nullptr, &result, data, sizeof(data), &offset, nullptr)), S(STATUS_INVALID_HANDLE));
    ZwClose(event);
    WdfObjectDelete(target);
  });
}

// --- hardware ---

struct Prepared {
  ULONG resources = 0;
  NTSTATUS interrupt = STATUS_UNSUCCESSFUL, mapped = STATUS_UNSUCCESSFUL;
} prepared;

BOOLEAN Isr(WDFINTERRUPT, ULONG) { return TRUE; }

NTSTATUS Prepare(WDFDEVICE device, WDFCMRESLIST raw, WDFCMRESLIST translated) {
  prepared.resources = WdfCmResourceListGetCount(translated);
  for (ULONG i = 0; i < prepared.resources; ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = WdfCmResourceListGetDescriptor(translated, i);
    if (descriptor->Type == CmResourceTypeMemory) {
      PVOID base = nullptr;
      prepared.mapped = WdfDeviceMapIoSpace(device, descriptor->u.Memory.Start, descriptor->u.Memory.Length, MmNonCached, &base);
      if (!base) continue;
      UCHAR read[2] = {}, write[2] = {7, 8};
      WdfDeviceWriteToHardware(device, WdfDeviceHwAccessTargetTypeRegister, WdfDeviceHwAccessTargetSizeUlong, base, 0x11223344, nullptr, 0);
      EXPECT_EQ(WdfDeviceReadFromHardware(device, WdfDeviceHwAccessTargetTypeRegister, WdfDeviceHwAccessTargetSizeUlong, base, nullptr, 0), 0x11223344u);
      WdfDeviceWriteToHardware(device, WdfDeviceHwAccessTargetTypeRegisterBuffer, WdfDeviceHwAccessTargetSizeUchar, base, 0, write, 2);
      WdfDeviceReadFromHardware(device, WdfDeviceHwAccessTargetTypeRegisterBuffer, WdfDeviceHwAccessTargetSizeUchar, base, read, 2);
      EXPECT_EQ(read[0], 7);
      EXPECT_EQ(read[1], 8);
      WdfDeviceUnmapIoSpace(device, base, descriptor->u.Memory.Length);
    } else if (descriptor->Type == CmResourceTypeInterrupt) {
      WDF_INTERRUPT_CONFIG config;
      WDF_INTERRUPT_CONFIG_INIT(&config, Isr, nullptr);
      config.InterruptRaw = WdfCmResourceListGetDescriptor(raw, i);
      config.InterruptTranslated = descriptor;
      WDFINTERRUPT interrupt = nullptr;
      prepared.interrupt = WdfInterruptCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &interrupt);
    }
  }
  return STATUS_SUCCESS;
}

CONFORMANCE(UmHardwareAccess, WithoutItResourcesAreSeenAndOnlyAConnectionsInterruptIsUsed, "UM-21") {
  const struct {
    bool direct, connection;
    NTSTATUS interrupt, mapped;
  } kCases[] = {{false, false, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED},
                {false, true, STATUS_SUCCESS, STATUS_ACCESS_DENIED},
                {true, false, STATUS_SUCCESS, STATUS_SUCCESS}};
  for (const auto& c : kCases) {
    SetDirective(machine, "rig", "UmdfDirectHardwareAccess", c.direct);
    prepared = {};
    Hooks hooks;
    NTSTATUS early = STATUS_UNSUCCESSFUL;
    hooks.init = [](PWDFDEVICE_INIT init) {
      WDF_PNPPOWER_EVENT_CALLBACKS pnp;
      WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
      pnp.EvtDevicePrepareHardware = Prepare;
      WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
      return STATUS_SUCCESS;
    };
    hooks.added = [&](WDFDEVICE device) {
      if (!c.direct) {
        WDF_INTERRUPT_CONFIG config;
        WDF_INTERRUPT_CONFIG_INIT(&config, Isr, nullptr);
        WDFINTERRUPT interrupt = nullptr;
        early = WdfInterruptCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &interrupt);
      }
      return STATUS_SUCCESS;
    };
    Rig rig(machine, hooks);
    DeviceSpec spec;
    spec.function = rig.driver;
    InterruptPin pin;
    uint8_t bytes[16] = {};
    spec.resources = {Resource::Memory(16, MakeRegisters({.read =
                                                              [&](uint64_t offset, unsigned count) {
                                                                uint64_t value = 0;
                                                                memcpy(&value, bytes + offset, count);
                                                                return value;
                                                              },
                                                          .write = [&](uint64_t offset, unsigned count, uint64_t value) { memcpy(bytes + offset, &value, count); }})),
                      Resource::Line(pin)};
    if (c.connection) spec.resources.push_back(Resource::Connection(CM_RESOURCE_CONNECTION_CLASS_SERIAL, CM_RESOURCE_CONNECTION_TYPE_SERIAL_I2C, 0x100000002));
    rig.device = machine.AddDevice(spec);
    ASSERT_TRUE(rig.device.started()) << machine.ReportText();
    EXPECT_EQ(prepared.resources, c.connection ? 3u : 2u);
    EXPECT_EQ(S(prepared.interrupt), S(c.interrupt));
    EXPECT_EQ(S(prepared.mapped), S(c.mapped));
    if (!c.direct) EXPECT_EQ(S(early), S(STATUS_ACCESS_DENIED)) << "never in EvtDriverDeviceAdd";
  }
}

// --- as in kernel mode ---

CONFORMANCE(UmPnp, QueryCallbacksAreCalledAndMayRefuse, "O-30") {
  Hooks hooks;
  hooks.pnp_callbacks = true;
  Rig rig(machine, hooks);
  rig.AddDevice();
  hooks.log.Take();
  EXPECT_EQ(machine.QueryRemove(rig.device), S(STATUS_SUCCESS));
  EXPECT_EQ(hooks.log.Count("QueryRemove"), 1u);
  EXPECT_EQ(machine.CancelRemove(rig.device), S(STATUS_SUCCESS));
  hooks.fail["QueryRemove"] = STATUS_UNSUCCESSFUL;
  EXPECT_EQ(machine.RemoveDevice(rig.device), S(STATUS_UNSUCCESSFUL));
  EXPECT_TRUE(rig.device.started());
  hooks.fail.clear();
  hooks.log.Take();
  EXPECT_EQ(machine.Rebalance(rig.device), S(STATUS_SUCCESS));
  EXPECT_EQ(hooks.log.Count("QueryStop"), 1u);
  EXPECT_TRUE(rig.device.started());
  hooks.fail["QueryStop"] = STATUS_UNSUCCESSFUL;
  hooks.log.Take();
  EXPECT_EQ(machine.Rebalance(rig.device), S(STATUS_UNSUCCESSFUL));
  EXPECT_EQ(hooks.log.lines(), (Lines{"QueryStop"})) << "not stopped";
  EXPECT_TRUE(rig.device.started());
}

}  // namespace
}  // namespace drydock::test
