// Trace sessions that applications make, over the machine's trace (nt/etw): a session here is one there, and what it hears is read from the
// machine's record. A consumer looks for news as often as Windows' session writes its buffers to one at the latest (a second), and oftener.
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "nt/etw/state.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

#include <evntrace.h>
#include <drydock_trace_sessions.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr LONGLONG kLook = 10 * 10'000;  // 10 ms

struct Consumer {
  size_t session = 0;
  std::string name;
  uint64_t seen = 0;
  PEVENT_RECORD_CALLBACK record = nullptr;
  PEVENT_CALLBACK event = nullptr;
  EVENT_TRACE_LOGFILEW wide = {};
  EVENT_TRACE_LOGFILEA narrow = {};
  void* context = nullptr;
  std::atomic<bool> closed{false}, processing{false};
};

Program& Caller(const char* function) {
  Program& program = ProgramFor(function);
  LeaveIfEnded();
  return program;
}

// The name behind LoggerNameOffset, as far as there is room.
void GiveName(EVENT_TRACE_PROPERTIES* properties, const std::string& name, bool wide) {
  const ULONG offset = properties->LoggerNameOffset;
  if (offset < sizeof *properties || offset >= properties->Wnode.BufferSize) return;
  char* at = reinterpret_cast<char*>(properties) + offset;
  const size_t room = properties->Wnode.BufferSize - offset;
  const std::u16string text = ob::ToUtf16(name);
  if (wide && room >= (text.size() + 1) * 2) std::memcpy(at, text.c_str(), (text.size() + 1) * 2);
  if (!wide && room >= name.size() + 1) std::memcpy(at, name.c_str(), name.size() + 1);
}

std::string SessionName(Kernel& kernel, size_t index) {
  rt::LockGuard guard(kernel.etw->lock);
  return index != 0 && index < kernel.etw->sessions.size() ? kernel.etw->sessions[index].name : std::string();
}

ULONG Start(PTRACEHANDLE handle, const std::string& name, PEVENT_TRACE_PROPERTIES properties, bool wide) {
  Kernel& kernel = *Caller("StartTrace").kernel;
  if (handle == nullptr || properties == nullptr || name.empty()) return ERROR_INVALID_PARAMETER;
  if (properties->Wnode.BufferSize < sizeof *properties) return ERROR_BAD_LENGTH;
  if (properties->LoggerNameOffset < sizeof *properties || properties->LoggerNameOffset >= properties->Wnode.BufferSize) return ERROR_INVALID_PARAMETER;
  if (!(properties->LogFileMode & EVENT_TRACE_REAL_TIME_MODE) || name == KERNEL_LOGGER_NAMEA ||
      (properties->LogFileMode & (EVENT_TRACE_SYSTEM_LOGGER_MODE | EVENT_TRACE_PRIVATE_LOGGER_MODE))) {
    DbgPrint("StartTrace(%s) is refused: sessions of applications are in real time (EVENT_TRACE_REAL_TIME_MODE); log files, private and kernel "
             "loggers are not there.\n", name.c_str());
    return ERROR_NOT_SUPPORTED;
  }
  if (name == "machine" || etw::FindSession(kernel, name, false) != etw::kMaxSessions) return ERROR_ALREADY_EXISTS;
  const size_t index = etw::FindSession(kernel, name, true);
  if (index >= etw::kMaxSessions) return ERROR_NO_SYSTEM_RESOURCES;
  GiveName(properties, name, wide);
  properties->Wnode.HistoricalContext = index;
  *handle = index;
  return ERROR_SUCCESS;
}

