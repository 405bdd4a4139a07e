#include "PadPdo.hpp"
#include <wdmguid.h>
#include "trace.h"
#include "PadPdo.tmh"

using namespace Pads::Core;
PCWSTR PadPdo::_deviceLocation = L"Virtual Pad Bus";

BOOLEAN PadPdo::EvtChildListIdentificationDescriptionCompare(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER a, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER b)
{
    auto lhs = CONTAINING_RECORD(a, PDO_IDENTIFICATION_DESCRIPTION, Header);
    auto rhs = CONTAINING_RECORD(b, PDO_IDENTIFICATION_DESCRIPTION, Header);
    return lhs->SerialNo == rhs->SerialNo ? TRUE : FALSE;
}
NTSTATUS PadPdo::EvtChildListIdentificationDescriptionDuplicate(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER s, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER d)
{
    const auto src = CONTAINING_RECORD(s, PDO_IDENTIFICATION_DESCRIPTION, Header);
    const auto dst = CONTAINING_RECORD(d, PDO_IDENTIFICATION_DESCRIPTION, Header);
    dst->SerialNo = src->SerialNo; dst->SessionId = src->SessionId;
    dst->TargetType = src->TargetType; dst->Target = src->Target;
    return STATUS_SUCCESS;
}
VOID PadPdo::EvtChildListIdentificationDescriptionCleanup(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER d)
{
    UNREFERENCED_PARAMETER(d);
}

