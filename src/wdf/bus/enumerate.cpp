// The bus-relations query of a parent: PDOs are made inside it, and the missing ones are told (O-37, DEVX-19 to DEVX-26).
#include <cstring>

#include "nt/driver_callback.h"
#include "nt/ob/object.h"
#include "wdf/bus/bus.h"
#include "wdf/bus/locked.h"
#include "wdf/bus/query_interface.h"
#include "wdf/device/builder.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

constexpr ULONG kTag = 0x42786644;  // 'DfxB'

std::vector<ChildList*> ListsOf(Device& device) {
  Children* part = Children::Of(device);
  if (!part) return {};
  rt::LockGuard guard(part->lock);
  return part->lists;
}

}  // namespace

void ChildList::Scan() {
  if (auto callback = config_.EvtChildListScanForChildren) nt::CallDriver("EvtChildListScanForChildren", callback, list_handle());
}

// DEVX-22.
NTSTATUS ChildList::CreatePdo(Child& child) {
  DeviceInit* init = DeviceBuilder::NewInit(globals(), DeviceKind::kPdo);
  if (!init) {  // the child stays pending; three more queries at most for its sake
    Locked locked(*this);
    retry_ = retry_ || ++starved_ <= 3;
    return STATUS_SUCCESS;
  }
  starved_ = 0;
  init->parent = parent_;
  init->pdo_init = std::make_unique<PdoInit>();
  init->pdo_init->child = &child;
  DeviceAddScope scope(init);
  NTSTATUS status = nt::CallDriver("EvtChildListCreateDevice", config_.EvtChildListCreateDevice, list_handle(), child.id(),
                                   reinterpret_cast<PWDFDEVICE_INIT>(init));
  Device* device = scope.created();
  if (NT_SUCCESS(status) && !device) {
    Break(globals(), "EvtChildListCreateDevice succeeded without a device");
    status = STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
  }
  if (!NT_SUCCESS(status) && device) DeviceBuilder::DeleteAfterFailedAdd(*device);
  return status;
}

void ChildList::Answer(std::vector<PDEVICE_OBJECT>* present, std::vector<Device*>* missing) {
  std::vector<Child*> due;
  {
    Locked locked(*this);
    answering_ = true;
    for (Child* child = first_; child; child = child->next) {
      if (child->listed && !child->device && !is_static()) due.push_back(child);
    }
  }
  for (Child* child : due) {
    const NTSTATUS status = CreatePdo(*child);
    if (NT_SUCCESS(status)) continue;
    Locked locked(*this);
    if (status == STATUS_RETRY) {
      retry_ = true;
    } else {
      child->listed = child->wanted = false;
      child->replaced = true;  // the description is dropped: the same one added again is another child
    }
  }
  Locked locked(*this);
  for (Child* child = first_; child; child = child->next) {
    if (!child->device || child->missing_told) continue;
    child->answered = true;
    if (child->listed) {
      nt::ob::Reference(child->device->wdm());
      present->push_back(child->device->wdm());
    } else {
      child->device->AddRef();
      missing->push_back(child->device);
    }
  }
}

void ChildList::Commit(Outcome outcome) {
  Locked locked(*this);
  if (outcome == Outcome::kGiven) {
    remakes_ = 0;
  } else {
    retry_ = retry_ || ++remakes_ <= 3;
  }
  for (Child* child = first_; child; child = child->next) {
    if (!child->answered) continue;
    child->answered = false;
    if (outcome == Outcome::kRefused) continue;
    if (!child->listed) {
      child->missing_told = true;
    } else if (outcome == Outcome::kGiven) {
      child->reported = true;
    } else if (child->reported) {  // one that PnP has not heard of yet simply comes with the next answer
      child->missing_told = child->again = true;
    }
  }
}

void ChildList::Answered() {
  Locked locked(*this);
  answering_ = false;
  locked.Tell(retry_);
  retry_ = false;
  if (Busy()) return;
  locked.Tell(Settle());
  for (Child* child = first_; child;) {
    Child* next = child->next;
    Sweep(child);
    child = next;
  }
}

