#pragma once
#include <ntddk.h>
#include <wdf.h>
#include <wdmguid.h>

#define PCILIB_BARS 6

typedef struct _PCILIB_BAR {
    PHYSICAL_ADDRESS Start;
    ULONG            Length;
    PVOID            Mapped;
    BOOLEAN          Prefetchable;
} PCILIB_BAR;

typedef struct _PCILIB_DEVICE {
    BUS_INTERFACE_STANDARD Bus;
    PCILIB_BAR             Bars[PCILIB_BARS];
} PCILIB_DEVICE, *PPCILIB_DEVICE;

#include <pshpack1.h>
typedef struct _PCILIB_WHERE {
    PCI_CAPABILITIES_HEADER Header;
    UCHAR Length;
    UCHAR Kind;
    UCHAR Bar;
    UCHAR Reserved[3];
    ULONG Offset;
    ULONG Bytes;
} PCILIB_WHERE, *PPCILIB_WHERE;
#include <poppack.h>
C_ASSERT(sizeof(PCILIB_WHERE) == 16);

NTSTATUS PciLibAttach(_Out_ PPCILIB_DEVICE Pci, _In_ WDFDEVICE Device, _In_ WDFCMRESLIST Translated);
void PciLibDetach(_Inout_ PPCILIB_DEVICE Pci);
/* The place that the vendor's capability of this kind names, mapped; NULL: there is none. */
PVOID PciLibFind(_Inout_ PPCILIB_DEVICE Pci, UCHAR Kind, _Out_ PPCILIB_WHERE Where);
