// The trace data helper, over the descriptions of manifests that images bring (nt/etw/manifest).
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nt/etw/manifest.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

#include <evntrace.h>
#include <drydock_trace_sessions.h>
#include <tdh.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

USHORT TypeOf(const std::string& in) {
  static constexpr struct {
    const char* name;
    TDH_IN_TYPE type;
  } kTypes[] = {{"win:UnicodeString", TDH_INTYPE_UNICODESTRING}, {"win:AnsiString", TDH_INTYPE_ANSISTRING}, {"win:Int8", TDH_INTYPE_INT8},
                {"win:UInt8", TDH_INTYPE_UINT8},       {"win:Int16", TDH_INTYPE_INT16},       {"win:UInt16", TDH_INTYPE_UINT16},
                {"win:Int32", TDH_INTYPE_INT32},       {"win:UInt32", TDH_INTYPE_UINT32},     {"win:Int64", TDH_INTYPE_INT64},
                {"win:UInt64", TDH_INTYPE_UINT64},     {"win:Float", TDH_INTYPE_FLOAT},       {"win:Double", TDH_INTYPE_DOUBLE},
                {"win:Boolean", TDH_INTYPE_BOOLEAN},   {"win:Binary", TDH_INTYPE_BINARY},     {"win:GUID", TDH_INTYPE_GUID},
                {"win:Pointer", TDH_INTYPE_POINTER},   {"win:FILETIME", TDH_INTYPE_FILETIME}, {"win:SYSTEMTIME", TDH_INTYPE_SYSTEMTIME},
                {"win:SID", TDH_INTYPE_SID},           {"win:HexInt32", TDH_INTYPE_HEXINT32}, {"win:HexInt64", TDH_INTYPE_HEXINT64}};
  for (const auto& each : kTypes)
    if (in == each.name) return each.type;
  return TDH_INTYPE_NULL;
}

struct Known {
  std::shared_ptr<const etw::Description> description;
  const etw::Description::Event* event = nullptr;
  const std::vector<etw::FieldDescription>* fields = nullptr;  // null: none
};

ULONG Find(const EVENT_RECORD* record, Known* known) {
  LeaveIfEnded();
  if (record == nullptr) return ERROR_INVALID_PARAMETER;
  known->description = etw::FindDescription(CurrentKernel(), record->EventHeader.ProviderId);
  if (!known->description) return ERROR_NOT_FOUND;
  const auto& descriptor = record->EventHeader.EventDescriptor;
  const auto event = known->description->events.find({descriptor.Id, descriptor.Version});
  if (event == known->description->events.end()) return ERROR_NOT_FOUND;
  known->event = &event->second;
  const auto layout = known->description->layouts.find(event->second.layout);
  if (layout != known->description->layouts.end()) known->fields = &layout->second;
  return ERROR_SUCCESS;
}

// Structures first, texts behind them; offsets from the front.
class Builder {
 public:
  explicit Builder(size_t front) : room_(front) {}
  ULONG Put(const std::string& text) {
    if (text.empty()) return 0;
    const auto offset = static_cast<ULONG>(room_.size());
    const std::u16string wide = ob::ToUtf16(text);
    room_.resize(room_.size() + (wide.size() + 1) * sizeof(char16_t));
    std::memcpy(room_.data() + offset, wide.c_str(), (wide.size() + 1) * sizeof(char16_t));
    return offset;
  }
  const std::vector<char>& room() const { return room_; }

 private:
  std::vector<char> room_;
};

template <class Map>
std::string NameIn(const Map& names, uint64_t number) {
  const auto found = names.find(number);
  return found == names.end() ? std::string() : found->second;
}

uint64_t LengthOf(const std::string& text, const std::map<std::string, uint64_t>& numbers, bool* given) {
  *given = !text.empty();
  const auto earlier = numbers.find(text);
  return earlier != numbers.end() ? earlier->second : std::strtoull(text.c_str(), nullptr, 0);
}

// The bytes of one property.
ULONG BytesOf(const EVENT_RECORD* record, ULONG count, const PROPERTY_DATA_DESCRIPTOR* asked, std::string_view* bytes) {
  Known known;
  if (const ULONG error = Find(record, &known)) return error;
  if (count == 0 || asked == nullptr || asked->PropertyName == 0) return ERROR_INVALID_PARAMETER;
  if (count != 1) return ERROR_NOT_SUPPORTED;
  const std::string name = ob::ToUtf8(reinterpret_cast<const char16_t*>(static_cast<uintptr_t>(asked->PropertyName)));
  std::string_view data(static_cast<const char*>(record->UserData), record->UserDataLength);
  std::map<std::string, uint64_t> numbers;
  for (const etw::FieldDescription& field : known.fields != nullptr ? *known.fields : std::vector<etw::FieldDescription>()) {
    if (!field.members.empty() || !field.count.empty()) return ERROR_NOT_SUPPORTED;
    bool given;
    const uint64_t length = LengthOf(field.length, numbers, &given);
    uint64_t number = 0;
    const std::string_view before = data;
    etw::TakeValue(data, field.in, field.out, nullptr, given ? static_cast<int64_t>(length) : -1, &number);
    numbers[field.name] = number;
    if (field.name != name) continue;
    *bytes = before.substr(0, before.size() - data.size());
    return ERROR_SUCCESS;
  }
  return ERROR_NOT_FOUND;
}

}  // namespace

