// IoResourceList, IoRequirementsList: a WDFIORESLIST (one logical configuration) and a WDFIORESREQLIST (all of them, best first).
// Called by:  resource_irp.cpp around its callbacks, WdfIoResource... functions. <= DISPATCH_LEVEL.
// Ownership:  the requirements list is a child of its device for the time of a request; configurations are children of the list that made them and stay
//             when they are taken out of it.
// Access:     FilterRemove: may be taken out; FilterAdd and RequirementsQuery: may be changed.
// Source:     RES-03 to RES-06.
#pragma once

#include <memory>
#include <vector>

#include "wdf/object/object.h"
#include "wdf/resource/cm_list.h"

namespace drydock::wdf {

class IoRequirementsList;

class IoResourceList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kResourceRangeList;

  void BelongTo(IoRequirementsList& list) { owner_ = &list; }
  IoRequirementsList* owner() const { return owner_; }  // null: it is gone, and only a reference keeps this one
  void Fill(const IO_RESOURCE_LIST& list);
  size_t count() const { return descriptors_.size(); }
  IO_RESOURCE_DESCRIPTOR* at(size_t index) { return index < descriptors_.size() ? descriptors_[index].get() : nullptr; }
  NTSTATUS Insert(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index);
  void Update(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index);
  void Remove(ULONG index, const char* function);
  void RemoveEqual(const IO_RESOURCE_DESCRIPTOR& descriptor);

 protected:
  void OnDispose() override { owner_ = nullptr; }
  void ReleaseOutside() override { decltype(descriptors_)().swap(descriptors_); }

 private:
  bool MayChange() const;
  bool MayRemove() const;
  IoRequirementsList* owner_ = nullptr;
  std::vector<std::unique_ptr<IO_RESOURCE_DESCRIPTOR>> descriptors_;
};

class IoRequirementsList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kResourceRequirementsList;

  // Null: an empty list. STATUS_INSUFFICIENT_RESOURCES.
  NTSTATUS Fill(const IO_RESOURCE_REQUIREMENTS_LIST* list);
  // In paged pool; null: no memory.
  IO_RESOURCE_REQUIREMENTS_LIST* Build() const;
  void SetAccess(ListAccess access) { access_ = access; }
  ListAccess access() const { return access_; }
  bool changed() const { return changed_; }
  void SetChanged() { changed_ = true; }
  void SetSlotNumber(ULONG slot) { slot_ = slot; changed_ = true; }
  void SetInterfaceType(INTERFACE_TYPE type) { interface_type_ = type; changed_ = true; }

  size_t count() const { return lists_.size(); }
  IoResourceList* at(size_t index) const { return index < lists_.size() ? lists_[index] : nullptr; }
  NTSTATUS Insert(IoResourceList& list, ULONG index);
  void Remove(ULONG index, const char* function);
  void RemoveList(IoResourceList& list);

 protected:
  void ReleaseOutside() override { decltype(lists_)().swap(lists_); }

 private:
  std::vector<IoResourceList*> lists_;
  INTERFACE_TYPE interface_type_ = InterfaceTypeUndefined;
  ULONG slot_ = 0;
  ULONG bus_ = 0;
  ListAccess access_ = ListAccess::kReadOnly;
  bool changed_ = false;
};

}  // namespace drydock::wdf