NTSTATUS PadPdo::PdoCreateDevice(WDFDEVICE ParentDevice, PWDFDEVICE_INIT DeviceInit)
{
    NTSTATUS status;
    WDF_DEVICE_PNP_CAPABILITIES pnpCaps;
    WDF_DEVICE_POWER_CAPABILITIES powerCaps;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_IO_QUEUE_CONFIG qc;
    WDFQUEUE dq;
    DECLARE_UNICODE_STRING_SIZE(deviceId, MAX_INSTANCE_ID_LEN);
    DECLARE_UNICODE_STRING_SIZE(deviceDescription, MAX_INSTANCE_ID_LEN);
    DECLARE_CONST_UNICODE_STRING(location, L"Virtual Pad Bus");
    util::wbuf<MAX_INSTANCE_ID_LEN> instance;

    PAGED_CODE();
    FuncEntry(TRACE_BUSPDO);

    WdfDeviceInitSetDeviceType(DeviceInit, FILE_DEVICE_BUS_EXTENDER);
    WdfDeviceInitSetExclusive(DeviceInit, FALSE);

    if (!NT_SUCCESS(status = this->PdoPrepareDevice(DeviceInit, &deviceId, &deviceDescription)))
        goto endCreatePdo;
    if (!NT_SUCCESS(status = WdfPdoInitAssignDeviceID(DeviceInit, &deviceId)))
        goto endCreatePdo;
    if (!NT_SUCCESS(status = instance.format(L"%02d", _SerialNo)))
        goto endCreatePdo;
    if (!NT_SUCCESS(status = WdfPdoInitAssignInstanceID(DeviceInit, instance.get())))
        goto endCreatePdo;
    if (!NT_SUCCESS(status = WdfPdoInitAddDeviceText(DeviceInit, &deviceDescription, &location, 0x409)))
        goto endCreatePdo;
    WdfPdoInitSetDefaultLocale(DeviceInit, 0x409);

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = EvtDevicePrepareHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PDO_DEVICE_DATA);
    attributes.EvtCleanupCallback = EvtDeviceContextCleanup;
    status = WdfDeviceCreate(&DeviceInit, &attributes, &_PdoDevice);
    if (!NT_SUCCESS(status)) {
        TraceEvents(TRACE_LEVEL_ERROR, TRACE_BUSPDO, "WdfDeviceCreate failed with status %!STATUS!", status);
        goto endCreatePdo;
    }
    PdoGetData(_PdoDevice)->Target = this;
    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_BUSPDO, "Created PDO 0x%p for %wZ", _PdoDevice, &deviceId);

    if (!NT_SUCCESS(status = this->PdoInitContext()))
        goto endCreatePdo;

    {
        // expose USB-like interface
        INTERFACE dummy;
        WDF_QUERY_INTERFACE_CONFIG ifaceCfg;
        RtlZeroMemory(&dummy, sizeof(dummy));
        dummy.Size = sizeof(INTERFACE);
        dummy.Version = 1;
        dummy.Context = static_cast<PVOID>(_PdoDevice);
        dummy.InterfaceReference = WdfDeviceInterfaceReferenceNoOp;
        dummy.InterfaceDereference = WdfDeviceInterfaceDereferenceNoOp;
        WDF_QUERY_INTERFACE_CONFIG_INIT(&ifaceCfg, &dummy, &GUID_PADS_INTERFACE_STANDARD, NULL);
        if (!NT_SUCCESS(status = WdfDeviceAddQueryInterface(_PdoDevice, &ifaceCfg)))
            goto endCreatePdo;

        USB_BUS_INTERFACE_USBDI_V1 usbdi;
        RtlZeroMemory(&usbdi, sizeof(usbdi));
        usbdi.Size = sizeof(USB_BUS_INTERFACE_USBDI_V1);
        usbdi.Version = USB_BUSIF_USBDI_VERSION_1;
        usbdi.BusContext = static_cast<PVOID>(_PdoDevice);
        usbdi.InterfaceReference = WdfDeviceInterfaceReferenceNoOp;
        usbdi.InterfaceDereference = WdfDeviceInterfaceDereferenceNoOp;
        usbdi.IsDeviceHighSpeed = [](PVOID) -> BOOLEAN { return TRUE; };
        usbdi.QueryBusInformation = [](PVOID, ULONG, PVOID, PULONG, PULONG) -> NTSTATUS { return STATUS_UNSUCCESSFUL; };
        WDF_QUERY_INTERFACE_CONFIG_INIT(&ifaceCfg, reinterpret_cast<PINTERFACE>(&usbdi), &USB_BUS_INTERFACE_USBDI_GUID, nullptr);
        if (!NT_SUCCESS(status = WdfDeviceAddQueryInterface(_PdoDevice, &ifaceCfg)))
            goto endCreatePdo;
    }

    WDF_IO_QUEUE_CONFIG_INIT(&qc, WdfIoQueueDispatchManual);
    if (!NT_SUCCESS(status = WdfIoQueueCreate(_PdoDevice, &qc, WDF_NO_OBJECT_ATTRIBUTES, &_PendingUsbInRequests)))
        goto endCreatePdo;
    // notifications are requests of the parent: the queue belongs to the parent stack
    WDF_IO_QUEUE_CONFIG_INIT(&qc, WdfIoQueueDispatchManual);
    qc.PowerManaged = WdfFalse;
    if (!NT_SUCCESS(status = WdfIoQueueCreate(ParentDevice, &qc, WDF_NO_OBJECT_ATTRIBUTES, &_PendingNotificationRequests)))
        goto endCreatePdo;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&qc, WdfIoQueueDispatchParallel);
    qc.EvtIoInternalDeviceControl = EvtIoInternalDeviceControl;
    if (!NT_SUCCESS(status = WdfIoQueueCreate(_PdoDevice, &qc, WDF_NO_OBJECT_ATTRIBUTES, &dq)))
        goto endCreatePdo;

    WDF_DEVICE_PNP_CAPABILITIES_INIT(&pnpCaps);
    pnpCaps.Removable = WdfTrue;
    pnpCaps.EjectSupported = WdfTrue;
    pnpCaps.SurpriseRemovalOK = WdfTrue;
    pnpCaps.Address = pnpCaps.UINumber = _SerialNo;
    WdfDeviceSetPnpCapabilities(_PdoDevice, &pnpCaps);

    WDF_DEVICE_POWER_CAPABILITIES_INIT(&powerCaps);
    powerCaps.DeviceD1 = WdfTrue;
    powerCaps.WakeFromD1 = WdfTrue;
    powerCaps.DeviceWake = PowerDeviceD1;
    powerCaps.DeviceState[PowerSystemWorking] = PowerDeviceD0;
    powerCaps.DeviceState[PowerSystemSleeping1] = PowerDeviceD1;
    powerCaps.DeviceState[PowerSystemSleeping2] = PowerDeviceD3;
    powerCaps.DeviceState[PowerSystemSleeping3] = PowerDeviceD3;
    powerCaps.DeviceState[PowerSystemHibernate] = PowerDeviceD3;
    powerCaps.DeviceState[PowerSystemShutdown] = PowerDeviceD3;
    WdfDeviceSetPowerCapabilities(_PdoDevice, &powerCaps);

