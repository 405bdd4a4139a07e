/* The GUIDs of the SDK's headers for a driver that uses one without defining it: on Windows they come from a library.
   Each is weak and hidden, so that a driver's own definition joins it and no other image sees it. */
#include <ntdef.h>

#include <initguid.h>

#include <batclass.h>
#include <bthdef.h>
#include <devguid.h>
#include <devpkey.h>
#include <drydock_power_settings.h>
#include <hidclass.h>
#include <kbdmou.h>
#include <mountdev.h>
#include <ntdddisk.h>
#include <ntddmodm.h>
#include <ntddscsi.h>
#include <ntddvdeo.h>
#include <ntddser.h>
#include <poclass.h>
#include <usbiodef.h>
#include <usbprint.h>
#include <wdmguid.h>
#include <winsmcrd.h>
