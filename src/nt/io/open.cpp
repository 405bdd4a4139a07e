// Opening files: from the end of a name walk to IRP_MJ_CREATE, and the two ends of a file object, cleanup and close.
#include <cstddef>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/file.h"
#include "nt/io/file_object.h"
#include "nt/io/state.h"
#include "nt/io/missing_constants.h"
#include "nt/io/sync_irp.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::io {
namespace {

void DropDeviceUse(DEVICE_OBJECT* device) {
  State& state = *CurrentKernel().io;
  {
    rt::LockGuard guard(state.device_lock);
    --device->ReferenceCount;
  }
  pnp::FileClosed(device);
  DeleteIfUnused(device);
}

// The last handle is gone: the driver hears of it while requests may still be under way.
void LastHandleClosed(void* body) {
  auto* file = static_cast<FILE_OBJECT*>(body);
  if (!file->DeviceObject || (file->Flags & FO_CLEANUP_COMPLETE)) return;
  Kernel& kernel = CurrentKernel();
  if (kernel.events.enabled()) RecordEvent(kernel, kFileCleanup, ob::HeaderOf(file)->trace_id);
  if (file->Flags & FO_SYNCHRONOUS_IO) AcquireFileLock(file);
  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
  if (IRP* irp = NewSystemIrp(top, IRP_MJ_CLEANUP, 0)) {
    irp->Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
    irp->Tail.Overlay.OriginalFileObject = file;
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    SendAndWait(top, irp);
    FreeIrp(irp);
  }
  file->Flags |= FO_CLEANUP_COMPLETE;
  if (file->Flags & FO_SYNCHRONOUS_IO) ReleaseFileLock(file);
}

// The last reference is gone.
void CloseFileObject(void* body) {
  auto* file = static_cast<FILE_OBJECT*>(body);
  DEVICE_OBJECT* device = file->DeviceObject;
  if (device) {
    Kernel& kernel = CurrentKernel();
    if (!(file->Flags & FO_CLEANUP_COMPLETE)) LastHandleClosed(file);
    if (kernel.events.enabled()) RecordEvent(kernel, kFileClose, ob::HeaderOf(file)->trace_id);
    DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
    if (IRP* irp = NewSystemIrp(top, IRP_MJ_CLOSE, 0)) {
      irp->Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
      irp->Tail.Overlay.OriginalFileObject = file;
      IoGetNextIrpStackLocation(irp)->FileObject = file;
      SendAndWait(top, irp);
      FreeIrp(irp);
    }
    DropDeviceUse(device);
    ob::Dereference(device);
  }
  if (FileExtension* extension = ExtensionOf(file); extension && extension->completion_port) {
    ob::Dereference(extension->completion_port);
    extension->completion_port = nullptr;
  }
  if (file->RelatedFileObject) {
    ob::Dereference(file->RelatedFileObject);
    file->RelatedFileObject = nullptr;
  }
}

void DiscardFileObject(void* body) {
  auto* file = static_cast<FILE_OBJECT*>(body);
  delete ExtensionOf(file);
  file->FileObjectExtension = nullptr;
}

NTSTATUS ParseFile(ob::ParseContext& context, void* body, std::u16string_view remaining, void** opened) {
  auto* packet = static_cast<OpenPacket*>(context.open_packet);
  if (!packet) return STATUS_OBJECT_TYPE_MISMATCH;
  auto* related = static_cast<FILE_OBJECT*>(body);
  return OpenThroughPacket(*packet, related->DeviceObject, related, remaining, opened, &context.reparse_name);
}

ULONG FileFlags(ULONG options, const OpenOptions& open) {
  ULONG flags = 0;
  if (options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) flags |= FO_SYNCHRONOUS_IO;
  if (options & FILE_SYNCHRONOUS_IO_ALERT) flags |= FO_ALERTABLE_IO;
  if (options & FILE_NO_INTERMEDIATE_BUFFERING) flags |= FO_NO_INTERMEDIATE_BUFFERING;
  if (options & FILE_WRITE_THROUGH) flags |= FO_WRITE_THROUGH;
  if (options & FILE_SEQUENTIAL_ONLY) flags |= FO_SEQUENTIAL_ONLY;
  if (options & FILE_RANDOM_ACCESS) flags |= FO_RANDOM_ACCESS;
  if (!open.case_insensitive) flags |= FO_OPENED_CASE_SENSITIVE;
  if (open.directly) flags |= FO_DIRECT_DEVICE_OPEN;
  return flags;
}

// May the stack be opened now? Takes one use of the device if so. `directly`: by a driver of the stack, which may before all of it is started.
NTSTATUS TakeDeviceUse(DEVICE_OBJECT* device, bool directly) {
  State& state = *CurrentKernel().io;
  DEVICE_OBJECT* bottom = BottomOfStack(device);
  rt::LockGuard guard(state.device_lock);
  const uint32_t no_opens = directly ? kDeletePending | kRemovePending : kDeletePending | kRemovePending | kStartPending;
  if ((ExtensionOf(device)->flags & no_opens) || (ExtensionOf(bottom)->flags & no_opens)) return STATUS_NO_SUCH_DEVICE;
  if (device->Flags & DO_DEVICE_INITIALIZING) return STATUS_NO_SUCH_DEVICE;
  if ((device->Flags & DO_EXCLUSIVE) && device->ReferenceCount > 0) return STATUS_ACCESS_DENIED;
  ++device->ReferenceCount;
  return STATUS_SUCCESS;
}

FILE_OBJECT* NewFileObject(Kernel& kernel, DEVICE_OBJECT* device, FILE_OBJECT* related, std::u16string_view name,
                           const OpenOptions& options) {
  auto* file = ob::CreateObject<FILE_OBJECT>(kernel, kFileType);
  if (!file) return nullptr;
  auto* extension = new FileExtension;
  extension->name = std::make_unique<char16_t[]>(name.size() + 1);
  name.copy(extension->name.get(), name.size());
  extension->granted = MapGenericAccess(options.access);
  extension->mode = options.mode;
  extension->options = options.options;
  extension->impersonation = options.impersonation;
  file->FileObjectExtension = extension;
  file->Type = IO_TYPE_FILE;
  file->Size = sizeof *file;
  file->DeviceObject = device;
  file->Flags = FileFlags(options.options, options);
  if (related) {
    ob::Reference(related);
    file->RelatedFileObject = related;
  }
  if (!name.empty()) {
    file->FileName.Buffer = reinterpret_cast<PWCH>(extension->name.get());
    file->FileName.Length = static_cast<USHORT>(name.size() * 2);
    file->FileName.MaximumLength = static_cast<USHORT>(file->FileName.Length + 2);
  }
  KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
  KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
  KeInitializeSpinLock(&file->IrpListLock);
  file->IrpList.Flink = file->IrpList.Blink = &file->IrpList;
  return file;
}

}  // namespace

