#include "wdf/misc/string_object.h"

#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

NTSTATUS StringObject::Assign(std::u16string_view text) {
  if (text.size() > kMaxUnits) return STATUS_INVALID_PARAMETER;
  text_.assign(text);
  return STATUS_SUCCESS;
}

UNICODE_STRING Counted(std::u16string_view text) {
  UNICODE_STRING string;
  string.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(text.data()));
  string.Length = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  string.MaximumLength = string.Length;
  return string;
}

NTSTATUS CreateString(DriverGlobals& globals, std::u16string_view text, const WDF_OBJECT_ATTRIBUTES* attributes, StringObject** out) {
  StringObject* string = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kString, attributes, DefaultParent(globals), &string);
  if (!NT_SUCCESS(status)) return status;
  status = string->Assign(text);
  if (!NT_SUCCESS(status)) {
    DeleteAfterFailedCreate(string);
    return status;
  }
  *out = string;
  return STATUS_SUCCESS;
}

namespace ddi {

NTSTATUS WdfStringCreate(DriverGlobals& globals, PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING* String) {
  *String = nullptr;
  // A counted string with a length but no text, or an odd length, is not one.
  if (UnicodeString && ((UnicodeString->Length != 0 && !UnicodeString->Buffer) || UnicodeString->Length % sizeof(WCHAR) != 0)) {
    return STATUS_INVALID_PARAMETER;
  }
  StringObject* string = nullptr;
  NTSTATUS status = CreateString(globals, TextOf(UnicodeString), StringAttributes, &string);
  if (NT_SUCCESS(status)) *String = reinterpret_cast<WDFSTRING>(string->handle());
  return status;
}

void WdfStringGetUnicodeString(DriverGlobals& globals, WDFSTRING String, PUNICODE_STRING UnicodeString) {
  const std::u16string& text = FromHandle<StringObject>(globals, String)->text();
  *UnicodeString = Counted(text);
  UnicodeString->MaximumLength = static_cast<USHORT>(UnicodeString->Length + sizeof(WCHAR));  // the terminator is there
}

}  // namespace ddi
}  // namespace drydock::wdf
