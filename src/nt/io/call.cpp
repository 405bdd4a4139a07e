// IofCallDriver and IofCompleteRequest: an IRP's way down a device stack and back up.
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/mm/mdl.h"
#include "nt/thread.h"
#include "nt/io/trace_kinds.h"
#include "nt/trace.h"

namespace drydock::nt::io {
namespace {

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

// Clears a stack location after use, as Windows does, so that nobody finds a stale routine. The major code stays for the record.
void ClearLocation(IO_STACK_LOCATION* location) {
  location->MinorFunction = 0;
  location->Flags = 0;
  location->Control &= SL_ERROR_RETURNED;
  location->Parameters.Others.Argument1 = nullptr;
  location->Parameters.Others.Argument2 = nullptr;
  location->Parameters.Others.Argument3 = nullptr;
  location->FileObject = nullptr;
}

bool WantsCall(const IRP* irp, UCHAR control) {
  if (NT_SUCCESS(irp->IoStatus.Status) ? (control & SL_INVOKE_ON_SUCCESS) : (control & SL_INVOKE_ON_ERROR)) return true;
  return IsCancelled(irp) && (control & SL_INVOKE_ON_CANCEL);
}

void FreeMdls(IRP* irp, bool unlock) {
  while (MDL* mdl = irp->MdlAddress) {
    irp->MdlAddress = mdl->Next;
    if (unlock && (mdl->MdlFlags & MDL_PAGES_LOCKED)) MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
}

void FinishAssociatedIrp(IRP* irp) {
  IRP* master = irp->AssociatedIrp.MasterIrp;
  FreeMdls(irp, false);
  FreeIrp(irp);
  LONG left = __atomic_sub_fetch(&master->AssociatedIrp.IrpCount, 1, __ATOMIC_ACQ_REL);
  if (left == 0) IofCompleteRequest(master, IO_NO_INCREMENT);
}

// Close requests and paging I/O: the status block and the event, no copying, the IRP's maker does the rest.
void FinishPagingIo(IRP* irp) {
  ULONG flags = irp->Flags;
  KEVENT* event = irp->UserEvent;
  if (irp->UserIosb) *irp->UserIosb = irp->IoStatus;
  if (flags & IRP_PAGING_IO) FreeMdls(irp, true);
  FreeIrp(irp);
  if (event) KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}

void EndOfStack(IRP* irp) {
  if (irp->Flags & IRP_ASSOCIATED_IRP) {
    FinishAssociatedIrp(irp);
    return;
  }
  if (HasHeader(irp)) {
    IrpHeader& header = HeaderOf(irp);
    if (header.finish) {
      header.finish(irp, header);
      return;
    }
  }
  if (irp->Flags & (IRP_PAGING_IO | IRP_CLOSE_OPERATION)) {
    FinishPagingIo(irp);
    return;
  }
  if (!irp->Tail.Overlay.Thread || !HasHeader(irp)) {
    BugCheck(KMODE_EXCEPTION_NOT_HANDLED, {static_cast<uint32_t>(STATUS_ACCESS_VIOLATION), 0, 0, 0},
             "An IRP that a driver allocated was completed through all of its stack locations and no thread owns it. The driver that "
             "allocated it must set a completion routine that returns STATUS_MORE_PROCESSING_REQUIRED and take it back there.");
  }
  FinishThreadedIrp(irp);
}

void CheckCompletion(IRP* irp) {
  if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1 || (HasHeader(irp) && !HeaderOf(irp).live)) {
    BugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, {Address(irp)},
             "IoCompleteRequest was called on an IRP that is complete already (or was freed). Two drivers believe that they own the "
             "packet, or one driver completed it twice.");
  }
  NTSTATUS status = irp->IoStatus.Status;
  if (status == STATUS_PENDING || status == -1) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {6, static_cast<uint32_t>(status), Address(irp)},
             "IoCompleteRequest was called on an IRP whose status is STATUS_PENDING (or -1). Set IoStatus.Status to the final status "
             "first.");
  }
  if (void* routine = reinterpret_cast<void*>(CancelRoutineOf(irp))) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {7, Address(routine), Address(irp)},
             "IoCompleteRequest was called on an IRP whose cancel routine is still set. Take it back with IoSetCancelRoutine(Irp, NULL) "
             "first.");
  }
  Thread& thread = CurrentThread();
  if (thread.irql > DISPATCH_LEVEL) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {0xE, thread.irql}, "IoCompleteRequest was called above DISPATCH_LEVEL.");
  }
}

}  // namespace

