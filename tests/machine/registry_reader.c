// Reads its parameters and its device's key through the framework, and writes what it found into the device's key.
#include <ntddk.h>
#include <wdf.h>

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD OnDeviceAdd;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

// Words of a multi-string, joined by '+', into `to`.
static NTSTATUS CopyWords(WDFKEY from, WDFKEY to) {
  DECLARE_CONST_UNICODE_STRING(words_name, L"Words");
  DECLARE_CONST_UNICODE_STRING(joined_name, L"Joined");
  DECLARE_UNICODE_STRING_SIZE(joined, 64);
  DECLARE_CONST_UNICODE_STRING(plus, L"+");
  WDFCOLLECTION words;
  NTSTATUS status = WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &words);
  if (!NT_SUCCESS(status)) return status;
  status = WdfRegistryQueryMultiString(from, &words_name, WDF_NO_OBJECT_ATTRIBUTES, words);
  for (ULONG i = 0; NT_SUCCESS(status) && i < WdfCollectionGetCount(words); ++i) {
    UNICODE_STRING word;
    WdfStringGetUnicodeString(WdfCollectionGetItem(words, i), &word);
    if (i != 0) status = RtlAppendUnicodeStringToString(&joined, &plus);
    if (NT_SUCCESS(status)) status = RtlAppendUnicodeStringToString(&joined, &word);
  }
  if (NT_SUCCESS(status)) status = WdfRegistryAssignUnicodeString(to, &joined_name, &joined);
  WdfObjectDelete(words);
  return status;
}

static NTSTATUS OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  DECLARE_CONST_UNICODE_STRING(count_name, L"Count");
  DECLARE_CONST_UNICODE_STRING(twice_name, L"Twice");
  DECLARE_CONST_UNICODE_STRING(absent_name, L"Absent");
  DECLARE_CONST_UNICODE_STRING(text_name, L"Text");
  DECLARE_CONST_UNICODE_STRING(absent_status_name, L"AbsentStatus");
  DECLARE_CONST_UNICODE_STRING(wrong_type_name, L"WrongTypeStatus");
  DECLARE_CONST_UNICODE_STRING(verifier_name, L"VerifierWasOn");
  WDFDEVICE device;
  WDFKEY parameters, hardware;
  ULONG count = 0, ignored;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  status = WdfDriverOpenParametersRegistryKey(Driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &parameters);
  if (!NT_SUCCESS(status)) return status;
  status = WdfDeviceOpenRegistryKey(device, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, WDF_NO_OBJECT_ATTRIBUTES, &hardware);
  if (!NT_SUCCESS(status)) return status;
  status = WdfRegistryQueryULong(parameters, &count_name, &count);
  if (NT_SUCCESS(status)) status = WdfRegistryAssignULong(hardware, &twice_name, 2 * count);
  if (NT_SUCCESS(status))
    status = WdfRegistryAssignULong(hardware, &absent_status_name, (ULONG)WdfRegistryQueryULong(parameters, &absent_name, &ignored));
  if (NT_SUCCESS(status))
    status = WdfRegistryAssignULong(hardware, &wrong_type_name, (ULONG)WdfRegistryQueryULong(parameters, &text_name, &ignored));
  if (NT_SUCCESS(status)) status = WdfRegistryAssignULong(hardware, &verifier_name, (WdfDriverGlobals->DriverFlags & WdfVerifyOn) != 0);
  if (NT_SUCCESS(status)) status = CopyWords(parameters, hardware);
  WdfRegistryClose(parameters);
  WdfRegistryClose(hardware);
  return status;
}
