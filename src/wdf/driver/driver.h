// Driver: a WDFDRIVER, made by WdfDriverCreate from DriverEntry; root of the tree of everything its driver makes.
// Called by:  wdf/driver for the DDIs; nt/io through the WDM routines installed here (AddDevice, DriverUnload).
// IRQL:       PASSIVE_LEVEL for creation and unloading.
// Ownership:  own reference until WdfVersionUnbind; every device is its child.
// Source:     DRV-*, DEVX-9, DEVX-11.
#pragma once

#include <string>

#include "wdf/object/object.h"
#include "wdf/sync/callback_lock.h"

namespace drydock::wdf {

class Driver final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kDriver;

  PDRIVER_OBJECT wdm() const { return wdm_; }
  const WDF_DRIVER_CONFIG& config() const { return config_; }
  bool non_pnp() const { return (config_.DriverInitFlags & WdfDriverInitNonPnpDriver) != 0; }
  CallbackLock& lock() { return lock_; }
  const std::u16string& registry_path() const { return registry_path_; }  // of the service key; terminated

 protected:
  CallbackLock* presentation_lock() override { return &lock_; }

 private:
  friend struct DriverBinding;
  PDRIVER_OBJECT wdm_ = nullptr;
  WDF_DRIVER_CONFIG config_ = {};
  void ReleaseOutside() override { std::u16string().swap(registry_path_); }
  std::u16string registry_path_;
  CallbackLock lock_;
};

// The driver's object; callers come after WdfDriverCreate.
Driver& DriverOf(DriverGlobals& globals);

// Deletes the driver object with everything below it, reports what still lives afterwards, and ends the binding. From WdfVersionUnbind, or
// by the machine when DriverEntry failed.
void EndBinding(DriverGlobals& globals);

}  // namespace drydock::wdf
