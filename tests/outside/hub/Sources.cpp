#include "Hal.h"
#include "Sources.tmh"

// One with a thread of the C++ library ...
class CThreadSource final : public CUnknown<ISampleSource>
{
public:
    STDMETHODIMP Start(_In_ ISampleSink* pSink, _In_ DWORD dwPeriod) override
    {
        if (m_thread.joinable())
            return HRESULT_FROM_WIN32(ERROR_ALREADY_INITIALIZED);
        if (!pSink)
            return E_INVALIDARG;
        pSink->AddRef();
        m_fStop = false;
        try
        {
            m_thread = std::thread([this, pSink, dwPeriod]() {
                std::unique_lock<std::mutex> lock(m_mutex);
                LONG lValue = 0;
                while (!m_cv.wait_for(lock, std::chrono::milliseconds(dwPeriod), [this] { return m_fStop; }))
                {
                    ++m_cSamples;
                    lock.unlock();
                    pSink->OnSample(0, ++lValue);
                    lock.lock();
                }
                pSink->Release();
            });
        }
        catch (const std::system_error& e)
        {
            Trace(TRACE_LEVEL_ERROR, "thread: %s", e.what());
            pSink->Release();
            return E_OUTOFMEMORY;
        }
        return S_OK;
    }
    STDMETHODIMP Stop() override
    {
        {
            std::lock_guard<std::mutex> lock(m_mutex);
            m_fStop = true;
        }
        m_cv.notify_all();
        if (m_thread.joinable())
            m_thread.join();
        return S_OK;
    }
    STDMETHODIMP_(ULONG) GetCount() const override { return m_cSamples.load(); }

private:
    ~CThreadSource() { Stop(); }
    std::thread m_thread;
    std::mutex m_mutex;
    std::condition_variable m_cv;
    bool m_fStop = false;
    std::atomic<ULONG> m_cSamples{ 0 };
};

// ... and one with a thread and events of Windows.
class CEventSource final : public CUnknown<ISampleSource>
{
public:
    STDMETHODIMP Start(_In_ ISampleSink* pSink, _In_ DWORD dwPeriod) override
    {
        m_pSink = pSink;
        m_pSink->AddRef();
        m_dwPeriod = dwPeriod;
        m_hStop.reset(CreateEventW(nullptr, TRUE, FALSE, nullptr));
        m_hThread.reset(CreateThread(nullptr, 0, &CEventSource::ThreadProc, this, 0, nullptr));
        return m_hStop && m_hThread ? S_OK : HRESULT_FROM_WIN32(GetLastError());
    }
    STDMETHODIMP Stop() override
    {
        if (m_hThread)
        {
            SetEvent(m_hStop.get());
            WaitForSingleObject(m_hThread.get(), INFINITE);
            m_hThread.reset();
            m_pSink->Release();
        }
        return S_OK;
    }
    STDMETHODIMP_(ULONG) GetCount() const override { return m_cSamples; }

private:
    ~CEventSource() { Stop(); }
    struct Closer { void operator()(HANDLE h) const { CloseHandle(h); } };
    using unique_handle = std::unique_ptr<void, Closer>;
    static DWORD WINAPI ThreadProc(_In_ LPVOID lpParameter)
    {
        auto pThis = static_cast<CEventSource*>(lpParameter);
        while (WaitForSingleObject(pThis->m_hStop.get(), pThis->m_dwPeriod) == WAIT_TIMEOUT)
        {
            auto lValue = static_cast<LONG>(::InterlockedIncrement(&pThis->m_cSamples));
            pThis->m_pSink->OnSample(1, 1000 + lValue);
        }
        return NO_ERROR;
    }
    unique_handle m_hStop, m_hThread;
    ISampleSink* m_pSink = nullptr;
    DWORD m_dwPeriod = 0;
    volatile ULONG m_cSamples = 0;
};

template <class T>
static HRESULT Create(REFIID riid, void** ppv)
{
    T* p = new (std::nothrow) T();
    if (!p)
        return E_OUTOFMEMORY;
    HRESULT hr = p->QueryInterface(riid, ppv);
    p->Release();
    return hr;
}

HRESULT CreateThreadSource(REFIID riid, void** ppv) { return Create<CThreadSource>(riid, ppv); }
HRESULT CreateEventSource(REFIID riid, void** ppv) { return Create<CEventSource>(riid, ppv); }
