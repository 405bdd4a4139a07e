#pragma once
#include <ntddk.h>
#include <wdf.h>
#include <ntstrsafe.h>
#include <initguid.h>
#include <ntintsafe.h>
#include <windef.h>
#include <usb.h>
#include <usbioctl.h>
#include <usbbusif.h>
#include "Util.hpp"
#include "PadsShared.h"

namespace Pads::Core
{
    typedef struct _PDO_IDENTIFICATION_DESCRIPTION
    {
        WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header; // should contain this header
        ULONG SerialNo;
        DWORD SessionId;
        PADS_TARGET_TYPE TargetType;
        class PadPdo* Target;
    } PDO_IDENTIFICATION_DESCRIPTION, *PPDO_IDENTIFICATION_DESCRIPTION;

    class PadPdo
    {
    public:
        PadPdo(ULONG serial, LONG sessionId, USHORT vid, USHORT pid)
            : _SerialNo(serial), _SessionId(sessionId), _VendorId(vid), _ProductId(pid) {}
        virtual ~PadPdo() = default;

        static BOOLEAN EvtChildListIdentificationDescriptionCompare(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER a, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER b);
        static NTSTATUS EvtChildListIdentificationDescriptionDuplicate(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER s, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER d);
        static VOID EvtChildListIdentificationDescriptionCleanup(WDFCHILDLIST, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER d);

        NTSTATUS PdoCreateDevice(_In_ WDFDEVICE ParentDevice, _In_ PWDFDEVICE_INIT DeviceInit);
        virtual NTSTATUS PdoPrepareDevice(PWDFDEVICE_INIT DeviceInit, PUNICODE_STRING DeviceId, PUNICODE_STRING DeviceDescription) = 0;
        virtual NTSTATUS PdoInitContext() = 0;
        virtual VOID GetConfigurationDescriptorType(PUCHAR Buffer, ULONG Length) = 0;
        NTSTATUS SubmitReport(const PAD_REPORT& r);
        NTSTATUS EnqueueNotification(WDFREQUEST Request);
        NTSTATUS EnqueueRead(WDFREQUEST Request);
        bool operator==(const PadPdo& o) const { return o._SerialNo == _SerialNo; }
        ULONG GetSerial() const { return _SerialNo; }
    protected:
        static const int MAX_INSTANCE_ID_LEN = 80;
        static PCWSTR _deviceLocation;
        ULONG _SerialNo{};
        LONG _SessionId{};
        USHORT _VendorId{}, _ProductId{};
        WDFDEVICE _PdoDevice{};
        WDFQUEUE _PendingUsbInRequests{}, _PendingNotificationRequests{};
        PAD_REPORT _Report{};
    private:
        static EVT_WDF_DEVICE_CONTEXT_CLEANUP EvtDeviceContextCleanup;
        static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtDevicePrepareHardware;
        static EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL EvtIoInternalDeviceControl;
    };
    typedef struct _PDO_DEVICE_DATA { PadPdo* Target; } PDO_DEVICE_DATA, *PPDO_DEVICE_DATA;
    WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PDO_DEVICE_DATA, PdoGetData)

    class FirstPdo final : public PadPdo
    {
    public:
        FirstPdo(ULONG serial, LONG session, USHORT vid = 0x1209, USHORT pid = 0x0001) : PadPdo(serial, session, vid, pid) {}
        NTSTATUS PdoPrepareDevice(PWDFDEVICE_INIT, PUNICODE_STRING, PUNICODE_STRING) override;
        NTSTATUS PdoInitContext() override { return STATUS_SUCCESS; }
        VOID GetConfigurationDescriptorType(PUCHAR Buffer, ULONG Length) override { RtlFillMemory(Buffer, Length, 0x58); }
    };
    class SecondPdo final : public PadPdo
    {
    public:
        SecondPdo(ULONG serial, LONG session) : PadPdo(serial, session, 0x1209, 0x0002) {}
        NTSTATUS PdoPrepareDevice(PWDFDEVICE_INIT, PUNICODE_STRING, PUNICODE_STRING) override;
        NTSTATUS PdoInitContext() override;
        VOID GetConfigurationDescriptorType(PUCHAR Buffer, ULONG Length) override { RtlFillMemory(Buffer, Length, 0x44); }
    private:
        UCHAR _Mac[6]{};
        WDFTIMER _Timer{};
        LONG _Ticks{};
        static EVT_WDF_TIMER PendingUsbRequestsTimerFunc;
    };
}
