// EntryScope: the checks that every DDI makes before its family's code runs.
// Called by:  the generated thunks only, first thing in a driver's call.
// IRQL:       any; the level check itself is made only while the driver's verifier is on (OP-3).
// Errors:     NULL for a required pointer is bug check 0x10D/0x4, a NULL, stale or wrong-type
//             handle 0x10D/0x5 (IOX-38), a function that nobody implements 0x10D/0x10; those do
//             not return.
// Cost:       without tracing and verifier, a branch each plus the handle checks (three loads).
// Source:     OP-3, IOX-38, and the rule that an invalid handle is a bug check in every DDI.
#pragma once

#include "wdf/entry/tables.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"
#include "wdf/trace.h"
#include "wdf/violation.h"

namespace drydock::wdf {

// The rare paths, out of the thunks.
namespace entry {
[[gnu::cold]] void TraceCall(DriverGlobals& globals, const EntryInfo& info);
// (U) A driver whose host has ended gets no further (throws). UM-12: no framework call inside EvtRequestImpersonate; a break, the call goes on
// (ours).
[[gnu::cold]] void CheckWatched(DriverGlobals& globals, const EntryInfo& info);
[[gnu::cold]] bool CheckLevel(DriverGlobals& globals, const EntryInfo& info, uint8_t irql_max);
[[gnu::cold]] void Refused(DriverGlobals& globals, const EntryInfo& info, NTSTATUS status, void* caller);
[[noreturn, gnu::cold]] void Missing(DriverGlobals& globals, const EntryInfo& info,
                                     const char* why);
}  // namespace entry

class EntryScope {
 public:
  EntryScope(PWDF_DRIVER_GLOBALS shared, const EntryInfo& info)
      : globals_(GlobalsFrom(shared)), info_(info) {
    if (__builtin_expect(globals_.framework->kernel.events.enabled(), 0))
      entry::TraceCall(globals_, info_);
    if (__builtin_expect(globals_.watched_calls.load(std::memory_order_relaxed) != 0, 0))
      entry::CheckWatched(globals_, info_);
  }

  DriverGlobals& globals() const { return globals_; }

  // False (after a "break") for a call above its level while the verifier is on: the thunk then
  // refuses it.
  bool LevelAllowed() const {
    return __builtin_expect(!globals_.verifier, 1) ||
           entry::CheckLevel(globals_, info_, info_.irql_max);
  }
  // The limit of this very call, where it depends on the arguments (irql_if in
  // api/annotations.json).
  bool LevelAllowed(uint8_t irql_max) const {
    return __builtin_expect(!globals_.verifier, 1) || entry::CheckLevel(globals_, info_, irql_max);
  }

  template <ObjectType kFirst, ObjectType... kOthers>
  void Handle(const void* handle) const {
    Framework& framework = *globals_.framework;
    const bool good =
        IsHandle(framework, handle, kFirst) || (IsHandle(framework, handle, kOthers) || ...);
    if (__builtin_expect(!good, 0)) BadHandle(globals_, handle, kFirst);
  }

  // WDFOBJECT: a live object of any type.
  void Object(const void* handle) const {
    const uintptr_t address = reinterpret_cast<uintptr_t>(handle);
    if (__builtin_expect((address & 15) == wdf::Object::kHandleBias &&
                             globals_.framework->arena->Contains(address),
                         1)) {
      const auto* object = reinterpret_cast<const wdf::Object*>(address - wdf::Object::kHandleBias);
      if (__builtin_expect(ObjectAccess::Canary(object) == wdf::Object::kCanary, 1)) return;
    }
    BadHandle(globals_, handle, ObjectType::kGeneric);
  }

  // A kind of handle that no object type stands for yet: the family looks at it, NULL is refused
  // here.
  void HandleOfAnyKind(const void* handle) const {
    if (__builtin_expect(!handle, 0)) BadHandle(globals_, handle, ObjectType::kGeneric);
  }

  // What the call returns; one that refuses is remembered for the one who asks why a device did not start.
  [[gnu::always_inline]] NTSTATUS Returns(NTSTATUS status, void* caller) const {
    if (__builtin_expect(status < 0, 0)) entry::Refused(globals_, info_, status, caller);
    return status;
  }

  [[noreturn, gnu::always_inline]] void Null(const char* parameter, const void* caller) const {
    NullParameter(globals_, info_.name, parameter, caller);
  }
  [[noreturn, gnu::always_inline]] void Missing(const char* why) const {
    entry::Missing(globals_, info_, why);
  }

 private:
  DriverGlobals& globals_;
  const EntryInfo& info_;
};

}  // namespace drydock::wdf
