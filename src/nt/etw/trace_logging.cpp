// TraceLogging: what sdk/shared/TraceLoggingProvider.h calls. The events describe themselves.
#include <TraceLoggingProvider.h>
#include <fmt/format.h>

#include "nt/etw/manifest.h"
#include "nt/etw/state.h"
#include "nt/thread.h"

namespace drydock::nt::etw {
namespace {

std::string ValueText(const DRYDOCK_TLG_FIELD& field) {
  uint64_t number = 0;
  if (field.Kind == DRYDOCK_TLG_REAL) return fmt::format("{}", field.Real);
  if (field.Kind == DRYDOCK_TLG_NUMBER) {
    std::string_view bytes(reinterpret_cast<const char*>(&field.Number), sizeof field.Number);
    return TakeValue(bytes, field.Type, field.Out, nullptr, -1, &number);
  }
  if (field.Data == nullptr) return field.Size == 0 && field.Count < 0 ? "" : "NULL";
  std::string_view bytes(static_cast<const char*>(field.Data), field.Size);
  if (field.Count < 0) {
    const bool wide = std::string_view(field.Type) == "win:UnicodeString";
    return TakeValue(bytes, field.Type, field.Out, nullptr, static_cast<int64_t>(wide ? field.Size / 2 : field.Size), &number);
  }
  std::string text = "[";
  for (int i = 0; i < field.Count && !bytes.empty(); ++i)
    text += (i ? ", " : "") + TakeValue(bytes, field.Type, field.Out, nullptr, -1, &number);
  return text + "]";
}

}  // namespace

extern "C" {

void DrydockTraceLoggingRegister(DRYDOCK_TLG_PROVIDER* own) {
  if (own->Handle != 0) return;
  auto provider = std::make_shared<Provider>();
  provider->guid = own->Id;
  provider->name = own->Name;
  provider->callback = own->Callback;
  provider->context = own->Context;
  Register(CurrentKernel(), std::move(provider), &own->Handle);
}

void DrydockTraceLoggingUnregister(DRYDOCK_TLG_PROVIDER* own) {
  if (own->Handle != 0) Unregister(CurrentKernel(), own->Handle);
  own->Handle = 0;
}

void DrydockTraceLoggingWrite(const DRYDOCK_TLG_PROVIDER* own, const char* name, LPCGUID activity, LPCGUID related, const DRYDOCK_TLG_FIELD* fields,
                              unsigned count, const char* function, const char* file, int line) {
  Kernel& kernel = CurrentKernel();
  std::shared_ptr<const Provider> provider;
  {
    rt::LockGuard guard(kernel.etw->lock);
    if (const auto at = kernel.etw->providers.find(own->Handle); at != kernel.etw->providers.end()) provider = at->second;
  }
  if (!provider) return;
  Event event;
  event.level = kVerbose;
  for (unsigned i = 0; i < count; ++i) {
    if (fields[i].Kind == DRYDOCK_TLG_LEVEL) event.level = static_cast<uint8_t>(fields[i].Number);
    if (fields[i].Kind == DRYDOCK_TLG_KEYWORD) event.keyword |= fields[i].Number;
    if (fields[i].Kind == DRYDOCK_TLG_OPCODE) event.opcode = static_cast<uint8_t>(fields[i].Number);
  }
  event.sessions = Listeners(kernel, *provider, event.level, event.keyword);
  if (event.sessions == 0) return;
  event.source = Source::kTraceLogging;
  event.guid = provider->guid;
  event.provider = provider->name;
  event.channel = 11;
  if (activity) event.activity = *activity;
  if (related) event.related = *related;
  Describe(event, nullptr, {});
  event.name = name;
  event.text.clear();
  std::string structure;
  uint64_t members = 0;
  for (unsigned i = 0; i < count; ++i) {
    const DRYDOCK_TLG_FIELD& field = fields[i];
    if (field.Kind == DRYDOCK_TLG_STRUCT) {
      structure = std::string(field.Name) + ".";
      members = field.Number;
    }
    if (field.Kind < DRYDOCK_TLG_NUMBER) continue;
    event.fields.emplace_back((members ? structure : "") + field.Name, ValueText(field));
    if (members) --members;
    event.text += fmt::format("{}{}={}", event.text.empty() ? "" : " ", event.fields.back().first, event.fields.back().second);
  }
  event.function = function;
  const std::string_view path = file;
  event.file = path.substr(path.find_last_of("/\\") + 1);
  event.line = line;
  Record(kernel, std::move(event));
}

}  // extern "C"

}  // namespace drydock::nt::etw
