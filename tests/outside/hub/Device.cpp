#include "Device.h"
#include "Device.tmh"

struct unique_hkey
{
    HKEY h = nullptr;
    ~unique_hkey() { if (h) RegCloseKey(h); }
    HKEY* put() { return &h; }
    HKEY get() const { return h; }
};

NTSTATUS CSensorDevice::OnDeviceAdd(PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = OnPrepareHardware;
    pnp.EvtDeviceReleaseHardware = OnReleaseHardware;
    pnp.EvtDeviceD0Entry = OnD0Entry;
    pnp.EvtDeviceD0Exit = OnD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);
    WdfDeviceInitSetPowerPolicyOwnership(DeviceInit, TRUE);

    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
    attributes.EvtCleanupCallback = OnCleanup;
    attributes.SynchronizationScope = WdfSynchronizationScopeNone;

    WDFDEVICE device;
    NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status))
    {
        TraceEvents(TRACE_LEVEL_ERROR, TRACE_DEVICE, "WdfDeviceCreate failed %!STATUS!", status);
        return status;
    }
    try
    {
        auto* pDevice = new CSensorDevice(device);
        DeviceGetContext(device)->pDevice = pDevice;
        return pDevice->Initialize();
    }
    catch (std::bad_alloc&)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    catch (...)
    {
        return STATUS_UNSUCCESSFUL;
    }
}

VOID CSensorDevice::OnCleanup(WDFOBJECT Object)
{
    auto context = DeviceGetContext(Object);
    if (context->pDevice)
    {
        context->pDevice->Release();
        context->pDevice = nullptr;
    }
}

NTSTATUS CSensorDevice::Initialize()
{
    HRESULT hr = ReadSettings();
    if (FAILED(hr))
    {
        TraceEvents(TRACE_LEVEL_WARNING, TRACE_DEVICE, "settings: %!HRESULT!", hr);
    }

    NTSTATUS status = WdfDeviceCreateDeviceInterface(m_Device, &GUID_DEVINTERFACE_SENSORHUB, nullptr);
    if (!NT_SUCCESS(status))
        return status;

    WDF_IO_QUEUE_CONFIG queueConfig;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchParallel);
    queueConfig.EvtIoDeviceControl = OnIoDeviceControl;
    status = WdfIoQueueCreate(m_Device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status))
        return status;

    WDF_IO_QUEUE_CONFIG_INIT(&queueConfig, WdfIoQueueDispatchManual);
    status = WdfIoQueueCreate(m_Device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, &m_Manual);
    if (!NT_SUCCESS(status))
        return status;

    WDF_TIMER_CONFIG timerConfig;
    WDF_TIMER_CONFIG_INIT_PERIODIC(&timerConfig, OnWatchdog, 1000);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = m_Device;
    timerConfig.AutomaticSerialization = FALSE;
    return WdfTimerCreate(&timerConfig, &attributes, &m_Watchdog);
}

HRESULT CSensorDevice::ReadSettings()
{
    WDFKEY hKey;
    NTSTATUS status = WdfDeviceOpenRegistryKey(m_Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &hKey);
    if (NT_SUCCESS(status))
    {
        DECLARE_CONST_UNICODE_STRING(name, L"SamplePeriod");
        ULONG value = 0;
        if (NT_SUCCESS(WdfRegistryQueryULong(hKey, &name, &value)) && value != 0)
            m_dwPeriod = value;
        DECLARE_CONST_UNICODE_STRING(logName, L"LogPath");
        WDFSTRING string;
        if (NT_SUCCESS(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)))
        {
            if (NT_SUCCESS(WdfRegistryQueryString(hKey, &logName, string)))
            {
                UNICODE_STRING us;
                WdfStringGetUnicodeString(string, &us);
                m_logPath.assign(us.Buffer, us.Length / sizeof(WCHAR));
            }
            WdfObjectDelete(string);
        }
        WdfRegistryClose(hKey);
    }
    unique_hkey key;
    LSTATUS ls = RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Contoso\\SensorHub", 0, KEY_READ, key.put());
    if (ls != ERROR_SUCCESS)
        return HRESULT_FROM_WIN32(ls);
    for (DWORD i = 0;; ++i)
    {
        WCHAR szName[64];
        BYTE data[256];
        DWORD cchName = ARRAYSIZE(szName), cbData = sizeof(data), type;
        ls = RegEnumValueW(key.get(), i, szName, &cchName, nullptr, &type, data, &cbData);
        if (ls == ERROR_NO_MORE_ITEMS)
            break;
        if (ls == ERROR_SUCCESS && (type == REG_SZ || type == REG_EXPAND_SZ))
            m_settings.emplace(szName, std::wstring(reinterpret_cast<PCWSTR>(data), cbData / sizeof(WCHAR) - 1));
    }
    return S_OK;
}

NTSTATUS CSensorDevice::OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST, WDFCMRESLIST)
{
    auto pThis = From(Device);
    CComPtr_<ISampleSource> thread, pool;
    HRESULT hr = CreateThreadSource(IID_PPV_ARGS(&thread));
    if (SUCCEEDED(hr))
        hr = CreateEventSource(__uuidof(ISampleSource), reinterpret_cast<void**>(&pool));
    if (FAILED(hr))
        return STATUS_INSUFFICIENT_RESOURCES;
    pThis->m_sources.push_back(thread);
    pThis->m_sources.emplace_back(pool);
    pThis->m_hStop = CreateEvent(nullptr, TRUE, FALSE, nullptr);
    return pThis->m_hStop ? STATUS_SUCCESS : NTSTATUS_FROM_WIN32(GetLastError());
}

