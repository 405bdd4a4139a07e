#include "pch.h"
#include "EventRing.h"

ULONG CoreHashName(PCWCH Text, SIZE_T cch)
{
    ULONG h = 2166136261UL;
    SIZE_T i;
    for (i = 0; i < cch; ++i) {
        h ^= (ULONG)Text[i];
        h *= 16777619UL;
    }
    return h;
}

SIZE_T CoreCopyTruncate(PWSTR Dest, SIZE_T cchDest, PCWCH Src, SIZE_T cchSrc)
{
    SIZE_T n = min(cchDest - 1, cchSrc);
    if (!cchDest) return 0;
    RtlCopyMemory(Dest, Src, n * sizeof(WCHAR));
    Dest[n] = L'\0';
    return n;
}
