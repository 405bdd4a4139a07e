#pragma once
#include "Internal.h"

// A COM-styled interface between the driver and its backends, loaded through a factory.
MIDL_INTERFACE("2f0f6d0e-6a3b-4c53-8d39-2f6a0d8a1b01")
ISampleSink : public IUnknown
{
public:
    virtual HRESULT STDMETHODCALLTYPE OnSample(_In_ ULONG Channel, _In_ LONG Value) = 0;
};

interface __declspec(uuid("b9a0b7e4-1a0d-4a0b-b3a2-6c0f7d8a9e02")) __declspec(novtable) ISampleSource : public IUnknown
{
    STDMETHOD(Start)(_In_ ISampleSink* pSink, _In_ DWORD dwPeriod) PURE;
    STDMETHOD(Stop)() PURE;
    STDMETHOD_(ULONG, GetCount)() const PURE;
};

template <class TInterface>
class CUnknown : public TInterface
{
protected:
    CUnknown() = default;
    virtual ~CUnknown() { TraceDestroyed(); }
    virtual void TraceDestroyed() {}

public:
    IFACEMETHODIMP QueryInterface(_In_ REFIID riid, _COM_Outptr_ void** ppv) override
    {
        if (ppv == nullptr)
            return E_POINTER;
        *ppv = nullptr;
        if (IsEqualIID(riid, __uuidof(IUnknown)) || riid == __uuidof(TInterface))
        {
            *ppv = static_cast<TInterface*>(this);
            AddRef();
            return S_OK;
        }
        return E_NOINTERFACE;
    }
    IFACEMETHODIMP_(ULONG) AddRef() override { return InterlockedIncrement(&m_cRef); }
    IFACEMETHODIMP_(ULONG) Release() override
    {
        ULONG c = InterlockedDecrement(&m_cRef);
        if (c == 0)
            delete this;
        return c;
    }

private:
    LONG m_cRef{ 1 };
};

template <class T>
class CComPtr_
{
    T* p = nullptr;
public:
    CComPtr_() = default;
    CComPtr_(const CComPtr_& o) : p(o.p) { if (p) p->AddRef(); }
    ~CComPtr_() { if (p) p->Release(); }
    T** operator&() { return &p; }
    T* operator->() const { return p; }
    operator T*() const { return p; }
    void Attach(T* o) { if (p) p->Release(); p = o; }
    template <class Q> HRESULT As(Q** pp) const { return p->QueryInterface(IID_PPV_ARGS(pp)); }
};

HRESULT CreateThreadSource(_In_ REFIID riid, _Outptr_ void** ppv);
HRESULT CreateEventSource(_In_ REFIID riid, _Outptr_ void** ppv);
