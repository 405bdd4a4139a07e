#include "backend/model.h"

#include <vector>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "runtime/assert.h"
#include "runtime/lock.h"

namespace drydock::backend {

// One call of a model's callback: what became of the request inside it.
struct Dispatch {
  bool completed = false;
  bool pended = false;
  NTSTATUS status = STATUS_SUCCESS;
};

enum class Held : uint8_t {
  kInCallback,  // the callback has not said yet
  kPended,
  kCancelling,  // OnCancel has it
};

struct Entry {
  uint64_t ticket;
  IRP* irp;
  Held held;
  bool cancelable;
  Dispatch* dispatch;  // while kInCallback
};

// The requests that a model holds. Outlives its device as long as a ticket does.
struct PendingTable {
  rt::Lock lock;
  ModelDevice* device RT_GUARDED_BY(lock) = nullptr;  // null: gone
  uint64_t last_ticket RT_GUARDED_BY(lock) = 0;
  std::vector<Entry> entries RT_GUARDED_BY(lock);

  Entry* Find(uint64_t ticket) RT_REQUIRES(lock) {
    for (size_t i = entries.size(); i-- > 0;) {
      if (entries[i].ticket == ticket) return &entries[i];
    }
    return nullptr;
  }
  void Erase(Entry* entry) RT_REQUIRES(lock) {
    *entry = entries.back();
    entries.pop_back();
  }
};

namespace {

void Finish(IRP* irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, IO_NO_INCREMENT);
}

void* DataBuffer(IRP* irp) {
  if (irp->MdlAddress) return MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
  return irp->AssociatedIrp.SystemBuffer ? irp->AssociatedIrp.SystemBuffer : irp->UserBuffer;
}

bool IsControl(UCHAR major) {
  return major == IRP_MJ_DEVICE_CONTROL || major == IRP_MJ_INTERNAL_DEVICE_CONTROL || major == IRP_MJ_FILE_SYSTEM_CONTROL;
}

const IO_STACK_LOCATION* Location(IRP* irp) { return IoGetCurrentIrpStackLocation(irp); }

}  // namespace

struct ModelAccess {
  static void Attach(ModelDevice& model, nt::Kernel& kernel, DEVICE_OBJECT* device) {
    model.kernel_ = &kernel;
    model.device_.store(device, std::memory_order_release);
    if (!model.pending_) model.pending_ = std::make_shared<PendingTable>();
    rt::LockGuard guard(model.pending_->lock);
    model.pending_->device = &model;
  }
  static void SetDevice(ModelDevice& model, DEVICE_OBJECT* device) {
    if (model.device_.load(std::memory_order_relaxed) != device) model.device_.store(device, std::memory_order_release);
  }

  static void Detach(ModelDevice& model) {
    rt::LockGuard guard(model.pending_->lock);
    model.pending_->device = nullptr;
  }

  static ModelRequest Request(const std::shared_ptr<PendingTable>& table, IRP* irp, uint64_t ticket) {
    ModelRequest request;
    request.table_ = table;
    request.irp_ = irp;
    request.ticket_ = ticket;
    return request;
  }

  static NTSTATUS Dispatch(ModelDevice& model, IRP* irp);
  static void Cancel(PDEVICE_OBJECT device, PIRP irp);
};

namespace {

void CallModel(ModelDevice& model, const ModelRequest& request) {
  switch (request.major()) {
    case IRP_MJ_CREATE:
      return model.OnCreate(request);
    case IRP_MJ_READ:
      return model.OnRead(request);
    case IRP_MJ_WRITE:
      return model.OnWrite(request);
    case IRP_MJ_DEVICE_CONTROL:
      return model.OnDeviceControl(request);
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
      return model.OnInternalControl(request);
    case IRP_MJ_FLUSH_BUFFERS:
      return model.OnFlush(request);
    case IRP_MJ_CLEANUP:
      model.OnCleanup(request.file());
      request.Complete(STATUS_SUCCESS);
      return;
    case IRP_MJ_CLOSE:
      model.OnClose(request.file());
      request.Complete(STATUS_SUCCESS);
      return;
    default:
      return model.OnOther(request);
  }
}

}  // namespace

