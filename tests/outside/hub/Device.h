#pragma once
#include "Hal.h"

class CSensorDevice;

typedef struct _DEVICE_CONTEXT
{
    CSensorDevice* pDevice;
} DEVICE_CONTEXT, *PDEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, DeviceGetContext)

class CSensorDevice : public CUnknown<ISampleSink>
{
public:
    static NTSTATUS OnDeviceAdd(_Inout_ PWDFDEVICE_INIT DeviceInit);
    STDMETHODIMP OnSample(ULONG Channel, LONG Value) override;

private:
    explicit CSensorDevice(WDFDEVICE Device) : m_Device(Device) {}

    HRESULT ReadSettings();
    NTSTATUS Initialize();
    void Drain();
    void WriteLog(PCWSTR pszText);

    static EVT_WDF_DEVICE_D0_ENTRY OnD0Entry;
    static EVT_WDF_DEVICE_D0_EXIT OnD0Exit;
    static EVT_WDF_DEVICE_PREPARE_HARDWARE OnPrepareHardware;
    static EVT_WDF_DEVICE_RELEASE_HARDWARE OnReleaseHardware;
    static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL OnIoDeviceControl;
    static EVT_WDF_TIMER OnWatchdog;
    static EVT_WDF_OBJECT_CONTEXT_CLEANUP OnCleanup;

    static CSensorDevice* From(WDFDEVICE Device) { return DeviceGetContext(Device)->pDevice; }

    struct Sample { ULONG Channel; LONG Value; ULONGLONG Time; };

    WDFDEVICE m_Device;
    WDFQUEUE m_Manual = nullptr;
    WDFTIMER m_Watchdog = nullptr;
    std::recursive_mutex m_lock;
    std::deque<Sample> m_samples;
    std::map<std::wstring, std::wstring> m_settings;
    std::unordered_map<ULONG, ULONG> m_perChannel;
    std::vector<CComPtr_<ISampleSource>> m_sources;
    DWORD m_dwPeriod = 100;
    DWORD m_cWatchdog = 0;
    HANDLE m_hStop = nullptr;
    std::wstring m_logPath;
};
