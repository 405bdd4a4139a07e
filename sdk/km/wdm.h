// What a WDM driver includes. Everything is in the parts below, one subject each.
//
// Used by:  drivers (C and C++, clang and gcc, -fshort-wchar -fms-extensions -DDRYDOCK_DRIVER_BUILD) and this project's
//           own C++20 code (without them). Names, values and layouts are those of Windows x64.
// Source:   public documentation; layouts from api/nt-x64-structs.json, proven by cmake/DrydockNtLayout.cmake.
#ifndef _WDMDDK_
#define _WDMDDK_
#ifndef _NTDDK_
#define _WDM_INCLUDED_
#endif

#include "bugcodes.h"
#include "devioctl.h"
#include "devpropdef.h"
#include "ntdef.h"
#include "ntstatus.h"
#include "wdm/access.h"
#include "wdm/acpi.h"
#include "wdm/csq.h"
#include "wdm/dbg.h"
#include "wdm/dma.h"
#include "wdm/ex.h"
#include "wdm/exception.h"
#include "wdm/fast_io.h"
#include "wdm/file_info.h"
#include "wdm/interlocked.h"
#include "wdm/io.h"
#include "wdm/io_inline.h"
#include "wdm/io_wmi.h"
#include "wdm/ke.h"
#include "wdm/list.h"
#include "wdm/mm.h"
#include "wdm/ob.h"
#include "wdm/ob_callback.h"
#include "wdm/pci.h"
#include "wdm/pnp_types.h"
#include "wdm/po.h"
#include "wdm/registers.h"
#include "wdm/registry.h"
#include "wdm/registry_callback.h"
#include "wdm/rtl.h"
#include "wdm/zw.h"

// The computers that were no PC/AT.
#define IsNEC_98 (FALSE)
#define IsNotNEC_98 (TRUE)
#define SetNEC_98
#define SetNotNEC_98

#include "wdmsec.h"  // drivers use its SDDL_DEVOBJ_... without including it

#endif  // _WDMDDK_
