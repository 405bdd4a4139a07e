#include "precomp.h"
#include "PortBase.h"

// {86E0D1E0-8089-11D0-9CE4-08003E301F73}
DEFINE_GUID(GUID_COMPORT, 0x86e0d1e0, 0x8089, 0x11d0, 0x9c, 0xe4, 0x08, 0x00, 0x3e, 0x30, 0x1f, 0x73);

extern PortBase* MakePort(WDFDEVICE Device, void* Where);
extern const size_t PortSize;

struct DRIVER_CONTEXT { WDFWAITLOCK Lock; PortBase* Lonely; ULONG Number; };
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DRIVER_CONTEXT, GetDriverContext)

extern "C" DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;

static EVT_WDF_DEVICE_FILE_CREATE EvtFileCreate;
static EVT_WDF_FILE_CLEANUP EvtFileCleanup;
static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtDeviceCleanup;

namespace
{
    class PairLock
    {
    public:
        PairLock() : m_Context(GetDriverContext(WdfGetDriver())) { WdfWaitLockAcquire(m_Context->Lock, nullptr); }
        ~PairLock() { WdfWaitLockRelease(m_Context->Lock); }
        DRIVER_CONTEXT* operator->() const { return m_Context; }
    private:
        DRIVER_CONTEXT* m_Context;
    };
}

static VOID EvtFileCreate(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT)
{
    GetPortContext(Device)->Port->OnOpen();
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

static VOID EvtFileCleanup(WDFFILEOBJECT File)
{
    GetPortContext(WdfFileObjectGetDevice(File))->Port->OnClose();
}

static VOID EvtDeviceCleanup(WDFOBJECT Object)
{
    auto* context = GetPortContext(Object);
    if (context->Port == nullptr) return;
    PairLock lock;
    if (lock->Lonely == context->Port) lock->Lonely = nullptr;
    context->Port->Disconnect();
    context->Port->~PortBase();
    context->Port = nullptr;
}

static NTSTATUS NameIt(WDFDEVICE Device, ULONG Number)
{
    NTSTATUS status;
    WDFKEY key;
    DECLARE_UNICODE_STRING_SIZE(link, 64);
    DECLARE_UNICODE_STRING_SIZE(name, 32);
    DECLARE_CONST_UNICODE_STRING(valueName, L"PortName");

    status = WdfDeviceOpenRegistryKey(Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key);
    if (!NT_SUCCESS(status)) return status;
    status = WdfRegistryQueryUnicodeString(key, &valueName, nullptr, &name);
    WdfRegistryClose(key);
    WCHAR text[64];
    if (NT_SUCCESS(status))
    {
#ifdef _KERNEL_MODE
        status = RtlStringCbPrintfW(text, sizeof(text), L"\\DosDevices\\%wZ", &name);
#else
        if (FAILED(StringCchPrintfW(text, ARRAYSIZE(text), L"\\DosDevices\\%.*s", name.Length / sizeof(WCHAR), name.Buffer))) status = STATUS_BUFFER_OVERFLOW;
#endif
    }
    else
    {
#ifdef _KERNEL_MODE
        status = RtlStringCbPrintfW(text, sizeof(text), L"\\DosDevices\\COM%lu", Number);
#else
        status = SUCCEEDED(StringCchPrintfW(text, ARRAYSIZE(text), L"\\DosDevices\\COM%lu", Number)) ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
#endif
    }
    if (!NT_SUCCESS(status)) return status;
    RtlInitUnicodeString(&link, text);
    return WdfDeviceCreateSymbolicLink(Device, &link);
}

NTSTATUS EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_FILEOBJECT_CONFIG file;
    WDF_FILEOBJECT_CONFIG_INIT(&file, EvtFileCreate, WDF_NO_EVENT_CALLBACK, EvtFileCleanup);
    WdfDeviceInitSetFileObjectConfig(Init, &file, WDF_NO_OBJECT_ATTRIBUTES);
#ifdef _KERNEL_MODE
    WdfDeviceInitSetDeviceType(Init, FILE_DEVICE_SERIAL_PORT);
    WdfDeviceInitSetExclusive(Init, TRUE);
    WdfDeviceInitSetIoType(Init, WdfDeviceIoBuffered);
#endif

    struct Layout { PORT_CONTEXT Context; };
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PORT_CONTEXT);
    attributes.ContextSizeOverride = sizeof(PORT_CONTEXT) + 16 + PortSize;
    attributes.EvtCleanupCallback = EvtDeviceCleanup;

    WDFDEVICE device;
    NTSTATUS status = WdfDeviceCreate(&Init, &attributes, &device);
    if (!NT_SUCCESS(status)) return status;

    auto* context = GetPortContext(device);
    context->Port = MakePort(device, reinterpret_cast<PVOID>((reinterpret_cast<ULONG_PTR>(context + 1) + 15) & ~static_cast<ULONG_PTR>(15)));
    status = context->Port->Initialize();
    if (!NT_SUCCESS(status)) return status;

    ULONG number;
    {
        PairLock lock;
        number = 10 + lock->Number++;
        if (lock->Lonely)
        {
            context->Port->Connect(lock->Lonely);
            lock->Lonely->Connect(context->Port);
            lock->Lonely = nullptr;
        }
        else lock->Lonely = context->Port;
    }
    UNREFERENCED_PARAMETER(Driver);
    status = NameIt(device, number);
    if (!NT_SUCCESS(status)) return status;
    return WdfDeviceCreateDeviceInterface(device, &GUID_COMPORT, nullptr);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFDRIVER driver;
    WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DRIVER_CONTEXT);
    NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, &attributes, &config, &driver);
    if (!NT_SUCCESS(status)) return status;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = driver;
    return WdfWaitLockCreate(&attributes, &GetDriverContext(driver)->Lock);
}
