// Storage devices: control codes, interface classes, properties.
// Used by:  storage drivers, their clients and the block backend. Layouts: Windows x64. Source: public documentation, public-domain headers.
#ifndef _NTDDSTOR_H_
#define _NTDDSTOR_H_

#include "devioctl.h"
#include "ntdef.h"

#include "ntddstor/codes.h"
#include "ntddstor/properties.h"
#include "ntddstor/protocols.h"

#endif  // _NTDDSTOR_H_
