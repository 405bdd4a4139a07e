// Configuration space by bus and slot: kept for old drivers (BUS_INTERFACE_STANDARD and IRP_MN_READ_CONFIG ask the device's own bus). Part of ntddk.h.
// Called by: drivers. IRQL: <= DISPATCH_LEVEL. Source: public documentation.
#ifndef DRYDOCK_WDM_BUS_DATA_H
#define DRYDOCK_WDM_BUS_DATA_H

#include "resources.h"

#ifdef __cplusplus
extern "C" {
#endif

ULONG HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length);
ULONG HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length);

// Their older forms, which begin at 0.
FORCEINLINE ULONG HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length) {
  return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}
FORCEINLINE ULONG HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length) {
  return HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_BUS_DATA_H
