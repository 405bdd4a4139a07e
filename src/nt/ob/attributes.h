// OBJECT_ATTRIBUTES of a driver's call, taken apart. For the Zw functions of ob, io and cm.
// Called by:  PASSIVE_LEVEL; the root's reference is dropped with the object.
#pragma once

#include <exception>

#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"

namespace drydock::nt::ob {

class Attributes {
 public:
  Attributes() = default;
  Attributes(const Attributes&) = delete;
  ~Attributes() noexcept(false) {
    if (root_ && std::uncaught_exceptions() == 0) Dereference(root_);
  }

  // `object_attributes` may be null (a nameless object).
  NTSTATUS Take(const OBJECT_ATTRIBUTES* object_attributes);

  void* root() const { return root_; }
  std::u16string_view name() const { return name_; }
  ULONG flags() const { return flags_; }
  bool has_name() const { return !name_.empty() || root_; }

 private:
  void* root_ = nullptr;
  std::u16string_view name_;
  ULONG flags_ = 0;
};

// Enters a new object under its name (if it has one) and makes a handle, which takes over the caller's reference; on failure the
// reference is dropped. With OBJ_OPENIF an object of that name and type is opened instead: STATUS_OBJECT_NAME_EXISTS.
NTSTATUS InsertWithHandle(Kernel& kernel, void* body, const Attributes& attributes, ACCESS_MASK access, HANDLE* handle);
// Opens an object by name.
NTSTATUS OpenByName(Kernel& kernel, const Attributes& attributes, const ObjectType& type, ACCESS_MASK access, HANDLE* handle);

}  // namespace drydock::nt::ob
