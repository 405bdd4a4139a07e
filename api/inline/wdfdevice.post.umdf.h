WDF_INLINE VOID WDF_DEVICE_INTERFACE_PROPERTY_DATA_INIT(
    PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData, const GUID *InterfaceClassGUID, const DEVPROPKEY *PropertyKey)
{
    RtlZeroMemory(PropertyData, sizeof(*PropertyData));
    PropertyData->Size = sizeof(*PropertyData);
    PropertyData->InterfaceClassGUID = InterfaceClassGUID;
    PropertyData->PropertyKey = PropertyKey;
}
