#include "wdf/driver/leaks.h"

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "wdf/object/factory.h"
#include "wdf/object/reference_log.h"
#include "wdf/object/type_rules.h"

namespace drydock::wdf {
namespace {

struct Found {
  DriverGlobals* globals;
  std::vector<Object*> objects;
};

void Visit(void* context, void* slot) {
  Found& found = *static_cast<Found*>(context);
  Object* object = static_cast<Object*>(slot);
  if (ObjectAccess::IsAliveAndOf(object, found.globals)) found.objects.push_back(object);
}

}  // namespace

size_t ReportLeaks(DriverGlobals& globals) {
  Found found{&globals, {}};
  globals.framework->arena->ForEachSlot(&Visit, &found);
  for (Object* object : found.objects) {
    std::string words = fmt::format("{}: a {} (object {}) still lives at unload with {} reference{} that nobody gave back",
                                    globals.shared.DriverName, NameOf(object->type()), object->trace_id(), object->references(),
                                    object->references() == 1 ? "" : "s");
    if (globals.options.tracked_types) words += ": " + globals.framework->reference_log->Describe(object);
    nt::Break(words);
  }
  return found.objects.size();
}

}  // namespace drydock::wdf
