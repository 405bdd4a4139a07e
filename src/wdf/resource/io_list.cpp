#include "wdf/resource/io_list.h"

#include <cstring>
#include <string>

#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

void Ignored(DriverGlobals& globals, const char* function, bool in_range) {
  std::string words =
      std::string(function) + (in_range ? " on a list that may not be changed was ignored" : " with an index beyond the end of the list was ignored");
  Break(globals, words.c_str());
}

// The bytes of a list with so many descriptors, as it stands in a requirements list.
size_t BytesOfList(size_t descriptors) { return offsetof(IO_RESOURCE_LIST, Descriptors) + descriptors * sizeof(IO_RESOURCE_DESCRIPTOR); }

}  // namespace

// --- one configuration ---

bool IoResourceList::MayChange() const { return owner_ && owner_->access() == ListAccess::kMayChange; }
bool IoResourceList::MayRemove() const { return owner_ && owner_->access() != ListAccess::kReadOnly; }

void IoResourceList::Fill(const IO_RESOURCE_LIST& list) {
  for (ULONG i = 0; i < list.Count; ++i) descriptors_.push_back(std::make_unique<IO_RESOURCE_DESCRIPTOR>(list.Descriptors[i]));
}

NTSTATUS IoResourceList::Insert(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index) {
  if (!MayChange()) return STATUS_ACCESS_DENIED;
  if (index == WDF_INSERT_AT_END) index = static_cast<ULONG>(descriptors_.size());
  if (index > descriptors_.size()) return STATUS_ARRAY_BOUNDS_EXCEEDED;
  if (!globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  descriptors_.insert(descriptors_.begin() + index, std::make_unique<IO_RESOURCE_DESCRIPTOR>(descriptor));
  owner_->SetChanged();
  return STATUS_SUCCESS;
}

void IoResourceList::Update(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index) {
  if (index >= descriptors_.size() || !MayChange()) {
    Ignored(globals(), "WdfIoResourceListUpdateDescriptor", index < descriptors_.size());
    return;
  }
  *descriptors_[index] = descriptor;
  owner_->SetChanged();
}

void IoResourceList::Remove(ULONG index, const char* function) {
  if (index >= descriptors_.size() || !MayRemove()) {
    Ignored(globals(), function, index < descriptors_.size());
    return;
  }
  descriptors_.erase(descriptors_.begin() + index);
  owner_->SetChanged();
}

void IoResourceList::RemoveEqual(const IO_RESOURCE_DESCRIPTOR& descriptor) {
  for (size_t i = 0; i < descriptors_.size(); ++i) {
    if (std::memcmp(descriptors_[i].get(), &descriptor, sizeof descriptor) != 0) continue;
    Remove(static_cast<ULONG>(i), "WdfIoResourceListRemoveByDescriptor");
    return;
  }
}

// --- all of them ---

NTSTATUS IoRequirementsList::Fill(const IO_RESOURCE_REQUIREMENTS_LIST* list) {
  if (!list) return STATUS_SUCCESS;
  interface_type_ = list->InterfaceType;
  slot_ = list->SlotNumber;
  bus_ = list->BusNumber;
  const auto* at = reinterpret_cast<const char*>(list->List);
  for (ULONG i = 0; i < list->AlternativeLists; ++i) {
    const auto& one = *reinterpret_cast<const IO_RESOURCE_LIST*>(at);
    IoResourceList* configuration = nullptr;
    NTSTATUS status = CreateObjectChecked(globals(), ObjectType::kResourceRangeList, nullptr, this, &configuration);
    if (!NT_SUCCESS(status)) return status;
    if (one.Count > 0 && !globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
    configuration->BelongTo(*this);
    configuration->Fill(one);
    lists_.push_back(configuration);
    at += BytesOfList(one.Count);
  }
  return STATUS_SUCCESS;
}

IO_RESOURCE_REQUIREMENTS_LIST* IoRequirementsList::Build() const {
  size_t bytes = offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List);
  for (const IoResourceList* list : lists_) bytes += BytesOfList(list->count());
  const size_t allocated = bytes > sizeof(IO_RESOURCE_REQUIREMENTS_LIST) ? bytes : sizeof(IO_RESOURCE_REQUIREMENTS_LIST);
  auto* out = static_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(ExAllocatePool2(POOL_FLAG_PAGED, allocated, globals().pool_tag));
  if (!out) return nullptr;
  out->ListSize = static_cast<ULONG>(bytes);
  out->InterfaceType = interface_type_;
  out->BusNumber = bus_;
  out->SlotNumber = slot_;
  out->AlternativeLists = static_cast<ULONG>(lists_.size());
  auto* at = reinterpret_cast<char*>(out->List);
  for (IoResourceList* list : lists_) {
    auto& one = *reinterpret_cast<IO_RESOURCE_LIST*>(at);
    one.Version = 1;
    one.Revision = 1;
    one.Count = static_cast<ULONG>(list->count());
    for (size_t i = 0; i < list->count(); ++i) one.Descriptors[i] = *list->at(i);
    at += BytesOfList(list->count());
  }
  return out;
}

NTSTATUS IoRequirementsList::Insert(IoResourceList& list, ULONG index) {
  if (list.owner() != this) return STATUS_INVALID_DEVICE_REQUEST;  // RES-05
  if (access_ != ListAccess::kMayChange) return STATUS_ACCESS_DENIED;
  if (index == WDF_INSERT_AT_END) index = static_cast<ULONG>(lists_.size());
  if (index > lists_.size()) return STATUS_ARRAY_BOUNDS_EXCEEDED;
  if (!globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  lists_.insert(lists_.begin() + index, &list);
  changed_ = true;
  return STATUS_SUCCESS;
}

void IoRequirementsList::Remove(ULONG index, const char* function) {
  if (index >= lists_.size() || access_ == ListAccess::kReadOnly) {
    Ignored(globals(), function, index < lists_.size());
    return;
  }
  lists_.erase(lists_.begin() + index);
  changed_ = true;
}

void IoRequirementsList::RemoveList(IoResourceList& list) {
  for (size_t i = 0; i < lists_.size(); ++i) {
    if (lists_[i] != &list) continue;
    Remove(static_cast<ULONG>(i), "WdfIoResourceRequirementsListRemoveByIoResList");
    return;
  }
}

namespace ddi {

void WdfIoResourceRequirementsListSetSlotNumber(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, ULONG SlotNumber) {
  FromHandle<IoRequirementsList>(globals, RequirementsList)->SetSlotNumber(SlotNumber);
}

void WdfIoResourceRequirementsListSetInterfaceType(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, INTERFACE_TYPE InterfaceType) {
  FromHandle<IoRequirementsList>(globals, RequirementsList)->SetInterfaceType(InterfaceType);
}

NTSTATUS WdfIoResourceRequirementsListAppendIoResList(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, WDFIORESLIST IoResList) {
  return FromHandle<IoRequirementsList>(globals, RequirementsList)->Insert(*FromHandle<IoResourceList>(globals, IoResList), WDF_INSERT_AT_END);
}

NTSTATUS WdfIoResourceRequirementsListInsertIoResList(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, WDFIORESLIST IoResList,
                                                      ULONG Index) {
  return FromHandle<IoRequirementsList>(globals, RequirementsList)->Insert(*FromHandle<IoResourceList>(globals, IoResList), Index);
}

ULONG WdfIoResourceRequirementsListGetCount(DriverGlobals& globals, WDFIORESREQLIST RequirementsList) {
  return static_cast<ULONG>(FromHandle<IoRequirementsList>(globals, RequirementsList)->count());
}

WDFIORESLIST WdfIoResourceRequirementsListGetIoResList(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, ULONG Index) {
  IoResourceList* list = FromHandle<IoRequirementsList>(globals, RequirementsList)->at(Index);
  return list ? reinterpret_cast<WDFIORESLIST>(list->handle()) : nullptr;
}

void WdfIoResourceRequirementsListRemove(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, ULONG Index) {
  FromHandle<IoRequirementsList>(globals, RequirementsList)->Remove(Index, "WdfIoResourceRequirementsListRemove");
}

void WdfIoResourceRequirementsListRemoveByIoResList(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, WDFIORESLIST IoResList) {
  FromHandle<IoRequirementsList>(globals, RequirementsList)->RemoveList(*FromHandle<IoResourceList>(globals, IoResList));
}

NTSTATUS WdfIoResourceListCreate(DriverGlobals& globals, WDFIORESREQLIST RequirementsList, PWDF_OBJECT_ATTRIBUTES Attributes,
                                 WDFIORESLIST* ResourceList) {
  *ResourceList = nullptr;
  IoRequirementsList* owner = FromHandle<IoRequirementsList>(globals, RequirementsList);
  IoResourceList* list = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kResourceRangeList, Attributes, owner, &list);
  if (!NT_SUCCESS(status)) return status;
  list->BelongTo(*owner);
  *ResourceList = reinterpret_cast<WDFIORESLIST>(list->handle());
  return STATUS_SUCCESS;
}

NTSTATUS WdfIoResourceListAppendDescriptor(DriverGlobals& globals, WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor) {
  return FromHandle<IoResourceList>(globals, ResourceList)->Insert(*Descriptor, WDF_INSERT_AT_END);
}

NTSTATUS WdfIoResourceListInsertDescriptor(DriverGlobals& globals, WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index) {
  return FromHandle<IoResourceList>(globals, ResourceList)->Insert(*Descriptor, Index);
}

void WdfIoResourceListUpdateDescriptor(DriverGlobals& globals, WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index) {
  FromHandle<IoResourceList>(globals, ResourceList)->Update(*Descriptor, Index);
}

ULONG WdfIoResourceListGetCount(DriverGlobals& globals, WDFIORESLIST ResourceList) {
  return static_cast<ULONG>(FromHandle<IoResourceList>(globals, ResourceList)->count());
}

PIO_RESOURCE_DESCRIPTOR WdfIoResourceListGetDescriptor(DriverGlobals& globals, WDFIORESLIST ResourceList, ULONG Index) {
  return FromHandle<IoResourceList>(globals, ResourceList)->at(Index);
}

void WdfIoResourceListRemove(DriverGlobals& globals, WDFIORESLIST ResourceList, ULONG Index) {
  FromHandle<IoResourceList>(globals, ResourceList)->Remove(Index, "WdfIoResourceListRemove");
}

void WdfIoResourceListRemoveByDescriptor(DriverGlobals& globals, WDFIORESLIST ResourceList, PIO_RESOURCE_DESCRIPTOR Descriptor) {
  FromHandle<IoResourceList>(globals, ResourceList)->RemoveEqual(*Descriptor);
}

}  // namespace ddi
}  // namespace drydock::wdf
