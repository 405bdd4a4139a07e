// Lock annotations: everything is in sal.h.
#ifndef DRYDOCK_CONCURRENCYSAL_H
#define DRYDOCK_CONCURRENCYSAL_H

#include "sal.h"

#endif  // DRYDOCK_CONCURRENCYSAL_H
