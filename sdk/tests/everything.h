// Every header of the SDK's NT half, for the compile tests.
#ifndef DRYDOCK_SDK_TESTS_EVERYTHING_H
#define DRYDOCK_SDK_TESTS_EVERYTHING_H

#include <ntddk.h>
#include <ntifs.h>
#include <wdm.h>

#include <assert.h>
#include <bugcodes.h>
#include <concurrencysal.h>
#include <csq.h>
#include <devguid.h>
#include <devioctl.h>
#include <dontuse.h>
#include <devpkey.h>
#include <devpropdef.h>
#include <driverspecs.h>
#include <evntprov.h>
#include <gpio.h>
#include <guiddef.h>
#include <hidclass.h>
#include <hidpddi.h>
#include <hidport.h>
#include <batclass.h>
#include <kbdmou.h>
#include <kernelspecs.h>
#include <mountdev.h>
#include <mountmgr.h>
#include <ntdddisk.h>
#include <ntddkbd.h>
#include <ntdd8042.h>
#include <ntddmodm.h>
#include <ntddmou.h>
#include <ntddpar.h>
#include <ntddser.h>
#include <ntddstor.h>
#include <ntintsafe.h>
#include <ntstatus.h>
#include <ntstrsafe.h>
#include <poclass.h>
#include <reshub.h>
#include <sal.h>
#include <smclib.h>
#include <specstrings.h>
#include <suppress.h>
#include <usb.h>
#include <usb100.h>
#include <usb200.h>
#include <usbdi.h>
#include <usbbusif.h>
#include <usbdlib.h>
#include <usbioctl.h>
#include <usbiodef.h>
#include <windef.h>
#include <wdmguid.h>
#include <wdmsec.h>
#include <wmidata.h>
#include <wmilib.h>
#include <winsmcrd.h>
#include <wmistr.h>

#include <pshpack4.h>
#include <poppack.h>

#endif  // DRYDOCK_SDK_TESTS_EVERYTHING_H
