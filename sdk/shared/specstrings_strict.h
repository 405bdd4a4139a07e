// Old name of the annotations: everything is in sal.h.
#ifndef DRYDOCK_SPECSTRINGS_STRICT_H
#define DRYDOCK_SPECSTRINGS_STRICT_H

#include "sal.h"

#endif  // DRYDOCK_SPECSTRINGS_STRICT_H
