#include "wdf/registry/key.h"

#include <cstring>

#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

constexpr ACCESS_MASK kRightsToKeys = SPECIFIC_RIGHTS_ALL;

ACCESS_MASK Specific(ACCESS_MASK access) {
  if (access & GENERIC_ALL) access |= KEY_ALL_ACCESS;
  if (access & GENERIC_READ) access |= KEY_READ;
  if (access & GENERIC_WRITE) access |= KEY_WRITE;
  if (access & GENERIC_EXECUTE) access |= KEY_EXECUTE;
  return access;
}

}  // namespace

Key::~Key() {
  if (key_) ZwClose(key_);
}

bool Key::Allows(ACCESS_MASK rights) const {
  const ACCESS_MASK have = Specific(access_);
  // The system does not judge a driver's own handles. Who named rights to keys is held to them, as documented; who only asked for
  // STANDARD_RIGHTS_ALL, as the framework's documentation does in its examples, may do all.
  if (!globals().umdf && access_ != 0 && (have & kRightsToKeys) == 0) return true;
  return (have & MAXIMUM_ALLOWED) != 0 || (have & rights) == rights;
}

NTSTATUS OpenKeyObject(DriverGlobals& globals, const KeyOpening& opening, const WDF_OBJECT_ATTRIBUTES* attributes, Object* default_parent,
                       Key** out) {
  Key* key = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kKey, attributes, default_parent, &key);
  if (!NT_SUCCESS(status)) return status;
  // (U) Names without a parent key begin below HKEY_LOCAL_MACHINE (REG-03).
  std::u16string full;
  std::u16string_view text = opening.name;
  if (globals.umdf && !opening.root && !text.empty() && text[0] != u'\\') {
    full = u"\\Registry\\Machine\\";
    full += text;
    text = full;
  }
  UNICODE_STRING name = Counted(text);
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, opening.root, nullptr);
  HANDLE handle = nullptr;
  if (opening.create) {
    status = ZwCreateKey(&handle, opening.access, &object, 0, nullptr, opening.options, opening.disposition);
  } else {
    status = ZwOpenKey(&handle, opening.access, &object);
  }
  if (!NT_SUCCESS(status)) {
    DeleteAfterFailedCreate(key);
    return status;
  }
  key->Set(handle, opening.access);
  *out = key;
  return STATUS_SUCCESS;
}

NTSTATUS WrapKey(DriverGlobals& globals, HANDLE handle, ACCESS_MASK access, const WDF_OBJECT_ATTRIBUTES* attributes, Object* default_parent,
                 Key** out) {
  Key* key = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kKey, attributes, default_parent, &key);
  if (!NT_SUCCESS(status)) {
    ZwClose(handle);
    return status;
  }
  key->Set(handle, access);
  *out = key;
  return STATUS_SUCCESS;
}

NTSTATUS ReadValue(const Key& key, std::u16string_view name, RegistryValue* value) {
  if (!key.Allows(KEY_QUERY_VALUE)) return STATUS_ACCESS_DENIED;
  UNICODE_STRING counted = Counted(name);
  std::vector<unsigned char> buffer(256);
  for (;;) {
    ULONG needed = 0;
    NTSTATUS status = ZwQueryValueKey(key.key(), &counted, KeyValuePartialInformation, buffer.data(), static_cast<ULONG>(buffer.size()), &needed);
    if ((status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL) && needed > buffer.size()) {
      buffer.resize(needed);  // grows again when the value did meanwhile
      continue;
    }
    if (!NT_SUCCESS(status)) return status;
    const auto* info = reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(buffer.data());
    value->type = info->Type;
    value->data.assign(info->Data, info->Data + info->DataLength);
    return STATUS_SUCCESS;
  }
}

}  // namespace drydock::wdf
