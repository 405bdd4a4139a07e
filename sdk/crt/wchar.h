// The system's <wchar.h>, then the driver's meaning of its names (drydock_crt.h).
#include_next <wchar.h>
#ifdef DRYDOCK_CRT_READY
#include "drydock_crt_names.h"
#endif
