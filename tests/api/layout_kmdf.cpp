// KMDF structures as a C++ driver sees them.
#include "checks/layout_kmdf.h"

#include <ntddk.h>
#include <wdf.h>
#include <wdfusb.h>
