/* KMDF structures as a C driver sees them. */
#include <ntddk.h>
#include <wdf.h>
#include <wdfusb.h>

#include "checks/layout_kmdf.h"
