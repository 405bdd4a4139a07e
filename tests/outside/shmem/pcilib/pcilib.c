#include "pcilib.h"

static ULONG Config(PPCILIB_DEVICE Pci, PVOID Buffer, ULONG Offset, ULONG Length)
{
    return Pci->Bus.GetBusData(Pci->Bus.Context, PCI_WHICHSPACE_CONFIG, Buffer, Offset, Length);
}

NTSTATUS PciLibAttach(PPCILIB_DEVICE Pci, WDFDEVICE Device, WDFCMRESLIST Translated)
{
    PCI_COMMON_HEADER header;
    NTSTATUS status;
    ULONG i, bar;

    RtlZeroMemory(Pci, sizeof(*Pci));
    status = WdfFdoQueryForInterface(Device, &GUID_BUS_INTERFACE_STANDARD, (PINTERFACE)&Pci->Bus, sizeof(Pci->Bus), 1, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (Config(Pci, &header, 0, sizeof(header)) != sizeof(header))
        return STATUS_DEVICE_CONFIGURATION_ERROR;

    for (i = 0; i < WdfCmResourceListGetCount(Translated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR d = WdfCmResourceListGetDescriptor(Translated, i);

        if (d->Type != CmResourceTypeMemory)
            continue;
        /* 64 bit registers take two; the resource list does not say which. */
        for (bar = 0; bar < PCILIB_BARS; bar++) {
            ULONG low = header.u.type0.BaseAddresses[bar];
            LONGLONG start = low & PCI_ADDRESS_MEMORY_ADDRESS_MASK;
            BOOLEAN wide = (low & PCI_ADDRESS_MEMORY_TYPE_MASK) == PCI_TYPE_64BIT && bar + 1 < PCILIB_BARS;

            if (wide)
                start |= (LONGLONG)header.u.type0.BaseAddresses[bar + 1] << 32;
            if (start != 0 && start == d->u.Memory.Start.QuadPart) {
                Pci->Bars[bar].Start = d->u.Memory.Start;
                Pci->Bars[bar].Length = d->u.Memory.Length;
                Pci->Bars[bar].Prefetchable = (d->Flags & CM_RESOURCE_MEMORY_PREFETCHABLE) != 0;
            }
            if (wide)
                bar++;
        }
    }
    return STATUS_SUCCESS;
}

PVOID PciLibFind(PPCILIB_DEVICE Pci, UCHAR Kind, PPCILIB_WHERE Where)
{
    PCI_COMMON_HEADER header;
    PCILIB_BAR *bar;
    UCHAR at;
    int hops;

    if (Config(Pci, &header, 0, sizeof(header)) != sizeof(header) || !(header.Status & PCI_STATUS_CAPABILITIES_LIST))
        return NULL;
    at = header.u.type0.CapabilitiesPtr;
    for (hops = 0; at != 0 && hops < 48; hops++, at = Where->Header.Next) {
        Config(Pci, Where, at, sizeof(*Where));
        if (Where->Header.CapabilityID != PCI_CAPABILITY_ID_VENDOR_SPECIFIC || Where->Kind != Kind || Where->Bar >= PCILIB_BARS)
            continue;
        bar = &Pci->Bars[Where->Bar];
        if (Where->Offset > bar->Length || Where->Bytes > bar->Length - Where->Offset)
            continue;
        if (bar->Mapped == NULL)
            bar->Mapped = MmMapIoSpaceEx(bar->Start, bar->Length, bar->Prefetchable ? PAGE_READWRITE : PAGE_READWRITE | PAGE_NOCACHE);
        return bar->Mapped ? (PUCHAR)bar->Mapped + Where->Offset : NULL;
    }
    return NULL;
}

void PciLibDetach(PPCILIB_DEVICE Pci)
{
    ULONG bar;

    for (bar = 0; bar < PCILIB_BARS; bar++) {
        if (Pci->Bars[bar].Mapped != NULL)
            MmUnmapIoSpace(Pci->Bars[bar].Mapped, Pci->Bars[bar].Length);
        Pci->Bars[bar].Mapped = NULL;
    }
    if (Pci->Bus.InterfaceDereference != NULL)
        Pci->Bus.InterfaceDereference(Pci->Bus.Context);
    Pci->Bus.InterfaceDereference = NULL;
}
