// Old name of the USB 1.1 definitions: everything is in usbspec.h.
#ifndef __USB100_H__
#define __USB100_H__

#include "usbspec.h"

#endif  // __USB100_H__
