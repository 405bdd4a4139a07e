// Devices in the ACPI namespace, for tests and machine descriptions.
#include "drydock/acpi.h"

#include <ntddk.h>

#include "backend/acpi/acpi_model.h"
#include "machine/impl.h"

namespace drydock {

Status NotifyAcpi(Machine& machine, Device device, uint32_t code) {
  if (!device || !device.impl()->acpi) return STATUS_NOT_SUPPORTED;
  return machine::Guarded(*machine.impl(), kStatusMachineStopped, [&]() -> Status { return backend::NotifyAcpi(*device.impl()->acpi, code); });
}

std::shared_ptr<AcpiObject> AcpiOf(Device device) { return device ? device.impl()->acpi : nullptr; }

}  // namespace drydock
