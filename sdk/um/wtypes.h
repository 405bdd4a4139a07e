// Types that Windows' interface definitions share; everything is in windows.h's parts. Source: public documentation.
#ifndef __wtypes_h__
#define __wtypes_h__
#include "windef.h"
#include "winnt.h"
#endif