ULONG Control(TRACEHANDLE handle, const std::string& name, PEVENT_TRACE_PROPERTIES properties, ULONG code, bool wide) {
  Kernel& kernel = *Caller("ControlTrace").kernel;
  if (properties == nullptr || code > EVENT_TRACE_CONTROL_FLUSH) return ERROR_INVALID_PARAMETER;
  if (properties->Wnode.BufferSize < sizeof *properties) return ERROR_BAD_LENGTH;
  const size_t index = name.empty() ? static_cast<size_t>(handle) : etw::FindSession(kernel, name, false);
  const std::string found = SessionName(kernel, index);
  if (found.empty()) return ERROR_WMI_INSTANCE_NOT_FOUND;
  GiveName(properties, found, wide);
  properties->Wnode.HistoricalContext = index;
  properties->LogFileMode = EVENT_TRACE_REAL_TIME_MODE;
  {
    rt::LockGuard guard(kernel.etw->lock);
    properties->EventsLost = static_cast<ULONG>(kernel.etw->lost);
  }
  if (code == EVENT_TRACE_CONTROL_STOP) etw::StopSession(kernel, index);
  return ERROR_SUCCESS;
}

ULONG Enable(TRACEHANDLE handle, LPCGUID provider, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all) {
  Kernel& kernel = *Caller("EnableTraceEx2").kernel;
  if (provider == nullptr || code > EVENT_CONTROL_CODE_CAPTURE_STATE) return ERROR_INVALID_PARAMETER;
  if (SessionName(kernel, static_cast<size_t>(handle)).empty()) return ERROR_INVALID_HANDLE;
  const std::string guid = etw::GuidText(*provider);
  if (code == EVENT_CONTROL_CODE_CAPTURE_STATE) {
    etw::CaptureState(kernel, guid);
    return ERROR_SUCCESS;
  }
  etw::Enablement wanted;
  wanted.on = code == EVENT_CONTROL_CODE_ENABLE_PROVIDER;
  if (wanted.on) {
    wanted.level = level;
    wanted.any = any;
    wanted.all = all;
  }
  etw::Enable(kernel, static_cast<size_t>(handle), guid, wanted);
  return ERROR_SUCCESS;
}

template <class Logfile>
std::shared_ptr<Consumer> Open(const Logfile* logfile, const std::string& name) {
  Kernel& kernel = *Caller("OpenTrace").kernel;
  const auto fail = [](DWORD error) -> std::shared_ptr<Consumer> {
    CurrentThread().last_error = error;
    return nullptr;
  };
  if (logfile->LogFileName != nullptr || !(logfile->ProcessTraceMode & PROCESS_TRACE_MODE_REAL_TIME)) {
    DbgPrint("OpenTrace is refused: log files are not there; sessions in real time are (PROCESS_TRACE_MODE_REAL_TIME).\n");
    return fail(ERROR_NOT_SUPPORTED);
  }
  const size_t index = name.empty() ? etw::kMaxSessions : etw::FindSession(kernel, name, false);
  if (index == 0 || index >= etw::kMaxSessions) return fail(ERROR_WMI_INSTANCE_NOT_FOUND);
  auto consumer = std::make_shared<Consumer>();
  consumer->session = index;
  consumer->name = name;
  consumer->context = logfile->Context;
  if (logfile->ProcessTraceMode & PROCESS_TRACE_MODE_EVENT_RECORD) consumer->record = logfile->EventRecordCallback;
  else consumer->event = logfile->EventCallback;
  rt::LockGuard guard(kernel.etw->lock);
  consumer->seen = kernel.etw->sessions[index].since;
  return consumer;
}

// The time of day of an event.
LONGLONG TimeOf(Kernel& kernel, const etw::Event& event) {
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  return now.QuadPart - (kernel.executor.InterruptTime() - event.time);
}

