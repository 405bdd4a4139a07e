/* The forms that C drivers use, compiled as a C driver for UMDF: declarations of callbacks, contexts in both spellings, INIT helpers. */
#include <wdf.h>

typedef struct _UMFORMS_DEVICE_CONTEXT {
    WDFQUEUE Queue;
    ULONG Count;
} UMFORMS_DEVICE_CONTEXT, *PUMFORMS_DEVICE_CONTEXT;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(UMFORMS_DEVICE_CONTEXT, UmFormsGetDeviceContext)

typedef struct _UMFORMS_REQUEST_CONTEXT {
    LONG Value;
} UMFORMS_REQUEST_CONTEXT;

WDF_DECLARE_CONTEXT_TYPE(UMFORMS_REQUEST_CONTEXT);

EVT_WDF_DRIVER_DEVICE_ADD UmFormsEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_READ UmFormsEvtIoRead;
EVT_WDF_OBJECT_CONTEXT_CLEANUP UmFormsEvtCleanup;
EVT_WDF_REQUEST_COMPLETION_ROUTINE UmFormsEvtCompletion;

/* Never run: the function table behind these calls is not there. */
PWDF_DRIVER_GLOBALS WdfDriverGlobals __attribute__((weak));
const WDFFUNC *WdfFunctions __attribute__((weak));

VOID UmFormsEvtCleanup(WDFOBJECT Object)
{
    UmFormsGetDeviceContext(Object)->Count = 0;
}

VOID UmFormsEvtCompletion(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    (VOID)Target;
    WdfObjectGet_UMFORMS_REQUEST_CONTEXT(Request)->Value = (LONG)Params->IoStatus.Status;
    WdfRequestCompleteWithInformation((WDFREQUEST)Context, Params->IoStatus.Status, Params->IoStatus.Information);
    WdfObjectDereference(Request);
}

VOID UmFormsEvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_MEMORY_DESCRIPTOR descriptor;
    ULONG_PTR bytes = 0;
    UCHAR buffer[16];

    (VOID)Length;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_MS(10));
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&descriptor, buffer, sizeof(buffer));
    WdfObjectReference(Request);
    if (!NT_SUCCESS(WdfIoTargetSendReadSynchronously(WdfDeviceGetIoTarget(WdfIoQueueGetDevice(Queue)), WDF_NO_HANDLE,
                                                     &descriptor, NULL, &options, &bytes))) {
        WdfRequestComplete(Request, STATUS_IO_DEVICE_ERROR);
        return;
    }
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, bytes);
}

NTSTATUS UmFormsEvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    NTSTATUS status;

    (VOID)Driver;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, UMFORMS_DEVICE_CONTEXT);
    attributes.EvtCleanupCallback = UmFormsEvtCleanup;
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
    config.EvtIoRead = UmFormsEvtIoRead;
    return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &UmFormsGetDeviceContext(device)->Queue);
}