NTSTATUS ModelAccess::Dispatch(ModelDevice& model, IRP* irp) {
  ModelRequest request;
  request.table_ = model.pending_;  // the device may go inside the callback
  request.irp_ = irp;
  PendingTable* table = request.table_.get();
  backend::Dispatch dispatch;
  uint64_t ticket;
  {
    rt::LockGuard guard(table->lock);
    ticket = request.ticket_ = ++table->last_ticket;
    table->entries.push_back({ticket, irp, Held::kInCallback, false, &dispatch});
  }
  CallModel(model, request);
  if (dispatch.completed) return dispatch.status;
  if (!dispatch.pended) {
    // Neither completed nor pended: kept for ever, or until somebody completes a copy of the ticket.
    rt::LockGuard guard(table->lock);
    Entry* entry = table->Find(ticket);
    RT_ASSERT(entry != nullptr);
    IoMarkIrpPending(irp);
    entry->held = Held::kPended;
    entry->dispatch = nullptr;
  }
  return STATUS_PENDING;
}

// The cancel routine of a pended request.
void ModelAccess::Cancel(PDEVICE_OBJECT device, PIRP irp) {
  (void)device;
  IoReleaseCancelSpinLock(irp->CancelIrql);
  // The table was left with the request when the routine was set; the request is ours, so it is there still.
  auto* raw = static_cast<PendingTable*>(irp->Tail.Overlay.DriverContext[0]);
  std::shared_ptr<PendingTable> table;
  ModelDevice* model;
  uint64_t ticket = 0;
  {
    rt::LockGuard guard(raw->lock);
    model = raw->device;
    if (model) table = model->pending_;
    for (Entry& entry : raw->entries) {
      if (entry.irp != irp) continue;
      entry.held = Held::kCancelling;
      ticket = entry.ticket;
    }
  }
  RT_ASSERT(model != nullptr && ticket != 0);
  model->OnCancel(Request(table, irp, ticket));
}

UCHAR ModelRequest::major() const { return Location(irp_)->MajorFunction; }
UCHAR ModelRequest::minor() const { return Location(irp_)->MinorFunction; }
ULONG ModelRequest::ioctl() const { return IsControl(major()) ? Location(irp_)->Parameters.DeviceIoControl.IoControlCode : 0; }
int64_t ModelRequest::offset() const {
  return major() == IRP_MJ_READ || major() == IRP_MJ_WRITE ? Location(irp_)->Parameters.Read.ByteOffset.QuadPart : 0;
}
FILE_OBJECT* ModelRequest::file() const { return Location(irp_)->FileObject; }
KPROCESSOR_MODE ModelRequest::mode() const { return irp_->RequestorMode; }

void* ModelRequest::input() const {
  UCHAR kind = major();
  if (kind == IRP_MJ_WRITE) return DataBuffer(irp_);
  if (!IsControl(kind)) return irp_->AssociatedIrp.SystemBuffer;
  return METHOD_FROM_CTL_CODE(ioctl()) == METHOD_NEITHER ? Location(irp_)->Parameters.DeviceIoControl.Type3InputBuffer
                                                         : irp_->AssociatedIrp.SystemBuffer;
}

size_t ModelRequest::input_length() const {
  UCHAR kind = major();
  if (kind == IRP_MJ_WRITE) return Location(irp_)->Parameters.Write.Length;
  if (kind == IRP_MJ_SET_INFORMATION) return Location(irp_)->Parameters.SetFile.Length;
  return IsControl(kind) ? Location(irp_)->Parameters.DeviceIoControl.InputBufferLength : 0;
}

