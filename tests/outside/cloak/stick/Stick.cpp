// A joystick without hardware: it goes round in a circle, a step with each period that the INF names.
#include <windows.h>
#include <wdf.h>
#include <hidport.h>
#include <cmath>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace
{
    constexpr BYTE kDescriptor[] = {
        0x05, 0x01, 0x09, 0x04, 0xA1, 0x01,                                                      // joystick
        0x85, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x02, 0x81, 0x02,  // 1: x, y
        0x06, 0x00, 0xFF, 0x85, 0x02, 0x09, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x95, 0x02, 0xB1, 0x02,  // 2: what the INF said
        0xC0,
    };

    class Key
    {
    public:
        explicit Key(WDFDEVICE device) { WdfDeviceOpenRegistryKey(device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &m_key); }
        ~Key() { if (m_key) WdfRegistryClose(m_key); }
        Key(const Key&) = delete;
        ULONG Number(PCWSTR name, ULONG otherwise) const
        {
            UNICODE_STRING text;
            ULONG value;
            RtlInitUnicodeString(&text, name);
            return m_key && NT_SUCCESS(WdfRegistryQueryULong(m_key, &text, &value)) ? value : otherwise;
        }

    private:
        WDFKEY m_key = nullptr;
    };

    template <typename T>
    NTSTATUS Give(WDFREQUEST request, const T& data, size_t bytes = sizeof(T))
    {
        PVOID buffer;
        NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, bytes, &buffer, nullptr);
        if (NT_SUCCESS(status)) {
            memcpy(buffer, &data, bytes);
            WdfRequestSetInformation(request, bytes);
        }
        return status;
    }

    class Stick
    {
    public:
        explicit Stick(WDFDEVICE device) : m_device(device), m_period(Key(device).Number(L"Period", 10)) {}
        NTSTATUS Start();
        NTSTATUS Control(WDFREQUEST request, ULONG code, bool& kept);
        void Step();

    private:
        WDFDEVICE m_device;
        WDFQUEUE m_reads = nullptr;
        WORD m_period;
        unsigned m_step = 0;
    };

    struct Holder { std::unique_ptr<Stick> stick; };
    WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Holder, HolderOf)

    Stick& StickOf(WDFQUEUE queue) { return *HolderOf(WdfIoQueueGetDevice(queue))->stick; }

    NTSTATUS Stick::Start()
    {
        WDF_IO_QUEUE_CONFIG config;
        WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
        config.EvtIoDeviceControl = [](WDFQUEUE queue, WDFREQUEST request, size_t, size_t, ULONG code) {
            bool kept = false;
            const NTSTATUS status = StickOf(queue).Control(request, code, kept);
            if (!kept) WdfRequestComplete(request, status);
        };
        NTSTATUS status = WdfIoQueueCreate(m_device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
        if (!NT_SUCCESS(status)) return status;
        WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
        status = WdfIoQueueCreate(m_device, &config, WDF_NO_OBJECT_ATTRIBUTES, &m_reads);
        if (!NT_SUCCESS(status)) return status;

        WDFTIMER timer;
        WDF_TIMER_CONFIG timerConfig;
        WDF_OBJECT_ATTRIBUTES attributes;
        WDF_TIMER_CONFIG_INIT_PERIODIC(&timerConfig, [](WDFTIMER t) { StickOf((WDFQUEUE)WdfTimerGetParentObject(t)).Step(); }, m_period);
        WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
        attributes.ParentObject = m_reads;
        status = WdfTimerCreate(&timerConfig, &attributes, &timer);
        if (NT_SUCCESS(status)) WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(m_period));
        return status;
    }

    void Stick::Step()
    {
        WDFREQUEST request;
        if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(m_reads, &request))) return;
        const double angle = m_step++ * 3.14159265358979 / 4;
        const CHAR report[] = { 1, static_cast<CHAR>(std::lround(127 * std::cos(angle))), static_cast<CHAR>(std::lround(127 * std::sin(angle))) };
        WdfRequestComplete(request, Give(request, report));
    }

    NTSTATUS Stick::Control(WDFREQUEST request, ULONG code, bool& kept)
    {
        switch (code) {
        case IOCTL_HID_GET_DEVICE_DESCRIPTOR: {
            HID_DESCRIPTOR descriptor = { sizeof(descriptor), HID_HID_DESCRIPTOR_TYPE, HID_REVISION, 0, 1 };
            descriptor.DescriptorList[0] = { HID_REPORT_DESCRIPTOR_TYPE, sizeof(kDescriptor) };
            return Give(request, descriptor);
        }
        case IOCTL_HID_GET_REPORT_DESCRIPTOR:
            return Give(request, kDescriptor);
        case IOCTL_HID_GET_DEVICE_ATTRIBUTES:
            return Give(request, HID_DEVICE_ATTRIBUTES{ sizeof(HID_DEVICE_ATTRIBUTES), 0x1209, 0x5A10, 0x0102 });
        case IOCTL_HID_READ_REPORT: {
            const NTSTATUS status = WdfRequestForwardToIoQueue(request, m_reads);
            kept = NT_SUCCESS(status);
            return status;
        }
        case IOCTL_UMDF_HID_GET_FEATURE: {
            const BYTE report[] = { 2, LOBYTE(m_period), HIBYTE(m_period) };
            return Give(request, report);
        }
        case IOCTL_HID_GET_STRING:
            return Give(request, L"Stick");
        default:
            return STATUS_NOT_IMPLEMENTED;
        }
    }
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, [](WDFDRIVER, PWDFDEVICE_INIT init) -> NTSTATUS {
        WDF_OBJECT_ATTRIBUTES attributes;
        WDFDEVICE device;
        WdfFdoInitSetFilter(init);
        WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Holder);
        attributes.EvtDestroyCallback = [](WDFOBJECT object) { HolderOf(object)->~Holder(); };
        const NTSTATUS status = WdfDeviceCreate(&init, &attributes, &device);
        if (!NT_SUCCESS(status)) return status;
        auto holder = new (HolderOf(device)) Holder{ std::make_unique<Stick>(device) };
        return holder->stick->Start();
    });
    return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
