#include "pch.h"
#include "Gauge.h"

extern "C" DRIVER_INITIALIZE DriverEntry;

HINSTANCE g_instance = nullptr;
extern "C" IMAGE_DOS_HEADER __ImageBase;

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    UNREFERENCED_PARAMETER(reserved);
    switch (reason)
    {
    case DLL_PROCESS_ATTACH:
        g_instance = instance;
        if (reinterpret_cast<HINSTANCE>(&__ImageBase) != instance) return FALSE;
        DisableThreadLibraryCalls(instance);
        break;
    case DLL_PROCESS_DETACH:
        break;
    }
    return TRUE;
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, [](WDFDRIVER, PWDFDEVICE_INIT init) { return GaugeDevice::Create(init); });
    OutputDebugStringW(L"gauge: DriverEntry\n");
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
