// UMDF structures as the framework sees them.
#include <wdf.h>
#include <wdfusb.h>

#include "checks/layout_umdf.h"
