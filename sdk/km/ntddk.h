// What a driver of the NT model includes: wdm.h and what only such drivers use.
// Used by: as wdm.h. Source: public documentation.
#ifndef _NTDDK_
#define _NTDDK_

#include "wdm.h"
#include "wdm/boot_driver.h"
#include "wdm/bus_data.h"
#include "wdm/rtl_more.h"
#include "wdm/tables.h"
#include "wdm/zw_more.h"

#endif  // _NTDDK_
