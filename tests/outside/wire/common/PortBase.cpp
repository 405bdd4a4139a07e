#include "precomp.h"
#include "PortBase.h"

PortBase::PortBase(WDFDEVICE Device) : m_Device(Device)
{
    m_Line.WordLength = 8;
    m_Line.StopBits = STOP_BIT_1;
    m_Line.Parity = NO_PARITY;
    m_Chars.XonChar = 0x11;
    m_Chars.XoffChar = 0x13;
}

PortBase::~PortBase()
{
}

NTSTATUS PortBase::Initialize()
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = m_Device;
    NTSTATUS status = WdfSpinLockCreate(&attributes, &m_Lock);
    if (!NT_SUCCESS(status)) return status;

    PUCHAR ring = AllocateRing(4096);
    if (ring == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    m_Ring.Attach(ring, 4096);

    WDF_TIMER_CONFIG timer;
    WDF_TIMER_CONFIG_INIT(&timer, EvtTotalTimeout);
    timer.AutomaticSerialization = FALSE;
    status = WdfTimerCreate(&timer, &attributes, &m_Total);
    if (!NT_SUCCESS(status)) return status;
    WDF_TIMER_CONFIG_INIT(&timer, EvtIntervalTimeout);
    timer.AutomaticSerialization = FALSE;
    status = WdfTimerCreate(&timer, &attributes, &m_Interval);
    if (!NT_SUCCESS(status)) return status;
    return CreateQueues(this);
}

NTSTATUS PortBase::CreateQueues(PortBase* Port)
{
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoWrite = EvtWrite;
    config.EvtIoDeviceControl = EvtDeviceControl;
    NTSTATUS status = WdfIoQueueCreate(Port->m_Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Port->m_Default);
    if (!NT_SUCCESS(status)) return status;

    // one read at a time
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
    config.EvtIoRead = EvtRead;
    status = WdfIoQueueCreate(Port->m_Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Port->m_Reads);
    if (!NT_SUCCESS(status)) return status;
    status = WdfDeviceConfigureRequestDispatching(Port->m_Device, Port->m_Reads, WdfRequestTypeRead);
    if (!NT_SUCCESS(status)) return status;

    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    config.EvtIoCanceledOnQueue = EvtWaitCanceled;
    return WdfIoQueueCreate(Port->m_Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Port->m_Waits);
}

void PortBase::Disconnect()
{
    if (m_Peer) m_Peer->m_Peer = nullptr;
    m_Peer = nullptr;
    if (m_Ring.Capacity()) FreeRing(m_Ring.Detach());
}

void PortBase::OnOpen()
{
    SpinGuard guard(m_Lock);
    ++m_Opens;
    m_Ring.Clear();
    m_WaitMask = m_Pending = 0;
    memset(&m_Timeouts, 0, sizeof(m_Timeouts));
}

void PortBase::OnClose()
{
    {
        SpinGuard guard(m_Lock);
        --m_Opens;
        m_Dtr = m_Rts = false;
    }
    FinishRead(STATUS_CANCELLED);
    if (m_Peer) m_Peer->ModemChanged(false, false);
}

ULONG PortBase::Receive(const UCHAR* Data, ULONG Length)
{
    ULONG taken = 0, events = 0;
    {
        SpinGuard guard(m_Lock);
        if (m_Opens == 0) return Length;  // nobody listens: the bytes are lost on the wire
        taken = m_Ring.Write(Data, Length);
        m_Stats.ReceivedCount += taken;
        if (taken < Length) { m_Stats.BufferOverrunErrorCount++; events |= SERIAL_EV_ERR; }
        if (taken) events |= SERIAL_EV_RXCHAR;
        for (ULONG i = 0; i < taken; ++i)
            if (m_Chars.EventChar != 0 && Data[i] == m_Chars.EventChar) events |= SERIAL_EV_RXFLAG;
        if (m_Ring.Count() > m_Ring.Capacity() * 8 / 10) events |= SERIAL_EV_RX80FULL;
    }
    PumpRead();
    SignalEvents(events);
    return Length;
}

void PortBase::ModemChanged(bool Dtr, bool Rts)
{
    ULONG events = 0;
    {
        SpinGuard guard(m_Lock);
        const ULONG now = (Dtr ? SERIAL_DSR_STATE | SERIAL_DCD_STATE : 0) | (Rts ? SERIAL_CTS_STATE : 0);
        const ULONG changed = now ^ m_ModemStatus;
        m_ModemStatus = now;
        if (changed & SERIAL_DSR_STATE) events |= SERIAL_EV_DSR | SERIAL_EV_RLSD;
        if (changed & SERIAL_CTS_STATE) events |= SERIAL_EV_CTS;
    }
    SignalEvents(events);
}