void Deliver(Kernel& kernel, Consumer& consumer, const etw::Event& event) {
  const bool text_only = event.source != etw::Source::kEtw || event.data.empty();
  std::u16string text;
  std::string bytes = event.data;
  if (text_only && (event.source != etw::Source::kEtw || event.name.empty())) text = ob::ToUtf16(event.text);
  void* data = text.empty() ? static_cast<void*>(bytes.data()) : text.data();
  const size_t size = text.empty() ? bytes.size() : (text.size() + 1) * sizeof(char16_t);
  if (consumer.record != nullptr) {
    EVENT_RECORD record = {};
    record.EventHeader.Size = sizeof(EVENT_HEADER);
    record.EventHeader.Flags = EVENT_HEADER_FLAG_64_BIT_HEADER;
    if (!text.empty()) record.EventHeader.Flags |= EVENT_HEADER_FLAG_STRING_ONLY;
    if (event.source == etw::Source::kWpp) record.EventHeader.Flags |= EVENT_HEADER_FLAG_TRACE_MESSAGE;
    record.EventHeader.ThreadId = event.task;
    record.EventHeader.ProcessId = 4;
    record.EventHeader.TimeStamp.QuadPart = TimeOf(kernel, event);
    record.EventHeader.ProviderId = event.guid;
    record.EventHeader.EventDescriptor = {event.id, event.version, event.channel, event.level, event.opcode, event.event_task, event.keyword};
    record.EventHeader.ActivityId = event.activity;
    record.BufferContext.ProcessorNumber = static_cast<UCHAR>(event.processor);
    record.BufferContext.LoggerId = static_cast<USHORT>(consumer.session);
    record.UserDataLength = static_cast<USHORT>(size);
    record.UserData = size != 0 ? data : nullptr;
    record.UserContext = consumer.context;
    consumer.record(&record);
  } else if (consumer.event != nullptr) {
    EVENT_TRACE trace = {};
    trace.Header.Size = sizeof trace.Header;
    trace.Header.Class.Type = event.opcode;
    trace.Header.Class.Level = event.level;
    trace.Header.Class.Version = event.version;
    trace.Header.ThreadId = event.task;
    trace.Header.ProcessId = 4;
    trace.Header.TimeStamp.QuadPart = TimeOf(kernel, event);
    trace.Header.Guid = event.guid;
    trace.MofData = size != 0 ? data : nullptr;
    trace.MofLength = static_cast<ULONG>(size);
    consumer.event(&trace);
  }
}

// What is new. False: the session is over, and nothing is left of it.
bool DeliverNews(Kernel& kernel, Consumer& consumer, bool* any) {
  const bool alive = SessionName(kernel, consumer.session) == consumer.name;
  for (const auto& event : etw::Events(kernel)) {
    if (event->number <= consumer.seen) continue;
    consumer.seen = event->number;
    if (event->source == etw::Source::kPrint || (event->sessions >> consumer.session & 1) == 0) continue;
    *any = true;
    Deliver(kernel, consumer, *event);
    LeaveIfEnded();
    if (consumer.closed) return false;
  }
  return alive;
}

// The buffer callback's FALSE ends the consumer.
bool GoesOn(Consumer& consumer) {
  if (consumer.wide.BufferCallback != nullptr) {
    ++consumer.wide.BuffersRead;
    return consumer.wide.BufferCallback(&consumer.wide) != FALSE;
  }
  if (consumer.narrow.BufferCallback != nullptr) {
    ++consumer.narrow.BuffersRead;
    return consumer.narrow.BufferCallback(&consumer.narrow) != FALSE;
  }
  return true;
}

std::shared_ptr<Consumer> ConsumerOf(Program& program, TRACEHANDLE handle) {
  return std::static_pointer_cast<Consumer>(FindThing(program, reinterpret_cast<void*>(static_cast<uintptr_t>(handle))));
}

TRACEHANDLE Opened(std::shared_ptr<Consumer> consumer) {
  if (!consumer) return INVALID_PROCESSTRACE_HANDLE;
  return reinterpret_cast<uintptr_t>(AddThing(ProgramFor("OpenTrace"), std::move(consumer)));
}

}  // namespace

