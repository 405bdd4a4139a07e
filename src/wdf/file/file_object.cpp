// Create, cleanup and close of a device's files.
#include "wdf/file/file_object.h"

#include "nt/driver_callback.h"
#include "nt/io/irp.h"
#include "runtime/assert.h"
#include "wdf/device/device.h"
#include "wdf/device/um_policy.h"
#include "wdf/object/factory.h"
#include "wdf/request/held.h"
#include "wdf/request/receive.h"
#include "wdf/sync/callback_lock.h"
#include "wdf/trace.h"
#include "wdf/um/host.h"

namespace drydock::wdf {

// The class without its CanBeOptional bit; NotRequired when the driver configured nothing.
ULONG FileClassOf(const Device& device) {
  const DeviceInit& init = device.init();
  if (!init.file_config_set) return WdfFileObjectNotRequired;
  return static_cast<ULONG>(init.file_config.FileObjectClass) & ~static_cast<ULONG>(WdfFileObjectCanBeOptional);
}

struct FileAccess {
  static NTSTATUS Make(Device& device, PIRP irp, FileObject** out) {
    PFILE_OBJECT wdm = IoGetCurrentIrpStackLocation(irp)->FileObject;
    FileObject* file = nullptr;
    NTSTATUS status = CreateObjectChecked(device.globals(), ObjectType::kFileObject, device.init().file_attributes.get(), &device, &file);
    if (!NT_SUCCESS(status)) return status;
    // O-40: without attributes the scope is None. From 1.11 the level is Passive whatever was said (OP-22).
    if (!device.init().file_attributes.given) ObjectAccess::SetScope(file, WdfSynchronizationScopeNone);
    const bool serialised = file->synchronization_scope() == WdfSynchronizationScopeDevice;
    ObjectAccess::SetCallbackLock(file, serialised ? &device.lock() : nullptr);
    ObjectAccess::SetPassive(file, true, device.init().file_attributes.given &&
                                             device.init().file_attributes.value.ExecutionLevel == WdfExecutionLevelPassive);
    file->wdm_ = wdm;
    file->device_ = &device;
    file->handling_create_ = true;
    if (wdm) {
      file->name_ = wdm->FileName;
      file->initiator_process_id_ = InitiatorOf(irp);
      switch (FileClassOf(device)) {
        case WdfFileObjectWdfCanUseFsContext: wdm->FsContext = file; break;
        case WdfFileObjectWdfCanUseFsContext2: wdm->FsContext2 = file; break;
        default: break;
      }
    }
    rt::LockGuard guard(device.file_lock);
    file->next_ = device.files;
    if (device.files) device.files->previous_ = file;
    device.files = file;
    *out = file;
    return STATUS_SUCCESS;
  }

  // Takes the object out of sight; the caller deletes it.
  static void Unlink(FileObject& file) {
    Device& device = *file.device_;
    {
      rt::LockGuard guard(device.file_lock);
      if (file.next_) file.next_->previous_ = file.previous_;
      (file.previous_ ? file.previous_->next_ : device.files) = file.next_;
      file.next_ = nullptr;
      file.previous_ = nullptr;
    }
    if (!file.wdm_) return;
    if (file.wdm_->FsContext == &file) file.wdm_->FsContext = nullptr;
    if (file.wdm_->FsContext2 == &file) file.wdm_->FsContext2 = nullptr;
  }

  static void EndCreate(FileObject& file) { file.handling_create_ = false; }
  static bool HandlingCreate(const FileObject& file) { return file.handling_create_; }
  static PUNICODE_STRING Name(FileObject& file) { return &file.name_; }

  static FileObject* Find(Device& device, PFILE_OBJECT wdm) {
    if (!wdm) return nullptr;
    switch (FileClassOf(device)) {
      case WdfFileObjectNotRequired: return nullptr;
      case WdfFileObjectWdfCanUseFsContext: return Ours(device, wdm->FsContext, wdm);
      case WdfFileObjectWdfCanUseFsContext2: return Ours(device, wdm->FsContext2, wdm);
      default: break;
    }
    rt::LockGuard guard(device.file_lock);
    for (FileObject* file = device.files; file; file = file->next_) {
      if (file->wdm_ == wdm) return file;
    }
    return nullptr;
  }

