// What windows.h offers a driver besides its window system: the parts below, one subject each. Source: public documentation.
#ifndef _WINBASE_
#define _WINBASE_

#include "consoleapi.h"
#include "debugapi.h"
#include "errhandlingapi.h"
#include "fibersapi.h"
#include "fileapi.h"
#include "handleapi.h"
#include "heapapi.h"
#include "ioapiset.h"
#include "memoryapi.h"
#include "minwinbase.h"
#include "processthreadsapi.h"
#include "synchapi.h"
#include "sysinfoapi.h"
#include "threadpoolapiset.h"
#include "winerror.h"

#endif  // _WINBASE_
