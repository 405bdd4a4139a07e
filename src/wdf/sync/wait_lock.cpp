#include "wdf/sync/wait_lock.h"

#include <optional>

#include "nt/ke/wait_info.h"
#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

NTSTATUS WaitLock::Acquire(const LONGLONG* timeout) {
  LARGE_INTEGER limit = {};
  if (timeout) limit.QuadPart = *timeout;
  KeEnterCriticalRegion();
  std::optional<nt::ke::WaitReasonScope> reason;
  if (KeReadStateEvent(&free_) == 0) reason.emplace("wait lock", holder_);
  NTSTATUS status = KeWaitForSingleObject(&free_, Executive, KernelMode, FALSE, timeout ? &limit : nullptr);
  if (status == STATUS_TIMEOUT) KeLeaveCriticalRegion();
  else holder_.store(&nt::CurrentThread(), std::memory_order_release);
  return status;
}

void WaitLock::Release() {
  holder_.store(nullptr, std::memory_order_release);
  KeSetEvent(&free_, IO_NO_INCREMENT, FALSE);
  KeLeaveCriticalRegion();
}

namespace ddi {

NTSTATUS WdfWaitLockCreate(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK* Lock) {
  *Lock = nullptr;
  WaitLock* lock = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kWaitLock, LockAttributes, DefaultParent(globals), &lock);
  if (!NT_SUCCESS(status)) return status;
  lock->Initialize();
  *Lock = reinterpret_cast<WDFWAITLOCK>(lock->handle());
  return STATUS_SUCCESS;
}

NTSTATUS WdfWaitLockAcquire(DriverGlobals& globals, WDFWAITLOCK Lock, PLONGLONG Timeout) {
  return FromHandle<WaitLock>(globals, Lock)->Acquire(Timeout);
}

void WdfWaitLockRelease(DriverGlobals& globals, WDFWAITLOCK Lock) { FromHandle<WaitLock>(globals, Lock)->Release(); }

}  // namespace ddi
}  // namespace drydock::wdf