void PortBase::BreakChanged(bool On)
{
    if (On) SignalEvents(SERIAL_EV_BREAK);
}

void PortBase::SignalEvents(ULONG Events)
{
    WDFREQUEST request = nullptr;
    ULONG value = 0;
    {
        SpinGuard guard(m_Lock);
        m_Pending |= Events & m_WaitMask;
        if (m_Pending == 0) return;
        if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(m_Waits, &request))) return;
        value = m_Pending;
        m_Pending = 0;
    }
    ULONG_PTR information = 0;
    PULONG out;
    NTSTATUS status = Out(request, &out);
    if (NT_SUCCESS(status)) { *out = value; information = sizeof(ULONG); }
    WdfRequestCompleteWithInformation(request, status, information);
}

//
// Reads
//
void PortBase::EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    From(Queue)->StartRead(Request, Length);
}

void PortBase::StartRead(WDFREQUEST Request, size_t Length)
{
    if (Length == 0) { WdfRequestComplete(Request, STATUS_SUCCESS); return; }
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, READ_CONTEXT);
    READ_CONTEXT* context;
    NTSTATUS status = WdfObjectAllocateContext(Request, &attributes, reinterpret_cast<PVOID*>(&context));
    if (!NT_SUCCESS(status)) { WdfRequestComplete(Request, status); return; }

    bool immediate;
    LONGLONG total = 0;
    {
        SpinGuard guard(m_Lock);
        status = WdfRequestMarkCancelableEx(Request, EvtReadCanceled);
        if (!NT_SUCCESS(status)) { guard.Unlock(); WdfRequestComplete(Request, status); return; }
        m_Read = Request;
        immediate = m_Timeouts.ReadIntervalTimeout == MAXULONG && m_Timeouts.ReadTotalTimeoutMultiplier == 0 && m_Timeouts.ReadTotalTimeoutConstant == 0;
        if (m_Timeouts.ReadTotalTimeoutMultiplier == MAXULONG) total = m_Timeouts.ReadTotalTimeoutConstant;
        else total = (LONGLONG)m_Timeouts.ReadTotalTimeoutMultiplier * (LONGLONG)Length + m_Timeouts.ReadTotalTimeoutConstant;
    }
    if (total != 0) WdfTimerStart(m_Total, WDF_REL_TIMEOUT_IN_MS(total));
    PumpRead();
    if (immediate) FinishRead(STATUS_SUCCESS);
}

bool PortBase::ReadIsDone(ULONG Got, ULONG Length) const
{
    if (Got == Length) return true;
    return Got != 0 && m_Timeouts.ReadIntervalTimeout == MAXULONG;
}

void PortBase::PumpRead()
{
    bool done = false, interval = false;
    ULONG milliseconds = 0;
    {
        SpinGuard guard(m_Lock);
        if (m_Read == nullptr) return;
        PUCHAR buffer;
        size_t length;
        if (!NT_SUCCESS(WdfRequestRetrieveOutputBuffer(m_Read, 1, reinterpret_cast<PVOID*>(&buffer), &length))) return;
        auto* context = GetReadContext(m_Read);
        const ULONG more = m_Ring.Read(buffer + context->Got, static_cast<ULONG>(length) - context->Got);
        context->Got += more;
        done = ReadIsDone(context->Got, static_cast<ULONG>(length));
        interval = !done && more != 0 && m_Timeouts.ReadIntervalTimeout != 0 && m_Timeouts.ReadIntervalTimeout != MAXULONG;
        milliseconds = m_Timeouts.ReadIntervalTimeout;
    }
    if (done) FinishRead(STATUS_SUCCESS);
    else if (interval) WdfTimerStart(m_Interval, WDF_REL_TIMEOUT_IN_MS(milliseconds));
}

void PortBase::FinishRead(NTSTATUS Status)
{
    WDFREQUEST request;
    ULONG got;
    {
        SpinGuard guard(m_Lock);
        request = m_Read;
        if (request == nullptr) return;
        if (WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED) return;  // EvtReadCanceled completes it
        m_Read = nullptr;
        got = GetReadContext(request)->Got;
    }
    WdfTimerStop(m_Total, FALSE);
    WdfTimerStop(m_Interval, FALSE);
    WdfRequestCompleteWithInformation(request, Status, got);
}

void PortBase::EvtReadCanceled(WDFREQUEST Request)
{
    PortBase* self = From(WdfRequestGetIoQueue(Request));
    ULONG got;
    {
        SpinGuard guard(self->m_Lock);
        self->m_Read = nullptr;
        got = GetReadContext(Request)->Got;
    }
    WdfTimerStop(self->m_Total, FALSE);
    WdfTimerStop(self->m_Interval, FALSE);
    WdfRequestCompleteWithInformation(Request, STATUS_CANCELLED, got);
}

