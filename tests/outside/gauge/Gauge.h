#pragma once

// {D2F8D4D5-35F9-4D26-8B7B-0CC7F2C0A1DB}
DEFINE_GUID(GUID_DEVINTERFACE_GAUGE, 0xd2f8d4d5, 0x35f9, 0x4d26, 0x8b, 0x7b, 0xc, 0xc7, 0xf2, 0xc0, 0xa1, 0xdb);

#define IOCTL_GAUGE_SAMPLE  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_GAUGE_NAME    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_GAUGE_LOG     CTL_CODE(FILE_DEVICE_UNKNOWN, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_GAUGE_MODULE  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x903, METHOD_BUFFERED, FILE_ANY_ACCESS)

class WorkQueue
{
public:
    WorkQueue();
    ~WorkQueue();
    void Post(std::function<void()> job);

public:
    void Run(std::stop_token stop);

    std::mutex m_mutex;
    std::condition_variable_any m_ready;
    std::deque<std::function<void()>> m_jobs;
    std::latch m_up{ 1 };
    std::jthread m_thread;
};

struct Channel
{
    std::wstring Name;
    std::vector<double> Samples;
};

class GaugeDevice : public std::enable_shared_from_this<GaugeDevice>
{
public:
    static NTSTATUS Create(PWDFDEVICE_INIT init) noexcept;
    explicit GaugeDevice(WDFDEVICE device);
    ~GaugeDevice();

    void Start();
    void Stop() noexcept;

public:
    void CreateQueue();
    void LoadChannels();
    std::wstring ReadFriendlyName() const;
    void OnControl(WDFREQUEST request, ULONG code, size_t in, size_t out);
    void Sample(WDFREQUEST request);
    void AppendLog(WDFREQUEST request, size_t in);
    size_t CopyText(WDFREQUEST request, std::wstring_view text);

    WDFDEVICE m_device;
    std::unique_ptr<WorkQueue> m_work;
    mutable std::shared_mutex m_lock;
    std::map<std::wstring, Channel, std::less<>> m_channels;
    std::unordered_map<ULONG, std::function<void(WDFREQUEST, size_t, size_t)>> m_handlers;
    std::wstring m_friendly;
    std::atomic<unsigned> m_count{ 0 };
    std::counting_semaphore<4> m_hurry{ 0 };
    std::chrono::steady_clock::time_point m_started;
};

struct DeviceContext
{
    std::shared_ptr<GaugeDevice> Device;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DeviceContext, DeviceGetContext)
