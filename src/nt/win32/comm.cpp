// Serial ports of applications: each call is a control request of ntddser.h to the port's driver, or several. A handle that was opened for overlapped
// I/O is waited for all the same; only WaitCommEvent is overlapped itself.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/win32.h"

#include <ntddser.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

static_assert(sizeof(DCB) == 28 && sizeof(COMMPROP) == sizeof(SERIAL_COMMPROP) && sizeof(COMMTIMEOUTS) == sizeof(SERIAL_TIMEOUTS));
static_assert(sizeof(COMSTAT) == 12);

namespace {

BOOL Fail(DWORD error) {
  CurrentThread().last_error = error;
  return FALSE;
}

BOOL Do(HANDLE port, DWORD code, const void* in = nullptr, size_t in_bytes = 0, void* out = nullptr, size_t out_bytes = 0) {
  DWORD returned;
  return DeviceIoControl(port, code, const_cast<void*>(in), static_cast<DWORD>(in_bytes), out, static_cast<DWORD>(out_bytes), &returned, nullptr);
}
template <class T>
BOOL Set(HANDLE port, DWORD code, const T& value) {
  return Do(port, code, &value, sizeof value);
}
template <class T>
BOOL Get(HANDLE port, DWORD code, T* value) {
  return Do(port, code, nullptr, 0, value, sizeof *value);
}

struct Settings {
  SERIAL_BAUD_RATE baud;
  SERIAL_LINE_CONTROL line;
  SERIAL_CHARS chars;
  SERIAL_HANDFLOW flow;
};

BOOL ReadSettings(HANDLE port, Settings* s) {
  return Get(port, IOCTL_SERIAL_GET_BAUD_RATE, &s->baud) && Get(port, IOCTL_SERIAL_GET_LINE_CONTROL, &s->line) &&
         Get(port, IOCTL_SERIAL_GET_CHARS, &s->chars) && Get(port, IOCTL_SERIAL_GET_HANDFLOW, &s->flow);
}

DCB DcbOf(const Settings& s) {
  DCB dcb{};
  const ULONG shake = s.flow.ControlHandShake, replace = s.flow.FlowReplace;
  dcb.DCBlength = sizeof dcb;
  dcb.BaudRate = s.baud.BaudRate;
  dcb.fBinary = 1;
  dcb.fParity = s.line.Parity != NO_PARITY;
  dcb.fOutxCtsFlow = (shake & SERIAL_CTS_HANDSHAKE) != 0;
  dcb.fOutxDsrFlow = (shake & SERIAL_DSR_HANDSHAKE) != 0;
  dcb.fDtrControl = shake & SERIAL_DTR_MASK;
  dcb.fDsrSensitivity = (shake & SERIAL_DSR_SENSITIVITY) != 0;
  dcb.fAbortOnError = (shake & SERIAL_ERROR_ABORT) != 0;
  dcb.fTXContinueOnXoff = (replace & SERIAL_XOFF_CONTINUE) != 0;
  dcb.fOutX = (replace & SERIAL_AUTO_TRANSMIT) != 0;
  dcb.fInX = (replace & SERIAL_AUTO_RECEIVE) != 0;
  dcb.fErrorChar = (replace & SERIAL_ERROR_CHAR) != 0;
  dcb.fNull = (replace & SERIAL_NULL_STRIPPING) != 0;
  dcb.fRtsControl = (replace & SERIAL_RTS_MASK) >> 6;
  dcb.XonLim = static_cast<WORD>(s.flow.XonLimit);
  dcb.XoffLim = static_cast<WORD>(s.flow.XoffLimit);
  dcb.ByteSize = s.line.WordLength;
  dcb.Parity = s.line.Parity;
  dcb.StopBits = s.line.StopBits;
  dcb.XonChar = static_cast<char>(s.chars.XonChar);
  dcb.XoffChar = static_cast<char>(s.chars.XoffChar);
  dcb.ErrorChar = static_cast<char>(s.chars.ErrorChar);
  dcb.EofChar = static_cast<char>(s.chars.EofChar);
  dcb.EvtChar = static_cast<char>(s.chars.EventChar);
  return dcb;
}

// What the block does not say stays as it is.
void Apply(const DCB& dcb, Settings* s) {
  auto flag = [](bool on, ULONG value) { return on ? value : 0; };
  s->baud.BaudRate = dcb.BaudRate;
  s->line = {dcb.StopBits, dcb.Parity, dcb.ByteSize};
  s->chars.XonChar = static_cast<UCHAR>(dcb.XonChar);
  s->chars.XoffChar = static_cast<UCHAR>(dcb.XoffChar);
  s->chars.ErrorChar = static_cast<UCHAR>(dcb.ErrorChar);
  s->chars.BreakChar = static_cast<UCHAR>(dcb.ErrorChar);
  s->chars.EofChar = static_cast<UCHAR>(dcb.EofChar);
  s->chars.EventChar = static_cast<UCHAR>(dcb.EvtChar);
  s->flow.ControlHandShake = flag(dcb.fOutxCtsFlow, SERIAL_CTS_HANDSHAKE) | flag(dcb.fOutxDsrFlow, SERIAL_DSR_HANDSHAKE) | dcb.fDtrControl |
                             flag(dcb.fDsrSensitivity, SERIAL_DSR_SENSITIVITY) | flag(dcb.fAbortOnError, SERIAL_ERROR_ABORT);
  s->flow.FlowReplace = flag(dcb.fTXContinueOnXoff, SERIAL_XOFF_CONTINUE) | flag(dcb.fOutX, SERIAL_AUTO_TRANSMIT) | flag(dcb.fInX, SERIAL_AUTO_RECEIVE) |
                        flag(dcb.fErrorChar, SERIAL_ERROR_CHAR) | flag(dcb.fNull, SERIAL_NULL_STRIPPING) | static_cast<ULONG>(dcb.fRtsControl) << 6;
  s->flow.XonLimit = dcb.XonLim;
  s->flow.XoffLimit = dcb.XoffLim;
}

std::vector<std::string> Words(std::string text, const char* between) {
  std::vector<std::string> words;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find_first_of(between, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool TakeNumber(const std::string& text, DWORD* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}
bool TakeSwitch(const std::string& text, bool* on) {
  *on = text == "on";
  return *on || text == "off";
}
bool TakeParity(const std::string& text, BYTE* parity) {
  const size_t found = text.size() == 1 ? std::string("noems").find(text[0]) : std::string::npos;
  if (found == std::string::npos) return false;
  *parity = static_cast<BYTE>(found);
  return true;
}
bool TakeStop(const std::string& text, BYTE* stop) {
  if (text == "1") return *stop = ONESTOPBIT, true;
  if (text == "1.5") return *stop = ONE5STOPBITS, true;
  if (text == "2") return *stop = TWOSTOPBITS, true;
  return false;
}
bool TakeData(const std::string& text, BYTE* bits) {
  DWORD number;
  if (!TakeNumber(text, &number) || number < 5 || number > 8) return false;
  *bits = static_cast<BYTE>(number);
  return true;
}

// "9600,n,8,1[,x|,p]", as the mode command had it first: rates by their first two digits too.
bool ParseOld(const std::string& text, DCB* dcb) {
  const auto words = Words(text, ",");
  if (words.size() < 2 || words.size() > 5) return false;
  if (!TakeNumber(words[0], &dcb->BaudRate)) return false;
  for (const DWORD rate : {110, 150, 300, 600, 1200, 2400, 4800, 9600, 19200}) {
    DWORD short_form = rate;
    while (short_form >= 100) short_form /= 10;
    if (dcb->BaudRate == short_form) dcb->BaudRate = rate;
  }
  if (!TakeParity(words[1], &dcb->Parity)) return false;
  if (words.size() > 2 && !TakeData(words[2], &dcb->ByteSize)) return false;
  if (words.size() > 3 && !TakeStop(words[3], &dcb->StopBits)) return false;
  const std::string retry = words.size() > 4 ? words[4] : "";
  if (retry != "" && retry != "x" && retry != "p") return false;
  dcb->fInX = dcb->fOutX = retry == "x";
  dcb->fOutxCtsFlow = dcb->fOutxDsrFlow = retry == "p";
  dcb->fDtrControl = retry == "p" ? DTR_CONTROL_HANDSHAKE : DTR_CONTROL_ENABLE;
  dcb->fRtsControl = retry == "p" ? RTS_CONTROL_HANDSHAKE : RTS_CONTROL_ENABLE;
  return true;
}

// "baud=9600 parity=n data=8 stop=1 xon=off ...": only what is named changes.
bool ParseNew(const std::string& text, DCB* dcb, bool* times_out) {
  for (const std::string& word : Words(text, " ")) {
    if (word.empty()) continue;
    const size_t equals = word.find('=');
    if (equals == std::string::npos) return false;
    const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
    bool on = false;
    if (key == "baud") {
      if (!TakeNumber(value, &dcb->BaudRate)) return false;
    } else if (key == "parity") {
      if (!TakeParity(value, &dcb->Parity)) return false;
    } else if (key == "data") {
      if (!TakeData(value, &dcb->ByteSize)) return false;
    } else if (key == "stop") {
      if (!TakeStop(value, &dcb->StopBits)) return false;
    } else if ((key == "dtr" || key == "rts") && (value == "hs" || (key == "rts" && value == "tg"))) {
      if (key == "dtr") dcb->fDtrControl = DTR_CONTROL_HANDSHAKE;
      else dcb->fRtsControl = value == "hs" ? RTS_CONTROL_HANDSHAKE : RTS_CONTROL_TOGGLE;
    } else if (!TakeSwitch(value, &on)) {
      return false;
    } else if (key == "to") {
      *times_out = on;
    } else if (key == "xon") {
      dcb->fInX = dcb->fOutX = on;
    } else if (key == "odsr") {
      dcb->fOutxDsrFlow = on;
    } else if (key == "octs") {
      dcb->fOutxCtsFlow = on;
    } else if (key == "idsr") {
      dcb->fDsrSensitivity = on;
    } else if (key == "dtr") {
      dcb->fDtrControl = on ? DTR_CONTROL_ENABLE : DTR_CONTROL_DISABLE;
    } else if (key == "rts") {
      dcb->fRtsControl = on ? RTS_CONTROL_ENABLE : RTS_CONTROL_DISABLE;
    } else {
      return false;
    }
  }
  return true;
}

BOOL Build(const char* definition, DCB* dcb, COMMTIMEOUTS* timeouts) {
  std::string text = definition;
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (text.starts_with("com")) {  // the port's name may stand before
    const size_t end = text.find_first_of(": ");
    if (end == std::string::npos) return Fail(ERROR_INVALID_PARAMETER);
    text.erase(0, text[end] == ':' ? end + 1 : end);
  }
  text.erase(0, text.find_first_not_of(' '));
  if (text.empty()) return Fail(ERROR_INVALID_PARAMETER);
  DCB changed = *dcb;
  bool times_out = false;
  changed.DCBlength = sizeof changed;
  if (!(text.find('=') == std::string::npos ? ParseOld(text, &changed) : ParseNew(text, &changed, &times_out))) return Fail(ERROR_INVALID_PARAMETER);
  *dcb = changed;
  if (timeouts != nullptr) {
    *timeouts = {};
    if (times_out) timeouts->WriteTotalTimeoutConstant = 60000;
  }
  return TRUE;
}

}  // namespace

extern "C" {

BOOL BuildCommDCBA(LPCSTR lpDef, LPDCB lpDCB) { return Build(lpDef, lpDCB, nullptr); }
BOOL BuildCommDCBW(LPCWSTR lpDef, LPDCB lpDCB) { return Build(ob::ToUtf8(lpDef).c_str(), lpDCB, nullptr); }
BOOL BuildCommDCBAndTimeoutsA(LPCSTR lpDef, LPDCB lpDCB, LPCOMMTIMEOUTS lpCommTimeouts) { return Build(lpDef, lpDCB, lpCommTimeouts); }
BOOL BuildCommDCBAndTimeoutsW(LPCWSTR lpDef, LPDCB lpDCB, LPCOMMTIMEOUTS lpCommTimeouts) {
  return Build(ob::ToUtf8(lpDef).c_str(), lpDCB, lpCommTimeouts);
}

BOOL GetCommState(HANDLE hFile, LPDCB lpDCB) {
  Settings settings;
  if (!ReadSettings(hFile, &settings)) return FALSE;
  *lpDCB = DcbOf(settings);
  return TRUE;
}
BOOL SetCommState(HANDLE hFile, LPDCB lpDCB) {
  if ((lpDCB->XonChar == lpDCB->XoffChar && (lpDCB->fInX || lpDCB->fOutX)) || lpDCB->fDtrControl > DTR_CONTROL_HANDSHAKE) {
    return Fail(ERROR_INVALID_PARAMETER);
  }
  Settings settings;
  if (!ReadSettings(hFile, &settings)) return FALSE;
  const Settings before = settings;
  Apply(*lpDCB, &settings);
  if (!Set(hFile, IOCTL_SERIAL_SET_BAUD_RATE, settings.baud)) return FALSE;
  if (lpDCB->fRtsControl == RTS_CONTROL_ENABLE) Do(hFile, IOCTL_SERIAL_SET_RTS);
  if (lpDCB->fRtsControl == RTS_CONTROL_DISABLE) Do(hFile, IOCTL_SERIAL_CLR_RTS);
  if (lpDCB->fDtrControl == DTR_CONTROL_ENABLE) Do(hFile, IOCTL_SERIAL_SET_DTR);
  if (lpDCB->fDtrControl == DTR_CONTROL_DISABLE) Do(hFile, IOCTL_SERIAL_CLR_DTR);
  if (Set(hFile, IOCTL_SERIAL_SET_LINE_CONTROL, settings.line) && Set(hFile, IOCTL_SERIAL_SET_CHARS, settings.chars) &&
      Set(hFile, IOCTL_SERIAL_SET_HANDFLOW, settings.flow)) {
    return TRUE;
  }
  const DWORD error = CurrentThread().last_error;  // a driver that refuses a part keeps what it had
  Set(hFile, IOCTL_SERIAL_SET_BAUD_RATE, before.baud);
  Set(hFile, IOCTL_SERIAL_SET_LINE_CONTROL, before.line);
  Set(hFile, IOCTL_SERIAL_SET_CHARS, before.chars);
  return Fail(error);
}

BOOL GetCommConfig(HANDLE hCommDev, LPCOMMCONFIG lpCC, LPDWORD lpdwSize) {
  const DWORD room = *lpdwSize;
  *lpdwSize = sizeof *lpCC;
  if (room < sizeof *lpCC) return Fail(ERROR_INSUFFICIENT_BUFFER);
  *lpCC = {};
  lpCC->dwSize = sizeof *lpCC;
  lpCC->wVersion = 1;
  lpCC->dwProviderSubType = PST_RS232;
  return GetCommState(hCommDev, &lpCC->dcb);
}
BOOL SetCommConfig(HANDLE hCommDev, LPCOMMCONFIG lpCC, DWORD dwSize) {
  if (dwSize < offsetof(COMMCONFIG, dwProviderSubType)) return Fail(ERROR_INVALID_PARAMETER);
  return SetCommState(hCommDev, &lpCC->dcb);
}

BOOL GetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts) { return Get(hFile, IOCTL_SERIAL_GET_TIMEOUTS, lpCommTimeouts); }
BOOL SetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts) { return Set(hFile, IOCTL_SERIAL_SET_TIMEOUTS, *lpCommTimeouts); }
BOOL GetCommMask(HANDLE hFile, LPDWORD lpEvtMask) { return Get(hFile, IOCTL_SERIAL_GET_WAIT_MASK, lpEvtMask); }
BOOL SetCommMask(HANDLE hFile, DWORD dwEvtMask) { return Set(hFile, IOCTL_SERIAL_SET_WAIT_MASK, dwEvtMask); }
BOOL GetCommModemStatus(HANDLE hFile, LPDWORD lpModemStat) { return Get(hFile, IOCTL_SERIAL_GET_MODEMSTATUS, lpModemStat); }
BOOL GetCommProperties(HANDLE hFile, LPCOMMPROP lpCommProp) { return Get(hFile, IOCTL_SERIAL_GET_PROPERTIES, lpCommProp); }
BOOL PurgeComm(HANDLE hFile, DWORD dwFlags) { return Set(hFile, IOCTL_SERIAL_PURGE, dwFlags); }
BOOL SetCommBreak(HANDLE hFile) { return Do(hFile, IOCTL_SERIAL_SET_BREAK_ON); }
BOOL ClearCommBreak(HANDLE hFile) { return Do(hFile, IOCTL_SERIAL_SET_BREAK_OFF); }
BOOL TransmitCommChar(HANDLE hFile, char cChar) { return Set(hFile, IOCTL_SERIAL_IMMEDIATE_CHAR, cChar); }
BOOL SetupComm(HANDLE hFile, DWORD dwInQueue, DWORD dwOutQueue) {
  return Set(hFile, IOCTL_SERIAL_SET_QUEUE_SIZE, SERIAL_QUEUE_SIZE{dwInQueue, dwOutQueue});
}

BOOL EscapeCommFunction(HANDLE hFile, DWORD dwFunc) {
  switch (dwFunc) {
    case SETXOFF: return Do(hFile, IOCTL_SERIAL_SET_XOFF);
    case SETXON: return Do(hFile, IOCTL_SERIAL_SET_XON);
    case SETRTS: return Do(hFile, IOCTL_SERIAL_SET_RTS);
    case CLRRTS: return Do(hFile, IOCTL_SERIAL_CLR_RTS);
    case SETDTR: return Do(hFile, IOCTL_SERIAL_SET_DTR);
    case CLRDTR: return Do(hFile, IOCTL_SERIAL_CLR_DTR);
    case RESETDEV: return Do(hFile, IOCTL_SERIAL_RESET_DEVICE);
    case SETBREAK: return SetCommBreak(hFile);
    case CLRBREAK: return ClearCommBreak(hFile);
    default: return Fail(ERROR_INVALID_PARAMETER);
  }
}

BOOL ClearCommError(HANDLE hFile, LPDWORD lpErrors, LPCOMSTAT lpStat) {
  SERIAL_STATUS status;
  if (!Get(hFile, IOCTL_SERIAL_GET_COMMSTATUS, &status)) return FALSE;
  if (lpErrors != nullptr) {
    *lpErrors = 0;
    if (status.Errors & SERIAL_ERROR_BREAK) *lpErrors |= CE_BREAK;
    if (status.Errors & SERIAL_ERROR_FRAMING) *lpErrors |= CE_FRAME;
    if (status.Errors & SERIAL_ERROR_OVERRUN) *lpErrors |= CE_OVERRUN;
    if (status.Errors & SERIAL_ERROR_QUEUEOVERRUN) *lpErrors |= CE_RXOVER;
    if (status.Errors & SERIAL_ERROR_PARITY) *lpErrors |= CE_RXPARITY;
  }
  if (lpStat != nullptr) {
    *lpStat = {};
    lpStat->fCtsHold = (status.HoldReasons & SERIAL_TX_WAITING_FOR_CTS) != 0;
    lpStat->fDsrHold = (status.HoldReasons & SERIAL_TX_WAITING_FOR_DSR) != 0;
    lpStat->fRlsdHold = (status.HoldReasons & SERIAL_TX_WAITING_FOR_DCD) != 0;
    lpStat->fXoffHold = (status.HoldReasons & SERIAL_TX_WAITING_FOR_XON) != 0;
    lpStat->fXoffSent = (status.HoldReasons & SERIAL_TX_WAITING_XOFF_SENT) != 0;
    lpStat->fEof = status.EofReceived != FALSE;
    lpStat->fTxim = status.WaitForImmediate != FALSE;
    lpStat->cbInQue = status.AmountInInQueue;
    lpStat->cbOutQue = status.AmountInOutQueue;
  }
  return TRUE;
}

BOOL WaitCommEvent(HANDLE hFile, LPDWORD lpEvtMask, LPOVERLAPPED lpOverlapped) {
  DWORD returned;
  return DeviceIoControl(hFile, IOCTL_SERIAL_WAIT_ON_MASK, nullptr, 0, lpEvtMask, sizeof *lpEvtMask, &returned, lpOverlapped);
}

}  // extern "C"
