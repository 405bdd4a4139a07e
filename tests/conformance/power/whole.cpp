#include "whole.h"

#include "nt/ke/state.h"

namespace drydock::test {
namespace {

using std::chrono::milliseconds;

constexpr GUID kInterface = {0x57A7E001, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
constexpr GUID kBlock = {0x57A7E002, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

struct SomeContext {
  ULONG value;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SomeContext, SomeContextOf)

struct ChildDescription {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER header;
  ULONG number;
};

// A failing step ends it; what was made goes with the device.
#define TRY(call)                            \
  do {                                       \
    const NTSTATUS try_status = (call);      \
    if (!NT_SUCCESS(try_status)) return try_status; \
  } while (false)

NTSTATUS SetFdo(PWDFDEVICE_INIT init) {
  WDF_FDO_EVENT_CALLBACKS fdo;
  WDF_FDO_EVENT_CALLBACKS_INIT(&fdo);
  fdo.EvtDeviceFilterRemoveResourceRequirements = [](WDFDEVICE, WDFIORESREQLIST) { return RecordStep("FilterRemove"); };
  fdo.EvtDeviceFilterAddResourceRequirements = [](WDFDEVICE, WDFIORESREQLIST) { return RecordStep("FilterAdd"); };
  fdo.EvtDeviceRemoveAddedResources = [](WDFDEVICE, WDFCMRESLIST, WDFCMRESLIST) { return RecordStep("RemoveAddedResources"); };
  WdfFdoInitSetEventCallbacks(init, &fdo);
  WDF_CHILD_LIST_CONFIG list;
  WDF_CHILD_LIST_CONFIG_INIT(&list, sizeof(ChildDescription), [](WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER, PWDFDEVICE_INIT) -> NTSTATUS {
    return STATUS_NOT_SUPPORTED;
  });
  list.EvtChildListScanForChildren = [](WDFCHILDLIST) { RecordStep("Scan"); };
  WdfFdoInitSetDefaultChildListConfig(init, &list, WDF_NO_OBJECT_ATTRIBUTES);
  UNICODE_STRING name = Text(u"\\Device\\Whole");
  TRY(WdfDeviceInitAssignName(init, &name));
  return WdfDeviceInitAssignWdmIrpPreprocessCallback(
      init,
      [](WDFDEVICE device, PIRP irp) -> NTSTATUS {
        IoSkipCurrentIrpStackLocation(irp);
        return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
      },
      IRP_MJ_FLUSH_BUFFERS, nullptr, 0);
}

NTSTATUS AddHardware(WDFDEVICE device) {
  for (int i = 0; i < 2; ++i) {
    WDF_INTERRUPT_CONFIG config;
    WDF_INTERRUPT_CONFIG_INIT(&config, [](WDFINTERRUPT, ULONG) -> BOOLEAN { return TRUE; }, i ? nullptr : [](WDFINTERRUPT, WDFOBJECT) {});
    if (i) config.EvtInterruptWorkItem = [](WDFINTERRUPT, WDFOBJECT) {};
    // The second one's: a failure finds the first enabled.
    if (i) config.EvtInterruptEnable = [](WDFINTERRUPT, WDFDEVICE) { return RecordStep("InterruptEnable"); };
    if (i) config.EvtInterruptDisable = [](WDFINTERRUPT, WDFDEVICE) { return RecordStep("InterruptDisable"); };
    WDFINTERRUPT interrupt = nullptr;
    TRY(WdfInterruptCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &interrupt));
  }
  WDF_DMA_ENABLER_CONFIG dma;
  WDF_DMA_ENABLER_CONFIG_INIT(&dma, WdfDmaProfileScatterGather64Duplex, 65536);
  dma.EvtDmaEnablerFill = [](WDFDMAENABLER) { return RecordStep("DmaFill"); };
  dma.EvtDmaEnablerFlush = [](WDFDMAENABLER) { return RecordStep("DmaFlush"); };
  dma.EvtDmaEnablerEnable = [](WDFDMAENABLER) { return RecordStep("DmaEnable"); };
  dma.EvtDmaEnablerDisable = [](WDFDMAENABLER) { return RecordStep("DmaDisable"); };
  dma.EvtDmaEnablerSelfManagedIoStart = [](WDFDMAENABLER) { return RecordStep("DmaStart"); };
  dma.EvtDmaEnablerSelfManagedIoStop = [](WDFDMAENABLER) { return RecordStep("DmaStop"); };
  WDFDMAENABLER enabler = nullptr;
  TRY(WdfDmaEnablerCreate(device, &dma, WDF_NO_OBJECT_ATTRIBUTES, &enabler));
  WDFCOMMONBUFFER buffer = nullptr;
  TRY(WdfCommonBufferCreate(enabler, 4096, WDF_NO_OBJECT_ATTRIBUTES, &buffer));
  WDFDMATRANSACTION transaction = nullptr;
  return WdfDmaTransactionCreate(enabler, WDF_NO_OBJECT_ATTRIBUTES, &transaction);
}

NTSTATUS AddObjects(WDFDEVICE device) {
  WDF_OBJECT_ATTRIBUTES below = Attributes(device);
  WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&below, SomeContext);
  WDF_TIMER_CONFIG timer_config;
  WDF_TIMER_CONFIG_INIT(&timer_config, [](WDFTIMER) {});
  WDFTIMER timer = nullptr;
  TRY(WdfTimerCreate(&timer_config, &below, &timer));
  WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_SEC(3600));
  WDF_DPC_CONFIG dpc_config;
  WDF_DPC_CONFIG_INIT(&dpc_config, [](WDFDPC) {});
  WDFDPC dpc = nullptr;
  TRY(WdfDpcCreate(&dpc_config, &below, &dpc));
  WDF_WORKITEM_CONFIG work_config;
  WDF_WORKITEM_CONFIG_INIT(&work_config, [](WDFWORKITEM) {});
  WDFWORKITEM work = nullptr;
  TRY(WdfWorkItemCreate(&work_config, &below, &work));
  WDFSPINLOCK spin_lock = nullptr;
  TRY(WdfSpinLockCreate(&below, &spin_lock));
  WDFWAITLOCK wait_lock = nullptr;
  TRY(WdfWaitLockCreate(&below, &wait_lock));
  WDFMEMORY memory = nullptr;
  TRY(WdfMemoryCreate(&below, NonPagedPool, 'elhW', 100, &memory, nullptr));
  WDFCOLLECTION collection = nullptr;
  TRY(WdfCollectionCreate(&below, &collection));
  TRY(WdfCollectionAdd(collection, memory));
  UNICODE_STRING text = Text(u"some text");
  WDFSTRING string = nullptr;
  TRY(WdfStringCreate(&text, &below, &string));
  WDFLOOKASIDE lookaside = nullptr;
  WDF_OBJECT_ATTRIBUTES memory_attributes = Attributes();
  TRY(WdfLookasideListCreate(&below, 64, NonPagedPool, &memory_attributes, 'elhW', &lookaside));
  WDFIOTARGET target = nullptr;
  TRY(WdfIoTargetCreate(device, &below, &target));
  WDFREQUEST request = nullptr;
  TRY(WdfRequestCreate(&below, WdfDeviceGetIoTarget(device), &request));
  WDFKEY key = nullptr;
  TRY(WdfDeviceOpenRegistryKey(device, PLUGPLAY_REGKEY_DEVICE, KEY_READ | KEY_WRITE, WDF_NO_OBJECT_ATTRIBUTES, &key));
  WdfRegistryClose(key);
  WDF_IO_QUEUE_CONFIG queue_config;
  WDF_IO_QUEUE_CONFIG_INIT(&queue_config, WdfIoQueueDispatchSequential);
  queue_config.EvtIoRead = [](WDFQUEUE, WDFREQUEST read, size_t) { WdfRequestComplete(read, STATUS_SUCCESS); };
  WDFQUEUE queue = nullptr;
  TRY(WdfIoQueueCreate(device, &queue_config, WDF_NO_OBJECT_ATTRIBUTES, &queue));
  return WdfDeviceConfigureRequestDispatching(device, queue, WdfRequestTypeRead);
}

NTSTATUS AddNames(WDFDEVICE device) {
  UNICODE_STRING link = Text(u"\\DosDevices\\Whole");
  TRY(WdfDeviceCreateSymbolicLink(device, &link));
  TRY(WdfDeviceCreateDeviceInterface(device, &kInterface, nullptr));
  UNICODE_STRING reference = Text(u"second");
  TRY(WdfDeviceCreateDeviceInterface(device, &kInterface, &reference));
  INTERFACE offered = {sizeof(INTERFACE), 1, nullptr, WdfDeviceInterfaceReferenceNoOp, WdfDeviceInterfaceDereferenceNoOp};
  WDF_QUERY_INTERFACE_CONFIG query;
  WDF_QUERY_INTERFACE_CONFIG_INIT(&query, &offered, &kInterface, nullptr);
  TRY(WdfDeviceAddQueryInterface(device, &query));
  WDF_WMI_PROVIDER_CONFIG provider;
  WDF_WMI_PROVIDER_CONFIG_INIT(&provider, &kBlock);
  WDF_WMI_INSTANCE_CONFIG instance;
  WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&instance, &provider);
  instance.Register = TRUE;
  instance.EvtWmiInstanceQueryInstance = [](WDFWMIINSTANCE, ULONG, PVOID, PULONG used) -> NTSTATUS {
    *used = 0;
    return STATUS_SUCCESS;
  };
  UNICODE_STRING mof = Text(u"MofResource");
  TRY(WdfDeviceAssignMofResourceName(device, &mof));
  return WdfWmiInstanceCreate(device, &instance, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

#undef TRY

}  // namespace

const char* NameOf(Phase phase) {
  static constexpr const char* kNames[] = {"start", "sleep", "resume", "idle down", "idle up", "rebalance", "removal", "surprise removal"};
  return kNames[static_cast<int>(phase)];
}

Whole::Whole(Machine& the_machine) : machine(the_machine) {
  watch_states = false;
  hooks.managed_queue = true;
  hooks.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { MakeNamed(&attributes); };
  more_init = SetFdo;
  hooks.added = [this](WDFDEVICE device) { return Added(device); };
}

NTSTATUS Whole::Added(WDFDEVICE device) {
  Name(device, hooks.log, "device");
  NTSTATUS status = AddHardware(device);
  if (NT_SUCCESS(status)) status = AddObjects(device);
  if (NT_SUCCESS(status)) status = AddNames(device);
  if (NT_SUCCESS(status) && wakes_from_sx) status = AssignSxWake(device);
  return NT_SUCCESS(status) && idles ? AssignIdle(device, 20, IdleCanWakeFromS0) : status;
}

bool Whole::Add() {
  if (!rig) rig = std::make_unique<Rig>(machine, hooks);
  DeviceSpec spec = CanWake(rig->driver);
  spec.instance = "ROOT\\WHOLE\\0000";
  spec.resources = {Resource::Memory(0x100, nullptr), Resource::Line(pins[0], {.irql = 5}), Resource::Line(pins[1], {.irql = 7})};
  rig->device = machine.AddDevice(spec);
  return rig->device.started();
}

void Whole::Walk(Phase phase) {
  switch (phase) {
    case Phase::kStart: Add(); break;
    case Phase::kSleep: machine.SetSystemPower(3); break;
    case Phase::kResume: machine.SetSystemPower(0); break;
    case Phase::kIdleDown:
      machine.Run([&] { WdfDeviceResumeIdle(hooks.device); });
      machine.Advance(milliseconds(300));
      break;
    case Phase::kIdleUp: {
      File file = machine.Open(rig->device);
      PendingIo io = file.StartIoctl(kIoctl, nullptr, 0, nullptr, 0);
      machine.RunUntilIdle();
      machine.Advance(milliseconds(100));
      io.Cancel();
      break;
    }
    case Phase::kRebalance: machine.Rebalance(rig->device); break;
    case Phase::kRemove: machine.RemoveDevice(rig->device); break;
    case Phase::kSurprise: machine.SurpriseRemove(rig->device); break;
  }
  machine.RunUntilIdle();
}

void Whole::LeadUpTo(Phase phase) {
  idles = phase == Phase::kIdleDown || phase == Phase::kIdleUp;
  if (phase == Phase::kStart) return;
  EXPECT_TRUE(Add()) << machine.ReportText();
  if (phase == Phase::kResume) machine.SetSystemPower(3);
  // Its time begins with the walk, however long the test takes until then.
  if (phase == Phase::kIdleDown) machine.Run([&] { EXPECT_EQ(WdfDeviceStopIdle(hooks.device, TRUE), STATUS_SUCCESS); });
  if (phase == Phase::kIdleUp) machine.Advance(milliseconds(300));
}

void Whole::End() {
  if (rig && rig->device) {
    machine.RemoveDevice(rig->device);
    rig->device = Device();
  }
  machine.RunUntilIdle();
}

size_t Whole::timers() {
  nt::ke::TimerTable& table = machine.kernel().ke->timers;
  rt::LockGuard guard(table.lock);
  return table.active_count;
}

}  // namespace drydock::test
