// WdfDriver... functions.
#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "wdf/ddi.h"
#include "wdf/driver/binding.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {

NTSTATUS WdfDriverCreate(DriverGlobals& globals, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
                         PWDF_OBJECT_ATTRIBUTES DriverAttributes, PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER* Driver) {
  wdf::Driver* driver = nullptr;
  NTSTATUS status = DriverBinding::CreateDriver(globals, DriverObject, RegistryPath, DriverAttributes, DriverConfig, &driver);
  if (Driver) *Driver = NT_SUCCESS(status) ? reinterpret_cast<WDFDRIVER>(driver->handle()) : nullptr;
  return status;
}

PWSTR WdfDriverGetRegistryPath(DriverGlobals& globals, WDFDRIVER Driver) {
  return reinterpret_cast<PWSTR>(const_cast<char16_t*>(FromHandle<wdf::Driver>(globals, Driver)->registry_path().c_str()));
}

PDRIVER_OBJECT WdfDriverWdmGetDriverObject(DriverGlobals& globals, WDFDRIVER Driver) {
  return FromHandle<wdf::Driver>(globals, Driver)->wdm();
}

WDFDRIVER WdfWdmDriverGetWdfDriverHandle(DriverGlobals&, PDRIVER_OBJECT DriverObject) {
  DriverGlobals* theirs = GlobalsOf(DriverObject);
  return theirs ? theirs->shared.Driver : nullptr;
}

NTSTATUS WdfDriverRetrieveVersionString(DriverGlobals& globals, WDFDRIVER, WDFSTRING String) {
  const char* text = globals.umdf ? "User Mode Driver Framework version 2.33" : "Kernel Mode Driver Framework version 1.33";
  return FromHandle<StringObject>(globals, String)->Assign(std::u16string(text, text + std::char_traits<char>::length(text)));
}

BOOLEAN WdfDriverIsVersionAvailable(DriverGlobals& globals, WDFDRIVER, PWDF_DRIVER_VERSION_AVAILABLE_PARAMS VersionAvailableParams) {
  if (VersionAvailableParams->Size != sizeof(*VersionAvailableParams)) {
    Break(globals, "WdfDriverIsVersionAvailable: wrong Size");
    return FALSE;
  }
  const ULONG major = globals.umdf ? 2 : 1;
  const ULONG minor = globals.umdf ? kUmdfMinor : kKmdfMinor;
  return VersionAvailableParams->MajorVersion == major && VersionAvailableParams->MinorVersion <= minor;
}

// DEVX-47, 0x10: a function of a newer framework was called. With a status to return it gets one, unless the verifier is on.
NTSTATUS WdfDriverErrorReportApiMissing(DriverGlobals& globals, WDFDRIVER, PCWSTR FrameworkExtensionName, ULONG ApiIndex,
                                        BOOLEAN DoesApiReturnNtstatus) {
  if (DoesApiReturnNtstatus && !globals.verifier) return STATUS_PROCEDURE_NOT_FOUND;
  Violation(globals, ViolationKind::kMissingFunction, reinterpret_cast<uint64_t>(globals.shared.DriverName),
            reinterpret_cast<uint64_t>(FrameworkExtensionName),
            fmt::format("{} called function {} of a newer framework version than this one.", globals.shared.DriverName, ApiIndex));
}

}  // namespace drydock::wdf::ddi
