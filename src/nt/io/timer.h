// The end of a device's IoTimer. Called by: nt/io/device.cpp.
#pragma once

#include "nt/io/device.h"

namespace drydock::nt::io {

void StopTimer(DEVICE_OBJECT* device);             // IoDeleteDevice, IoStopTimer
void FreeTimer(DeviceExtension& extension);        // with the device object

}  // namespace drydock::nt::io