void* ModelRequest::output() const {
  UCHAR kind = major();
  if (kind == IRP_MJ_READ || kind == IRP_MJ_DIRECTORY_CONTROL) return DataBuffer(irp_);
  if (!IsControl(kind)) return irp_->AssociatedIrp.SystemBuffer;
  switch (METHOD_FROM_CTL_CODE(ioctl())) {
    case METHOD_BUFFERED:
      return irp_->AssociatedIrp.SystemBuffer;
    case METHOD_NEITHER:
      return irp_->UserBuffer;
    default:
      return irp_->MdlAddress ? MmGetSystemAddressForMdlSafe(irp_->MdlAddress, NormalPagePriority) : nullptr;
  }
}

size_t ModelRequest::output_length() const {
  UCHAR kind = major();
  if (kind == IRP_MJ_READ) return Location(irp_)->Parameters.Read.Length;
  if (kind == IRP_MJ_QUERY_INFORMATION || kind == IRP_MJ_QUERY_VOLUME_INFORMATION || kind == IRP_MJ_DIRECTORY_CONTROL) {
    return Location(irp_)->Parameters.QueryFile.Length;
  }
  return IsControl(kind) ? Location(irp_)->Parameters.DeviceIoControl.OutputBufferLength : 0;
}

bool ModelRequest::Complete(NTSTATUS status, ULONG_PTR information) const {
  if (!table_) return false;
  {
    rt::LockGuard guard(table_->lock);
    Entry* entry = table_->Find(ticket_);
    if (!entry) return false;
    switch (entry->held) {
      case Held::kInCallback:
        entry->dispatch->completed = true;
        entry->dispatch->status = status;
        break;
      case Held::kPended:
        // Without the routine a canceller has the request; OnCancel will complete it.
        if (entry->cancelable && !IoSetCancelRoutine(irp_, nullptr)) return false;
        break;
      case Held::kCancelling:
        break;
    }
    table_->Erase(entry);
  }
  Finish(irp_, status, information);
  return true;
}

ModelRequest ModelDevice::Pend(const ModelRequest& request, bool cancelable) {
  IRP* irp = request.irp_;
  bool cancelled = false;
  {
    rt::LockGuard guard(pending_->lock);
    Entry* entry = pending_->Find(request.ticket_);
    if (!entry || entry->held == Held::kPended) return request;
    if (entry->held == Held::kInCallback) {
      entry->dispatch->pended = true;
      entry->dispatch = nullptr;
      IoMarkIrpPending(irp);
    }
    entry->held = Held::kPended;
    entry->cancelable = cancelable;
    if (cancelable) {
      irp->Tail.Overlay.DriverContext[0] = pending_.get();
      IoSetCancelRoutine(irp, ModelAccess::Cancel);
      // Cancelled before: if we get the routine back nobody else will call it.
      if (nt::io::IsCancelled(irp) && IoSetCancelRoutine(irp, nullptr)) {
        entry->held = Held::kCancelling;
        cancelled = true;
      }
    }
  }
  if (cancelled) OnCancel(request);
  return request;
}

bool ModelDevice::IsPending(const ModelRequest& request) const {
  rt::LockGuard guard(pending_->lock);
  Entry* entry = pending_->Find(request.ticket_);
  return entry && entry->held == Held::kPended;
}

size_t ModelDevice::pending_count() const {
  rt::LockGuard guard(pending_->lock);
  size_t count = 0;
  for (const Entry& entry : pending_->entries) count += entry.held == Held::kPended;
  return count;
}

void ModelDevice::CompleteAllPending(NTSTATUS status) {
  for (;;) {
    IRP* irp = nullptr;
    {
      rt::LockGuard guard(pending_->lock);
      for (Entry& entry : pending_->entries) {
        if (entry.held != Held::kPended || (entry.cancelable && !IoSetCancelRoutine(entry.irp, nullptr))) continue;
        irp = entry.irp;
        pending_->Erase(&entry);
        break;
      }
    }
    if (!irp) return;
    Finish(irp, status, 0);
  }
}

