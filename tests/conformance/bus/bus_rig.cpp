#include "bus_rig.h"

namespace drydock::test {
namespace {

struct PdoContext {
  ULONG number;
  BusHooks* hooks;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PdoContext, PdoContextOf)

struct ListContext {
  BusHooks* hooks;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ListContext, ListContextOf)

std::u16string Digits(ULONG number) {
  std::string text = std::to_string(number);
  return std::u16string(text.begin(), text.end());
}

NTSTATUS Step(WDFDEVICE pdo, const char* name) {
  PdoContext* context = PdoContextOf(pdo);
  if (context->hooks) context->hooks->log.Add(std::to_string(context->number) + "." + name);
  return STATUS_SUCCESS;
}

void LogPnp(PWDFDEVICE_INIT init) {
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  pnp.EvtDevicePrepareHardware = [](WDFDEVICE device, WDFCMRESLIST, WDFCMRESLIST) { return Step(device, "PrepareHardware"); };
  pnp.EvtDeviceReleaseHardware = [](WDFDEVICE device, WDFCMRESLIST) { return Step(device, "ReleaseHardware"); };
  pnp.EvtDeviceD0Entry = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE) { return Step(device, "D0Entry"); };
  pnp.EvtDeviceD0Exit = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE) { return Step(device, "D0Exit"); };
  pnp.EvtDeviceSelfManagedIoInit = [](WDFDEVICE device) { return Step(device, "SelfManagedIoInit"); };
  pnp.EvtDeviceSelfManagedIoSuspend = [](WDFDEVICE device) { return Step(device, "SelfManagedIoSuspend"); };
  pnp.EvtDeviceSelfManagedIoRestart = [](WDFDEVICE device) { return Step(device, "SelfManagedIoRestart"); };
  pnp.EvtDeviceSelfManagedIoFlush = [](WDFDEVICE device) { Step(device, "SelfManagedIoFlush"); };
  pnp.EvtDeviceSelfManagedIoCleanup = [](WDFDEVICE device) { Step(device, "SelfManagedIoCleanup"); };
  pnp.EvtDeviceSurpriseRemoval = [](WDFDEVICE device) { Step(device, "SurpriseRemoval"); };
  pnp.EvtDeviceQueryRemove = [](WDFDEVICE device) { return Step(device, "QueryRemove"); };
  WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
}

NTSTATUS CreateDevice(WDFCHILDLIST list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id, PWDFDEVICE_INIT init) {
  BusHooks& hooks = *ListContextOf(list)->hooks;
  const ULONG number = CONTAINING_RECORD(id, ChildId, header)->number;
  hooks.log.Add("CreateDevice " + std::to_string(number));
  if (hooks.create) return hooks.create(list, number, init);
  WDFDEVICE pdo = nullptr;
  return MakePdo(hooks, init, number, &pdo);
}

}  // namespace

void LogStates(PWDFDEVICE_INIT init) {
  static const std::map<WDF_DEVICE_PNP_STATE, const char*> kNames = {
      {WdfDevStatePnpRemovedPdoWait, "RemovedPdoWait"},
      {WdfDevStatePnpPdoRestart, "PdoRestart"},
      {WdfDevStatePnpHardwareAvailable, "HardwareAvailable"},
      {WdfDevStatePnpEjectHardware, "EjectHardware"},
      {WdfDevStatePnpEjectedWaitingForRemove, "EjectedWaitingForRemove"},
      {WdfDevStatePnpEjectFailed, "EjectFailed"},
      {WdfDevStatePnpRemovedPdoSurpriseRemoved, "RemovedPdoSurpriseRemoved"},
      {WdfDevStatePnpCheckForDevicePresence, "CheckForDevicePresence"},
      {WdfDevStatePnpPdoRemoved, "PdoRemoved"},
      {WdfDevStatePnpFinal, "Final"},
      {WdfDevStatePnpSurpriseRemove, "SurpriseRemove"},
  };
  for (const auto& [state, name] : kNames) {
    EXPECT_EQ(S(WdfDeviceInitRegisterPnpStateChangeCallback(
                  init, state,
                  [](WDFDEVICE device, PCWDF_DEVICE_PNP_NOTIFICATION_DATA data) {
                    auto found = kNames.find(data->Data.EnterState.NewState);
                    PdoContext* context = PdoContextOf(device);
                    if (context->hooks) context->hooks->log.Add(std::to_string(context->number) + ":" + found->second);
                  },
                  StateNotificationEnterState)),
              S(STATUS_SUCCESS));
  }
}

