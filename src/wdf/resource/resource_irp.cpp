#include "wdf/resource/resource_irp.h"

#include "nt/driver_callback.h"
#include "wdf/device/device.h"
#include "wdf/framework.h"
#include "wdf/interrupt/interrupt.h"
#include "wdf/object/factory.h"
#include "wdf/resource/io_list.h"

namespace drydock::wdf {
namespace {

NTSTATUS NTAPI Returned(PDEVICE_OBJECT, PIRP, PVOID context) {
  KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS SendDownAndWait(Device& device, PIRP irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoSetCompletionRoutine(irp, &Returned, &done, TRUE, TRUE, TRUE);
  NTSTATUS status = IoCallDriver(device.attached_to(), irp);
  if (status != STATUS_PENDING) return status;
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return irp->IoStatus.Status;
}

WDFDEVICE HandleOf(Device& device) { return reinterpret_cast<WDFDEVICE>(device.handle()); }

// A requirements list that the driver changes: what comes out of it is pool memory.
struct Requirements {
  IoRequirementsList* list = nullptr;
  ~Requirements() {
    if (list) list->Delete();
  }
  NTSTATUS Make(Device& device, const IO_RESOURCE_REQUIREMENTS_LIST* from, ListAccess access) {
    NTSTATUS status = CreateObjectChecked(device.globals(), ObjectType::kResourceRequirementsList, nullptr, &device, &list);
    if (NT_SUCCESS(status)) status = list->Fill(from);
    if (NT_SUCCESS(status)) list->SetAccess(access);
    return status;
  }
  WDFIORESREQLIST handle() const { return reinterpret_cast<WDFIORESREQLIST>(list->handle()); }
};

// WdfInterruptSetPolicy: written into the interrupts of each configuration, in the order of the objects made in DeviceAdd.
bool ApplyPolicies(Device& device, IoRequirementsList& list) {
  DeviceInterrupts* all = InterruptsOf(device);
  if (!all) return false;
  bool any = false;
  for (size_t i = 0; i < list.count(); ++i) {
    IoResourceList& configuration = *list.at(i);
    size_t next = 0;
    for (size_t d = 0; d < configuration.count() && next < all->list.size(); ++d) {
      IO_RESOURCE_DESCRIPTOR& descriptor = *configuration.at(d);
      if (descriptor.Type != CmResourceTypeInterrupt || (descriptor.Option & IO_RESOURCE_ALTERNATIVE)) continue;
      const InterruptPolicy& policy = all->list[next++]->policy();
      if (!policy.set) continue;
      descriptor.Flags |= CM_RESOURCE_INTERRUPT_POLICY_INCLUDED;
      descriptor.u.Interrupt.AffinityPolicy = static_cast<IRQ_DEVICE_POLICY>(policy.policy);
      descriptor.u.Interrupt.PriorityPolicy = static_cast<IRQ_PRIORITY>(policy.priority);
      descriptor.u.Interrupt.TargetedProcessors = policy.targets.Mask;
      any = true;
    }
  }
  return any;
}

bool HasPolicies(Device& device) {
  DeviceInterrupts* all = InterruptsOf(device);
  if (!all) return false;
  for (const Interrupt* interrupt : all->list)
    if (interrupt->policy().set) return true;
  return false;
}

const IO_RESOURCE_REQUIREMENTS_LIST* ListIn(PIRP irp) {
  const ULONG_PTR answered = irp->IoStatus.Information;  // a driver above or below has answered already
  return answered ? reinterpret_cast<const IO_RESOURCE_REQUIREMENTS_LIST*>(answered)
                  : IoGetCurrentIrpStackLocation(irp)->Parameters.FilterResourceRequirements.IoResourceRequirementList;
}

void Answer(PIRP irp, IO_RESOURCE_REQUIREMENTS_LIST* list) {
  if (irp->IoStatus.Information) ExFreePoolWithTag(reinterpret_cast<void*>(irp->IoStatus.Information), 0);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(list);
}

}  // namespace

NTSTATUS resource::FilterRequirements(Device& device, PIRP irp) {
  if (!device.attached_to()) return CompleteIrp(irp, irp->IoStatus.Status, irp->IoStatus.Information);
  const WDF_FDO_EVENT_CALLBACKS& fdo = device.init().fdo;
  if (!fdo.EvtDeviceFilterRemoveResourceRequirements && !fdo.EvtDeviceFilterAddResourceRequirements && !HasPolicies(device))
    return device.PassDown(irp);
  NTSTATUS status = STATUS_SUCCESS;
  if (fdo.EvtDeviceFilterRemoveResourceRequirements) {
    Requirements requirements;
    status = requirements.Make(device, ListIn(irp), ListAccess::kMayRemove);
    if (NT_SUCCESS(status)) {
      status = nt::CallDriver("EvtDeviceFilterRemoveResourceRequirements", fdo.EvtDeviceFilterRemoveResourceRequirements, HandleOf(device),
                              requirements.handle());
    }
    if (NT_SUCCESS(status) && requirements.list->changed()) {
      IO_RESOURCE_REQUIREMENTS_LIST* list = requirements.list->Build();
      if (!list) status = STATUS_INSUFFICIENT_RESOURCES;
      if (list) Answer(irp, list);
    }
    if (!NT_SUCCESS(status)) return CompleteIrp(irp, status, irp->IoStatus.Information);
    irp->IoStatus.Status = status;
  }
  IoCopyCurrentIrpStackLocationToNext(irp);
  if (irp->IoStatus.Information) {
    IoGetNextIrpStackLocation(irp)->Parameters.FilterResourceRequirements.IoResourceRequirementList =
        reinterpret_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(irp->IoStatus.Information);
  }
  status = SendDownAndWait(device, irp);
  // A bus that does not know the request leaves it as it came.
  if (!NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED) return CompleteIrp(irp, status, irp->IoStatus.Information);
  Requirements requirements;
  status = requirements.Make(device, ListIn(irp), ListAccess::kMayChange);
  if (NT_SUCCESS(status) && ApplyPolicies(device, *requirements.list)) requirements.list->SetChanged();
  if (NT_SUCCESS(status) && fdo.EvtDeviceFilterAddResourceRequirements) {
    status = nt::CallDriver("EvtDeviceFilterAddResourceRequirements", fdo.EvtDeviceFilterAddResourceRequirements, HandleOf(device),
                            requirements.handle());
  }
  if (NT_SUCCESS(status) && requirements.list->changed()) {
    IO_RESOURCE_REQUIREMENTS_LIST* list = requirements.list->Build();
    if (!list) status = STATUS_INSUFFICIENT_RESOURCES;
    if (list) Answer(irp, list);
  }
  return CompleteIrp(irp, status, irp->IoStatus.Information);
}

resource::LowerLists::~LowerLists() {
  if (raw) ExFreePoolWithTag(raw, 0);
  if (translated) ExFreePoolWithTag(translated, 0);
}

NTSTATUS resource::RemoveAdded(Device& device, PIRP irp, LowerLists* lower) {
  auto callback = device.init().fdo.EvtDeviceRemoveAddedResources;
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  const CM_RESOURCE_LIST* raw_list = stack.Parameters.StartDevice.AllocatedResources;
  const CM_RESOURCE_LIST* translated_list = stack.Parameters.StartDevice.AllocatedResourcesTranslated;
  if (!callback || !raw_list || !translated_list) return STATUS_SUCCESS;  // O-07
  struct Lists {
    ResourceList* raw = nullptr;
    ResourceList* translated = nullptr;
    ~Lists() {
      if (raw) raw->Delete();
      if (translated) translated->Delete();
    }
  } lists;
  NTSTATUS status = CreateObjectChecked(device.globals(), ObjectType::kResourceList, nullptr, &device, &lists.raw);
  if (NT_SUCCESS(status)) status = CreateObjectChecked(device.globals(), ObjectType::kResourceList, nullptr, &device, &lists.translated);
  if (!NT_SUCCESS(status)) return status;
  status = lists.raw->Fill(raw_list);
  if (NT_SUCCESS(status)) status = lists.translated->Fill(translated_list);
  if (!NT_SUCCESS(status)) return status;
  lists.raw->SetAccess(ListAccess::kMayRemove);
  lists.translated->SetAccess(ListAccess::kMayRemove);
  status = nt::CallDriver("EvtDeviceRemoveAddedResources", callback, HandleOf(device), reinterpret_cast<WDFCMRESLIST>(lists.raw->handle()),
                          reinterpret_cast<WDFCMRESLIST>(lists.translated->handle()));
  if (!NT_SUCCESS(status)) return status;
  if (lists.raw->changed() || lists.translated->changed()) {
    lower->raw = lists.raw->Build(raw_list);
    lower->translated = lists.translated->Build(translated_list);
    if (!lower->raw || !lower->translated) return STATUS_INSUFFICIENT_RESOURCES;
  }
  return STATUS_SUCCESS;
}

NTSTATUS resource::QueryResources(Device& pdo, PIRP irp) {
  const PdoInit* init = pdo.init().pdo_init.get();
  auto callback = init ? init->callbacks.EvtDeviceResourcesQuery : nullptr;
  if (!callback) return STATUS_NOT_SUPPORTED;
  ResourceList* list = nullptr;
  NTSTATUS status = CreateObjectChecked(pdo.globals(), ObjectType::kResourceList, nullptr, &pdo, &list);
  if (!NT_SUCCESS(status)) return status;
  list->SetAccess(ListAccess::kMayChange);
  status = nt::CallDriver("EvtDeviceResourcesQuery", callback, HandleOf(pdo), reinterpret_cast<WDFCMRESLIST>(list->handle()));
  if (NT_SUCCESS(status) && list->count() > 0) {
    CM_RESOURCE_LIST* built = list->Build(nullptr);
    if (!built) status = STATUS_INSUFFICIENT_RESOURCES;
    irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(built);
  }
  list->Delete();
  return status;
}

NTSTATUS resource::QueryRequirements(Device& pdo, PIRP irp) {
  const PdoInit* init = pdo.init().pdo_init.get();
  auto callback = init ? init->callbacks.EvtDeviceResourceRequirementsQuery : nullptr;
  if (!callback) return STATUS_NOT_SUPPORTED;
  Requirements requirements;
  NTSTATUS status = requirements.Make(pdo, nullptr, ListAccess::kMayChange);
  if (!NT_SUCCESS(status)) return status;
  status = nt::CallDriver("EvtDeviceResourceRequirementsQuery", callback, HandleOf(pdo), requirements.handle());
  if (NT_SUCCESS(status) && requirements.list->count() > 0) {
    IO_RESOURCE_REQUIREMENTS_LIST* built = requirements.list->Build();
    if (!built) status = STATUS_INSUFFICIENT_RESOURCES;
    irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(built);
  }
  return status;
}

}  // namespace drydock::wdf
