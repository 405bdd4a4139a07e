// Old name of the annotations: everything is in sal.h.
#ifndef DRYDOCK_SPECSTRINGS_H
#define DRYDOCK_SPECSTRINGS_H

#include "sal.h"

#endif  // DRYDOCK_SPECSTRINGS_H
