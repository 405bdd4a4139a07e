// UMDF structures as a C++ driver sees them.
#include "checks/layout_umdf.h"

#include <wdf.h>
#include <wdfusb.h>