endCreatePdo:
    FuncExit(TRACE_BUSPDO, "status=%!STATUS!", status);
    return status;
}

NTSTATUS PadPdo::EvtDevicePrepareHardware(WDFDEVICE Device, WDFCMRESLIST, WDFCMRESLIST)
{
    FuncEntry(TRACE_BUSPDO);
    UNREFERENCED_PARAMETER(Device);
    return STATUS_SUCCESS;
}

VOID PadPdo::EvtDeviceContextCleanup(WDFOBJECT Device)
{
    auto ctx = PdoGetData(Device);
    if (ctx->Target == nullptr) return;
    WdfIoQueuePurge(ctx->Target->_PendingNotificationRequests, nullptr, nullptr);
    delete ctx->Target;
    ctx->Target = nullptr;
}

VOID PadPdo::EvtIoInternalDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t, size_t, ULONG IoControlCode)
{
    auto self = PdoGetData(WdfIoQueueGetDevice(Queue))->Target;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    PIRP irp = WdfRequestWdmGetIrp(Request);
    PIO_STACK_LOCATION irpStack = IoGetCurrentIrpStackLocation(irp);
    if (IoControlCode == IOCTL_INTERNAL_USB_SUBMIT_URB) {
        PURB urb = (PURB)URB_FROM_IRP(irp);
        switch (urb->UrbHeader.Function) {
        case URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER:
            status = self->EnqueueRead(Request);
            if (status == STATUS_PENDING) return;
            break;
        case URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE:
            self->GetConfigurationDescriptorType((PUCHAR)urb->UrbControlDescriptorRequest.TransferBuffer, urb->UrbControlDescriptorRequest.TransferBufferLength);
            status = STATUS_SUCCESS;
            break;
        default:
            TraceEvents(TRACE_LEVEL_WARNING, TRACE_BUSPDO, ">> >> Unknown function: 0x%X", urb->UrbHeader.Function);
            break;
        }
    }
    UNREFERENCED_PARAMETER(irpStack);
    WdfRequestComplete(Request, status);
}

