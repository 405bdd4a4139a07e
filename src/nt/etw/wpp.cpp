// What a driver's generated trace headers call: sdk/shared/drydock_wpp.h. Each control of a driver is a provider; each message an event.
#include <drydock_wpp.h>

#include <cstdarg>

#include "nt/dbg/wpp_text.h"
#include "nt/etw/state.h"
#include "nt/kernel.h"

namespace drydock::nt::etw {
namespace {

std::vector<dbg::WppType> CopyTypes(const DRYDOCK_WPP_MODULE& module) {
  std::vector<dbg::WppType> types;
  for (const DRYDOCK_WPP_TYPE* type = module.Types; type != nullptr && type->Name != nullptr; ++type) {
    dbg::WppType copy{type->Name, type->IsSet == 1, {}, {}};
    if (type->IsSet == DRYDOCK_WPP_ALIAS) {
      copy.alias = type->Words[0].Text;
      types.push_back(std::move(copy));
      continue;
    }
    for (const DRYDOCK_WPP_WORD* word = type->Words; word->Text != nullptr; ++word) copy.words.emplace_back(word->Value, word->Text);
    types.push_back(std::move(copy));
  }
  return types;
}

std::string FlagNames(const DRYDOCK_WPP_CONTROL& control, unsigned flags) {
  std::string names;
  for (unsigned bit = 0; bit < 32 && control.Bits[bit]; ++bit)
    if (flags & (1u << bit)) names += (names.empty() ? "" : "|") + std::string(control.Bits[bit]);
  return names;
}

void Stop(Kernel& kernel, const DRYDOCK_WPP_MODULE* module) {
  std::vector<uint64_t> handles;
  {
    rt::LockGuard guard(kernel.etw->lock);
    for (const auto& [handle, provider] : kernel.etw->providers)
      if (provider->module == module) handles.push_back(handle);
  }
  for (const uint64_t handle : handles) Unregister(kernel, handle);
}

void Start(Kernel& kernel, const DRYDOCK_WPP_MODULE* module, WppCallback callback) {
  Stop(kernel, module);  // a driver that starts twice is registered once
  const auto types = std::make_shared<const std::vector<dbg::WppType>>(CopyTypes(*module));
  for (unsigned i = 0; i < module->ControlCount; ++i) {
    DRYDOCK_WPP_CONTROL& control = module->Controls[i];
    auto provider = std::make_shared<Provider>();
    ReadGuid(control.Guid, &provider->guid);  // zero when it is none
    provider->name = control.Name;
    provider->driver = module->Driver;
    provider->module = module;
    provider->control = &control;
    provider->wpp_callback = callback;
    provider->types = types;
    Register(kernel, std::move(provider));
  }
}

}  // namespace

extern "C" {

void DrydockWppStart(const DRYDOCK_WPP_MODULE* module) { Start(CurrentKernel(), module, nullptr); }
void DrydockWppStartWith(const DRYDOCK_WPP_MODULE* module, DRYDOCK_WPP_ENABLE_CALLBACK* callback) {
  Start(CurrentKernel(), module, callback);
}
void DrydockWppStop(const DRYDOCK_WPP_MODULE* module) { Stop(CurrentKernel(), module); }

void DrydockWppMessage(const DRYDOCK_WPP_MODULE* module, unsigned number, unsigned flags, unsigned level, const char* func, const char* file,
                       int line, const char* format, ...) {
  if (number >= module->ControlCount) return;
  Kernel& kernel = CurrentKernel();
  const DRYDOCK_WPP_CONTROL& control = module->Controls[number];
  std::shared_ptr<const Provider> provider;
  {
    rt::LockGuard guard(kernel.etw->lock);
    for (const auto& [handle, each] : kernel.etw->providers)
      if (each->control == &control) provider = each;
  }
  if (!provider) return;  // before WPP_INIT_TRACING, or after WPP_CLEANUP
  Event event;
  event.sessions = Listeners(kernel, *provider, static_cast<uint8_t>(level), flags);
  if (event.sessions == 0) return;
  const dbg::WppMessage message{module->Driver, flags, level, func, file, line};
  va_list arguments;
  va_start(arguments, format);
  event.text = dbg::WppText(message, *provider->types, format, arguments);
  va_end(arguments);
  while (!event.text.empty() && (event.text.back() == '\n' || event.text.back() == '\r')) event.text.pop_back();
  const std::string_view path = file;
  event.source = Source::kWpp;
  event.guid = provider->guid;
  event.provider = provider->name;
  event.driver = provider->driver;
  event.level = static_cast<uint8_t>(level);
  event.level_name = dbg::WppLevelName(level);
  event.keyword = flags;
  event.keyword_names = FlagNames(control, flags);
  event.function = func;
  event.file = path.substr(path.find_last_of("/\\") + 1);
  event.line = line;
  Record(kernel, std::move(event));
}

}  // extern "C"

}  // namespace drydock::nt::etw