void PortBase::EvtTotalTimeout(WDFTIMER Timer) { FromTimer(Timer)->FinishRead(STATUS_TIMEOUT); }
void PortBase::EvtIntervalTimeout(WDFTIMER Timer) { FromTimer(Timer)->FinishRead(STATUS_TIMEOUT); }

void PortBase::EvtWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PortBase* self = From(Queue);
    PUCHAR buffer = nullptr;
    size_t length = 0;
    NTSTATUS status = Length == 0 ? STATUS_SUCCESS : WdfRequestRetrieveInputBuffer(Request, 1, reinterpret_cast<PVOID*>(&buffer), &length);
    if (NT_SUCCESS(status) && length)
    {
        if (self->m_Peer) self->m_Peer->Receive(buffer, static_cast<ULONG>(length));
        self->m_Stats.TransmittedCount += static_cast<ULONG>(length);
        self->Trace("wrote", static_cast<ULONG>(length));
    }
    WdfRequestCompleteWithInformation(Request, status, length);
    self->SignalEvents(SERIAL_EV_TXEMPTY);
}

void PortBase::EvtWaitCanceled(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

void PortBase::EvtDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutLength, size_t InLength, ULONG Code)
{
    UNREFERENCED_PARAMETER(OutLength);
    UNREFERENCED_PARAMETER(InLength);
    ULONG_PTR information = 0;
    bool pended = false;
    NTSTATUS status = From(Queue)->Control(Request, Code, &information, &pended);
    if (!pended) WdfRequestCompleteWithInformation(Request, status, information);
}