const ob::ObjectType kFileType = {"File",    LastHandleClosed, CloseFileObject, DiscardFileObject,
                                  ParseFile, offsetof(FILE_OBJECT, Event), FILE_ALL_ACCESS};

ACCESS_MASK MapGenericAccess(ACCESS_MASK access) {
  ACCESS_MASK mapped = access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);
  if (access & GENERIC_READ) mapped |= FILE_GENERIC_READ;
  if (access & GENERIC_WRITE) mapped |= FILE_GENERIC_WRITE;
  if (access & GENERIC_EXECUTE) mapped |= FILE_GENERIC_EXECUTE;
  if (access & (GENERIC_ALL | MAXIMUM_ALLOWED)) mapped |= FILE_ALL_ACCESS;
  return mapped;
}

NTSTATUS OpenThroughPacket(OpenPacket& packet, DEVICE_OBJECT* device, FILE_OBJECT* related, std::u16string_view remaining, void** opened,
                           std::u16string* reparse_name) {
  const OpenOptions& options = *packet.options;
  Kernel& kernel = CurrentKernel();
  if (remaining.size() > 0x7FFE) return STATUS_OBJECT_NAME_INVALID;
  NTSTATUS status = TakeDeviceUse(device, options.directly);
  if (!NT_SUCCESS(status)) return status;
  ob::Reference(device);
  FILE_OBJECT* file = NewFileObject(kernel, device, related, remaining, options);
  if (!file) {
    DropDeviceUse(device);
    ob::Dereference(device);
    return STATUS_INSUFFICIENT_RESOURCES;
  }

  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
  IRP* irp = NewSystemIrp(top, IRP_MJ_CREATE, 0);
  ACCESS_STATE access_state = {};
  access_state.OriginalDesiredAccess = options.access;
  access_state.RemainingDesiredAccess = 0;
  access_state.PreviouslyGrantedAccess = ExtensionOf(file)->granted;
  SeCaptureSubjectContext(&access_state.SubjectSecurityContext);
  SECURITY_QUALITY_OF_SERVICE quality = {sizeof quality, options.impersonation, SECURITY_DYNAMIC_TRACKING, FALSE};
  IO_SECURITY_CONTEXT security = {};
  security.SecurityQos = &quality;
  security.AccessState = &access_state;
  security.DesiredAccess = ExtensionOf(file)->granted;
  security.FullCreateOptions = options.options;
  ULONG_PTR information = 0;
  if (irp) {
    irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    irp->RequestorMode = options.mode;
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->AssociatedIrp.SystemBuffer = options.ea;
    if (options.allocation_size) irp->Overlay.AllocationSize.QuadPart = *options.allocation_size;
    IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
    next->FileObject = file;
    if (!options.case_insensitive) next->Flags |= SL_CASE_SENSITIVE;
    next->Parameters.Create.SecurityContext = &security;
    next->Parameters.Create.Options = (options.disposition << 24) | (options.options & 0x00FFFFFF);
    next->Parameters.Create.FileAttributes = static_cast<USHORT>(options.file_attributes);
    next->Parameters.Create.ShareAccess = static_cast<USHORT>(options.share);
    next->Parameters.Create.EaLength = options.ea_length;
    SendAndWait(top, irp);
    status = irp->IoStatus.Status;
    information = irp->IoStatus.Information;
    FreeIrp(irp);
  } else {
    status = STATUS_INSUFFICIENT_RESOURCES;
  }
  if (kernel.events.enabled()) RecordEvent(kernel, kFileOpen, ob::HeaderOf(file)->trace_id, TraceId(device), static_cast<uint32_t>(status));

  packet.information = information;
  if (!NT_SUCCESS(status) || status == STATUS_REPARSE) {
    if (status == STATUS_REPARSE && information == IO_REPARSE) *reparse_name = ob::View(&file->FileName);
    // A file that was never opened is neither cleaned up nor closed.
    file->DeviceObject = nullptr;
    DropDeviceUse(device);
    ob::Dereference(device);
    ob::Dereference(file);
    return status;
  }
  packet.file = file;
  *opened = file;
  return status;
}

