// listener - shows the events of a provider in real time until Ctrl+C.
//   listener {guid} [level] [keywords]
#include <windows.h>
#include <evntrace.h>
#include <evntcons.h>
#include <tdh.h>
#include <cstdio>
#include <cwchar>
#include <memory>
#include <string>
#include <vector>

#pragma comment(lib, "advapi32.lib")
#pragma comment(lib, "tdh.lib")

static const wchar_t kSession[] = L"ListenerSession";
static TRACEHANDLE g_session;

struct Properties {
  EVENT_TRACE_PROPERTIES props;
  wchar_t name[64];
};

static std::unique_ptr<Properties> MakeProperties() {
  auto p = std::make_unique<Properties>();
  ZeroMemory(p.get(), sizeof(Properties));
  p->props.Wnode.BufferSize = sizeof(Properties);
  p->props.Wnode.Flags = WNODE_FLAG_TRACED_GUID;
  p->props.Wnode.ClientContext = 1;
  p->props.LogFileMode = EVENT_TRACE_REAL_TIME_MODE;
  p->props.LoggerNameOffset = offsetof(Properties, name);
  return p;
}

static BOOL WINAPI OnControl(DWORD type) {
  if (type != CTRL_C_EVENT && type != CTRL_CLOSE_EVENT) return FALSE;
  auto p = MakeProperties();
  ControlTraceW(g_session, nullptr, &p->props, EVENT_TRACE_CONTROL_STOP);
  return TRUE;
}

static void WINAPI OnEvent(PEVENT_RECORD record) {
  const EVENT_DESCRIPTOR& d = record->EventHeader.EventDescriptor;
  int* count = static_cast<int*>(record->UserContext);
  ++*count;
  if (record->EventHeader.Flags & EVENT_HEADER_FLAG_STRING_ONLY) {
    wprintf(L"level %u: %ls\n", d.Level, static_cast<const wchar_t*>(record->UserData));
    return;
  }
  ULONG size = 0;
  std::vector<BYTE> buffer;
  ULONG status = TdhGetEventInformation(record, 0, nullptr, nullptr, &size);
  if (status == ERROR_INSUFFICIENT_BUFFER) {
    buffer.resize(size);
    auto info = reinterpret_cast<PTRACE_EVENT_INFO>(buffer.data());
    status = TdhGetEventInformation(record, 0, nullptr, info, &size);
    if (status == ERROR_SUCCESS) {
      wprintf(L"%ls", reinterpret_cast<const wchar_t*>(buffer.data() + info->ProviderNameOffset));
      for (ULONG i = 0; i < info->TopLevelPropertyCount; i++) {
        auto& property = info->EventPropertyInfoArray[i];
        auto name = reinterpret_cast<const wchar_t*>(buffer.data() + property.NameOffset);
        PROPERTY_DATA_DESCRIPTOR descriptor = {};
        descriptor.PropertyName = reinterpret_cast<ULONGLONG>(name);
        descriptor.ArrayIndex = ULONG_MAX;
        ULONG bytes = 0;
        if (TdhGetPropertySize(record, 0, nullptr, 1, &descriptor, &bytes) != ERROR_SUCCESS) continue;
        std::vector<BYTE> value(bytes + 2);
        TdhGetProperty(record, 0, nullptr, 1, &descriptor, bytes, value.data());
        if (property.nonStructType.InType == TDH_INTYPE_UNICODESTRING) wprintf(L" %ls=%ls", name, reinterpret_cast<wchar_t*>(value.data()));
        else if (bytes == 4) wprintf(L" %ls=%lu", name, *reinterpret_cast<ULONG*>(value.data()));
        else wprintf(L" %ls=(%lu bytes)", name, bytes);
      }
      wprintf(L"\n");
      return;
    }
  }
  wprintf(L"event %hu level %u keyword 0x%I64x, %u bytes", d.Id, d.Level, d.Keyword, record->UserDataLength);
  if (record->UserDataLength > sizeof(ULONG)) {
    auto bytes = static_cast<const BYTE*>(record->UserData);
    wprintf(L": %lu %ls", *reinterpret_cast<const ULONG*>(bytes), reinterpret_cast<const wchar_t*>(bytes + sizeof(ULONG)));
  }
  wprintf(L"\n");
}

static bool ParseGuid(const wchar_t* text, GUID* guid) {
  unsigned a, b, c, d[8];
  if (*text == L'{') ++text;
  if (swscanf_s(text, L"%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6], &d[7]) != 11) return false;
  guid->Data1 = a;
  guid->Data2 = static_cast<USHORT>(b);
  guid->Data3 = static_cast<USHORT>(c);
  for (int i = 0; i < 8; ++i) guid->Data4[i] = static_cast<UCHAR>(d[i]);
  return true;
}

int wmain(int argc, wchar_t** argv) {
  GUID provider;
  if (argc < 2 || !ParseGuid(argv[1], &provider)) {
    fwprintf(stderr, L"usage: %ls {guid} [level] [keywords]\n", argv[0]);
    return 1;
  }
  const UCHAR level = static_cast<UCHAR>(argc > 2 ? wcstoul(argv[2], nullptr, 0) : TRACE_LEVEL_VERBOSE);
  const ULONGLONG keywords = argc > 3 ? wcstoull(argv[3], nullptr, 0) : 0;

  auto properties = MakeProperties();
  ULONG status = StartTraceW(&g_session, kSession, &properties->props);
  if (status == ERROR_ALREADY_EXISTS) {
    ControlTraceW(0, kSession, &properties->props, EVENT_TRACE_CONTROL_STOP);
    properties = MakeProperties();
    status = StartTraceW(&g_session, kSession, &properties->props);
  }
  if (status != ERROR_SUCCESS) return fwprintf(stderr, L"StartTrace: %lu\n", status), 1;
  SetConsoleCtrlHandler(OnControl, TRUE);

  ENABLE_TRACE_PARAMETERS parameters = {};
  parameters.Version = ENABLE_TRACE_PARAMETERS_VERSION_2;
  status = EnableTraceEx2(g_session, &provider, EVENT_CONTROL_CODE_ENABLE_PROVIDER, level, keywords, 0, 0, &parameters);
  if (status != ERROR_SUCCESS) fwprintf(stderr, L"EnableTraceEx2: %lu\n", status);

  int count = 0;
  EVENT_TRACE_LOGFILEW logfile = {};
  logfile.LoggerName = const_cast<LPWSTR>(kSession);
  logfile.ProcessTraceMode = PROCESS_TRACE_MODE_REAL_TIME | PROCESS_TRACE_MODE_EVENT_RECORD;
  logfile.EventRecordCallback = OnEvent;
  logfile.Context = &count;
  TRACEHANDLE trace = OpenTraceW(&logfile);
  if (trace == INVALID_PROCESSTRACE_HANDLE) return fwprintf(stderr, L"OpenTrace: %lu\n", GetLastError()), 1;
  wprintf(L"listening\n");
  status = ProcessTrace(&trace, 1, nullptr, nullptr);
  CloseTrace(trace);
  wprintf(L"%d event(s), status %lu\n", count, status);
  return status == ERROR_SUCCESS ? 0 : 1;
}
