// Old name of the USB bus driver's interface: everything is in usb.h and usbioctl.h.
#ifndef __USBDI_H__
#define __USBDI_H__

#include "usb.h"
#include "usbioctl.h"

#endif  // __USBDI_H__
