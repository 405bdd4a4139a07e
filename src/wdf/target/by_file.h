// By-file targets of UMDF: the device's own lower stack, opened with a file object of the driver's (IOT-1.20..1.22).
// Called by:  remote_open.cpp. PASSIVE_LEVEL.
#pragma once

#include "wdf/sdk.h"

namespace drydock::wdf {

class Device;

// No name, or one without slash or backslash.
bool IsPlainFileName(const WDF_IO_TARGET_OPEN_PARAMS& params);

// Sends a create with a new file object to the next lower device. Device and file are referenced; *handle closes the file.
NTSTATUS OpenLowerStackByFile(Device& device, const UNICODE_STRING& name, PDEVICE_OBJECT* lower, PFILE_OBJECT* file, HANDLE* handle);

}  // namespace drydock::wdf
