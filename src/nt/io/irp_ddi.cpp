// IoAllocateIrp and relatives, as drivers call them.
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

void InitializeIrp(IRP* irp, USHORT bytes, CCHAR stack_size) {
  std::memset(static_cast<void*>(irp), 0, bytes);
  irp->Type = IO_TYPE_IRP;
  irp->Size = bytes;
  irp->StackCount = stack_size;
  irp->CurrentLocation = static_cast<CHAR>(stack_size + 1);
  irp->ThreadListEntry.Flink = irp->ThreadListEntry.Blink = &irp->ThreadListEntry;
  irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<IO_STACK_LOCATION*>(irp + 1) + stack_size;
}

}  // namespace

extern "C" {

PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) {
  (void)ChargeQuota;
  if (!ex::MayAllocate(CurrentKernel(), IoSizeOfIrp(StackSize))) return nullptr;
  return io::AllocateIrp(CurrentThread(), StackSize, __builtin_return_address(0));
}

PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota) {
  (void)DeviceObject;
  (void)ChargeQuota;
  if (!ex::MayAllocate(CurrentKernel(), IoSizeOfIrp(StackSize))) return nullptr;
  return io::AllocateIrp(CurrentThread(), StackSize, __builtin_return_address(0));
}

VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) { InitializeIrp(Irp, PacketSize, StackSize); }

VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Status) {
  UCHAR flags = Irp->AllocationFlags;
  if (io::HasHeader(Irp)) {
    io::IrpHeader& header = io::HeaderOf(Irp);
    if (header.list_owner) {
      BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {2, reinterpret_cast<uint64_t>(Irp)},
               "IoReuseIrp was called on an IRP that belongs to a thread (made by IoBuildDeviceIoControlRequest or "
               "IoBuildSynchronousFsdRequest). Only IRPs from IoAllocateIrp may be reused.");
    }
  }
  InitializeIrp(Irp, Irp->Size, Irp->StackCount);
  Irp->AllocationFlags = flags;
  Irp->IoStatus.Status = Status;
}

VOID NTAPI IoFreeIrp(PIRP Irp) {
  if (Irp->Type != IO_TYPE_IRP) {
    BugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, {reinterpret_cast<uint64_t>(Irp)},
             "IoFreeIrp was called on memory that is not an IRP, most likely one that was freed before.");
  }
  if (!io::HasHeader(Irp)) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {1, reinterpret_cast<uint64_t>(Irp)},
             "IoFreeIrp was called on an IRP that IoAllocateIrp did not make (or that was initialised again with IoInitializeIrp).");
  }
  io::IrpHeader& header = io::HeaderOf(Irp);
  if (!header.live) {
    BugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, {reinterpret_cast<uint64_t>(Irp)}, "IoFreeIrp was called twice on one IRP.");
  }
  if (header.list_owner) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {2, reinterpret_cast<uint64_t>(Irp)},
             "IoFreeIrp was called on an IRP that still belongs to a thread. The I/O manager frees IRPs from "
             "IoBuildDeviceIoControlRequest and IoBuildSynchronousFsdRequest itself when they are completed.");
  }
  io::FreeIrp(Irp);
}

PIRP NTAPI IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize) {
  if (!ex::MayAllocate(CurrentKernel(), IoSizeOfIrp(StackSize))) return nullptr;
  PIRP associated = io::AllocateIrp(CurrentThread(), StackSize, __builtin_return_address(0));
  if (!associated) return nullptr;
  associated->Flags |= IRP_ASSOCIATED_IRP;
  associated->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
  associated->AssociatedIrp.MasterIrp = Irp;
  return associated;
}

}  // extern "C"
