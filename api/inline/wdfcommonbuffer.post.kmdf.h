WDF_INLINE VOID WDF_COMMON_BUFFER_CONFIG_INIT(
    PWDF_COMMON_BUFFER_CONFIG Config, ULONG AlignmentRequirement)
{
    RtlZeroMemory(Config, sizeof(*Config));
    Config->Size = sizeof(*Config);
    Config->AlignmentRequirement = AlignmentRequirement;
}
