// What a driver's generated trace headers call: sdk/shared/drydock_wpp.h. Each message is one line
// of the machine's debug log:
//   Toaster power.c:84 ToasterEvtDeviceD0Exit [information]: --> moving to D3
#include <drydock_wpp.h>
#include <fmt/format.h>

#include <cstdarg>

#include "nt/dbg/state.h"
#include "nt/dbg/wpp_text.h"
#include "nt/kernel.h"

namespace drydock::nt::dbg {
namespace {

// Everything is wanted: what to show is the reader's choice.
constexpr unsigned char kLevel = 5;

std::vector<WppType> CopyTypes(const DRYDOCK_WPP_MODULE& module) {
  std::vector<WppType> types;
  for (const DRYDOCK_WPP_TYPE* type = module.Types; type != nullptr && type->Name != nullptr;
       ++type) {
    WppType copy{type->Name, type->IsSet != 0, {}};
    for (const DRYDOCK_WPP_WORD* word = type->Words; word->Text != nullptr; ++word) {
      copy.words.emplace_back(word->Value, word->Text);
    }
    types.push_back(std::move(copy));
  }
  return types;
}

void SetControls(const DRYDOCK_WPP_MODULE& module, bool on) {
  for (unsigned i = 0; i < module.ControlCount; ++i) {
    module.Controls[i].Logger = on ? 1 : 0;
    module.Controls[i].Level = on ? kLevel : 0;
    module.Controls[i].Flags[0] = on ? ~0u : 0;
  }
}

}  // namespace

extern "C" {

void DrydockWppStart(const DRYDOCK_WPP_MODULE* module) {
  State& state = *CurrentKernel().dbg;
  std::vector<WppType> types = CopyTypes(*module);
  {
    rt::LockGuard guard(state.lock);
    state.trace_types.insert_or_assign(module->Driver, std::move(types));
  }
  SetControls(*module, true);
}

void DrydockWppStop(const DRYDOCK_WPP_MODULE* module) {
  SetControls(*module, false);
  State& state = *CurrentKernel().dbg;
  rt::LockGuard guard(state.lock);
  state.trace_types.erase(module->Driver);
}

void DrydockWppTrace(const char* driver, unsigned flags, unsigned level, const char* func,
                     const char* file, int line, const char* format, ...) {
  Kernel& kernel = CurrentKernel();
  std::vector<WppType> types;
  {
    rt::LockGuard guard(kernel.dbg->lock);
    if (const auto at = kernel.dbg->trace_types.find(driver); at != kernel.dbg->trace_types.end())
      types = at->second;
  }
  const WppMessage message{driver, flags, level, func, file, line};
  va_list arguments;
  va_start(arguments, format);
  std::string text = WppText(message, types, format, arguments);
  va_end(arguments);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const std::string_view path = file;
  PrintLine(kernel,
            fmt::format("{} {}:{} {} [{}]: {}", driver, path.substr(path.find_last_of('/') + 1),
                        line, func, WppLevelName(level), text));
}

}  // extern "C"

}  // namespace drydock::nt::dbg
