// Old name of the USB 2.0 definitions: everything is in usbspec.h.
#ifndef __USB200_H__
#define __USB200_H__

#include "usbspec.h"

#endif  // __USB200_H__
