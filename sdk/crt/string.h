// The system's <string.h>, then the driver's meaning of its names (drydock_crt.h).
#include_next <string.h>
#ifdef DRYDOCK_CRT_READY
#include "drydock_crt_names.h"
#endif
