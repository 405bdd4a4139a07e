#include "wdf/sync/dpc.h"

#include "nt/driver_callback.h"
#include "wdf/ddi.h"
#include "wdf/object/factory.h"
#include "wdf/sync/callback_lock.h"
#include "wdf/sync/serialization.h"
#include "wdf/trace.h"

namespace drydock::wdf {

void Dpc::Initialize(PFN_WDF_DPC callback, CallbackLock* lock) {
  callback_ = callback;
  lock_ = lock;
  KeInitializeDpc(&dpc_, &Dpc::Run, this);
}

VOID Dpc::Run(PKDPC, PVOID context, PVOID, PVOID) {
  Dpc& self = *static_cast<Dpc*>(context);
  RecordEvent(self.framework(), trace::kDpcRun, self.trace_id());
  CallbackGuard guard(self.lock_);
  nt::CallDriver("EvtDpcFunc", self.callback_, reinterpret_cast<WDFDPC>(self.handle()));
  guard.Leave();
}

bool Dpc::Enqueue() {
  if (deleting()) return false;
  return KeInsertQueueDpc(&dpc_, nullptr, nullptr);
}

bool Dpc::Cancel(bool wait) {
  const bool removed = KeRemoveQueueDpc(&dpc_);
  if (wait && !removed) KeFlushQueuedDpcs();
  return removed;
}

namespace ddi {

NTSTATUS WdfDpcCreate(DriverGlobals& globals, PWDF_DPC_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFDPC* Dpc) {
  *Dpc = nullptr;
  if (Config->Size != sizeof(WDF_DPC_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!Config->EvtDpcFunc) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = CheckAttributes(globals, ObjectType::kDpc, Attributes);
  if (!NT_SUCCESS(status)) return status;
  CallbackLock* lock = nullptr;
  Object* parent = ObjectFromHandle(globals, Attributes->ParentObject);
  status = ResolveSerialization(*parent, Config->AutomaticSerialization, SerializedKind::kDpc, &lock);
  if (!NT_SUCCESS(status)) return status;
  wdf::Dpc* dpc = nullptr;
  status = CreateObjectChecked(globals, ObjectType::kDpc, Attributes, parent, &dpc);
  if (!NT_SUCCESS(status)) return status;
  dpc->Initialize(Config->EvtDpcFunc, lock);
  *Dpc = reinterpret_cast<WDFDPC>(dpc->handle());
  return STATUS_SUCCESS;
}

BOOLEAN WdfDpcEnqueue(DriverGlobals& globals, WDFDPC Dpc) { return FromHandle<wdf::Dpc>(globals, Dpc)->Enqueue(); }

BOOLEAN WdfDpcCancel(DriverGlobals& globals, WDFDPC Dpc, BOOLEAN Wait) { return FromHandle<wdf::Dpc>(globals, Dpc)->Cancel(Wait); }

WDFOBJECT WdfDpcGetParentObject(DriverGlobals& globals, WDFDPC Dpc) {
  Object* parent = FromHandle<wdf::Dpc>(globals, Dpc)->parent();
  return parent ? parent->handle() : nullptr;
}

PKDPC WdfDpcWdmGetDpc(DriverGlobals& globals, WDFDPC Dpc) { return FromHandle<wdf::Dpc>(globals, Dpc)->wdm(); }

}  // namespace ddi
}  // namespace drydock::wdf