extern "C" {

ULONG StartTraceW(PTRACEHANDLE TraceHandle, LPCWSTR InstanceName, PEVENT_TRACE_PROPERTIES Properties) {
  return Start(TraceHandle, InstanceName != nullptr ? ob::ToUtf8(InstanceName) : "", Properties, true);
}
ULONG StartTraceA(PTRACEHANDLE TraceHandle, LPCSTR InstanceName, PEVENT_TRACE_PROPERTIES Properties) {
  return Start(TraceHandle, InstanceName != nullptr ? InstanceName : "", Properties, false);
}
ULONG ControlTraceW(TRACEHANDLE TraceHandle, LPCWSTR InstanceName, PEVENT_TRACE_PROPERTIES Properties, ULONG ControlCode) {
  return Control(TraceHandle, InstanceName != nullptr ? ob::ToUtf8(InstanceName) : "", Properties, ControlCode, true);
}
ULONG ControlTraceA(TRACEHANDLE TraceHandle, LPCSTR InstanceName, PEVENT_TRACE_PROPERTIES Properties, ULONG ControlCode) {
  return Control(TraceHandle, InstanceName != nullptr ? InstanceName : "", Properties, ControlCode, false);
}

ULONG EnableTrace(ULONG EnableIt, ULONG EnableFlag, ULONG EnableLevel, LPCGUID ControlGuid, TRACEHANDLE SessionHandle) {
  return Enable(SessionHandle, ControlGuid, EnableIt != 0, static_cast<UCHAR>(EnableLevel), EnableFlag, 0);
}
ULONG EnableTraceEx(LPCGUID ProviderId, LPCGUID, TRACEHANDLE TraceHandle, ULONG IsEnabled, UCHAR Level, ULONGLONG MatchAnyKeyword,
                    ULONGLONG MatchAllKeyword, ULONG, PEVENT_FILTER_DESCRIPTOR) {
  return Enable(TraceHandle, ProviderId, IsEnabled, Level, MatchAnyKeyword, MatchAllKeyword);
}
ULONG EnableTraceEx2(TRACEHANDLE TraceHandle, LPCGUID ProviderId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAnyKeyword,
                     ULONGLONG MatchAllKeyword, ULONG, PENABLE_TRACE_PARAMETERS) {
  return Enable(TraceHandle, ProviderId, ControlCode, Level, MatchAnyKeyword, MatchAllKeyword);
}

TRACEHANDLE OpenTraceW(PEVENT_TRACE_LOGFILEW Logfile) {
  auto consumer = Open(Logfile, Logfile->LoggerName != nullptr ? ob::ToUtf8(Logfile->LoggerName) : "");
  if (consumer) consumer->wide = *Logfile;
  return Opened(std::move(consumer));
}
TRACEHANDLE OpenTraceA(PEVENT_TRACE_LOGFILEA Logfile) {
  auto consumer = Open(Logfile, Logfile->LoggerName != nullptr ? Logfile->LoggerName : "");
  if (consumer) consumer->narrow = *Logfile;
  return Opened(std::move(consumer));
}

ULONG ProcessTrace(PTRACEHANDLE HandleArray, ULONG HandleCount, LPFILETIME, LPFILETIME) {
  Program& program = Caller("ProcessTrace");
  if (HandleArray == nullptr || HandleCount != 1) return HandleArray == nullptr || HandleCount == 0 ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED;
  const auto consumer = ConsumerOf(program, HandleArray[0]);
  if (!consumer) return ERROR_INVALID_HANDLE;
  if (consumer->processing.exchange(true)) return ERROR_BUSY;
  for (;;) {
    bool any = false;
    const bool alive = DeliverNews(*program.kernel, *consumer, &any);
    if (any && !consumer->closed && !GoesOn(*consumer)) break;
    if (!alive || consumer->closed) break;
    Sleep(static_cast<DWORD>(kLook / 10'000));
  }
  consumer->processing = false;
  return ERROR_SUCCESS;
}

ULONG CloseTrace(TRACEHANDLE TraceHandle) {
  Program& program = Caller("CloseTrace");
  const auto consumer = ConsumerOf(program, TraceHandle);
  if (!consumer) return ERROR_INVALID_HANDLE;
  consumer->closed = true;
  DropThing(program, reinterpret_cast<void*>(static_cast<uintptr_t>(TraceHandle)));
  return consumer->processing ? ERROR_CTX_CLOSE_PENDING : ERROR_SUCCESS;
}

}  // extern "C"
