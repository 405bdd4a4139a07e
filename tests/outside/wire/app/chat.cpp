// chat COMx server|client : two programs talk over a pair of ports; overlapped WaitCommEvent
#include <windows.h>
#include <tchar.h>
#include <cstdio>
#include <string>
#include <stdexcept>
#include <vector>
#include <cstring>

class Win32Error : public std::runtime_error
{
public:
    explicit Win32Error(const char* what) : std::runtime_error(std::string(what) + " failed: " + std::to_string(GetLastError())) {}
};

class Event
{
public:
    explicit Event(bool manual = true) : m_handle(CreateEvent(nullptr, manual, FALSE, nullptr)) { if (!m_handle) throw Win32Error("CreateEvent"); }
    ~Event() { CloseHandle(m_handle); }
    operator HANDLE() const { return m_handle; }
private:
    HANDLE m_handle;
};

class SerialPort
{
public:
    explicit SerialPort(const TCHAR* name)
    {
        std::basic_string<TCHAR> path = TEXT("\\\\.\\");
        path += name;
        m_port = CreateFile(path.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
        if (m_port == INVALID_HANDLE_VALUE) throw Win32Error("CreateFile");
        DCB dcb = {};
        dcb.DCBlength = sizeof(dcb);
        if (!GetCommState(m_port, &dcb)) throw Win32Error("GetCommState");
        if (!BuildCommDCB(TEXT("baud=115200 parity=n data=8 stop=1"), &dcb)) throw Win32Error("BuildCommDCB");
        dcb.EvtChar = '\n';
        dcb.fDtrControl = DTR_CONTROL_ENABLE;
        dcb.fRtsControl = RTS_CONTROL_ENABLE;
        if (!SetCommState(m_port, &dcb)) throw Win32Error("SetCommState");
        COMMTIMEOUTS t = {};
        t.ReadIntervalTimeout = 20;
        t.ReadTotalTimeoutConstant = 500;
        if (!SetCommTimeouts(m_port, &t)) throw Win32Error("SetCommTimeouts");
        SetupComm(m_port, 4096, 4096);
        if (!PurgeComm(m_port, PURGE_RXCLEAR | PURGE_TXCLEAR)) throw Win32Error("PurgeComm");
        if (!SetCommMask(m_port, EV_RXFLAG | EV_RXCHAR | EV_CTS | EV_DSR | EV_BREAK)) throw Win32Error("SetCommMask");
        EscapeCommFunction(m_port, SETDTR);
        EscapeCommFunction(m_port, SETRTS);
    }
    ~SerialPort() { if (m_port != INVALID_HANDLE_VALUE) CloseHandle(m_port); }

    // 0: timed out, and the wait was cancelled
    DWORD WaitEvent(DWORD milliseconds)
    {
        Event done;
        OVERLAPPED ov = {};
        ov.hEvent = done;
        DWORD mask = 0, bytes;
        if (WaitCommEvent(m_port, &mask, &ov)) return mask;
        if (GetLastError() != ERROR_IO_PENDING) throw Win32Error("WaitCommEvent");
        if (WaitForSingleObject(done, milliseconds) == WAIT_TIMEOUT) CancelIoEx(m_port, &ov);
        if (!GetOverlappedResult(m_port, &ov, &bytes, TRUE))
        {
            if (GetLastError() == ERROR_OPERATION_ABORTED) return 0;
            throw Win32Error("GetOverlappedResult");
        }
        return mask;
    }
    DWORD WaitFor(DWORD which, int rounds = 50)
    {
        while (rounds-- > 0)
        {
            DWORD mask = WaitEvent(100);
            if (mask & which) return mask;
        }
        throw std::runtime_error("event did not come");
    }
    void Write(const std::string& text)
    {
        Event done;
        OVERLAPPED ov = {};
        ov.hEvent = done;
        DWORD bytes = 0;
        if (!WriteFile(m_port, text.data(), static_cast<DWORD>(text.size()), nullptr, &ov) && GetLastError() != ERROR_IO_PENDING) throw Win32Error("WriteFile");
        if (!GetOverlappedResult(m_port, &ov, &bytes, TRUE) || bytes != text.size()) throw Win32Error("write result");
    }
    std::string Read(size_t most)
    {
        Event done;
        OVERLAPPED ov = {};
        ov.hEvent = done;
        std::string text(most, '\0');
        DWORD bytes = 0;
        if (!ReadFile(m_port, &text[0], static_cast<DWORD>(most), nullptr, &ov) && GetLastError() != ERROR_IO_PENDING) throw Win32Error("ReadFile");
        if (!GetOverlappedResult(m_port, &ov, &bytes, TRUE)) throw Win32Error("read result");
        text.resize(bytes);
        return text;
    }
    std::string Line()
    {
        std::string line;
        for (int i = 0; i < 40; ++i)
        {
            line += Read(256);
            if (!line.empty() && line.back() == '\n') return line;
        }
        throw std::runtime_error("no line: " + line);
    }
    HANDLE get() const { return m_port; }
private:
    HANDLE m_port = INVALID_HANDLE_VALUE;
};

int _tmain(int argc, TCHAR** argv)
try
{
    if (argc < 3) { _putts(TEXT("chat COMx server|client")); return 2; }
    SerialPort port(argv[1]);
    if (_tcsicmp(argv[2], TEXT("server")) == 0)
    {
        DWORD modem = 0;
        while (GetCommModemStatus(port.get(), &modem) && !(modem & MS_DSR_ON)) port.WaitEvent(1000);
        printf("somebody is there\n");
        for (;;)
        {
            std::string line = port.Line();
            printf("got %zu: %s", line.size(), line.substr(0, 20).c_str());
            if (line == "bye\n") break;
            port.Write("echo " + line);
        }
        DWORD errors;
        COMSTAT stat;
        if (!ClearCommError(port.get(), &errors, &stat)) throw Win32Error("ClearCommError");
        printf("left %lu\n", stat.cbInQue);
        return 0;
    }
    DWORD modem = 0;
    if (!GetCommModemStatus(port.get(), &modem)) throw Win32Error("GetCommModemStatus");
    printf("cts %d dsr %d\n", (modem & MS_CTS_ON) != 0, (modem & MS_DSR_ON) != 0);
    port.Write("hello\n");
    port.WaitFor(EV_RXFLAG);
    printf("%s", port.Line().c_str());
    port.Write(std::string(1500, 'x') + "\n");
    std::string answer = port.Line();
    if (answer.size() != 1506) { printf("only %zu\n", answer.size()); return 1; }
    // a read that nobody answers ends with its time
    const DWORD start = GetTickCount();
    if (!port.Read(10).empty()) return 1;
    printf("timed out after %lu\n", GetTickCount() - start);
    // somebody changes the mask: the wait ends with 0
    SetCommMask(port.get(), EV_BREAK);
    if (port.WaitEvent(50) != 0) { puts("an event?"); return 1; }
    EscapeCommFunction(port.get(), CLRRTS);
    port.Write("bye\n");
    COMMPROP prop = {};
    if (!GetCommProperties(port.get(), &prop)) throw Win32Error("GetCommProperties");
    printf("baud mask %#lx\n", prop.dwSettableBaud);
    puts("done");
    return 0;
}
catch (const std::exception& e)
{
    fprintf(stderr, "%s\n", e.what());
    return 1;
}
