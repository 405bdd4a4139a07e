// What the test's HID minidriver has: a mouse without report ids, or with Collections = 3 in its hardware key one with, a keyboard and a vendor's
// collection. Without ids the mouse's reports are in, out as 3 and feature as 4 here.
// Reports: 1 mouse in, 2 keyboard in and its LEDs out, 3 out: what the device shall send (a length, then a report with its id),
//          4 feature of the mouse: its tail light, 5 feature of the vendor's collection: bytes that are kept; the first is the LEDs.
#pragma once

#define DESK_VENDOR 0x045E
#define DESK_PRODUCT 0x001E
#define DESK_VERSION 0x0203
#define DESK_SEND_BYTES 12
#define DESK_KEPT_BYTES 4
#define DESK_ABSENT 0xF0
#define DESK_PRESENT 0xF1
