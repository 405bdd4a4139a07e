// SCSI: command descriptor blocks, sense data, pages.
// Used by:  storage drivers. Layouts: Windows x64. Source: public documentation, public-domain headers.
#ifndef _NTSCSI_
#define _NTSCSI_

#include "ntdef.h"

#include "scsi/commands.h"
#include "scsi/blocks.h"
#include "scsi/data.h"
#include "scsi/pages.h"

#endif  // _NTSCSI_
