// Device registers in memory and ports. Part of wdm.h.
// Functions: a register file of a device's model may answer at the address; anywhere else it is memory, read and written once, in order.
// IRQL: any. Source: public documentation.
#ifndef DRYDOCK_WDM_REGISTERS_H
#define DRYDOCK_WDM_REGISTERS_H

#include "wdm/interlocked.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRYDOCK_REGISTER(Name, type)                                                       \
  type READ_REGISTER_##Name(volatile type *Register);                                      \
  VOID WRITE_REGISTER_##Name(volatile type *Register, type Value);                         \
  VOID READ_REGISTER_BUFFER_##Name(volatile type *Register, type *Buffer, ULONG Count);    \
  VOID WRITE_REGISTER_BUFFER_##Name(volatile type *Register, type *Buffer, ULONG Count);
DRYDOCK_REGISTER(UCHAR, UCHAR)
DRYDOCK_REGISTER(USHORT, USHORT)
DRYDOCK_REGISTER(ULONG, ULONG)
DRYDOCK_REGISTER(ULONG64, ULONG64)
#undef DRYDOCK_REGISTER

UCHAR READ_PORT_UCHAR(PUCHAR Port);
USHORT READ_PORT_USHORT(PUSHORT Port);
ULONG READ_PORT_ULONG(PULONG Port);
VOID WRITE_PORT_UCHAR(PUCHAR Port, UCHAR Value);
VOID WRITE_PORT_USHORT(PUSHORT Port, USHORT Value);
VOID WRITE_PORT_ULONG(PULONG Port, ULONG Value);
VOID READ_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count);
VOID READ_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count);
VOID READ_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count);
VOID WRITE_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count);
VOID WRITE_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count);
VOID WRITE_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count);

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_REGISTERS_H