namespace bus {

bool AppendRelations(PIRP irp, const std::vector<PDEVICE_OBJECT>& more) {
  auto* old = reinterpret_cast<DEVICE_RELATIONS*>(irp->IoStatus.Information);
  const ULONG before = old ? old->Count : 0;
  const size_t count = before + more.size();
  const size_t bytes = sizeof(DEVICE_RELATIONS) + (count ? count - 1 : 0) * sizeof(PDEVICE_OBJECT);
  auto* relations = static_cast<DEVICE_RELATIONS*>(ExAllocatePool2(POOL_FLAG_PAGED, bytes, kTag));
  if (!relations) return false;
  relations->Count = static_cast<ULONG>(count);
  if (before) std::memcpy(relations->Objects, old->Objects, before * sizeof(PDEVICE_OBJECT));
  for (size_t i = 0; i < more.size(); ++i) relations->Objects[before + i] = more[i];
  if (old) ExFreePoolWithTag(old, 0);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(relations);
  return true;
}

void ScanForChildren(Device& device) {
  for (ChildList* list : ListsOf(device)) list->Scan();
}

NTSTATUS AnswerBusRelations(Device& device, PIRP irp) {
  const std::vector<ChildList*> lists = ListsOf(device);
  if (lists.empty()) return STATUS_SUCCESS;
  std::vector<PDEVICE_OBJECT> present;
  std::vector<Device*> missing;
  for (ChildList* list : lists) list->Answer(&present, &missing);
  auto outcome = ChildList::Outcome::kGiven;
  if (AppendRelations(irp, present)) {
    irp->IoStatus.Status = STATUS_SUCCESS;
  } else {
    for (PDEVICE_OBJECT pdo : present) nt::ob::Dereference(pdo);
    outcome = irp->IoStatus.Information ? ChildList::Outcome::kGivenWithoutThese : ChildList::Outcome::kRefused;
  }
  const NTSTATUS status = outcome == ChildList::Outcome::kRefused ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
  for (ChildList* list : lists) list->Commit(outcome);
  for (Device* pdo : missing) {
    auto callback = pdo->init().pdo_init->callbacks.EvtDeviceReportedMissing;
    if (callback && NT_SUCCESS(status)) nt::CallDriver("EvtDeviceReportedMissing", callback, reinterpret_cast<WDFDEVICE>(pdo->handle()));
    pdo->Release();
  }
  for (ChildList* list : lists) list->Answered();
  return status;
}

NTSTATUS AnswerRelations(Device& device, PIRP irp, DEVICE_RELATION_TYPE type) {
  PdoPart* pdo = PdoPart::Of(device);
  if (type == EjectionRelations) return pdo ? pdo->ejection.AddTo(irp) : STATUS_SUCCESS;
  if (type != RemovalRelations) return STATUS_SUCCESS;
  if (pdo) return pdo->removal.AddTo(irp);
  Children* children = Children::Of(device);
  return children ? children->removal.AddTo(irp) : STATUS_SUCCESS;
}

bool HasPdos(Device& device) {
  for (ChildList* list : ListsOf(device)) {
    if (list->HasPdos()) return true;
  }
  return false;
}

void Ejected(Device& pdo) {
  PdoPart* part = PdoPart::Of(pdo);
  if (part && part->list) part->list->Ejected(pdo);
}

void ParentRemoved(Device& device) {
  for (ChildList* list : ListsOf(device)) {
    for (Device* pdo : list->Pdos()) {
      pdo->pnp().ParentRemoved();
      pdo->Release();
    }
  }
}

bool ChildHoldsUp(Device& device) {
  bool holds = false;
  for (ChildList* list : ListsOf(device)) {
    for (Device* pdo : list->Pdos()) {
      holds = holds || (pdo->in_d0() && pdo->init().pdo_init->power_dependency_on_parent);
      pdo->Release();
    }
  }
  return holds;
}

Device* PowerParent(Device& device) {
  PdoPart* part = device.is_pdo() ? PdoPart::Of(device) : nullptr;
  return part && device.init().pdo_init->power_dependency_on_parent ? part->parent : nullptr;
}

// --- the ends ---

NTSTATUS DeviceCreated(Device& device) {
  const DeviceInit& init = device.init();
  if (init.kind != DeviceKind::kControl && !device.globals().umdf) device.query_interfaces = std::make_unique<QueryInterfaces>();
  if (init.kind == DeviceKind::kPdo) {
    auto part = std::make_unique<PdoPart>();
    part->parent = init.parent;
    part->parent->AddRef();
    if (Child* child = init.pdo_init->child) {
      part->list = child->list;
      part->list->AddRef();
      part->child = child;
      part->added = true;
    }
    PdoPart& placed = *part;
    device.as_child = std::move(part);
    if (placed.child) placed.list->Made(*placed.child, device);  // from here on the list's callers see it
    return STATUS_SUCCESS;
  }
  if (init.kind != DeviceKind::kFdo || device.globals().umdf) return STATUS_SUCCESS;
  auto part = std::make_unique<Children>();
  Children& children = *part;
  device.children = std::move(part);
  if (!init.default_child_list) return STATUS_SUCCESS;
  return CreateList(device, init.default_child_list.get(), init.default_child_list_attributes.get(), &children.default_list);
}

void DeviceDestroyed(Device& device) {
  if (Children* children = Children::Of(device)) children->removal.Clear();
  PdoPart* part = PdoPart::Of(device);
  if (!part) return;
  part->removal.Clear();
  part->ejection.Clear();
  if (part->list) part->list->Release();
  if (part->parent) part->parent->Release();
}

bool StillPresent(Device& pdo) {
  PdoPart* part = PdoPart::Of(pdo);
  return part && part->list && part->list->StillPresent(pdo);
}

void PdoEnded(Device& pdo) {
  PdoPart* part = PdoPart::Of(pdo);
  if (part && part->list) part->list->Ended(pdo);
}

bool IsLoose(Device& device) {
  PdoPart* part = PdoPart::Of(device);
  return part && !part->added;
}

}  // namespace bus
}  // namespace drydock::wdf
