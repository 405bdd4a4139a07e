#include "wdf/request/format.h"

#include <fmt/format.h>

#include <cstring>

#include "nt/dbg/state.h"
#include "nt/mm/mdl.h"
#include "wdf/memory/memory.h"
#include "wdf/request/intermediate.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf {
namespace {

// What undo has to put back into an IRP that is not the framework's own.
void KeepIrpFields(SentState& sent) {
  if (!sent.request) return;
  sent.undo_needed = true;
  PIRP irp = sent.irp;
  sent.saved_system_buffer = irp->AssociatedIrp.SystemBuffer;
  sent.saved_user_buffer = irp->UserBuffer;
  sent.saved_mdl = irp->MdlAddress;
  sent.keeps_irp_fields = true;
}

void Reference(SentState& sent, SentMemory& to, const TransferBuffer& from) {
  to = {from.memory, from.offset, from.length};
  if (!to.memory) return;
  to.memory->AddRef();
  sent.undo_needed = true;
}

void Drop(SentMemory& held) {
  Memory* memory = held.memory;
  held = {};
  if (memory) memory->Release();
}

// An MDL for the transfer: the caller's own where it fits exactly, a partial one over a part of it, else one built over the address.
NTSTATUS MdlFor(SentState& sent, const TransferBuffer& buffer, LOCK_OPERATION operation, PMDL* mdl) {
  *mdl = nullptr;
  if (buffer.length == 0) return STATUS_SUCCESS;
  if (buffer.mdl && buffer.mdl_offset == 0 && (!buffer.memory || buffer.length == buffer.memory->size())) {
    *mdl = buffer.mdl;
    return STATUS_SUCCESS;
  }
  void* start = buffer.address;
  if (!start && buffer.mdl) start = static_cast<char*>(MmGetMdlVirtualAddress(buffer.mdl)) + buffer.mdl_offset;
  PMDL own = ReuseMdl(sent, start, buffer.length);
  if (!own) return STATUS_INSUFFICIENT_RESOURCES;
  if (buffer.mdl) {
    IoBuildPartialMdl(buffer.mdl, own, static_cast<char*>(MmGetMdlVirtualAddress(buffer.mdl)) + buffer.mdl_offset, ULONG(buffer.length));
  } else {
    NTSTATUS status = nt::mm::TryProbeAndLock(own, KernelMode, operation);
    if (!NT_SUCCESS(status)) return status;
    sent.mdl_locked = sent.undo_needed = true;
  }
  *mdl = own;
  return STATUS_SUCCESS;
}

NTSTATUS FormatReadWriteBuffer(DriverGlobals& globals, SentState& sent, IoTarget& target, bool write, const TransferBuffer& buffer) {
  PIRP irp = sent.irp;
  const ULONG how = target.transfer_flags();
  if (how & DO_BUFFERED_IO) {  // IOX-22
    if (buffer.length == 0) return STATUS_SUCCESS;
    void* start;
    NTSTATUS status = buffer.Map(&start);
    if (!NT_SUCCESS(status)) return status;
    status = IntermediateBuffer(globals, sent, buffer.length);
    if (!NT_SUCCESS(status)) return status;
    irp->AssociatedIrp.SystemBuffer = sent.system_buffer;
    if (write) {
      CopyBytes(sent.system_buffer, start, buffer.length);
    } else {
      sent.copy_back_to = irp->UserBuffer = start;
      sent.copy_back_length = buffer.length;
    }
    return STATUS_SUCCESS;
  }
  if (how & DO_DIRECT_IO) return MdlFor(sent, buffer, write ? IoReadAccess : IoWriteAccess, &irp->MdlAddress);
  return buffer.Map(&irp->UserBuffer);
}

NTSTATUS FormatIoctlBuffers(DriverGlobals& globals, SentState& sent, ULONG code, const TransferBuffer& input, const TransferBuffer& output,
                            PIO_STACK_LOCATION next) {
  PIRP irp = sent.irp;
  void* in;
  NTSTATUS status = input.Map(&in);
  if (!NT_SUCCESS(status)) return status;
  switch (METHOD_FROM_CTL_CODE(code)) {
    case METHOD_BUFFERED: {
      const size_t bytes = input.length > output.length ? input.length : output.length;
      if (bytes == 0) return STATUS_SUCCESS;
      void* out;
      status = output.Map(&out);
      if (!NT_SUCCESS(status)) return status;
      status = IntermediateBuffer(globals, sent, bytes);
      if (!NT_SUCCESS(status)) return status;
      irp->AssociatedIrp.SystemBuffer = sent.system_buffer;
      if (input.length) CopyBytes(sent.system_buffer, in, input.length);
      if (output.length) {
        sent.copy_back_to = irp->UserBuffer = out;
        sent.copy_back_length = output.length;
      }
      return STATUS_SUCCESS;
    }
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
      irp->AssociatedIrp.SystemBuffer = in;
      return MdlFor(sent, output, METHOD_FROM_CTL_CODE(code) == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess, &irp->MdlAddress);
    default:
      next->Parameters.DeviceIoControl.Type3InputBuffer = in;
      return output.Map(&irp->UserBuffer);
  }
}

// A driver-made request whose IRP is missing or too small gets a bigger one (IOX-26).
NTSTATUS EnsureIrp(DriverGlobals& globals, SentState& sent, IoTarget& target) {
  const int needed = target.stack_size();
  PIRP irp = sent.irp;
  if (irp && irp->CurrentLocation - 1 >= needed) return STATUS_SUCCESS;
  if (sent.irp_origin != IrpOrigin::kFramework || sent.out()) {
    if (irp && !sent.out()) {
      nt::dbg::PrintLine(target.framework().kernel,
                         fmt::format("STATUS_REQUEST_NOT_ACCEPTED: the IRP has {} of the {} stack locations that the I/O target's device needs. "
                                     "Raise StackSize of the device that received it, or send a request of the driver's own.",
                                     irp->CurrentLocation - 1, needed));
    }
    return STATUS_REQUEST_NOT_ACCEPTED;
  }
  PIRP bigger = globals.MayAllocate() ? IoAllocateIrp(CCHAR(needed), FALSE) : nullptr;
  if (!bigger) return STATUS_INSUFFICIENT_RESOURCES;
  if (irp) IoFreeIrp(irp);
  BindIrp(sent, bigger, IrpOrigin::kFramework);
  return STATUS_SUCCESS;
}

NTSTATUS Done(SentState& sent, NTSTATUS status, SendFormat format) {
  sent.format = format;
  if (__builtin_expect(!NT_SUCCESS(status), 0)) UndoFormat(sent);
  return status;
}

}  // namespace

