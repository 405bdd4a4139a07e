#include "wdf/driver/callback_check.h"

#include <fmt/format.h>

#include "nt/driver_callback.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"
#include "wdf/violation.h"

namespace drydock::wdf {
namespace {

void* OwnerOf(nt::Kernel& kernel, const void* subject) {
  Framework* framework = static_cast<Framework*>(kernel.framework);
  Object* object = framework ? AnyObject(*framework, subject) : nullptr;
  if (!object || !(object->globals().options.enhanced_options & kCheckCallbacks)) return nullptr;
  return &object->globals();
}

void Returned(void* owner, const nt::CallbackFrame& frame, uint8_t irql, uint16_t critical_region) {
  DriverGlobals& globals = *static_cast<DriverGlobals*>(owner);
  if (irql != frame.irql) {
    Violation(globals, ViolationKind::kIrqlChanged, frame.irql, irql,
              fmt::format("{} was called at IRQL {} and returned at IRQL {}.", frame.name, frame.irql, irql));
  }
  if (critical_region != frame.critical_region) {
    Violation(globals, ViolationKind::kCriticalRegionChanged, reinterpret_cast<uint64_t>(frame.code), 0,
              fmt::format("{} {} (KeEnterCriticalRegion, wait locks).", frame.name,
                          critical_region > frame.critical_region ? "returned inside a critical region that it had entered"
                                                                  : "left a critical region that it had not entered"));
  }
}

}  // namespace

void WatchCallbacks(Framework& framework) {
  framework.kernel.callback_returned = &Returned;
  framework.kernel.callback_owner.store(&OwnerOf, std::memory_order_release);
}

}  // namespace drydock::wdf
