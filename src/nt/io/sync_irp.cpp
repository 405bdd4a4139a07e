#include "nt/io/sync_irp.h"

#include <string>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/kernel.h"
#include "nt/ps/process.h"
#include "nt/thread.h"

namespace drydock::nt::io {
namespace {

// The sender may free the IRP as soon as it sees it done.
void MarkDone(IRP* irp, IrpHeader& header) {
  (void)irp;
  // Completed inside the sender's own call: nobody waits yet.
  if (header.sender == CurrentThreadOrNull()) {
    header.completion.SignalSelf();
  } else {
    header.completion.Signal();
  }
}

[[noreturn]] void ReportLostRequest(DEVICE_OBJECT* device, UCHAR major, NTSTATUS status, IRP* irp) {
  BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {0x23D, reinterpret_cast<uint64_t>(irp), static_cast<uint32_t>(status)},
           std::string("The dispatch routine for ") + MajorFunctionName(major) + " of " + Describe(device) +
               " returned a final status but the request is not complete: complete it, or mark it pending and return STATUS_PENDING.");
}

void DescribeWait(const void* context, std::string& out) {
  auto* irp = static_cast<const IRP*>(context);
  out += MajorFunctionName(HeaderOf(const_cast<IRP*>(irp)).major);
  out += " sent by the I/O manager";
}

void WaitUntilDone(IRP* irp, rt::Ticks timeout, bool* timed_out) {
  IrpHeader& header = HeaderOf(irp);
  ke::WaitReasonScope reason(DescribeWait, irp, irp);
  ke::WaitInfo info;
  info.what = "completion of an IRP";
  info.object = irp;
  info.object_trace_id = TraceId(irp);
  if (timeout != rt::kNever) {
    if (header.completion.Wait(info, CurrentKernel().executor.InterruptTime() + timeout)) return;
    if (timed_out) *timed_out = true;
    IoCancelIrp(irp);
  }
  header.completion.Wait(info);
}

}  // namespace

IRP* NewSystemIrp(DEVICE_OBJECT* top, UCHAR major, UCHAR minor) {
  Thread& thread = CurrentThread();
  IRP* irp = AllocateIrp(thread, top->StackSize, __builtin_return_address(0));
  if (!irp) return nullptr;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(&thread);
  irp->RequestorMode = KernelMode;
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = major;
  next->MinorFunction = minor;
  return irp;
}

void SendAndWait(DEVICE_OBJECT* top, IRP* irp, rt::Ticks timeout, bool* timed_out) {
  IrpHeader& header = HeaderOf(irp);
  Thread& thread = CurrentThread();
  header.finish = MarkDone;
  BeginSynchronous(irp, thread);
  UCHAR major = IoGetNextIrpStackLocation(irp)->MajorFunction;
  header.major = major;
  NTSTATUS status = IofCallDriver(top, irp);
  if (header.completion.done()) {
    EndSynchronous(irp, thread);
    return;
  }
  // A power request may come back with any status; its completion tells.
  if (status != STATUS_PENDING && major != IRP_MJ_POWER) {
    // Under the live executor the completing task may be a moment behind a dispatch routine that (wrongly) did not say pending.
    if (CurrentKernel().options.checked) ReportLostRequest(top, major, status, irp);
  }
  WaitUntilDone(irp, timeout, timed_out);
  EndSynchronous(irp, thread);
}

NTSTATUS SendSimple(DEVICE_OBJECT* top, UCHAR major, UCHAR minor, FILE_OBJECT* file) {
  IRP* irp = NewSystemIrp(top, major, minor);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  IoGetNextIrpStackLocation(irp)->FileObject = file;
  irp->Tail.Overlay.OriginalFileObject = file;
  SendAndWait(top, irp);
  NTSTATUS status = irp->IoStatus.Status;
  FreeIrp(irp);
  return status;
}

}  // namespace drydock::nt::io
