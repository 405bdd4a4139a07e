// KMDF structures as the framework sees them.
#include <ntddk.h>
#include <wdf.h>
#include <wdfusb.h>

#include "checks/layout_kmdf.h"
