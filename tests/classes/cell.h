// A battery miniclass driver for tests: what the hardware says is set by IOCTLs, what the class library asked is counted.
#pragma once

typedef struct _CELL_STATE {
  ULONG Tag;  // 0: no battery is there
  ULONG PowerState, Capacity, Rate;
  ULONG CanWatch;  // SetStatusNotify works
  ULONG Quiet;     // the change is not told to the class library
} CELL_STATE, *PCELL_STATE;

typedef struct _CELL_COUNTS {
  ULONG QueryTag, QueryInformation, QueryStatus, SetInformation, SetStatusNotify, DisableStatusNotify;
  ULONG Overlaps;  // calls that came while another one ran
  ULONG HighIrql;  // calls above PASSIVE_LEVEL
  ULONG NotifyPowerState, NotifyLow, NotifyHigh;  // what it was told last
  ULONG LastLevel, LastData;                      // SetInformation
  ULONG LastRate;                                 // QueryInformation
} CELL_COUNTS, *PCELL_COUNTS;

#define IOCTL_CELL_SET CTL_CODE(FILE_DEVICE_BATTERY, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_CELL_COUNTS CTL_CODE(FILE_DEVICE_BATTERY, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
