// Who sent a request, and small questions about IRPs and files.
#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/io/sync_irp.h"
#include "nt/kernel.h"
#include "nt/ps/process.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

Process* RequestorOf(PIRP irp) {
  auto* thread = reinterpret_cast<Thread*>(irp->Tail.Overlay.Thread);
  return thread ? thread->process : nullptr;
}

NTSTATUS NTAPI CatchIrp(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  (void)irp;
  if (irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

}  // namespace

extern "C" {

PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp) {
  Process* process = RequestorOf(Irp);
  return reinterpret_cast<PEPROCESS>(process);
}

ULONG NTAPI IoGetRequestorProcessId(PIRP Irp) {
  Process* process = RequestorOf(Irp);
  return process ? static_cast<ULONG>(process->id) : 0;
}

NTSTATUS NTAPI IoGetRequestorSessionId(PIRP Irp, PULONG pSessionId) {
  if (!RequestorOf(Irp)) {
    *pSessionId = static_cast<ULONG>(-1);
    return STATUS_UNSUCCESSFUL;
  }
  *pSessionId = 0;  // a machine has one session
  return STATUS_SUCCESS;
}

PEPROCESS NTAPI IoGetCurrentProcess(VOID) { return reinterpret_cast<PEPROCESS>(EffectiveProcess(CurrentThread())); }

BOOLEAN NTAPI IoIs32bitProcess(PIRP Irp) {
  Process* process = Irp ? RequestorOf(Irp) : CurrentThread().process;
  return process && process->wow64;
}

BOOLEAN NTAPI IoIsSystemThread(PETHREAD Thread_) {
  return reinterpret_cast<Thread*>(Thread_)->system_thread;
}

BOOLEAN NTAPI IoIsOperationSynchronous(PIRP Irp) {
  if (Irp->Flags & (IRP_SYNCHRONOUS_PAGING_IO | IRP_PAGING_IO)) return (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
  if (Irp->Flags & IRP_SYNCHRONOUS_API) return TRUE;
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  return file && (file->Flags & FO_SYNCHRONOUS_IO);
}

BOOLEAN NTAPI IoIsFileOriginRemote(PFILE_OBJECT FileObject) { return (FileObject->Flags & FO_REMOTE_ORIGIN) != 0; }

PIRP NTAPI IoGetTopLevelIrp(VOID) { return static_cast<PIRP>(CurrentThread().top_level_irp); }

VOID NTAPI IoSetTopLevelIrp(PIRP Irp) { CurrentThread().top_level_irp = Irp; }

IO_PRIORITY_HINT NTAPI IoGetIoPriorityHint(PIRP Irp) {
  (void)Irp;
  return IoPriorityNormal;
}

NTSTATUS NTAPI IoSetIoPriorityHint(PIRP Irp, IO_PRIORITY_HINT PriorityHint) {
  (void)Irp;  // nothing here schedules by priority
  return PriorityHint < MaxIoPriorityTypes ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

IO_PAGING_PRIORITY NTAPI IoGetPagingIoPriority(PIRP Irp) {
  return Irp->Flags & IRP_PAGING_IO ? IoPagingPriorityNormal : IoPagingPriorityInvalid;
}

BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  if (Irp->CurrentLocation <= 1) return FALSE;  // no location for the lower driver
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, CatchIrp, &event, TRUE, TRUE, TRUE);
  if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  }
  return TRUE;
}

NTSTATUS NTAPI IoSynchronousCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IoSetCompletionRoutine(Irp, CatchIrp, &event, TRUE, TRUE, TRUE);
  NTSTATUS status = IofCallDriver(DeviceObject, Irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    status = Irp->IoStatus.Status;
  }
  return status;
}

PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID) { return &CurrentKernel().io->configuration; }

BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion) {
  return MajorVersion < 6 || (MajorVersion == 6 && MinorVersion == 0);
}

}  // extern "C"
