// Storage devices: unique ids.
// Used by:  storage drivers and their clients. Layouts: Windows x64. Source: public documentation, public-domain headers.
#ifndef _STORDUID_H_
#define _STORDUID_H_

#include "ntddstor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _STORAGE_DEVICE_UNIQUE_IDENTIFIER {
  ULONG Version;
  ULONG Size;
  ULONG StorageDeviceIdOffset;
  ULONG StorageDeviceOffset;
  ULONG DriveLayoutSignatureOffset;
} STORAGE_DEVICE_UNIQUE_IDENTIFIER, *PSTORAGE_DEVICE_UNIQUE_IDENTIFIER;

typedef struct _STORAGE_DEVICE_LAYOUT_SIGNATURE {
  ULONG Version;
  ULONG Size;
  BOOLEAN Mbr;
  union {
    ULONG MbrSignature;
    GUID GptDiskId;
  } DeviceSpecific;
} STORAGE_DEVICE_LAYOUT_SIGNATURE, *PSTORAGE_DEVICE_LAYOUT_SIGNATURE;

#ifdef __cplusplus
}
#endif

#endif  // _STORDUID_H_
