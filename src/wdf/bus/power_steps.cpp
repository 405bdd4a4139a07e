// Children of a device as it goes up and down: no such objects can be made yet.
#include "wdf/device/power_steps.h"

namespace drydock::wdf {

void bus::ScanForChildren(Device&) {}
bool bus::ChildHoldsUp(Device&) { return false; }
Device* bus::PowerParent(Device&) { return nullptr; }

}  // namespace drydock::wdf
