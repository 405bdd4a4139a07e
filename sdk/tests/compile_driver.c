/* The headers as a driver in C sees them. */
#include "everything.h"

#include "class_layouts.h"
#include "driver_layouts.h"
#include "driver_body.h"

int DrydockCompileDriverC(void) { return IsEqualGUID(&GUID_DRYDOCK_TEST, &GUID_NULL); }