NTSTATUS PrepareForTarget(DriverGlobals& globals, SentState& sent, IoTarget& target) {
  UndoFormat(sent);
  sent.copy_back_to = nullptr;
  NTSTATUS status = target.CheckFormattable();
  if (!NT_SUCCESS(status)) return status;
  status = EnsureIrp(globals, sent, target);
  if (!NT_SUCCESS(status)) return status;
  PIRP irp = sent.irp;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  *next = {};
  if (sent.request && sent.request->is_received()) {  // IOX-25
    PIO_STACK_LOCATION own = IoGetCurrentIrpStackLocation(irp);
    next->FileObject = own->FileObject;
    next->Flags = own->Flags;
  }
  return STATUS_SUCCESS;
}

NTSTATUS FormatReadWrite(DriverGlobals& globals, SentState& sent, IoTarget& target, bool write, const TransferBuffer& buffer,
                         const LONGLONG* device_offset) {
  NTSTATUS status = PrepareForTarget(globals, sent, target);
  if (!NT_SUCCESS(status)) return status;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(sent.irp);
  next->MajorFunction = write ? IRP_MJ_WRITE : IRP_MJ_READ;
  // Parameters.Read and Parameters.Write have one layout.
  next->Parameters.Read.Length = ULONG(buffer.length);
  next->Parameters.Read.ByteOffset.QuadPart = device_offset ? *device_offset : 0;
  KeepIrpFields(sent);
  Reference(sent, write ? sent.input : sent.output, buffer);
  return Done(sent, FormatReadWriteBuffer(globals, sent, target, write, buffer), write ? SendFormat::kWrite : SendFormat::kRead);
}

NTSTATUS FormatIoctl(DriverGlobals& globals, SentState& sent, IoTarget& target, bool internal, ULONG code, const TransferBuffer& input,
                     const TransferBuffer& output) {
  NTSTATUS status = PrepareForTarget(globals, sent, target);
  if (!NT_SUCCESS(status)) return status;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(sent.irp);
  next->MajorFunction = internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
  next->Parameters.DeviceIoControl.IoControlCode = code;
  next->Parameters.DeviceIoControl.InputBufferLength = ULONG(input.length);
  next->Parameters.DeviceIoControl.OutputBufferLength = ULONG(output.length);
  sent.ioctl = code;
  KeepIrpFields(sent);
  Reference(sent, sent.input, input);
  Reference(sent, sent.output, output);
  return Done(sent, FormatIoctlBuffers(globals, sent, code, input, output, next), internal ? SendFormat::kInternalIoctl : SendFormat::kIoctl);
}

NTSTATUS FormatOthers(DriverGlobals& globals, SentState& sent, IoTarget& target, ULONG code, const TransferBuffer (&arguments)[3]) {
  NTSTATUS status = PrepareForTarget(globals, sent, target);
  if (!NT_SUCCESS(status)) return status;
  void* addresses[3];
  for (int i = 0; i < 3; ++i) {
    status = arguments[i].Map(&addresses[i]);
    if (!NT_SUCCESS(status)) return status;
  }
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(sent.irp);
  next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  next->Parameters.Others.Argument1 = addresses[0];
  next->Parameters.Others.Argument2 = addresses[1];
  next->Parameters.Others.Argument3 = reinterpret_cast<PVOID>(uintptr_t(code));
  next->Parameters.Others.Argument4 = addresses[2];
  sent.ioctl = code;
  KeepIrpFields(sent);
  Reference(sent, sent.input, arguments[0]);
  Reference(sent, sent.output, arguments[1]);
  Reference(sent, sent.argument4, arguments[2]);
  return Done(sent, STATUS_SUCCESS, SendFormat::kOthers);
}

void UndoFormatSlow(SentState& sent) {
  sent.undo_needed = false;
  sent.copy_back_to = nullptr;
  sent.ioctl = 0;
  if (sent.mdl_locked) {
    sent.mdl_locked = false;
    MmUnlockPages(sent.mdl);
  }
  if (sent.free_usb) {
    auto free_usb = sent.free_usb;
    sent.free_usb = nullptr;
    free_usb(sent);
  }
  if (sent.keeps_irp_fields) {
    sent.keeps_irp_fields = false;
    if (sent.irp) {
      sent.irp->AssociatedIrp.SystemBuffer = sent.saved_system_buffer;
      sent.irp->UserBuffer = sent.saved_user_buffer;
      sent.irp->MdlAddress = sent.saved_mdl;
    }
  }
  Drop(sent.input);
  Drop(sent.output);
  Drop(sent.argument4);
}

}  // namespace drydock::wdf
