// What the probe driver and its test say to each other.
#pragma once

#define PROBE_IOCTL_STACK 0x00222000u  // METHOD_BUFFERED, FILE_ANY_ACCESS
#define PROBE_IOCTL_KEYS 0x00222004u
#define PROBE_DRIVERS 8
#define PROBE_NAME 24

typedef struct PROBE_STACK {
  unsigned Count;
  WCHAR Name[PROBE_DRIVERS][PROBE_NAME];
} PROBE_STACK;

typedef struct PROBE_KEYS {
  unsigned Hardware, Software, Service;
  WCHAR Description[64], FriendlyName[64], ClassName[64], Manufacturer[64], DriverKey[64];
} PROBE_KEYS;
