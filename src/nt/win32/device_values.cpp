#include "nt/win32/device_values.h"

#include <setupapi.h>

#include "nt/cm/registry.h"

namespace drydock::nt::win32 {
namespace {

struct Known {
  DWORD property;
  const char16_t* name;
  DWORD type;
  bool writable;
};
constexpr Known kKnown[] = {
    {SPDRP_DEVICEDESC, u"DeviceDesc", REG_SZ, true},          {SPDRP_SERVICE, u"Service", REG_SZ, false},
    {SPDRP_CONFIGFLAGS, u"ConfigFlags", REG_DWORD, true},     {SPDRP_MFG, u"Mfg", REG_SZ, true},
    {SPDRP_FRIENDLYNAME, u"FriendlyName", REG_SZ, true},      {SPDRP_UPPERFILTERS, u"UpperFilters", REG_MULTI_SZ, true},
    {SPDRP_LOWERFILTERS, u"LowerFilters", REG_MULTI_SZ, true},
};

const Known* Find(DWORD property) {
  for (const Known& known : kKnown)
    if (known.property == property) return &known;
  return nullptr;
}

std::u16string KeyOf(const std::u16string& instance) { return u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\" + instance; }

}  // namespace

bool IsTextOfDevice(DWORD property) {
  const Known* known = Find(property);
  return known == nullptr || known->type != REG_DWORD;
}

DWORD ReadDeviceValue(Kernel& kernel, const std::u16string& instance, DWORD property, DWORD* type, std::vector<char>* data) {
  const Known* known = Find(property);
  if (known == nullptr) return ERROR_INVALID_REG_PROPERTY;
  cm::Value value;
  if (!NT_SUCCESS(cm::GetValue(kernel, KeyOf(instance), known->name, &value)) || value.data.empty()) return ERROR_INVALID_DATA;
  *type = value.type;
  data->assign(value.data.begin(), value.data.end());
  return ERROR_SUCCESS;
}

DWORD WriteDeviceValue(Kernel& kernel, const std::u16string& instance, DWORD property, const void* data, DWORD bytes) {
  const Known* known = Find(property);
  if (known == nullptr) return ERROR_INVALID_REG_PROPERTY;
  if (!known->writable) return ERROR_INVALID_PARAMETER;
  const std::u16string key = KeyOf(instance);
  if (data == nullptr || bytes == 0) {
    cm::RemoveValue(kernel, key, known->name);
    return ERROR_SUCCESS;
  }
  if (known->type == REG_DWORD ? bytes != sizeof(DWORD) : bytes % sizeof(char16_t) != 0) return ERROR_INVALID_PARAMETER;
  // A device that no package was installed for has no key yet.
  if (!NT_SUCCESS(cm::MakeKey(kernel, key)) || !NT_SUCCESS(cm::SetValue(kernel, key, known->name, known->type, data, bytes))) return ERROR_ACCESS_DENIED;
  return ERROR_SUCCESS;
}

}  // namespace drydock::nt::win32
