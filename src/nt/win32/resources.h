// The resources of an application's image: eight bytes with the size, then a .res file (tools/build/resource_script.h makes it).
// Called by:  the resource functions and FormatMessage. The image outlives its program's threads; nothing is copied.
// Errors:     SetLastError's, as documented.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <string>

namespace drydock::nt::win32 {

enum class MessageSearch : uint8_t { kFound, kNotFound, kSystemModule };
// In the message tables of a module (null: the program's own). Language 0: English before others.
MessageSearch FindTableMessage(const void* module, DWORD id, WORD language, std::u16string* text);

}  // namespace drydock::nt::win32
