// From here on DEFINE_GUID (and DEFINE_DEVPROPKEY) defines instead of declaring. Include it once per image, before the
// headers whose GUIDs the image needs.
#ifndef INITGUID
#define INITGUID
#endif
#include "guiddef.h"