NTSTATUS Ask(PDEVICE_OBJECT device, UCHAR minor, const std::function<void(PIO_STACK_LOCATION)>& fill, ULONG_PTR* information, NTSTATUS initial) {
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(device);
  PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  irp->IoStatus.Status = initial;
  irp->IoStatus.Information = information ? *information : 0;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_PNP;
  location->MinorFunction = minor;
  if (fill) fill(location);
  IoSetCompletionRoutine(
      irp,
      [](PDEVICE_OBJECT, PIRP, PVOID context) -> NTSTATUS {
        KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
        return STATUS_MORE_PROCESSING_REQUIRED;
      },
      &done, TRUE, TRUE, TRUE);
  IoCallDriver(top, irp);
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  const NTSTATUS status = irp->IoStatus.Status;
  if (information) *information = irp->IoStatus.Information;
  IoFreeIrp(irp);
  ObDereferenceObject(top);
  return status;
}

ULONG NumberOf(WDFDEVICE pdo) { return PdoContextOf(pdo)->number; }

ChildId Id(ULONG number) {
  ChildId id = {};
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.header, sizeof(id));
  id.number = number;
  return id;
}

ChildAddress Address(ULONG slot) {
  ChildAddress address = {};
  WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&address.header, sizeof(address));
  address.slot = slot;
  return address;
}

NTSTATUS MakePdo(BusHooks& hooks, PWDFDEVICE_INIT init, ULONG number, WDFDEVICE* pdo) {
  UNICODE_STRING id = Text(u"RIG\\Child");
  std::u16string digits = Digits(number);
  UNICODE_STRING instance = Text(digits.c_str());
  NTSTATUS named = WdfPdoInitAssignDeviceID(init, &id);
  if (NT_SUCCESS(named)) named = WdfPdoInitAddHardwareID(init, &id);
  if (NT_SUCCESS(named)) named = WdfPdoInitAssignInstanceID(init, &instance);
  if (!NT_SUCCESS(named)) {
    EXPECT_EQ(S(named), STATUS_INSUFFICIENT_RESOURCES);  // where a test lets allocations fail
    return named;
  }
  if (hooks.raw) {
    const GUID type = {1, 2, 3, {4}};
    EXPECT_EQ(S(WdfPdoInitAssignRawDevice(init, &type)), S(STATUS_SUCCESS));
  }
  if (hooks.pdo_pnp) LogPnp(init);
  if (hooks.pdo_callbacks) {
    WDF_PDO_EVENT_CALLBACKS callbacks;
    WDF_PDO_EVENT_CALLBACKS_INIT(&callbacks);
    hooks.pdo_callbacks(callbacks);
    WdfPdoInitSetEventCallbacks(init, &callbacks);
  }
  if (hooks.pdo_init) hooks.pdo_init(init, number);
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PdoContext);
  attributes.EvtCleanupCallback = [](WDFOBJECT object) { Step(static_cast<WDFDEVICE>(object), "cleanup"); };
  attributes.EvtDestroyCallback = [](WDFOBJECT object) { Step(static_cast<WDFDEVICE>(object), "destroy"); };
  if (hooks.pdo_attributes) hooks.pdo_attributes(attributes);
  NTSTATUS status = WdfDeviceCreate(&init, &attributes, pdo);
  if (!NT_SUCCESS(status)) return status;
  PdoContextOf(*pdo)->number = number;
  PdoContextOf(*pdo)->hooks = &hooks;
  hooks.pdos[number] = *pdo;
  WDF_DEVICE_PNP_CAPABILITIES capabilities;
  WDF_DEVICE_PNP_CAPABILITIES_INIT(&capabilities);
  capabilities.UniqueID = hooks.unique_ids ? WdfTrue : WdfFalse;
  capabilities.Removable = capabilities.EjectSupported = capabilities.SurpriseRemovalOK = WdfTrue;
  capabilities.Address = number;
  WdfDeviceSetPnpCapabilities(*pdo, &capabilities);
  return hooks.pdo_created ? hooks.pdo_created(*pdo, number) : STATUS_SUCCESS;
}

