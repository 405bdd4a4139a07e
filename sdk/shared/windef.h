// Base types of Win32, as far as drivers use them: everything is in minwindef.h.
#ifndef _WINDEF_
#define _WINDEF_

#include "minwindef.h"

#endif  // _WINDEF_
