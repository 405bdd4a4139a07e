#include "nt/io/boot_driver.h"

#include <algorithm>
#include <vector>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/io/state.h"
#include "nt/thread.h"

namespace drydock::nt::io {

struct BootDriverCallback {
  PBOOT_DRIVER_CALLBACK_FUNCTION function;
  void* context;
};

namespace {

// A driver must not take its registration back inside a call: that may end in a bug check on Windows, too.
std::vector<BootDriverCallback*> Registered(Kernel& kernel) {
  rt::LockGuard guard(kernel.io->registration_lock);
  return kernel.io->boot_callbacks;
}

void Tell(Kernel& kernel, BDCB_CALLBACK_TYPE type, void* information) {
  for (BootDriverCallback* one : Registered(kernel))
    CallDriver("BOOT_DRIVER_CALLBACK_FUNCTION", one->function, one->context, type, static_cast<PBDCB_IMAGE_INFORMATION>(information));
}

int Gravity(BDCB_CLASSIFICATION classification) {
  switch (classification) {
    case BdCbClassificationKnownBadImageBootCritical: return 3;
    case BdCbClassificationKnownBadImage: return 2;
    case BdCbClassificationKnownGoodImage: return 1;
    default: return 0;
  }
}

}  // namespace

void TellBootStatus(Kernel& kernel, BDCB_STATUS_UPDATE_TYPE status) {
  BDCB_STATUS_UPDATE_CONTEXT context{status};
  Tell(kernel, BdCbStatusUpdate, &context);
}

BDCB_CLASSIFICATION ClassifyBootImage(Kernel& kernel, const BDCB_IMAGE_INFORMATION& image) {
  BDCB_CLASSIFICATION gravest = BdCbClassificationUnknownImage;
  for (BootDriverCallback* one : Registered(kernel)) {
    BDCB_IMAGE_INFORMATION copy = image;
    copy.Classification = BdCbClassificationUnknownImage;
    CallDriver("BOOT_DRIVER_CALLBACK_FUNCTION", one->function, one->context, BdCbInitializeImage, &copy);
    if (Gravity(copy.Classification) > Gravity(gravest)) gravest = copy.Classification;
  }
  return gravest;
}

void FreeBootCallbacks(State& state) {
  rt::LockGuard guard(state.registration_lock);
  for (BootDriverCallback* one : state.boot_callbacks) delete one;
  state.boot_callbacks.clear();
}

}  // namespace drydock::nt::io

using namespace drydock;
using namespace drydock::nt;

extern "C" {

PVOID IoRegisterBootDriverCallback(PBOOT_DRIVER_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext) {
  Kernel& kernel = CurrentKernel();
  if (!CallbackFunction || !ex::MayAllocate(kernel, sizeof(io::BootDriverCallback))) return nullptr;
  auto* registration = new io::BootDriverCallback{CallbackFunction, CallbackContext};
  rt::LockGuard guard(kernel.io->registration_lock);
  kernel.io->boot_callbacks.push_back(registration);
  return registration;
}

VOID IoUnregisterBootDriverCallback(PVOID CallbackHandle) {
  Kernel& kernel = CurrentKernel();
  auto* registration = static_cast<io::BootDriverCallback*>(CallbackHandle);
  rt::LockGuard guard(kernel.io->registration_lock);
  if (std::erase(kernel.io->boot_callbacks, registration) != 0) delete registration;
}

}  // extern "C"