NTSTATUS CSensorDevice::OnReleaseHardware(WDFDEVICE Device, WDFCMRESLIST)
{
    auto pThis = From(Device);
    pThis->m_sources.clear();
    if (pThis->m_hStop)
        CloseHandle(pThis->m_hStop);
    pThis->m_hStop = nullptr;
    return STATUS_SUCCESS;
}

NTSTATUS CSensorDevice::OnD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState)
{
    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_DEVICE, "%!FUNC! from D%d", PreviousState - WdfPowerDeviceD0);
    auto pThis = From(Device);
    for (auto& source : pThis->m_sources)
        if (FAILED(source->Start(pThis, pThis->m_dwPeriod)))
            return STATUS_DEVICE_NOT_READY;
    WdfTimerStart(pThis->m_Watchdog, WDF_REL_TIMEOUT_IN_SEC(1));
    pThis->WriteLog(L"started");
    return STATUS_SUCCESS;
}

NTSTATUS CSensorDevice::OnD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE)
{
    auto pThis = From(Device);
    WdfTimerStop(pThis->m_Watchdog, TRUE);
    std::for_each(pThis->m_sources.begin(), pThis->m_sources.end(), [](auto& s) { s->Stop(); });
    pThis->WriteLog(L"stopped");
    return STATUS_SUCCESS;
}

VOID CSensorDevice::OnWatchdog(WDFTIMER Timer)
{
    auto pThis = From(static_cast<WDFDEVICE>(WdfTimerGetParentObject(Timer)));
    std::lock_guard lock(pThis->m_lock);
    ++pThis->m_cWatchdog;
    Trace(TRACE_LEVEL_VERBOSE, "watchdog %u, %Iu samples", pThis->m_cWatchdog, pThis->m_samples.size());
}

STDMETHODIMP CSensorDevice::OnSample(ULONG Channel, LONG Value)
{
    {
        std::lock_guard<std::recursive_mutex> lock(m_lock);
        if (m_samples.size() == 64)
            m_samples.pop_front();
        m_samples.push_back({ Channel, Value, GetTickCount64() });
        m_perChannel[Channel]++;
    }
    Drain();
    return S_OK;
}

void CSensorDevice::Drain()
{
    std::scoped_lock lock(m_lock);
    WDFREQUEST request;
    while (!m_samples.empty() && NT_SUCCESS(WdfIoQueueRetrieveNextRequest(m_Manual, &request)))
    {
        PVOID pv;
        NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, 2 * sizeof(ULONG), &pv, nullptr);
        if (NT_SUCCESS(status))
        {
            auto p = static_cast<PULONG>(pv);
            const auto& s = m_samples.front();
            p[0] = s.Channel;
            p[1] = s.Value;
            m_samples.pop_front();
        }
        WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? 2 * sizeof(ULONG) : 0);
    }
}

void CSensorDevice::WriteLog(PCWSTR pszText)
{
    if (m_logPath.empty())
        return;
    HANDLE h = CreateFileW(m_logPath.c_str(), FILE_APPEND_DATA, FILE_SHARE_READ, nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (h == INVALID_HANDLE_VALUE)
    {
        Trace(TRACE_LEVEL_ERROR, "log %ws: %!WINERROR!", m_logPath.c_str(), GetLastError());
        return;
    }
    char sz[128];
    DWORD written;
    if (SUCCEEDED(StringCchPrintfA(sz, ARRAYSIZE(sz), "[%u] %ls\r\n", m_dwPeriod, pszText)))
        WriteFile(h, sz, static_cast<DWORD>(strlen(sz)), &written, nullptr);
    CloseHandle(h);
}

VOID CSensorDevice::OnIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t, size_t InputBufferLength, ULONG IoControlCode)
{
    auto pThis = From(WdfIoQueueGetDevice(Queue));
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    switch (IoControlCode)
    {
    case IOCTL_SH_READ_SAMPLE:
        status = WdfRequestForwardToIoQueue(Request, pThis->m_Manual);
        if (NT_SUCCESS(status))
        {
            pThis->Drain();
            return;
        }
        break;
    case IOCTL_SH_SET_RATE:
    {
        PDWORD pdw = nullptr;
        status = WdfRequestRetrieveInputBuffer(Request, sizeof(DWORD), reinterpret_cast<PVOID*>(&pdw), nullptr);
        if (!NT_SUCCESS(status))
            break;
        if (*pdw == 0 || InputBufferLength != sizeof(DWORD)) { status = STATUS_INVALID_PARAMETER; break; }
        std::lock_guard<std::recursive_mutex> lock(pThis->m_lock);
        pThis->m_dwPeriod = *pdw;
        break;
    }
    case IOCTL_SH_DUMP:
    {
        std::ostringstream out;
        {
            std::lock_guard<std::recursive_mutex> lock(pThis->m_lock);
            std::map<ULONG, ULONG> sorted(pThis->m_perChannel.begin(), pThis->m_perChannel.end());
            for (auto& [channel, count] : sorted)
                out << channel << '=' << (count ? "some" : "none") << ';';
            for (const auto& [name, value] : pThis->m_settings)
                out << std::string(name.begin(), name.end()) << '=' << std::string(value.begin(), value.end()) << ';';
        }
        const std::string text = out.str();
        PVOID pv;
        size_t cb;
        status = WdfRequestRetrieveOutputBuffer(Request, 1, &pv, &cb);
        if (!NT_SUCCESS(status)) break;
        cb = std::min(cb, text.size());
        CopyMemory(pv, text.data(), cb);
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, cb);
        return;
    }
    }
    WdfRequestComplete(Request, status);
}
