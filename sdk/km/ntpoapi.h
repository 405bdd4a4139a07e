// Power: states, actions, information levels and power limits, as drivers include them by themselves.
// Used by: drivers. Source: public documentation.
#ifndef _NTPOAPI_
#define _NTPOAPI_

#include "drydock_power_limit.h"
#include "drydock_power_settings.h"
#include "wdm/power_types.h"
#include "wdm/zw_more.h"

#endif  // _NTPOAPI_