namespace {

ModelDevice* ModelOf(DEVICE_OBJECT* device) { return static_cast<ModelDevice*>(nt::io::ExtensionOf(device)->own); }

NTSTATUS DispatchNamed(PDEVICE_OBJECT device, PIRP irp) {
  UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  if (major == IRP_MJ_PNP || major == IRP_MJ_POWER || major == IRP_MJ_SYSTEM_CONTROL) {
    // A device that stands alone knows no PnP.
    NTSTATUS status = STATUS_NOT_SUPPORTED;
    Finish(irp, status, irp->IoStatus.Information);
    return status;
  }
  return ModelAccess::Dispatch(*ModelOf(device), irp);
}

void SetUpModelDriver(DRIVER_OBJECT* driver) {
  for (auto& dispatch : driver->MajorFunction) dispatch = DispatchNamed;
}

void FreeModel(void* own) {
  auto* model = static_cast<ModelDevice*>(own);
  ModelAccess::Detach(*model);
  delete model;
}

NTSTATUS DispatchAtPdo(void* context, DEVICE_OBJECT* pdo, IRP* irp) {
  auto* model = static_cast<ModelDevice*>(context);
  ModelAccess::SetDevice(*model, pdo);
  return ModelAccess::Dispatch(*model, irp);
}

NTSTATUS PnpAtPdo(void* context, DEVICE_OBJECT* pdo, IRP* irp) {
  (void)pdo;
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  if (location->MajorFunction == IRP_MJ_PNP && location->MinorFunction == IRP_MN_REMOVE_DEVICE) {
    static_cast<ModelDevice*>(context)->CompleteAllPending(STATUS_DELETE_PENDING);
  }
  return STATUS_NOT_SUPPORTED;  // the bus answers
}

}  // namespace

NTSTATUS CreateModelDevice(nt::Kernel& kernel, const NamedDeviceOptions& options, std::unique_ptr<ModelDevice> model,
                           DEVICE_OBJECT** device) {
  *device = nullptr;
  nt::io::Driver* driver = nt::io::FindDriver(kernel, u"Model");
  if (!driver) {
    NTSTATUS status = nt::io::CreateOwnDriver(kernel, u"Model", SetUpModelDriver, &driver);
    if (!NT_SUCCESS(status)) return status;
  }
  UNICODE_STRING name;
  name.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(options.name.data()));
  name.Length = static_cast<USHORT>(options.name.size() * 2);
  name.MaximumLength = name.Length;
  NTSTATUS status = IoCreateDevice(driver->object, 0, options.name.empty() ? nullptr : &name, options.device_type,
                                   options.characteristics, FALSE, device);
  if (!NT_SUCCESS(status)) return status;
  DEVICE_OBJECT* object = *device;
  object->StackSize = options.stack_size;
  object->SectorSize = options.sector_size;
  object->Flags |= options.flags;
  ModelAccess::Attach(*model, kernel, object);
  nt::io::ExtensionOf(object)->own = model.release();
  nt::io::ExtensionOf(object)->free_own = FreeModel;
  object->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

void DeleteModelDevice(DEVICE_OBJECT* device) {
  ModelOf(device)->CompleteAllPending(STATUS_DELETE_PENDING);
  IoDeleteDevice(device);
}

nt::pnp::PdoHooks HooksFor(nt::Kernel& kernel, std::unique_ptr<ModelDevice> model, ULONG device_flags) {
  ModelAccess::Attach(*model, kernel, nullptr);
  nt::pnp::PdoHooks hooks;
  hooks.context = model.release();
  hooks.dispatch = DispatchAtPdo;
  hooks.pnp = PnpAtPdo;
  hooks.destroyed = FreeModel;
  hooks.device_flags = device_flags;
  return hooks;
}

}  // namespace drydock::backend
