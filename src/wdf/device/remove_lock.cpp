#include "wdf/device/remove_lock.h"

#include "nt/ke/wait_info.h"
#include "wdf/sync/internal_wait.h"

namespace drydock::wdf {
namespace {

struct IoLock final : DevicePart {
  explicit IoLock(DriverGlobals& owner) : globals(owner) { KeInitializeEvent(&free, NotificationEvent, FALSE); }

  bool Enter() {
    rt::LockGuard guard(lock);
    if (ending) return false;
    ++held;
    return true;
  }
  void Leave() {
    bool last;
    {
      rt::LockGuard guard(lock);
      last = --held == 0 && ending;
    }
    if (last) KeSetEvent(&free, IO_NO_INCREMENT, FALSE);
  }

  DriverGlobals& globals;
  KEVENT free;
  rt::Lock lock;
  uint32_t held RT_GUARDED_BY(lock) = 0;
  bool ending RT_GUARDED_BY(lock) = false;
};

NTSTATUS NTAPI LetGo(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  static_cast<IoLock*>(context)->Leave();
  return STATUS_CONTINUE_COMPLETION;
}

}  // namespace

void MakeRemoveLock(Device& device) {
  device.io_lock = std::make_unique<IoLock>(device.globals());
  ++device.wdm()->StackSize;
}

bool EnterRemoveLock(Device& device, PIRP irp, NTSTATUS* status) {
  IoLock& lock = static_cast<IoLock&>(*device.io_lock);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  switch (stack->MajorFunction) {
    case IRP_MJ_PNP:
    case IRP_MJ_POWER:
    case IRP_MJ_SYSTEM_CONTROL: return true;
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
      if (!lock.Enter()) return true;  // a file ends with its device, never by a refusal
      break;
    default:
      if (lock.Enter()) break;
      *status = CompleteIrp(irp, STATUS_DELETE_PENDING);
      return false;
  }
  PDEVICE_OBJECT wdm = stack->DeviceObject;
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, &LetGo, &lock, TRUE, TRUE, TRUE);
  IoSetNextIrpStackLocation(irp);
  IoGetCurrentIrpStackLocation(irp)->DeviceObject = wdm;
  return true;
}

void WaitForIo(Device& device) {
  if (!device.io_lock) return;
  IoLock& lock = static_cast<IoLock&>(*device.io_lock);
  {
    rt::LockGuard guard(lock.lock);
    lock.ending = true;
    if (lock.held == 0) return;
  }
  constexpr char kWords[] = "removal of a device with a remove lock for I/O: its I/O requests must be completed";
  nt::ke::WaitReasonScope reason([](const void* text, std::string& out) { out += static_cast<const char*>(text); }, kWords);
  InternalWait(lock.globals, lock.free, kWords);
}

}  // namespace drydock::wdf
