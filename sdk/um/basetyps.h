// Base types for interfaces; everything is in windows.h's parts. Source: public documentation.
#ifndef _BASETYPS_H_
#define _BASETYPS_H_
#include "guiddef.h"
#include "ntdef.h"
#endif
