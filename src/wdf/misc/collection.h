// Collection: a WDFCOLLECTION: an ordered list of object references.
// Called by:  drivers, WdfRegistryQueryMultiString. <= DISPATCH_LEVEL. No lock of its own: the driver serialises.
// Ownership:  a reference on each member from Add to Remove or to the end of the collection; members are never deleted by it.
// Source:     OBJ-44 to OBJ-46.
#pragma once

#include <vector>

#include "wdf/object/object.h"

namespace drydock::wdf {

class Collection final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kCollection;

  size_t count() const { return items_.size(); }
  Object* at(size_t index) const { return index < items_.size() ? items_[index] : nullptr; }
  bool Add(Object* item);
  bool Remove(const Object* item);  // the first occurrence
  bool RemoveAt(size_t index);

 protected:
  void OnCleanedUp() override;

 private:
  void ReleaseOutside() override { std::vector<Object*>().swap(items_); }
  std::vector<Object*> items_;
};

}  // namespace drydock::wdf
