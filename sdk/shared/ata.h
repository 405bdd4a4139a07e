// ATA: identify data and command registers.
// Used by:  storage drivers. Layouts: Windows x64. Source: public documentation, public-domain headers.
#ifndef _NTATA_
#define _NTATA_

#include "ntdef.h"

#include "ata/identify.h"
#include "ata/logs.h"
#include "ata/registers.h"

#endif  // _NTATA_
