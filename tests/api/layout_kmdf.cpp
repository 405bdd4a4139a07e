// KMDF structures as a C++ driver sees them.
// clang-format off: in this order
#include <ntddk.h>
#include <wdf.h>
#include <wdfusb.h>
#include "checks/layout_kmdf.h"
