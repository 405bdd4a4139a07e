// IRQL values as the annotations name them: everything is in sal.h.
#ifndef DRYDOCK_KERNELSPECS_H
#define DRYDOCK_KERNELSPECS_H

#include "sal.h"

#endif  // DRYDOCK_KERNELSPECS_H
