// The system's <stdio.h>, then the driver's meaning of its names (drydock_crt.h).
#include_next <stdio.h>
#ifdef DRYDOCK_CRT_READY
#include "drydock_crt_names.h"
#endif
