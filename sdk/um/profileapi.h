// QueryPerformanceCounter: see sysinfoapi.h.
#include "sysinfoapi.h"
