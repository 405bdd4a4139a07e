// Names of connections: a driver's connection resource has an id, under which the resource hub opens it.
//
// Used by:  drivers of devices on simple peripheral buses and of pins. Kernel mode opens \Device\RESOURCE_HUB\<id>, user mode
//           \\.\RESOURCE_HUB\<id>; the id has 16 hexadecimal digits.
// Errors:   STATUS_BUFFER_TOO_SMALL when the string has no room.
// Source:   public documentation.
#ifndef _RESHUB_H_
#define _RESHUB_H_

#include "ntstrsafe.h"

#ifdef UMDF_DRIVER
#define RESOURCE_HUB_DEVICE_NAME L"\\\\.\\RESOURCE_HUB"
#else
#define RESOURCE_HUB_DEVICE_NAME L"\\Device\\RESOURCE_HUB"
#endif
#define RESOURCE_HUB_ID_DIGITS 16
#define RESOURCE_HUB_PATH_CHARS (sizeof(RESOURCE_HUB_DEVICE_NAME) / sizeof(WCHAR) + 1 + RESOURCE_HUB_ID_DIGITS)
#define RESOURCE_HUB_PATH_SIZE (RESOURCE_HUB_PATH_CHARS * sizeof(WCHAR))

// A serial bus connection as ACPI has it, and what the hub says of one.
#pragma pack(push, 1)
typedef struct _PNP_SERIAL_BUS_DESCRIPTOR {
  UCHAR Tag;
  USHORT Length;
  UCHAR RevisionId;
  UCHAR ResourceSourceIndex;
  UCHAR SerialBusType;
  UCHAR GeneralFlags;
  USHORT TypeSpecificFlags;
  UCHAR TypeSpecificRevisionId;
  USHORT TypeDataLength;
} PNP_SERIAL_BUS_DESCRIPTOR, *PPNP_SERIAL_BUS_DESCRIPTOR;
#pragma pack(pop)

typedef struct _RH_QUERY_CONNECTION_PROPERTIES_OUTPUT_BUFFER {
  ULONG PropertiesLength;
  UCHAR ConnectionProperties[ANYSIZE_ARRAY];
} RH_QUERY_CONNECTION_PROPERTIES_OUTPUT_BUFFER, *PRH_QUERY_CONNECTION_PROPERTIES_OUTPUT_BUFFER;

#ifdef DRYDOCK_DRIVER_BUILD
#ifdef __cplusplus
extern "C" {
#endif
DRYDOCK_STRSAFE NTSTATUS RESOURCE_HUB_CREATE_PATH_FROM_ID(PUNICODE_STRING ResourcePath, ULONG IdLowPart, ULONG IdHighPart) {
  if (ResourcePath->MaximumLength < RESOURCE_HUB_PATH_SIZE) return STATUS_BUFFER_TOO_SMALL;
  return RtlUnicodeStringPrintf(ResourcePath, L"%ws\\%08x%08x", RESOURCE_HUB_DEVICE_NAME, IdHighPart, IdLowPart);
}
#ifdef __cplusplus
}
#endif
#endif

#endif  // _RESHUB_H_
