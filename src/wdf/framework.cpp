#include "wdf/framework.h"

#include "runtime/assert.h"
#include "wdf/device/device_init.h"
#include "wdf/object/arena.h"
#include "wdf/object/disposal.h"
#include "wdf/object/reference_log.h"
#include "wdf/request/own_request.h"
#include "wdf/um/host.h"

namespace drydock::wdf {

Framework::Framework(nt::Kernel& the_kernel, const FrameworkOptions& the_options)
    : kernel(the_kernel),
      options(the_options),
      own_requests(std::make_unique<OwnRequests>()),
      arena(std::make_unique<Arena>()),
      disposal(std::make_unique<Disposal>()),
      hosts(std::make_unique<um::Hosts>(*this)),
      reference_log(std::make_unique<ReferenceLog>()) {
  RT_ASSERT(kernel.framework == nullptr);
  kernel.framework = this;
}

Framework::~Framework() {
  arena->ForEachSlot(
      [](void*, void* slot) {
        if (static_cast<FreeSlot*>(slot)->canary == Object::kCanary) static_cast<Object*>(slot)->ReleaseOutside();
      },
      nullptr);
  for (DriverGlobals* globals : drivers) delete globals;
  FreeAbandonedRequests(*this);
  FreeLentInits(*this);
  kernel.framework = nullptr;
}

Framework* CurrentFrameworkOrNull() {
  nt::Kernel* kernel = nt::CurrentKernelOrNull();
  return kernel ? static_cast<Framework*>(kernel->framework) : nullptr;
}

Framework& CurrentFramework() {
  Framework* framework = CurrentFrameworkOrNull();
  RT_ASSERT(framework != nullptr);
  return *framework;
}

void Break(DriverGlobals& globals, const char* words) {
  nt::Break(std::string(globals.shared.DriverName) + ": " + words);
}

}  // namespace drydock::wdf
