// Driver annotations (__drv_...): everything is in sal.h.
#ifndef DRYDOCK_DRIVERSPECS_H
#define DRYDOCK_DRIVERSPECS_H

#include "sal.h"

#endif  // DRYDOCK_DRIVERSPECS_H
