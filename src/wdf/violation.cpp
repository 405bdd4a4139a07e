#include "wdf/violation.h"

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"
#include "wdf/object/type_rules.h"

namespace drydock::wdf {
namespace {

constexpr uint32_t kWdfViolation = 0x10D;

uint64_t Number(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

}  // namespace

void Violation(DriverGlobals& globals, ViolationKind kind, uint64_t p2, uint64_t p3, std::string words) {
  nt::BugCheck(kWdfViolation, {static_cast<uint64_t>(kind), p2, p3, Number(&globals.shared)}, std::move(words));
}

void RequestViolation(DriverGlobals& globals, RequestFatal what, const void* p3, std::string words) {
  Violation(globals, ViolationKind::kRequestFatal, static_cast<uint64_t>(what), Number(p3), std::move(words));
}

void NullParameter(DriverGlobals& globals, const char* function, const char* parameter, const void* caller) {
  Violation(globals, ViolationKind::kNullParameter, 0, Number(caller),
            fmt::format("{} was called with NULL for {}, which is required.", function, parameter));
}

void BadHandle(DriverGlobals& globals, const void* handle, ObjectType expected) {
  const char* wanted = expected == ObjectType::kCount ? "framework object" : NameOf(expected);
  std::string words;
  if (!handle) {
    words = fmt::format("A NULL handle was given where a {} is required.", wanted);
  } else if (Object* object = AnyObject(*globals.framework, handle)) {
    words = fmt::format("A {} handle was given where a {} is required.", NameOf(object->type()), wanted);
  } else if (globals.framework->arena->Contains(reinterpret_cast<uintptr_t>(handle))) {
    words = fmt::format("The handle given as {} is stale: its object was deleted before.", wanted);
  } else {
    words = fmt::format("The handle given as {} is not a framework handle at all.", wanted);
  }
  Violation(globals, ViolationKind::kBadHandle, Number(handle), 0, std::move(words));
}

}  // namespace drydock::wdf
