// Files by their Zw names: opens through handles, reads, writes, controls, information.
#include <cstddef>
#include <cstring>
#include <exception>

#include "nt/bugcheck.h"
#include "nt/dbg/refusal.h"
#include "nt/io/async.h"
#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/io/file.h"
#include "nt/io/file_object.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/ob/attributes.h"
#include "nt/thread.h"

using namespace drydock::nt;

extern "C" {
// Not const: the SDK declares them so.
POBJECT_TYPE drydock_file_object_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&io::kFileType));
POBJECT_TYPE drydock_device_object_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&io::kDeviceType));
POBJECT_TYPE drydock_driver_object_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&io::kDriverType));
POBJECT_TYPE* IoFileObjectType = &drydock_file_object_type;
POBJECT_TYPE* IoDeviceObjectType = &drydock_device_object_type;
POBJECT_TYPE* IoDriverObjectType = &drydock_driver_object_type;
}

namespace {

// A file by its handle, referenced for the life of the object.
class FileReference {
 public:
  FileReference(HANDLE handle, ACCESS_MASK access) {
    void* body = nullptr;
    status_ = ob::ReferenceByHandle(handle, access, &io::kFileType, KernelMode, &body);
    file_ = static_cast<FILE_OBJECT*>(body);
  }
  FileReference(const FileReference&) = delete;
  ~FileReference() noexcept(false) {
    // The last reference would close the file: not while a stop unwinds the stack.
    if (file_ && std::uncaught_exceptions() == 0) ob::Dereference(file_);
  }
  NTSTATUS status() const { return status_; }
  FILE_OBJECT* get() const { return file_; }