// The parse routine of device objects (device.cpp).
NTSTATUS OpenParsedDevice(ob::ParseContext& context, DEVICE_OBJECT* device, std::u16string_view remaining, void** opened) {
  auto* packet = static_cast<OpenPacket*>(context.open_packet);
  if (!packet) {
    if (!remaining.empty() || (context.wanted && context.wanted != &kDeviceType)) return STATUS_OBJECT_TYPE_MISMATCH;
    ob::Reference(device);
    *opened = device;
    return STATUS_SUCCESS;
  }
  return OpenThroughPacket(*packet, device, nullptr, remaining, opened, &context.reparse_name);
}

NTSTATUS OpenFile(Kernel& kernel, std::u16string_view name, const OpenOptions& options, FILE_OBJECT** file, ULONG_PTR* information) {
  *file = nullptr;
  OpenPacket packet;
  packet.options = &options;
  ob::ParseContext context;
  context.kernel = &kernel;
  context.open_packet = &packet;
  context.wanted = &kFileType;
  context.access = options.access;
  context.attributes = options.case_insensitive ? OBJ_CASE_INSENSITIVE : 0;
  context.mode = options.mode;
  void* opened = nullptr;
  NTSTATUS status = ob::Lookup(context, options.root, name, &opened);
  if (information) *information = packet.information;
  if (!NT_SUCCESS(status)) return status;
  if (!packet.file) {  // the name leads to something that is no file: a directory, an event
    ob::Dereference(opened);
    return STATUS_OBJECT_TYPE_MISMATCH;
  }
  packet.file->Flags |= FO_HANDLE_CREATED;
  ob::HeaderOf(packet.file)->handles.fetch_add(1, std::memory_order_acq_rel);
  *file = packet.file;
  return status;
}