NTSTATUS PortBase::Control(WDFREQUEST Request, ULONG Code, ULONG_PTR* Information, bool* Pended)
{
    NTSTATUS status;
    switch (Code)
    {
    case IOCTL_SERIAL_SET_BAUD_RATE:
    {
        SERIAL_BAUD_RATE* in;
        if (NT_SUCCESS(status = In(Request, &in))) m_Baud = *in;
        return status;
    }
    case IOCTL_SERIAL_GET_BAUD_RATE: return Give(Request, m_Baud, Information);
    case IOCTL_SERIAL_SET_LINE_CONTROL:
    {
        SERIAL_LINE_CONTROL* in;
        if (!NT_SUCCESS(status = In(Request, &in))) return status;
        if (in->WordLength < 5 || in->WordLength > 8 || in->Parity > SPACE_PARITY || in->StopBits > STOP_BITS_2) return STATUS_INVALID_PARAMETER;
        m_Line = *in;
        return STATUS_SUCCESS;
    }
    case IOCTL_SERIAL_GET_LINE_CONTROL: return Give(Request, m_Line, Information);
    case IOCTL_SERIAL_SET_TIMEOUTS:
    {
        SERIAL_TIMEOUTS* in;
        if (!NT_SUCCESS(status = In(Request, &in))) return status;
        if (in->ReadIntervalTimeout == MAXULONG && in->ReadTotalTimeoutMultiplier == MAXULONG && in->ReadTotalTimeoutConstant == MAXULONG) return STATUS_INVALID_PARAMETER;
        SpinGuard guard(m_Lock);
        m_Timeouts = *in;
        return STATUS_SUCCESS;
    }
    case IOCTL_SERIAL_GET_TIMEOUTS: return Give(Request, m_Timeouts, Information);
    case IOCTL_SERIAL_SET_HANDFLOW:
    {
        SERIAL_HANDFLOW* in;
        if (NT_SUCCESS(status = In(Request, &in))) m_Flow = *in;
        return status;
    }
    case IOCTL_SERIAL_GET_HANDFLOW: return Give(Request, m_Flow, Information);
    case IOCTL_SERIAL_SET_CHARS:
    {
        SERIAL_CHARS* in;
        if (NT_SUCCESS(status = In(Request, &in))) { SpinGuard guard(m_Lock); m_Chars = *in; }
        return status;
    }
    case IOCTL_SERIAL_GET_CHARS: return Give(Request, m_Chars, Information);
    case IOCTL_SERIAL_GET_STATS: return Give(Request, m_Stats, Information);
    case IOCTL_SERIAL_CLEAR_STATS: m_Stats = {}; return STATUS_SUCCESS;
    case IOCTL_SERIAL_GET_MODEMSTATUS: return Give(Request, m_ModemStatus, Information);
    case IOCTL_SERIAL_GET_DTRRTS: return Give(Request, static_cast<ULONG>((m_Dtr ? SERIAL_DTR_STATE : 0) | (m_Rts ? SERIAL_RTS_STATE : 0)), Information);
    case IOCTL_SERIAL_SET_DTR: case IOCTL_SERIAL_CLR_DTR: case IOCTL_SERIAL_SET_RTS: case IOCTL_SERIAL_CLR_RTS:
        if (Code == IOCTL_SERIAL_SET_DTR) m_Dtr = true;
        if (Code == IOCTL_SERIAL_CLR_DTR) m_Dtr = false;
        if (Code == IOCTL_SERIAL_SET_RTS) m_Rts = true;
        if (Code == IOCTL_SERIAL_CLR_RTS) m_Rts = false;
        if (m_Peer) m_Peer->ModemChanged(m_Dtr, m_Rts);
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_SET_BREAK_ON: if (m_Peer) m_Peer->BreakChanged(true); return STATUS_SUCCESS;
    case IOCTL_SERIAL_SET_BREAK_OFF: if (m_Peer) m_Peer->BreakChanged(false); return STATUS_SUCCESS;
    case IOCTL_SERIAL_SET_QUEUE_SIZE: case IOCTL_SERIAL_SET_XON: case IOCTL_SERIAL_SET_XOFF: case IOCTL_SERIAL_RESET_DEVICE:
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_GET_WAIT_MASK: return Give(Request, m_WaitMask, Information);
    case IOCTL_SERIAL_SET_WAIT_MASK:
    {
        ULONG* mask;
        if (!NT_SUCCESS(status = In(Request, &mask))) return status;
        WDFREQUEST old = nullptr;
        {
            SpinGuard guard(m_Lock);
            m_WaitMask = *mask;
            m_Pending &= m_WaitMask;
            (void)WdfIoQueueRetrieveNextRequest(m_Waits, &old);
        }
        if (old)
        {
            ULONG* out;
            status = Out(old, &out);
            WdfRequestCompleteWithInformation(old, status, NT_SUCCESS(status) ? sizeof(ULONG) : 0);
        }
        return STATUS_SUCCESS;
    }
    case IOCTL_SERIAL_WAIT_ON_MASK:
    {
        {
            SpinGuard guard(m_Lock);
            if (m_WaitMask == 0) return STATUS_INVALID_PARAMETER;
            ULONG queued = 0;
            (void)WdfIoQueueGetState(m_Waits, &queued, nullptr);
            if (queued != 0) return STATUS_INVALID_PARAMETER;
        }
        status = WdfRequestForwardToIoQueue(Request, m_Waits);
        if (!NT_SUCCESS(status)) return status;
        *Pended = true;
        SignalEvents(0);
        return STATUS_PENDING;
    }
    case IOCTL_SERIAL_PURGE:
    {
        ULONG* mask;
        if (!NT_SUCCESS(status = In(Request, &mask))) return status;
        if (*mask & SERIAL_PURGE_RXCLEAR) { SpinGuard guard(m_Lock); m_Ring.Clear(); }
        if (*mask & SERIAL_PURGE_RXABORT) FinishRead(STATUS_CANCELLED);
        return STATUS_SUCCESS;
    }
    case IOCTL_SERIAL_GET_COMMSTATUS:
    {
        SERIAL_STATUS value = {};
        SpinGuard guard(m_Lock);
        value.AmountInInQueue = m_Ring.Count();
        return Give(Request, value, Information);
    }
    case IOCTL_SERIAL_GET_PROPERTIES:
    {
        SERIAL_COMMPROP value = {};
        value.PacketLength = sizeof(value);
        value.PacketVersion = 2;
        value.ServiceMask = SERIAL_SP_SERIALCOMM;
        value.MaxBaud = SERIAL_BAUD_USER;
        value.ProvSubType = SERIAL_SP_RS232;
        value.ProvCapabilities = SERIAL_PCF_TOTALTIMEOUTS | SERIAL_PCF_INTTIMEOUTS | SERIAL_PCF_DTRDSR | SERIAL_PCF_RTSCTS;
        value.SettableParams = SERIAL_SP_PARITY | SERIAL_SP_BAUD | SERIAL_SP_DATABITS | SERIAL_SP_STOPBITS | SERIAL_SP_HANDSHAKING;
        value.SettableBaud = SERIAL_BAUD_9600 | SERIAL_BAUD_115200 | SERIAL_BAUD_USER;
        value.SettableData = SERIAL_DATABITS_7 | SERIAL_DATABITS_8;
        value.SettableStopParity = SERIAL_STOPBITS_10 | SERIAL_STOPBITS_20 | SERIAL_PARITY_NONE | SERIAL_PARITY_ODD | SERIAL_PARITY_EVEN;
        value.CurrentRxQueue = m_Ring.Capacity();
        return Give(Request, value, Information);
    }
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
