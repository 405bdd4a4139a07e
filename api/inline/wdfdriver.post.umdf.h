WDF_INLINE VOID WDF_DRIVER_CONFIG_COMPANION_INIT(
    PWDF_DRIVER_CONFIG Config, PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd)
{
    RtlZeroMemory(Config, sizeof(*Config));
    Config->Size = sizeof(*Config);
    Config->EvtDriverDeviceAdd = EvtDriverDeviceAdd;
    Config->DriverInitFlags |= WdfDriverInitCompanion;
}
