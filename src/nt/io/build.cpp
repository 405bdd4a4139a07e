// IoBuild...: IRPs that a driver has the I/O manager prepare. System buffers come from pool here: drivers free them themselves when they take
// such an IRP back in a completion routine.
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/mm/mdl.h"
#include "nt/ps/process.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kSystemBufferTag = 0x42536F49;  // 'IoSB'

void CheckTarget(PDEVICE_OBJECT device, uint64_t subcode, uint64_t detail) {
  if (!io::IsLiveDevice(device)) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {subcode, reinterpret_cast<uint64_t>(device), detail},
             "An IoBuild... function was given something that is not a device object, most likely one that was deleted.");
  }
}

// Drops an IRP that could not be prepared.
PIRP Abandon(PIRP irp) {
  if (irp->AssociatedIrp.SystemBuffer) ExFreePoolWithTag(irp->AssociatedIrp.SystemBuffer, 0);
  if (irp->MdlAddress) IoFreeMdl(irp->MdlAddress);
  io::FreeIrp(irp);
  return nullptr;
}

bool GiveSystemBuffer(PIRP irp, const void* contents, ULONG copied, ULONG bytes) {
  irp->AssociatedIrp.SystemBuffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kSystemBufferTag);
  if (!irp->AssociatedIrp.SystemBuffer) return false;
  if (copied) std::memcpy(irp->AssociatedIrp.SystemBuffer, contents, copied);
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  return true;
}

bool GiveMdl(PIRP irp, void* buffer, ULONG bytes, LOCK_OPERATION operation) {
  if (!IoAllocateMdl(buffer, bytes, FALSE, FALSE, irp)) return false;
  return NT_SUCCESS(mm::TryProbeAndLock(irp->MdlAddress, KernelMode, operation));
}

// What IoBuildAsynchronousFsdRequest and its synchronous sister have in common.
PIRP BuildFsd(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length, PLARGE_INTEGER offset, PIO_STATUS_BLOCK iosb,
              const void* maker) {
  CheckTarget(device, 8, major);
  Thread& thread = CurrentThread();
  if (!ex::MayAllocate(CurrentKernel(), IoSizeOfIrp(device->StackSize))) return nullptr;
  PIRP irp = io::AllocateIrp(thread, device->StackSize, maker);
  if (!irp) return nullptr;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(&thread);
  irp->UserIosb = iosb;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = static_cast<UCHAR>(major);
  if (major != IRP_MJ_READ && major != IRP_MJ_WRITE) return irp;
  bool write = major == IRP_MJ_WRITE;
  if (device->Flags & DO_BUFFERED_IO) {
    if (!GiveSystemBuffer(irp, buffer, write ? length : 0, length ? length : 1)) return Abandon(irp);
    if (!write) {
      irp->Flags |= IRP_INPUT_OPERATION;
      irp->UserBuffer = buffer;
    }
  } else if (device->Flags & DO_DIRECT_IO) {
    if (length && !GiveMdl(irp, buffer, length, write ? IoReadAccess : IoWriteAccess)) return Abandon(irp);
  } else {
    irp->UserBuffer = buffer;
  }
  // Read and Write parameters have one layout.
  next->Parameters.Read.Length = length;
  if (offset) next->Parameters.Read.ByteOffset = *offset;
  return irp;
}

}  // namespace

extern "C" {

PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                         PLARGE_INTEGER StartingOffset, PIO_STATUS_BLOCK IoStatusBlock) {
  return BuildFsd(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock, __builtin_return_address(0));
}

PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                        PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP irp =
      BuildFsd(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock, __builtin_return_address(0));
  if (!irp) return nullptr;
  irp->UserEvent = Event;
  io::QueueToThread(irp, CurrentThread());
  return irp;
}

PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer, ULONG InputBufferLength,
                                         PVOID OutputBuffer, ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                         PIO_STATUS_BLOCK IoStatusBlock) {
  CheckTarget(DeviceObject, 9, IoControlCode);
  Thread& thread = CurrentThread();
  if (!ex::MayAllocate(CurrentKernel(), IoSizeOfIrp(DeviceObject->StackSize))) return nullptr;
  PIRP irp = io::AllocateIrp(thread, DeviceObject->StackSize, __builtin_return_address(0));
  if (!irp) return nullptr;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
  next->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
  next->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
  next->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
  switch (METHOD_FROM_CTL_CODE(IoControlCode)) {
    case METHOD_BUFFERED:
      if (InputBufferLength || OutputBufferLength) {
        ULONG room = InputBufferLength > OutputBufferLength ? InputBufferLength : OutputBufferLength;
        if (!GiveSystemBuffer(irp, InputBuffer, InputBuffer ? InputBufferLength : 0, room)) return Abandon(irp);
        irp->UserBuffer = OutputBuffer;
        if (OutputBuffer) irp->Flags |= IRP_INPUT_OPERATION;
      }
      break;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
      if (InputBuffer && InputBufferLength && !GiveSystemBuffer(irp, InputBuffer, InputBufferLength, InputBufferLength)) {
        return Abandon(irp);
      }
      if (OutputBuffer && OutputBufferLength &&
          !GiveMdl(irp, OutputBuffer, OutputBufferLength,
                   METHOD_FROM_CTL_CODE(IoControlCode) == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess)) {
        return Abandon(irp);
      }
      break;
    default:
      irp->UserBuffer = OutputBuffer;
      next->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
  }
  irp->UserIosb = IoStatusBlock;
  irp->UserEvent = Event;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(&thread);
  io::QueueToThread(irp, thread);
  return irp;
}

}  // extern "C"
