// Key: a WDFKEY: an open registry key.
// Called by:  WdfRegistry... functions and those that open a driver's or device's key. PASSIVE_LEVEL.
// Ownership:  owns the handle; closed with the object.
// Errors:     the system's statuses unchanged; STATUS_ACCESS_DENIED when the key was opened without the right that a function needs.
// Source:     REG-01 to REG-12, DEVX-59, O-35.
#pragma once

#include <string_view>
#include <vector>

#include "wdf/object/object.h"

namespace drydock::wdf {

class Key final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kKey;

  ~Key() override;
  HANDLE key() const { return key_; }
  void Set(HANDLE key, ACCESS_MASK access) {
    key_ = key;
    access_ = access;
  }
  // What was asked for at opening includes these rights.
  bool Allows(ACCESS_MASK rights) const;
  // The handle is gone already (the key was deleted).
  void Forget() { key_ = nullptr; }

 private:
  HANDLE key_ = nullptr;
  ACCESS_MASK access_ = 0;
};

struct KeyOpening {
  HANDLE root = nullptr;
  std::u16string_view name;
  ACCESS_MASK access = 0;
  bool create = false;
  ULONG options = 0;
  ULONG* disposition = nullptr;
};

// Makes the object first, so that a failure of either leaves nothing behind.
NTSTATUS OpenKeyObject(DriverGlobals& globals, const KeyOpening& opening, const WDF_OBJECT_ATTRIBUTES* attributes, Object* default_parent, Key** out);
// Around a handle that was opened otherwise; closes it on failure.
NTSTATUS WrapKey(DriverGlobals& globals, HANDLE handle, ACCESS_MASK access, const WDF_OBJECT_ATTRIBUTES* attributes, Object* default_parent, Key** out);

struct RegistryValue {
  ULONG type = REG_NONE;
  std::vector<unsigned char> data;
};
NTSTATUS ReadValue(const Key& key, std::u16string_view name, RegistryValue* value);

}  // namespace drydock::wdf
