// Etw... and Event...: providers of events, in kernel and user mode.
#include <drydock_etw.h>
#include <fmt/format.h>

#include <cstring>

#include "nt/etw/manifest.h"
#include "nt/etw/state.h"
#include "nt/thread.h"

namespace drydock::nt::etw {
namespace {

constexpr uint8_t kProviderMetadata = 2, kEventMetadata = 1;  // EVENT_DATA_DESCRIPTOR_TYPE_...
constexpr ULONG kInvalidParameter = 87, kInvalidHandle = 6;   // ERROR_...

std::shared_ptr<Provider> Find(Kernel& kernel, REGHANDLE handle) {
  rt::LockGuard guard(kernel.etw->lock);
  const auto at = kernel.etw->providers.find(handle);
  return at == kernel.etw->providers.end() || at->second->module ? nullptr : at->second;
}

NTSTATUS RegisterProvider(LPCGUID guid, PETWENABLECALLBACK callback, PVOID context, PREGHANDLE handle) {
  if (guid == nullptr || handle == nullptr) return STATUS_INVALID_PARAMETER;
  Kernel& kernel = CurrentKernel();
  auto provider = std::make_shared<Provider>();
  provider->guid = *guid;
  provider->callback = callback;
  provider->context = context;
  const auto description = FindDescription(kernel, *guid);
  provider->name = description ? description->name : GuidText(*guid);
  Register(kernel, std::move(provider), handle);
  return STATUS_SUCCESS;
}

NTSTATUS UnregisterProvider(REGHANDLE handle) {
  Kernel& kernel = CurrentKernel();
  if (!Find(kernel, handle)) return STATUS_INVALID_HANDLE;
  return Unregister(kernel, handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

BOOLEAN Enabled(REGHANDLE handle, uint8_t level, uint64_t keyword) {
  Kernel& kernel = CurrentKernel();
  rt::LockGuard guard(kernel.etw->lock);
  const auto at = kernel.etw->providers.find(handle);
  return at != kernel.etw->providers.end() && LetsThrough(at->second->now, level, keyword);
}

GUID& ActivityOf(State& state) RT_REQUIRES(state.lock) { return state.activities[CurrentThread().thread_id]; }

NTSTATUS ControlActivity(ULONG code, LPGUID id) {
  if (id == nullptr) return STATUS_INVALID_PARAMETER;
  State& state = *CurrentKernel().etw;
  rt::LockGuard guard(state.lock);
  auto create = [&]() RT_REQUIRES(state.lock) {
    GUID made = {};
    made.Data1 = static_cast<ULONG>(++state.last_activity);
    made.Data4[0] = 0x80;
    return made;
  };
  GUID& current = ActivityOf(state);
  const GUID given = *id;
  switch (code) {
    case EVENT_ACTIVITY_CTRL_GET_ID: *id = current; return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_SET_ID: current = given; return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_ID: *id = create(); return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
      *id = current;
      current = given;
      return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID:
      *id = current;
      current = create();
      return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
  }
}

NTSTATUS Write(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, LPCGUID activity, LPCGUID related, ULONG count, PEVENT_DATA_DESCRIPTOR data,
               const char* function, const char* file, int line, const std::string* text = nullptr) {
  constexpr ULONG kMaxDescriptors = 128;  // MAX_EVENT_DATA_DESCRIPTORS
  constexpr size_t kMaxBytes = 64 * 1024;
  if (descriptor == nullptr || (count != 0 && data == nullptr) || count > kMaxDescriptors) return STATUS_INVALID_PARAMETER;
  Kernel& kernel = CurrentKernel();
  const std::shared_ptr<Provider> provider = Find(kernel, handle);
  if (!provider) return STATUS_INVALID_HANDLE;
  Event event;
  event.sessions = Listeners(kernel, *provider, descriptor->Level, descriptor->Keyword);
  if (event.sessions == 0) return STATUS_SUCCESS;
  event.source = Source::kEtw;
  event.guid = provider->guid;
  event.provider = provider->name;
  event.driver = provider->driver;
  event.level = descriptor->Level;
  event.keyword = descriptor->Keyword;
  event.id = descriptor->Id;
  event.version = descriptor->Version;
  event.channel = descriptor->Channel;
  event.opcode = descriptor->Opcode;
  event.event_task = descriptor->Task;
  if (activity) {
    event.activity = *activity;
  } else {
    rt::LockGuard guard(kernel.etw->lock);
    const auto at = kernel.etw->activities.find(CurrentThread().thread_id);
    if (at != kernel.etw->activities.end()) event.activity = at->second;
  }
  if (related) event.related = *related;
  if (function) event.function = function;
  if (file) {
    const std::string_view path = file;
    event.file = path.substr(path.find_last_of("/\\") + 1);
    event.line = line;
  }
  if (text) {
    event.text = *text;
    Describe(event, nullptr, {});
    event.text = *text;
  } else {
    std::string bytes;
    for (ULONG i = 0; i < count; ++i) {
      if (data[i].Type == kProviderMetadata || data[i].Type == kEventMetadata) continue;
      bytes.append(reinterpret_cast<const char*>(static_cast<uintptr_t>(data[i].Ptr)), data[i].Size);
      if (bytes.size() > kMaxBytes) return STATUS_INTEGER_OVERFLOW;  // as ETW refuses an event above 64 KB
    }
    Describe(event, FindDescription(kernel, provider->guid).get(), bytes);
    event.data = std::move(bytes);
  }
  Record(kernel, std::move(event));
  return STATUS_SUCCESS;
}

NTSTATUS WriteText(REGHANDLE handle, UCHAR level, ULONGLONG keyword, LPCGUID activity, PCWSTR string) {
  if (string == nullptr) return STATUS_INVALID_PARAMETER;
  EVENT_DESCRIPTOR descriptor = {};
  descriptor.Level = level;
  descriptor.Keyword = keyword;
  size_t length = 0;
  while (string[length] != 0) ++length;
  std::string_view bytes(reinterpret_cast<const char*>(string), (length + 1) * sizeof(WCHAR));
  uint64_t number;
  const std::string text = TakeValue(bytes, "win:UnicodeString", "", nullptr, -1, &number);
  return Write(handle, &descriptor, activity, nullptr, 0, nullptr, nullptr, nullptr, 0, &text);
}

ULONG Win32(NTSTATUS status) {
  return NT_SUCCESS(status) ? 0 : status == STATUS_INVALID_HANDLE ? kInvalidHandle : status == STATUS_INTEGER_OVERFLOW ? 534 : kInvalidParameter;
}

}  // namespace

extern "C" {

NTSTATUS EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext, PREGHANDLE RegHandle) {
  return RegisterProvider(ProviderId, EnableCallback, CallbackContext, RegHandle);
}
NTSTATUS EtwUnregister(REGHANDLE RegHandle) { return UnregisterProvider(RegHandle); }
NTSTATUS EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass, PVOID, ULONG) {
  if (!Find(CurrentKernel(), RegHandle)) return STATUS_INVALID_HANDLE;
  return InformationClass < MaxEventInfo ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;  // traits name groups, which no session here asks for
}
BOOLEAN EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor) {
  return Enabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}
BOOLEAN EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword) { return Enabled(RegHandle, Level, Keyword); }
NTSTATUS EtwActivityIdControl(ULONG ControlCode, LPGUID ActivityId) { return ControlActivity(ControlCode, ActivityId); }
NTSTATUS EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return Write(RegHandle, EventDescriptor, ActivityId, nullptr, UserDataCount, UserData, nullptr, nullptr, 0);
}
NTSTATUS EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64, ULONG, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                    ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return Write(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, nullptr, nullptr, 0);
}
NTSTATUS EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                          PEVENT_DATA_DESCRIPTOR UserData) {
  return Write(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, nullptr, nullptr, 0);
}
NTSTATUS EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId, PCWSTR String) {
  return WriteText(RegHandle, Level, Keyword, ActivityId, String);
}
ULONG DrydockEtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                      PEVENT_DATA_DESCRIPTOR UserData, const char* Function, const char* File, int Line) {
  return static_cast<ULONG>(Write(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, Function, File, Line));
}

