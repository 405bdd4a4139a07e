// What the user, or the device's INF, chose about idling and waking: values below the hardware key (PWR-59, PWR-71).
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

UNICODE_STRING Named(const char16_t* text) {
  UNICODE_STRING name;
  name.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(text));
  name.Length = name.MaximumLength = static_cast<USHORT>(std::char_traits<char16_t>::length(text) * 2);
  return name;
}

bool ReadDword(HANDLE key, const char16_t* value, ULONG* out) {
  struct {
    KEY_VALUE_PARTIAL_INFORMATION header;
    UCHAR more[8];
  } buffer;
  UNICODE_STRING name = Named(value);
  ULONG length;
  if (!NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, &buffer, sizeof(buffer), &length))) return false;
  if (buffer.header.Type != REG_DWORD || buffer.header.DataLength != sizeof(ULONG)) return false;
  RtlCopyMemory(out, buffer.header.Data, sizeof(ULONG));
  return true;
}

}  // namespace

// `chosen` is the value that the user's choice is kept in, `by_default` the INF's.
bool PnpPower::UserChoice(const char16_t* chosen, const char16_t* by_default) const {
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) return true;
  HANDLE device = nullptr, key = nullptr;
  if (!NT_SUCCESS(IoOpenDeviceRegistryKey(device_.pdo(), PLUGPLAY_REGKEY_DEVICE, KEY_READ, &device))) return true;
  UNICODE_STRING name = Named(u"WDF");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, device, nullptr);
  bool on = true;
  if (NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes))) {
    ULONG value;
    if (ReadDword(key, chosen, &value) || ReadDword(key, by_default, &value)) on = value != 0;
    ZwClose(key);
  }
  ZwClose(device);
  return on;
}

}  // namespace drydock::wdf
