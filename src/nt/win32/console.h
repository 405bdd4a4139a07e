// Standard handles are values of their own, no entries of the handle table. nt/win32 only.
#pragma once

#include <ntddk.h>
#include <windows.h>

namespace drydock::nt::win32 {

int StreamOf(HANDLE handle);  // 0, 1, 2; -1: no standard handle
BOOL StreamTransfer(int stream, bool write, void* buffer, DWORD length, DWORD* transferred);

}  // namespace drydock::nt::win32