void FinishThreadedIrp(IRP* irp) {
  NTSTATUS status = irp->IoStatus.Status;
  ULONG_PTR information = irp->IoStatus.Information;
  if ((irp->Flags & IRP_BUFFERED_IO) && (irp->Flags & IRP_INPUT_OPERATION) && !NT_ERROR(status) && status != STATUS_VERIFY_REQUIRED &&
      irp->UserBuffer && irp->AssociatedIrp.SystemBuffer) {
    std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, information);
  }
  if (irp->Flags & IRP_DEALLOCATE_BUFFER) {
    IrpHeader& header = HeaderOf(irp);
    if (header.buffer) {
      FreeSystemBuffer(irp);
    } else if (irp->AssociatedIrp.SystemBuffer) {
      ExFreePoolWithTag(irp->AssociatedIrp.SystemBuffer, 0);
    }
    irp->AssociatedIrp.SystemBuffer = nullptr;
  }
  FreeMdls(irp, true);
  // An error that the caller of IoCallDriver saw in the return value leaves status block and event alone, as on Windows.
  bool inline_error = NT_ERROR(status) && !irp->PendingReturned;
  KEVENT* event = inline_error ? nullptr : irp->UserEvent;
  if (!inline_error && irp->UserIosb) {
    irp->UserIosb->Information = information;
    __atomic_store_n(&irp->UserIosb->Status, status, __ATOMIC_RELEASE);
  }
  FreeIrp(irp);
  if (event) KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}

NTSTATUS CallDispatch(DEVICE_OBJECT* device, IRP* irp, UCHAR major) {
  DRIVER_OBJECT* driver = device->DriverObject;
  PDRIVER_DISPATCH dispatch = driver->MajorFunction[major];
  Driver* owner = DriverOf(driver);
  const bool own = owner && owner->own;
  NoteHeld(irp, MajorFunctionName(major), own ? nullptr : reinterpret_cast<const void*>(dispatch));
  if (own) return dispatch(device, irp);
  return CallDriver(MajorFunctionName(major), dispatch, device, irp);
}

}  // namespace drydock::nt::io

using namespace drydock::nt;

extern "C" {

NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  if (__builtin_expect(Irp->Type != IO_TYPE_IRP, 0)) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {3, reinterpret_cast<uint64_t>(Irp)},
             "IoCallDriver was given something that is not an IRP, most likely one that was freed.");
  }
  if (__builtin_expect(!io::IsLiveDevice(DeviceObject), 0)) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {4, reinterpret_cast<uint64_t>(DeviceObject)},
             "IoCallDriver was given something that is not a device object, most likely one that was deleted.");
  }
  Kernel& kernel = CurrentKernel();
  if (__builtin_expect(CurrentThread().irql > DISPATCH_LEVEL, 0)) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {0x10, CurrentThread().irql}, "IoCallDriver was called above DISPATCH_LEVEL.");
  }
  Irp->CurrentLocation--;
  if (__builtin_expect(Irp->CurrentLocation <= 0, 0)) {
    BugCheck(NO_MORE_IRP_STACK_LOCATIONS, {reinterpret_cast<uint64_t>(Irp)},
             "IoCallDriver was called for an IRP that has no stack location left. It was allocated with too few (use the target "
             "device's StackSize), or a driver in the stack did not use its own location.");
  }
  IO_STACK_LOCATION* location = --Irp->Tail.Overlay.CurrentStackLocation;
  location->DeviceObject = DeviceObject;
  UCHAR major = location->MajorFunction;
  if (__builtin_expect(major > IRP_MJ_MAXIMUM_FUNCTION, 0)) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {3, reinterpret_cast<uint64_t>(Irp), major},
             "IoCallDriver was called for an IRP whose next stack location has no valid major function code: it was not set up.");
  }
  kernel.executor.SchedulePoint();
  uint32_t id = 0, device_id = 0;
  bool tracing = kernel.events.enabled();
  if (__builtin_expect(tracing, 0)) {
    id = io::TraceId(Irp);
    device_id = io::TraceId(DeviceObject);
    RecordEvent(kernel, io::kIrpCall, id, device_id, static_cast<uint64_t>(major) << 8 | location->MinorFunction);
    if (major == IRP_MJ_DEVICE_CONTROL || major == IRP_MJ_INTERNAL_DEVICE_CONTROL) {
      auto& control = location->Parameters.DeviceIoControl;
      RecordEvent(kernel, io::kIrpControlCode, id, control.IoControlCode,
                  static_cast<uint64_t>(control.InputBufferLength) << 32 | control.OutputBufferLength);
    }
  }
  NTSTATUS status = io::CallDispatch(DeviceObject, Irp, major);
  if (__builtin_expect(tracing, 0)) RecordEvent(kernel, io::kIrpReturn, id, device_id, static_cast<uint32_t>(status));
  return status;
}

VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost) {
  io::CheckCompletion(Irp);
  Kernel& kernel = CurrentKernel();
  if (__builtin_expect(kernel.io->completion_fault != nullptr, 0))
    kernel.io->completion_fault(kernel.io->completion_fault_context, Irp);
  kernel.executor.SchedulePoint();
  bool tracing = kernel.events.enabled();
  if (__builtin_expect(tracing, 0)) {
    // PnP requests return pointers there, which differ from run to run and are no business of a trace.
    const uint64_t information = Irp->IoStatus.Information <= UINT32_MAX ? Irp->IoStatus.Information : 0;
    RecordEvent(kernel, io::kIrpComplete, io::TraceId(Irp), static_cast<uint32_t>(Irp->IoStatus.Status), information);
    // Threads have no priorities that the executor would look at; the boost is told and goes no further.
    if (PriorityBoost != IO_NO_INCREMENT) RecordEvent(kernel, io::kIrpBoost, io::TraceId(Irp), static_cast<uint8_t>(PriorityBoost), 0);
  }
  while (Irp->CurrentLocation <= Irp->StackCount) {
    // Leave the location of the driver that is done; what it says about completion was written by the driver above it.
    IO_STACK_LOCATION* left = Irp->Tail.Overlay.CurrentStackLocation++;
    Irp->CurrentLocation++;
    UCHAR control = left->Control;
    Irp->PendingReturned = (control & SL_PENDING_RETURNED) != 0;
    bool call = left->CompletionRoutine && io::WantsCall(Irp, control);
    if (__builtin_expect(tracing, 0)) {
      RecordEvent(kernel, io::kIrpLocation, io::TraceId(Irp), static_cast<uint64_t>(Irp->CurrentLocation - 1),
                  (Irp->PendingReturned ? 2 : 0) | (call ? 1 : 0));
    }
    PIO_COMPLETION_ROUTINE routine = left->CompletionRoutine;
    void* context = left->Context;
    io::ClearLocation(left);
    if (call) {
      left->CompletionRoutine = nullptr;
      left->Context = nullptr;
      DEVICE_OBJECT* device =
          Irp->CurrentLocation <= Irp->StackCount ? Irp->Tail.Overlay.CurrentStackLocation->DeviceObject : nullptr;
      bool has_header = io::HasHeader(Irp);
      NTSTATUS status = CallDriver("IO_COMPLETION_ROUTINE", routine, device, Irp, context);
      if (status == STATUS_MORE_PROCESSING_REQUIRED) return;
      if (has_header && __builtin_expect(!io::HeaderOf(Irp).live, 0)) {
        BugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, {reinterpret_cast<uint64_t>(Irp)},
                 "A completion routine freed the IRP but did not return STATUS_MORE_PROCESSING_REQUIRED.");
      }
    } else if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount) {
      // Nobody above asked to see it: the mark travels up by itself.
      Irp->Tail.Overlay.CurrentStackLocation->Control |= SL_PENDING_RETURNED;
    }
  }
  if (Irp->CurrentLocation == Irp->StackCount + 1) {
    // One beyond the end says "complete": a second completion is seen as such.
    Irp->CurrentLocation++;
    Irp->Tail.Overlay.CurrentStackLocation++;
  }
  io::EndOfStack(Irp);
}

NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                        BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) {
  (void)DeviceObject;  // Windows keeps the driver loaded until the routine ran; here a driver's code is never unmapped
  IO_STACK_LOCATION* next = Irp->Tail.Overlay.CurrentStackLocation - 1;
  next->CompletionRoutine = CompletionRoutine;
  next->Context = Context;
  next->Control = 0;
  if (InvokeOnSuccess) next->Control |= SL_INVOKE_ON_SUCCESS;
  if (InvokeOnError) next->Control |= SL_INVOKE_ON_ERROR;
  if (InvokeOnCancel) next->Control |= SL_INVOKE_ON_CANCEL;
  return STATUS_SUCCESS;
}

}  // extern "C"
