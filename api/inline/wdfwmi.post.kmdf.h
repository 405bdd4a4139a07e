WDF_INLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(
    PWDF_WMI_INSTANCE_CONFIG Config, WDFWMIPROVIDER Provider)
{
    RtlZeroMemory(Config, sizeof(*Config));
    Config->Size = sizeof(*Config);
    Config->Provider = Provider;
}

WDF_INLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(
    PWDF_WMI_INSTANCE_CONFIG Config, PWDF_WMI_PROVIDER_CONFIG ProviderConfig)
{
    RtlZeroMemory(Config, sizeof(*Config));
    Config->Size = sizeof(*Config);
    Config->ProviderConfig = ProviderConfig;
}

/* A WMI string is its length in bytes, 16 bits wide, and then its characters. RequiredSize gets the room it needs. */
WDF_INLINE NTSTATUS WDF_WMI_BUFFER_APPEND_STRING(
    PVOID Buffer, ULONG BufferLength, PCUNICODE_STRING String, PULONG RequiredSize)
{
    *RequiredSize = (ULONG)sizeof(USHORT) + String->Length;
    if (BufferLength < *RequiredSize) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    *(USHORT *)Buffer = String->Length;
    RtlCopyMemory((PUCHAR)Buffer + sizeof(USHORT), String->Buffer, String->Length);
    return STATUS_SUCCESS;
}
