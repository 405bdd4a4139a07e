#include "pch.h"
#include "Gauge.h"

using namespace std::chrono_literals;

WorkQueue::WorkQueue() : m_thread([this](std::stop_token stop) { Run(stop); })
{
    m_up.wait();
}

WorkQueue::~WorkQueue()
{
    m_thread.request_stop();
    m_ready.notify_all();
}

void WorkQueue::Post(std::function<void()> job)
{
    {
        std::lock_guard lock(m_mutex);
        m_jobs.push_back(std::move(job));
    }
    m_ready.notify_one();
}

void WorkQueue::Run(std::stop_token stop)
{
    SetThreadDescription(GetCurrentThread(), L"gauge worker");
    m_up.count_down();
    std::unique_lock lock(m_mutex);
    while (m_ready.wait(lock, stop, [this] { return !m_jobs.empty(); }))
    {
        auto job = std::move(m_jobs.front());
        m_jobs.pop_front();
        lock.unlock();
        try
        {
            job();
        }
        catch (const std::exception& e)
        {
            OutputDebugStringA(("gauge: job failed: " + std::string(e.what()) + "\n").c_str());
        }
        lock.lock();
    }
}

NTSTATUS GaugeDevice::Create(PWDFDEVICE_INIT init) noexcept
try
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = [](WDFDEVICE device, WDFCMRESLIST, WDFCMRESLIST) -> NTSTATUS {
        try
        {
            DeviceGetContext(device)->Device->Start();
            return STATUS_SUCCESS;
        }
        RETURN_CAUGHT()
    };
    pnp.EvtDeviceReleaseHardware = [](WDFDEVICE device, WDFCMRESLIST) -> NTSTATUS {
        DeviceGetContext(device)->Device->Stop();
        return STATUS_SUCCESS;
    };
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);

    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DeviceContext);
    attributes.EvtCleanupCallback = [](WDFOBJECT object) {
        std::destroy_at(DeviceGetContext(object));
    };

    WDFDEVICE device = nullptr;
    THROW_IF_NTSTATUS_FAILED(WdfDeviceCreate(&init, &attributes, &device));
    auto* context = std::construct_at(DeviceGetContext(device));
    context->Device = std::make_shared<GaugeDevice>(device);
    context->Device->CreateQueue();
    THROW_IF_NTSTATUS_FAILED(WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_GAUGE, nullptr));
    return STATUS_SUCCESS;
}
RETURN_CAUGHT()

GaugeDevice::GaugeDevice(WDFDEVICE device) : m_device(device)
{
    using namespace std::placeholders;
    m_handlers[IOCTL_GAUGE_SAMPLE] = [this](WDFREQUEST r, size_t, size_t) { Sample(r); };
    m_handlers[IOCTL_GAUGE_NAME] = [this](WDFREQUEST r, size_t, size_t) {
        std::shared_lock lock(m_lock);
        WdfRequestCompleteWithInformation(r, STATUS_SUCCESS, CopyText(r, m_friendly));
    };
    m_handlers[IOCTL_GAUGE_LOG] = std::bind(&GaugeDevice::AppendLog, this, _1, _2);
    m_handlers.emplace(IOCTL_GAUGE_MODULE, [this](WDFREQUEST r, size_t, size_t) {
        wchar_t path[MAX_PATH]{};
        HMODULE module = nullptr;
        THROW_LAST_ERROR_IF(!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
            reinterpret_cast<LPCWSTR>(&GaugeDevice::Create), &module));
        THROW_LAST_ERROR_IF(GetModuleFileNameW(module, path, ARRAYSIZE(path)) == 0);
        std::wstring_view name{ path };
        name.remove_prefix(name.find_last_of(L'\\') + 1);
        WdfRequestCompleteWithInformation(r, STATUS_SUCCESS, CopyText(r, name));
    });
}

GaugeDevice::~GaugeDevice() = default;

void GaugeDevice::Start()
{
    m_started = std::chrono::steady_clock::now();
    LoadChannels();
    m_friendly = ReadFriendlyName();
    m_work = std::make_unique<WorkQueue>();
}

void GaugeDevice::Stop() noexcept
{
    m_work.reset();
}

void GaugeDevice::CreateQueue()
{
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = [](WDFQUEUE queue, WDFREQUEST request, size_t out, size_t in, ULONG code) {
        auto self = DeviceGetContext(WdfIoQueueGetDevice(queue))->Device;
        try
        {
            self->OnControl(request, code, in, out);
        }
        catch (const mini::nt_exception& e)
        {
            WdfRequestComplete(request, e.status());
        }
        catch (const std::exception&)
        {
            WdfRequestComplete(request, STATUS_UNSUCCESSFUL);
        }
    };
    THROW_IF_NTSTATUS_FAILED(WdfIoQueueCreate(m_device, &config, WDF_NO_OBJECT_ATTRIBUTES, nullptr));
}

