// mouhid and kbdhid: between a HID collection and mouclass or kbdclass. Contract: mapper.cpp.
#pragma once

#include <ntddk.h>

namespace drydock::classes::hid {

DRIVER_INITIALIZE MouHidEntry, KbdHidEntry;

}  // namespace drydock::classes::hid
