// What a file system or filter driver includes; here the part that a framework driver uses.
// Used by: as wdm.h. Source: public documentation.
#ifndef _NTIFS_
#define _NTIFS_

#include "ntddk.h"
#include "wdm/security.h"

#endif  // _NTIFS_