void GaugeDevice::LoadChannels()
{
    // Through the framework.
    WDFKEY key = nullptr;
    if (NT_SUCCESS(WdfDeviceOpenRegistryKey(m_device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)))
    {
        WDFCOLLECTION strings = nullptr;
        THROW_IF_NTSTATUS_FAILED(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &strings));
        DECLARE_CONST_UNICODE_STRING(name, L"Channels");
        if (NT_SUCCESS(WdfRegistryQueryMultiString(key, &name, WDF_NO_OBJECT_ATTRIBUTES, strings)))
        {
            for (ULONG i = 0; i < WdfCollectionGetCount(strings); ++i)
            {
                UNICODE_STRING text{};
                WdfStringGetUnicodeString(static_cast<WDFSTRING>(WdfCollectionGetItem(strings, i)), &text);
                std::wstring channel(text.Buffer, text.Length / sizeof(wchar_t));
                m_channels.insert_or_assign(channel, Channel{ channel, {} });
            }
        }
        WdfObjectDelete(strings);
        WdfRegistryClose(key);
    }
    if (m_channels.empty())
    {
        m_channels.try_emplace(L"default", Channel{ L"default" });
    }
}

std::wstring GaugeDevice::ReadFriendlyName() const
{
    // Through Win32.
    HKEY raw = nullptr;
    const LSTATUS opened = RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Gauges", 0, KEY_QUERY_VALUE, &raw);
    if (opened == ERROR_FILE_NOT_FOUND) return L"Gauge";
    THROW_IF_WIN32_ERROR(opened);
    mini::unique_hkey key(raw);
    DWORD bytes = 0;
    const auto status = RegGetValueW(key.get(), nullptr, L"Name", RRF_RT_REG_SZ, nullptr, nullptr, &bytes);
    if (status != ERROR_SUCCESS) return L"Gauge";
    std::wstring value(bytes / sizeof(wchar_t), L'\0');
    THROW_IF_WIN32_ERROR(RegGetValueW(key.get(), nullptr, L"Name", RRF_RT_REG_SZ, nullptr, value.data(), &bytes));
    value.resize(wcslen(value.c_str()));
    return value;
}

void GaugeDevice::OnControl(WDFREQUEST request, ULONG code, size_t in, size_t out)
{
    if (auto at = m_handlers.find(code); at != m_handlers.end())
    {
        at->second(request, in, out);
        return;
    }
    WdfRequestComplete(request, STATUS_INVALID_DEVICE_REQUEST);
}

void GaugeDevice::Sample(WDFREQUEST request)
{
    m_work->Post([self = shared_from_this(), request] {
        if (self->m_hurry.try_acquire_for(50ms)) return;
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - self->m_started);
        {
            std::unique_lock lock(self->m_lock);
            for (auto& [name, channel] : self->m_channels) channel.Samples.push_back(0.5 * ++self->m_count);
        }
        std::wostringstream text;
        text << L"n=" << self->m_count.load() << L" ch=" << self->m_channels.size();
        if (age.count() > 60000) text << L" late " << std::hex << std::setw(6) << std::setfill(L'.') << age.count();
        std::wistringstream back(L"Name=Value of it\nSecond;rest\n" + text.str().substr(2));
        std::wstring line, second;
        wchar_t raw[8];
        std::getline(back, line, L'=');
        std::getline(back, second);
        back.getline(raw, ARRAYSIZE(raw), L';').ignore(100, L'\n');
        if (line != L"Name" || second != L"Value of it" || std::wstring_view(raw) != L"Second")
        {
            WdfRequestComplete(request, STATUS_DATA_NOT_ACCEPTED);
            return;
        }
        int number = 0;
        std::wstring word;
        if (!(back >> number >> word) || number != static_cast<int>(self->m_count.load()) || word.rfind(L"ch=", 0) != 0)
        {
            WdfRequestComplete(request, STATUS_DATA_ERROR);
            return;
        }
        WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, self->CopyText(request, text.str()));
    });
}

void GaugeDevice::AppendLog(WDFREQUEST request, size_t in)
{
    void* data = nullptr;
    THROW_IF_NTSTATUS_FAILED(WdfRequestRetrieveInputBuffer(request, 1, &data, nullptr));
    mini::unique_hfile file(CreateFileW(L"C:\\ProgramData\\Gauge\\gauge.log", FILE_APPEND_DATA, FILE_SHARE_READ, nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
    THROW_LAST_ERROR_IF(!file);
    DWORD written = 0;
    THROW_LAST_ERROR_IF(!WriteFile(file.get(), data, static_cast<DWORD>(in), &written, nullptr));
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, written);
}

size_t GaugeDevice::CopyText(WDFREQUEST request, std::wstring_view text)
{
    WDFMEMORY memory = nullptr;
    THROW_IF_NTSTATUS_FAILED(WdfRequestRetrieveOutputMemory(request, &memory));
    size_t size = 0;
    WdfMemoryGetBuffer(memory, &size);
    const size_t bytes = (std::min)(size, text.size() * sizeof(wchar_t));
    THROW_IF_NTSTATUS_FAILED(WdfMemoryCopyFromBuffer(memory, 0, const_cast<wchar_t*>(text.data()), bytes));
    return bytes;
}
