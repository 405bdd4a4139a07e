// Event providers: the descriptor that headers made of event manifests use.
// Used by:  drivers with a manifest. Source: public documentation, mingw-w64 (structure).
// Missing:  EventRegister, EtwWrite and the like: a manifest's macros write to the machine's debug log (drydock build).
#ifndef _EVNTPROV_
#define _EVNTPROV_

#include "guiddef.h"
#include "ntdef.h"

typedef ULONGLONG REGHANDLE, *PREGHANDLE;

typedef struct _EVENT_DESCRIPTOR {
  USHORT Id;
  UCHAR Version;
  UCHAR Channel;
  UCHAR Level;
  UCHAR Opcode;
  USHORT Task;
  ULONGLONG Keyword;
} EVENT_DESCRIPTOR, *PEVENT_DESCRIPTOR;
typedef const EVENT_DESCRIPTOR *PCEVENT_DESCRIPTOR;

#endif  // _EVNTPROV_