 private:
  NTSTATUS status_;
  FILE_OBJECT* file_;
};

// One request on behalf of a driver: waits on a synchronous file, goes off on another.
NTSTATUS SendForHandle(HANDLE file_handle, HANDLE event_handle, PIO_APC_ROUTINE apc, PIO_STATUS_BLOCK iosb, io::Request& request) {
  if (apc) return drydock::nt::dbg::Refuse("An operation of an open file with an ApcRoutine", STATUS_NOT_SUPPORTED, "APC routines of file operations are not called; use an event");
  FileReference file(file_handle, 0);
  if (!NT_SUCCESS(file.status())) return file.status();
  void* event = nullptr;
  if (event_handle) {
    NTSTATUS status = ob::ReferenceByHandle(event_handle, EVENT_MODIFY_STATE, &ob::kEventType, KernelMode, &event);
    if (!NT_SUCCESS(status)) return status;
    KeClearEvent(static_cast<PKEVENT>(event));
  }
  request.mode = KernelMode;
  FILE_OBJECT* object = file.get();
  KeClearEvent(&object->Event);
  if (object->Flags & FO_SYNCHRONOUS_IO) {
    io::Result result = io::Send(object, request);
    if (iosb) {
      iosb->Status = result.status;
      iosb->Information = result.information;
    }
    KeSetEvent(&object->Event, IO_NO_INCREMENT, FALSE);
    if (event) {
      KeSetEvent(static_cast<PKEVENT>(event), IO_NO_INCREMENT, FALSE);
      ob::Dereference(event);
    }
    return result.status;
  }
  auto* block = new io::AsyncIo::Block;
  block->iosb = iosb;
  block->event = static_cast<PKEVENT>(event);
  block->set_file_event = event == nullptr;
  NTSTATUS status = io::StartAsync(*block, object, request);
  block->Release();
  return status;
}

// FILE_USE_FILE_POINTER_POSITION and FILE_WRITE_TO_END_OF_FILE: HighPart -1, LowPart -2 or -1.
NTSTATUS TakeOffset(HANDLE file_handle, PLARGE_INTEGER offset, io::Request* request) {
  FileReference file(file_handle, 0);
  if (!NT_SUCCESS(file.status())) return file.status();
  bool synchronous = (file.get()->Flags & FO_SYNCHRONOUS_IO) != 0;
  if (!offset || (offset->HighPart == -1 && offset->LowPart == FILE_USE_FILE_POINTER_POSITION)) {
    // An asynchronous file keeps no position; devices that have none either ignore the offset.
    if (!synchronous && (file.get()->DeviceObject->DeviceType == FILE_DEVICE_DISK ||
                         file.get()->DeviceObject->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM)) {
      return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
  }
  bool to_end = offset->HighPart == -1 && offset->LowPart == FILE_WRITE_TO_END_OF_FILE && request->major == IRP_MJ_WRITE;
  if (offset->QuadPart < 0 && !to_end) return STATUS_INVALID_PARAMETER;
  request->has_offset = true;
  request->offset = offset->QuadPart;
  return STATUS_SUCCESS;
}

NTSTATUS Query(HANDLE file_handle, PIO_STATUS_BLOCK iosb, UCHAR major, void* buffer, ULONG length, ULONG information_class) {
  FileReference file(file_handle, 0);
  if (!NT_SUCCESS(file.status())) return file.status();
  io::Request request;
  request.major = major;
  request.code = information_class;
  if (major == IRP_MJ_SET_INFORMATION) {
    request.input = buffer;
    request.input_length = length;
  } else {
    request.output = buffer;
    request.output_length = length;
  }
  io::Result result = io::Send(file.get(), request);
  iosb->Status = result.status;
  iosb->Information = result.information;
  return result.status;
}

template <class T>
NTSTATUS Answer(PIO_STATUS_BLOCK iosb, void* buffer, ULONG length, const T& value) {
  if (length < sizeof(T)) return STATUS_INFO_LENGTH_MISMATCH;
  std::memcpy(buffer, &value, sizeof value);
  iosb->Status = STATUS_SUCCESS;
  iosb->Information = sizeof value;
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS NTAPI IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType,
                            PVOID InternalParameters, ULONG Options) {
  (void)CreateFileType;
  (void)InternalParameters;
  (void)Options;
  *FileHandle = nullptr;
  if (Disposition > FILE_MAXIMUM_DISPOSITION) return STATUS_INVALID_PARAMETER;
  constexpr ULONG kSynchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
  if ((CreateOptions & kSynchronous) == kSynchronous) return STATUS_INVALID_PARAMETER;
  if ((CreateOptions & kSynchronous) && !(DesiredAccess & (SYNCHRONIZE | GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL))) {
    return STATUS_INVALID_PARAMETER;
  }
  if ((CreateOptions & FILE_DIRECTORY_FILE) && (CreateOptions & FILE_NON_DIRECTORY_FILE)) return STATUS_INVALID_PARAMETER;
  if ((CreateOptions & FILE_DELETE_ON_CLOSE) && !(DesiredAccess & (DELETE | GENERIC_ALL))) return STATUS_INVALID_PARAMETER;
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;

  io::OpenOptions options;
  options.access = DesiredAccess;
  options.file_attributes = FileAttributes;
  options.share = ShareAccess;
  options.disposition = Disposition;
  options.options = CreateOptions;
  options.ea = EaBuffer;
  options.ea_length = EaLength;
  int64_t allocation = AllocationSize ? AllocationSize->QuadPart : 0;
  if (AllocationSize) options.allocation_size = &allocation;
  options.case_insensitive = (attributes.flags() & OBJ_CASE_INSENSITIVE) != 0;
  options.root = attributes.root();
  FILE_OBJECT* file;
  ULONG_PTR information = 0;
  status = io::OpenFile(CurrentKernel(), attributes.name(), options, &file, &information);
  IoStatusBlock->Status = status;
  IoStatusBlock->Information = information;
  if (!NT_SUCCESS(status)) return status;
  // The handle in the table takes the place of the one that the open counted.
  ob::HeaderOf(file)->handles.fetch_sub(1, std::memory_order_acq_rel);
  NTSTATUS inserted = ob::InsertHandle(CurrentKernel(), file, io::MapGenericAccess(DesiredAccess), attributes.flags(), FileHandle);
  return NT_SUCCESS(inserted) ? status : inserted;
}

NTSTATUS NTAPI ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength) {
  return IoCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
                      CreateDisposition, CreateOptions, EaBuffer, EaLength, CreateFileTypeNone, nullptr, 0);
}

NTSTATUS NTAPI ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions) {
  return ZwCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, nullptr, 0, ShareAccess, FILE_OPEN, OpenOptions,
                      nullptr, 0);
}