NTSTATUS OpenDevice(DEVICE_OBJECT* device, std::u16string_view rest, const OpenOptions& options, FILE_OBJECT** file,
                    ULONG_PTR* information) {
  *file = nullptr;
  OpenPacket packet;
  packet.options = &options;
  std::u16string reparse_name;
  void* opened = nullptr;
  NTSTATUS status = OpenThroughPacket(packet, device, nullptr, rest, &opened, &reparse_name);
  if (information) *information = packet.information;
  if (status == STATUS_REPARSE) return OpenFile(CurrentKernel(), reparse_name, options, file, information);
  if (!NT_SUCCESS(status)) return status;
  packet.file->Flags |= FO_HANDLE_CREATED;
  ob::HeaderOf(packet.file)->handles.fetch_add(1, std::memory_order_acq_rel);
  *file = packet.file;
  return status;
}

SECURITY_IMPERSONATION_LEVEL ImpersonationOf(const FILE_OBJECT* file) {
  const FileExtension* extension = ExtensionOf(file);
  return extension ? extension->impersonation : SecurityImpersonation;
}

void CloseFile(FILE_OBJECT* file) { ob::DropHandle(file); }

void AcquireFileLock(FILE_OBJECT* file) {
  if (__atomic_exchange_n(&file->Busy, 1u, __ATOMIC_ACQUIRE) == 0) return;
  __atomic_add_fetch(&file->Waiters, 1u, __ATOMIC_ACQ_REL);
  while (__atomic_exchange_n(&file->Busy, 1u, __ATOMIC_ACQUIRE) != 0) {
    KeWaitForSingleObject(&file->Lock, Executive, KernelMode, FALSE, nullptr);
  }
  __atomic_sub_fetch(&file->Waiters, 1u, __ATOMIC_ACQ_REL);
}

void ReleaseFileLock(FILE_OBJECT* file) {
  __atomic_store_n(&file->Busy, 0u, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&file->Waiters, __ATOMIC_SEQ_CST) != 0) KeSetEvent(&file->Lock, IO_NO_INCREMENT, FALSE);
}

}  // namespace drydock::nt::io

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess, PFILE_OBJECT* FileObject,
                                        PDEVICE_OBJECT* DeviceObject) {
  io::OpenOptions options;
  options.access = DesiredAccess;
  options.file_attributes = 0;
  options.options = FILE_NON_DIRECTORY_FILE;
  PFILE_OBJECT file;
  NTSTATUS status = io::OpenFile(CurrentKernel(), ob::View(ObjectName), options, &file);
  if (!NT_SUCCESS(status)) return status;
  // The caller keeps the file object; the handle closes, which sends cleanup.
  ob::Reference(file);
  *FileObject = file;
  *DeviceObject = IoGetRelatedDeviceObject(file);
  io::CloseFile(file);
  return STATUS_SUCCESS;
}

}  // extern "C"
