/* UMDF structures as a C driver sees them. */
#include <wdf.h>
#include <wdfusb.h>

#include "checks/layout_umdf.h"
