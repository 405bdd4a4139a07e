// Executable images (PE/COFF): headers, directories, relocations, debug entries.
// Used by:  drivers and applications that read images. Layouts: Windows x64. Source: public documentation, public-domain headers.
#ifndef _NTIMAGE_
#define _NTIMAGE_

#include "ntdef.h"

#include "ntimage/headers.h"
#include "ntimage/directories.h"

#endif  // _NTIMAGE_
