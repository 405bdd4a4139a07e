// ResourceList: a WDFCMRESLIST: the hardware resources that a start brought, raw or translated. Read-only for the driver.
// Called by:  the start sequence, WdfCmResourceList... functions. <= DISPATCH_LEVEL.
// Ownership:  child of its device, from START until the hardware was released.
// Source:     RES-01, RES-02, PWR-23.
#pragma once

#include <vector>

#include "wdf/object/object.h"

namespace drydock::wdf {

class ResourceList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kResourceList;

  // Copies the descriptors of the first full descriptor; null: an empty list.
  void Fill(const CM_RESOURCE_LIST* list);
  size_t count() const { return descriptors_.size(); }
  CM_PARTIAL_RESOURCE_DESCRIPTOR* at(size_t index) { return index < descriptors_.size() ? &descriptors_[index] : nullptr; }

 private:
  std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR> descriptors_;
};

}  // namespace drydock::wdf
