#include "wdf/device/device_init.h"

#include <algorithm>

#include "wdf/framework.h"

namespace drydock::wdf {

DeviceInit& InitFrom(PWDFDEVICE_INIT given) {
  DeviceInit& init = *reinterpret_cast<DeviceInit*>(given);
  if (__builtin_expect(!init.used, 1)) return init;
  Break(*init.globals, "a function for a WDFDEVICE_INIT was called after WdfDeviceCreate: it has no effect any more");
  if (!init.spent) init.spent = std::make_unique<DeviceInit>();
  DeviceInit& spent = *init.spent;
  spent.globals = init.globals;
  spent.kind = init.kind;
  spent.pdo = init.pdo;
  spent.parent = init.parent;
  if (init.pdo_init) spent.pdo_init = std::make_unique<PdoInit>();
  return spent;
}

void LendInit(DeviceInit* init) {
  Framework& framework = *init->globals->framework;
  rt::LockGuard guard(framework.drivers_lock);
  framework.lent_inits.push_back(init);
}

void InitEnded(const DeviceInit* init) {
  Framework& framework = *init->globals->framework;
  rt::LockGuard guard(framework.drivers_lock);
  std::erase(framework.lent_inits, init);
}

void ReportLentInits(DriverGlobals& globals) {
  Framework& framework = *globals.framework;
  for (;;) {
    DeviceInit* left = nullptr;
    {
      rt::LockGuard guard(framework.drivers_lock);
      for (DeviceInit* init : framework.lent_inits) {
        if (init->globals == &globals) left = init;
      }
      if (left) std::erase(framework.lent_inits, left);
    }
    if (!left) return;
    Break(globals, "a WDFDEVICE_INIT that the driver allocated was neither used by WdfDeviceCreate nor freed with WdfDeviceInitFree");
    left->canary = 0;
    delete left;
  }
}

void FreeLentInits(Framework& framework) {
  rt::LockGuard guard(framework.drivers_lock);
  for (DeviceInit* init : framework.lent_inits) delete init;
  framework.lent_inits.clear();
}

}  // namespace drydock::wdf
