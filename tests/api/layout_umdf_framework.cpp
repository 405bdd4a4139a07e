// UMDF structures as the framework sees them.
// clang-format off: in this order
#include <wdf.h>
#include <wdfusb.h>
#include "checks/layout_umdf.h"
