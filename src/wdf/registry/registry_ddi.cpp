// WdfRegistry... functions, and those that open a driver's or a device's key.
#include <cstring>

#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/driver/driver.h"
#include "wdf/memory/memory.h"
#include "wdf/misc/collection.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"
#include "wdf/registry/key.h"

namespace drydock::wdf::ddi {
namespace {

constexpr size_t kMaxStringBytes = 0x10000;

NTSTATUS Give(NTSTATUS status, wdf::Key* key, WDFKEY* out) {
  *out = NT_SUCCESS(status) ? reinterpret_cast<WDFKEY>(key->handle()) : nullptr;
  return status;
}

HANDLE RootOf(DriverGlobals& globals, WDFKEY parent) { return parent ? FromHandle<wdf::Key>(globals, parent)->key() : nullptr; }

bool IsText(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ; }

std::u16string_view TextIn(const RegistryValue& value) {
  std::u16string_view text(reinterpret_cast<const char16_t*>(value.data.data()), value.data.size() / sizeof(WCHAR));
  if (!text.empty() && text.back() == 0) text.remove_suffix(1);  // one trailing NUL goes
  return text;
}

NTSTATUS Assign(DriverGlobals& globals, WDFKEY key, PCUNICODE_STRING name, ULONG type, const void* data, size_t bytes) {
  wdf::Key* object = FromHandle<wdf::Key>(globals, key);
  if (!object->Allows(KEY_SET_VALUE)) return STATUS_ACCESS_DENIED;
  UNICODE_STRING counted = Counted(TextOf(name));
  return ZwSetValueKey(object->key(), &counted, 0, type, const_cast<void*>(data), static_cast<ULONG>(bytes));
}

// (U) DRV-09: rights that write to the key or change it.
bool ForbiddenForUmdf(DriverGlobals& globals, ACCESS_MASK access) {
  return globals.umdf && (access & (GENERIC_WRITE | GENERIC_ALL | KEY_CREATE_SUB_KEY | WRITE_DAC)) != 0;
}

NTSTATUS OpenBelowService(DriverGlobals& globals, WDFDRIVER driver, std::u16string_view tail, ACCESS_MASK access,
                          PWDF_OBJECT_ATTRIBUTES attributes, WDFKEY* out) {
  *out = nullptr;
  if (ForbiddenForUmdf(globals, access)) return STATUS_ACCESS_DENIED;
  wdf::Driver* object = FromHandle<wdf::Driver>(globals, driver);
  std::u16string name = object->registry_path();
  name += tail;
  wdf::Key* key = nullptr;
  KeyOpening opening;
  opening.name = name;
  opening.access = access;
  opening.create = true;
  return Give(OpenKeyObject(globals, opening, attributes, DefaultParent(globals), &key), key, out);
}

NTSTATUS OpenOfDevice(DriverGlobals& globals, PDEVICE_OBJECT pdo, ULONG type, ACCESS_MASK access, PWDF_OBJECT_ATTRIBUTES attributes,
                      Object* parent, WDFKEY* out) {
  *out = nullptr;
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  HANDLE handle = nullptr;
  NTSTATUS status = IoOpenDeviceRegistryKey(pdo, type, access, &handle);
  if (!NT_SUCCESS(status)) return status;
  wdf::Key* key = nullptr;
  return Give(WrapKey(globals, handle, access, attributes, parent, &key), key, out);
}

}  // namespace

NTSTATUS WdfRegistryOpenKey(DriverGlobals& globals, WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
                            PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY* Key) {
  wdf::Key* key = nullptr;
  KeyOpening opening;
  opening.root = RootOf(globals, ParentKey);
  opening.name = TextOf(KeyName);
  opening.access = DesiredAccess;
  return Give(OpenKeyObject(globals, opening, KeyAttributes, DefaultParent(globals), &key), key, Key);
}

NTSTATUS WdfRegistryCreateKey(DriverGlobals& globals, WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess, ULONG CreateOptions,
                              PULONG CreateDisposition, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY* Key) {
  wdf::Key* key = nullptr;
  KeyOpening opening;
  opening.root = RootOf(globals, ParentKey);
  opening.name = TextOf(KeyName);
  opening.access = DesiredAccess;
  opening.create = !globals.umdf;  // (U) cannot make subkeys (REG-04): only what exists is opened
  opening.options = CreateOptions;
  opening.disposition = CreateDisposition;
  NTSTATUS status = OpenKeyObject(globals, opening, KeyAttributes, DefaultParent(globals), &key);
  if (globals.umdf && NT_SUCCESS(status) && CreateDisposition) *CreateDisposition = REG_OPENED_EXISTING_KEY;
  if (globals.umdf && status == STATUS_OBJECT_NAME_NOT_FOUND) status = STATUS_ACCESS_DENIED;
  return Give(status, key, Key);
}

// Volatile, below HKEY_LOCAL_MACHINE\HARDWARE\DEVICEMAP: what drivers of serial and parallel ports and the like publish. A kernel-mode driver that
// asks for rights to write makes the key.
NTSTATUS WdfDeviceOpenDevicemapKey(DriverGlobals& globals, WDFDEVICE Device, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
                                   PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY* Key) {
  *Key = nullptr;
  FromHandle<wdf::Device>(globals, Device);  // a cleanup callback of the device takes its value back: the key is the driver's, as other keys are
  const std::u16string_view tail = TextOf(KeyName);
  if (tail.empty()) return STATUS_INVALID_PARAMETER;
  if (ForbiddenForUmdf(globals, DesiredAccess)) return STATUS_INVALID_PARAMETER;
  std::u16string name = u"\\Registry\\Machine\\HARDWARE\\DEVICEMAP\\";
  name += tail;
  wdf::Key* key = nullptr;
  KeyOpening opening;
  opening.name = name;
  opening.access = DesiredAccess;
  opening.create = !globals.umdf && (DesiredAccess & (KEY_SET_VALUE | KEY_CREATE_SUB_KEY | GENERIC_WRITE | GENERIC_ALL)) != 0;
  opening.options = REG_OPTION_VOLATILE;
  return Give(OpenKeyObject(globals, opening, KeyAttributes, DefaultParent(globals), &key), key, Key);
}

void WdfRegistryClose(DriverGlobals& globals, WDFKEY Key) { FromHandle<wdf::Key>(globals, Key)->Delete(); }

HANDLE WdfRegistryWdmGetHandle(DriverGlobals& globals, WDFKEY Key) { return FromHandle<wdf::Key>(globals, Key)->key(); }

NTSTATUS WdfRegistryRemoveKey(DriverGlobals& globals, WDFKEY Key) {
  wdf::Key* key = FromHandle<wdf::Key>(globals, Key);
  if (globals.umdf) return STATUS_NOT_IMPLEMENTED;
  if (!key->Allows(DELETE)) return STATUS_ACCESS_DENIED;
  NTSTATUS status = ZwDeleteKey(key->key());
  if (NT_SUCCESS(status)) key->Delete();  // after a failure the WDFKEY stays valid
  return status;
}

NTSTATUS WdfRegistryRemoveValue(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName) {
  wdf::Key* key = FromHandle<wdf::Key>(globals, Key);
  if (!key->Allows(KEY_SET_VALUE)) return STATUS_ACCESS_DENIED;
  UNICODE_STRING name = Counted(TextOf(ValueName));
  return ZwDeleteValueKey(key->key(), &name);
}

NTSTATUS WdfRegistryQueryValue(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueLength, PVOID Value,
                               PULONG ValueLengthQueried, PULONG ValueType) {
  RegistryValue value;
  NTSTATUS status = ReadValue(*FromHandle<wdf::Key>(globals, Key), TextOf(ValueName), &value);
  if (!NT_SUCCESS(status)) return status;
  if (ValueLengthQueried) *ValueLengthQueried = static_cast<ULONG>(value.data.size());
  if (ValueType) *ValueType = value.type;
  if (!Value || ValueLength < value.data.size()) return STATUS_BUFFER_OVERFLOW;
  std::memcpy(Value, value.data.data(), value.data.size());
  return STATUS_SUCCESS;
}

NTSTATUS WdfRegistryQueryMemory(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
                                PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY* Memory, PULONG ValueType) {
  *Memory = nullptr;
  RegistryValue value;
  NTSTATUS status = ReadValue(*FromHandle<wdf::Key>(globals, Key), TextOf(ValueName), &value);
  if (!NT_SUCCESS(status)) return status;
  if (value.data.empty()) return STATUS_RESOURCE_DATA_NOT_FOUND;
  wdf::Memory* memory = nullptr;
  status = CreateAllocatedMemory(globals, MemoryAttributes, PoolType, 0, value.data.size(), &memory);
  if (!NT_SUCCESS(status)) return status;
  std::memcpy(memory->buffer(), value.data.data(), value.data.size());
  if (ValueType) *ValueType = value.type;
  *Memory = reinterpret_cast<WDFMEMORY>(memory->handle());
  return STATUS_SUCCESS;
}

NTSTATUS WdfRegistryQueryMultiString(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, PWDF_OBJECT_ATTRIBUTES StringsAttributes,
                                     WDFCOLLECTION Collection) {
  wdf::Collection* collection = FromHandle<wdf::Collection>(globals, Collection);
  RegistryValue value;
  NTSTATUS status = ReadValue(*FromHandle<wdf::Key>(globals, Key), TextOf(ValueName), &value);
  if (!NT_SUCCESS(status)) return status;
  if (value.data.empty()) return STATUS_RESOURCE_DATA_NOT_FOUND;
  const std::u16string_view all(reinterpret_cast<const char16_t*>(value.data.data()), value.data.size() / sizeof(WCHAR));
  const bool ended = all.size() >= 2 && all[all.size() - 1] == 0 && all[all.size() - 2] == 0;
  const bool only_end = all.size() == 1 && all[0] == 0;
  if (value.type != REG_MULTI_SZ || value.data.size() % sizeof(WCHAR) != 0 || !(ended || only_end)) return STATUS_OBJECT_TYPE_MISMATCH;
  const size_t before = collection->count();
  for (size_t begin = 0; begin < all.size() && all[begin] != 0;) {
    const size_t end = all.find(u'\0', begin);
    StringObject* string = nullptr;
    status = CreateString(globals, all.substr(begin, end - begin), StringsAttributes, &string);
    if (NT_SUCCESS(status) && !collection->Add(string)) {
      string->Delete();
      status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(status)) break;
    begin = end + 1;
  }
  while (!NT_SUCCESS(status) && collection->count() > before) {  // DEVX-59: put back as it was
    Object* string = collection->at(collection->count() - 1);
    string->AddRef();
    collection->RemoveAt(collection->count() - 1);
    string->Delete();
    string->Release();
  }
  return status;
}

NTSTATUS WdfRegistryQueryUnicodeString(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, PUSHORT ValueByteLength,
                                       PUNICODE_STRING Value) {
  if (Value && Value->MaximumLength == 0) return STATUS_INVALID_PARAMETER;
  RegistryValue value;
  NTSTATUS status = ReadValue(*FromHandle<wdf::Key>(globals, Key), TextOf(ValueName), &value);
  if (!NT_SUCCESS(status)) return status;
  if (ValueByteLength) *ValueByteLength = static_cast<USHORT>(value.data.size());
  if (!Value) return STATUS_BUFFER_OVERFLOW;  // DEVX-59; the type is not looked at
  if (!IsText(value.type)) return STATUS_OBJECT_TYPE_MISMATCH;
  if (Value->MaximumLength < value.data.size()) return STATUS_BUFFER_OVERFLOW;
  std::memcpy(Value->Buffer, value.data.data(), value.data.size());
  Value->Length = static_cast<USHORT>(TextIn(value).size() * sizeof(WCHAR));
  return STATUS_SUCCESS;
}

NTSTATUS WdfRegistryQueryString(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String) {
  StringObject* string = FromHandle<StringObject>(globals, String);
  RegistryValue value;
  NTSTATUS status = ReadValue(*FromHandle<wdf::Key>(globals, Key), TextOf(ValueName), &value);
  if (!NT_SUCCESS(status)) return status;
  if (value.data.empty()) return STATUS_RESOURCE_DATA_NOT_FOUND;
  if (!IsText(value.type)) return STATUS_OBJECT_TYPE_MISMATCH;
  if (value.data.size() >= kMaxStringBytes) return STATUS_INVALID_BUFFER_SIZE;
  return string->Assign(TextIn(value));
}

NTSTATUS WdfRegistryQueryULong(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value) {
  RegistryValue value;
  NTSTATUS status = ReadValue(*FromHandle<wdf::Key>(globals, Key), TextOf(ValueName), &value);
  if (!NT_SUCCESS(status)) return status;
  if (value.type != REG_DWORD || value.data.size() != sizeof(ULONG)) return STATUS_OBJECT_TYPE_MISMATCH;
  std::memcpy(Value, value.data.data(), sizeof(ULONG));
  return STATUS_SUCCESS;
}

NTSTATUS WdfRegistryAssignValue(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, ULONG ValueLength, PVOID Value) {
  return Assign(globals, Key, ValueName, ValueType, Value, ValueLength);
}

NTSTATUS WdfRegistryAssignMemory(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, WDFMEMORY Memory,
                                 PWDFMEMORY_OFFSET MemoryOffsets) {
  wdf::Memory* memory = FromHandle<wdf::Memory>(globals, Memory);
  size_t start, length;
  NTSTATUS status = ResolveOffset(*memory, MemoryOffsets, &start, &length);
  if (!NT_SUCCESS(status)) return status;
  return Assign(globals, Key, ValueName, ValueType, static_cast<const char*>(memory->buffer()) + start, length);
}

NTSTATUS WdfRegistryAssignMultiString(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection) {
  wdf::Collection* collection = FromHandle<wdf::Collection>(globals, StringsCollection);
  if (collection->count() == 0) return STATUS_INVALID_PARAMETER;
  std::u16string text;
  for (size_t i = 0; i < collection->count(); ++i) {
    text += FromHandle<StringObject>(globals, collection->at(i)->handle())->text();
    text += u'\0';
  }
  text += u'\0';
  return Assign(globals, Key, ValueName, REG_MULTI_SZ, text.data(), text.size() * sizeof(WCHAR));
}

NTSTATUS WdfRegistryAssignUnicodeString(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value) {
  std::u16string text(TextOf(Value));
  if (text.empty() || text.back() != 0) text += u'\0';
  return Assign(globals, Key, ValueName, REG_SZ, text.data(), text.size() * sizeof(WCHAR));
}

NTSTATUS WdfRegistryAssignString(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String) {
  const std::u16string& text = FromHandle<StringObject>(globals, String)->text();
  return Assign(globals, Key, ValueName, REG_SZ, text.c_str(), (text.size() + 1) * sizeof(WCHAR));
}

NTSTATUS WdfRegistryAssignULong(DriverGlobals& globals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value) {
  return Assign(globals, Key, ValueName, REG_DWORD, &Value, sizeof(Value));
}

NTSTATUS WdfDriverOpenParametersRegistryKey(DriverGlobals& globals, WDFDRIVER Driver, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
                                            WDFKEY* Key) {
  return OpenBelowService(globals, Driver, u"\\Parameters", DesiredAccess, KeyAttributes, Key);
}

NTSTATUS WdfDriverOpenPersistentStateRegistryKey(DriverGlobals& globals, WDFDRIVER Driver, ACCESS_MASK DesiredAccess,
                                                 PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY* Key) {
  return OpenBelowService(globals, Driver, u"\\State", DesiredAccess, KeyAttributes, Key);
}

NTSTATUS WdfDeviceOpenRegistryKey(DriverGlobals& globals, WDFDEVICE Device, ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
                                  PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY* Key) {
  wdf::Device* device = FromHandle<wdf::Device>(globals, Device);
  return OpenOfDevice(globals, device->pdo(), DeviceInstanceKeyType, DesiredAccess, KeyAttributes, DefaultParent(globals), Key);
}

NTSTATUS WdfFdoInitOpenRegistryKey(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
                                   PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY* Key) {
  return OpenOfDevice(globals, InitFrom(DeviceInit).pdo, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, DefaultParent(globals), Key);
}

}  // namespace drydock::wdf::ddi