NTSTATUS NTAPI ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
  (void)ApcContext;
  io::Request request;
  request.major = IRP_MJ_READ;
  request.output = Buffer;
  request.output_length = Length;
  request.key = Key ? *Key : 0;
  NTSTATUS status = TakeOffset(FileHandle, ByteOffset, &request);
  if (!NT_SUCCESS(status)) return status;
  return SendForHandle(FileHandle, Event, ApcRoutine, IoStatusBlock, request);
}

NTSTATUS NTAPI ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                           PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
  (void)ApcContext;
  io::Request request;
  request.major = IRP_MJ_WRITE;
  request.input = Buffer;
  request.input_length = Length;
  request.key = Key ? *Key : 0;
  NTSTATUS status = TakeOffset(FileHandle, ByteOffset, &request);
  if (!NT_SUCCESS(status)) return status;
  return SendForHandle(FileHandle, Event, ApcRoutine, IoStatusBlock, request);
}

static NTSTATUS Control(UCHAR major, HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PIO_STATUS_BLOCK iosb, ULONG code, PVOID input,
                        ULONG input_length, PVOID output, ULONG output_length) {
  io::Request request;
  request.major = major;
  request.code = code;
  request.input = input;
  request.input_length = input_length;
  request.output = output;
  request.output_length = output_length;
  return SendForHandle(file, event, apc, iosb, request);
}

NTSTATUS NTAPI ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                     PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
                                     PVOID OutputBuffer, ULONG OutputBufferLength) {
  (void)ApcContext;
  return Control(IRP_MJ_DEVICE_CONTROL, FileHandle, Event, ApcRoutine, IoStatusBlock, IoControlCode, InputBuffer, InputBufferLength,
                 OutputBuffer, OutputBufferLength);
}

NTSTATUS NTAPI ZwFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength,
                               PVOID OutputBuffer, ULONG OutputBufferLength) {
  (void)ApcContext;
  return Control(IRP_MJ_FILE_SYSTEM_CONTROL, FileHandle, Event, ApcRoutine, IoStatusBlock, FsControlCode, InputBuffer,
                 InputBufferLength, OutputBuffer, OutputBufferLength);
}

NTSTATUS NTAPI ZwFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
  FileReference file(FileHandle, 0);
  if (!NT_SUCCESS(file.status())) return file.status();
  io::Result result = io::Flush(file.get(), KernelMode);
  IoStatusBlock->Status = result.status;
  IoStatusBlock->Information = result.information;
  return result.status;
}

NTSTATUS NTAPI ZwQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass) {
  {
    FileReference file(FileHandle, 0);
    if (!NT_SUCCESS(file.status())) return file.status();
    FILE_OBJECT* object = file.get();
    // What the I/O manager knows by itself.
    switch (FileInformationClass) {
      case FilePositionInformation: {
        if (!(object->Flags & FO_SYNCHRONOUS_IO)) break;
        FILE_POSITION_INFORMATION answer = {};
        answer.CurrentByteOffset = object->CurrentByteOffset;
        return Answer(IoStatusBlock, FileInformation, Length, answer);
      }
      case FileAccessInformation: {
        FILE_ACCESS_INFORMATION answer = {};
        answer.AccessFlags = io::ExtensionOf(object)->granted;
        return Answer(IoStatusBlock, FileInformation, Length, answer);
      }
      case FileAlignmentInformation: {
        FILE_ALIGNMENT_INFORMATION answer = {};
        answer.AlignmentRequirement = object->DeviceObject->AlignmentRequirement;
        return Answer(IoStatusBlock, FileInformation, Length, answer);
      }
      default:
        break;
    }
  }
  return Query(FileHandle, IoStatusBlock, IRP_MJ_QUERY_INFORMATION, FileInformation, Length, FileInformationClass);
}

