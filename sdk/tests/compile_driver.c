/* The headers as a driver in C sees them. */
#include "everything.h"

#include "driver_body.h"

int DrydockCompileDriverC(void) { return IsEqualGUID(&GUID_DRYDOCK_TEST, &GUID_NULL); }
