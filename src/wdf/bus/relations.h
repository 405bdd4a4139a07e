// RelationList: physical device objects that go along when a device is removed or ejected.
// Called by:  the functions that add and remove (<= DISPATCH_LEVEL), IRP_MN_QUERY_DEVICE_RELATIONS (PASSIVE_LEVEL).
// Ownership:  a reference on each; given back by Clear, at the end of the device.
// Source:     PWR-50, BUS-35.
#pragma once

#include <vector>

#include "runtime/lock.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

struct RelationList {
  NTSTATUS Add(PDEVICE_OBJECT pdo);
  void Remove(PDEVICE_OBJECT pdo);
  void Clear();
  // Adds them to the relations of the IRP. STATUS_INSUFFICIENT_RESOURCES: as it was.
  NTSTATUS AddTo(PIRP irp);

 private:
  std::vector<PDEVICE_OBJECT> Take();
  rt::Lock lock_;
  std::vector<PDEVICE_OBJECT> devices_ RT_GUARDED_BY(lock_);
};

namespace bus {
// The relations of the IRP with `more` behind them. False: no memory, nothing changed; the references of `more` stay the caller's.
bool AppendRelations(PIRP irp, const std::vector<PDEVICE_OBJECT>& more);
}  // namespace bus

}  // namespace drydock::wdf
