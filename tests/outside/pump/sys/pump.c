/*++

    A dosing pump behind a serial line. It is told what to do in frames of eight bytes and answers each with one of the same size.

--*/

#include <ntddk.h>
#include <wdf.h>
#include "..\Pump_Ioctl.h"

#define PUMP_POOL_TAG       'pmuP'
#define FRAME_SYNC          0xA5L
#define FRAME_DOSE          1
#define FRAME_LEVEL         2
#define LEVEL_TIMEOUT_MS    250L

#pragma pack(push, 1)
typedef struct _PUMP_FRAME {
    UCHAR           Sync;
    UCHAR           Command;
    UCHAR           Channel;
    UCHAR           Check;
    unsigned long   Value;
} PUMP_FRAME, *PPUMP_FRAME;
#pragma pack(pop)

C_ASSERT(sizeof(PUMP_FRAME) == 8);

typedef struct _PUMP_CONTEXT {
    WDFIOTARGET     Line;
    unsigned long   Doses;
    volatile LONG   SecondsUp;
} PUMP_CONTEXT, *PPUMP_CONTEXT;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PUMP_CONTEXT, PumpGetContext)

DRIVER_INITIALIZE                   DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD           PumpEvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL  PumpEvtIoDeviceControl;
EVT_WDF_TIMER                       PumpEvtSecond;

NTSTATUS
DriverEntry(
    _In_ PDRIVER_OBJECT     DriverObject,
    _In_ PUNICODE_STRING    RegistryPath
    )
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, PumpEvtDeviceAdd);
    config.DriverPoolTag = PUMP_POOL_TAG;

    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

NTSTATUS
PumpEvtDeviceAdd(
    _In_    WDFDRIVER       Driver,
    _Inout_ PWDFDEVICE_INIT DeviceInit
    )
{
    NTSTATUS                status;
    WDFDEVICE               device;
    WDF_OBJECT_ATTRIBUTES   attributes;
    WDF_IO_QUEUE_CONFIG     queueConfig;
    WDF_TIMER_CONFIG        timerConfig;
    WDFTIMER                timer;

    UNREFERENCED_PARAMETER(Driver);
    PAGED_CODE();

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PUMP_CONTEXT);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    PumpGetContext(device)->Line = WdfDeviceGetIoTarget(device);

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchSequential);
    queueConfig.EvtIoDeviceControl = PumpEvtIoDeviceControl;

    /* The answers are waited for, at passive level. */
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;

    status = WdfIoQueueCreate(device, &queueConfig, &attributes, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    WDF_TIMER_CONFIG_INIT_PERIODIC(&timerConfig, PumpEvtSecond, 1000);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfTimerCreate(&timerConfig, &attributes, &timer);
    if (NT_SUCCESS(status)) {
        WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_SEC(1));
    }
    return status;
}

VOID
PumpEvtSecond(
    _In_ WDFTIMER Timer
    )
{
    InterlockedIncrement(&PumpGetContext(WdfTimerGetParentObject(Timer))->SecondsUp);
}

static UCHAR
PumpCheck(
    _In_ const PUMP_FRAME *Frame
    )
{
    const UCHAR *bytes = (const UCHAR *)Frame;
    UCHAR        sum = 0;
    unsigned     i;

    for (i = 0; i < sizeof(*Frame); i++) {
        sum = (UCHAR)(sum + bytes[i]);
    }
    return sum;
}

/* One frame out, one frame in. */
static NTSTATUS
PumpTalk(
    _In_    PPUMP_CONTEXT               Context,
    _Inout_ PPUMP_FRAME                 Frame,
    _In_opt_ PWDF_REQUEST_SEND_OPTIONS  Options
    )
{
    WDF_MEMORY_DESCRIPTOR   memory;
    ULONG_PTR               bytes = 0;
    UCHAR                   command = Frame->Command;
    NTSTATUS                status;

    Frame->Sync = (UCHAR)FRAME_SYNC;
    Frame->Check = 0;
    Frame->Check = (UCHAR)(0 - PumpCheck(Frame));

    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&memory, Frame, sizeof(*Frame));
    status = WdfIoTargetSendWriteSynchronously(Context->Line, NULL, &memory, NULL, Options, &bytes);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = WdfIoTargetSendReadSynchronously(Context->Line, NULL, &memory, NULL, Options, &bytes);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (bytes != sizeof(*Frame) || Frame->Sync != FRAME_SYNC || Frame->Command != command || PumpCheck(Frame) != 0) {
        return STATUS_DEVICE_PROTOCOL_ERROR;
    }
    return STATUS_SUCCESS;
}

VOID
PumpEvtIoDeviceControl(
    _In_ WDFQUEUE   Queue,
    _In_ WDFREQUEST Request,
    _In_ size_t     OutputBufferLength,
    _In_ size_t     InputBufferLength,
    _In_ ULONG      IoControlCode
    )
{
    PPUMP_CONTEXT               context = PumpGetContext(WdfIoQueueGetDevice(Queue));
    PUMP_FRAME                  frame = {0};
    WDF_REQUEST_SEND_OPTIONS    options;
    PPUMP_DOSE                  dose;
    unsigned long              *level;
    NTSTATUS                    status;
    ULONG_PTR                   information = 0;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);

    switch (IoControlCode) {

    case IOCTL_PUMP_DOSE:
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(PUMP_DOSE), (PVOID *)&dose, NULL);
        if (!NT_SUCCESS(status)) {
            break;
        }
        frame.Command = FRAME_DOSE;
        frame.Channel = (UCHAR)dose->Channel;
        frame.Value = dose->Microlitres;
        status = PumpTalk(context, &frame, NULL);       /* takes as long as it takes */
        if (NT_SUCCESS(status)) {
            context->Doses++;
        }
        break;

    case IOCTL_PUMP_LEVEL:
        status = WdfRequestRetrieveOutputBuffer(Request, sizeof(unsigned long), (PVOID *)&level, NULL);
        if (!NT_SUCCESS(status)) {
            break;
        }
        WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
        WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_MS(LEVEL_TIMEOUT_MS));
        frame.Command = FRAME_LEVEL;
        status = PumpTalk(context, &frame, &options);
        if (NT_SUCCESS(status)) {
            *level = frame.Value;
            information = sizeof(*level);
        }
        break;

    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }

    WdfRequestCompleteWithInformation(Request, status, information);
}
