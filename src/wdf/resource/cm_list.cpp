#include "wdf/resource/cm_list.h"

#include <cstring>
#include <string>

#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

NTSTATUS ResourceList::Fill(const CM_RESOURCE_LIST* list) {
  descriptors_.clear();
  if (!list || list->Count == 0) return STATUS_SUCCESS;
  if (!globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  const CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
  for (ULONG i = 0; i < partial.Count; ++i) descriptors_.push_back(std::make_unique<CM_PARTIAL_RESOURCE_DESCRIPTOR>(partial.PartialDescriptors[i]));
  return STATUS_SUCCESS;
}

CM_RESOURCE_LIST* ResourceList::Build(const CM_RESOURCE_LIST* like) const {
  constexpr size_t kHead = offsetof(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors);
  const size_t bytes = kHead + descriptors_.size() * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
  auto* list = static_cast<CM_RESOURCE_LIST*>(
      ExAllocatePool2(POOL_FLAG_PAGED, bytes > sizeof(CM_RESOURCE_LIST) ? bytes : sizeof(CM_RESOURCE_LIST), globals().pool_tag));
  if (!list) return nullptr;
  list->Count = 1;
  list->List[0].InterfaceType = like ? like->List[0].InterfaceType : InterfaceTypeUndefined;
  list->List[0].BusNumber = like ? like->List[0].BusNumber : 0;
  CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
  partial.Version = 1;
  partial.Revision = 1;
  partial.Count = static_cast<ULONG>(descriptors_.size());
  for (size_t i = 0; i < descriptors_.size(); ++i) partial.PartialDescriptors[i] = *descriptors_[i];
  return list;
}

NTSTATUS ResourceList::Insert(const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor, ULONG index) {
  if (access_ != ListAccess::kMayChange) return STATUS_ACCESS_DENIED;
  if (index == WDF_INSERT_AT_END) index = static_cast<ULONG>(descriptors_.size());
  if (index > descriptors_.size()) return STATUS_ARRAY_BOUNDS_EXCEEDED;
  if (!globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  descriptors_.insert(descriptors_.begin() + index, std::make_unique<CM_PARTIAL_RESOURCE_DESCRIPTOR>(descriptor));
  changed_ = true;
  return STATUS_SUCCESS;
}

void ResourceList::Remove(ULONG index, const char* function) {
  if (access_ == ListAccess::kReadOnly || index >= descriptors_.size()) {
    std::string words = std::string(function) + (index < descriptors_.size() ? " on a list that may not be changed was ignored"
                                                                             : " with an index beyond the end of the list was ignored");
    Break(globals(), words.c_str());
    return;
  }
  descriptors_.erase(descriptors_.begin() + index);
  changed_ = true;
}

void ResourceList::RemoveEqual(const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor) {
  for (size_t i = 0; i < descriptors_.size(); ++i) {
    if (std::memcmp(descriptors_[i].get(), &descriptor, sizeof descriptor) != 0) continue;
    Remove(static_cast<ULONG>(i), "WdfCmResourceListRemoveByDescriptor");
    return;
  }
}

namespace ddi {

ULONG WdfCmResourceListGetCount(DriverGlobals& globals, WDFCMRESLIST List) {
  return static_cast<ULONG>(FromHandle<ResourceList>(globals, List)->count());
}

PCM_PARTIAL_RESOURCE_DESCRIPTOR WdfCmResourceListGetDescriptor(DriverGlobals& globals, WDFCMRESLIST List, ULONG Index) {
  return FromHandle<ResourceList>(globals, List)->at(Index);
}

NTSTATUS WdfCmResourceListInsertDescriptor(DriverGlobals& globals, WDFCMRESLIST List, PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, ULONG Index) {
  return FromHandle<ResourceList>(globals, List)->Insert(*Descriptor, Index);
}

NTSTATUS WdfCmResourceListAppendDescriptor(DriverGlobals& globals, WDFCMRESLIST List, PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor) {
  return FromHandle<ResourceList>(globals, List)->Insert(*Descriptor, WDF_INSERT_AT_END);
}

void WdfCmResourceListRemove(DriverGlobals& globals, WDFCMRESLIST List, ULONG Index) {
  FromHandle<ResourceList>(globals, List)->Remove(Index, "WdfCmResourceListRemove");
}

void WdfCmResourceListRemoveByDescriptor(DriverGlobals& globals, WDFCMRESLIST List, PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor) {
  FromHandle<ResourceList>(globals, List)->RemoveEqual(*Descriptor);
}

}  // namespace ddi
}  // namespace drydock::wdf
