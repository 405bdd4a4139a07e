#include "precomp.h"
#include "../common/PortBase.h"

class KernelPort final : public PortBase
{
public:
    using PortBase::PortBase;
    ~KernelPort() override { DbgPrint("wire: port gone\n"); }
protected:
    PUCHAR AllocateRing(ULONG Size) override { return static_cast<PUCHAR>(ExAllocatePoolZero(NonPagedPoolNx, Size, WIRE_TAG)); }
    void FreeRing(PUCHAR Ring) override { ExFreePoolWithTag(Ring, WIRE_TAG); }
    void Trace(PCSTR Text, ULONG Value) override { KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "wire: %s %lu\n", Text, Value)); }
};

extern const size_t PortSize = sizeof(KernelPort);
PortBase* MakePort(WDFDEVICE Device, void* Where) { return new (Where) KernelPort(Device); }
