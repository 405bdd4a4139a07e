#include "wdf/entry/entry_scope.h"

#include <string>
#include <string_view>

#include "nt/dbg/state.h"
#include "nt/thread.h"

namespace drydock::wdf {
namespace {

std::string LevelName(unsigned irql) {
  switch (irql) {
    case PASSIVE_LEVEL:
      return "PASSIVE_LEVEL";
    case APC_LEVEL:
      return "APC_LEVEL";
    case DISPATCH_LEVEL:
      return "DISPATCH_LEVEL";
    case HIGH_LEVEL:
      return "HIGH_LEVEL";
    default:
      return "device level " + std::to_string(irql);
  }
}

}  // namespace

namespace entry {

void TraceCall(DriverGlobals& globals, const EntryInfo& info) {
  RecordEvent(*globals.framework, trace::kDdiCall, info.index, info.umdf);
}

void CheckWatched(DriverGlobals& globals, const EntryInfo& info) {
  const nt::CallbackFrame* frame = nt::CurrentThread().callbacks;
  if (nt::internal::Ended(frame)) throw nt::HostEnded();
  if (!frame || std::string_view(frame->name) != "EvtRequestImpersonate") return;
  const std::string words = std::string(info.name) + " was called inside EvtRequestImpersonate, where framework functions must not be called.";
  Break(globals, words.c_str());
}

bool CheckLevel(DriverGlobals& globals, const EntryInfo& info, uint8_t irql_max) {
  if (irql_max == kAnyIrql) return true;
  const unsigned now = nt::CurrentThread().irql;
  if (info.irql_exact ? now == irql_max : now <= irql_max) return true;
  const std::string words = std::string(info.name) + " was called at " + LevelName(now) +
                            "; it may be called at " + LevelName(irql_max) +
                            (info.irql_exact ? " only." : " or below.") +
                            " The call has no effect.";
  Break(globals, words.c_str());
  return false;
}

void Refused(DriverGlobals& globals, const EntryInfo& info, NTSTATUS status, void* caller) {
  nt::dbg::NoteFailedCall(globals.framework->kernel, info.name, status, caller);
}

void Missing(DriverGlobals& globals, const EntryInfo& info, const char* why) {
  Violation(globals, ViolationKind::kMissingFunction, info.index, 0,
            std::string("The driver called ") + info.name + " (" + (info.umdf ? "UMDF" : "KMDF") +
                " table index " + std::to_string(info.index) +
                "), which cannot be run here: " + why + ".");
}

}  // namespace entry
}  // namespace drydock::wdf
