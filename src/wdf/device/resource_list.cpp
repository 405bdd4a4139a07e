#include "wdf/device/resource_list.h"

#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

void ResourceList::Fill(const CM_RESOURCE_LIST* list) {
  descriptors_.clear();
  if (!list || list->Count == 0) return;
  const CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
  descriptors_.assign(partial.PartialDescriptors, partial.PartialDescriptors + partial.Count);
}

namespace ddi {

ULONG WdfCmResourceListGetCount(DriverGlobals& globals, WDFCMRESLIST List) {
  return static_cast<ULONG>(FromHandle<ResourceList>(globals, List)->count());
}

PCM_PARTIAL_RESOURCE_DESCRIPTOR WdfCmResourceListGetDescriptor(DriverGlobals& globals, WDFCMRESLIST List, ULONG Index) {
  return FromHandle<ResourceList>(globals, List)->at(Index);
}

}  // namespace ddi
}  // namespace drydock::wdf
