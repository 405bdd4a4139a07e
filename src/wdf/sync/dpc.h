// Dpc: a WDFDPC (K).
// Called by:  drivers at any IRQL; nt/ke runs the callback at DISPATCH_LEVEL.
// Ownership:  child of an object below a device. Deletion (PASSIVE_LEVEL) removes it from the queue and waits for DPCs that run.
// Errors:     STATUS_INVALID_PARAMETER (no callback), those of ResolveSerialization and of creation.
// Source:     SYN-18 to SYN-23, SYN-33, SYN-34, DEVX-17.
#pragma once

#include "wdf/object/object.h"

namespace drydock::wdf {

class Dpc final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kDpc;

  void Initialize(PFN_WDF_DPC callback, CallbackLock* lock);
  bool Enqueue();
  bool Cancel(bool wait);
  KDPC* wdm() { return &dpc_; }

 protected:
  void OnDispose() override { Cancel(true); }

 private:
  static VOID NTAPI Run(PKDPC dpc, PVOID context, PVOID, PVOID);
  KDPC dpc_ = {};
  PFN_WDF_DPC callback_ = nullptr;
  CallbackLock* lock_ = nullptr;
};

}  // namespace drydock::wdf