BusRig::BusRig(Machine& the_machine) : machine(the_machine) {
  bus_hooks.init = [this](PWDFDEVICE_INIT init) {
    if (!hooks.default_list) return STATUS_SUCCESS;
    WDF_CHILD_LIST_CONFIG config;
    WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(ChildId), CreateDevice);
    if (hooks.addresses) config.AddressDescriptionSize = sizeof(ChildAddress);
    if (hooks.list_config) hooks.list_config(config);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, ListContext);
    WdfFdoInitSetDefaultChildListConfig(init, &config, &attributes);
    return STATUS_SUCCESS;
  };
  bus_hooks.added = [this](WDFDEVICE device) {
    if (WDFCHILDLIST list = WdfFdoGetDefaultChildList(device)) ListContextOf(list)->hooks = &hooks;
    return STATUS_SUCCESS;
  };
}

BusRig::~BusRig() {
  if (machine.stopped()) return;
  if (bus) {
    std::string states;
    for (Device child : machine.Children(bus)) states += " " + child.name() + ": " + child.state();
    EXPECT_EQ(machine.RemoveDevice(bus), STATUS_SUCCESS) << "children:" << states;
  }
  machine.RunUntilIdle();
  if (function_driver.object()) EXPECT_EQ(machine.UnloadDriver(function_driver), STATUS_SUCCESS);
  if (bus_driver.object()) EXPECT_EQ(machine.UnloadDriver(bus_driver), STATUS_SUCCESS);
  EXPECT_EQ(machine.CountReports(ReportKind::kLeak), 0u) << machine.ReportText();
}

void BusRig::Start() {
  SetRigHooks(&bus_hooks);
  SetOtherHooks(&function_hooks);
  bus_driver = machine.AddDriver("rigbus", RigEntry());
  function_driver = machine.AddDriver("rigchild", OtherEntry());
  ASSERT_TRUE(function_driver.object()) << machine.ReportText();
  machine.InstallDriver({"RIG\\Child"}, function_driver);
  AddBus();
}

void BusRig::AddBus() {
  DeviceSpec spec;
  spec.function = bus_driver;
  spec.instance = "ROOT\\RIGBUS\\0000";
  bus = machine.AddDevice(spec);
  ASSERT_TRUE(bus.started()) << machine.ReportText();
}

WDFCHILDLIST BusRig::list() { return WdfFdoGetDefaultChildList(bus_hooks.device); }

NTSTATUS BusRig::Plug(ULONG number) {
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  machine.Run([&] {
    ChildId id = Id(number);
    status = WdfChildListAddOrUpdateChildDescriptionAsPresent(list(), &id.header, nullptr);
  });
  Settle();
  return status;
}

NTSTATUS BusRig::Unplug(ULONG number) {
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  machine.Run([&] {
    ChildId id = Id(number);
    status = WdfChildListUpdateChildDescriptionAsMissing(list(), &id.header);
  });
  Settle();
  return status;
}

Device BusRig::Child(ULONG number) { return machine.FindDevice("RIG\\Child\\" + std::to_string(number)); }

}  // namespace drydock::test