NTSTATUS PadPdo::EnqueueRead(WDFREQUEST Request)
{
    auto st = WdfRequestForwardToIoQueue(Request, _PendingUsbInRequests);
    return NT_SUCCESS(st) ? STATUS_PENDING : st;
}
NTSTATUS PadPdo::EnqueueNotification(WDFREQUEST Request)
{
    const auto st = WdfRequestForwardToIoQueue(Request, _PendingNotificationRequests);
    return NT_SUCCESS(st) ? STATUS_PENDING : st;
}
NTSTATUS PadPdo::SubmitReport(const PAD_REPORT& r)
{
    WDFREQUEST usb, note;
    bool changed = RtlCompareMemory(&_Report, &r, sizeof(r)) != sizeof(r);
    if (!changed) return STATUS_SUCCESS;
    _Report = r;
    if (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(_PendingUsbInRequests, &usb))) {
        PURB urb = (PURB)URB_FROM_IRP(WdfRequestWdmGetIrp(usb));
        urb->UrbBulkOrInterruptTransfer.TransferBufferLength = sizeof(r);
        RtlCopyBytes(urb->UrbBulkOrInterruptTransfer.TransferBuffer, &r, sizeof(r));
        WdfRequestComplete(usb, STATUS_SUCCESS);
    }
    if (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(_PendingNotificationRequests, &note))) {
        PPADS_NOTIFY n; size_t len;
        auto st = WdfRequestRetrieveOutputBuffer(note, sizeof(PADS_NOTIFY), reinterpret_cast<PVOID*>(&n), &len);
        if (NT_SUCCESS(st)) {
            n->Size = sizeof(PADS_NOTIFY); n->SerialNo = _SerialNo;
            n->LargeMotor = r.bLeftTrigger; n->SmallMotor = r.bRightTrigger; n->LedNumber = static_cast<UCHAR>(_SerialNo - 1);
            WdfRequestCompleteWithInformation(note, st, n->Size);
        } else WdfRequestComplete(note, st);
    }
    return STATUS_SUCCESS;
}
NTSTATUS FirstPdo::PdoPrepareDevice(PWDFDEVICE_INIT DeviceInit, PUNICODE_STRING DeviceId, PUNICODE_STRING Desc)
{
    NTSTATUS status;
    RtlUnicodeStringCopyString(Desc, L"Pad of the first kind");
    UNICODE_STRING compat[] = { RTL_CONSTANT_STRING(L"USB\\MS_COMP_PADS"), RTL_CONSTANT_STRING(L"USB\\Class_FF&SubClass_5D&Prot_01") };
    status = RtlUnicodeStringPrintf(DeviceId, L"USB\\VID_%04X&PID_%04X", _VendorId, _ProductId);
    if (!NT_SUCCESS(status)) return status;
    status = WdfPdoInitAddHardwareID(DeviceInit, DeviceId);
    for (auto& c : compat) if (NT_SUCCESS(status)) status = WdfPdoInitAddCompatibleID(DeviceInit, &c);
    return status;
}
NTSTATUS SecondPdo::PdoPrepareDevice(PWDFDEVICE_INIT DeviceInit, PUNICODE_STRING DeviceId, PUNICODE_STRING Desc)
{
    RtlUnicodeStringCopyString(Desc, L"Pad of the second kind");
    RtlUnicodeStringPrintf(DeviceId, L"USB\\VID_%04hX&PID_%04hX", _VendorId, _ProductId);
    return WdfPdoInitAddHardwareID(DeviceInit, DeviceId);
}
NTSTATUS SecondPdo::PdoInitContext()
{
    WDF_TIMER_CONFIG cfg; WDF_OBJECT_ATTRIBUTES attr; WDFKEY key;
    LARGE_INTEGER perf = KeQueryPerformanceCounter(nullptr);
    ULONG seed = perf.LowPart;
    for (auto& b : _Mac) b = static_cast<UCHAR>(RtlRandomEx(&seed) % 0xFF);

    NTSTATUS status = WdfDriverOpenParametersRegistryKey(WdfGetDriver(), STANDARD_RIGHTS_ALL, WDF_NO_OBJECT_ATTRIBUTES, &key);
    if (NT_SUCCESS(status)) {
        DECLARE_CONST_UNICODE_STRING(valueName, L"TargetMacAddress");
        ULONG len;
        status = WdfRegistryQueryValue(key, &valueName, sizeof(_Mac), &_Mac, &len, nullptr);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            status = WdfRegistryAssignValue(key, &valueName, REG_BINARY, sizeof(_Mac), _Mac);
        WdfRegistryClose(key);
    }
    WDF_TIMER_CONFIG_INIT_PERIODIC(&cfg, PendingUsbRequestsTimerFunc, 4);
    WDF_OBJECT_ATTRIBUTES_INIT(&attr);
    attr.ParentObject = _PdoDevice;
    status = WdfTimerCreate(&cfg, &attr, &_Timer);
    if (NT_SUCCESS(status)) WdfTimerStart(_Timer, WDF_REL_TIMEOUT_IN_MS(4));
    return status;
}
VOID SecondPdo::PendingUsbRequestsTimerFunc(WDFTIMER Timer)
{
    auto self = static_cast<SecondPdo*>(PdoGetData(WdfTimerGetParentObject(Timer))->Target);
    if (self) InterlockedIncrement(&self->_Ticks);
}
