// Types that Windows' interface definitions share; windows.h has them all. Source: public documentation.
#ifndef __wtypes_h__
#define __wtypes_h__
#include "windows.h"
#endif
