// The system's <string.h>, then the driver's meaning of its names (drydock_crt.h).
// The library's own would include <strings.h>, which a project may have in its folders. Here it cannot be meant.
#include_next <features.h>
#pragma push_macro("__USE_MISC")
#undef __USE_MISC
#include_next <string.h>
#pragma pop_macro("__USE_MISC")
#include_next <strings.h>
#ifdef DRYDOCK_CRT_READY
#include "drydock_crt_names.h"
#endif