ULONG EventRegister(LPCGUID ProviderId, PENABLECALLBACK EnableCallback, PVOID CallbackContext, PREGHANDLE RegHandle) {
  return Win32(RegisterProvider(ProviderId, EnableCallback, CallbackContext, RegHandle));
}
ULONG EventUnregister(REGHANDLE RegHandle) { return Win32(UnregisterProvider(RegHandle)); }
ULONG EventSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass, PVOID EventInformation, ULONG InformationLength) {
  return Win32(EtwSetInformation(RegHandle, InformationClass, EventInformation, InformationLength));
}
BOOLEAN EventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor) {
  return Enabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}
BOOLEAN EventProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword) { return Enabled(RegHandle, Level, Keyword); }
ULONG EventActivityIdControl(ULONG ControlCode, LPGUID ActivityId) { return Win32(ControlActivity(ControlCode, ActivityId)); }
ULONG EventWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return Win32(Write(RegHandle, EventDescriptor, nullptr, nullptr, UserDataCount, UserData, nullptr, nullptr, 0));
}
ULONG EventWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                         PEVENT_DATA_DESCRIPTOR UserData) {
  return Win32(Write(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, nullptr, nullptr, 0));
}
ULONG EventWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64, ULONG, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                   ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return Win32(Write(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, nullptr, nullptr, 0));
}
ULONG EventWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, PCWSTR String) {
  return Win32(WriteText(RegHandle, Level, Keyword, nullptr, String));
}

}  // extern "C"

}  // namespace drydock::nt::etw
