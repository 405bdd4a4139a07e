// What user mode may know of NT: its types and status values, for applications and UMDF drivers. Here they are NT's own headers, which agree
// with windows.h. Source: public documentation.
#ifndef _WINTERNL_
#define _WINTERNL_

#include "windows.h"
#include "wudfwdm.h"

#endif  // _WINTERNL_
