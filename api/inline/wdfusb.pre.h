#include "wdf.h"
/* The USB base types come from the NT half of the SDK (usb.h, usbdlib.h); without it, opaque ones keep this header whole. */
#if defined(__has_include)
#if __has_include("usb.h") && __has_include("usbdlib.h")
#include "usb.h"
#include "usbdlib.h"
#define DRYDOCK_WDF_HAS_USB_TYPES 1
#endif
#endif
#ifndef DRYDOCK_WDF_HAS_USB_TYPES
typedef LONG USBD_STATUS;
typedef PVOID USBD_PIPE_HANDLE, USBD_CONFIGURATION_HANDLE;
typedef struct _URB *PURB;
typedef struct _USB_DEVICE_DESCRIPTOR *PUSB_DEVICE_DESCRIPTOR;
typedef struct _USB_CONFIGURATION_DESCRIPTOR *PUSB_CONFIGURATION_DESCRIPTOR;
typedef struct _USB_INTERFACE_DESCRIPTOR *PUSB_INTERFACE_DESCRIPTOR;
typedef struct _USBD_VERSION_INFORMATION {
    ULONG USBDI_Version;
    ULONG Supported_USB_Version;
} USBD_VERSION_INFORMATION, *PUSBD_VERSION_INFORMATION;
#endif
