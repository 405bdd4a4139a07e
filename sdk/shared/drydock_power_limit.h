// Power limits: what a device that can be limited offers (poclass.h), and what policy drivers say through the power manager (wdm.h, ntpoapi.h).
// Source: public documentation. Layouts: Windows x64, sdk/tests/class_layouts.h.
#ifndef DRYDOCK_POWER_LIMIT_H
#define DRYDOCK_POWER_LIMIT_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _POWER_LIMIT_TYPES {
  PowerLimitContinuous,
  PowerLimitType1 = PowerLimitContinuous,
  PowerLimitBurst,
  PowerLimitType2 = PowerLimitBurst,
  PowerLimitRapid,
  PowerLimitType3 = PowerLimitRapid,
  PowerLimitPreemptive,
  PowerLimitType4 = PowerLimitPreemptive,
  PowerLimitPreemptiveOffset,
  PowerLimitTypeMax
} POWER_LIMIT_TYPES, *PPOWER_LIMIT_TYPES;

#define POWER_LIMIT_VALUE_NO_CONTROL ((ULONG)0xFFFFFFFF)

/* Power in milliwatts, current in milliamperes, times in microseconds. */
typedef struct _POWER_LIMIT_ATTRIBUTES {
  POWER_LIMIT_TYPES Type;
  ULONG DomainId;
  ULONG MaxValue;
  ULONG MinValue;
  ULONG MinTimeParameter;
  ULONG MaxTimeParameter;
  ULONG DefaultACValue;
  ULONG DefaultDCValue;
  union {
    struct {
      ULONG SupportTimeParameter : 1;
      ULONG Reserved : 31;
    };
    ULONG AsUlong;
  } Flags;
} POWER_LIMIT_ATTRIBUTES, *PPOWER_LIMIT_ATTRIBUTES;

typedef struct _POWER_LIMIT_VALUE {
  POWER_LIMIT_TYPES Type;
  ULONG DomainId;
  ULONG TargetValue;
  ULONG TimeParameter;
} POWER_LIMIT_VALUE, *PPOWER_LIMIT_VALUE;

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_POWER_LIMIT_H
