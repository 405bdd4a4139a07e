// Structures and codes that drivers share with the system beside the classes, as Windows x64 lays them out (sizes of the documentation and of
// other public headers). Compiled as C and C++ driver and as our own code.
#ifndef DRYDOCK_SDK_TESTS_DRIVER_LAYOUTS_H
#define DRYDOCK_SDK_TESTS_DRIVER_LAYOUTS_H

#include <stddef.h>

#include "everything.h"

#ifdef __cplusplus
#define DRYDOCK_HOLDS(condition) static_assert(condition, #condition)
#else
#define DRYDOCK_HOLDS(condition) _Static_assert(condition, #condition)
#endif
#define DRYDOCK_SIZE(type, bytes) DRYDOCK_HOLDS(sizeof(type) == (bytes))
#define DRYDOCK_AT(type, field, bytes) DRYDOCK_HOLDS(offsetof(type, field) == (bytes))

// Early-launch anti-malware (ntddk.h).
DRYDOCK_SIZE(BDCB_IMAGE_INFORMATION, 104);
DRYDOCK_AT(BDCB_IMAGE_INFORMATION, ImageName, 8);
DRYDOCK_AT(BDCB_IMAGE_INFORMATION, ImageHash, 72);
DRYDOCK_AT(BDCB_IMAGE_INFORMATION, CertificateThumbprintLength, 100);
DRYDOCK_SIZE(BDCB_STATUS_UPDATE_CONTEXT, 4);

// Power framework: what is not known.
DRYDOCK_HOLDS(PO_FX_UNKNOWN_POWER == 0xFFFFFFFFu && PO_FX_UNKNOWN_TIME == 0xFFFFFFFFFFFFFFFFull);

#undef DRYDOCK_AT
#undef DRYDOCK_SIZE
#undef DRYDOCK_HOLDS

#endif  // DRYDOCK_SDK_TESTS_DRIVER_LAYOUTS_H
