#pragma once
//
// What both flavours share: a serial port over WDF, whose other end is another port.
//
#include "RingBuffer.h"

class PortBase;
struct PORT_CONTEXT { PortBase* Port; };
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PORT_CONTEXT, GetPortContext)

struct READ_CONTEXT { ULONG Got; BOOLEAN IntervalArmed; };
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(READ_CONTEXT, GetReadContext)

class SpinGuard
{
public:
    explicit SpinGuard(WDFSPINLOCK Lock) : m_Lock(Lock), m_Held(true) { WdfSpinLockAcquire(m_Lock); }
    ~SpinGuard() { if (m_Held) WdfSpinLockRelease(m_Lock); }
    void Unlock() { m_Held = false; WdfSpinLockRelease(m_Lock); }
    SpinGuard(const SpinGuard&) = delete;
    SpinGuard& operator=(const SpinGuard&) = delete;
private:
    WDFSPINLOCK m_Lock;
    bool m_Held;
};

class IByteSink
{
public:
    virtual ULONG Receive(const UCHAR* Data, ULONG Length) = 0;
    virtual void ModemChanged(bool Dtr, bool Rts) = 0;
    virtual void BreakChanged(bool On) = 0;
protected:
    ~IByteSink() = default;
};

class PortBase : public IByteSink
{
public:
    static NTSTATUS CreateQueues(PortBase* Port);
    explicit PortBase(WDFDEVICE Device);
    virtual ~PortBase();
    PortBase(const PortBase&) = delete;
    void* operator new(size_t, void* where) noexcept { return where; }
    void operator delete(void*, void*) noexcept {}
    void operator delete(void*) noexcept {}

    NTSTATUS Initialize();
    void Connect(PortBase* Peer) { m_Peer = Peer; }
    void Disconnect();

    // IByteSink
    ULONG Receive(const UCHAR* Data, ULONG Length) override;
    void ModemChanged(bool Dtr, bool Rts) override;
    void BreakChanged(bool On) override;

    void OnOpen();
    void OnClose();

protected:
    virtual PUCHAR AllocateRing(ULONG Size) = 0;
    virtual void FreeRing(PUCHAR Ring) = 0;
    virtual void Trace(PCSTR Text, ULONG Value) = 0;

    WDFDEVICE m_Device;

private:
    static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
    static EVT_WDF_IO_QUEUE_IO_WRITE EvtWrite;
    static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtDeviceControl;
    static EVT_WDF_TIMER EvtTotalTimeout;
    static EVT_WDF_TIMER EvtIntervalTimeout;
    static EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE EvtWaitCanceled;
    static EVT_WDF_REQUEST_CANCEL EvtReadCanceled;
    static PortBase* From(WDFQUEUE Queue) { return GetPortContext(WdfIoQueueGetDevice(Queue))->Port; }
    static PortBase* FromTimer(WDFTIMER Timer) { return GetPortContext((WDFDEVICE)WdfTimerGetParentObject(Timer))->Port; }

    template <typename T> static NTSTATUS In(WDFREQUEST Request, T** Value)
    {
        return WdfRequestRetrieveInputBuffer(Request, sizeof(T), reinterpret_cast<PVOID*>(Value), nullptr);
    }
    template <typename T> static NTSTATUS Out(WDFREQUEST Request, T** Value)
    {
        NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, sizeof(T), reinterpret_cast<PVOID*>(Value), nullptr);
        if (NT_SUCCESS(status)) memset(*Value, 0, sizeof(T));
        return status;
    }
    template <typename T> NTSTATUS Give(WDFREQUEST Request, const T& Value, ULONG_PTR* Information)
    {
        T* out;
        NTSTATUS status = Out(Request, &out);
        if (NT_SUCCESS(status)) { *out = Value; *Information = sizeof(T); }
        return status;
    }

    NTSTATUS Control(WDFREQUEST Request, ULONG Code, ULONG_PTR* Information, bool* Pended);
    void StartRead(WDFREQUEST Request, size_t Length);
    void PumpRead();
    bool ReadIsDone(ULONG Got, ULONG Length) const;
    void FinishRead(NTSTATUS Status);
    void NextRead();
    void SignalEvents(ULONG Events);

    PortBase* m_Peer = nullptr;
    WDFSPINLOCK m_Lock = nullptr;
    WDFQUEUE m_Default = nullptr, m_Reads = nullptr, m_Waits = nullptr;
    WDFREQUEST m_Read = nullptr;
    WDFTIMER m_Total = nullptr, m_Interval = nullptr;
    RingBuffer<ULONG> m_Ring;

    SERIAL_BAUD_RATE m_Baud = { 9600 };
    SERIAL_LINE_CONTROL m_Line = {};
    SERIAL_TIMEOUTS m_Timeouts = {};
    SERIAL_HANDFLOW m_Flow = {};
    SERIAL_CHARS m_Chars = {};
    SERIALPERF_STATS m_Stats = {};
    ULONG m_WaitMask = 0, m_Pending = 0;
    ULONG m_ModemStatus = 0;
    bool m_Dtr = false, m_Rts = false;
    LONG m_Opens = 0;
};