extern "C" {

TDHSTATUS TdhGetEventInformation(PEVENT_RECORD Event, ULONG, PTDH_CONTEXT, PTRACE_EVENT_INFO Buffer, ULONG* BufferSize) {
  Known known;
  if (BufferSize == nullptr) return ERROR_INVALID_PARAMETER;
  if (const ULONG error = Find(Event, &known)) return error;
  const size_t count = known.fields != nullptr ? known.fields->size() : 0;
  const etw::Description& from = *known.description;
  const EVENT_DESCRIPTOR& descriptor = Event->EventHeader.EventDescriptor;
  Builder builder(offsetof(TRACE_EVENT_INFO, EventPropertyInfoArray) + (count != 0 ? count : 1) * sizeof(EVENT_PROPERTY_INFO));
  TRACE_EVENT_INFO info = {};
  info.ProviderGuid = Event->EventHeader.ProviderId;
  info.EventDescriptor = descriptor;
  info.DecodingSource = DecodingSourceXMLFile;
  info.ProviderNameOffset = builder.Put(from.name);
  info.LevelNameOffset = builder.Put(NameIn(from.levels, descriptor.Level));
  info.ChannelNameOffset = builder.Put(NameIn(from.channels, descriptor.Channel));
  info.TaskNameOffset = builder.Put(NameIn(from.tasks, descriptor.Task));
  info.OpcodeNameOffset = builder.Put(NameIn(from.opcodes, descriptor.Opcode));
  info.EventMessageOffset = builder.Put(known.event->message);
  info.EventNameOffset = builder.Put(known.event->symbol);
  info.PropertyCount = info.TopLevelPropertyCount = static_cast<ULONG>(count);
  info.Flags = TEMPLATE_EVENT_DATA;
  std::vector<EVENT_PROPERTY_INFO> properties(count);
  for (size_t i = 0; i < count; ++i) {
    const etw::FieldDescription& field = (*known.fields)[i];
    EVENT_PROPERTY_INFO& property = properties[i];
    int flags = field.members.empty() ? 0 : PropertyStruct;
    property.NameOffset = builder.Put(field.name);
    property.nonStructType.InType = TypeOf(field.in);
    property.nonStructType.MapNameOffset = builder.Put(field.map);
    property.count = 1;
    const auto refer = [&](const std::string& text, USHORT* value, int flag) {
      if (text.empty()) return;
      *value = static_cast<USHORT>(std::strtoul(text.c_str(), nullptr, 0));
      for (size_t earlier = 0; earlier < i; ++earlier) {
        if ((*known.fields)[earlier].name != text) continue;
        *value = static_cast<USHORT>(earlier);
        flags |= flag;
      }
    };
    refer(field.count, &property.count, PropertyParamCount);
    refer(field.length, &property.length, PropertyParamLength);
    property.Flags = static_cast<PROPERTY_FLAGS>(flags);
  }
  const auto needed = static_cast<ULONG>(builder.room().size());
  const bool fits = Buffer != nullptr && *BufferSize >= needed;
  *BufferSize = needed;
  if (!fits) return ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(static_cast<void*>(Buffer), builder.room().data(), needed);
  std::memcpy(static_cast<void*>(Buffer), &info, offsetof(TRACE_EVENT_INFO, EventPropertyInfoArray));
  if (count != 0) std::memcpy(Buffer->EventPropertyInfoArray, properties.data(), count * sizeof(EVENT_PROPERTY_INFO));
  return ERROR_SUCCESS;
}

TDHSTATUS TdhGetPropertySize(PEVENT_RECORD Event, ULONG, PTDH_CONTEXT, ULONG PropertyDataCount, PPROPERTY_DATA_DESCRIPTOR PropertyData,
                             ULONG* PropertySize) {
  std::string_view bytes;
  if (PropertySize == nullptr) return ERROR_INVALID_PARAMETER;
  if (const ULONG error = BytesOf(Event, PropertyDataCount, PropertyData, &bytes)) return error;
  *PropertySize = static_cast<ULONG>(bytes.size());
  return ERROR_SUCCESS;
}
TDHSTATUS TdhGetProperty(PEVENT_RECORD Event, ULONG, PTDH_CONTEXT, ULONG PropertyDataCount, PPROPERTY_DATA_DESCRIPTOR PropertyData,
                         ULONG BufferSize, PBYTE Buffer) {
  std::string_view bytes;
  if (Buffer == nullptr) return ERROR_INVALID_PARAMETER;
  if (const ULONG error = BytesOf(Event, PropertyDataCount, PropertyData, &bytes)) return error;
  if (BufferSize < bytes.size()) return ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(Buffer, bytes.data(), bytes.size());
  return ERROR_SUCCESS;
}

}  // extern "C"
