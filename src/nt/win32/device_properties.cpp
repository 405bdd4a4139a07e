// Properties of devices as SetupDi and CM functions give them: those of the machine, and those that are only in the device's key.
#include <algorithm>
#include <iterator>

#include "nt/cm/registry.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/thread.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/win32.h"

#include <cfgmgr32.h>

namespace drydock::nt::win32 {
namespace {

constexpr DEVICE_REGISTRY_PROPERTY kInKey = static_cast<DEVICE_REGISTRY_PROPERTY>(0xFFFF);  // only there
constexpr struct {
  ULONG property;
  DEVICE_REGISTRY_PROPERTY nt;
  ULONG type;
  const char16_t* value;  // of the device's key, which goes before; null: none
} kProperties[] = {
    {CM_DRP_DEVICEDESC, DevicePropertyDeviceDescription, REG_SZ, u"DeviceDesc"},
    {CM_DRP_HARDWAREID, DevicePropertyHardwareID, REG_MULTI_SZ, u"HardwareID"},
    {CM_DRP_COMPATIBLEIDS, DevicePropertyCompatibleIDs, REG_MULTI_SZ, u"CompatibleIDs"},
    {CM_DRP_SERVICE, kInKey, REG_SZ, u"Service"},
    {CM_DRP_CLASS, DevicePropertyClassName, REG_SZ, nullptr},
    {CM_DRP_CLASSGUID, DevicePropertyClassGuid, REG_SZ, nullptr},
    {CM_DRP_DRIVER, DevicePropertyDriverKeyName, REG_SZ, nullptr},
    {CM_DRP_CONFIGFLAGS, kInKey, REG_DWORD, u"ConfigFlags"},
    {CM_DRP_MFG, DevicePropertyManufacturer, REG_SZ, u"Mfg"},
    {CM_DRP_FRIENDLYNAME, DevicePropertyFriendlyName, REG_SZ, u"FriendlyName"},
    {CM_DRP_LOCATION_INFORMATION, DevicePropertyLocationInformation, REG_SZ, nullptr},
    {CM_DRP_PHYSICAL_DEVICE_OBJECT_NAME, DevicePropertyPhysicalDeviceObjectName, REG_SZ, nullptr},
    {CM_DRP_CAPABILITIES, kInKey, REG_DWORD, u"Capabilities"},
    {CM_DRP_UPPERFILTERS, kInKey, REG_MULTI_SZ, u"UpperFilters"},
    {CM_DRP_LOWERFILTERS, kInKey, REG_MULTI_SZ, u"LowerFilters"},
    {CM_DRP_ENUMERATOR_NAME, DevicePropertyEnumeratorName, REG_SZ, nullptr},
};
constexpr ULONG kWritable[] = {CM_DRP_DEVICEDESC,    CM_DRP_HARDWAREID,   CM_DRP_COMPATIBLEIDS, CM_DRP_CONFIGFLAGS,
                               CM_DRP_MFG, CM_DRP_FRIENDLYNAME, CM_DRP_UPPERFILTERS, CM_DRP_LOWERFILTERS};

std::u16string KeyOf(DEVICE_OBJECT* pdo) { return u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\" + pnp::InstancePathOf(pdo); }

}  // namespace

bool IsTextProperty(ULONG property) {
  for (const auto& known : kProperties)
    if (known.property == property) return known.type != REG_DWORD;
  return true;
}

bool IsDeviceProperty(ULONG property) {
  for (const auto& known : kProperties)
    if (known.property == property) return true;
  return false;
}

bool ReadDeviceProperty(DEVICE_OBJECT* pdo, ULONG property, PropertyValue* value) {
  for (const auto& known : kProperties) {
    if (known.property != property) continue;
    value->type = known.type;
    cm::Value kept;
    // A bus answers for its children's ids itself.
    const bool ids = property == CM_DRP_HARDWAREID || property == CM_DRP_COMPATIBLEIDS;
    const pnp::DeviceNode* node = pnp::NodeOf(pdo);
    if (!(ids && node != nullptr && node->parent != nullptr) && known.value != nullptr && NT_SUCCESS(cm::GetValue(CurrentKernel(), KeyOf(pdo), known.value, &kept)) && kept.type == known.type && !kept.data.empty()) {
      value->bytes.assign(kept.data.begin(), kept.data.end());
      return true;
    }
    value->bytes.assign(4096, 0);
    ULONG length = 0;
    if (known.nt == kInKey ||
        !NT_SUCCESS(IoGetDeviceProperty(pdo, known.nt, static_cast<ULONG>(value->bytes.size()), value->bytes.data(), &length)))
      length = 0;
    value->bytes.resize(length);
    return length != 0;
  }
  return false;
}

DWORD WriteDeviceProperty(DEVICE_OBJECT* pdo, ULONG property, const BYTE* bytes, DWORD size) {
  for (const auto& known : kProperties) {
    if (known.property != property) continue;
    if (std::find(std::begin(kWritable), std::end(kWritable), property) == std::end(kWritable)) return ERROR_INVALID_PARAMETER;
    Kernel& kernel = CurrentKernel();
    const std::u16string key = KeyOf(pdo);
    if (bytes == nullptr || size == 0) {
      cm::RemoveValue(kernel, key, known.value);
      return ERROR_SUCCESS;
    }
    if (known.type == REG_DWORD ? size != sizeof(DWORD) : size % sizeof(char16_t) != 0) return ERROR_INVALID_PARAMETER;
    // A device that no package was installed for has no key yet.
    if (!NT_SUCCESS(cm::MakeKey(kernel, key)) || !NT_SUCCESS(cm::SetValue(kernel, key, known.value, known.type, bytes, size))) return ERROR_ACCESS_DENIED;
    return ERROR_SUCCESS;
  }
  return ERROR_INVALID_REG_PROPERTY;
}

std::vector<std::string> TextsOf(const PropertyValue& value) {
  std::vector<std::string> texts;
  const std::u16string_view all(reinterpret_cast<const char16_t*>(value.bytes.data()), value.bytes.size() / sizeof(char16_t));
  for (size_t at = 0; at < all.size() && all[at] != 0;) {
    const size_t end = all.find(u'\0', at);
    texts.push_back(ob::ToUtf8(all.substr(at, end == std::u16string_view::npos ? end : end - at)));
    if (end == std::u16string_view::npos) break;
    at = end + 1;
  }
  return texts;
}

}  // namespace drydock::nt::win32
