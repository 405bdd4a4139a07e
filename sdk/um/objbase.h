// The older name of combaseapi.h, with the interfaces that everybody derives from.
#ifndef _OBJBASE_H_
#define _OBJBASE_H_

#include "combaseapi.h"
#include "unknwn.h"

#endif  // _OBJBASE_H_
