// Reads, writes, controls: how the I/O manager builds a request for a requestor, and what happens when it is complete.
#include "nt/io/file.h"

#include <cstring>
#include <string>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/file_object.h"
#include "nt/io/irp.h"
#include "nt/io/sync_irp.h"
#include "nt/kernel.h"
#include "nt/mm/address_space.h"
#include "nt/mm/mdl.h"
#include "nt/ps/process.h"
#include "nt/thread.h"

namespace drydock::nt::io {
namespace {

enum class Transfer { kBuffered, kDirect, kNeither };

Transfer TransferOf(const DEVICE_OBJECT* top) {
  if (top->Flags & DO_BUFFERED_IO) return Transfer::kBuffered;
  if (top->Flags & DO_DIRECT_IO) return Transfer::kDirect;
  return Transfer::kNeither;
}

bool Trusted(const Request& request) { return request.mode == KernelMode || request.register_buffers; }

NTSTATUS CheckAccess(const FILE_OBJECT* file, const Request& request) {
  if (request.mode == KernelMode) return STATUS_SUCCESS;
  ACCESS_MASK granted = ExtensionOf(file)->granted;
  ACCESS_MASK needed = 0;
  switch (request.major) {
    case IRP_MJ_READ:
      needed = FILE_READ_DATA;
      break;
    case IRP_MJ_WRITE:
      return granted & (FILE_WRITE_DATA | FILE_APPEND_DATA) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    case IRP_MJ_FLUSH_BUFFERS:
      return granted & (FILE_WRITE_DATA | FILE_APPEND_DATA) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL: {
      ULONG bits = (request.code >> 14) & 3;  // FILE_READ_ACCESS, FILE_WRITE_ACCESS
      if (bits & FILE_READ_ACCESS) needed |= FILE_READ_DATA;
      if (bits & FILE_WRITE_ACCESS) needed |= FILE_WRITE_DATA;
      break;
    }
    default:
      break;
  }
  return (granted & needed) == needed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

// A system buffer of `room` bytes that starts with the requestor's `copied` bytes; the rest is zero: what an earlier request left there
// would make a driver that looks at it behave otherwise from run to run.
NTSTATUS GiveSystemBuffer(Thread& thread, IRP* irp, const Request& request, const void* from, ULONG copied, ULONG room) {
  void* buffer = AllocateSystemBuffer(thread, irp, room);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  if (copied) {
    NTSTATUS status = mm::CopyIn(Trusted(request) ? KPROCESSOR_MODE(KernelMode) : request.mode, buffer, from, copied);
    if (!NT_SUCCESS(status)) return status;
  }
  std::memset(static_cast<char*>(buffer) + copied, 0, room - copied);
  irp->AssociatedIrp.SystemBuffer = buffer;
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  return STATUS_SUCCESS;
}

NTSTATUS GiveMdl(IRP* irp, const Request& request, void* buffer, ULONG length, LOCK_OPERATION operation) {
  if (!IoAllocateMdl(buffer, length, FALSE, FALSE, irp)) return STATUS_INSUFFICIENT_RESOURCES;
  return mm::TryProbeAndLock(irp->MdlAddress, Trusted(request) ? KPROCESSOR_MODE(KernelMode) : request.mode, operation);
}

NTSTATUS CheckOutput(const Request& request, void* buffer, ULONG length) {
  if (Trusted(request) || !length) return STATUS_SUCCESS;
  return mm::TryProbe(CurrentThread().process, buffer, length, 1, true);
}

NTSTATUS BuildTransfer(Thread& thread, IRP* irp, DEVICE_OBJECT* top, FILE_OBJECT* file, const Request& request) {
  bool write = request.major == IRP_MJ_WRITE;
  void* buffer = write ? request.input : request.output;
  ULONG length = write ? request.input_length : request.output_length;
  if ((file->Flags & FO_NO_INTERMEDIATE_BUFFERING) && top->SectorSize) {
    ULONG mask = top->SectorSize - 1u;
    if ((length & mask) || (request.has_offset && (static_cast<ULONG>(request.offset) & mask) && request.offset >= 0)) {
      return STATUS_INVALID_PARAMETER;
    }
    irp->Flags |= IRP_NOCACHE;
  }
  irp->Flags |= IRP_DEFER_IO_COMPLETION | (write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION);
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->Parameters.Read.Length = length;
  next->Parameters.Read.Key = request.key;
  next->Parameters.Read.ByteOffset.QuadPart = request.has_offset                  ? request.offset
                                              : (file->Flags & FO_SYNCHRONOUS_IO) ? file->CurrentByteOffset.QuadPart
                                                                                  : 0;
  if (write && (file->Flags & FO_WRITE_THROUGH)) next->Flags |= SL_WRITE_THROUGH;
  switch (TransferOf(top)) {
    case Transfer::kBuffered:
      if (!length) return STATUS_SUCCESS;
      if (write) return GiveSystemBuffer(thread, irp, request, buffer, length, length);
      if (NTSTATUS status = CheckOutput(request, buffer, length); !NT_SUCCESS(status)) return status;
      irp->Flags |= IRP_INPUT_OPERATION;
      irp->UserBuffer = buffer;
      return GiveSystemBuffer(thread, irp, request, nullptr, 0, length);
    case Transfer::kDirect:
      if (!length) return STATUS_SUCCESS;
      return GiveMdl(irp, request, buffer, length, write ? IoReadAccess : IoWriteAccess);
    case Transfer::kNeither:
      irp->UserBuffer = buffer;
      return STATUS_SUCCESS;
  }
  return STATUS_SUCCESS;
}

NTSTATUS BuildControl(Thread& thread, IRP* irp, const Request& request) {
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->Parameters.DeviceIoControl.OutputBufferLength = request.output_length;
  next->Parameters.DeviceIoControl.InputBufferLength = request.input_length;
  next->Parameters.DeviceIoControl.IoControlCode = request.code;
  ULONG method = request.code & 3;
  switch (method) {
    case METHOD_BUFFERED: {
      if (!request.input_length && !request.output_length) return STATUS_SUCCESS;
      if (NTSTATUS status = CheckOutput(request, request.output, request.output_length); !NT_SUCCESS(status)) return status;
      if (request.output_length) {
        irp->Flags |= IRP_INPUT_OPERATION;
        irp->UserBuffer = request.output;
      }
      ULONG room = request.input_length > request.output_length ? request.input_length : request.output_length;
      return GiveSystemBuffer(thread, irp, request, request.input, request.input_length, room);
    }
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
      if (request.input_length) {
        NTSTATUS status = GiveSystemBuffer(thread, irp, request, request.input, request.input_length, request.input_length);
        if (!NT_SUCCESS(status)) return status;
      }
      if (!request.output_length) return STATUS_SUCCESS;
      return GiveMdl(irp, request, request.output, request.output_length, method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    default:
      irp->UserBuffer = request.output;
      next->Parameters.DeviceIoControl.Type3InputBuffer = request.input;
      return STATUS_SUCCESS;
  }
}

NTSTATUS BuildInformation(Thread& thread, IRP* irp, const Request& request) {
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  bool set = request.major == IRP_MJ_SET_INFORMATION;
  ULONG length = set ? request.input_length : request.output_length;
  // QueryFile, SetFile and QueryVolume begin alike: length, class.
  next->Parameters.QueryFile.Length = length;
  next->Parameters.QueryFile.FileInformationClass = static_cast<FILE_INFORMATION_CLASS>(request.code);
  irp->Flags |= IRP_DEFER_IO_COMPLETION;
  if (!length) return STATUS_SUCCESS;
  if (set) return GiveSystemBuffer(thread, irp, request, request.input, length, length);
  if (NTSTATUS status = CheckOutput(request, request.output, length); !NT_SUCCESS(status)) return status;
  irp->Flags |= IRP_INPUT_OPERATION;
  irp->UserBuffer = request.output;
  return GiveSystemBuffer(thread, irp, request, nullptr, 0, length);
}

NTSTATUS BuildDirectoryQuery(Thread& thread, IRP* irp, DEVICE_OBJECT* top, const Request& request) {
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->Parameters.QueryDirectory.Length = request.output_length;
  next->Parameters.QueryDirectory.FileName = request.name_filter;
  next->Parameters.QueryDirectory.FileInformationClass = static_cast<FILE_INFORMATION_CLASS>(request.code);
  if (!request.output_length) return STATUS_SUCCESS;
  switch (TransferOf(top)) {
    case Transfer::kBuffered:
      irp->Flags |= IRP_INPUT_OPERATION;
      irp->UserBuffer = request.output;
      return GiveSystemBuffer(thread, irp, request, nullptr, 0, request.output_length);
    case Transfer::kDirect:
      return GiveMdl(irp, request, request.output, request.output_length, IoWriteAccess);
    case Transfer::kNeither:
      irp->UserBuffer = request.output;
      return STATUS_SUCCESS;
  }
  return STATUS_SUCCESS;
}

void ReleaseMdls(IRP* irp) {
  while (MDL* mdl = irp->MdlAddress) {
    irp->MdlAddress = mdl->Next;
    if (mdl->MdlFlags & MDL_PAGES_LOCKED) MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
}

ULONG AnswerRoom(const Request& request) { return request.output_length; }

}  // namespace

IRP* BuildRequest(Thread& thread, DEVICE_OBJECT* top, FILE_OBJECT* file, const Request& request, NTSTATUS* status) {
  *status = CheckAccess(file, request);
  if (!NT_SUCCESS(*status)) return nullptr;
  IRP* irp = AllocateIrp(thread, top->StackSize, __builtin_return_address(0));
  if (!irp) {
    *status = STATUS_INSUFFICIENT_RESOURCES;
    return nullptr;
  }
  irp->RequestorMode = request.mode;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(&thread);
  irp->Tail.Overlay.OriginalFileObject = file;
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = request.major;
  next->MinorFunction = request.minor;
  next->Flags = request.stack_flags;
  next->FileObject = file;
  switch (request.major) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
      *status = BuildTransfer(thread, irp, top, file, request);
      break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      *status = BuildControl(thread, irp, request);
      break;
    case IRP_MJ_QUERY_INFORMATION:
    case IRP_MJ_SET_INFORMATION:
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
      *status = BuildInformation(thread, irp, request);
      break;
    case IRP_MJ_DIRECTORY_CONTROL:
      *status = BuildDirectoryQuery(thread, irp, top, request);
      break;
    case IRP_MJ_FLUSH_BUFFERS:
      break;
    default:
      *status = STATUS_INVALID_PARAMETER;
  }
  if (!NT_SUCCESS(*status)) {
    ReleaseMdls(irp);
    FreeIrp(irp);  // takes the system buffer with it
    return nullptr;
  }
  return irp;
}

void TakeResult(IRP* irp, const Request& request, Result* result) {
  result->status = irp->IoStatus.Status;
  result->information = irp->IoStatus.Information;
  if ((irp->Flags & IRP_BUFFERED_IO) && (irp->Flags & IRP_INPUT_OPERATION) && !NT_ERROR(result->status) && result->information) {
    size_t bytes = result->information;
    ULONG room = AnswerRoom(request);
    if (bytes > room) {
      Break(std::string(MajorFunctionName(request.major)) + " was completed with Information " + std::to_string(bytes) +
            ", more than the requestor's buffer of " + std::to_string(room) +
            " bytes. Windows would copy that much and damage the requestor's memory; here only what fits was copied.");
      bytes = room;
    }
    // The requestor's process, which need not be the completing task's.
    Process* process = reinterpret_cast<Thread*>(irp->Tail.Overlay.Thread)->process;
    NTSTATUS status = Trusted(request) ? STATUS_SUCCESS : mm::TryProbe(process, irp->UserBuffer, bytes, 1, true);
    if (NT_SUCCESS(status)) {
      std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, bytes);
    } else {
      result->status = status;
      result->information = 0;
    }
  }
  ReleaseMdls(irp);
}

Result Send(FILE_OBJECT* file, const Request& request, rt::Ticks timeout) {
  Thread& thread = CurrentThread();
  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
  Result result;
  bool one_at_a_time = (file->Flags & FO_SYNCHRONOUS_IO) != 0;
  if (one_at_a_time) AcquireFileLock(file);
  IRP* irp = BuildRequest(thread, top, file, request, &result.status);
  if (!irp) {
    if (one_at_a_time) ReleaseFileLock(file);
    return result;
  }
  irp->Flags |= IRP_SYNCHRONOUS_API;
  // "Neither" buffers reach the driver as they are: it probes them, so they must count as the application's.
  mm::UserRange ranges[2];
  if (request.mode != KernelMode && request.register_buffers && !irp->MdlAddress && !(irp->Flags & IRP_BUFFERED_IO)) {
    ranges[0] = mm::UserRange(*thread.kernel, thread.process, request.input, request.input ? request.input_length : 0, true);
    ranges[1] = mm::UserRange(*thread.kernel, thread.process, request.output, request.output ? request.output_length : 0, true);
  }
  ob::Reference(file);
  bool timed_out = false;
  SendAndWait(top, irp, timeout, &timed_out);
  TakeResult(irp, request, &result);
  FreeIrp(irp);
  if (timed_out && result.status == STATUS_CANCELLED) result.status = STATUS_IO_TIMEOUT;
  if (one_at_a_time) ReleaseFileLock(file);
  ob::Dereference(file);
  return result;
}

Result Read(FILE_OBJECT* file, KPROCESSOR_MODE mode, void* buffer, ULONG length, const int64_t* offset, rt::Ticks timeout) {
  Request request;
  request.major = IRP_MJ_READ;
  request.mode = mode;
  request.output = buffer;
  request.output_length = length;
  request.has_offset = offset != nullptr;
  if (offset) request.offset = *offset;
  return Send(file, request, timeout);
}

Result Write(FILE_OBJECT* file, KPROCESSOR_MODE mode, const void* buffer, ULONG length, const int64_t* offset, rt::Ticks timeout) {
  Request request;
  request.major = IRP_MJ_WRITE;
  request.mode = mode;
  request.input = const_cast<void*>(buffer);
  request.input_length = length;
  request.has_offset = offset != nullptr;
  if (offset) request.offset = *offset;
  return Send(file, request, timeout);
}

Result DeviceControl(FILE_OBJECT* file, KPROCESSOR_MODE mode, ULONG code, const void* input, ULONG input_length, void* output,
                     ULONG output_length, bool internal, rt::Ticks timeout) {
  Request request;
  request.major = internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
  request.mode = mode;
  request.code = code;
  request.input = const_cast<void*>(input);
  request.input_length = input_length;
  request.output = output;
  request.output_length = output_length;
  return Send(file, request, timeout);
}

Result Flush(FILE_OBJECT* file, KPROCESSOR_MODE mode) {
  Request request;
  request.major = IRP_MJ_FLUSH_BUFFERS;
  request.mode = mode;
  return Send(file, request);
}

uint32_t CancelFile(FILE_OBJECT* file, bool only_this_thread) {
  return only_this_thread ? CancelThreadIrps(CurrentThread(), file) : CancelFileIrps(CurrentKernel(), file);
}

}  // namespace drydock::nt::io
