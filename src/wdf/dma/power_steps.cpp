// DMA enablers of a device as it goes up and down.
#include "wdf/device/power_steps.h"
#include "wdf/dma/enabler.h"

namespace drydock::wdf {

NTSTATUS dma::Up(Device& device) {
  DmaEnablers* enablers = DmaEnablers::OfOrNull(device);
  if (!enablers) return STATUS_SUCCESS;
  for (const Ref<DmaEnabler>& enabler : enablers->All()) {
    NTSTATUS status = enabler->PowerUp();
    if (!NT_SUCCESS(status)) return status;
  }
  return STATUS_SUCCESS;
}

NTSTATUS dma::Down(Device& device) {
  DmaEnablers* enablers = DmaEnablers::OfOrNull(device);
  if (!enablers) return STATUS_SUCCESS;
  NTSTATUS first = STATUS_SUCCESS;
  for (const Ref<DmaEnabler>& enabler : enablers->All()) {
    NTSTATUS status = enabler->PowerDown();
    if (NT_SUCCESS(first)) first = status;
  }
  return first;
}

}  // namespace drydock::wdf
