// Interrupts of a device as it goes up and down: no such objects can be made yet.
#include "wdf/device/power_steps.h"

namespace drydock::wdf {

void interrupt::Assign(Device&, const CM_RESOURCE_LIST*, const CM_RESOURCE_LIST*) {}
void interrupt::Revoke(Device&) {}
NTSTATUS interrupt::Up(Device&) { return STATUS_SUCCESS; }
NTSTATUS interrupt::Down(Device&, bool) { return STATUS_SUCCESS; }
void interrupt::Disconnect(Device&) {}
void interrupt::ToldD0Exit(Device&) {}
void interrupt::ToldD0Entry(Device&) {}

}  // namespace drydock::wdf
