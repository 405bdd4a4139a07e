// ResourceList: a WDFCMRESLIST: hardware resources, raw or translated.
// Called by:  the start sequence, EvtDeviceRemoveAddedResources and EvtDeviceResourcesQuery around their callbacks, WdfCmResourceList... functions.
//             <= DISPATCH_LEVEL.
// Ownership:  child of its device, for the time of what it was made for.
// Access:     PrepareHardware and ReleaseHardware: none may be changed; RemoveAddedResources: may be taken out; ResourcesQuery: may be changed.
// Errors:     those of RES-03; what a void function cannot do is a break.
// Source:     RES-01 to RES-04, RES-08, PWR-23.
#pragma once

#include <memory>
#include <vector>

#include "wdf/object/object.h"

namespace drydock::wdf {

enum class ListAccess : uint8_t { kReadOnly, kMayRemove, kMayChange };

class ResourceList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kResourceList;

  // Copies the descriptors of the first full descriptor; null: an empty list.
  NTSTATUS Fill(const CM_RESOURCE_LIST* list);
  // The list as the PnP manager gets it, in paged pool: the head as in `like` (null: of nothing). Null: no memory, or (with `empty`) no descriptor.
  CM_RESOURCE_LIST* Build(const CM_RESOURCE_LIST* like) const;
  void SetAccess(ListAccess access) { access_ = access; }
  bool changed() const { return changed_; }

  size_t count() const { return descriptors_.size(); }
  CM_PARTIAL_RESOURCE_DESCRIPTOR* at(size_t index) { return index < descriptors_.size() ? descriptors_[index].get() : nullptr; }
  NTSTATUS Insert(const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor, ULONG index);
  void Remove(ULONG index, const char* function);
  void RemoveEqual(const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor);

 protected:
  void ReleaseOutside() override { decltype(descriptors_)().swap(descriptors_); }

 private:
  // Each on its own: what GetDescriptor gave stays where it is while others come and go.
  std::vector<std::unique_ptr<CM_PARTIAL_RESOURCE_DESCRIPTOR>> descriptors_;
  ListAccess access_ = ListAccess::kReadOnly;
  bool changed_ = false;
};

}  // namespace drydock::wdf