NTSTATUS NTAPI ZwSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass) {
  if (FileInformationClass == FilePositionInformation) {
    if (Length < sizeof(FILE_POSITION_INFORMATION)) return STATUS_INFO_LENGTH_MISMATCH;
    FileReference file(FileHandle, 0);
    if (!NT_SUCCESS(file.status())) return file.status();
    LARGE_INTEGER position = static_cast<FILE_POSITION_INFORMATION*>(FileInformation)->CurrentByteOffset;
    if (!(file.get()->Flags & FO_SYNCHRONOUS_IO) || position.QuadPart < 0) return STATUS_INVALID_PARAMETER;
    file.get()->CurrentByteOffset = position;
    IoStatusBlock->Status = STATUS_SUCCESS;
    IoStatusBlock->Information = 0;
    return STATUS_SUCCESS;
  }
  return Query(FileHandle, IoStatusBlock, IRP_MJ_SET_INFORMATION, FileInformation, Length, FileInformationClass);
}

NTSTATUS NTAPI ZwQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                            FS_INFORMATION_CLASS FsInformationClass) {
  if (FsInformationClass == FileFsDeviceInformation) {
    FileReference file(FileHandle, 0);
    if (!NT_SUCCESS(file.status())) return file.status();
    FILE_FS_DEVICE_INFORMATION answer = {};
    answer.DeviceType = file.get()->DeviceObject->DeviceType;
    answer.Characteristics = file.get()->DeviceObject->Characteristics;
    return Answer(IoStatusBlock, FsInformation, Length, answer);
  }
  return Query(FileHandle, IoStatusBlock, IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformation, Length, FsInformationClass);
}

NTSTATUS NTAPI ZwQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                    PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
                                    BOOLEAN RestartScan) {
  (void)ApcContext;
  io::Request request;
  request.major = IRP_MJ_DIRECTORY_CONTROL;
  request.minor = IRP_MN_QUERY_DIRECTORY;
  request.code = FileInformationClass;
  request.output = FileInformation;
  request.output_length = Length;
  request.name_filter = FileName;
  if (ReturnSingleEntry) request.stack_flags |= SL_RETURN_SINGLE_ENTRY;
  if (RestartScan) request.stack_flags |= SL_RESTART_SCAN;
  return SendForHandle(FileHandle, Event, ApcRoutine, IoStatusBlock, request);
}

NTSTATUS NTAPI ZwQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PFILE_NETWORK_OPEN_INFORMATION FileInformation) {
  HANDLE handle;
  IO_STATUS_BLOCK iosb;
  NTSTATUS status = ZwOpenFile(&handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, ObjectAttributes, &iosb,
                               FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_SYNCHRONOUS_IO_NONALERT);
  if (!NT_SUCCESS(status)) return status;
  status = ZwQueryInformationFile(handle, &iosb, FileInformation, sizeof *FileInformation, FileNetworkOpenInformation);
  ZwClose(handle);
  return status;
}

NTSTATUS NTAPI ZwDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes) {
  HANDLE handle;
  IO_STATUS_BLOCK iosb;
  NTSTATUS status = ZwOpenFile(&handle, DELETE, ObjectAttributes, &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                               FILE_DELETE_ON_CLOSE);
  return NT_SUCCESS(status) ? ZwClose(handle) : status;
}

NTSTATUS NTAPI ZwCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
  FileReference file(FileHandle, 0);
  if (!NT_SUCCESS(file.status())) return file.status();
  io::CancelFile(file.get(), true);
  IoStatusBlock->Status = STATUS_SUCCESS;
  IoStatusBlock->Information = 0;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock) {
  FileReference file(FileHandle, 0);
  if (!NT_SUCCESS(file.status())) return file.status();
  uint32_t count = io::CancelFileIrps(CurrentKernel(), file.get(), IoRequestToCancel);
  NTSTATUS status = count ? STATUS_SUCCESS : STATUS_NOT_FOUND;
  IoStatusBlock->Status = status;
  IoStatusBlock->Information = 0;
  return status;
}

NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                      PVOID FileInformation, PULONG ReturnedLength) {
  io::Request request;
  request.major = IRP_MJ_QUERY_INFORMATION;
  request.code = FileInformationClass;
  request.output = FileInformation;
  request.output_length = Length;
  io::Result result = io::Send(FileObject, request);
  *ReturnedLength = static_cast<ULONG>(result.information);
  return result.status;
}

}  // extern "C"
