#define IdleTimeoutDefaultValue ((ULONG)IdleTimeoutDefaultConstant)

/* State numbers carry a flag for states that are not reported to be power managed. */
WDF_INLINE ULONG WdfDevStateNormalize(ULONG State)
{
    return State & ~(ULONG)WdfDevStateNP;
}

WDF_INLINE BOOLEAN WdfDevStateIsNP(ULONG State)
{
    return (State & (ULONG)WdfDevStateNP) ? TRUE : FALSE;
}