 private:
  // What another driver put there is not taken for ours.
  static FileObject* Ours(Device& device, void* context, PFILE_OBJECT wdm) {
    const char* handle = static_cast<const char*>(context) + Object::kHandleBias;
    if (!context || !IsHandle(device.framework(), handle, ObjectType::kFileObject)) return nullptr;
    auto* file = static_cast<FileObject*>(context);
    return file->device_ == &device && file->wdm_ == wdm ? file : nullptr;
  }
  static uint32_t InitiatorOf(PIRP irp) { return static_cast<uint32_t>(IoGetRequestorProcessId(irp)); }
};

namespace file {
namespace {

WDFDEVICE HandleOf(Device& device) { return reinterpret_cast<WDFDEVICE>(device.handle()); }
WDFFILEOBJECT HandleOf(FileObject* file) { return file ? reinterpret_cast<WDFFILEOBJECT>(file->handle()) : nullptr; }

// IOT-10.06: WdfUseDefault is TRUE for filters, FALSE for everybody else.
bool ForwardsFiles(const Device& device) {
  if (!device.attached_to()) return false;
  const DeviceInit& init = device.init();
  const WDF_TRI_STATE setting = init.file_config_set ? init.file_config.AutoForwardCleanupClose : WdfUseDefault;
  return setting == WdfUseDefault ? device.is_filter() : setting == WdfTrue;
}

NTSTATUS NTAPI SignalCompletion(PDEVICE_OBJECT, PIRP, PVOID context) {
  KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

// A create that nobody here handles goes down and is awaited, so that its failure is seen (INI-24).
NTSTATUS SendCreateDown(Device& device, PIRP irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, &SignalCompletion, &done, TRUE, TRUE, TRUE);
  NTSTATUS status = IoCallDriver(device.attached_to(), irp);
  if (status == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  status = irp->IoStatus.Status;
  CreateCompleting(device, irp, status);
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

}  // namespace

FileObject* Find(Device& device, PFILE_OBJECT wdm) { return FileAccess::Find(device, wdm); }

NTSTATUS DispatchCreate(Device& device, PIRP irp) {
  if (device.globals().umdf) UmPolicy::CreateSeen(device, IoGetCurrentIrpStackLocation(irp)->FileObject);
  const bool uses_objects = FileClassOf(device) != WdfFileObjectNotRequired;
  auto callback = device.init().file_config_set ? device.init().file_config.EvtDeviceFileCreate : nullptr;
  const bool queued = queue::HasCreateQueue(device);
  if (!uses_objects && !callback && !queued) {
    return ForwardsFiles(device) ? device.PassDown(irp) : CompleteIrp(irp, STATUS_SUCCESS);  // IOT-10.04
  }
  FileObject* file = nullptr;
  if (uses_objects) {
    NTSTATUS status = FileAccess::Make(device, irp, &file);
    if (!NT_SUCCESS(status)) return CompleteIrp(irp, status);
    RecordEvent(device.framework(), trace::kFileCreate, file->trace_id(), device.trace_id());
  }
  if (callback) {
    Request* request = nullptr;
    NTSTATUS status = CreateReceived(device, irp, &request);
    if (!NT_SUCCESS(status)) {
      CreateCompleting(device, irp, status);
      return CompleteIrp(irp, status);
    }
    request->received.place = Place::kInCaller;  // the driver's, of no queue
    request->received.presented = true;
    IoMarkIrpPending(irp);
    Ref<Object> keep(static_cast<Object*>(file)), keep_request(device.host ? static_cast<Object*>(request) : nullptr);
    CallbackGuard guard(file ? file->callback_lock() : nullptr);
    NoteGiven(*request, "EvtDeviceFileCreate", callback);
    nt::CallDriver("EvtDeviceFileCreate", callback, HandleOf(device), request->request_handle(), HandleOf(file));
    guard.Leave();
    if (device.host && device.host->ended && request->received.place == Place::kInCaller && !request->sent.out()) {
      request->Complete(STATUS_DRIVER_PROCESS_TERMINATED, IO_NO_INCREMENT);  // of no queue: nobody else does
    }
    return STATUS_PENDING;
  }
  if (queued) return queue::DispatchCreate(device, irp);
  if (ForwardsFiles(device)) return SendCreateDown(device, irp);
  CreateCompleting(device, irp, STATUS_SUCCESS);
  return CompleteIrp(irp, STATUS_SUCCESS);
}

void CreateCompleting(Device& device, PIRP irp, NTSTATUS status) {
  FileObject* file = Find(device, IoGetCurrentIrpStackLocation(irp)->FileObject);
  if (!file || !FileAccess::HandlingCreate(*file)) return;
  FileAccess::EndCreate(*file);
  if (NT_SUCCESS(status)) return;
  // IOT-10.08: neither cleanup nor close will come; the object's own callbacks run.
  FileAccess::Unlink(*file);
  file->Delete();
}

NTSTATUS DispatchCleanup(Device& device, PIRP irp) {
  PFILE_OBJECT wdm = IoGetCurrentIrpStackLocation(irp)->FileObject;
  FileObject* file = Find(device, wdm);
  if (file) {
    RecordEvent(device.framework(), trace::kFileCleanup, file->trace_id(), device.trace_id());
    if (auto callback = device.init().file_config.EvtFileCleanup) {
      Ref<Object> keep(static_cast<Object*>(file));
      CallbackGuard guard(file->callback_lock());
      nt::CallDriver("EvtFileCleanup", callback, HandleOf(file));
      guard.Leave();
    }
  }
  queue::CancelRequestsOfFile(device, wdm);  // IOX-55: after the callback
  return ForwardsFiles(device) ? device.PassDown(irp) : CompleteIrp(irp, STATUS_SUCCESS);
}

NTSTATUS DispatchClose(Device& device, PIRP irp) {
  if (device.globals().umdf) UmPolicy::CloseSeen(device, IoGetCurrentIrpStackLocation(irp)->FileObject);
  FileObject* file = Find(device, IoGetCurrentIrpStackLocation(irp)->FileObject);
  if (file) {
    RecordEvent(device.framework(), trace::kFileClose, file->trace_id(), device.trace_id());
    if (auto callback = device.init().file_config.EvtFileClose) {
      CallbackGuard guard(file->callback_lock());
      nt::CallDriver("EvtFileClose", callback, HandleOf(file));
      guard.Leave();
    }
    FileAccess::Unlink(*file);
    file->Delete();
  }
  return ForwardsFiles(device) ? device.PassDown(irp) : CompleteIrp(irp, STATUS_SUCCESS);
}

PUNICODE_STRING NameDuringCreate(FileObject& file) {
  if (!file.wdm() || nt::CurrentThread().irql > PASSIVE_LEVEL) return nullptr;
  return FileAccess::Name(file);
}

}  // namespace file
}  // namespace drydock::wdf
