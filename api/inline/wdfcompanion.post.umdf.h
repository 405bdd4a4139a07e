WDF_INLINE VOID WDF_COMPANION_EVENT_CALLBACKS_INIT(PWDF_COMPANION_EVENT_CALLBACKS Callbacks)
{
    RtlZeroMemory(Callbacks, sizeof(*Callbacks));
    Callbacks->Size = sizeof(*Callbacks);
}

WDF_INLINE VOID WDF_TASK_QUEUE_CONFIG_INIT(
    PWDF_TASK_QUEUE_CONFIG Config, USHORT TaskQueueId, WDF_TASK_QUEUE_DISPATCH_TYPE DispatchType)
{
    RtlZeroMemory(Config, sizeof(*Config));
    Config->Size = sizeof(*Config);
    Config->TaskQueueId = TaskQueueId;
    Config->DispatchType = DispatchType;
}
