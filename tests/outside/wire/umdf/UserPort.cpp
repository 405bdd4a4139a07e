#include "precomp.h"
#include "../common/PortBase.h"
#include <memory>
#include <vector>

class UserPort final : public PortBase
{
public:
    using PortBase::PortBase;
protected:
    PUCHAR AllocateRing(ULONG Size) override { m_Storage = std::make_unique<UCHAR[]>(Size); return m_Storage.get(); }
    void FreeRing(PUCHAR) override { m_Storage.reset(); }
    void Trace(PCSTR Text, ULONG Value) override
    {
        char line[128];
        if (SUCCEEDED(StringCchPrintfA(line, _countof(line), "wire: %s %lu\n", Text, Value))) OutputDebugStringA(line);
    }
private:
    std::unique_ptr<UCHAR[]> m_Storage;
};

extern const size_t PortSize = sizeof(UserPort);
PortBase* MakePort(WDFDEVICE Device, void* Where) { return new (Where) UserPort(Device); }
