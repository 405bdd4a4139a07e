// DMA enablers of a device as it goes up and down: no such objects can be made yet.
#include "wdf/device/power_steps.h"

namespace drydock::wdf {

NTSTATUS dma::Up(Device&) { return STATUS_SUCCESS; }
NTSTATUS dma::Down(Device&) { return STATUS_SUCCESS; }

}  // namespace drydock::wdf
