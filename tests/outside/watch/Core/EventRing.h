#pragma once
//
// Fixed size ring of variable-size records, no dependency on the kernel, so that it is unit tested in user mode.
//
#ifdef _KERNEL_MODE
#include <ntddk.h>
#else
#include <windows.h>
#endif

#ifdef __cplusplus
namespace core {

template<typename T, ULONG Capacity>
class RingIndex
{
    static_assert((Capacity & (Capacity - 1)) == 0, "Capacity must be a power of two");
public:
    constexpr ULONG Mask(ULONG i) const { return i & (Capacity - 1); }
    constexpr bool Empty() const { return m_head == m_tail; }
    constexpr bool Full() const { return m_tail - m_head == Capacity; }
    constexpr ULONG Count() const { return m_tail - m_head; }
    ULONG Push() { return Mask(m_tail++); }
    ULONG Pop() { return Mask(m_head++); }
private:
    ULONG m_head{}, m_tail{};
};

}
extern "C" {
#endif

BOOLEAN CoreMatchPattern(_In_reads_(cchText) PCWCH Text, _In_ SIZE_T cchText, _In_ PCWSTR Pattern);
ULONG   CoreHashName(_In_reads_(cch) PCWCH Text, _In_ SIZE_T cch);
SIZE_T  CoreCopyTruncate(_Out_writes_z_(cchDest) PWSTR Dest, _In_ SIZE_T cchDest, _In_reads_(cchSrc) PCWCH Src, _In_ SIZE_T cchSrc);

#ifdef __cplusplus
}
#endif
