#include "nt/io/async.h"

#include "nt/io/device.h"
#include "nt/io/file_object.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/thread.h"

namespace drydock::nt::io {
namespace {

// Last stage, on the completing task. Windows interrupts the requesting thread for it; here the requestor's memory can be reached from
// anywhere.
void FinishAsync(IRP* irp, IrpHeader& header) {
  auto* block = static_cast<AsyncIo::Block*>(header.finish_context);
  header.discard_context = nullptr;
  {
    rt::LockGuard guard(block->lock);
    block->irp = nullptr;  // a canceller that comes later finds nothing
  }
  bool pending_returned = irp->PendingReturned;
  TakeResult(irp, block->request, &block->result);
  // Who learns of the end may close the file at once, and then the device is free. The last reference is dropped at the end: closing
  // calls drivers.
  FILE_OBJECT* file = block->file;
  ob::HoldMemory(file);
  const bool dropped = ob::DereferenceUnlessLast(file);
  FreeIrp(irp);
  for (mm::UserRange& range : block->ranges) range.Reset();
  bool inline_error = NT_ERROR(block->result.status) && !pending_returned;
  if (!inline_error && block->iosb) {
    block->iosb->Information = block->result.information;
    __atomic_store_n(&block->iosb->Status, block->result.status, __ATOMIC_RELEASE);
  }
  KEVENT* event = block->event;
  bool set_file_event = block->set_file_event;
  const Result result = block->result;
  auto tell = block->tell;
  void* told = block->told;
  block->told = nullptr;
  block->pended = pending_returned;
  block->completion.Signal();
  block->Release();
  if (event) {
    if (!inline_error) KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    ob::Dereference(event);
  }
  if (set_file_event && !inline_error) KeSetEvent(&file->Event, IO_NO_INCREMENT, FALSE);
  if (told) tell(told, &result, pending_returned);
  if (!dropped) ob::Dereference(file);
  ob::ReleaseMemory(file);
}

void DiscardBlock(void* context) {
  auto* block = static_cast<AsyncIo::Block*>(context);
  for (mm::UserRange& range : block->ranges) range.Reset();  // a ticket may outlive the machine
  if (block->told) block->tell(block->told, nullptr, false);
  block->Release();
}

void DescribeWait(const void* context, std::string& out) {
  auto* request = static_cast<const Request*>(context);
  out += "asynchronous ";
  out += MajorFunctionName(request->major);
}

}  // namespace

NTSTATUS StartAsync(AsyncIo::Block& block, FILE_OBJECT* file, const Request& request) {
  Thread& thread = CurrentThread();
  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
  block.request = request;
  NTSTATUS status;
  IRP* irp = BuildRequest(thread, top, file, request, &status);
  if (!irp) {
    block.result.status = status;
    if (block.event) ob::Dereference(block.event);
    block.event = nullptr;
    if (block.told) {
      const Result failed = block.result;
      block.tell(block.told, &failed, false);
    }
    block.told = nullptr;
    block.completion.Signal();
    block.Release();
    return status;
  }
  ob::Reference(file);
  block.file = file;
  if (request.mode != KernelMode && request.register_buffers && !irp->MdlAddress && !(irp->Flags & IRP_BUFFERED_IO)) {
    block.ranges[0] = mm::UserRange(*thread.kernel, thread.process, request.input, request.input ? request.input_length : 0, true);
    block.ranges[1] = mm::UserRange(*thread.kernel, thread.process, request.output, request.output ? request.output_length : 0, true);
  }
  irp->UserIosb = block.iosb;
  IrpHeader& header = HeaderOf(irp);
  header.finish = FinishAsync;
  header.finish_context = &block;
  header.discard_context = DiscardBlock;
  {
    rt::LockGuard guard(block.lock);
    block.irp = irp;
  }
  QueueToThread(irp, thread);
  // From here on the block may be finished at any moment; the ticket's reference keeps it.
  IofCallDriver(top, irp);
  return block.completion.done() ? block.result.status : STATUS_PENDING;
}

AsyncIo& AsyncIo::operator=(AsyncIo&& other) noexcept {
  if (this != &other) {
    if (block_) block_->Release();
    block_ = other.block_;
    other.block_ = nullptr;
  }
  return *this;
}

AsyncIo::~AsyncIo() {
  if (block_) block_->Release();
}

NTSTATUS AsyncIo::Start(FILE_OBJECT* file, const Request& request) {
  if (block_) block_->Release();
  block_ = new Block;
  return StartAsync(*block_, file, request);
}

bool AsyncIo::done() const { return !block_ || block_->completion.done(); }

NTSTATUS AsyncIo::status() const {
  if (!block_) return STATUS_INVALID_HANDLE;
  return block_->completion.done() ? block_->result.status : STATUS_PENDING;
}

ULONG_PTR AsyncIo::information() const { return block_ && block_->completion.done() ? block_->result.information : 0; }

NTSTATUS AsyncIo::Wait(rt::Ticks timeout) {
  if (!block_ || block_->completion.done()) return STATUS_SUCCESS;
  IRP* irp;
  uint32_t id = 0;
  {
    rt::LockGuard guard(block_->lock);
    irp = block_->irp;
    if (irp) id = TraceId(irp);
  }
  ke::WaitReasonScope reason(DescribeWait, &block_->request, irp);
  ke::WaitInfo info;
  info.what = "completion of an IRP";
  info.object = irp;
  info.object_trace_id = id;
  rt::Ticks deadline = timeout == rt::kNever ? rt::kNever : CurrentKernel().executor.InterruptTime() + timeout;
  return block_->completion.Wait(info, deadline) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

bool AsyncIo::Cancel() {
  if (!block_) return false;
  IRP* irp;
  {
    rt::LockGuard guard(block_->lock);
    irp = block_->irp;
    if (!irp) return false;
    HoldIrp(irp);
  }
  IoCancelIrp(irp);
  ReleaseIrp(irp);
  return true;
}

}  // namespace drydock::nt::io
